//! How common a character is in everyday Chinese.

use std::sync::LazyLock;

const FREQUENT: &str = include_str!("tables/frequency.txt");

static RANKS: LazyLock<Box<[u16; 0x1_0000]>> = LazyLock::new(|| {
    let mut ranks = Box::new([RANK_NONE; 0x1_0000]);
    for (rank, ch) in ranked() {
        if let Some(place) = ranks.get_mut(ch as usize) {
            *place = rank;
        }
    }
    ranks
});

/// The rank given to every character that is not in the table.
const RANK_NONE: u16 = 4_000;

/// The 3,000 commonest characters with their ranks, the commonest first, from 0. The table's header names the corpus.
pub fn ranked() -> impl Iterator<Item = (u16, char)> {
    let lines = FREQUENT.lines().filter(|line| !line.starts_with('#'));
    (0..).zip(lines.flat_map(str::chars))
}

/// The rank of a folded character among the commonest; 4,000 for all others.
pub fn rank(ch: char) -> u16 {
    RANKS.get(ch as usize).copied().unwrap_or(RANK_NONE)
}
