//! Webhook delivery: each event is sent to each webhook that subscribes to it, according to Standard Webhooks, until it is
//! accepted or a day has passed.
//!
//! Events about the same comment (or member, report, appeal) are delivered in order: none is tried before the previous one is
//! accepted. A dead letter does not block those after it. Progress is kept in the store, so after a crash an event may be
//! delivered twice but is never lost.

mod courier;
mod reach;

pub use courier::{choose_tls, run};
pub use reach::Reach;
