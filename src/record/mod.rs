//! What is stored: comments, decisions, cases, events, accounts and the rest.
//!
//! A record is plain data, with functions that need nothing but the record. Who may change it, and how, is decided in the rooms
//! above: by the rulebook (`policy`), by moderators and readers (`review`), by a submission (`intake`). Its form on disk is a type
//! of its own in [`stored`]: a field that is added here is added there.

mod account;
mod actor;
mod answer;
mod appeal;
mod article;
mod audit;
mod audit_action;
mod case;
mod change;
mod claim;
mod code;
mod comment;
mod comment_index;
mod covered;
mod decision;
mod erasure;
mod event;
#[cfg(test)]
pub(crate) mod examples;
mod fault;
mod form;
mod lease;
mod member;
mod model;
mod note;
mod precondition;
mod priority;
mod qa_sample;
mod rejudge_job;
mod rejudgement;
mod reply;
mod report;
mod rights;
mod ruling;
mod settings;
mod state;
pub mod stored;
mod subject;
mod tally;
mod webhook;
mod word;

pub use account::{
    Key, KeyName, NAME_CHARS_MAX, NameFault, SecretHash, Session, Token, User, UserName,
    folded_name,
};
pub use actor::{Actor, Authority};
pub use answer::StoredAnswer;
pub use appeal::{Appeal, AppealOutcome, AppealedDecision};
pub use article::{Article, ArticleContent};
pub use audit::{
    AuditDraft, AuditDraftV1, AuditEntry, AuditRow, AuditSubject, Digest, RedactableText,
    RevisionDigest, is_subject_key,
};
pub use audit_action::{AuditAction, CaseCause, PurgeCause, SanctionSummary};
pub use case::{
    Case, CaseArticle, CaseMember, CaseReason, EXCERPT_CHARS_MAX, Excerpt, QaReview, ReportTotals,
    Source,
};
pub use change::{AccountWrite, Change, ChangeBuilder, ChangeParts, Write};
pub use claim::Claim;
pub use code::{CODES, CodeRow, GivenBy, ReasonCode, Rule, Verdict};
pub use comment::{Comment, LegalHold, Revision};
pub use comment_index::{
    SEGMENT_SPAN, Segment, SegmentBuilder, SegmentPart, Token as IndexToken, content_stamp,
};
pub use covered::{Covered, Hashed};
pub use decision::{
    Decision, ModelVersion, PLACES_PER_TERM_MAX, REASONS_MAX, Reason, RulebookVersion, Score,
    TagDecision, TextLocation,
};
pub use erasure::{Erasure, Retained, RetainedItem, RetentionReason};
pub use event::{Event, EventKind, FanOut, FanOutProgress};
pub use fault::RecordFault;
pub use form::{
    FORM_CHARS_MAX, Form, FormKey, FormModerator, FormStanding, TOKEN_TERM, token_in, written_form,
};
pub use lease::{Lease, LeaseName};
pub use member::{MemberRecord, NicknameUse, Revocation, Sanction, Strike, gravest};
pub use model::{
    ExampleCounts, KeptBack, LossPair, MODEL_PART_BYTES, MODELS_KEPT, ModelPart, ModelRecord,
    ModelState,
};
pub use note::Note;
pub use precondition::Precondition;
pub use priority::Priority;
pub use qa_sample::{DueQaSample, QaSample, QaSampleOf};
pub use rejudge_job::{REJUDGE_JOBS_MAX, RejudgeCounts, RejudgeJob, RejudgeState};
pub use rejudgement::{Rejudge, RejudgeCause, RejudgeScope, Rejudgement};
pub use reply::{REPLIES_MAX, REPLY_CHARS_MAX, REPLY_TITLE_CHARS_MAX, Reply, SentReply, Words};
pub use report::{DecisionPoint, Dismissal, Mute, Report, ReportOutcome, ReporterRecord};
pub use rights::{Role, Scope};
pub use ruling::{CountedForm, Reversal, Ruling, RulingEffect, UndoSnapshot};
pub use settings::{
    BREAK_MINUTES_MAX, Density, GRAVEST_IN_A_ROW_MAX, PersonalSettings, SpokenLanguage,
};
pub use state::{CaseState, Resolution, RulingDecision, state_name};
pub use subject::{Subject, SubjectRecord, SubjectRuling};
pub use tally::{Tally, TallyOf, TallyRow, bucket};
pub use webhook::{Delivery, WEBHOOKS_MAX, Webhook, WebhookSecret};
pub use word::{BoardWord, BoardWords, WORDS_MAX, Word, WordChange, WordKind, WordList, WordStep};
