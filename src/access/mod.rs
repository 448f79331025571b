//! Who may what.
//!
//! One table ([`CALLS`]) says of every call of the HTTP contract what it needs; routes, the OpenAPI document and the
//! tests read it. This room knows callers and their rights; it has never heard of passwords' hashes on disk or of HTTP
//! headers.

mod caller;
mod requirement;
mod scope;

pub use caller::Caller;
pub use requirement::Requirement;
pub use scope::{CALLS, Call, CallRow, need_of};
