//! Who writes: what a nickname claims, how a member stands, whether posts are a flood.
//!
//! This room knows `text` and `time`. It finds names that are not the member's to bear, and what is said too often; what
//! follows is the rulebook's.

mod everyday;
mod flood;
mod look_alike;
pub mod nickname;
mod standing;

pub use everyday::{Everyday, TooShort};
pub use flood::{FloodFound, FloodLimit, FloodLimits, FloodRules, FloodWatch, PostEvent};
pub use look_alike::LookAlike;
pub use standing::{MemberStanding, SANCTION_DAYS_MAX, SanctionKind};
