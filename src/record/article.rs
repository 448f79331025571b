//! Articles as the board hands them in: what tags are judged against.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::{
    id::ArticleId,
    time::Timestamp,
    topic::{PreparedArticle, Rarity, Topics},
};

/// The content of an article, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct ArticleContent {
    pub title: String,
    /// Empty where the board gave a title alone.
    pub body: String,
    /// The section of the newspaper.
    pub section: Option<String>,
    /// The board's own tags.
    pub tags: Vec<String>,
    pub url: Option<String>,
}

impl ArticleContent {
    /// SHA-256 over the content: equal content writes nothing.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(&self.title);
        part(&self.body);
        part(self.section.as_deref().unwrap_or(""));
        part(self.url.as_deref().unwrap_or(""));
        self.tags.iter().for_each(|tag| part(tag));
        hash.finalize().into()
    }

    /// Its texts: title, body, section, tags.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let own = [&self.title, &self.body].into_iter();
        let all = own.chain(&self.section).chain(&self.tags);
        all.map(String::as_str)
    }

    /// What tags are looked for in, read once.
    pub fn prepared(&self, topics: &Topics, rarity: &Arc<Rarity>) -> PreparedArticle {
        let (title, body) = (&self.title, &self.body);
        topics.prepare(title, body, self.section.as_deref(), &self.tags, rarity)
    }
}

/// An article as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Article {
    /// The id that the board uses.
    pub id: ArticleId,
    pub content: ArticleContent,
    /// SHA-256 over `content`.
    pub hash: [u8; 32],
    /// When this content was stored.
    pub stored_at: Timestamp,
}

impl Article {
    /// An article with this content, as of `now`.
    pub fn new(id: ArticleId, content: ArticleContent, now: Timestamp) -> Self {
        let hash = content.hash();
        Self {
            id,
            content,
            hash,
            stored_at: now,
        }
    }
}
