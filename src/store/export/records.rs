//! The shapes of exported records, version 3: every field of every record by its name.
//!
//! A field that is new in a record is new here, too (or it does not compile), and is left out where it is empty. A field that
//! changes its meaning, or goes, makes a new version of the format: see [`super::lines::FORMAT`].

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::json::{
    Base64, Json, ShapeFault, Yes, by_serde, field_name, fields, nothing_left, object, put, take,
    variants,
};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, NoteId, ReceiptId, RejudgeId,
        ReplyId, ReportId, ReporterId, RulingId, SanctionId, SessionId, TokenId, WebhookId,
    },
    member::SanctionKind,
    record::{
        Actor, Appeal, AppealedDecision, Article, ArticleContent, AuditDraft, AuditDraftV1,
        AuditEntry, AuditSubject, Case, CaseArticle, CaseMember, CaseState, Claim, Comment,
        CountedForm, Covered, Decision, DecisionPoint, Delivery, Density, Dismissal, Erasure,
        Event, EventKind, ExampleCounts, Excerpt, FanOut, FanOutProgress, Form, FormModerator,
        Hashed, KeptBack, Key, KeyName, LegalHold, LossPair, MemberRecord, ModelPart, ModelRecord,
        ModelState, ModelVersion, Mute, NicknameUse, Note, PersonalSettings, QaReview, QaSample,
        QaSampleOf, Reason, ReasonCode, RedactableText, Rejudge, RejudgeCause, RejudgeCounts,
        RejudgeJob, RejudgeScope, RejudgeState, Rejudgement, Reply, Report, ReportTotals,
        ReporterRecord, Resolution, Retained, RetainedItem, RetentionReason, Reversal, Revision,
        RevisionDigest, Revocation, Role, Rule, RulebookVersion, Ruling, RulingDecision,
        RulingEffect, Sanction, Scope, SecretHash, SentReply, Session, Source, SpokenLanguage,
        StoredAnswer, Strike, Subject, SubjectRecord, SubjectRuling, TagDecision, Tally, TallyOf,
        TallyRow, TextLocation, Token, UndoSnapshot, User, UserName, Verdict, Webhook,
        WebhookSecret, Word, WordChange, WordList, WordStep, Words,
    },
    text::{Disguises, Span, Surface},
    topic::Evidence,
};

// Ids and names, and the words of the API.
by_serde!(
    AppealId,
    ArticleId,
    CaseId,
    CommentId,
    KeyId,
    MemberId,
    NoteId,
    ReceiptId,
    ReportId,
    ReporterId,
    RulingId,
    SanctionId,
    SessionId,
    TokenId,
    WebhookId,
    ReplyId,
    RejudgeId,
    IpAddr,
    UserName,
    KeyName,
    Role,
    Scope,
    SanctionKind,
    Verdict,
    ReasonCode,
    Rule,
    Evidence,
    Surface,
    Disguises,
    Source,
    Resolution,
    RulingDecision,
    SpokenLanguage,
    Density,
    RejudgeState,
    WordList
);

/// The first line: the counters from which all numbers continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLine {
    /// Group commits.
    pub commit: u64,
    /// The number of the next new comment.
    pub next_comment: u64,
    /// The number of the last audit entry.
    pub last_audit_entry: u64,
    /// Its hash.
    pub last_audit_hash: [u8; 32],
    /// The time of the last audit entry.
    pub last_at: crate::time::Timestamp,
    /// The number of the last event.
    pub last_event: u64,
    /// The number of the last fan-out.
    pub last_fan_out: u64,
    /// The number of the last QA sample.
    pub last_sample: u64,
    /// The version of all accounts together.
    pub accounts_edition: u64,
    /// How many comments lost their text since the database was compacted.
    pub purged_since_compaction: u64,
}

/// A comment with its number, and what the audit covers of its newest revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentLine {
    /// Its number, counted from 0 without gaps.
    pub number: u64,
    /// The digest of its newest revision; `None` if its text is purged.
    pub digest: Option<[u8; 16]>,
    /// The comment.
    pub comment: Comment,
}

/// An older revision of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionLine {
    /// The comment's number.
    pub comment_number: u64,
    /// What the audit covers of it.
    pub digest: [u8; 16],
    /// The revision.
    pub revision: Covered<Revision>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// It is the one that counts for its reporter and comment; what was reported before the text went counts no more.
    pub current: bool,
    /// The report.
    pub report: Report,
}

