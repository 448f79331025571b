//! What the board is told: a numbered line for each change, written in the change's own commit.
//!
//! A line names what changed and carries no text: what is told of it is read when it is told, so nothing that was
//! purged or erased since goes out.

use serde::{Deserialize, Serialize};

use super::rejudgement::Rejudge;
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, ReportId, SanctionId},
    time::Timestamp,
};

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// What is in force on a comment.
    Comment(CommentId),
    /// A sanction was laid.
    Sanctioned(MemberId, SanctionId),
    /// A sanction was lifted.
    Lifted(MemberId, SanctionId),
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
            Self::Sanctioned(..) => "member.sanctioned",
            Self::Lifted(..) => "sanction.lifted",
            Self::Report(_) => "report.resolved",
            Self::Appeal(_) => "appeal.resolved",
        }
    }

    /// All names.
    pub const NAMES: [&'static str; 5] = [
        "comment.ruled",
        "member.sanctioned",
        "sanction.lifted",
        "report.resolved",
        "appeal.resolved",
    ];
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counted from 1 without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub of: EventKind,
}

/// What one ruling changes for many: told one by one in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FanOut {
    /// The comments of a member that stand under this nickname.
    Nickname(MemberId, String),
    /// The comments under an article that carry this tag.
    Tag(ArticleId, String),
    /// The reports that a case hears.
    Reports(CaseId),
    /// Comments that are judged again; what comes of it is filed and told with each.
    Rejudge(Rejudge),
}

/// How far something has been spread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOutProgress {
    /// Its number; they are spread in order.
    pub number: u64,
    /// What.
    pub of: FanOut,
    /// Where to go on: a comment's number, or a report's id.
    pub from: u128,
}
