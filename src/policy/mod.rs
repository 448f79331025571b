//! What the rules say: codes, the matrix, and from findings to a decision.
//!
//! Everything here is a value or a pure function. A [`Decision`] is the filter's alone and never changes; what people
//! ruled later lies over it (`review::in_force`).

pub mod decide;
pub mod decision;
pub mod ladder;
pub mod notice;
mod notice_places;
pub mod rule;
pub mod rulebook;
pub mod rules;

pub use decide::{Findings, TagFindings, Whose, decide};
pub use decision::{Decision, Place, Reason, RulebookVersion, Score, TagDecision};
pub use ladder::{Ladder, Proposal};
pub use notice::{Notice, Notices};
pub use rule::{CODES, CodeRow, GivenBy, ReasonCode, Rule, Verdict};
pub use rulebook::{Fault, Rulebook, RulebookFiles};
pub use rules::{Cell, CodeRules, Rules, disabled_lists};
