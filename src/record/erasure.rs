//! An erasure that a member requested: what is retained, why and until when.

use super::actor::Actor;
use crate::{
    id::{AppealId, CaseId, CommentId, MemberId, ReportId},
    time::Timestamp,
};

/// Something that is retained although its erasure was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetainedItem {
    /// A comment with everything that was written about it.
    Comment(CommentId),
    /// A case about the member's nickname, or a tag of theirs.
    Case(CaseId),
    /// A report that they made.
    Report(ReportId),
    /// Their appeal against a sanction.
    Appeal(AppealId),
    /// Strikes and sanctions, without texts.
    Standing,
    /// Idempotent answers.
    Answers,
}

impl RetainedItem {
    /// `KIND` or `KIND:ID`, as answers name it.
    pub fn key(&self) -> String {
        match self {
            Self::Comment(id) => format!("comment:{id}"),
            Self::Case(id) => format!("case:{id}"),
            Self::Report(id) => format!("report:{id}"),
            Self::Appeal(id) => format!("appeal:{id}"),
            Self::Standing => "standing".to_owned(),
            Self::Answers => "answers".to_owned(),
        }
    }
}

/// Why something is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionReason {
    /// It is under a legal hold: a police matter, a lawsuit.
    Hold,
    /// A case that needs it waits for a ruling.
    CaseOpen,
    /// The ruling about it can still be undone.
    UndoOpen,
    /// The strike still counts, or the sanction is in force.
    InForce,
    /// The board may repeat a request whose answer it did not get.
    Retry,
}

impl RetentionReason {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::CaseOpen => "case-open",
            Self::UndoOpen => "undo-open",
            Self::InForce => "in-force",
            Self::Retry => "retry",
        }
    }
}

/// Something that is retained, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Retained {
    pub what: RetainedItem,
    pub why: RetentionReason,
    /// When the reason ends; `None` where a person has to decide first.
    pub until: Option<Timestamp>,
}

/// An erasure that was requested and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Erasure {
    /// The member whose texts are erased.
    pub member: MemberId,
    /// Who requested it, in the member's name.
    pub by: Actor,
    /// What the member writes later stays.
    pub requested_at: Timestamp,
    /// A pass over all records has ended: what is not in `retained` is erased.
    pub first_pass_done: bool,
    pub retained: Vec<Retained>,
    /// Grows by one with each write; a write says at which row version it read the record.
    pub row_version: u64,
}
