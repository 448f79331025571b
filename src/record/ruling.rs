//! Rulings: what a moderator decided, what that leaves in force on a comment, and what undo restores.

use super::{
    actor::Actor,
    case::{Case, QaReview, ReportTotals},
    code::ReasonCode,
    decision::Decision,
    reply::{SentReply, Words},
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
    /// The revision that the moderator had seen; rulings before there was a score do not say.
    pub revision: Option<u32>,
    /// What the moderator says to the author in the notice.
    pub reply: Option<Words>,
}

impl RulingEffect {
    /// Whether it still speaks for a comment whose revision of this number the filter decided so about. A removal holds until
    /// a person lifts it; an approval holds as long as no listed term joins that the ruling had not seen, and of what the
    /// score alone flags as long as the text is the same: another model may mark other words in it.
    pub fn holds_for(&self, decision: &Decision, revision: u32) -> bool {
        let has_seen = |term: &str| self.seen_terms.iter().any(|seen| seen == term);
        match self.resolution {
            Resolution::Removed | Resolution::Withdrawn => true,
            Resolution::Approved | Resolution::TagsRemoved => {
                let is_same = self.revision == Some(revision);
                decision.deciding_terms().all(has_seen) && (is_same || !decision.rests_on_score())
            }
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

impl UndoSnapshot {
    /// The ruling that was in force on the subject before.
    pub fn ruling(&self) -> Option<RulingId> {
        let of_comment = self.effect.as_ref().map(|effect| effect.ruling);
        of_comment.or_else(|| self.subject.as_ref().map(|ruling| ruling.ruling))
    }
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
    /// The written forms that it counted. An undo and the next ruling take just these away, whatever has become of the text.
    pub forms: Vec<CountedForm>,
    /// What the moderator says to the member beside the notice.
    pub reply: Option<SentReply>,
}

/// A written form that a ruling counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountedForm {
    /// The listed term.
    pub term: String,
    /// What is written, folded.
    pub written: String,
    /// The guess was right: what rests on it was taken down.
    pub is_upheld: bool,
}
