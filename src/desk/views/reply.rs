//! Saved replies.

use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::NoticeView;
use crate::{
    id::ReplyId,
    record::{Actor, Reply, SentReply, Words},
    time::Timestamp,
};

/// A saved reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReplyView {
    /// The id by which a ruling names it.
    #[schema(value_type = String)]
    pub id: ReplyId,
    /// What moderators find it by.
    pub title: String,
    /// What the member is told. `{surfaces}` becomes what the ruling is about, `{rules}` the posted rule.
    pub text: NoticeView,
    /// Who changed it last.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

/// The reply that a ruling sent, as the member reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SentReplyView {
    /// The saved reply; it may have been changed or deleted since.
    #[schema(value_type = String)]
    pub id: ReplyId,
    /// What it said.
    pub text: NoticeView,
}

impl From<&Words> for NoticeView {
    fn from(words: &Words) -> Self {
        Self {
            zh_tw: words.zh_tw.clone(),
            en: words.en.clone(),
        }
    }
}

impl From<&Reply> for ReplyView {
    fn from(reply: &Reply) -> Self {
        Self {
            id: reply.id,
            title: reply.title.clone(),
            text: NoticeView::from(&reply.text),
            by: reply.by.clone(),
            at: reply.at,
        }
    }
}

impl From<&SentReply> for SentReplyView {
    fn from(reply: &SentReply) -> Self {
        Self {
            id: reply.id,
            text: NoticeView::from(&reply.text),
        }
    }
}
