//! Emoji that are read as Chinese characters: 🐔 for 雞, 🐢 for 龜.
//!
//! Read while word lists are compiled, never on the path of a comment. All is folded: selectors, joiners and skin tones
//! are gone from the text by then, so one emoji is one code point.

use std::{collections::BTreeMap, sync::LazyLock};

const TABLE: &str = include_str!("tables/emoji.tsv");

/// Each emoji with the characters that it is read as.
fn rows() -> impl Iterator<Item = (char, &'static str)> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let (emoji, read) = row.split_once('\t')?;
        Some((emoji.chars().next()?, read))
    })
}

static BY_CHARACTER: LazyLock<BTreeMap<char, String>> = LazyLock::new(|| {
    let mut emoji: BTreeMap<char, String> = BTreeMap::new();
    for (shown, read) in rows() {
        for ch in read.chars() {
            emoji.entry(ch).or_default().push(shown);
        }
    }
    emoji
});

/// Every emoji with the characters that it is read as, the usual one first; sorted by code point.
pub fn emoji_readings() -> impl Iterator<Item = (char, &'static str)> {
    rows()
}

/// The emoji that may stand for this character; none where it is drawn by none.
///
/// ```
/// # use banzhu::text::emoji_read;
/// assert!(emoji_read('雞').any(|emoji| emoji == '🐔'));
/// assert_eq!(emoji_read('的').count(), 0);
/// ```
pub fn emoji_read(ch: char) -> impl Iterator<Item = char> {
    let emoji = BY_CHARACTER.get(&ch).map_or("", String::as_str);
    emoji.chars()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::fold::{Kind, folded, kind};

    #[test]
    fn the_table_is_sorted_folded_and_says_each_reading_once() {
        let rows: Vec<_> = rows().collect();
        assert!(rows.len() >= 250);
        assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (emoji, read) in rows {
            assert_eq!(folded(&emoji.to_string()), emoji.to_string());
            assert!(!kind(emoji).is_dense(), "{emoji} is a letter");
            assert_eq!(folded(read), read, "{emoji}");
            assert!(!read.is_empty() && read.chars().all(|ch| kind(ch) == Kind::Letter));
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
                assert!(emoji_read(ch).any(|known| known == emoji), "{ch} {emoji}");
            }
        }
    }
}
