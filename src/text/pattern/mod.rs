//! Personal data and contact data, known by their form: numbers with their checksums, addresses, ids.
//!
//! Nothing here knows a list or a rule. [`find`] undoes ways of writing (width, circles, Chinese digits, O for 0, a spelled
//! dot, invisible characters, separators within reason) and tells what stands where; whether it matters is said elsewhere.
//! Every scanner looks ahead a bounded number of characters, so the time is linear in the text, whatever the text.

mod card;
mod contact;
mod contact_words;
mod digits;
mod email;
mod find;
mod gate;
mod host;
mod identity;
mod kind;
mod numeral;
mod phone;
mod signs;
mod url;

pub use find::{PatternScratch, find};
pub use gate::may_hold;
pub use host::is_host;
pub use kind::{PatternHit, PatternKind};
pub use numeral::NUMERALS_MIN;
pub(super) use numeral::is_digit;
