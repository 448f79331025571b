//! Articles ready to look things up in, kept while they are written about; and what the board's articles have in common.
//!
//! To read an article of 50,000 characters takes long. That is done beside the workers, one article at a time, so that a
//! flood of them leaves the processor to the comments of others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Mutex as Turns;

use crate::{
    policy::Rulebook,
    record::{Article, ArticleContent, RulebookVersion},
    topic::{PreparedArticle, Rarity},
};

/// How many articles are kept ready.
const ARTICLES_MAX: usize = 256;
/// Up to so many bytes an article is read where it is wanted: that is quicker than handing it over.
const READ_AT_ONCE_BYTES_MAX: usize = 4_096;

/// Prepared articles by their content and the rulebook they were read by; the one not asked for longest goes first.
#[derive(Default)]
pub(super) struct ArticleCache {
    shelved: Mutex<CachedArticle>,
    rarity: Arc<Rarity>,
    turn: Turns<()>,
}

/// The hash of the content, and the rulebook.
type ArticleKey = ([u8; 32], RulebookVersion);

#[derive(Default)]
struct CachedArticle {
    articles: HashMap<ArticleKey, (Arc<PreparedArticle>, u64)>,
    asked: u64,
}

impl ArticleCache {
    /// The prepared article with this content, whose hash is known.
    pub async fn prepared(
        &self,
        hash: [u8; 32],
        content: &ArticleContent,
        rulebook: &Arc<Rulebook>,
    ) -> Arc<PreparedArticle> {
        let key = (hash, rulebook.version);
        if let Some(found) = self.find(&key) {
            return found;
        }
        let bytes: usize = content.parts().map(str::len).sum();
        if bytes <= READ_AT_ONCE_BYTES_MAX {
            let made = Arc::new(content.prepared(&rulebook.topics, &self.rarity));
            self.keep(key, &made);
            return made;
        }
        let _turn = self.turn.lock().await;
        // while it waited, another comment about the same article may have had it read
        if let Some(found) = self.find(&key) {
            return found;
        }
        let made = self.read_beside(content, rulebook).await;
        self.keep(key, &made);
        made
    }

    /// Reads an article on a thread beside the workers.
    async fn read_beside(
        &self,
        content: &ArticleContent,
        rulebook: &Arc<Rulebook>,
    ) -> Arc<PreparedArticle> {
        let (theirs, rules) = (content.clone(), Arc::clone(rulebook));
        let rarity = Arc::clone(&self.rarity);
        let read = move || theirs.prepared(&rules.topics, &rarity);
        match tokio::task::spawn_blocking(read).await {
            Ok(made) => Arc::new(made),
            // the service stops, and no thread is lent any more
            Err(_) => Arc::new(content.prepared(&rulebook.topics, &self.rarity)),
        }
    }

    /// Counts an article that was stored among what the board writes about.
    pub async fn learn(&self, article: &Article, rulebook: &Arc<Rulebook>) {
        let prepared = self.prepared(article.hash, &article.content, rulebook);
        prepared
            .await
            .learn(article.id.as_str(), article.stored_at.as_ms());
    }

    /// The same for one that nobody need be writing about: it is not made ready.
    pub fn recall(&self, article: &Article) {
        let (name, at_ms) = (article.id.as_str(), article.stored_at.as_ms());
        let parts = article.content.parts();
        self.rarity.learn_text(name, at_ms, parts);
    }

    fn find(&self, key: &ArticleKey) -> Option<Arc<PreparedArticle>> {
        let mut shelved = self.shelved.lock().unwrap_or_else(PoisonError::into_inner);
        shelved.asked += 1;
        let asked = shelved.asked;
        let (article, last) = shelved.articles.get_mut(key)?;
        *last = asked;
        Some(Arc::clone(article))
    }

    fn keep(&self, key: ArticleKey, article: &Arc<PreparedArticle>) {
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