/// A QA review that is not due yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleLine {
    /// Its number.
    pub number: u64,
    /// The QA review.
    pub sample: QaSample,
}

/// A comment that is found by a tag which was flagged or ruled under its article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedLine {
    /// The first half of SHA-256 over the article's id, a line feed, and the tag: the tag itself may be purged.
    pub tag_digest: [u8; 16],
    /// The comment's number.
    pub comment_number: u64,
}

/// A file that is kept beside the database: the last good rulebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// From the data folder on, with slashes.
    pub path: String,
    /// What it holds.
    pub content: Base64,
}

/// An entry of the audit, with the bytes that its hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The entry.
    pub entry: AuditEntry,
    /// The scheme by which the bytes were made; exports of version 1 know the first alone.
    pub scheme: Option<u8>,
    /// The bytes that were hashed, after the hash of the entry before.
    pub hashed: Base64,
    /// The hash of the entry before.
    pub previous_hash: [u8; 32],
    /// SHA-256 over the hash before and the bytes.
    pub hash: [u8; 32],
}

object!(StateLine {
    commit,
    next_comment,
    last_audit_entry,
    last_audit_hash,
    last_at,
    last_event,
    last_fan_out,
    last_sample,
    accounts_edition,
    purged_since_compaction,
});
object!(CommentLine {
    number,
    digest,
    comment
});
object!(RevisionLine {
    comment_number,
    digest,
    revision
});
object!(ReportLine { current, report });
object!(SampleLine { number, sample });
object!(TaggedLine {
    tag_digest,
    comment_number
});
object!(FileLine { path, content });
object!(AuditLine {
    entry,
    scheme,
    hashed,
    previous_hash,
    hash
});

// Comments and articles.
object!(Comment {
    id, "article_id" = article, "member_id" = member, "parent_id" = parent, url, "newest_revision" = newest,
    "ruling_mark" = effect, "case_id" = case, appeals, "hold" = legal_hold, withdrawn_at, purged_at, "purged_through_revision" = purged_through,
    "edition" = row_version, provisional, "later_decisions" = rejudged,
});
object!(Revision {
    number, "receipt_id" = receipt, at, posted_at, verified, backfill, body, nickname, tags, decision,
});
object!(LegalHold { by, at, reason });
object!(Article { id, content, "sha256" = hash, stored_at });
object!(ArticleContent {
    title,
    body,
    section,
    tags,
    url
});

// What the filter decided.
object!(Decision {
    verdict, would_be, body, nickname, unattached, tags, reasons, "shadow_terms" = shadow, "score_permille" = score,
    rulebook, model, "text_score_permille" = text_score,
});
object!(TagDecision {
    tag,
    verdict,
    evidence,
    evidence_term,
    off_topic
});
object!(Reason {
    code, surface, tag, term, "matched_text" = matched, span, severity, "disguises" = how, "other_place" = other, verdict,
    guessed as Yes,
});
object!(TextLocation { surface, tag, span });
object!(Span { start, end });
object!(RulebookVersion { counter, "hash_prefix" = hash });
object!(ModelVersion { counter, "hash_prefix" = hash });

object!(Rejudgement {
    revision,
    at,
    cause,
    decision
});
variants!(RejudgeCause {
    "undone" => Undone(ruling_id), "overturned" => Overturned(ruling_id), "restored" => Restored(sanction_id), "rulebook" => Rulebook(rejudge_id),
});

/// A value that the audit covers, with the scheme and the bytes of its digest. In exports of version 1 there were none, since
/// the first scheme could be made of the value.
impl<T: Json + Hashed + PartialEq> Json for Covered<T> {
    fn to_json(&self) -> Value {
        let mut value = T::to_json(self);
        if let Value::Object(object) = &mut value {
            put(object, "scheme", self.scheme().to_json());
            put(object, "hashed", Base64(self.bytes().to_vec()).to_json());
        }
        value
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let scheme: Option<u8> = take(&mut object, "scheme")?;
        let hashed: Option<Base64> = take(&mut object, "hashed")?;
        let read = T::from_json(Value::Object(object))?;
        let Some((scheme, Base64(bytes))) = scheme.zip(hashed) else {
            return Ok(Self::by_scheme_1(read));
        };
        match Self::read(scheme, bytes) {
            Ok(covered) if *covered == read => Ok(covered),
            Ok(_) => Err(ShapeFault::new("is not what was hashed").within("hashed")),
            Err(fault) => Err(ShapeFault::new(fault.to_string()).within("hashed")),
        }
    }
}

