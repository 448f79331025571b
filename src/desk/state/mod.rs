//! What one node holds in memory besides the store. No answer depends on it to be correct: it is empty after a restart, and each
//! file says what is lost then and why nodes over the same database need not share it.

mod article_cache;
mod gravest_runs;
mod hand_outs;
mod in_flight;
mod last_reload;
mod last_suggestions;
mod last_uses;
mod live_feed;
mod purged_up_to;
mod ruled_days;
mod security_log;
mod segment_waits;
mod sign_in_link;
mod throttle;

pub use article_cache::ArticleCache;
pub use gravest_runs::GravestRuns;
pub use hand_outs::HandOuts;
pub use in_flight::InFlightKeys;
pub use last_reload::{LastReload, ReloadState};
pub use last_suggestions::LastSuggestions;
pub use last_uses::LastUses;
pub use live_feed::{FeedMessage, LiveEvent, LiveFeed, Subscription};
pub use purged_up_to::PurgedUpTo;
pub use ruled_days::RuledDays;
pub use security_log::{RefusalEvent, RefusalKind, SecurityLog, TARGET};
pub use segment_waits::SegmentWaits;
pub use sign_in_link::SignInLink;
pub use throttle::{Attempt, Throttle};
