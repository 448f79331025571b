//! A comment as stored: its newest revision, and what lies on it.

use serde::{Deserialize, Serialize};

use super::{
    actor::Actor, appeal::AppealedDecision, decision::Decision, rejudgement::Rejudgement,
    ruling::RulingEffect,
};
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, ReceiptId},
    text::SurfaceTexts,
    time::Timestamp,
};

/// One version of a comment's text, and what the filter decided about it. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Counted from 1.
    pub number: u32,
    /// The id of the answer about it.
    pub receipt: ReceiptId,
    /// When it was judged.
    pub at: Timestamp,
    /// When it was posted, as the board says; never later than `at`.
    pub posted_at: Option<Timestamp>,
    /// The board vouched for the member.
    pub verified: bool,
    /// It is history: it opened no case.
    pub backfill: bool,
    /// Its text.
    pub body: Option<String>,
    /// The nickname beside it.
    pub nickname: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What the filter decided.
    pub decision: Decision,
}

impl Revision {
    /// What was judged.
    pub fn surfaces(&self) -> SurfaceTexts<'_> {
        SurfaceTexts {
            body: self.body.as_deref(),
            nickname: self.nickname.as_deref(),
            tags: &self.tags,
        }
    }
}

/// Why a comment is kept whatever its age: a police matter, a lawsuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// Who asked for it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The board's id.
    pub id: CommentId,
    /// The article it stands under.
    pub article: Option<ArticleId>,
    /// Who wrote it.
    pub member: Option<MemberId>,
    /// The comment it answers.
    pub parent: Option<CommentId>,
    /// Where it stands.
    pub url: Option<String>,
    /// Its newest revision.
    pub newest: Revision,
    /// Later decisions about its revisions, oldest first. The first of each stays in the revision.
    pub rejudged: Vec<Rejudgement>,
    /// What the last ruling laid on it.
    pub effect: Option<RulingEffect>,
    /// The case about it, open or resolved.
    pub case: Option<CaseId>,
    /// What its author contested, and by which appeal.
    pub appeals: Vec<(AppealedDecision, AppealId)>,
    /// Why it is kept from purge and erasure.
    pub legal_hold: Option<LegalHold>,
    /// When the member took it back.
    pub withdrawn_at: Option<Timestamp>,
    /// When its text was purged.
    pub purged_at: Option<Timestamp>,
    /// Revisions up to this one have no text any more; 0: none.
    pub purged_through: u32,
    /// Counts the writes of this record.
    pub row_version: u64,
    /// It came along with a report, by a caller that may hand in reports alone. Nobody vouches that its member wrote it:
    /// the board's own post of this id takes its place.
    pub provisional: bool,
}

impl Comment {
    /// What the filter says of its newest revision: the latest that was decided about it.
    pub fn decision(&self) -> &Decision {
        let later = self.rejudgement();
        later.map_or(&self.newest.decision, |later| &later.decision)
    }

    /// The latest time that its newest revision was judged again.
    pub fn rejudgement(&self) -> Option<&Rejudgement> {
        let newest = self.rejudged.last();
        newest.filter(|later| later.revision == self.newest.number)
    }

    /// When what the filter says of it was decided.
    pub fn judged_at(&self) -> Timestamp {
        self.rejudgement().map_or(self.newest.at, |later| later.at)
    }
}