// Cases and rulings.
variants!(Subject {
    "comment" => Comment(id), "member" => Nickname(id), "tag" => Tag { article, tag },
});
object!(SubjectRecord { subject, "case_id" = case, rulings, "edition" = row_version });
object!(SubjectRuling { "ruling_id" = ruling, text, approved, code, on_appeal, at, reply });
object!(Case {
    id, subject, version, state, claim, code, surface, severity, term, source, sources, "score_permille" = score, excerpt,
    "comment_id" = comment, article, member, reported, "appeal_id" = appeal, "sanction_id" = sanction, "second_look" = qa_review,
    "excluded_moderator" = conflicted_reviewer, skips, skipped_by, opened_at, changed_at, "ruling_ids" = rulings, "edition" = row_version,
});
variants!(CaseState {
    "open" => Open, "escalated" => Escalated, "resolved" => Resolved(resolution),
});
object!(Claim { by, until });
object!(Excerpt {
    surface,
    text,
    span
});
object!(CaseArticle { id, title });
object!(CaseMember { id, nickname });
object!(ReportTotals { count, "weight_percent" = weight, "coordinated" = coordinated });
object!(QaReview { "ruling_id" = ruling, decision, tags });
object!(RulingEffect {
    "ruling_id" = ruling, resolution, tags, code, "seen_texts" = seen_terms, on_appeal, at, revision, reply,
});
object!(Ruling {
    id, "case_id" = case, decision, code, tags, note, by, at, version, undo_until, "appeal_id" = appeal, "second_look" = qa_review,
    confirms, "by_same_moderator" = reviewed_own, "late_reports" = late_reports, undone, "before" = undo_snapshot, forms, reply,
});
object!(CountedForm {
    term,
    written,
    is_upheld
});
object!(Reversal { by, at });
object!(UndoSnapshot { case, "ruling_mark" = effect, "subject_ruling" = subject });
variants!(Actor {
    "system" => System, "user" => User(name), "key" => Key(name), "operator" => Operator,
});

// Members.
object!(MemberRecord {
    id,
    verified,
    nicknames,
    strikes,
    sanctions,
    "edition" = row_version
});
object!(NicknameUse { text, at, verdict });
object!(Strike {
    "ruling_id" = ruling, "case_id" = case, "comment_id" = post, code, severity, "worth" = points, at, expires_at, superseded_by,
});
object!(Sanction {
    id, kind, days, until, code, reason, "ruling_id" = ruling, by, "laid_by_admin" = imposed_by_admin, at, "appeal_id" = appeal, "lifted" = revoked, void,
});
object!(Revocation { by, at, reason, "ruling_id" = ruling, undone });

// Reports, appeals, notes.
object!(Report {
    id, "comment_id" = comment, "reporter_id" = reporter, code, note, surface, tag, at, "hearing" = decision_point, "dismissed" = dismissal,
    "coordinated" = coordinated, "weight_percent" = weight,
});
object!(DecisionPoint { "case_id" = case, "case_version" = version });
object!(Dismissal { by, at, reason });
object!(ReporterRecord {
    id,
    muted,
    "edition" = row_version
});
object!(Mute { until, "said" = dismissal });
object!(Appeal {
    id, "member_id" = member, "comment_id" = comment, "contested" = appealed, statement, at, "hearing" = decision_point,
});
variants!(AppealedDecision {
    "ruling" => Ruling(id), "filter" => Filter(revision), "sanction" => Sanction(id),
});
object!(Note { id, "case_id" = case, by, at, text });

// The audit.
impl Json for AuditDraft {
    fn to_json(&self) -> Value {
        AuditDraftV1::from(self.clone()).to_json()
    }

