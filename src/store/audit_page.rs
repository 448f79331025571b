//! A filter over the audit, and one page of what it selects.

use crate::{
    record::{AuditEntry, Digest},
    time::Timestamp,
};

/// Selects entries of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By one of these; empty: by anybody. As [`crate::record::Actor`] is shown.
    pub actors: Vec<String>,
    /// About one of these, as [`crate::record::AuditSubject::key`] or the bare id; empty: about anything.
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
            && any(&self.actions, &|action| what.action.name() == action)
            && self.from.is_none_or(|from| what.at >= from)
            && self.to.is_none_or(|to| what.at < to)
    }
}

/// One page of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Entries with the hash before theirs and their own, newest first.
    pub entries: Vec<(AuditEntry, Digest, Digest)>,
    /// Where to continue: the next page's `before`; `None` at the end. A page may be short and still have a next.
    pub next_before: Option<u64>,
}
