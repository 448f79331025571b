//! What moderators and readers do: reports, appeals, cases, claims, rulings, and what is in force because of them.
//!
//! A case's state changes by one transition table ([`step`]); a claim is a lease, not a state. Functions take what was read and
//! return the [`Change`](crate::record::Change) to commit. It names the row versions that were read: of two moderators who rule on
//! the same case at once, the second is refused.

mod appeal;
mod appealable;
mod background;
mod board_example;
mod case_history;
mod case_opening;
mod claim;
mod counting;
mod effect;
mod effective;
mod erasure;
#[cfg(test)]
mod examples;
mod filter_cases;
mod forms;
mod hold;
mod model;
mod open_case;
mod operations;
mod outbox;
mod penalty;
mod purge;
mod qa;
mod rejudge;
mod rejudge_job;
mod reply;
mod report;
mod report_weight;
mod reporter;
mod ruling;
mod sanction;
mod suggestion;
mod transition;
mod undo;
mod words;

pub use appeal::{AppealRequest, appeal, appeal_sanction};
pub use appealable::{
    AppealRefused, AppealTarget, appeal_target, appealable_until, sanction_appealable_until,
};
pub use background::Background;
pub use board_example::{BoardExample, example_of, nickname_example_of, without_majorities};
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
pub use erasure::{
    RetentionCause, begin_erasure, case_retention, end_erasure_pass, erase_appeals, erase_case,
    erase_member_records, erase_reports, erased_report, last_covered_revision, standing_retention,
};
pub use filter_cases::{CaseOrigin, FilterCases, Replaced};
pub use forms::{
    form_of_nickname, form_tallies_dropped, forms_dropped, forms_erased, forms_of_decision,
};
pub use hold::{place_hold, release_hold};
pub use model::{kept_back, release_model, roll_back, store_model};
pub use open_case::{ModeratorCase, OpenRefused, open_case, open_member_case};
pub use operations::{audited, compacted};
pub use outbox::{
    deliveries_recorded, delivery_replayed, events_dropped, expired_events, fan_out_step,
    is_reached, webhook_changed,
};
pub use purge::{CommentRecords, Retention, is_purgeable, purge, purge_older_revisions};
pub use qa::{review_removal, review_ruling, sample_of_removal};
pub use rejudge::{Reassessment, changed_signals, decide_again, known_signals, reassess, rejudge};
pub use rejudge_job::{begin_rejudging, rejudge_previewed, rejudging_step, stop_rejudging};
pub use reply::{deleted_reply, reply_changed};
pub use report::{ReportRequest, report};
pub use report_weight::{
    ReportWeight, TrackRecord, WEIGHT_NEUTRAL, compared_comments, is_brigade, weight_of,
};
pub use reporter::{OpenReports, dismiss, mute};
pub use ruling::{RuleFault, RulingContext, RulingRequest, rule};
pub use sanction::{
    ImposedByAdmin, NoProposal, RevocationRequest, SanctionProposal, SanctionRequest, impose,
    proposed_sanction, revoke,
};
pub use suggestion::{RuledText, Suggestion, is_enough, suggestions};
pub use transition::{CaseEvent, TransitionRefused, step};
pub use undo::undo;
pub use words::word_step;
