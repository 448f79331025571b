//! Whether an article has what a tag says.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    article::{Part, PreparedArticle},
    form::is_emoji_name,
    names::{Topic, TopicNames},
    one_word::is_one_word,
    rarity::{PlacedGram, pieces},
    short_form,
};
use crate::text::{FoldedText, fold::CharKind};

/// The share of a tag's weight that the article must have for the tag to be on topic. On the open sets of tags a
/// quarter lost no more than one off-topic tag in fifty.
const SPOKEN_OF_MIN: f32 = 0.25;
/// The least weight of what they have in common: two everyday characters (今天) are not enough.
const SHARED_MIN: f32 = 3.2;

/// The least weight of a word of the tag that the headline has: more than everyday words (今天) have.
const WORD_MIN: f32 = 2.8;

/// What ties a tag to its article, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// It is in the title.
    InTitle,
    /// It is in the body.
    InBody,
    /// It is in the section's name.
    InSection,
    /// The board gave the article the same tag.
    InBoardTags,
    /// The article has another name of the same subject.
    SameTopic,
    /// The article names a subject that belongs under it.
    NarrowerTopic,
    /// The article has enough of its words, or is about what it belongs under.
    Overlap,
    /// A moderator ruled that it belongs.
    Ruled,
    /// Nothing was found.
    None,
    /// There is no article.
    NoArticle,
}

impl Evidence {
    /// Whether the article has the tag itself.
    pub(super) const fn is_verbatim(self) -> bool {
        matches!(
            self,
            Self::InTitle | Self::InBody | Self::InSection | Self::InBoardTags
        )
    }
}

