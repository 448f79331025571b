//! What a write rests on: records that must still be as they were read.

use super::{lease::LeaseName, subject::Subject};
use crate::id::{CaseId, CommentId, MemberId, RejudgeId, ReplyId, ReporterId, WebhookId};

/// What must still hold when a write is committed, or nothing of it is written: mostly that a record still has the row
/// version at which it was read (0: that it does not exist).
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
    /// A saved reply.
    Reply(ReplyId, u64),
    /// A preview of judging again, or its work.
    RejudgeJob(RejudgeId, u64),
    /// A webhook; its cursor may have moved.
    Webhook(WebhookId, u64),
    /// All accounts together: users, keys, tokens, sessions.
    Accounts(u64),
    /// A member's erasure.
    Erasure(MemberId, u64),
    /// Which model is in force.
    Model(u64),
    /// There is no later version of the board's own words than this.
    Words(u32),
    /// Nobody has taken the lease over since it had this fence.
    Lease(LeaseName, u64),
    /// A segment of the index.
    Segment(u64, u64),
    /// The reader has not reported this comment yet.
    FirstReport(CommentId, ReporterId),
    /// There are fewer webhooks than this.
    WebhooksBelow(usize),
}
