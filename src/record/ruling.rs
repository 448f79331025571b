//! Rulings as they are kept: what a moderator decided, what lies on a comment because of it, and what undo puts back.

use serde::{Deserialize, Serialize};

use super::{
    actor::Actor,
    case::{Case, QaReview, ReportTotals},
    code::ReasonCode,
    decision::Decision,
    state::{Resolution, RulingDecision},
    subject::SubjectRuling,
};
use crate::{
    id::{AppealId, CaseId, RulingId},
    time::Timestamp,
};

/// What lies on a comment because of the last ruling about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulingEffect {
    /// The ruling.
    pub ruling: RulingId,
    /// What it said.
    pub resolution: Resolution,
    /// The tags that it removed.
    pub tags: Vec<String>,
    /// The code it gave.
    pub code: Option<ReasonCode>,
    /// The listed terms that the moderator had before their eyes.
    pub seen_terms: Vec<String>,
    /// It was laid on an appeal, or an appeal left it as it was.
    pub on_appeal: bool,
    /// When.
    pub at: Timestamp,
}

impl RulingEffect {
    /// Whether it still speaks for a comment of which the filter says this. A removal holds until a person lifts it;
    /// an approval holds as long as no listed term joins that the ruling had not seen.
    pub fn holds_for(&self, decision: &Decision) -> bool {
        match self.resolution {
            Resolution::Removed | Resolution::Withdrawn => true,
            Resolution::Approved | Resolution::TagsRemoved => decision
                .deciding_terms()
                .all(|term| self.seen_terms.iter().any(|seen| seen == term)),
        }
    }
}

/// What undo puts back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoSnapshot {
    /// The case.
    pub case: Case,
    /// What lay on the comment.
    pub effect: Option<RulingEffect>,
    /// What held for the nickname's spelling or the tag.
    pub subject: Option<SubjectRuling>,
}

/// Who took a ruling back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// A ruling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Its id.
    pub id: RulingId,
    /// The case.
    pub case: CaseId,
    /// The decision.
    pub decision: RulingDecision,
    /// The code given.
    pub code: Option<ReasonCode>,
    /// The tags removed.
    pub tags: Vec<String>,
    /// The moderator's note.
    pub note: Option<String>,
    /// Who ruled.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The case's version after it.
    pub version: u32,
    /// Until when it can be taken back.
    pub undo_until: Timestamp,
    /// The appeal that it decides.
    pub appeal: Option<AppealId>,
    /// The decision that it looked at a second time.
    pub qa_review: Option<QaReview>,
    /// It leaves in force what was: an appeal that changed nothing, a second look that agrees.
    pub confirms: bool,
    /// Who ruled before ruled again: at most two can on this desk.
    pub reviewed_own: bool,
    /// Readers' reports on what it had removed by then: they are right as long as it stands, and wait where it is taken back.
    pub late_reports: ReportTotals,
    /// Who took it back.
    pub undone: Option<Reversal>,
    /// What undo puts back.
    pub undo_snapshot: UndoSnapshot,
}
