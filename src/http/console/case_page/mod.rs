//! The parts of a case's page, made from the view that the JSON API answers with.

mod around;
mod diff;
mod panels;
mod record;
mod texts;
mod words;

pub use around::{Article, Other, Parent, siblings};
pub use panels::{Acts, Panels, Typed};
pub use record::{Line, Member, Reports, Rulings, appeal, lines_of_audit, notes, recents};
pub use texts::CaseTexts;
pub use words::{Hit, Score, Words};
