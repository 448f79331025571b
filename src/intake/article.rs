//! An article as the board hands it in, with every field checked.

use super::fields::{FaultCode, FieldFault, URL_CHARS_MAX, checked_tags, checked_text, visible};
use crate::record::{
    Actor, Article, ArticleContent, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder,
    Write,
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
        let pointer = |field: &str| format!("{at}/{field}");
        let title = required(self.title, TITLE_CHARS_MAX, &pointer("title"), &mut faults);
        // A title alone is an article, too: a video, a picture.
        let body = self.body.filter(|body| !body.is_empty());
        let body = body.and_then(|body| {
            let pointer = pointer("body");
            required(Some(body), ARTICLE_BODY_CHARS_MAX, &pointer, &mut faults)
        });
        let mut short = |raw, chars_max, field| {
            let code = FaultCode::InvalidField;
            checked_text(raw, chars_max, code, &pointer(field), &mut faults)
        };
        let section = short(self.section, SECTION_CHARS_MAX, "section");
        let url = short(self.url, URL_CHARS_MAX, "url");
        let tags = checked_tags(self.tags, &pointer("tags"), &mut faults);
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

/// A text that has to be there and show something.
fn required(
    raw: Option<String>,
    chars_max: usize,
    pointer: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<String> {
    let Some(text) = raw.filter(|text| !text.is_empty()) else {
        faults.push(FieldFault::missing(pointer));
        return None;
    };
    let text = visible(Some(text), pointer, faults);
    checked_text(text, chars_max, FaultCode::ArticleTooLong, pointer, faults)
}

/// Stores an article that the board handed in, in place of an earlier one.
pub fn store_article(article: Article, by: &Actor) -> Change {
    let subject = AuditSubject::Article(article.id.clone());
    let audit = AuditDraft::new(article.stored_at, by, AuditAction::ArticleStored, subject);
    ChangeBuilder::new()
        .write([Write::Article(article)])
        .audit([audit])
        .build()
}
