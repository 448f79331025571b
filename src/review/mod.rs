//! What moderators do: cases, claims, rulings, and what is in force because of them.
//!
//! States move in one table ([`step`]); a claim is a lease beside the state. Everything is a value handed in and a
//! value handed back, so that two moderators can never rule one case unknowingly: whoever commits second is told.

mod audit;
mod case;
mod claim;
mod effective;
mod member;
mod outbox;
mod priority;
mod rejudge;
mod report;
mod ruling;
mod tally;
mod transition;
mod webhook;

pub use audit::{
    AuditDraft, AuditEntry, AuditSubject, CLOCK_ACCEPTED, Digest, RedactableText, RevisionDigest,
    is_subject_key,
};
pub use case::{
    Case, CaseArticle, CaseMember, CaseReason, EXCERPT_CHARS_MAX, Excerpt, QaReview, ReportTotals,
    Source, Subject, SubjectRecord, SubjectRuling,
};
pub use claim::{Claim, ClaimRefused, claim, release};
pub use effective::{
    DecidedBy, EffectiveDecision, EffectiveTag, SubjectRulings, effective_verdict,
};
pub use member::{
    Authority, ImposedByAdmin, MemberRecord, NicknameUse, Revocation, RevocationRequest, Sanction,
    SanctionChange, SanctionRequest, Strike, gravest, impose, revoke,
};
pub use outbox::{Event, EventKind, FanOut, FanOutProgress};
pub use priority::{Priority, QueueRank};
pub use rejudge::{REJUDGED, Rejudge, RejudgeCause, RejudgeScope, Rejudgement};
pub use report::{
    Appeal, AppealOutcome, AppealedDecision, CaseHistory, DecisionPoint, Dismissal, Mute, Note,
    Report, ReportOutcome, ReporterRecord, TrackRecord, WEIGHT_NEUTRAL, weight_of,
};
pub use ruling::{
    MemberContext, Reversal, RuleFault, Ruling, RulingAuthority, RulingChange, RulingDecision,
    RulingEffect, RulingRequest, RulingSubject, UndoSnapshot, lacks_code, rule, spelling_of,
    state_name, undo,
};
pub use tally::{Tally, TallyOf, bucket, tallies_of_decision, tallies_of_ruling};
pub use transition::{CaseEvent, CaseState, Resolution, TransitionRefused, step};
pub use webhook::{Delivery, WEBHOOKS_MAX, Webhook, WebhookSecret};