    fn from_json(value: Value) -> std::result::Result<Self, ShapeFault> {
        AuditDraftV1::from_json(value).map(Self::from)
    }
}
object!(AuditEntry { number, "event" = what, words, revisions });
object!(AuditDraftV1 {
    at,
    actor,
    action,
    subject,
    from,
    to,
    why,
    words
});
object!(RevisionDigest { "comment_number" = comment, revision, digest });
object!(RedactableText { "text" = text, digest });
variants!(AuditSubject {
    "comment" => Comment(id), "member" => Member(id), "tag" => Tag(article_id, tag), "article" => Article(id),
    "user" => User(name), "key" => Key(name), "token" => Token(id), "rulebook" => Rulebook(version), "model" => Model(version), "reply" => Reply(id),
    "comments" => Comments, "reporter" => Reporter(id), "webhook" => Webhook(id), "database" => Database,
});

// Events for the board.
object!(Event { number, at, "of" = kind });
variants!(EventKind {
    "comment" => Comment(id), "sanctioned" => SanctionImposed(member_id, sanction_id),
    "lifted" => SanctionRevoked(member_id, sanction_id), "report" => Report(id), "appeal" => Appeal(id),
});
object!(FanOutProgress { number, of, from });
variants!(FanOut {
    "nickname" => Nickname(member_id, nickname), "tag" => Tag(article_id, tag), "reports" => Reports(case_id),
    "rejudge" => Rejudge(comments),
});
object!(Rejudge { scope, cause });
variants!(RejudgeScope {
    "member" => Member(member_id),
});
object!(Webhook {
    id,
    url,
    events,
    secrets,
    active,
    created_at,
    cursor,
    deleted_at,
    "edition" = row_version,
});
object!(WebhookSecret { text, until });
object!(Delivery {
    "webhook_id" = webhook, "event_number" = event, attempts, first_at, last_at, next_at, "last_result" = last,
});

// What members asked to be erased.
object!(Erasure {
    "member_id" = member, by, requested_at, "looked" = first_pass_done, "kept" = retained, "edition" = row_version,
});
object!(Retained { what, why, until });
variants!(RetainedItem {
    "comment" => Comment(id), "case" => Case(id), "report" => Report(id), "appeal" => Appeal(id), "standing" => Standing,
    "answers" => Answers,
});
variants!(RetentionReason {
    "hold" => Hold, "case-open" => CaseOpen, "undo-open" => UndoOpen, "in-force" => InForce, "retry" => Retry,
});

// QA samples and tallies.
object!(QaSample { due_at, of });
variants!(QaSampleOf {
    "ruling" => Ruling(case_id, ruling_id), "removal" => Removal(comment_id, revision),
});
object!(TallyRow { "day_since_1970" = day, of, "counts" = tally });
variants!(TallyOf {
    "day" => Day, "rule" => Rule(rule), "code" => Code(code), "moderator" => Moderator(name), "term" => Term(term),
    "form" => Form(form),
    "posted" => Posted(of),
});
object!(Tally {
    received, allowed, flagged, removed, ruled_approve, ruled_remove, ruled_remove_tags, escalated, undone, reports, appeals,
    overturned, appeals_upheld, "second_looks" = qa_reviews, "second_looks_agreed" = qa_agreed, hits, upheld, dismissed, waits,
});

// Written forms.
object!(Reply { id, title, text, by, at, deleted_at, "edition" = row_version });
object!(Words { "zh-TW" = zh_tw, en });
object!(SentReply { "reply_id" = id, text });
object!(RejudgeJob {
    id, state, by, at, rulebook, model, counts, "comment_numbers" = comments, done, changed, begun_at, ended_at,
    "edition" = row_version,
});
object!(RejudgeCounts {
    judged,
    restored,
    flagged,
    cleared,
    tags,
    harsher,
});
object!(Form {
    term, written, seen, "member_bits" = members, upheld, dismissed, moderators, first_at, last_at,
});
object!(FormModerator { by, upheld });

// What the board learned.
object!(ModelRecord {
    version, "base_hash_prefix" = base, at, examples, rulings, "board_loss_micro" = board_loss,
    "shipped_loss_micro" = shipped_loss, kept_back, parts,
});
object!(ExampleCounts {
    harmless,
    abuse,
    scam
});
object!(LossPair { before, after });
variants!(KeptBack { "no-gain" => NoGain, "forgets" => Forgets, "one-sided" => OneSided });
object!(ModelState { in_force, is_pinned, newest, "edition" = row_version });

/// Its weights as base64.
impl Json for ModelPart {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        put(&mut object, "model", self.model.to_json());
        put(&mut object, "nth", self.nth.to_json());
        put(&mut object, "weights", Base64(self.bytes.clone()).to_json());
        Value::Object(object)
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let Base64(bytes) = take(&mut object, "weights")?;
        let part = Self {
            model: take(&mut object, "model")?,
            nth: take(&mut object, "nth")?,
            bytes,
        };
        nothing_left(&object).map(|()| part)
    }
}

