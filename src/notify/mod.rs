//! The news' way out: each line is sent to each webhook that wants it, as Standard Webhooks says, until it arrives or a
//! day has passed.
//!
//! What is about one comment (or member, or report) goes in order: nothing is tried while an earlier line about the same is
//! still on its way. A dead letter holds nothing up. What has arrived is kept track of in the store, so a line can come
//! twice after a crash and is never lost.

mod courier;
mod reach;

pub use courier::{choose_tls, run};
pub use reach::Reach;
