//! What one node keeps in memory beside the store. No answer depends on it for being right: after a restart it is empty, and each
//! file says what a node loses with it and why a second node over the same database needs no share of it.

mod article_cache;
mod hand_outs;
mod in_flight;
mod last_reload;
mod last_uses;
mod live_feed;
mod purged_up_to;
mod security_log;
mod throttle;

pub use article_cache::ArticleCache;
pub use hand_outs::HandOuts;
pub use in_flight::InFlightKeys;
pub use last_reload::{LastReload, ReloadState};
pub use last_uses::LastUses;
pub use live_feed::{FeedMessage, LiveEvent, LiveFeed, Subscription};
pub use purged_up_to::PurgedUpTo;
pub use security_log::{RefusalEvent, RefusalKind, SecurityLog, TARGET};
pub use throttle::{Attempt, Throttle};
