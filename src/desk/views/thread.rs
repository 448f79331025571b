//! What stands around a comment.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::{CommentId, MemberId},
    record::{Comment, EXCERPT_CHARS_MAX, Verdict},
    time::Timestamp,
};

/// Another comment of the thread: a reply to the same comment, or the next under the same article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiblingView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// Its author.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The nickname used with it.
    pub nickname: Option<String>,
    /// When it was judged.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The filter's verdict.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// The beginning of its text.
    pub text: String,
    /// Whether it replies to the same comment.
    pub same_parent: bool,
    /// Whether it came before the comment of the case.
    pub earlier: bool,
}

impl SiblingView {
    /// `other` beside `comment`.
    pub fn of(comment: &Comment, other: &Comment, earlier: bool) -> Self {
        let newest = &other.newest;
        let body = newest.body.as_deref().unwrap_or("");
        Self {
            comment_id: other.id.clone(),
            member_id: other.member.clone(),
            nickname: newest.nickname.clone(),
            at: newest.at,
            verdict: other.decision().verdict,
            text: body.chars().take(EXCERPT_CHARS_MAX).collect(),
            same_parent: comment.parent.is_some() && comment.parent == other.parent,
            earlier,
        }
    }
}

/// How many comments carry a tag that was ever flagged or ruled under its article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CarriedView {
    /// The tag.
    pub tag: String,
    /// How many comments under the article carry it, as far as they were counted.
    pub comments: u64,
    /// Whether there are more.
    pub more: bool,
}
