//! Reading, and building what is shown: nothing here commits anything.

mod appeal;
mod case;
mod case_history;
mod comment;
mod event;
mod member_data;
mod notice;
mod report;
mod retention;

pub use case_history::CaseHistories;
pub use member_data::{ATTACHED_MAX, MemberData};
