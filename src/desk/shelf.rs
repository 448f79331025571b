//! Articles ready to look things up in, kept while they are written about.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{intake::ArticleContent, topic::PreparedArticle};

/// How many articles are kept ready.
const ARTICLES_MAX: usize = 256;

/// Prepared articles by the hash of their content; the one not asked for longest goes first.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Shelved>);

#[derive(Default)]
struct Shelved {
    articles: HashMap<[u8; 32], (Arc<PreparedArticle>, u64)>,
    asked: u64,
}

impl Shelf {
    /// The prepared article with this content, whose hash is known.
    pub fn prepared(&self, hash: [u8; 32], content: &ArticleContent) -> Arc<PreparedArticle> {
        if let Some(found) = self.find(&hash) {
            return found;
        }
        let made = Arc::new(content.prepared());
        self.keep(hash, &made);
        made
    }

    fn find(&self, hash: &[u8; 32]) -> Option<Arc<PreparedArticle>> {
        let mut shelved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelved.asked += 1;
        let asked = shelved.asked;
        let (article, last) = shelved.articles.get_mut(hash)?;
        *last = asked;
        Some(Arc::clone(article))
    }

    fn keep(&self, hash: [u8; 32], article: &Arc<PreparedArticle>) {
        let mut shelved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelved.articles.len() >= ARTICLES_MAX {
            let oldest = shelved
                .articles
                .iter()
                .min_by_key(|(_, (_, last))| *last)
                .map(|(hash, _)| *hash);
            oldest.map(|hash| shelved.articles.remove(&hash));
        }
        let asked = shelved.asked;
        shelved.articles.insert(hash, (Arc::clone(article), asked));
    }
}
