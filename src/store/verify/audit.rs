//! The audit: numbers without gaps, the chain, the times, and what each entry covers.

use super::{Walk, comments::kept_rejudgements};
use crate::{
    record::{
        AuditAction, AuditEntry, AuditRow, AuditSubject, Comment, Covered, Digest, Revision,
        RevisionDigest,
    },
    store::{
        Result,
        engine::{Lookup, Reads, StoredRow},
        rows::Rows,
        tables::{Index, Table, Value},
    },
    time::Timestamp,
};

/// The entry that the next one follows.
struct Last {
    number: u64,
    hash: Digest,
    at: Timestamp,
}

impl<E: Reads> Walk<'_, E> {
    pub(super) async fn audit(&mut self) -> Result<()> {
        let mut last = Last {
            number: 0,
            hash: [0; 32],
            at: Timestamp::from_ms(i64::MIN),
        };
        let mut rows = Rows::of(Table::Audit);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                self.report.audit_entries += 1;
                if let Some(found) = self.read_keyed::<AuditRow>(&row) {
                    self.entry(&row, &found, &last);
                    self.covered(&row, &found.entry).await?;
                    self.covered_rejudgement(&row, &found.entry).await?;
                    // An entry that cannot be read leaves it as it was: the next one is
                    // reported as following a gap.
                    last = Last {
                        number: found.entry.number,
                        hash: found.hash,
                        at: found.entry.what.at,
                    };
                }
            }
        }
        if (last.number, last.hash) != (self.head.audit, self.head.audit_hash) {
            self.found_in(
                Table::Audit,
                "the last entry is not the one that the state names",
            );
        }
        let faults = [
            self.revisions.fault("revisions"),
            self.rejudgements.fault("later decisions"),
        ];
        for what in faults.into_iter().flatten() {
            self.found_in(Table::Audit, &what);
        }
        Ok(())
    }

    /// An entry follows the last.
    fn entry(&mut self, row: &StoredRow, found: &AuditRow, last: &Last) {
        let entry = &found.entry;
        if entry.number != last.number + 1 {
            let what = format!(
                "entry {} follows entry {}: there is a gap",
                entry.number, last.number
            );
            self.found_at(Table::Audit, &row.key, &what);
        }
        if found.previous != last.hash || !found.holds() {
            self.found_at(Table::Audit, &row.key, "the chain of hashes does not hold");
        }
        if entry.what.at < last.at && entry.what.action != AuditAction::ClockAccepted {
            let what =
                "its time is before that of the entry before it, and nobody accepted the clock";
            self.found_at(Table::Audit, &row.key, what);
        }
        if found.with_text().words.is_some_and(|words| !words.holds()) {
            self.found_at(
                Table::Audit,
                &row.key,
                "the words are not those that were said",
            );
        }
    }

    /// The revisions that an entry covers are there, as it says, or their text is gone.
    async fn covered(&mut self, row: &StoredRow, entry: &AuditEntry) -> Result<()> {
        let comment = |covered: &RevisionDigest| {
            Lookup::Key(Table::Comments, vec![Value::Number(covered.comment)])
        };
        let lookups: Vec<Lookup> = entry.revisions.iter().map(comment).collect();
        let comments = self.engine.get_all(&lookups).await?;
        for (covered, comment) in entry.revisions.iter().zip(comments) {
            let comment: Option<Comment> = comment.and_then(|row| row.read().ok());
            if comment
                .as_ref()
                .is_some_and(|comment| covered.revision <= comment.purged_through)
            {
                continue;
            }
            let stored = match comment {
                Some(comment) if comment.newest.number == covered.revision => Some(comment.newest),
                _ => self.older(covered).await?,
            };
            if stored.is_some_and(|revision| revision.digest() == covered.digest) {
                let parts = [
                    &covered.comment.to_be_bytes()[..],
                    &covered.revision.to_be_bytes(),
                    &covered.digest,
                ];
                self.revisions.is_covered(&parts);
            } else {
                let what = format!(
                    "revision {} of comment number {} is not what the entry covers",
                    covered.revision, covered.comment
                );
                self.found_at(Table::Audit, &row.key, &what);
            }
        }
        Ok(())
    }

    async fn older(&self, covered: &RevisionDigest) -> Result<Option<Covered<Revision>>> {
        let key = vec![
            Value::Number(covered.comment),
            Value::Small(covered.revision),
        ];
        Ok(self.fetched([key]).await?.into_iter().next())
    }

    /// An entry about a later decision names its digest; that of one whose text is gone covers nothing any more.
    async fn covered_rejudgement(&mut self, row: &StoredRow, entry: &AuditEntry) -> Result<()> {
        let AuditAction::CommentRejudged { decision, .. } = &entry.what.action else {
            return Ok(());
        };
        let id = match &entry.what.subject {
            AuditSubject::Comment(id) => id.as_str(),
            _ => "",
        };
        let by_id = vec![Value::Text(id.to_owned())];
        let comment = self.engine.find(Index::CommentById, by_id).await?;
        let comment: Option<Comment> = comment.and_then(|row| row.read().ok());
        let is_it = |comment: &Comment| {
            kept_rejudgements(comment).any(|later| later.digest_hex() == *decision)
        };
        if comment.as_ref().is_some_and(is_it) {
            let parts = [id.as_bytes(), decision.as_bytes()];
            self.rejudgements.is_covered(&parts);
        } else if comment.is_none_or(|comment| comment.purged_through == 0) {
            self.found_at(
                Table::Audit,
                &row.key,
                "the later decision is not what the entry covers",
            );
        }
        Ok(())
    }
}
