//! How many requests a second a key may make, where a rate is set.
//!
//! Local to the node: to share the counts would cost a round trip for each request. Over several nodes a key has its rate at each
//! of them, so at most that many times as much.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

use crate::id::KeyId;

/// Each key's rate; the default is none. Only keys that exist are counted, so memory is bounded by their number; what
/// a key has not used for a second is a burst of one second's requests.
#[derive(Clone, Default)]
pub struct KeyRate(Option<Arc<DefaultKeyedRateLimiter<KeyId>>>);

impl KeyRate {
    /// So many requests a second for each key; 0: any number.
    pub fn per_second(requests: u32) -> Self {
        let quota = NonZeroU32::new(requests).map(Quota::per_second);
        Self(quota.map(|quota| Arc::new(RateLimiter::keyed(quota))))
    }

    /// Counts a request; or tells how long its key has to wait.
    pub(super) fn check(&self, key: KeyId) -> Result<(), Duration> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter
            .check_key(&key)
            .map_err(|until| until.wait_time_from(limiter.clock().now()))
    }
}

impl fmt::Debug for KeyRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRate").field(&self.0.is_some()).finish()
    }
}
