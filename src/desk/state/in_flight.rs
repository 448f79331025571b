//! The idempotency keys of requests being processed.
//!
//! Local to the node: it answers `idempotency-key-in-use` to a retry that arrives before the first request has ended. A
//! retry that reaches another node meanwhile does its work too, and is not committed: the store refuses a change whose answer has a
//! slot that is taken, and the retry gets the first answer. So no effect is doubled by this, only work.

use std::{collections::HashSet, sync::Mutex};

/// The slots of the keys.
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
