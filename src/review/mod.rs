//! What moderators do: cases, claims, rulings, and what is in force because of them.
//!
//! States move in one table ([`step`]); a claim is a lease beside the state. Everything is a value handed in and a
//! value handed back, so that two moderators can never rule one case unknowingly: whoever commits second is told.

mod audit;
mod case;
mod claim;
mod counting;
mod effective;
mod member;
mod report;
mod ruling;
mod transition;

pub use audit::{
    AuditDraft, AuditEntry, AuditSubject, CLOCK_ACCEPTED, Digest, RedactableText, RevisionDigest,
    is_subject_key,
};
pub use case::{
    Case, CaseArticle, CaseMember, CaseReason, EXCERPT_CHARS_MAX, Excerpt, QaReview, ReportTotals,
    Source,
};
pub use claim::{ClaimRefused, claim, release};
pub use counting::{tallies_of_decision, tallies_of_ruling};
pub use effective::{
    DecidedBy, EffectiveDecision, EffectiveTag, SubjectRulings, effective_verdict,
};
pub use member::{
    Authority, ImposedByAdmin, MemberRecord, NicknameUse, Revocation, RevocationRequest, Sanction,
    SanctionChange, SanctionRequest, Strike, gravest, impose, revoke,
};
pub use report::{
    Appeal, AppealOutcome, AppealedDecision, CaseHistory, DecisionPoint, Dismissal, Mute, Note,
    Report, ReportOutcome, ReporterRecord, TrackRecord, WEIGHT_NEUTRAL, weight_of,
};
pub use ruling::{
    MemberContext, Reversal, RuleFault, Ruling, RulingAuthority, RulingChange, RulingEffect,
    RulingRequest, RulingSubject, UndoSnapshot, lacks_code, rule, spelling_of, undo,
};
pub use transition::{CaseEvent, TransitionRefused, step};

pub use crate::record::{
    CaseState, Claim, Delivery, Event, EventKind, FanOut, FanOutProgress, Priority, QueueRank,
    REJUDGED, Rejudge, RejudgeCause, RejudgeScope, Rejudgement, Resolution, RulingDecision,
    Subject, SubjectRecord, SubjectRuling, Tally, TallyOf, WEBHOOKS_MAX, Webhook, WebhookSecret,
    bucket, state_name,
};
