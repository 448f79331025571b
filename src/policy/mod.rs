//! The rules of the board: what each code and severity does, and the decision about a comment.
//!
//! Everything here is a value or a pure function. A [decision](crate::record::Decision) is the filter's own and never
//! changes; a later ruling overrides it without replacing it (`review::effective_verdict`).

pub mod board_words;
pub mod decide;
mod files;
mod findings;
mod forms;
mod model;
mod nickname_findings;
pub mod notice;

pub mod penalty_schedule;
mod placeholders;
pub mod rulebook;
pub mod rules;
mod shown_texts;

pub use decide::decide;
pub use files::{Fault, RulebookFiles};
pub use findings::{AuthorSignals, Findings, Scores, TagFindings, TextScore};
pub use forms::FormStandings;
pub use model::{Model, ScoreExplanation};
pub use notice::{Notice, Notices};
pub use penalty_schedule::{PenaltySchedule, ProposedSanction};
pub use placeholders::check_reply;
pub use rulebook::{Origin, Rulebook};
pub use rules::{CodeRules, Rules, SeverityAction, disabled_lists};
