//! The suggestions that this node worked out last.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    review::Suggestion,
    time::{MINUTE_MS, Timestamp},
};

/// For how long suggestions are as good as new.
const FRESH_MS: i64 = 10 * MINUTE_MS;

type Worked = (Timestamp, Arc<Vec<Suggestion>>);

/// What was worked out last, and when.
#[derive(Default)]
pub struct LastSuggestions(Mutex<Option<Worked>>);

impl LastSuggestions {
    /// Those that are as good as new.
    pub fn fresh(&self, now: Timestamp) -> Option<Arc<Vec<Suggestion>>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = last
            .as_ref()
            .filter(|(at, _)| (0..FRESH_MS).contains(&now.ms_since(*at)));
        fresh.map(|(_, all)| Arc::clone(all))
    }

    /// Those that were worked out last, however long ago.
    pub fn last(&self) -> Option<Arc<Vec<Suggestion>>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|(_, all)| Arc::clone(all))
    }

    /// Keeps them in the place of those before.
    pub fn keep(&self, now: Timestamp, all: &Arc<Vec<Suggestion>>) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((now, Arc::clone(all)));
    }
}
