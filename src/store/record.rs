//! What the store keeps for itself beside the records: the state, the sum over all rows, the chain of the audit.

use super::{Result, StoreError};
use crate::{
    record::{
        AccountWrite, AuditEntry, Digest,
        stored::{StoredRecord, ensure, first_of, form, places, row},
    },
    time::Timestamp,
};

/// A record as the store writes and reads it.
pub trait Record: StoredRecord {
    /// The bytes of its row.
    fn encode(self) -> Result<Vec<u8>> {
        Ok(self.to_row())
    }

    /// What a row holds.
    fn decode(bytes: &[u8]) -> Result<Self> {
        Self::from_row(bytes).map_err(|fault| StoreError::Damaged(fault.to_string()))
    }
}

impl<T: StoredRecord> Record for T {}

/// An audit entry with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The entry.
    pub entry: AuditEntry,
    /// The hash of the entry before.
    pub previous: Digest,
    /// The entry's own hash.
    pub hash: Digest,
}

/// What every group commit rewrites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateRow {
    /// Group commits so far.
    pub commit: u64,
    /// The number of the next new comment.
    pub next_comment: u64,
    /// The number of the last audit entry.
    pub audit_head: u64,
    /// Its hash.
    pub audit_hash: Digest,
    /// The number of the last news.
    pub event_head: u64,
    /// The number of the last thing to spread.
    pub fan_out_head: u64,
    /// The number of the last sample.
    pub sample_head: u64,
    /// The edition of all accounts together.
    pub accounts: u64,
    /// The time of the last audit entry: stored times never run backwards.
    pub last_at: Timestamp,
    /// How many comments lost their text since the database was copied anew.
    pub purged: u64,
    /// Rows of each tree, in the order of the trees.
    pub rows: Vec<u64>,
}

/// The sum over all rows, which every group commit rewrites too: a row that is an older one, or missing, shows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SumRow {
    /// The commit that it was made by.
    pub commit: u64,
    /// The sum of what the rows weigh, made from each row's checksum.
    pub sum: u64,
}

row!(StoredAudit of AuditRow { entry: AuditEntry, previous: Digest, hash: Digest }, |row| {
    ensure(row.entry.number > 0, "an audit entry without a number")
});
row!(StoredState of StateRow {
    commit: u64, next_comment: u64, audit_head: u64, audit_hash: Digest, event_head: u64, fan_out_head: u64, sample_head: u64,
    accounts: u64, last_at: Timestamp, purged: u64, rows: Vec<u64>,
}, |_| Ok(()));
row!(StoredSum of SumRow { commit: u64, sum: u64 }, |_| Ok(()));

/// The bytes of an account, whatever its kind.
pub fn encode_account(account: AccountWrite) -> Result<Vec<u8>> {
    match account {
        AccountWrite::User(user) => user.encode(),
        AccountWrite::Key(key) => key.encode(),
        AccountWrite::Token(token) => token.encode(),
        AccountWrite::Session(session) | AccountWrite::DeleteSession(session) => session.encode(),
    }
}
