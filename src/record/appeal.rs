//! Authors' appeals. As with a report, what became of one follows from the rulings made since it came.

use serde::{Deserialize, Serialize};

use super::report::DecisionPoint;
use crate::{
    id::{AppealId, CommentId, MemberId, RulingId, SanctionId},
    time::Timestamp,
};

/// What became of an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppealOutcome {
    /// No ruling has decided it yet.
    Open,
    /// The appeal changed nothing. The contract speaks of the decision, which was upheld.
    #[serde(rename = "upheld")]
    Denied,
    /// The appeal was right: the decision was overturned.
    Overturned,
}

/// What is appealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppealedDecision {
    /// A ruling.
    Ruling(RulingId),
    /// The filter's removal of this revision.
    Filter(u32),
    /// A sanction.
    Sanction(SanctionId),
}

/// An author's appeal against a ruling, a removal by the filter, or a sanction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Appeal {
    pub id: AppealId,
    pub member: MemberId,
    /// The comment whose removal is appealed; `None` where a sanction is.
    pub comment: Option<CommentId>,
    pub appealed: AppealedDecision,
    /// The author's own words, at most 2,000 code points.
    pub statement: String,
    pub at: Timestamp,
    /// Which rulings decide it.
    pub decision_point: DecisionPoint,
}
