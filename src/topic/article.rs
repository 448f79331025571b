//! An article, folded once, so that twenty tags cost little.

use crate::text::FoldedText;

/// A part of an article: as it was written, and folded.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub written: String,
    pub text: FoldedText,
}

/// What tags are judged against.
#[derive(Debug, Clone)]
pub struct PreparedArticle {
    pub(super) title: Part,
    pub(super) body: Part,
    pub(super) section: Option<Part>,
    pub(super) board_tags: Vec<Part>,
}

impl PreparedArticle {
    /// Folds an article.
    pub fn new(title: &str, body: &str, section: Option<&str>, board_tags: &[String]) -> Self {
        Self {
            title: Part::new(title),
            body: Part::new(body),
            section: section.map(Part::new),
            board_tags: board_tags.iter().map(|tag| Part::new(tag)).collect(),
        }
    }
}

impl Part {
    fn new(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            text: FoldedText::new(written),
        }
    }
}
