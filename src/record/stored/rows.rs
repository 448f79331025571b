//! The forms of all rows, and what must hold of their records.

use super::{ensure, first_of, form, places, row, v1};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, NoteId, RejudgeId, ReplyId,
        ReportId, ReporterId, RulingId, SanctionId, SessionId, TokenId, WebhookId,
    },
    record::{
        Actor, Appeal, AppealedDecision, Article, ArticleContent, AuditEntry, AuditRow, Case,
        CaseArticle, CaseMember, CaseState, Claim, Comment, CountedForm, Covered, DecisionPoint,
        Delivery, Digest, Dismissal, Erasure, Event, EventKind, ExampleCounts, Excerpt, FanOut,
        FanOutProgress, Form, FormModerator, KeptBack, Key, KeyName, Lease, LeaseName, LegalHold,
        LossPair, MemberRecord, ModelPart, ModelRecord, ModelState, ModelVersion, Mute,
        NicknameUse, Note, PersonalSettings, QaReview, QaSample, QaSampleOf, ReasonCode,
        RejudgeCounts, RejudgeJob, RejudgeState, Rejudgement, Reply, Report, ReportTotals,
        ReporterRecord, Retained, Reversal, Revision, Role, RulebookVersion, Ruling,
        RulingDecision, RulingEffect, Sanction, Scope, Score, SecretHash, Segment, SegmentPart,
        SentReply, Session, Source, StoredAnswer, Strike, Subject, SubjectRecord, SubjectRuling,
        Tally, TallyOf, TallyRow, Token, UndoSnapshot, User, UserName, Webhook, WebhookSecret,
        WordChange, WordStep, Words,
    },
    text::Surface,
    time::Timestamp,
};

