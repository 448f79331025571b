//! An article prepared for looking up tags: it is read once for all the tags of all its comments.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    names::{Topic, TopicNames},
    rarity::{Gram, Rarity, pieces},
};
use crate::text::FoldedText;

/// A part of an article, in the original and folded.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub original: String,
    pub text: FoldedText,
    /// The letters and digits of `text`.
    pub dense: Vec<char>,
}

/// A subject that an article names, and the name as written there.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub topic: Topic,
    pub name: String,
}

/// What an article is about: the mention that says so, and how many steps a tag may be below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub nth: usize,
    pub left: u8,
}

/// One subject of the body in so many must be akin to others for the article to be about what makes them so, and no fewer
/// than two: one may be named in passing.
const AKIN_ONE_IN: usize = 5;
const AKIN_MIN: usize = 2;
/// How many steps a tag and a subject of the headline, or of the body, may be from each other by way of what makes them
/// akin: 疫苗 and 流感 are three apart (防疫, 疫情), 疫苗 and a broken leg four.
const HEADLINE_STEPS: u8 = 3;
const BODY_STEPS: u8 = 2;
/// What makes no more than so many subjects akin is narrow enough that one of them says it.
const NARROW_MAX: usize = 24;

/// An article that tags are compared with.
#[derive(Debug, Clone)]
pub struct PreparedArticle {
    pub(super) title: Part,
    pub(super) body: Part,
    pub(super) section: Option<Part>,
    pub(super) board_tags: Vec<Part>,
    /// Each subject once, as it is first named in title, body, section and the board's own tags.
    pub(super) mentions: Vec<Mention>,
    /// What it is about: the subjects of title, section and the board's tags and all above them, and what makes several
    /// subjects of the body akin; each with the mention that says so.
    pub(super) about: HashMap<Topic, Field>,
    pub(super) pieces: HashSet<Gram>,
    /// The pieces of title, section and the board's tags.
    pub(super) headline: HashSet<Gram>,
    pub(super) rarity: Arc<Rarity>,
}

impl PreparedArticle {
    pub(super) fn new(
        (title, body): (&str, &str),
        section: Option<&str>,
        board_tags: &[String],
        names: &TopicNames,
        rarity: &Arc<Rarity>,
    ) -> Self {
        let mut article = Self {
            title: Part::new(title),
            body: Part::new(body),
            section: section.map(Part::new),
            board_tags: board_tags.iter().map(|tag| Part::new(tag)).collect(),
            mentions: Vec::new(),
            about: HashMap::new(),
            pieces: HashSet::new(),
            headline: HashSet::new(),
            rarity: Arc::clone(rarity),
        };
        let in_headline = article.find_mentions(names);
        article.about = article.about(in_headline, names);
        article.headline = grams(article.headline_parts());
        article.pieces = grams([&article.body].into_iter());
        article.pieces.extend(&article.headline);
        article
    }

    /// Counts its pieces as part of what the board writes about, as of this time.
    pub fn learn(&self, name: &str, at_ms: i64) {
        self.rarity.learn(name, at_ms, &self.pieces);
    }

    /// Title, section and the board's own tags: what says in few words what the article is about.
    fn headline_parts(&self) -> impl Iterator<Item = &Part> {
        let parts = [&self.title].into_iter().chain(&self.section);
        parts.chain(&self.board_tags)
    }

    /// Finds all mentions; the result is how many of them, at the beginning, are those of the headline.
    fn find_mentions(&mut self, names: &TopicNames) -> usize {
        let mut known = HashSet::new();
        let mut mentions = Vec::new();
        for part in self.headline_parts() {
            part.mentions(names, &mut known, &mut mentions);
        }
        self.title.head_mentions(names, &mut known, &mut mentions);
        let in_headline = mentions.len();
        self.body.mentions(names, &mut known, &mut mentions);
        self.mentions = mentions;
        in_headline
    }

    /// See the field of this name.
    fn about(&self, in_headline: usize, names: &TopicNames) -> HashMap<Topic, Field> {
        let mut about: HashMap<Topic, Field> = HashMap::new();
        let mut seen: HashMap<Topic, usize> = HashMap::new();
        let in_body = self.mentions.len() - in_headline;
        let many = AKIN_MIN.max(in_body / AKIN_ONE_IN);
        for (nth, mention) in self.mentions.iter().enumerate() {
            for (topic, steps) in names.kin_of(mention.topic) {
                let count = seen.entry(*topic).or_default();
                *count += 1;
                let narrow = names.breadth_of(*topic) <= NARROW_MAX;
                let reach = match () {
                    () if nth < in_headline => HEADLINE_STEPS,
                    () if narrow || *count >= many => BODY_STEPS,
                    () => continue,
                };
                let Some(left) = reach.checked_sub(*steps) else {
                    continue;
                };
                let field = about.entry(*topic).or_insert(Field { nth, left });
                if left > field.left {
                    *field = Field { nth, left };
                }
            }
        }
        about
    }
}

fn grams<'p>(parts: impl Iterator<Item = &'p Part>) -> HashSet<Gram> {
    let placed = parts.flat_map(|part| pieces(&part.text));
    placed.map(|placed| placed.piece).collect()
}

impl Part {
    fn new(text: &str) -> Self {
        let (original, text) = (text.to_owned(), FoldedText::new(text));
        let dense = text.dense().chars().collect();
        Self {
            original,
            text,
            dense,
        }
    }

    /// Adds each subject that is named here and not known yet.
    fn mentions(
        &self,
        names: &TopicNames,
        known: &mut HashSet<Topic>,
        mentions: &mut Vec<Mention>,
    ) {
        let mut named: Vec<_> = names.named_in(&self.text).collect();
        named.sort_by_key(|(_, found)| found.places.start);
        for (topic, found) in named {
            if known.insert(topic) {
                let name = found.span.slice(&self.original).to_owned();
                mentions.push(Mention { topic, name });
            }
        }
    }

    /// As [`Self::mentions`], of names of one character that are no part of a longer name (酒 in 酒駕 is).
    fn head_mentions(
        &self,
        names: &TopicNames,
        known: &mut HashSet<Topic>,
        mentions: &mut Vec<Mention>,
    ) {
        let longer: Vec<_> = names
            .named_in(&self.text)
            .map(|(_, found)| found.places)
            .collect();
        for (place, ch) in self.text.full().chars().enumerate() {
            let Some(topic) = names.head(ch) else {
                continue;
            };
            if !longer.iter().any(|places| places.contains(&place)) && known.insert(topic) {
                let name = ch.to_string();
                mentions.push(Mention { topic, name });
            }
        }
    }
}