// The board's own words.
object!(WordStep {
    version,
    at,
    by,
    reason,
    change
});
variants!(WordChange { "put" => Put(word), "roll-back" => RollBack(to) });
object!(Word { id, list, cells, "in_place_of_files" = of_files, retired });

// Accounts. The secrets themselves are stored nowhere.
object!(User {
    name, role, "password_hash" = password, disabled, deleted_at, created_at, sessions_from, tokens_from, settings,
});
object!(PersonalSettings {
    language,
    blur,
    density,
    keys,
    break_minutes,
    gravest_in_a_row,
});
object!(Key {
    id, name, scopes, "secret_sha256" = secret, created_at, expires_at, revoked_at, last_used_at,
});
object!(Token {
    id, user, name, "secret_sha256" = secret, created_at, expires_at, revoked_at,
});

/// Without `id` and `used_at`, as it was exported before sign-ins had them, they are those of its record.
impl Json for Session {
    fn to_json(&self) -> Value {
        let Self {
            id,
            user,
            secret,
            created_at,
            expires_at,
            ended_at,
            used_at,
            address,
        } = self;
        let mut object = Map::new();
        put(&mut object, "id", id.to_json());
        put(&mut object, "user", user.to_json());
        put(&mut object, "secret_sha256", secret.to_json());
        put(&mut object, "created_at", created_at.to_json());
        put(&mut object, "expires_at", expires_at.to_json());
        put(&mut object, "ended_at", ended_at.to_json());
        put(&mut object, "used_at", used_at.to_json());
        put(&mut object, "address", address.to_json());
        Value::Object(object)
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let secret = take(&mut object, "secret_sha256")?;
        let created_at = take(&mut object, "created_at")?;
        let id: Option<SessionId> = take(&mut object, "id")?;
        let used_at: Option<_> = take(&mut object, "used_at")?;
        let read = Self {
            id: id.unwrap_or_else(|| Self::id_of(secret)),
            user: take(&mut object, "user")?,
            secret,
            created_at,
            expires_at: take(&mut object, "expires_at")?,
            ended_at: take(&mut object, "ended_at")?,
            used_at: used_at.unwrap_or(created_at),
            address: take(&mut object, "address")?,
        };
        nothing_left(&object).map(|()| read)
    }
}

impl Json for SecretHash {
    fn to_json(&self) -> Value {
        self.0.to_json()
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        Json::from_json(value).map(Self)
    }
}

/// What was contested, and by which appeal.
impl Json for (AppealedDecision, AppealId) {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        put(&mut object, "contested", self.0.to_json());
        put(&mut object, "appeal_id", self.1.to_json());
        Value::Object(object)
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let read = (
            take(&mut object, "contested")?,
            take(&mut object, "appeal_id")?,
        );
        nothing_left(&object).map(|()| read)
    }
}

/// A text and its salt.
impl Json for (String, [u8; 16]) {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        put(&mut object, "said", self.0.to_json());
        put(&mut object, "salt", self.1.to_json());
        Value::Object(object)
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let read = (take(&mut object, "said")?, take(&mut object, "salt")?);
        nothing_left(&object).map(|()| read)
    }
}

impl Json for StoredAnswer {
    fn to_json(&self) -> Value {
        let Self {
            slot,
            request,
            expires_at,
            status,
            body,
        } = self;
        let mut object = Map::new();
        put(&mut object, "slot", slot.to_json());
        put(&mut object, "request_sha256", request.to_json());
        put(&mut object, "expires_at", expires_at.to_json());
        put(&mut object, "status", status.to_json());
        put(&mut object, "body", Base64(body.clone()).to_json());
        Value::Object(object)
    }

    fn from_json(value: Value) -> Result<Self, ShapeFault> {
        let mut object = fields(value)?;
        let Base64(body) = take(&mut object, "body")?;
        let read = Self {
            slot: take(&mut object, "slot")?,
            request: take(&mut object, "request_sha256")?,
            expires_at: take(&mut object, "expires_at")?,
            status: take(&mut object, "status")?,
            body,
        };
        nothing_left(&object).map(|()| read)
    }
}
