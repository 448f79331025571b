//! The system's clock and dice; nothing else in the crate reads them.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::time::{Clock, Timestamp};

/// The system's clock, held so that it never runs backwards, and the system's source of chance.
#[derive(Debug, Default)]
pub struct SystemClock {
    last_ms: AtomicI64,
}

impl SystemClock {
    /// From now on no time before `earliest` is told: what was stored stays in the past.
    pub fn not_before(&self, earliest: Timestamp) {
        self.last_ms.fetch_max(earliest.as_ms(), Ordering::AcqRel);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let before = self.last_ms.fetch_max(now, Ordering::AcqRel);
        Timestamp::from_ms(now.max(before))
    }

    fn dice(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // without chance every secret could be guessed: better no service than that
            tracing::error!(%error, "the system gives no chance: {error}");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backwards() {
        let clock = SystemClock::default();
        let later = clock.now().plus_ms(60_000);
        clock.not_before(later);
        assert!(clock.now() >= later);
    }
}
