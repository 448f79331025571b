//! Emoji that are read as Chinese characters: 🐔 for 雞, 🐢 for 龜.
//!
//! The table is looked up in folded text: selectors, joiners and skin tones are gone by then, so an emoji is one code
//! point.

use std::sync::LazyLock;

const TABLE: &str = include_str!("tables/emoji.tsv");

/// Each emoji with the characters that it is read as; sorted by code point.
static ROWS: LazyLock<Vec<(char, &'static str)>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut rows: Vec<_> = rows
        .filter_map(|row| {
            let (emoji, read) = row.split_once('\t')?;
            Some((emoji.chars().next()?, read))
        })
        .collect();
    rows.sort_unstable();
    rows
});

/// The characters that an emoji is read as, the one meant in abuse first; empty for any other character.
///
/// ```
/// # use banzhu::text::emoji::readings_of;
/// assert_eq!(readings_of('🐔').next(), Some('雞'));
/// assert!(readings_of('🐴').any(|read| read == '媽'));
/// assert_eq!(readings_of('雞').count(), 0);
/// ```
pub fn readings_of(ch: char) -> impl DoubleEndedIterator<Item = char> + Clone {
    let found = ROWS.binary_search_by_key(&ch, |row| row.0).ok();
    let row = found.and_then(|at| ROWS.get(at));
    row.map_or("", |(_, read)| *read).chars()
}

/// The length in bytes of what belongs to an emoji that ends before `rest`: how it is shown, its key, its skin.
///
/// ```
/// # use banzhu::text::emoji::rest_len;
/// assert_eq!(rest_len("\u{fe0f}\u{20e3}好"), 6);
/// assert_eq!(rest_len("\u{1f3fd}好"), 4);
/// assert_eq!(rest_len("好"), 0);
/// ```
pub fn rest_len(rest: &str) -> usize {
    let belongs = |ch: &char| {
        matches!(
            ch,
            '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}'
        )
    };
    rest.chars().take_while(belongs).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::{
        fold::{CharKind, folded, kind},
        units::{CharKinds, RunPolicy, Units},
    };

    #[test]
    fn the_table_is_sorted_folded_and_says_each_reading_once() {
        let rows = &*ROWS;
        assert!(rows.len() >= 250);
        assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for &(emoji, read) in rows {
            assert_eq!(folded(&emoji.to_string()), emoji.to_string());
            assert!(!kind(emoji).is_dense(), "{emoji} is a letter");
            let mut units = Units::default();
            units.set(&emoji.to_string(), RunPolicy::Collapsed);
            assert!(units.seen().any(CharKinds::SIGNS), "{emoji} is not noticed");
            assert_eq!(folded(read), read, "{emoji}");
            assert!(!read.is_empty() && read.chars().all(|ch| kind(ch) == CharKind::Letter));
            let different: HashSet<char> = read.chars().collect();
            assert_eq!(different.len(), read.chars().count(), "{emoji}");
        }
    }

    #[test]
    fn what_people_type_is_known() {
        for (ch, emoji) in [
            ('雞', "🐔🐓"),
            ('機', "🐔"),
            ('龜', "🐢"),
            ('媽', "🐴🐎👩"),
            ('馬', "🐴🐎"),
            ('屎', "💩"),
            ('死', "☠💀"),
            ('家', "🏠🏡"),
            ('殺', "🔪"),
            ('砍', "🔪"),
            ('北', "🍺🥤"),
            ('豬', "🐷"),
            ('狗', "🐶"),
            ('猴', "🐒"),
            ('腦', "🧠"),
            ('娘', "👩"),
            ('操', "🌿"),
            ('幹', "🍻"),
            ('蛋', "🥚"),
            ('蟲', "🐛"),
            ('鬼', "👻"),
            ('牛', "🐮"),
            ('蛇', "🐍"),
            ('蝦', "🦐"),
            ('砲', "💣"),
            ('穴', "🕳"),
            ('婊', "⌚"),
            ('賤', "🗡"),
        ] {
            for emoji in emoji.chars() {
                assert!(readings_of(emoji).any(|read| read == ch), "{ch} {emoji}");
            }
        }
    }
}
