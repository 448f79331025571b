//! Shapes that went in format 1: what a row under the byte 0 held where one under the byte 1 has another form.
//!
//! They are frozen. Each has a `From` into today's value; the folder `before-21` under `tests/folders` holds every one of them.

use super::{form, places};
use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId, RulingId, SanctionId},
    member::SanctionKind,
    record::{
        self, Actor, AppealedDecision, AuditEntry, Covered, Digest, LegalHold, NicknameUse,
        QaReview, ReasonCode, RejudgeCause, ReportTotals, Reversal, Revision, Revocation,
        RulingDecision, RulingEffect, SecretHash, UndoSnapshot, UserName,
    },
    time::Timestamp,
};

form!(
    /// A comment without later decisions, before it was known which of them came along with a report.
    Comment {
        id: CommentId, article: Option<ArticleId>, member: Option<MemberId>, parent: Option<CommentId>, url: Option<String>,
        newest: Covered<Revision>, mark: Option<RulingEffect>, case: Option<CaseId>, appeals: Vec<(AppealedDecision, AppealId)>, hold:
        Option<LegalHold>, withdrawn_at: Option<Timestamp>, purged_at: Option<Timestamp>, purged_through: u32, edition: u64,
    }
);

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

form!(
    /// A strike that does not name its post.
    Strike {
        ruling: RulingId, case: CaseId, code: ReasonCode, severity: u8, worth: u32, at: Timestamp, expires_at: Timestamp,
        superseded_by: Option<RulingId>,
    }
);

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

form!(
    /// A sanction that does not say what who laid it may do, and whose reason is the ruling's note where a ruling laid it.
    Sanction {
        id: SanctionId, kind: SanctionKind, days: Option<u32>, until: Option<Timestamp>, code: Option<ReasonCode>, reason:
        Option<String>, ruling: Option<RulingId>, by: Actor, at: Timestamp, appeal: Option<AppealId>, lifted:
        Option<Revocation>,
    }
);

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

form!(
    /// A member with such strikes and sanctions.
    MemberRecord {
        id: MemberId, verified: bool, nicknames: Vec<NicknameUse>, strikes: Vec<Strike>, sanctions: Vec<Sanction>, edition:
        u64,
    }
);

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

form!(
    /// A ruling that does not know what was reported of what it removed.
    Ruling {
        id: RulingId, case: CaseId, decision: RulingDecision, code: Option<ReasonCode>, tags: Vec<String>, note:
        Option<String>, by: Actor, at: Timestamp, version: u32, undo_until: Timestamp, appeal: Option<AppealId>, second_look:
        Option<QaReview>, confirms: bool, own: bool, undone: Option<Reversal>, before: UndoSnapshot,
    }
);

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
            forms: Vec::new(),
            reply: None,
        }
    }
}

form!(
    /// A sign-in by cookie, before it had an id, a last use and an address.
    Session { user: UserName, secret: SecretHash, created_at: Timestamp, expires_at: Timestamp, ended_at: Option<Timestamp> }
);

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

form!(
    /// An entry of the audit, with the text that a person wrote in it.
    AuditRow { entry: AuditEntry, previous: Digest, hash: Digest }
);

/// The chain covers the entry without that text.
impl From<AuditRow> for record::AuditRow {
    fn from(old: AuditRow) -> Self {
        let AuditRow {
            mut entry,
            previous,
            hash,
        } = old;
        Self {
            text: entry.words.as_mut().and_then(|words| words.text.take()),
            entry: Covered::by_scheme_1(entry),
            previous,
            hash,
        }
    }
}
