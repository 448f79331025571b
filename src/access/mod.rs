//! Who may what.
//!
//! A [`Caller`] has rights, the scopes of a key or the role of a person, and a call requires some ([`Requirement`]). Each
//! call of the HTTP contract names its requirement where it is registered, in `http`. This room has never heard of
//! passwords' hashes on disk or of HTTP headers.

mod accounts;
mod caller;
mod requirement;

pub use accounts::{accounts_changed, last_uses};
pub use caller::Caller;
pub use requirement::Requirement;
