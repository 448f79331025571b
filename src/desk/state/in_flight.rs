//! The idempotency keys of requests being processed.

use std::{collections::HashSet, sync::Mutex};

/// The slots of requests being processed in this process. Local: a second node relies on the version checks at commit.
#[derive(Debug, Default)]
pub struct InFlightKeys(Mutex<HashSet<[u8; 16]>>);

impl InFlightKeys {
    /// Begins a request; `false` if one with this key is being processed already.
    pub fn try_enter(&self, slot: [u8; 16]) -> bool {
        self.slots().insert(slot)
    }

    /// Ends a request.
    pub fn leave(&self, slot: [u8; 16]) {
        self.slots().remove(&slot);
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 16]>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
