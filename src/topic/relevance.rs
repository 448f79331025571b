//! Where a tag's words stand in an article.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::article::{Part, PreparedArticle};
use crate::text::{FoldedText, fold::Kind};

/// The most skip characters between two characters of a tag in an article.
const GAP_SKIPS_MAX: usize = 3;

/// What ties a tag to its article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// It stands in the title.
    InTitle,
    /// It stands in the body.
    InBody,
    /// It stands in the section's name.
    InSection,
    /// The board gave the article the same tag.
    InBoardTags,
    /// Another name of the same subject stands there.
    SameTopic,
    /// Something that belongs under it stands there.
    NarrowerTopic,
    /// Its words are spoken of.
    Overlap,
    /// A moderator ruled.
    Ruled,
    /// Nothing was found.
    None,
    /// There is no article.
    NoArticle,
}

/// The strongest tie, and the words of the article that make it.
pub(super) fn look(tag: &FoldedText, article: &PreparedArticle) -> (Evidence, Option<String>) {
    let parts = [
        (Evidence::InTitle, Some(&article.title)),
        (Evidence::InBody, Some(&article.body)),
    ];
    let parts = parts
        .into_iter()
        .chain([(Evidence::InSection, article.section.as_ref())]);
    for (evidence, part) in parts {
        if let Some(found) = part.and_then(|part| find(tag, part)) {
            return (evidence, Some(found));
        }
    }
    match article
        .board_tags
        .iter()
        .find(|part| is_same(tag, &part.text))
    {
        Some(part) => (Evidence::InBoardTags, Some(part.written.clone())),
        None => (Evidence::None, None),
    }
}

/// The words that equal the tag, signs and all, or but for what stands between its characters.
fn find(tag: &FoldedText, part: &Part) -> Option<String> {
    let text = &part.text;
    let full = tag.full().trim();
    let signs = full.chars().count() > tag.dense_len();
    let with_signs = || {
        text.full()
            .match_indices(full)
            .map(|(at, found)| text.places_at(at..at + found.len()))
    };
    let with_signs = || with_signs().find(|places| !full.is_empty() && has_edges(text, places));
    let bare = || {
        let dense = tag.dense();
        let found = text
            .dense()
            .match_indices(dense)
            .map(|(at, found)| text.dense_at(at..at + found.len()));
        let found = found.filter(|dense| is_one_word(text, dense));
        found
            .map(|dense| text.place_of(dense.start)..text.place_of(dense.end - 1) + 1)
            .find(|places| has_edges(text, places))
    };
    // C++ is not the letter C
    let bare_will_do = tag.dense_len() >= if signs { 2 } else { 1 };
    let places = with_signs().or_else(|| if bare_will_do { bare() } else { None })?;
    Some(text.span(places).slice(&part.written).to_owned())
}

/// Letters and digits of a spaced script end where the tag ends.
fn has_edges(text: &FoldedText, places: &Range<usize>) -> bool {
    let is_word = |place: Option<usize>| {
        place
            .and_then(|place| text.places().get(place))
            .is_some_and(|place| place.kind == Kind::Word)
    };
    let cut_left = is_word(Some(places.start)) && is_word(places.start.checked_sub(1));
    let cut_right = is_word(places.end.checked_sub(1)) && is_word(Some(places.end));
    !cut_left && !cut_right
}

/// No clause or sentence ends between its characters, and little else stands there.
fn is_one_word(text: &FoldedText, dense: &Range<usize>) -> bool {
    (dense.start + 1..dense.end).all(|right| {
        let gap = text.place_of(right - 1) + 1..text.place_of(right);
        gap.len() <= GAP_SKIPS_MAX && !text.full_slice(gap).contains(ends_clause)
    })
}

const fn ends_clause(ch: char) -> bool {
    matches!(
        ch,
        '。' | '!' | '?' | '\n' | '\r' | '，' | '、' | '；' | '：' | ',' | ';' | ':' | '|' | '/'
    )
}

fn is_same(tag: &FoldedText, other: &FoldedText) -> bool {
    if tag.dense_len() == 0 {
        tag.full().trim() == other.full().trim()
    } else {
        tag.dense() == other.dense()
    }
}
