//! A claim: a lease on a case, beside its state.

use super::actor::Actor;
use crate::time::{LEASE_MS_MAX, Timestamp};

/// Who holds a case, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Claim {
    pub by: Actor,
    /// When the lease ends by itself.
    pub until: Timestamp,
}

impl Claim {
    /// Whether the lease holds at `now`. One with more than the longest lease to go was taken while the clock was ahead,
    /// and does not.
    pub fn is_live(&self, now: Timestamp) -> bool {
        (1..=LEASE_MS_MAX).contains(&self.until.ms_since(now))
    }
}
