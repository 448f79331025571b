//! The values inside of rows: their places, and the codes of their variants.

use super::{
    Format, Reader, Result, Stored, Writer, codes, form, leaf::Yes, places, rows::CaseRow, variants,
};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, MemberId, NoteId, ReceiptId, RejudgeId, ReplyId,
        ReportId, ReporterId, RulingId, SanctionId,
    },
    member::SanctionKind,
    record::{
        Actor, AppealedDecision, ArticleContent, AuditAction, AuditDraft, AuditDraftV1, AuditEntry,
        AuditSubject, Case, CaseArticle, CaseCause, CaseMember, CaseState, Claim, CountedForm,
        Decision, DecisionPoint, Density, Digest, Dismissal, EventKind, ExampleCounts, Excerpt,
        FanOut, FormModerator, KeptBack, KeyName, LeaseName, LegalHold, LossPair, ModelVersion,
        Mute, NicknameUse, PersonalSettings, PurgeCause, QaReview, QaSampleOf, Reason, ReasonCode,
        RedactableText, Rejudge, RejudgeCause, RejudgeCounts, RejudgeScope, RejudgeState,
        Rejudgement, ReportTotals, Resolution, Retained, RetainedItem, RetentionReason, Reversal,
        Revision, RevisionDigest, Revocation, Role, Rule, RulebookVersion, RulingDecision,
        RulingEffect, Sanction, SanctionSummary, Scope, Score, SentReply, Source, SpokenLanguage,
        Strike, Subject, SubjectRuling, TagDecision, Tally, TallyOf, TextLocation, UndoSnapshot,
        UserName, Verdict, WebhookSecret, Word, WordChange, WordList, Words,
    },
    text::{Disguises, Span, Surface},
    time::Timestamp,
    topic::Evidence,
};

// What the filter decided. What is rarely there comes last.
codes!(Verdict { 0 Allow, 1 Flag, 2 Remove });
codes!(Rule { 0 Unlawful, 1 Abuse, 2 Tag, 3 Nickname });
codes!(Surface { 0 Body, 1 Nickname, 2 Tags });
codes!(ReasonCode {
    0 Threat, 1 SelfHarm, 2 PersonalData, 3 Scam, 4 Sexual, 5 Profanity, 6 Insult, 7 Slur, 8 TagMeaningless, 9 TagOffTopic,
    10 TagAbusive, 11 NicknameProfanity, 12 NicknameAbuse, 13 NicknameImpersonation, 14 Flood, 15 MemberSuspended,
    16 MemberTerminated, 17 MemberWatched, 18 MemberNew, 19 UnlawfulOther, 20 Infringement, 21 KnowinglyFalse, 22 TagFalse,
    23 NicknameInfringement, 24 Other, 25 LikelyAbuse, 26 LikelyScam,
});
codes!(Evidence {
    0 InTitle, 1 InBody, 2 InSection, 3 InBoardTags, 4 SameTopic, 5 NarrowerTopic, 6 Overlap, 7 Ruled, 8 None, 9 NoArticle,
});
places!(Span {
    start: u32,
    end: u32
});
places!(RulebookVersion {
    counter: u32,
    hash: [u8; 8]
});
places!(ModelVersion {
    counter: u32,
    hash: [u8; 8]
});
places!(TextLocation { surface: Surface, tag: Option<String>, span: Span });
places!(Reason {
    code: ReasonCode, surface: Option<Surface>, tag: Option<String>, term: Option<String>, matched: Option<String>,
    span: Option<Span>, severity: u8, how: Disguises, other: Option<TextLocation>, verdict: Verdict; guessed: bool,
} in { code, verdict, severity, how, surface, term, matched, span, tag, other, guessed as Yes });
places!(TagDecision {
    tag: String, verdict: Verdict, evidence: Evidence, evidence_term: Option<String>, off_topic: bool,
} in { tag, verdict, evidence, off_topic, evidence_term });
places!(Decision {
    verdict: Verdict, would_be: Option<Verdict>, body: Option<Verdict>, nickname: Option<Verdict>, unattached: Verdict,
    tags: Vec<TagDecision>, reasons: Vec<Reason>, shadow: Vec<String>, score: Score, rulebook: RulebookVersion;
    model: Option<ModelVersion>, text_score: Option<Score>,
} in { verdict, unattached, score, rulebook, body, nickname, tags, reasons, shadow, would_be, model, text_score });
places!(Revision {
    number: u32, receipt: ReceiptId, at: Timestamp, posted_at: Option<Timestamp>, verified: bool, backfill: bool,
    body: Option<String>, nickname: Option<String>, tags: Vec<String>, decision: Decision,
} in { number, receipt, at, verified, backfill, decision, body, nickname, tags, posted_at });
variants!(RejudgeCause {
    0 Undone(ruling: RulingId), 1 Overturned(ruling: RulingId), 2 Restored(sanction: SanctionId), 3 Rulebook(job: RejudgeId),
});
places!(Rejudgement {
    revision: u32,
    at: Timestamp,
    cause: RejudgeCause,
    decision: Decision
});

