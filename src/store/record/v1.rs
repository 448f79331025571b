//! Shapes of records as the first version wrote them, frozen: fields are never added, removed or reordered here.
//!
//! Each has a `From` into today's value. The folder under `tests/folders` holds every one of them.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, RulingId, SanctionId},
    member::SanctionKind,
    record::{
        self, Actor, AppealedDecision, LegalHold, NicknameUse, QaReview, ReasonCode, RejudgeCause,
        ReportTotals, Reversal, Revision, Revocation, RulingDecision, RulingEffect, SecretHash,
        UndoSnapshot, UserName,
    },
    time::Timestamp,
};

/// A comment without later decisions, before it was known which of them came along with a report.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in today's")]
pub struct Comment {
    pub id: CommentId,
    pub article: Option<ArticleId>,
    pub member: Option<MemberId>,
    pub parent: Option<CommentId>,
    pub url: Option<String>,
    pub newest: Revision,
    pub mark: Option<RulingEffect>,
    pub case: Option<CaseId>,
    pub appeals: Vec<(AppealedDecision, AppealId)>,
    pub hold: Option<LegalHold>,
    pub withdrawn_at: Option<Timestamp>,
    pub purged_at: Option<Timestamp>,
    pub purged_through: u32,
    pub edition: u64,
}

impl From<Comment> for record::Comment {
    fn from(old: Comment) -> Self {
        Self {
            id: old.id,
            article: old.article,
            member: old.member,
            parent: old.parent,
            url: old.url,
            newest: old.newest,
            rejudged: Vec::new(),
            effect: old.mark,
            case: old.case,
            appeals: old.appeals,
            legal_hold: old.hold,
            withdrawn_at: old.withdrawn_at,
            purged_at: old.purged_at,
            purged_through: old.purged_through,
            row_version: old.edition,
            provisional: false,
        }
    }
}

/// A strike that does not name its post.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in today's")]
pub struct Strike {
    pub ruling: RulingId,
    pub case: CaseId,
    pub code: ReasonCode,
    pub severity: u8,
    pub worth: u32,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    pub superseded_by: Option<RulingId>,
}

impl From<Strike> for record::Strike {
    fn from(old: Strike) -> Self {
        Self {
            ruling: old.ruling,
            case: old.case,
            post: None,
            code: old.code,
            severity: old.severity,
            points: old.worth,
            at: old.at,
            expires_at: old.expires_at,
            superseded_by: old.superseded_by,
        }
    }
}

/// A sanction that does not say what who laid it may do, and whose reason is the ruling's note where a ruling laid it.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in today's")]
pub struct Sanction {
    pub id: SanctionId,
    pub kind: SanctionKind,
    pub days: Option<u32>,
    pub until: Option<Timestamp>,
    pub code: Option<ReasonCode>,
    pub reason: Option<String>,
    pub ruling: Option<RulingId>,
    pub by: Actor,
    pub at: Timestamp,
    pub appeal: Option<AppealId>,
    pub lifted: Option<Revocation>,
}

impl From<Sanction> for record::Sanction {
    fn from(old: Sanction) -> Self {
        let undone = old.lifted.as_ref().filter(|lifted| lifted.undone);
        Self {
            void: undone.and(old.ruling).map(RejudgeCause::Undone),
            id: old.id,
            kind: old.kind,
            days: old.days,
            until: old.until,
            code: old.code,
            // a note is for moderators
            reason: old.reason.filter(|_| old.ruling.is_none()),
            ruling: old.ruling,
            // of people and keys it is not known any more
            imposed_by_admin: old.by == Actor::Operator,
            by: old.by,
            at: old.at,
            appeal: old.appeal,
            revoked: old.lifted,
        }
    }
}

/// A member with such strikes and sanctions.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in today's")]
pub struct MemberRecord {
    pub id: MemberId,
    pub verified: bool,
    pub nicknames: Vec<NicknameUse>,
    pub strikes: Vec<Strike>,
    pub sanctions: Vec<Sanction>,
    pub edition: u64,
}

impl From<MemberRecord> for record::MemberRecord {
    fn from(old: MemberRecord) -> Self {
        Self {
            id: old.id,
            verified: old.verified,
            nicknames: old.nicknames,
            strikes: old.strikes.into_iter().map(Into::into).collect(),
            sanctions: old.sanctions.into_iter().map(Into::into).collect(),
            row_version: old.edition,
        }
    }
}

/// A ruling that does not know what was reported of what it removed.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in today's")]
pub struct Ruling {
    pub id: RulingId,
    pub case: CaseId,
    pub decision: RulingDecision,
    pub code: Option<ReasonCode>,
    pub tags: Vec<String>,
    pub note: Option<String>,
    pub by: Actor,
    pub at: Timestamp,
    pub version: u32,
    pub undo_until: Timestamp,
    pub appeal: Option<AppealId>,
    pub second_look: Option<QaReview>,
    pub confirms: bool,
    pub own: bool,
    pub undone: Option<Reversal>,
    pub before: UndoSnapshot,
}

impl From<Ruling> for record::Ruling {
    fn from(old: Ruling) -> Self {
        Self {
            id: old.id,
            case: old.case,
            decision: old.decision,
            code: old.code,
            tags: old.tags,
            note: old.note,
            by: old.by,
            at: old.at,
            version: old.version,
            undo_until: old.undo_until,
            appeal: old.appeal,
            qa_review: old.second_look,
            confirms: old.confirms,
            reviewed_own: old.own,
            late_reports: ReportTotals::default(),
            undone: old.undone,
            undo_snapshot: old.before,
        }
    }
}

/// A sign-in by cookie, before it had an id, a last use and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as today")]
pub struct Session {
    pub user: UserName,
    pub secret: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl From<Session> for record::Session {
    fn from(old: Session) -> Self {
        Self {
            id: Self::id_of(old.secret),
            user: old.user,
            secret: old.secret,
            created_at: old.created_at,
            expires_at: old.expires_at,
            ended_at: old.ended_at,
            used_at: old.created_at,
            address: None,
        }
    }
}
