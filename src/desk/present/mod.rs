//! Reading, and building what is shown: nothing here commits anything.

mod appeal;
mod case;
mod case_actions;
mod case_history;
mod comment;
mod event;
mod hits;
mod member_data;
mod notice;
mod notice_previews;
mod report;
mod retention;
mod ruling;
mod thread;

pub use case_history::CaseHistories;
pub use member_data::{ATTACHED_MAX, MemberData};
pub use ruling::RulingBasis;
