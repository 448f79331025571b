//! The outbox: a numbered event for each change that the board is notified of, stored in the change's own commit.
//!
//! An event names what changed and carries no text. What the board gets to read of it is read when the event is sent, so
//! nothing goes out that was purged or erased since.

use super::rejudgement::Rejudge;
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, ReportId, SanctionId},
    time::Timestamp,
};

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The verdict in force on a comment.
    Comment(CommentId),
    /// A sanction was imposed.
    SanctionImposed(MemberId, SanctionId),
    /// A sanction was revoked.
    SanctionRevoked(MemberId, SanctionId),
    /// A report has ended.
    Report(ReportId),
    /// An appeal has ended.
    Appeal(AppealId),
}

impl EventKind {
    /// The name in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment.ruled",
            Self::SanctionImposed(..) => "member.sanctioned",
            Self::SanctionRevoked(..) => "sanction.lifted",
            Self::Report(_) => "report.resolved",
            Self::Appeal(_) => "appeal.resolved",
        }
    }

    /// All names in JSON, as a webhook may choose them.
    pub const NAMES: [&'static str; 5] = [
        "comment.ruled",
        "member.sanctioned",
        "sanction.lifted",
        "report.resolved",
        "appeal.resolved",
    ];
}

/// One event of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Event {
    /// Counted from 1 without gaps.
    pub number: u64,
    pub at: Timestamp,
    pub kind: EventKind,
}

/// A change that concerns many comments or reports: a background task works through them, and each gets an event of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FanOut {
    /// The comments of a member that stand under this nickname.
    Nickname(MemberId, String),
    /// The comments under an article that carry this tag.
    Tag(ArticleId, String),
    /// The reports that a case decides.
    Reports(CaseId),
    /// Comments that are judged again; each is stored together with its event.
    Rejudge(Rejudge),
}

/// How far a fan-out has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct FanOutProgress {
    /// Fan-outs run one after the other, by number.
    pub number: u64,
    pub of: FanOut,
    /// Where to go on: a comment's number, or a report's id.
    pub from: u128,
}
