//! Where a pattern may stand: one pass over the units of a text, with a few bits for each place.
//!
//! A pattern that is looked for as it stands is filed under its rarest three codes in a row (or its two, or its one); one
//! that may be disguised, under its rarest two sounds with everything that may stand in for either. The pass only marks
//! places; the few that are marked are looked up. A place is never missed; what is looked up is compared code by code.

use std::sync::LazyLock;

use super::pattern::{Arena, Pattern, Position};
use crate::text::{
    Disguise, Disguises,
    sound::{SOUNDS_MAX, Sound},
    units::{Code, Unit},
};

const FREQUENT: &str = include_str!("../text/tables/frequency.txt");
/// Knuth's multiplicative hash, 64 bits.
const HASH: u64 = 0x9e37_79b9_7f4a_7c15;
/// Marks a key of two codes.
const PAIR: u64 = 1 << 48;
const TRIPLE_BITS: u64 = (1 << 48) - 1;
const SOUND_BITS: u32 = 9;

/// Something filed: a pattern, or a run of components to be put together.
pub(super) type Filed = u32;

/// A set of bits, as many as a power of two.
#[derive(Debug, Default)]
struct Bits {
    words: Box<[u64]>,
}

impl Bits {
    fn new(bits: usize) -> Self {
        let words = bits.next_power_of_two().max(64) / 64;
        Self {
            words: vec![0; words].into(),
        }
    }

    fn mask(&self) -> usize {
        self.words.len() * 64 - 1
    }

    fn insert(&mut self, bit: usize) {
        let bit = bit & self.mask();
        if let Some(word) = self.words.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    #[inline]
    fn get(&self, bit: usize) -> u64 {
        let word = self.words.get(bit / 64).copied().unwrap_or(0);
        (word >> (bit % 64)) & 1
    }
}

/// One entry: a key, what is filed under it, and how far behind the pattern's start the key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<K> {
    key: K,
    filed: Filed,
    end: u8,
}

/// Entries by key, found by the word of the bitmap that the key's bit is in.
#[derive(Debug)]
struct Directory<K> {
    first: Box<[u32]>,
    entries: Box<[Entry<K>]>,
}

impl<K> Default for Directory<K> {
    fn default() -> Self {
        Self {
            first: Box::default(),
            entries: Box::default(),
        }
    }
}

