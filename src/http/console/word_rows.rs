//! A term or a written form in a list, with what moderators made of it.

use super::{
    form::Fields,
    marks::{self, Piece},
    text::texts,
};
use crate::desk::views::StatsItem;

texts! {
    /// The labels of such a list.
    pub struct WordTexts {
        term: "詞條", "Term";
        form: "寫法 → 詞條", "Written form → term";
        hits: "命中", "Hits";
        upheld: "移除", "Removed";
        dismissed: "保留", "Let stand";
        share: "保留比例", "Share let stand";
    }
}

/// A row.
pub struct WordRow {
    pub name: Vec<Piece>,
    pub href: String,
    pub hits: i64,
    pub upheld: i64,
    pub dismissed: i64,
    /// The share that was let stand, in percent; none where nothing was ruled.
    pub share: Option<u8>,
}

impl WordRow {
    /// A term of the word lists, with the comments in which it was found.
    pub fn of_term(item: &StatsItem) -> Self {
        let name = item.key.as_deref().unwrap_or("");
        Self::new(item, ("term", name))
    }

    /// A written form, with the comments that hold it.
    pub fn of_form(item: &StatsItem) -> Self {
        let name = item.key.as_deref().unwrap_or("");
        let written = name.split(" → ").next().unwrap_or(name);
        Self::new(item, ("q", written))
    }

    fn new(item: &StatsItem, find: (&str, &str)) -> Self {
        Self {
            name: marks::plain(item.key.as_deref().unwrap_or("")),
            href: Fields::default().address("/console/comments", &[], &[find]),
            hits: item.hits,
            upheld: item.upheld,
            dismissed: item.dismissed,
            share: percent(item),
        }
    }
}

fn percent(item: &StatsItem) -> Option<u8> {
    let ruled = item.upheld + item.dismissed;
    let share = (item.dismissed * 100 + ruled / 2).checked_div(ruled)?;
    u8::try_from(share.clamp(0, 100)).ok()
}

/// The greatest share that was let stand first; of equals the one that was ruled more often, then the name.
pub fn by_dismissed_share(items: &mut [&StatsItem]) {
    items.sort_by(|one, other| {
        // As products, which are exact: a/b > c/d where a·d > c·b.
        let (all, others) = (ruled(one), ruled(other));
        let (left, right) = (one.dismissed * others, other.dismissed * all);
        right
            .cmp(&left)
            .then(others.cmp(&all))
            .then(one.key.cmp(&other.key))
    });
}

/// The most hits first, then the name.
pub fn by_hits(items: &mut [&StatsItem]) {
    items.sort_by(|one, other| other.hits.cmp(&one.hits).then(one.key.cmp(&other.key)));
}

/// How often it was ruled; one that never was stands behind those that were.
const fn ruled(item: &StatsItem) -> i64 {
    let ruled = item.upheld + item.dismissed;
    if ruled > 0 { ruled } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Tally;

    fn item(name: &str, upheld: i64, dismissed: i64) -> StatsItem {
        let tally = Tally {
            hits: upheld + dismissed,
            upheld,
            dismissed,
            ..Tally::default()
        };
        StatsItem::of(Some(name.to_owned()), &tally)
    }

    #[test]
    fn shares_are_ordered_and_told_in_percent() {
        let (half, most, never, all) = (
            item("a", 2, 2),
            item("b", 1, 3),
            item("c", 0, 0),
            item("d", 0, 9),
        );
        let mut items = vec![&half, &never, &most, &all];
        by_dismissed_share(&mut items);
        let names: Vec<_> = items
            .iter()
            .filter_map(|item| item.key.as_deref())
            .collect();
        assert_eq!(names, ["d", "b", "a", "c"]);
        assert_eq!(percent(&most), Some(75));
        assert_eq!(percent(&never), None);
    }

    #[test]
    fn a_form_is_looked_for_as_it_is_written() {
        let row = WordRow::of_form(&item("甘林 → 幹你", 1, 0));
        assert!(row.href.starts_with("/console/comments?q="), "{}", row.href);
        assert!(!row.href.contains("%E2%86%92"), "{}", row.href);
    }
}
