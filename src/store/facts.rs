//! What the store tells beside records: audit pages, counts, health.

use crate::{
    review::{AuditEntry, Digest},
    time::Timestamp,
};

/// Which entries of the audit are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By one of these; empty: by anybody. As [`crate::access::Actor`] is shown.
    pub actors: Vec<String>,
    /// About one of these, as [`crate::review::AuditSubject::key`] or the bare id; empty: about anything.
    pub subjects: Vec<String>,
    /// One of these actions; empty: any.
    pub actions: Vec<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Only entries with a smaller number than this.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

impl AuditFilter {
    /// Whether an entry is wanted, `before` and `limit` apart.
    pub fn wants(&self, entry: &AuditEntry) -> bool {
        let any = |wanted: &[String], found: &dyn Fn(&str) -> bool| {
            wanted.is_empty() || wanted.iter().any(|one| found(one))
        };
        let what = &entry.what;
        any(&self.actors, &|actor| what.actor.to_string() == actor)
            && any(&self.subjects, &|subject| {
                what.subject.key() == subject || what.subject.id() == subject
            })
            && any(&self.actions, &|action| what.action == action)
            && self.from.is_none_or(|from| what.at >= from)
            && self.to.is_none_or(|to| what.at < to)
    }
}

/// One page of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Entries with the hash before theirs and their own, newest first.
    pub entries: Vec<(AuditEntry, Digest, Digest)>,
    /// Where to go on: the next page's `before`; none at the end. A page may be short and still have a next.
    pub next_before: Option<u64>,
}

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The number of the group commit that holds it.
    pub commit: u64,
}

/// Counts, for metrics and for people.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StoreFacts {
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
    /// How many comments lost their text since it was copied anew.
    pub purged: u64,
}

/// Whether writes can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// They can.
    Ready,
    /// Reads go on, writes are refused until there is room.
    StorageFull,
    /// Neither.
    Broken(String),
}

/// What a compaction has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Compacted {
    /// How long the database file was, in bytes.
    pub before_bytes: u64,
    /// How long it is.
    pub after_bytes: u64,
}
