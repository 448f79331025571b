//! Saved replies: what moderators say to members again and again.

use super::actor::Actor;
use crate::{id::ReplyId, time::Timestamp};

/// How many saved replies a board can have.
pub const REPLIES_MAX: usize = 200;
/// The longest title, in code points.
pub const REPLY_TITLE_CHARS_MAX: usize = 80;
/// The longest text in one language, in code points.
pub const REPLY_CHARS_MAX: usize = 2_000;

/// Words to a member in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Traditional Chinese as used in Taiwan.
    pub zh_tw: String,
    /// English.
    pub en: String,
}

/// A saved reply.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Reply {
    pub id: ReplyId,
    /// What moderators find it by.
    pub title: String,
    /// What the member is told, with placeholders.
    pub text: Words,
    /// Who changed it last, and when.
    pub by: Actor,
    pub at: Timestamp,
    /// When it was deleted; its text is gone then.
    pub deleted_at: Option<Timestamp>,
    /// Grows with each change.
    pub row_version: u64,
}

/// The reply that a ruling sends, as the member reads it: later changes of the saved reply leave it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentReply {
    /// The saved reply.
    pub id: ReplyId,
    /// What it said, its placeholders filled.
    pub text: Words,
}
