//! What moderators do: cases, claims, rulings, and what is in force because of them.
//!
//! States move in one table ([`step`]); a claim is a lease beside the state. Everything is a value handed in and a
//! value handed back, so that two moderators can never rule one case unknowingly: whoever commits second is told.

mod audit;
mod case;
mod claim;
mod event;
mod hearing;
mod in_force;
mod member;
mod news;
mod priority;
mod rejudge;
mod ruling;
mod tally;
mod webhook;

pub use audit::{
    AuditDraft, AuditEntry, AuditSubject, CLOCK_ACCEPTED, Digest, RevisionDigest, Words,
    is_subject_key,
};
pub use case::{
    Case, CaseArticle, CaseMember, EXCERPT_CHARS_MAX, Excerpt, Ground, Reported, SecondLook,
    Source, Subject, SubjectRecord, SubjectRuling,
};
pub use claim::{Claim, ClaimRefused, claim, release};
pub use event::{Event, NotAllowed, Resolution, State, step};
pub use hearing::{
    Appeal, Contested, Docket, Hearing, Mute, Note, Outcome, Report, ReporterRecord, SetAside,
    TrackRecord, WEIGHT_UNKNOWN, weight_of,
};
pub use in_force::{DecidedBy, InForce, Standing, TagInForce, in_force};
pub use member::{
    Authority, LaidByAdmin, Lifted, Lifting, MemberRecord, Nickname, Sanction, SanctionChange,
    SanctionRequest, Strike, gravest, lay, lift,
};
pub use news::{News, NewsOf, Spread, Spreading};
pub use priority::{Order, Priority};
pub use rejudge::{REJUDGED, Rejudge, RejudgeCause, RejudgeScope, Rejudgement};
pub use ruling::{
    Against, Before, Bench, Mark, RuleFault, Ruling, RulingChange, RulingRequest, Target, Undone,
    Verb, lacks_code, rule, spelling_of, state_name, undo,
};
pub use tally::{Tally, TallyOf, bucket, tallies_of_decision, tallies_of_ruling};
pub use webhook::{Delivery, WEBHOOKS_MAX, Webhook, WebhookSecret};
