//! Articles ready to look things up in, kept while they are written about; and what the board's articles have in common.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    intake::{Article, ArticleContent},
    policy::{Rulebook, RulebookVersion},
    topic::{PreparedArticle, Rarity},
};

/// How many articles are kept ready.
const ARTICLES_MAX: usize = 256;

/// Prepared articles by their content and the rulebook they were read by; the one not asked for longest goes first.
#[derive(Default)]
pub(super) struct Shelf {
    shelved: Mutex<Shelved>,
    rarity: Arc<Rarity>,
}

/// The hash of the content, and the rulebook.
type Key = ([u8; 32], RulebookVersion);

#[derive(Default)]
struct Shelved {
    articles: HashMap<Key, (Arc<PreparedArticle>, u64)>,
    asked: u64,
}

impl Shelf {
    /// The prepared article with this content, whose hash is known.
    pub fn prepared(
        &self,
        hash: [u8; 32],
        content: &ArticleContent,
        rulebook: &Rulebook,
    ) -> Arc<PreparedArticle> {
        let key = (hash, rulebook.version);
        if let Some(found) = self.find(&key) {
            return found;
        }
        let made = Arc::new(content.prepared(&rulebook.topics, &self.rarity));
        self.keep(key, &made);
        made
    }

    /// Counts an article that was stored among what the board writes about.
    pub fn learn(&self, article: &Article, rulebook: &Rulebook) {
        let prepared = self.prepared(article.hash, &article.content, rulebook);
        prepared.learn(article.id.as_str(), article.stored_at.as_ms());
    }

    /// The same for one that nobody need be writing about: it is not made ready.
    pub fn recall(&self, article: &Article) {
        let (name, at_ms) = (article.id.as_str(), article.stored_at.as_ms());
        let parts = article.content.parts();
        self.rarity.learn_text(name, at_ms, parts);
    }

    fn find(&self, key: &Key) -> Option<Arc<PreparedArticle>> {
        let mut shelved = self.shelved.lock().unwrap_or_else(PoisonError::into_inner);
        shelved.asked += 1;
        let asked = shelved.asked;
        let (article, last) = shelved.articles.get_mut(key)?;
        *last = asked;
        Some(Arc::clone(article))
    }

    fn keep(&self, key: Key, article: &Arc<PreparedArticle>) {
        let mut shelved = self.shelved.lock().unwrap_or_else(PoisonError::into_inner);
        if shelved.articles.len() >= ARTICLES_MAX {
            let oldest = shelved
                .articles
                .iter()
                .min_by_key(|(_, (_, last))| *last)
                .map(|(key, _)| *key);
            oldest.map(|key| shelved.articles.remove(&key));
        }
        let asked = shelved.asked;
        shelved.articles.insert(key, (Arc::clone(article), asked));
    }
}
