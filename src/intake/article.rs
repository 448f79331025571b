//! Articles as the board hands them in: what tags are judged against.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::fields::{FaultCode, FieldFault, URL_CHARS_MAX, checked_tags, checked_text};
use crate::{
    id::ArticleId,
    text::is_visible,
    time::Timestamp,
    topic::{PreparedArticle, Rarity, Topics},
};

/// The longest title, in code points.
pub const TITLE_CHARS_MAX: usize = 300;
/// The longest section, in code points.
pub const SECTION_CHARS_MAX: usize = 40;
/// The longest article, in code points.
pub const ARTICLE_BODY_CHARS_MAX: usize = 50_000;

/// The plain fields of an article, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ArticleDraft {
    pub title: Option<String>,
    pub body: Option<String>,
    pub section: Option<String>,
    pub tags: Vec<String>,
    pub url: Option<String>,
}

/// The content of an article, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleContent {
    /// Its title.
    pub title: String,
    /// Its text; empty where the board gave none.
    pub body: String,
    /// The section of the paper.
    pub section: Option<String>,
    /// The board's own tags.
    pub tags: Vec<String>,
    /// Where it stands.
    pub url: Option<String>,
}

impl ArticleContent {
    /// Checks every field; `at` is the JSON pointer of the object.
    pub fn parse(draft: ArticleDraft, at: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let title = required(
            draft.title,
            TITLE_CHARS_MAX,
            format!("{at}/title"),
            &mut faults,
        );
        // A title alone is an article, too: a video, a picture.
        let body = optional(
            draft.body,
            ARTICLE_BODY_CHARS_MAX,
            format!("{at}/body"),
            &mut faults,
        );
        let section = checked_text(
            draft.section,
            SECTION_CHARS_MAX,
            FaultCode::InvalidField,
            format!("{at}/section"),
            &mut faults,
        );
        let url = checked_text(
            draft.url,
            URL_CHARS_MAX,
            FaultCode::InvalidField,
            format!("{at}/url"),
            &mut faults,
        );
        let tags = checked_tags(draft.tags, &format!("{at}/tags"), &mut faults);
        match (title, faults.is_empty()) {
            (Some(title), true) => Ok(Self {
                title,
                body: body.unwrap_or_default(),
                section,
                tags,
                url,
            }),
            _ => Err(faults),
        }
    }

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The board's id.
    pub id: ArticleId,
    /// Its newest content.
    pub content: ArticleContent,
    /// SHA-256 over it.
    pub hash: [u8; 32],
    /// When that was stored.
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

/// A text that may be left out; one that is there shows something.
fn optional(
    raw: Option<String>,
    chars_max: usize,
    pointer: String,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    let given = raw.filter(|text| !text.is_empty())?;
    required(Some(given), chars_max, pointer, faults)
}

fn required(
    raw: Option<String>,
    chars_max: usize,
    pointer: String,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    match raw {
        None => {
            faults.push(FieldFault::missing(pointer));
            None
        }
        Some(text) if text.is_empty() => {
            faults.push(FieldFault::missing(pointer));
            None
        }
        Some(text) if !is_visible(&text) => {
            faults.push(FieldFault::invalid(
                pointer,
                "沒有可見的文字",
                "it shows nothing",
            ));
            None
        }
        some => checked_text(some, chars_max, FaultCode::ArticleTooLong, pointer, faults),
    }
}
