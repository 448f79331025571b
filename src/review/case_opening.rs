//! What every newly opened case shows: why it was opened, an excerpt, and the article.

use crate::{
    record::{Article, CaseArticle, CaseReason, Comment, Excerpt, Reason, Revision},
    text::Surface,
};

/// The article that a case about this comment shows; its title only if it is the article that is known.
pub fn case_article(comment: &Comment, article: Option<&Article>) -> Option<CaseArticle> {
    let id = comment.article.clone()?;
    let known = article.filter(|article| article.id == id);
    let title = known.map(|article| article.content.title.clone());
    Some(CaseArticle { id, title })
}

/// Why a case is opened for one of the filter's reasons.
pub fn case_reason(reason: &Reason, revision: &Revision) -> CaseReason {
    CaseReason {
        code: reason.code,
        surface: reason.surface,
        severity: reason.severity,
        term: reason.term.clone(),
        excerpt: excerpt(reason, revision),
    }
}

fn excerpt(reason: &Reason, revision: &Revision) -> Excerpt {
    match reason.surface {
        Some(Surface::Nickname) => Excerpt::around(
            Surface::Nickname,
            revision.nickname.as_deref().unwrap_or(""),
            reason.span,
        ),
        Some(Surface::Tags) => Excerpt::around(
            Surface::Tags,
            reason.tag.as_deref().unwrap_or(""),
            reason.span,
        ),
        Some(Surface::Body) | None => Excerpt::around(
            Surface::Body,
            revision.body.as_deref().unwrap_or(""),
            reason.span,
        ),
    }
}
