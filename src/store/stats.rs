//! The outcome of a commit, the store's statistics and its health.

use crate::time::Timestamp;

/// The outcome of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommitReceipt {
    /// The number of the group commit that holds it.
    pub commit: u64,
}

/// Counts, for metrics and for people.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StoreStats {
    /// Comments stored.
    pub comments: u64,
    /// Cases that wait for a person.
    pub unresolved_cases: u64,
    /// When the oldest of these was opened.
    pub oldest_case: Option<Timestamp>,
    /// Number of the last group commit.
    pub commits: u64,
    /// Entries in the audit.
    pub audit_entries: u64,
    /// Bytes free on the disk of the data folder.
    pub free_bytes: u64,
    /// The database file in bytes.
    pub database_bytes: u64,
    /// How many comments were purged since the last compaction; 0 if the engine needs none.
    pub purged: u64,
}

/// Whether writes can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// They can.
    Ready,
    /// Reads go on, writes are refused until there is room.
    StorageFull,
    /// Commits are taken, but the commit log, by which a start verifies them, cannot be written.
    LogFailing(String),
    /// Neither.
    Broken(String),
}
