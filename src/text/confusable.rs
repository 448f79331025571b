//! Letters of other scripts that look like Latin ones: ᖴᑌᏟᏦ, ϲunt. From Unicode's confusables (UTS #39), for scripts
//! whose letters are written for Latin ones.

use std::sync::LazyLock;

use unicode_security::confusable_detection::skeleton;

/// Greek and Cyrillic, Armenian; Cherokee and Canadian syllabics; small capitals; Coptic; Lisu.
const SCRIPTS: [std::ops::RangeInclusive<char>; 7] = [
    '\u{370}'..='\u{52f}',
    '\u{531}'..='\u{587}',
    '\u{13a0}'..='\u{13fd}',
    '\u{1400}'..='\u{167f}',
    '\u{1d00}'..='\u{1d7f}',
    '\u{2c80}'..='\u{2cff}',
    '\u{a4d0}'..='\u{a4ff}',
];

/// Each with the letter that it looks like, sorted.
static LETTERS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let chars = SCRIPTS.into_iter().flatten();
    chars.filter_map(|ch| Some((ch, looks_like(ch)?))).collect()
});

fn looks_like(ch: char) -> Option<char> {
    let mut shape = skeleton(ch.encode_utf8(&mut [0; 4]))
        .collect::<Vec<char>>()
        .into_iter();
    match (shape.next(), shape.next()) {
        (Some(only), None) if only.is_ascii_alphabetic() => Some(only.to_ascii_lowercase()),
        _ => None,
    }
}

/// The Latin letter, in lower case, that a letter of another script looks like, as it is written.
///
/// ```
/// # use banzhu::text::confusable::letter_of;
/// assert_eq!(letter_of('Ν'), Some('n'));
/// assert_eq!(letter_of('ᖴ'), Some('f'));
/// assert_eq!(letter_of('漢'), None);
/// ```
pub fn letter_of(ch: char) -> Option<char> {
    if !SCRIPTS.iter().any(|script| script.contains(&ch)) {
        return None;
    }
    let at = LETTERS.binary_search_by_key(&ch, |row| row.0).ok()?;
    LETTERS.get(at).map(|row| row.1)
}
