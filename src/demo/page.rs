//! Articles and comments as the demo's files hold them, and how they are posted.

use serde::Deserialize;

use crate::{
    access::Caller,
    app::AppError,
    desk::Desk,
    id::ArticleId,
    intake::{CommentDraft, MemberDraft, Submission},
    record::ArticleContent,
    time::Timestamp,
};

/// An article.
#[derive(Deserialize)]
pub struct PageArticle {
    /// Where one file has many.
    #[serde(default)]
    pub id: String,
    pub title: String,
    pub body: String,
    pub section: String,
    pub tags: Vec<String>,
    pub url: String,
}

/// A comment.
#[derive(Clone, Deserialize)]
pub struct PageComment {
    pub id: String,
    /// Minutes after the article.
    #[serde(default)]
    pub minute: i64,
    #[serde(default)]
    pub parent: Option<String>,
    pub member: String,
    pub nickname: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Tells the desk of an article.
pub async fn article(desk: &Desk, board: &Caller, article: PageArticle) -> Result<(), AppError> {
    let content = ArticleContent {
        title: article.title,
        body: article.body,
        section: Some(article.section),
        tags: article.tags,
        url: Some(article.url),
    };
    let id = ArticleId::parse(article.id).map_err(std::io::Error::other)?;
    desk.comments.put_article(board, id, content).await?;
    Ok(())
}

/// A comment as the board would send it.
pub fn submission(
    article: &str,
    comment: PageComment,
    posted_at: Timestamp,
) -> Result<Submission, Vec<crate::intake::FieldFault>> {
    Submission::parse(CommentDraft {
        comment_id: Some(comment.id),
        article_id: Some(article.to_owned()),
        member: Some(MemberDraft {
            id: Some(comment.member),
            nickname: Some(comment.nickname),
            verified: None,
        }),
        body: Some(comment.body),
        tags: comment.tags,
        parent_id: comment.parent,
        posted_at: Some(posted_at.to_string()),
        ..CommentDraft::default()
    })
}