row!(CommentRow of Comment, once v1::Comment {
    id: CommentId, article: Option<ArticleId>, member: Option<MemberId>, parent: Option<CommentId>, url: Option<String>,
    newest: Covered<Revision>, rejudged: Vec<Covered<Rejudgement>>, effect: Option<RulingEffect>, case: Option<CaseId>,
    appeals: Vec<(AppealedDecision, AppealId)>, legal_hold: Option<LegalHold>, withdrawn_at: Option<Timestamp>,
    purged_at: Option<Timestamp>, purged_through: u32, row_version: u64, provisional: bool,
} in {
    row_version, id, newest, purged_through, provisional, article, member, case, effect, parent, url, rejudged, appeals,
    withdrawn_at, purged_at, legal_hold,
}, |comment| {
    ensure(comment.row_version > 0, "a comment without a row version")?;
    let known = 1..=comment.newest.number;
    ensure(
        comment.rejudged.iter().all(|later| known.contains(&later.revision)),
        "a later decision about a revision that there is not",
    )?;
    check_revision(&comment.newest)
});
row!(ArticleRow of Article { id: ArticleId, content: ArticleContent, hash: [u8; 32], stored_at: Timestamp }, |article| {
    ensure(article.content.hash() == article.hash, "an article whose hash is another's")
});
row!(CaseRow of Case {
    id: CaseId, subject: Subject, version: u32, state: CaseState, claim: Option<Claim>, code: ReasonCode,
    surface: Option<Surface>, severity: u8, term: Option<String>, source: Source, sources: Vec<Source>, score: Score,
    excerpt: Excerpt, comment: Option<CommentId>, article: Option<CaseArticle>, member: Option<CaseMember>,
    reported: ReportTotals, appeal: Option<AppealId>, sanction: Option<SanctionId>, qa_review: Option<QaReview>,
    conflicted_reviewer: Option<Actor>, skips: u32, skipped_by: Vec<Actor>, opened_at: Timestamp, changed_at: Timestamp,
    rulings: Vec<RulingId>, row_version: u64,
}, |case| {
    ensure(case.row_version > 0 && case.version > 0, "a case without row version or version")?;
    ensure(case.severity <= 4, "a case of a severity that there is not")
});
row!(SubjectRow of SubjectRecord {
    subject: Subject, case: Option<CaseId>, rulings: Vec<SubjectRuling>, row_version: u64,
}, |record| ensure(record.row_version > 0, "a nickname or tag without a row version"));
row!(MemberRow of MemberRecord, once v1::MemberRecord {
    id: MemberId, verified: bool, nicknames: Vec<NicknameUse>, strikes: Vec<Strike>, sanctions: Vec<Sanction>, row_version: u64,
}, |member| ensure(member.row_version > 0, "a member without a row version"));
row!(RulingRow of Ruling, once v1::Ruling {
    id: RulingId, case: CaseId, decision: RulingDecision, code: Option<ReasonCode>, tags: Vec<String>, note: Option<String>,
    by: Actor, at: Timestamp, version: u32, undo_until: Timestamp, appeal: Option<AppealId>, qa_review: Option<QaReview>,
    confirms: bool, reviewed_own: bool, late_reports: ReportTotals, undone: Option<Reversal>, undo_snapshot: UndoSnapshot;
    forms: Vec<CountedForm>, reply: Option<SentReply>,
}, |ruling| ensure(ruling.version > 0, "a ruling without a version"));
row!(ReportRow of Report {
    id: ReportId, comment: CommentId, reporter: ReporterId, code: ReasonCode, note: Option<String>, surface: Option<Surface>,
    tag: Option<String>, at: Timestamp, decision_point: Option<DecisionPoint>, dismissal: Option<Dismissal>, coordinated: bool,
    weight: u32,
}, |_| Ok(()));
row!(ReporterRow of ReporterRecord { id: ReporterId, muted: Option<Mute>, row_version: u64 }, |record| {
    ensure(record.row_version > 0, "a reporter without a row version")
});
row!(AppealRow of Appeal {
    id: AppealId, member: MemberId, comment: Option<CommentId>, appealed: AppealedDecision, statement: String, at: Timestamp,
    decision_point: DecisionPoint,
}, |_| Ok(()));
row!(NoteRow of Note { id: NoteId, case: CaseId, by: Actor, at: Timestamp, text: String }, |_| Ok(()));
row!(EventRow of Event { number: u64, at: Timestamp, kind: EventKind }, |event| {
    ensure(event.number > 0, "an event without a number")
});
row!(FanOutRow of FanOutProgress { number: u64, of: FanOut, from: u128 }, |_| Ok(()));
row!(QaSampleRow of QaSample { due_at: Timestamp, of: QaSampleOf }, |_| Ok(()));
row!(DayRow of TallyRow { day: i32, of: TallyOf, tally: Tally }, |_| Ok(()));
row!(WebhookRow of Webhook {
    id: WebhookId, url: String, events: Vec<String>, secrets: Vec<WebhookSecret>, active: bool, created_at: Timestamp,
    cursor: u64, deleted_at: Option<Timestamp>, row_version: u64,
}, |webhook| {
    ensure(
        webhook.row_version > 0 && !webhook.secrets.is_empty(),
        "a webhook without row version or secret",
    )
});
row!(ReplyRow of Reply {
    id: ReplyId, title: String, text: Words, by: Actor, at: Timestamp, deleted_at: Option<Timestamp>, row_version: u64,
}, |reply| ensure(reply.row_version > 0, "a saved reply without a row version"));
row!(RejudgeJobRow of RejudgeJob {
    id: RejudgeId, state: RejudgeState, by: Actor, at: Timestamp, rulebook: RulebookVersion, model: Option<ModelVersion>,
    counts: RejudgeCounts, comments: Vec<u64>, done: u32, changed: u32, begun_at: Option<Timestamp>,
    ended_at: Option<Timestamp>, row_version: u64,
}, |job| {
    ensure(job.row_version > 0, "comments to be judged again without a row version")?;
    ensure(
        job.changed <= job.done && job.done as usize <= job.comments.len(),
        "more comments judged again than there are",
    )
});
row!(DeliveryRow of Delivery {
    webhook: WebhookId, event: u64, attempts: u32, first_at: Timestamp, last_at: Timestamp, next_at: Option<Timestamp>,
    last: String,
}, |_| Ok(()));
row!(UserRow of User {
    name: UserName, role: Role, password: String, disabled: bool, deleted_at: Option<Timestamp>, created_at: Timestamp,
    sessions_from: Timestamp, tokens_from: Timestamp; settings: Option<PersonalSettings>,
}, |user| ensure(user.password.starts_with("$argon2id$"), "a user without a hashed password"));
row!(KeyRow of Key {
    id: KeyId, name: KeyName, scopes: Vec<Scope>, secret: SecretHash, created_at: Timestamp, expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>, last_used_at: Option<Timestamp>,
}, |_| Ok(()));
row!(TokenRow of Token {
    id: TokenId, user: UserName, name: String, secret: SecretHash, created_at: Timestamp, expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}, |_| Ok(()));
