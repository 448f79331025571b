//! When a batch is written, and the chance that it draws on.

use sha2::{Digest as _, Sha256};

use crate::time::Timestamp;

/// When a batch is written, and what it draws on.
pub(in crate::store) struct BatchContext<'a> {
    pub now: Timestamp,
    /// Whether what has ended may go: the clock can be trusted.
    pub may_drop: bool,
    pub salts: Salts,
    /// The board's day of a time, counted from 1970-01-01.
    pub day_of: &'a (dyn Fn(Timestamp) -> i32 + Sync),
}

/// Random bytes of a batch, from which each entry's salt is drawn.
pub(in crate::store) struct Salts(pub [u8; 32]);

impl Salts {
    pub(super) fn of(&self, number: u64) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(number.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        salt
    }
}