// Comments and articles.
places!(ArticleContent { title: String, body: String, section: Option<String>, tags: Vec<String>, url: Option<String> });
places!(LegalHold {
    by: Actor,
    at: Timestamp,
    reason: String
});
variants!(AppealedDecision { 0 Ruling(id: RulingId), 1 Filter(revision: u32), 2 Sanction(id: SanctionId) });

// Cases and rulings.
variants!(Actor { 0 System, 1 User(name: UserName), 2 Key(name: KeyName), 3 Operator });
variants!(Subject { 0 Comment(id: CommentId), 1 Nickname(id: MemberId), 2 Tag { article: ArticleId, tag: String } });
places!(SubjectRuling {
    ruling: RulingId, text: String, approved: bool, code: Option<ReasonCode>, on_appeal: bool, at: Timestamp;
    reply: Option<Words>,
});
codes!(Source { 0 Filter, 1 Report, 2 Appeal, 3 Edit, 4 Moderator, 5 Sample });
codes!(Resolution { 0 Approved, 1 Removed, 2 TagsRemoved, 3 Withdrawn });
codes!(RulingDecision { 0 Approve, 1 Remove, 2 RemoveTags, 3 Escalate });
variants!(CaseState { 0 Open, 1 Escalated, 2 Resolved(resolution: Resolution) });
places!(Claim {
    by: Actor,
    until: Timestamp
});
places!(Excerpt {
    surface: Surface,
    text: String,
    span: Span
});
places!(CaseArticle { id: ArticleId, title: Option<String> });
places!(CaseMember { id: MemberId, nickname: Option<String> });
places!(ReportTotals {
    count: u32,
    weight: u32,
    coordinated: u32
});
places!(QaReview { ruling: Option<RulingId>, decision: RulingDecision, tags: Vec<String> });
places!(RulingEffect {
    ruling: RulingId, resolution: Resolution, tags: Vec<String>, code: Option<ReasonCode>, seen_terms: Vec<String>,
    on_appeal: bool, at: Timestamp; revision: Option<u32>, reply: Option<Words>,
});
places!(Words {
    zh_tw: String,
    en: String
});
places!(SentReply {
    id: ReplyId,
    text: Words
});
codes!(RejudgeState { 0 Previewed, 1 Running, 2 Done, 3 Stopped });
places!(RejudgeCounts {
    judged: u32,
    restored: u32,
    flagged: u32,
    cleared: u32,
    tags: u32,
    harsher: u32
});
places!(CountedForm {
    term: String,
    written: String,
    is_upheld: bool
});
places!(Reversal {
    by: Actor,
    at: Timestamp
});
places!(UndoSnapshot { case: Case, effect: Option<RulingEffect>, subject: Option<SubjectRuling> });

/// A ruling holds the case before it as the case's own row would.
impl Stored for Case {
    fn put(&self, to: &mut Writer) {
        CaseRow::from(self.clone()).put(to);
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        CaseRow::take(from).map(Self::from)
    }
}

// Members.
codes!(SanctionKind { 0 Warn, 1 Watch, 2 Suspend, 3 Terminate });
places!(NicknameUse {
    text: String,
    at: Timestamp,
    verdict: Verdict
});
places!(Strike {
    ruling: RulingId, case: CaseId, post: Option<CommentId>, code: ReasonCode, severity: u8, points: u32, at: Timestamp,
    expires_at: Timestamp, superseded_by: Option<RulingId>,
});
places!(Revocation { by: Actor, at: Timestamp, reason: String, ruling: Option<RulingId>, undone: bool });
places!(Sanction {
    id: SanctionId, kind: SanctionKind, days: Option<u32>, until: Option<Timestamp>, code: Option<ReasonCode>,
    reason: Option<String>, ruling: Option<RulingId>, by: Actor, imposed_by_admin: bool, at: Timestamp, appeal: Option<AppealId>,
    revoked: Option<Revocation>, void: Option<RejudgeCause>,
});

// Reports and appeals.
places!(DecisionPoint {
    case: CaseId,
    version: u32
});
places!(Dismissal {
    by: Actor,
    at: Timestamp,
    reason: String
});
places!(Mute {
    until: Timestamp,
    dismissal: Dismissal
});

