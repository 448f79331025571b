//! Where a tag's words stand in an article.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    article::{Part, PreparedArticle},
    names::{Topic, TopicNames},
    one_word::is_one_word,
    rarity::{PlacedGram, pieces},
};
use crate::text::{FoldedText, fold::CharKind};

/// What part of what a tag tells has to stand in the article for its words to be spoken of. On the open sets of tags a
/// quarter lost no more than one off-topic tag in fifty.
const SPOKEN_OF_MIN: f32 = 0.25;
/// And how much that has to tell: two everyday characters side by side (今天) are not enough.
const TOLD_MIN: f32 = 3.2;

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

impl Evidence {
    /// Whether the article itself says the tag.
    pub(super) const fn is_said(self) -> bool {
        matches!(
            self,
            Self::InTitle | Self::InBody | Self::InSection | Self::InBoardTags
        )
    }
}

/// The strongest tie, and the words of the article that make it.
pub(super) fn look(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> (Evidence, Option<String>) {
    let ties = [stands, is_named, is_spoken_of];
    let found = ties.iter().find_map(|tie| tie(tag, article, names));
    found.unwrap_or((Evidence::None, None))
}

type TagEvidence = (Evidence, Option<String>);

/// The tag itself stands there.
fn stands(tag: &FoldedText, article: &PreparedArticle, _: &TopicNames) -> Option<TagEvidence> {
    let parts = [
        (Evidence::InTitle, Some(&article.title)),
        (Evidence::InBody, Some(&article.body)),
    ];
    let parts = parts
        .into_iter()
        .chain([(Evidence::InSection, article.section.as_ref())]);
    for (evidence, part) in parts {
        if let Some(found) = part.and_then(|part| find(tag, part)) {
            return Some((evidence, Some(found)));
        }
    }
    let mut board_tags = article.board_tags.iter();
    let same = board_tags.find(|part| is_same(tag, &part.text))?;
    Some((Evidence::InBoardTags, Some(same.written.clone())))
}

/// Another name of what the tag names stands there, or a name of something that belongs under it.
fn is_named(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> Option<TagEvidence> {
    let topic = names.called(tag)?;
    if names.is_everywhere(topic) {
        return Some((Evidence::SameTopic, None));
    }
    named(topic, article, names)
}

fn named(topic: Topic, article: &PreparedArticle, names: &TopicNames) -> Option<TagEvidence> {
    let mention = |test: &dyn Fn(Topic) -> bool| {
        let mut mentions = article.mentions.iter();
        let found = mentions.find(|mention| test(mention.topic))?;
        Some(Some(found.written.clone()))
    };
    let same = mention(&|other| other == topic).map(|found| (Evidence::SameTopic, found));
    let narrower = || mention(&|other| names.is_under(other, topic));
    same.or_else(|| narrower().map(|found| (Evidence::NarrowerTopic, found)))
}

/// Enough of what the tag tells is told by the article as well: its rarer characters stand there side by side, or what a
/// part of it names is named there.
fn is_spoken_of(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> Option<TagEvidence> {
    let told = pieces(tag);
    let weigh = |placed: &PlacedGram| article.rarity.weight(placed);
    let all: f32 = told.iter().map(weigh).sum();
    let named_parts: Vec<_> = names
        .named_in(tag)
        .filter(|(topic, _)| named(*topic, article, names).is_some())
        .map(|(_, found)| {
            let dense = |place| tag.dense_before(place);
            (dense(found.places.start), dense(found.places.end))
        })
        .collect();
    let stands = |placed: &&PlacedGram| {
        let within = |part: &(usize, usize)| part.0 <= placed.dense.0 && placed.dense.1 <= part.1;
        article.pieces.contains(&placed.piece) || named_parts.iter().any(within)
    };
    let shared: Vec<&PlacedGram> = told.iter().filter(stands).collect();
    let common: f32 = shared.iter().copied().map(weigh).sum();
    let heaviest = shared
        .iter()
        .copied()
        .max_by(|left, right| weigh(left).total_cmp(&weigh(right)))?;
    (common >= TOLD_MIN && common >= SPOKEN_OF_MIN * all).then(|| {
        let (start, end) = heaviest.dense;
        (
            Evidence::Overlap,
            Some(tag.dense_slice(start..end).to_owned()),
        )
    })
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
            .is_some_and(|place| place.kind == CharKind::Word)
    };
    let cut_left = is_word(Some(places.start)) && is_word(places.start.checked_sub(1));
    let cut_right = is_word(places.end.checked_sub(1)) && is_word(Some(places.end));
    !cut_left && !cut_right
}

fn is_same(tag: &FoldedText, other: &FoldedText) -> bool {
    if tag.dense_len() == 0 {
        tag.full().trim() == other.full().trim()
    } else {
        tag.dense() == other.dense()
    }
}