impl<K: Copy + Ord> Directory<K> {
    fn new(mut entries: Vec<Entry<K>>, words: usize, bit: impl Fn(K) -> usize) -> Self {
        entries.sort_unstable_by_key(|entry| (bit(entry.key) / 64, *entry));
        entries.dedup();
        let mut first = vec![0_u32; words + 1];
        for entry in &entries {
            if let Some(count) = first.get_mut(bit(entry.key) / 64 + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut first {
            sum += *count;
            *count = sum;
        }
        Self {
            first: first.into(),
            entries: entries.into(),
        }
    }

    fn at(&self, bit: usize, key: K) -> impl Iterator<Item = &Entry<K>> {
        let word = bit / 64;
        let bound = |at: usize| self.first.get(at).copied().unwrap_or(0) as usize;
        let same = self.entries.get(bound(word)..bound(word + 1));
        same.unwrap_or_default()
            .iter()
            .filter(move |entry| entry.key == key)
    }
}

/// Patterns that are looked for as they stand.
#[derive(Debug, Default)]
struct Exact {
    bits: Bits,
    shift: u32,
    directory: Directory<u64>,
    /// Patterns of one code.
    singles: Vec<(Code, Filed)>,
    single_bits: Bits,
}

/// Patterns that may be disguised.
#[derive(Debug, Default)]
struct Heard {
    /// By two sounds side by side.
    pairs: Bits,
    /// By two sounds and the one after, or before; or by two alone.
    neighbours: Bits,
    directory: Directory<u32>,
}

/// Everything that is filed.
#[derive(Debug, Default)]
pub(super) struct Filter {
    exact: Exact,
    heard: Heard,
}

/// What is to be filed.
#[derive(Debug, Default)]
pub(super) struct Filing {
    exact: Vec<Entry<u64>>,
    singles: Vec<(Code, Filed)>,
    heard: Vec<Entry<u32>>,
    neighbours: Vec<u64>,
}

fn hashed(key: u64, shift: u32) -> usize {
    (key.wrapping_mul(HASH) >> shift) as usize
}

fn pair_of(before: Sound, after: Sound) -> u32 {
    (u32::from(before.0) << SOUND_BITS) | u32::from(after.0)
}

/// A neighbour's key: `side` 0 for the sound after the pair, 1 for the one before, 2 for none.
fn neighbour(pair: u32, sound: Sound, side: u64) -> u64 {
    (u64::from(pair) << 16) | (u64::from(sound.0) << 2) | side
}

impl Filing {
    /// Files a run of codes as it stands.
    pub(super) fn exact(&mut self, codes: &[Code], filed: Filed) {
        let wide = |codes: &[Code]| {
            codes
                .iter()
                .fold(0, |key, code| key << 16 | u64::from(*code))
        };
        match codes {
            [] => {}
            [one] => self.singles.push((*one, filed)),
            [_, _] => self.exact.push(Entry {
                key: PAIR | wide(codes),
                filed,
                end: 1,
            }),
            _ => {
                let rare = |codes: &[Code]| codes.iter().map(|code| weight(*code)).product::<f64>();
                let rarest = (0..codes.len() - 2).min_by(|left, right| {
                    rare(&codes[*left..left + 3]).total_cmp(&rare(&codes[*right..right + 3]))
                });
                let at = rarest.unwrap_or(0);
                self.exact.push(Entry {
                    key: wide(&codes[at..at + 3]),
                    filed,
                    end: (at + 2) as u8,
                });
            }
        }
    }

    /// Files a pattern under two of its sounds, whatever is written for them. It has two positions at least.
    pub(super) fn heard(
        &mut self,
        pattern: &Pattern,
        positions: &[Position],
        allowed: Disguises,
        filed: Filed,
    ) {
        let masked = allowed.contains(Disguise::Mask);
        let (plain, free): (Vec<_>, Vec<_>) = positions
            .iter()
            .enumerate()
            .map(|(nth, position)| {
                // the first letter of a Latin word is never masked
                let masks = masked && !(pattern.spaced && nth == 0);
                (
                    position.heard(allowed, false, pattern.spaced),
                    position.heard(allowed, masks, pattern.spaced),
                )
            })
            .unzip();
        let cost = |at: usize| loudness(&free[at]) * loudness(&free[at + 1]);
        let cheapest =
            (0..positions.len() - 1).min_by(|left, right| cost(*left).total_cmp(&cost(*right)));
        // beside masks anything may stand: a Latin word is filed under its beginning, which is not masked
        let at = if pattern.spaced {
            0
        } else {
            cheapest.unwrap_or(0)
        };
        let beside = if at + 2 < positions.len() {
            Some((at + 2, 0))
        } else {
            at.checked_sub(1).map(|before| (before, 1))
        };
        for first in &free[at] {
            for second in &free[at + 1] {
                let masks = usize::from(!plain[at].contains(first))
                    + usize::from(!plain[at + 1].contains(second));
                if masks > 1 && !pattern.spaced {
                    continue;
                }
                let pair = pair_of(*first, *second);
                self.heard.push(Entry {
                    key: pair,
                    filed,
                    end: (at + 1) as u8,
                });
                match beside {
                    Some((near, side)) => {
                        let sounds = if masks > 0 && !pattern.spaced {
                            &plain[near]
                        } else {
                            &free[near]
                        };
                        let keys = sounds.iter().map(|sound| neighbour(pair, *sound, side));
                        self.neighbours.extend(keys);
                    }
                    None => self.neighbours.push(neighbour(pair, Sound::NONE, 2)),
                }
            }
        }
    }

    /// Lays everything out.
    pub(super) fn finish(mut self) -> Filter {
        let bits = Bits::new((self.exact.len() * 16).clamp(1 << 12, 1 << 21));
        let shift = 64 - (bits.mask() + 1).trailing_zeros();
        let mut exact = Exact {
            shift,
            single_bits: Bits::new(1 << 16),
            directory: Directory::default(),
            singles: Vec::new(),
            bits,
        };
        for entry in &self.exact {
            exact.bits.insert(hashed(entry.key, shift));
        }
        for (code, _) in &self.singles {
            exact.single_bits.insert(usize::from(*code));
        }
        self.singles.sort_unstable();
        exact.singles = self.singles;
        exact.directory =
            Directory::new(self.exact, exact.bits.words.len(), |key| hashed(key, shift));

        let mut pairs = Bits::new(SOUNDS_MAX * SOUNDS_MAX);
        for entry in &self.heard {
            pairs.insert(entry.key as usize);
        }
        let mut neighbours = Bits::new((self.neighbours.len() * 8).clamp(1 << 10, 1 << 25));
        let shift = 64 - (neighbours.mask() + 1).trailing_zeros();
        for key in self.neighbours {
            neighbours.insert(hashed(key, shift));
        }
        let directory = Directory::new(self.heard, pairs.words.len(), |key| key as usize);
        Filter {
            exact,
            heard: Heard {
                pairs,
                neighbours,
                directory,
            },
        }
    }
}

impl Filter {
    /// Writes the places at which something filed may end to the head of `places`; how many.
    pub(super) fn mark(&self, units: &[Unit], places: &mut Vec<u32>) -> usize {
        if places.len() < units.len() + 1 {
            places.resize(units.len() + 64, 0);
        }
        let mut marked = 0_usize;
        let out = &mut places[..];
        let (exact, pairs, singles) =
            (&self.exact.bits, &self.heard.pairs, &self.exact.single_bits);
        let has_singles = !self.exact.singles.is_empty();
        let shift = self.exact.shift;
        let (mut codes, mut before) = (0_u64, Sound::NONE);
        for (at, unit) in (0_u32..).zip(units) {
            codes = ((codes << 16) | u64::from(unit.code())) & TRIPLE_BITS;
            let triple = hashed(codes, shift);
            let pair = hashed(PAIR | (codes & 0xffff_ffff), shift);
            let heard = pair_of(before, unit.sound()) as usize;
            let mut bit = exact.get(triple) | exact.get(pair) | pairs.get(heard);
            if has_singles {
                bit |= singles.get(usize::from(unit.code()));
            }
            before = unit.sound();
            if let Some(place) = out.get_mut(marked) {
                *place = at;
            }
            marked += bit as usize;
        }
        marked
    }

    /// Calls `each` with what may stand there and the unit it would start at, for one marked place.
    pub(super) fn at(&self, units: &[Unit], place: usize, mut each: impl FnMut(Filed, usize)) {
        let code = |at: usize| units.get(at).map_or(0, |unit| u64::from(unit.code()));
        let here = code(place);
        let single = units.get(place).map_or(0, |unit| unit.code());
        if self.exact.single_bits.get(usize::from(single)) != 0 {
            let from = self
                .exact
                .singles
                .partition_point(|(code, _)| *code < single);
            let same = self.exact.singles.get(from..).unwrap_or_default().iter();
            same.take_while(|(code, _)| *code == single)
                .for_each(|(_, filed)| each(*filed, place));
        }
        let Some(before) = place.checked_sub(1) else {
            return;
        };
        let pair = PAIR | (code(before) << 16) | here;
        self.exact_at(pair, place, &mut each);
        if let Some(third) = before.checked_sub(1) {
            self.exact_at(
                (code(third) << 32) | (code(before) << 16) | here,
                place,
                &mut each,
            );
        }
        self.heard_at(units, place, &mut each);
    }

    fn exact_at(&self, key: u64, place: usize, each: &mut impl FnMut(Filed, usize)) {
        let bit = hashed(key, self.exact.shift);
        if self.exact.bits.get(bit) == 0 {
            return;
        }
        for entry in self.exact.directory.at(bit, key) {
            if let Some(start) = place.checked_sub(usize::from(entry.end)) {
                each(entry.filed, start);
            }
        }
    }

    fn heard_at(&self, units: &[Unit], place: usize, each: &mut impl FnMut(Filed, usize)) {
        let sound = |at: Option<usize>| {
            at.and_then(|at| units.get(at))
                .map_or(Sound::NONE, |unit| unit.sound())
        };
        let before = place.checked_sub(1);
        let pair = pair_of(sound(before), sound(Some(place)));
        if self.heard.pairs.get(pair as usize) == 0 {
            return;
        }
        let neighbours = &self.heard.neighbours;
        let shift = 64 - (neighbours.mask() + 1).trailing_zeros();
        let is = |near: Sound, side: u64| {
            neighbours.get(hashed(neighbour(pair, near, side), shift)) != 0
        };
        let after = sound(Some(place + 1));
        let ahead = sound(before.and_then(|before| before.checked_sub(1)));
        if !(is(after, 0) || is(ahead, 1) || is(Sound::NONE, 2)) {
            return;
        }
        for entry in self.heard.directory.at(pair as usize, pair) {
            if let Some(start) = place.checked_sub(usize::from(entry.end)) {
                each(entry.filed, start);
            }
        }
    }
}

/// Files a pattern by what may be undone for it.
pub(super) fn file(
    filing: &mut Filing,
    arena: &Arena,
    pattern: &Pattern,
    allowed: Disguises,
    filed: Filed,
) {
    if pattern.flexible && pattern.len >= 2 {
        filing.heard(pattern, arena.positions(pattern), allowed, filed);
    } else {
        filing.exact(arena.codes(pattern), filed);
    }
}

struct Weights {
    codes: Vec<f32>,
    sounds: Vec<f64>,
}

/// How often a character stands in ordinary text, roughly: by its rank (Zipf).
static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    const RARE: f32 = 1.0 / 6_000.0;
    let mut weights = Weights {
        codes: vec![RARE; 0x1_0000],
        sounds: vec![0.000_2; SOUNDS_MAX],
    };
    let chars = FREQUENT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars);
    for (rank, ch) in (0_u16..).zip(chars) {
        let weight = 1.0 / (f32::from(rank) + 10.0);
        if let Some(place) = weights.codes.get_mut(ch as usize) {
            *place = weight;
        }
        if let Some(place) = weights.sounds.get_mut(usize::from(Sound::of(ch).0)) {
            *place += f64::from(weight);
        }
    }
    for ch in ('a'..='z').chain('0'..='9') {
        weights.codes[ch as usize] = 1.0 / 500.0;
        weights.sounds[usize::from(Sound::of(ch).0)] += 1.0 / 500.0;
    }
    weights
});

fn weight(code: Code) -> f64 {
    WEIGHTS
        .codes
        .get(usize::from(code))
        .copied()
        .map_or(1.0, f64::from)
}

fn loudness(sounds: &[Sound]) -> f64 {
    let one = |sound: &Sound| {
        WEIGHTS
            .sounds
            .get(usize::from(sound.0))
            .copied()
            .unwrap_or(1.0)
    };
    sounds.iter().map(one).sum()
}
