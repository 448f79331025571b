//! What a write rests on: records that must still be as they were read.

use super::subject::Subject;
use crate::id::{CaseId, CommentId, MemberId, ReporterId, WebhookId};

/// A record that must still be of the edition it was read at; 0 means that it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// A comment.
    Comment(CommentId, u64),
    /// A nickname's or a tag's record.
    Subject(Subject, u64),
    /// A member's record.
    Member(MemberId, u64),
    /// A case.
    Case(CaseId, u64),
    /// A reporter's record.
    Reporter(ReporterId, u64),
    /// A webhook, its cursor apart.
    Webhook(WebhookId, u64),
    /// All accounts together: users, keys, tokens, sessions.
    Accounts(u64),
    /// What a member asked to be erased.
    Erasure(MemberId, u64),
    /// The reader has not reported this comment yet.
    Unreported(CommentId, ReporterId),
    /// There are fewer webhooks than this.
    WebhooksBelow(usize),
}