// Events for the board.
variants!(EventKind {
    0 Comment(id: CommentId), 1 SanctionImposed(member: MemberId, sanction: SanctionId),
    2 SanctionRevoked(member: MemberId, sanction: SanctionId), 3 Report(id: ReportId), 4 Appeal(id: AppealId),
});
variants!(FanOut {
    0 Nickname(member: MemberId, nickname: String), 1 Tag(article: ArticleId, tag: String), 2 Reports(case: CaseId),
    3 Rejudge(comments: Rejudge),
});
variants!(RejudgeScope { 0 Member(member: MemberId) });
places!(Rejudge {
    scope: RejudgeScope,
    cause: RejudgeCause
});
places!(WebhookSecret { text: String, until: Option<Timestamp> });

// What members asked to be erased.
variants!(RetainedItem {
    0 Comment(id: CommentId), 1 Case(id: CaseId), 2 Report(id: ReportId), 3 Appeal(id: AppealId), 4 Standing, 5 Answers,
});
codes!(RetentionReason { 0 Hold, 1 CaseOpen, 2 UndoOpen, 3 InForce, 4 Retry });
places!(Retained { what: RetainedItem, why: RetentionReason, until: Option<Timestamp> });

codes!(LeaseName { 0 FanOut, 1 Webhooks, 2 Erasure, 3 Purge, 4 Learning, 5 CommentIndex });

// What the board learned.
places!(ExampleCounts {
    harmless: u32,
    abuse: u32,
    scam: u32
});
places!(LossPair {
    before: u32,
    after: u32
});
codes!(KeptBack { 0 NoGain, 1 Forgets, 2 OneSided });

places!(FormModerator {
    by: Actor,
    upheld: i64
});

// QA samples and tallies.
variants!(QaSampleOf { 0 Ruling(case: CaseId, ruling: RulingId), 1 Removal(comment: CommentId, revision: u32) });
variants!(TallyOf {
    0 Day, 1 Rule(rule: Rule), 2 Code(code: ReasonCode), 3 Moderator(name: String), 4 Term(term: String),
    5 Posted(of: Box<TallyOf>), 6 Form(form: String),
});
places!(Tally {
    received: i64, allowed: i64, flagged: i64, removed: i64, ruled_approve: i64, ruled_remove: i64, ruled_remove_tags: i64,
    escalated: i64, undone: i64, reports: i64, appeals: i64, overturned: i64, appeals_upheld: i64, qa_reviews: i64, qa_agreed: i64,
    hits: i64, upheld: i64, dismissed: i64, waits: std::collections::BTreeMap<u16, i64>,
});

// Accounts.
codes!(Role { 0 Viewer, 1 Moderator, 2 Admin });
codes!(Scope { 0 Moderate, 1 Report, 2 Read, 3 Review, 4 Admin });
codes!(SpokenLanguage { 0 Chinese, 1 English });
codes!(Density { 0 Comfortable, 1 Compact });
places!(PersonalSettings {
    language: Option<SpokenLanguage>, blur: bool, density: Density, keys: bool, break_minutes: Option<u32>,
    gravest_in_a_row: Option<u32>,
});

// The board's own words.
codes!(WordList {
    0 Threat, 1 SelfHarm, 2 PersonalData, 3 Scam, 4 Sexual, 5 Profanity, 6 Insult, 7 Slur, 8 Exceptions, 9 Examples,
});
places!(Word { id: String, list: WordList, cells: Vec<String>, of_files: bool, retired: bool });
variants!(WordChange { 0 Put(word: Word), 1 RollBack(to: u32) });

// The audit.
variants!(AuditSubject {
    0 Comment(id: CommentId), 1 Member(id: MemberId), 2 Tag(article: ArticleId, tag: String), 3 Article(id: ArticleId),
    4 User(name: String), 5 Key(name: String), 6 Token(id: String), 7 Rulebook(version: String), 8 Comments,
    9 Reporter(id: ReporterId), 10 Webhook(id: String), 11 Database, 12 Model(version: String),
    13 Reply(id: String),
});
places!(RevisionDigest {
    comment: u64,
    revision: u32,
    digest: [u8; 16]
});
places!(RedactableText { text: Option<(String, [u8; 16])>, digest: Digest });
places!(AuditDraftV1 {
    at: Timestamp, actor: Actor, action: String, subject: AuditSubject, from: Option<String>, to: Option<String>,
    why: Option<String>, words: Option<String>,
});
places!(AuditEntry {
    number: u64, what: AuditDraft, words: Option<RedactableText>, revisions: Vec<RevisionDigest>,
});

form!(
    /// A draft as format 2 has it; its text is kept apart.
    AuditDraftForm {
        at: Timestamp, actor: Actor, action: AuditAction, subject: AuditSubject, from: Option<String>, to: Option<String>,
    }
);