row!(SessionRow of Session, once v1::Session {
    id: SessionId, user: UserName, secret: SecretHash, created_at: Timestamp, expires_at: Timestamp,
    ended_at: Option<Timestamp>, used_at: Timestamp, address: Option<std::net::IpAddr>,
}, |_| Ok(()));
row!(AnswerRow of StoredAnswer {
    slot: [u8; 16], request: [u8; 32], expires_at: Timestamp, status: u16, body: Vec<u8>,
}, |answer| ensure((200..300).contains(&answer.status), "a kept answer that was no success"));
row!(AuditEntryRow of AuditRow, once v1::AuditRow {
    entry: Covered<AuditEntry>, previous: Digest, hash: Digest, text: Option<(String, [u8; 16])>,
}, |row| ensure(row.entry.number > 0, "an audit entry without a number"));
row!(ErasureRow of Erasure {
    member: MemberId, by: Actor, requested_at: Timestamp, first_pass_done: bool, retained: Vec<Retained>, row_version: u64,
}, |erasure| ensure(erasure.row_version > 0, "an erasure without a row version"));
row!(FormRow of Form {
    term: String, written: String, seen: i64, upheld: i64, dismissed: i64, first_at: Timestamp, last_at: Timestamp,
    members: Option<[u8; 64]>, moderators: Vec<FormModerator>,
}, |form| {
    ensure(
        !form.term.is_empty() && !form.written.is_empty(),
        "a form without a term or without what is written",
    )
});
row!(ModelRow of ModelRecord {
    version: ModelVersion, base: [u8; 8], at: Timestamp, examples: ExampleCounts, rulings: u32, board_loss: LossPair,
    shipped_loss: LossPair, parts: u32, kept_back: Option<KeptBack>,
}, |model| ensure(model.version.counter > 0, "a learned model without a number"));
row!(ModelPartRow of ModelPart { model: u32, nth: u32, bytes: Vec<u8> }, |part| {
    ensure(!part.bytes.is_empty(), "a part of a model without weights")
});
row!(ModelStateRow of ModelState { in_force: u32, is_pinned: bool, newest: u32, row_version: u64 }, |state| {
    ensure(state.row_version > 0, "the model in force without a row version")?;
    ensure(state.in_force <= state.newest, "a model in force that was never fitted")
});
row!(SegmentRow of Segment {
    number: u64, build: u64, tokens: [u8; 8], is_built: bool, from: Timestamp, to: Timestamp, parts: Vec<u64>, row_version: u64,
} in { row_version, number, build, tokens, is_built, from, to, parts }, |segment| {
    ensure(segment.row_version > 0, "a segment without a row version")
});
row!(SegmentPartRow of SegmentPart { segment: u64, nth: u32, build: u64, bytes: Vec<u8> }, |part| {
    ensure(!part.bytes.is_empty(), "a part of the index without entries")
});
row!(WordStepRow of WordStep { version: u32, at: Timestamp, by: Actor, reason: String, change: WordChange }, |step| {
    ensure(step.version > 0, "a step of the board's words without a number")?;
    match &step.change {
        WordChange::Put(word) => ensure(
            !word.id.is_empty() && word.cells.first().is_some_and(|cell| !cell.is_empty()),
            "a word without an id or a text",
        ),
        WordChange::RollBack(to) => ensure(*to < step.version, "a rollback to what was not yet"),
    }
});
row!(LeaseRow of Lease { name: LeaseName, holder: u64, until: Timestamp, fence: u64 }, |lease| {
    ensure(lease.fence > 0, "a lease without a fence")
});

pub(super) fn check_revision(revision: &Revision) -> Result<(), &'static str> {
    ensure(revision.number > 0, "a revision without a number")?;
    ensure(
        revision.decision.tags.len() == revision.tags.len(),
        "a revision whose tags and their verdicts differ in number",
    )?;
    ensure(
        revision.decision.body.is_some() == revision.body.is_some(),
        "a revision whose body and its verdict do not agree",
    )
}
