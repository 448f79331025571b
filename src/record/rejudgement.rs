//! Rejudging: a later decision is stored beside the first and never overwrites it.
//!
//! The newest decision counts; rulings apply to it as they applied to the first. The audit covers each later decision by
//! its digest.

use super::decision::Decision;
use crate::{
    id::{MemberId, RejudgeId, RulingId, SanctionId},
    time::Timestamp,
};

/// Why something is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejudgeCause {
    /// This ruling was undone.
    Undone(RulingId),
    /// This ruling overturned a sanction.
    Overturned(RulingId),
    /// This sanction was revoked, and what it blocked is to be restored.
    Restored(SanctionId),
    /// An admin had comments judged again by another rulebook.
    Rulebook(RejudgeId),
}

impl RejudgeCause {
    /// Why, as audit entries say it.
    pub fn summary(self) -> String {
        match self {
            Self::Undone(ruling) => format!("undo of ruling {ruling}"),
            Self::Overturned(ruling) => format!("ruling {ruling}"),
            Self::Restored(sanction) => format!("sanction {sanction} lifted"),
            Self::Rulebook(job) => format!("rejudge {job}"),
        }
    }

    /// Reads what [`RejudgeCause::summary`] wrote.
    pub fn read(summary: &str) -> Option<Self> {
        if let Some(ruling) = summary.strip_prefix("undo of ruling ") {
            return RulingId::parse(ruling).map(Self::Undone);
        }
        if let Some(ruling) = summary.strip_prefix("ruling ") {
            return RulingId::parse(ruling).map(Self::Overturned);
        }
        if let Some(job) = summary.strip_prefix("rejudge ") {
            return RejudgeId::parse(job).map(Self::Rulebook);
        }
        let sanction = summary.strip_prefix("sanction ")?.strip_suffix(" lifted")?;
        SanctionId::parse(sanction).map(Self::Restored)
    }
}

/// Which comments are judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejudgeScope {
    /// Those of this member that a sanction blocked or brought before a person.
    Member(MemberId),
}

/// Comments to be judged again, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Rejudge {
    pub scope: RejudgeScope,
    pub cause: RejudgeCause,
}

/// A later decision about a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Rejudgement {
    /// The revision's number.
    pub revision: u32,
    pub at: Timestamp,
    pub cause: RejudgeCause,
    /// What the filter decided.
    pub decision: Decision,
}
