//! A comment as stored: its newest revision, and what was decided about it.

use super::{
    actor::Actor, appeal::AppealedDecision, covered::Covered, decision::Decision,
    rejudgement::Rejudgement, ruling::RulingEffect,
};
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, ReceiptId},
    text::SurfaceTexts,
    time::Timestamp,
};

/// One version of a comment's text, and what the filter decided about it. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Revision {
    /// Counted from 1.
    pub number: u32,
    /// The id of the answer that the board got about it.
    pub receipt: ReceiptId,
    /// When it was judged.
    pub at: Timestamp,
    /// When it was posted, as the board says; never later than `at`.
    pub posted_at: Option<Timestamp>,
    /// The board vouched that the member is who they say.
    pub verified: bool,
    /// It was imported as history, and so opened no case.
    pub backfill: bool,
    pub body: Option<String>,
    pub nickname: Option<String>,
    pub tags: Vec<String>,
    /// What the filter decided.
    pub decision: Decision,
}

impl Revision {
    /// The texts that were judged.
    pub fn surfaces(&self) -> SurfaceTexts<'_> {
        SurfaceTexts {
            body: self.body.as_deref(),
            nickname: self.nickname.as_deref(),
            tags: &self.tags,
        }
    }
}

/// Why a comment is kept whatever its age: a police matter, a lawsuit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct LegalHold {
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
}

/// A comment as stored, with its newest revision; older revisions are stored apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Comment {
    /// The id that the board uses.
    pub id: CommentId,
    pub article: Option<ArticleId>,
    pub member: Option<MemberId>,
    /// The comment it answers.
    pub parent: Option<CommentId>,
    pub url: Option<String>,
    pub newest: Covered<Revision>,
    /// Later decisions about its revisions, oldest first. The first decision stays in the revision.
    pub rejudged: Vec<Covered<Rejudgement>>,
    /// What the last ruling about it left in force.
    pub effect: Option<RulingEffect>,
    /// The case about it, open or resolved.
    pub case: Option<CaseId>,
    /// Each decision that its author appealed, and the appeal.
    pub appeals: Vec<(AppealedDecision, AppealId)>,
    /// Set while it must be kept from purge and erasure.
    pub legal_hold: Option<LegalHold>,
    /// When its author took it back.
    pub withdrawn_at: Option<Timestamp>,
    /// When its text was purged.
    pub purged_at: Option<Timestamp>,
    /// The texts of revisions up to this number were purged; 0: none was.
    pub purged_through: u32,
    /// Grows by one with each write; a write says at which row version it read the record.
    pub row_version: u64,
    /// It came along with a report, by a caller that may hand in reports alone. Nobody vouches that its member wrote it:
    /// the board's own post of this id takes its place.
    pub provisional: bool,
}

impl Comment {
    /// A copy with the next row version: every write of a stored comment begins with one.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }

    /// What the filter says of its newest revision: the latest that was decided about it.
    pub fn decision(&self) -> &Decision {
        let later = self.rejudgement();
        later.map_or(&self.newest.decision, |later| &later.decision)
    }

    /// What the last ruling about it leaves in force, if it holds for the newest decision.
    pub fn effect_in_force(&self) -> Option<&RulingEffect> {
        let effect = self.effect.as_ref();
        effect.filter(|effect| effect.holds_for(self.decision(), self.newest.number))
    }

    /// The latest time that its newest revision was judged again.
    pub fn rejudgement(&self) -> Option<&Rejudgement> {
        let newest = self.rejudged.last().map(|later| &**later);
        newest.filter(|later| later.revision == self.newest.number)
    }

    /// When what the filter says of it was decided.
    pub fn judged_at(&self) -> Timestamp {
        self.rejudgement().map_or(self.newest.at, |later| later.at)
    }
}
