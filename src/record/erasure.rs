//! An erasure that a member asked for, with what outlives it and why.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use crate::{
    id::{AppealId, CaseId, CommentId, MemberId, ReportId},
    time::Timestamp,
};

/// Something that is kept for a while though the member asked to have it erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetainedItem {
    /// A comment with all that was written about it.
    Comment(CommentId),
    /// A case about the member's nickname, or a tag of theirs.
    Case(CaseId),
    /// A report that they made.
    Report(ReportId),
    /// Their appeal against a sanction.
    Appeal(AppealId),
    /// Strikes and sanctions, without words.
    Standing,
    /// First answers to requests that may be sent again.
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

/// Why something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionReason {
    /// It is on hold: a police matter, a lawsuit.
    Hold,
    /// A case that needs it waits for a ruling.
    CaseOpen,
    /// The ruling about it can still be taken back.
    UndoOpen,
    /// The strike still counts, or the sanction is in force.
    InForce,
    /// The board may ask again for an answer that it did not get.
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

/// Something that is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Retained {
    pub what: RetainedItem,
    pub why: RetentionReason,
    /// When the reason ends; `None` where a person has to decide first.
    pub until: Option<Timestamp>,
}

/// An erasure that was asked for and has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Erasure {
    /// The member whose words are erased.
    pub member: MemberId,
    /// Who asked for it, in the member's name.
    pub by: Actor,
    /// What came after this time stays.
    pub requested_at: Timestamp,
    /// Everything was looked at once: what is not in `kept` is erased.
    pub looked: bool,
    pub kept: Vec<Retained>,
    /// Grows by one with each write; a write says at which row version it read the record.
    pub row_version: u64,
}
