//! Personal data and contact data, recognised by their form: numbers with their checksums, addresses, ids.
//!
//! Nothing here knows a list or a rule. [`find`] undoes ways of writing (width, circles, Chinese digits, O for 0, a
//! spelled-out dot, invisible characters, a few separators) and reports what it finds and where; whether it matters is
//! decided elsewhere. Every scanner looks ahead a bounded number of characters, so the time is linear in the length of
//! any text.
//!
//! The files, each using only those before it: `kind`, `numeral`, `contact_words`; the gate ([`may_hold`]); `signs`
//! (the text as the scanners see it); `host` and `digits`; a scanner for each kind; `find`.

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
mod wide_host;

pub use find::{PatternScratch, find};
pub use gate::may_hold;
pub use kind::{PatternHit, PatternKind};
pub use numeral::NUMERALS_MIN;
pub(super) use numeral::is_digit;
pub use wide_host::is_host;
