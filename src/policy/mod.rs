//! What the rules say: codes, the matrix, and from findings to a decision.
//!
//! Everything here is a value or a pure function. A [`Decision`] is the filter's alone and never changes; what people
//! ruled later lies over it (`review::in_force`).

pub mod decide;
pub mod decision;
pub mod notice;
mod notice_places;
pub mod penalty_schedule;
pub mod rule;
pub mod rulebook;
pub mod rules;

pub use decide::{AuthorSignals, Findings, TagFindings, decide};
pub use decision::{Decision, Reason, RulebookVersion, Score, TagDecision, TextLocation};
pub use notice::{Notice, Notices};
pub use penalty_schedule::{PenaltySchedule, ProposedSanction};
pub use rule::{CODES, CodeRow, GivenBy, ReasonCode, Rule, Verdict};
pub use rulebook::{Fault, Rulebook, RulebookFiles};
pub use rules::{CodeRules, Rules, SeverityAction, disabled_lists};
