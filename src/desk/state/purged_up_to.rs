//! How far the purge has come.
//!
//! Local to the node: it only saves looking at the same comments again, and a purge that starts from the oldest comment does no
//! harm. It is enough if one node purges.

use std::sync::atomic::{AtomicU64, Ordering};

/// The number of the comment at which the next round of the purge goes on.
#[derive(Debug, Default)]
pub struct PurgedUpTo(AtomicU64);

impl PurgedUpTo {
    /// The number at which the next batch begins.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The next batch begins at this number.
    pub fn set(&self, next: u64) {
        self.0.store(next, Ordering::Relaxed);
    }
}
