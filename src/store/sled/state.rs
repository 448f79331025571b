//! What is known of the database as a whole: its head, and sled's own counts beside it.

use crate::store::{engine::Head, record::StateRow};

/// The state that every batch rewrites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DbState {
    pub head: Head,
    /// Rows of each tree, in the order of the trees.
    pub rows: Vec<u64>,
    /// The sum over all rows.
    pub sum: u64,
}

impl DbState {
    /// The state of a row, of the sum beside it, and of as many webhooks as are there.
    pub fn of(row: StateRow, sum: u64, webhooks: u64) -> Self {
        Self {
            head: Head {
                batch: row.commit,
                next_comment: row.next_comment,
                audit: row.audit_head,
                audit_hash: row.audit_hash,
                event: row.event_head,
                fan_out: row.fan_out_head,
                sample: row.sample_head,
                accounts: row.accounts,
                webhooks,
                last_at: row.last_at,
                texts_purged: row.purged,
            },
            rows: row.rows,
            sum,
        }
    }

    /// As stored in its row.
    pub fn to_row(&self) -> StateRow {
        let head = &self.head;
        StateRow {
            commit: head.batch,
            next_comment: head.next_comment,
            audit_head: head.audit,
            audit_hash: head.audit_hash,
            event_head: head.event,
            fan_out_head: head.fan_out,
            sample_head: head.sample,
            accounts: head.accounts,
            last_at: head.last_at,
            purged: head.texts_purged,
            rows: self.rows.clone(),
        }
    }
}
