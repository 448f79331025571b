//! An article prepared for looking up tags: it is read once for all the tags of all its comments.

use std::{collections::HashSet, sync::Arc};

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
}

/// A subject that an article names, and the name as written there.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub topic: Topic,
    pub name: String,
}

/// An article that tags are compared with.
#[derive(Debug, Clone)]
pub struct PreparedArticle {
    pub(super) title: Part,
    pub(super) body: Part,
    pub(super) section: Option<Part>,
    pub(super) board_tags: Vec<Part>,
    /// Each subject once, as it is first named in title, body, section and the board's own tags.
    pub(super) mentions: Vec<Mention>,
    pub(super) pieces: HashSet<Gram>,
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
            pieces: HashSet::new(),
            rarity: Arc::clone(rarity),
        };
        article.mentions = article.mentions(names);
        let placed = article.parts().flat_map(|part| pieces(&part.text));
        article.pieces = placed.map(|placed| placed.piece).collect();
        article
    }

    /// Counts its pieces as part of what the board writes about, as of this time.
    pub fn learn(&self, name: &str, at_ms: i64) {
        self.rarity.learn(name, at_ms, &self.pieces);
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        [&self.title, &self.body]
            .into_iter()
            .chain(&self.section)
            .chain(&self.board_tags)
    }

    fn mentions(&self, names: &TopicNames) -> Vec<Mention> {
        let mut known = HashSet::new();
        let mut mentions = Vec::new();
        for part in self.parts() {
            let mut named: Vec<_> = names.named_in(&part.text).collect();
            named.sort_by_key(|(_, found)| found.places.start);
            for (topic, found) in named {
                if known.insert(topic) {
                    let name = found.span.slice(&part.original).to_owned();
                    mentions.push(Mention { topic, name });
                }
            }
        }
        mentions
    }
}

impl Part {
    fn new(text: &str) -> Self {
        Self {
            original: text.to_owned(),
            text: FoldedText::new(text),
        }
    }
}
