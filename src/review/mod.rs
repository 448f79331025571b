//! What moderators and readers do: reports, appeals, cases, claims, rulings, and what is in force because of them.
//!
//! States move in one table ([`step`]); a claim is a lease beside the state. Everything is a value handed in and a
//! value handed back, so that two moderators can never rule one case unknowingly: whoever commits second is told.

mod appeal;
mod background;
mod case_history;
mod case_opening;
mod claim;
mod counting;
mod effect;
mod effective;
mod open_case;
mod operations;
mod outbox;
mod penalty;
mod qa;
mod report;
mod ruling;
mod sanction;
mod transition;
mod undo;

pub use appeal::{
    AppealRefused, AppealRequest, AppealTarget, appeal, appeal_sanction, appeal_target,
    appealable_until, sanction_appealable_until,
};
pub use background::Background;
pub use case_history::{
    CaseHistory, end_of_appeal, end_of_report, outcome_of_appeal, outcome_of_report, reported_codes,
};
pub use case_opening::{CaseContext, MemberCaseContext, case_article, case_reason};
pub use claim::{ClaimRefused, add_note, claim, has_single_reviewer, is_for_others, release, skip};
pub use counting::tallies_of_decision;
pub use effect::{RulingSubject, spelling_of};
pub use effective::{
    DecidedBy, EffectiveDecision, EffectiveTag, SubjectRulings, effective_verdict,
};
pub use open_case::{ModeratorCase, OpenRefused, open_case, open_member_case};
pub use operations::{audited, compacted};
pub use outbox::{deliveries_recorded, delivery_replayed, events_dropped, webhook_changed};
pub use qa::{review_removal, review_ruling, sample_of_removal};
pub use report::{
    OpenReports, ReportRequest, ReportWeight, TrackRecord, WEIGHT_NEUTRAL, compared_comments,
    dismiss, is_brigade, mute, report, weight_of,
};
pub use ruling::{RuleFault, RulingContext, RulingRequest, rule};
pub use sanction::{
    Authority, ImposedByAdmin, RevocationRequest, SanctionRequest, impose, proposed_sanction,
    revoke,
};
pub use transition::{CaseEvent, TransitionRefused, step};
pub use undo::undo;
