//! What the rules say: codes, the matrix, and from findings to a decision.
//!
//! Everything here is a value or a pure function. A [decision](crate::record::Decision) is the filter's alone and never
//! changes; what people ruled later lies over it (`review::effective_verdict`).

pub mod decide;
pub mod notice;
mod notice_places;
pub mod penalty_schedule;
pub mod rulebook;
pub mod rules;

pub use decide::{AuthorSignals, Findings, TagFindings, decide};
pub use notice::{Notice, Notices};
pub use penalty_schedule::{PenaltySchedule, ProposedSanction};
pub use rulebook::{Fault, Rulebook, RulebookFiles};
pub use rules::{CodeRules, Rules, SeverityAction, disabled_lists};
