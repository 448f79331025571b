//! What the store keeps for itself beside the records: the state, the sum over all rows, the chain of the audit.

use super::{Result, StoreError};
use crate::{
    record::{
        Digest,
        stored::{StoredRecord, first_of, form, places, row},
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
    /// The number of the last event.
    pub event_head: u64,
    /// The number of the last fan-out.
    pub fan_out_head: u64,
    /// The number of the last sample.
    pub sample_head: u64,
    /// The version of all accounts together.
    pub accounts: u64,
    /// The time of the last audit entry: stored times never run backwards.
    pub last_at: Timestamp,
    /// How many comments were purged since the last compaction.
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

row!(StoredState of StateRow {
    commit: u64, next_comment: u64, audit_head: u64, audit_hash: Digest, event_head: u64, fan_out_head: u64, sample_head: u64,
    accounts: u64, last_at: Timestamp, purged: u64, rows: Vec<u64>,
}, |_| Ok(()));
row!(StoredSum of SumRow { commit: u64, sum: u64 }, |_| Ok(()));

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::io::BufReader;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::{
        record::{AuditRow, Covered, stored::tests::check_that_a_field_can_be_added as check},
        store::export::{Exported, read_lines},
    };

    /// Every record of a board's whole life, of every kind.
    #[test]
    fn a_field_can_be_added() {
        let saved = &include_bytes!("../../tests/folders/after-21-stopped.export.ndjson.gz")[..];
        let mut previous = [0; 32];
        let read = read_lines(&mut BufReader::new(GzDecoder::new(saved)), &mut |record| {
            match record {
                Exported::Comment(line) => check(&line.comment),
                Exported::Revision(line) => check(&line.revision),
                Exported::Article(record) => check(&record),
                Exported::Case(record) => check(&record),
                Exported::Subject(record) => check(&record),
                Exported::Ruling(record) => check(&record),
                Exported::AuditEntry(line) => {
                    let row = AuditRow::new(line.entry, previous);
                    previous = row.hash;
                    check(&row);
                }
                Exported::Answer(record) => check(&record),
                Exported::User(record) => check(&record),
                Exported::Key(record) => check(&record),
                Exported::Token(record) => check(&record),
                Exported::Session(record) => check(&record),
                Exported::Member(record) => check(&record),
                Exported::Report(line) => check(&line.report),
                Exported::Reporter(record) => check(&record),
                Exported::Appeal(record) => check(&record),
                Exported::Note(record) => check(&record),
                Exported::Event(record) => check(&record),
                Exported::FanOut(record) => check(&record),
                Exported::Sample(line) => check(&line.sample),
                Exported::DailyCount(record) => check(&record),
                Exported::Webhook(record) => check(&record),
                Exported::Delivery(record) => check(&record),
                Exported::Erasure(record) => check(&record),
                Exported::Reply(record) => check(&record),
                Exported::RejudgeJob(record) => check(&record),
                Exported::Form(record) => check(&record),
                Exported::Model(record) => check(&record),
                Exported::ModelState(record) => check(&record),
                Exported::ModelPart(record) => check(&record),
                Exported::WordStep(record) => check(&record),
                Exported::State(line) => check(&StateRow {
                    commit: line.commit,
                    rows: vec![1, 2],
                    ..StateRow::default()
                }),
                Exported::Tagged(_) | Exported::File(_) => {}
            }
            Ok(())
        });
        assert!(read.unwrap().records() > 600);
    }

    /// A value that today's scheme covers is read from bytes with more in it than is known, and its hash stays that of the
    /// bytes.
    #[test]
    fn a_hash_is_over_the_bytes_that_are_stored() {
        let saved = &include_bytes!("../../tests/folders/after-21-stopped.export.ndjson.gz")[..];
        let mut seen = 0;
        read_lines(&mut BufReader::new(GzDecoder::new(saved)), &mut |record| {
            if let Exported::Comment(line) = record {
                let newest = Covered::new(crate::record::Revision::clone(&line.comment.newest));
                // Of ten places the last may not be written: no tags, and no other time of posting.
                let mut bytes = newest.bytes().to_vec();
                let absent: &[u8] = match bytes[0] {
                    0x88 => &[0x80, 0xf6],
                    0x89 => &[0xf6],
                    0x8a => &[],
                    _ => return Ok(()),
                };
                bytes[0] = 0x8b;
                bytes.extend(absent);
                bytes.push(0x01);
                let later: Covered<crate::record::Revision> =
                    Covered::read(2, bytes.clone()).unwrap();
                assert_eq!(*later, *newest);
                assert_ne!(later.digest(), newest.digest());
                let comment = crate::record::Comment {
                    newest: later,
                    ..line.comment
                };
                let read = crate::record::Comment::decode(&comment.encode().unwrap()).unwrap();
                assert_eq!(read.newest.bytes(), bytes);
                seen += 1;
            }
            Ok(())
        })
        .unwrap();
        assert!(seen > 50);
    }
}
