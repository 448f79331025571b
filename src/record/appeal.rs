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
    /// Somebody has to look.
    Open,
    /// The appeal changed nothing. The contract speaks of the decision, which was upheld.
    #[serde(rename = "upheld")]
    Denied,
    /// The appeal was right: the decision was overturned.
    Overturned,
}

/// What an appeal contests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AppealedDecision {
    /// A ruling.
    Ruling(RulingId),
    /// The filter's removal of this revision.
    Filter(u32),
    /// A sanction.
    Sanction(SanctionId),
}

/// An author's appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appeal {
    /// Its id.
    pub id: AppealId,
    /// Who contests it.
    pub member: MemberId,
    /// The comment, where one is meant.
    pub comment: Option<CommentId>,
    /// What is contested.
    pub contested: AppealedDecision,
    /// In the author's words, at most 2,000 code points.
    pub statement: String,
    /// When.
    pub at: Timestamp,
    /// Where it is heard.
    pub decision_point: DecisionPoint,
}
