//! Rulings: what a moderator decided, what that leaves in force on a comment, and what undo restores.

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

/// What the last ruling about a comment leaves in force on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct RulingEffect {
    pub ruling: RulingId,
    pub resolution: Resolution,
    pub tags: Vec<String>,
    pub code: Option<ReasonCode>,
    /// The listed terms that the moderator had seen in the comment.
    pub seen_terms: Vec<String>,
    /// It was ruled on an appeal, or an appeal left it as it was.
    pub on_appeal: bool,
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

/// What undo restores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoSnapshot {
    /// The case before the ruling.
    pub case: Case,
    /// What was in force on the comment before.
    pub effect: Option<RulingEffect>,
    /// The ruling that held before for the nickname's spelling or the tag.
    pub subject: Option<SubjectRuling>,
}

/// Who undid a ruling, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Reversal {
    pub by: Actor,
    pub at: Timestamp,
}

/// A moderator's decision about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Ruling {
    pub id: RulingId,
    pub case: CaseId,
    pub decision: RulingDecision,
    pub code: Option<ReasonCode>,
    pub tags: Vec<String>,
    /// For colleagues.
    pub note: Option<String>,
    pub by: Actor,
    pub at: Timestamp,
    /// The case's version after the ruling.
    pub version: u32,
    pub undo_until: Timestamp,
    /// The appeal that it decides.
    pub appeal: Option<AppealId>,
    /// The QA review that it answers.
    pub qa_review: Option<QaReview>,
    /// It leaves in force what was: it denies an appeal, or agrees in a QA review.
    pub confirms: bool,
    /// Made by whoever made the decision under review: at most two people can rule on this board.
    pub reviewed_own: bool,
    /// Readers' reports on what it had removed by then: upheld unless it is undone, which reopens them.
    pub late_reports: ReportTotals,
    pub undone: Option<Reversal>,
    pub undo_snapshot: UndoSnapshot,
}
