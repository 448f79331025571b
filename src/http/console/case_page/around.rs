//! What stands around a comment: its article, the comment it replies to, others of the thread.

use super::words::is_web;
use crate::{
    desk::views::{CaseView, SiblingView},
    http::console::{
        ages::Age,
        form,
        marks::{self, Mark, Piece},
        names,
        visit::Visit,
    },
};

/// How much of an article's text is shown.
const BODY_CHARS_MAX: usize = 3_000;
/// How much of the comment that is replied to.
const PARENT_CHARS_MAX: usize = 300;

/// The article.
pub struct Article {
    pub title: Vec<Piece>,
    pub body: Option<Vec<Piece>>,
    pub section: Option<String>,
    pub tags: Vec<String>,
    pub url: Option<String>,
    /// Whether the board has sent its text.
    pub is_known: bool,
}

/// The comment that is replied to.
pub struct Parent {
    pub href: String,
    pub nickname: Option<Vec<Piece>>,
    pub text: Option<Vec<Piece>>,
}

/// Another comment, of the thread or of the member.
pub struct Other {
    pub href: String,
    pub nickname: Option<Vec<Piece>>,
    pub text: Vec<Piece>,
    pub verdict: &'static str,
    pub verdict_name: &'static str,
    pub at: Age,
    pub is_same_parent: bool,
}

impl Article {
    /// The article of a case, with the words to which its tags relate marked.
    pub fn of(case: &CaseView) -> Option<Self> {
        let known = case.article_text.as_ref();
        let reference = case.item.article.as_ref();
        let id = reference.map(|article| article.id.to_string())?;
        let title = known
            .map(|article| article.title.clone())
            .or_else(|| reference.and_then(|article| article.title.clone()))
            .unwrap_or_else(|| id.clone());
        let terms = evidence_terms(case);
        let body = known.map(|article| article.body.chars().take(BODY_CHARS_MAX).collect());
        let body = body.filter(|body: &String| !body.is_empty());
        Some(Self {
            title: marked(&title, &terms),
            body: body.map(|body| marked(&body, &terms)),
            section: known.and_then(|article| article.section.clone()),
            tags: known.map_or_else(Vec::new, |article| article.tags.clone()),
            url: known
                .and_then(|article| article.url.clone())
                .filter(|url| is_web(url)),
            is_known: known.is_some(),
        })
    }
}

fn evidence_terms(case: &CaseView) -> Vec<&str> {
    let tags = case
        .comment
        .as_ref()
        .and_then(|comment| comment.surfaces.tags.as_deref());
    let terms = tags.unwrap_or_default().iter();
    terms
        .filter_map(|tag| tag.evidence_term.as_deref())
        .filter(|term| !term.is_empty())
        .collect()
}

/// A text with the first place of each term marked, as faintly as can be.
fn marked(text: &str, terms: &[&str]) -> Vec<Piece> {
    let places = terms.iter().filter_map(|term| {
        let at = text.find(term)?;
        let start = text[..at].chars().count();
        Some(Mark {
            start,
            end: start + term.chars().count(),
            severity: 0,
            guessed: false,
            hit: usize::MAX,
        })
    });
    marks::pieces(text, &places.collect::<Vec<_>>())
}

impl Parent {
    /// The comment that the case's comment replies to.
    pub fn of(case: &CaseView) -> Option<Self> {
        let parent = case.parent.as_ref()?;
        let text = parent.body.as_deref().map(|body| {
            let cut: String = body.chars().take(PARENT_CHARS_MAX).collect();
            let more = body.chars().nth(PARENT_CHARS_MAX).map_or("", |_| "…");
            marks::plain(&format!("{cut}{more}"))
        });
        Some(Self {
            href: comment_path(parent.comment_id.as_str()),
            nickname: parent.nickname.as_deref().map(marks::plain),
            text,
        })
    }
}

/// A comment's page.
pub fn comment_path(id: &str) -> String {
    format!("/console/comments/{}", form::path_part(id))
}

/// Other comments of the thread.
pub fn siblings(case: &CaseView, visit: &Visit) -> Vec<Other> {
    let shown = |sibling: &SiblingView| Other {
        href: comment_path(sibling.comment_id.as_str()),
        nickname: sibling.nickname.as_deref().map(marks::plain),
        text: marks::plain(&sibling.text),
        verdict: sibling.verdict.name(),
        verdict_name: names::verdict(sibling.verdict, visit.language),
        at: Age::new(sibling.at, visit.now, visit.zone(), visit.language),
        is_same_parent: sibling.same_parent,
    };
    case.siblings.iter().map(shown).collect()
}