/// In format 1 an action is two strings; the table that reads them is frozen.
impl Stored for AuditDraft {
    fn put(&self, to: &mut Writer) {
        let draft = self.clone();
        match to.format {
            Format::First => AuditDraftV1::from(draft).put(to),
            Format::Second => AuditDraftForm {
                at: draft.at,
                actor: draft.actor,
                action: draft.action,
                subject: draft.subject,
                from: draft.from,
                to: draft.to,
            }
            .put(to),
        }
    }

    fn take(from: &mut Reader<'_>) -> Result<Self> {
        if from.format == Format::First {
            return AuditDraftV1::take(from).map(Self::from);
        }
        let form = AuditDraftForm::take(from)?;
        Ok(Self {
            at: form.at,
            actor: form.actor,
            action: form.action,
            subject: form.subject,
            from: form.from,
            to: form.to,
            words: None,
        })
    }
}

places!(SanctionSummary { id: SanctionId, kind: SanctionKind, days: Option<u32> });
codes!(PurgeCause { 0 Retention, 1 Erasure });
variants!(CaseCause { 0 Code(code: ReasonCode), 1 Appeal, 2 Sample, 3 Edit, 4 Rejudged });
variants!(AuditAction {
    0 ArticleStored, 1 CaseClaimed, 2 CaseEscalated, 3 CaseReleased, 4 CaseSkipped, 5 CaseTakenOver, 6 CaseWithdrawn,
    7 ClockAccepted, 8 CommentHeld, 9 CommentReleased, 10 CommentWithdrawn, 11 CommentsAllowed, 12 DatabaseBackedUp,
    13 DatabaseCompacted, 14 ErasureFinished, 15 KeyCreated, 16 KeyRevoked, 17 MemberErased, 18 PasswordChanged,
    19 ReporterDismissed, 20 ReporterMuted, 21 ReporterUnmuted, 22 RulebookAccepted, 23 RulebookLoaded, 24 SessionBegan,
    25 SessionEnded, 26 SessionsEnded, 27 TokenCreated, 28 TokenRevoked, 29 UserChanged, 30 UserCreated, 31 UserDeleted,
    32 WebhookChanged, 33 WebhookCreated, 34 WebhookRemoved, 35 WebhookReplayed,
    36 AppealMade { appeal: AppealId, member: MemberId }, 37 CaseNoted(note: NoteId), 38 CaseOpened(cause: CaseCause),
    39 CaseReopened(cause: CaseCause), 40 CaseSampled, 41 CommentJudged(codes: Vec<ReasonCode>),
    42 CommentEdited(codes: Vec<ReasonCode>), 43 CommentCameAlong(codes: Vec<ReasonCode>),
    44 CommentRejudged { cause: RejudgeCause, decision: String }, 45 CommentsPurged(cause: PurgeCause),
    46 ReportMade { report: ReportId, reporter: ReporterId }, 47 RulingMade { ruling: RulingId, code: Option<ReasonCode> },
    48 RulingUndone(ruling: RulingId), 49 SanctionImposed(sanction: SanctionSummary),
    50 SanctionRevoked(sanction: SanctionSummary), 51 SanctionRestored(sanction: SanctionSummary),
    52 SignInRefused(summary: String), 53 StoreConverted,
    54 Unknown { action: String, why: Option<String> }, 55 ModelTaken, 56 ModelKept(why: KeptBack), 57 ModelRolledBack,
    58 ModelReleased, 59 SettingsChanged,
    60 RejudgeBegun, 61 RejudgeEnded, 62 ReplyChanged, 63 ReplyCreated, 64 ReplyRemoved,
    65 WordAdded(word: String), 66 WordChanged(word: String), 67 WordRetired(word: String),
    68 WordsRolledBack(to: String),
});

#[cfg(test)]
mod tests {
    use crate::record::{
        Reason, ReasonCode, Verdict,
        stored::tests::{read, written},
    };

    #[test]
    fn what_is_no_guess_lies_as_before_there_were_guesses() {
        let sure = Reason {
            code: ReasonCode::Insult,
            surface: None,
            tag: None,
            term: None,
            matched: None,
            span: None,
            severity: 3,
            how: crate::text::Disguises::default(),
            guessed: false,
            other: None,
            verdict: Verdict::Flag,
        };
        // Format, four places: code, verdict, severity, disguises. What is absent behind them is not there.
        assert_eq!(written(&sure), [2, 0x84, 6, 1, 3, 0]);
        let guess = Reason {
            guessed: true,
            ..sure.clone()
        };
        assert_eq!(written(&guess)[..6], [2, 0x8b, 6, 1, 3, 0]);
        assert_eq!(read::<Reason>(&written(&sure)), sure);
        assert_eq!(read::<Reason>(&written(&guess)), guess);
    }
}
