//! Runs of Latin letters and digits that mean themselves: XD, DPP, BMW, 7-11, C#. In a Chinese text they are words, and no
//! disguise of one.

use std::sync::LazyLock;

const TABLE: &str = include_str!("tables/tokens.txt");
/// The longest token that is looked up.
const TOKEN_CHARS_MAX: usize = 16;

/// The tokens, sorted.
static TOKENS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.collect()
});

/// Whether this run, folded, is a known token.
///
/// ```
/// # use banzhu::text::token::is_known;
/// assert!(is_known("xd".chars()) && is_known("m*g".chars()));
/// assert!(!is_known("gnn".chars()));
/// ```
pub fn is_known(run: impl Iterator<Item = char>) -> bool {
    let (mut bytes, mut len) = ([0; TOKEN_CHARS_MAX], 0);
    for ch in run {
        let (Ok(byte), Some(place)) = (u8::try_from(ch), bytes.get_mut(len)) else {
            return false;
        };
        *place = byte;
        len += 1;
    }
    let run = &bytes[..len];
    TOKENS
        .binary_search_by(|token| token.as_bytes().cmp(run))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::folded;

    #[test]
    fn the_table_is_sorted_and_folded() {
        assert!(TOKENS.len() >= 1_000);
        assert!(TOKENS.windows(2).all(|pair| pair[0] < pair[1]));
        for token in TOKENS.iter() {
            assert_eq!(folded(token), *token);
            assert!((2..=TOKEN_CHARS_MAX).contains(&token.len()), "{token}");
            assert!(is_known(token.chars()));
        }
        assert!(
            !is_known("".chars())
                && !is_known("a_token_longer_than_any".chars())
                && !is_known("幹".chars())
        );
    }
}
