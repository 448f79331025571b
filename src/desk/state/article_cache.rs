//! A cache of articles prepared for tag matching, and the statistics of what the board's articles have in common.
//!
//! Preparing an article of 50,000 characters takes long. That is done on a blocking thread and one article at a time, so that a
//! flood of long articles leaves the processor to other comments.
//!
//! Local to the node: the cache only saves work, since an article is found in it by the hash of its content. The statistics are
//! learned from the articles that this node stored and, at its start, from the newest stored ones; so they differ a little between
//! nodes, as they do over time. They only advise whether a tag fits.

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

/// How many prepared articles are cached.
const ARTICLES_MAX: usize = 256;
/// Articles up to this size are prepared on the worker itself: that is quicker than handing them to another thread.
const INLINE_BYTES_MAX: usize = 4_096;

/// Prepared articles by content and rulebook; the least recently used is evicted.
#[derive(Default)]
pub struct ArticleCache {
    cached: Mutex<CachedArticles>,
    rarity: Arc<Rarity>,
    turn: Turns<()>,
}

/// The hash of the content, and the rulebook.
type ArticleKey = ([u8; 32], RulebookVersion);

/// Each article with the value of `uses` when it was last used: a counter in place of a clock.
#[derive(Default)]
struct CachedArticles {
    articles: HashMap<ArticleKey, (Arc<PreparedArticle>, u64)>,
    uses: u64,
}

impl ArticleCache {
    /// The prepared article with this content, whose hash the caller has.
    pub async fn prepared(
        &self,
        hash: [u8; 32],
        content: &ArticleContent,
        rulebook: &Arc<Rulebook>,
    ) -> Arc<PreparedArticle> {
        let key = (hash, rulebook.version);
        if let Some(cached) = self.get(&key) {
            return cached;
        }
        let bytes: usize = content.parts().map(str::len).sum();
        if bytes <= INLINE_BYTES_MAX {
            let prepared = Arc::new(content.prepared(&rulebook.topics, &self.rarity));
            self.insert(key, &prepared);
            return prepared;
        }
        // One at a time, so that many comments on one large new article have it prepared once.
        let _turn = self.turn.lock().await;
        // Another comment on the same article may have had it prepared meanwhile.
        if let Some(cached) = self.get(&key) {
            return cached;
        }
        let prepared = self.prepare_beside(content, rulebook).await;
        self.insert(key, &prepared);
        prepared
    }

    /// Prepares an article in a blocking thread.
    async fn prepare_beside(
        &self,
        content: &ArticleContent,
        rulebook: &Arc<Rulebook>,
    ) -> Arc<PreparedArticle> {
        let (owned, rules) = (content.clone(), Arc::clone(rulebook));
        let rarity = Arc::clone(&self.rarity);
        let prepare = move || owned.prepared(&rules.topics, &rarity);
        match tokio::task::spawn_blocking(prepare).await {
            Ok(prepared) => Arc::new(prepared),
            // The runtime is shutting down and starts no more threads.
            Err(_) => Arc::new(content.prepared(&rulebook.topics, &self.rarity)),
        }
    }

    /// Adds a stored article to the statistics.
    pub async fn learn(&self, article: &Article, rulebook: &Arc<Rulebook>) {
        let prepared = self.prepared(article.hash, &article.content, rulebook);
        prepared
            .await
            .learn(article.id.as_str(), article.stored_at.as_ms());
    }

    /// The same at start, without preparing the article: nobody may ever comment on it again.
    pub fn learn_stored(&self, article: &Article) {
        let (name, at_ms) = (article.id.as_str(), article.stored_at.as_ms());
        let parts = article.content.parts();
        self.rarity.learn_text(name, at_ms, parts);
    }

    fn get(&self, key: &ArticleKey) -> Option<Arc<PreparedArticle>> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.uses += 1;
        let uses = cached.uses;
        let (article, last_use) = cached.articles.get_mut(key)?;
        *last_use = uses;
        Some(Arc::clone(article))
    }

    fn insert(&self, key: ArticleKey, article: &Arc<PreparedArticle>) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.articles.len() >= ARTICLES_MAX {
            let oldest = cached
                .articles
                .iter()
                .min_by_key(|(_, (_, last_use))| *last_use)
                .map(|(key, _)| *key);
            oldest.map(|key| cached.articles.remove(&key));
        }
        let uses = cached.uses;
        cached.articles.insert(key, (Arc::clone(article), uses));
    }
}
