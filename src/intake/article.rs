//! An article as the board hands it in, with every field checked.

use super::fields::{FaultCode, FieldFault, URL_CHARS_MAX, checked_tags, checked_text};
use crate::{
    record::{Article, ArticleContent, AuditDraft, Change, ChangeBuilder, Write},
    text::is_visible,
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

impl ArticleDraft {
    /// Checks every field; `at` is the JSON pointer of the object.
    pub fn checked(self, at: &str) -> Result<ArticleContent, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let title = required(
            self.title,
            TITLE_CHARS_MAX,
            format!("{at}/title"),
            &mut faults,
        );
        // A title alone is an article, too: a video, a picture.
        let body = optional(
            self.body,
            ARTICLE_BODY_CHARS_MAX,
            format!("{at}/body"),
            &mut faults,
        );
        let section = checked_text(
            self.section,
            SECTION_CHARS_MAX,
            FaultCode::InvalidField,
            format!("{at}/section"),
            &mut faults,
        );
        let url = checked_text(
            self.url,
            URL_CHARS_MAX,
            FaultCode::InvalidField,
            format!("{at}/url"),
            &mut faults,
        );
        let tags = checked_tags(self.tags, &format!("{at}/tags"), &mut faults);
        match (title, faults.is_empty()) {
            (Some(title), true) => Ok(ArticleContent {
                title,
                body: body.unwrap_or_default(),
                section,
                tags,
                url,
            }),
            _ => Err(faults),
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

/// An article that the board handed in; the last one holds.
pub fn article_stored(article: Article, audit: AuditDraft) -> Change {
    ChangeBuilder::new()
        .write([Write::Article(article)])
        .audit([audit])
        .build()
}