/// The strongest evidence, and the words of the article that are it.
pub(super) fn evidence(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> (Evidence, Option<String>) {
    // the order of `Evidence`: the first check that finds anything wins
    let checks = [
        verbatim,
        by_name,
        by_overlap,
        by_word,
        by_short_form,
        by_field,
        by_emoji,
    ];
    let found = checks.iter().find_map(|check| check(tag, article, names));
    found.unwrap_or((Evidence::None, None))
}

type TagEvidence = (Evidence, Option<String>);

/// The article has the tag itself.
fn verbatim(tag: &FoldedText, article: &PreparedArticle, _: &TopicNames) -> Option<TagEvidence> {
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
    Some((Evidence::InBoardTags, Some(same.original.clone())))
}

/// The article has another name of the tag's subject, or names one that belongs under it.
fn by_name(tag: &FoldedText, article: &PreparedArticle, names: &TopicNames) -> Option<TagEvidence> {
    let topic = names.called(tag)?;
    // a name such as 中央社 (wider is *) fits any article and needs no mention
    if names.is_everywhere(topic) {
        return Some((Evidence::SameTopic, None));
    }
    named(topic, article, names)
}

fn named(topic: Topic, article: &PreparedArticle, names: &TopicNames) -> Option<TagEvidence> {
    let mention = |test: &dyn Fn(Topic) -> bool| {
        let mut mentions = article.mentions.iter();
        let found = mentions.find(|mention| test(mention.topic))?;
        Some(Some(found.name.clone()))
    };
    let same = mention(&|other| other == topic).map(|found| (Evidence::SameTopic, found));
    let narrower = || mention(&|other| names.is_under(other, topic));
    same.or_else(|| narrower().map(|found| (Evidence::NarrowerTopic, found)))
}

/// The article has enough of the tag's pieces, by weight: its rarer pairs of characters (果膠 of the tag 果膠酶), or the
/// subject of a part of it (歐盟 of 歐盟關稅, where the article has EU).
fn by_overlap(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> Option<TagEvidence> {
    let of_tag = pieces(tag);
    let weigh = |placed: &PlacedGram| article.rarity.weight(placed);
    let all: f32 = of_tag.iter().map(weigh).sum();
    let named_parts: Vec<_> = names
        .named_in(tag)
        .filter(|(topic, _)| named(*topic, article, names).is_some())
        .map(|(_, found)| {
            let dense = |place| tag.dense_before(place);
            (dense(found.places.start), dense(found.places.end))
        })
        .collect();
    // tag 歐盟關稅, article with EU: 歐盟 counts as shared, though these characters are not in the article
    let is_shared = |placed: &&PlacedGram| {
        let within = |part: &(usize, usize)| part.0 <= placed.dense.0 && placed.dense.1 <= part.1;
        article.pieces.contains(&placed.piece) || named_parts.iter().any(within)
    };
    let shared: Vec<&PlacedGram> = of_tag.iter().filter(is_shared).collect();
    let common: f32 = shared.iter().copied().map(weigh).sum();
    let heaviest = shared
        .iter()
        .copied()
        .max_by(|left, right| weigh(left).total_cmp(&weigh(right)))?;
    (common >= SHARED_MIN && common >= SPOKEN_OF_MIN * all).then(|| {
        let (start, end) = heaviest.dense;
        (
            Evidence::Overlap,
            Some(tag.dense_slice(start..end).to_owned()),
        )
    })
}

/// Title, section or the board's tags have a word of the tag (牛肉 of 牛肉湯): they say little that is not the subject.
fn by_word(tag: &FoldedText, article: &PreparedArticle, _: &TopicNames) -> Option<TagEvidence> {
    let of_tag = pieces(tag);
    let all: f32 = of_tag
        .iter()
        .map(|placed| article.rarity.weight(placed))
        .sum();
    let shared = of_tag.iter().find(|placed| {
        let weight = article.rarity.weight(placed);
        weight >= WORD_MIN
            && weight >= SPOKEN_OF_MIN * all
            && article.headline.contains(&placed.piece)
    })?;
    let (start, end) = shared.dense;
    let word = tag.dense_slice(start..end).to_owned();
    Some((Evidence::Overlap, Some(word)))
}

/// The article has the tag's short form, or the tag is the short form of what the article has (中選會 and 中央選舉委員會).
fn by_short_form(
    tag: &FoldedText,
    article: &PreparedArticle,
    _: &TopicNames,
) -> Option<TagEvidence> {
    let parts = [&article.title, &article.body];
    let found = parts.iter().find_map(|part| {
        let places = short_form::long_form_in(tag, part);
        let places = places.or_else(|| short_form::short_form_in(tag, part))?;
        Some(part.text.span(places).slice(&part.original).to_owned())
    })?;
    Some((Evidence::Overlap, Some(found)))
}

/// The article is about what the tag's subject, or the subject of a part of it, belongs under: 疫苗 where it is about
/// 流感. Both belong under 疫情, so that the tag may well have to do with it.
fn by_field(
    tag: &FoldedText,
    article: &PreparedArticle,
    names: &TopicNames,
) -> Option<TagEvidence> {
    let parts = names.named_in(tag).map(|(topic, _)| topic);
    let head = tag
        .dense()
        .chars()
        .next_back()
        .and_then(|ch| names.head(ch));
    let subjects = names.called(tag).into_iter().chain(parts).chain(head);
    let field = subjects
        .flat_map(|topic| names.kin_of(topic))
        .find_map(|(topic, steps)| {
            let field = article.about.get(topic)?;
            (*steps <= field.left).then_some(field)
        })?;
    let mention = article.mentions.get(field.nth)?;
    Some((Evidence::Overlap, Some(mention.name.clone())))
}

/// Nobody can say what an emoji of a thing or a flag has to do with an article: it passes.
fn by_emoji(tag: &FoldedText, _: &PreparedArticle, _: &TopicNames) -> Option<TagEvidence> {
    is_emoji_name(tag).then_some((Evidence::Overlap, None))
}

/// The words of an article that equal the tag, either with its signs or without signs between its characters.
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
    let may_be_bare = tag.dense_len() >= if signs { 2 } else { 1 };
    let places = with_signs().or_else(|| if may_be_bare { bare() } else { None })?;
    Some(text.span(places).slice(&part.original).to_owned())
}

/// Whether letters and digits of a script with spaces begin and end with the tag: ai is not in SAID.
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
