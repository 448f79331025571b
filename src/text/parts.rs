//! Characters written as their components: 女馬 for 媽, 告非 for 靠.
//!
//! Used while word lists are compiled, never on the path of a comment. Characters and components are in their folded
//! form.

use std::sync::LazyLock;

const TABLE: &str = include_str!("tables/parts.tsv");

/// Each character with the component sequences that people write for it; sorted by character.
static PARTS: LazyLock<Vec<(char, Vec<&'static str>)>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut parts: Vec<_> = rows
        .filter_map(|row| {
            let (whole, ways) = row.split_once('\t')?;
            Some((whole.chars().next()?, ways.split('|').collect()))
        })
        .collect();
    parts.sort_unstable_by_key(|row: &(char, Vec<_>)| row.0);
    parts
});

/// The component sequences that people type for this character, the usual one first; empty if none is known.
///
/// ```
/// # use banzhu::text::parts::parts_of;
/// assert_eq!(parts_of('媽').next(), Some("女馬"));
/// assert!(parts_of('智').any(|parts| parts == "矢口日"));
/// assert_eq!(parts_of('a').count(), 0);
/// ```
pub fn parts_of(ch: char) -> impl Iterator<Item = &'static str> {
    let found = PARTS.binary_search_by_key(&ch, |row| row.0).ok();
    let row = found.and_then(|at| PARTS.get(at));
    row.map_or([].as_slice(), |(_, ways)| ways).iter().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::text::fold::{CharKind, folded, kind};

    #[test]
    fn the_table_is_folded_sorted_and_made_of_letters() {
        assert!(PARTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(PARTS.len() > 2_000);
        for (whole, ways) in PARTS.iter() {
            let different: HashSet<_> = ways.iter().collect();
            assert_eq!(different.len(), ways.len(), "{whole}");
            assert!(!ways.is_empty(), "{whole}");
            assert_eq!(folded(&whole.to_string()), whole.to_string());
            for way in ways {
                let count = way.chars().count();
                assert!((2..=4).contains(&count), "{whole} {way}");
                assert!(!way.contains(*whole), "{whole} {way}");
                assert_eq!(folded(way), *way, "{whole}");
                assert!(
                    way.chars().all(|ch| kind(ch) == CharKind::Letter),
                    "{whole} {way}"
                );
            }
        }
    }

    #[test]
    fn what_people_type_is_known() {
        for (whole, typed) in [
            ("婊", "女表"),
            ("靠", "告非"),
            ("強", "弓虽"),
            ("智", "知日"),
            ("智", "矢口日"),
            ("幹", "𠦝干"),
            ("台", "厶口"),
            ("寶", "宀珍貝"),
            ("畜", "玄田"),
            ("操", "扌喿"),
            ("狗", "犭句"),
            ("狗", "犬句"),
            ("屌", "尸吊"),
            ("傻", "亻㚇"),
            ("障", "阝章"),
            ("賤", "貝戔"),
            ("賤", "貝戈戈"),
            ("娘", "女良"),
            ("機", "木幾"),
            ("掰", "手分手"),
            ("豬", "豕者"),
            ("腦", "月𡿺"),
            ("殘", "歹戔"),
            ("垃", "土立"),
            ("圾", "土及"),
            ("廢", "广發"),
            ("物", "牛勿"),
            ("渣", "氵查"),
            ("種", "禾重"),
            ("婊", "⼥表"),
        ] {
            let whole = folded(whole).chars().next().unwrap_or_default();
            assert!(
                parts_of(whole).any(|known| known == folded(typed)),
                "{whole} {typed}"
            );
        }
    }

    #[test]
    fn an_everyday_word_is_no_character_written_apart() {
        for (whole, word) in [
            ('姓', "女生"),
            ('動', "重力"),
            ('問', "門口"),
            ('鬧', "門市"),
            ('天', "一大"),
        ] {
            assert!(parts_of(whole).all(|known| known != word), "{whole} {word}");
        }
    }
}
