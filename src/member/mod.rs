//! Members: whether a nickname impersonates somebody, a member's standing, whether posts are a flood.
//!
//! This room knows `text` and `time`. It finds protected names and floods; what follows from them is up to the rulebook.

mod everyday;
mod figure_name;
mod flood;
mod look_alike;
pub mod nickname;
mod staff_title;
mod standing;

pub use everyday::{Everyday, TooShort};
pub use flood::{FloodFound, FloodLimit, FloodLimits, FloodRules, FloodWatch, PostEvent};
pub use look_alike::LookAlike;
pub use standing::{MemberStanding, SANCTION_DAYS_MAX, SanctionKind};
