//! What a database has to offer to hold the store: rows by key and by range, atomic batches, and a feed of all batches in order.
//!
//! An engine knows tables, keys, named columns and bytes; it does not know what a record says. What gives rows their meaning
//! (row versions, numbers, the audit's chain, live updates) is in `layout` and `memory`, once for all engines. The next engine is
//! PostgreSQL with several nodes over one database; so nothing here rests on being the only process:
//!
//! - Between [`Engine::open_batch`] and [`OpenBatch::write`] one node alone writes. Nothing else is awaited in between.
//! - A write needs no read of a shared row: [`RowChange::Add`], [`RowChange::Sum`], [`RowChange::Raise`],
//!   [`RowChange::DeleteThrough`] and [`RowChange::DeleteWithParts`] are deltas, which the engine applies.
//! - Lookups under that right give row versions and columns, never a record: the answer stays small.

use std::{future::Future, ops::Bound, path::Path, sync::Arc, time::Duration};

use tokio::sync::{oneshot, watch};

use super::{
    copy::{BackupReport, CompactionReport, CopyFailure, OnProgress},
    live::LiveUpdateKind,
    record::Record,
    stats::Health,
    tables::{Columns, Index, Key, Keyed, Table, Tabled, Value},
};
use crate::{
    id::CaseId,
    record::{Case, Digest, FormKey, MemberRecord},
    store::{Result, StoreError},
    time::Timestamp,
};

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    /// Its key. An engine that keeps a digest of a text instead of the text gives that digest, as bytes, unless the text was
    /// asked for.
    pub key: Key,
    /// The record's bytes.
    pub record: Vec<u8>,
}

impl StoredRow {
    /// The record.
    pub fn read<T: Record>(&self) -> Result<T> {
        T::decode(&self.record)
    }
}

/// Names one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// The one under this key.
    Key(Table, Key),
    /// The one with these values in a unique index.
    Unique(Index, Vec<Value>),
}

/// What a range is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Along the keys of a table.
    Table(Table),
    /// Along an index that is not unique; rows of the same values follow each other by their keys.
    Index(Index),
}

impl Along {
    /// The table whose rows it leads to.
    pub const fn table(self) -> Table {
        match self {
            Self::Table(table) => table,
            Self::Index(index) => index.table(),
        }
    }
}

/// Consecutive rows.
///
/// ```ignore
/// // The newest 20 of a member's comments from before the one of number 700:
/// Range::along(Index::CommentsOfMember).under([Value::from(member)]).below([Value::Number(700)]).backward().limit(20)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The table or index.
    pub along: Along,
    /// What the first columns hold.
    pub under: Vec<Value>,
    /// Where it begins: values of the columns that follow those of `under`, as many as matter.
    pub from: Bound<Vec<Value>>,
    /// Where it ends, in the same way.
    pub to: Bound<Vec<Value>>,
    /// From its end to its beginning.
    pub is_backward: bool,
    /// How many rows at most.
    pub limit: usize,
}

impl Range {
    /// All rows of a table or an index.
    pub fn along(along: impl Into<Along>) -> Self {
        Self {
            along: along.into(),
            under: Vec::new(),
            from: Bound::Unbounded,
            to: Bound::Unbounded,
            is_backward: false,
            limit: usize::MAX,
        }
    }

    /// Only those whose first columns hold this.
    #[must_use]
    pub fn under(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            under: values.into(),
            ..self
        }
    }

    /// From these values on.
    #[must_use]
    pub fn from(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            from: Bound::Included(values.into()),
            ..self
        }
    }

    /// Behind these values.
    #[must_use]
    pub fn above(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            from: Bound::Excluded(values.into()),
            ..self
        }
    }

    /// Up to these values.
    #[must_use]
    pub fn through(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            to: Bound::Included(values.into()),
            ..self
        }
    }

    /// Before these values.
    #[must_use]
    pub fn below(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            to: Bound::Excluded(values.into()),
            ..self
        }
    }

    /// What comes behind these values in the range's order.
    #[must_use]
    pub fn behind(self, values: impl Into<Vec<Value>>) -> Self {
        if self.is_backward {
            self.below(values)
        } else {
            self.above(values)
        }
    }

    /// The last first.
    #[must_use]
    pub fn backward(self) -> Self {
        Self {
            is_backward: true,
            ..self
        }
    }

    /// At most `limit` rows.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

/// Sums of one thing on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterRow {
    /// The day, counted from 1970-01-01.
    pub day: u32,
    /// The kind of thing that is counted.
    pub kind: u8,
    /// Which of that kind.
    pub name: String,
    /// The sums by field; one that is not there is 0.
    pub sums: Vec<(u16, i64)>,
}

/// Counts how often the database had to be reopened because the outcome of a write was unknown. What was read in an earlier
/// epoch may never have been stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

/// The reading half of an engine. A read sees every write that was acknowledged before it began, and may see later ones.
pub trait Reads: Send + Sync {
    /// One row, if it exists, for each lookup, in their order. One round trip, however many there are.
    fn get_all(
        &self,
        lookups: &[Lookup],
    ) -> impl Future<Output = Result<Vec<Option<StoredRow>>>> + Send;

    /// The rows of a range, in its order; along an index, the rows that it leads to. One that is deleted while this reads
    /// may be left out. Where other columns follow a text, rows of one text lie in their order, and texts in any.
    fn range(&self, range: Range) -> impl Future<Output = Result<Vec<StoredRow>>> + Send;

    /// How many rows a range has, up to its limit. Of a whole table or index it is known without counting.
    fn count(&self, range: Range) -> impl Future<Output = Result<u64>> + Send;

    /// What was counted of one kind from one day to another, both included, by day.
    fn counters(
        &self,
        from: u32,
        to: u32,
        kind: u8,
    ) -> impl Future<Output = Result<Vec<CounterRow>>> + Send;

    /// The current epoch; callers take it before they read.
    fn epoch(&self) -> Epoch;

    /// Waits until everything read so far is durable: an engine may show a write a moment before it is on disk.
    /// [`StoreError::OutcomeUnknown`] if it was read in an earlier epoch.
    fn wait_durable(&self, epoch: Epoch) -> impl Future<Output = Result<()>> + Send;

    /// The row under a key.
    fn get(
        &self,
        table: Table,
        key: Key,
    ) -> impl Future<Output = Result<Option<StoredRow>>> + Send {
        async move {
            let found = self.get_all(&[Lookup::Key(table, key)]).await?;
            Ok(found.into_iter().flatten().next())
        }
    }

    /// The row with these values in a unique index.
    fn find(
        &self,
        index: Index,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Option<StoredRow>>> + Send {
        async move {
            let found = self.get_all(&[Lookup::Unique(index, values)]).await?;
            Ok(found.into_iter().flatten().next())
        }
    }
}

/// A row without its record, as read under the right to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its key.
    pub key: Key,
    /// Its row version; 0 where its table has none.
    pub version: u64,
    /// Its columns.
    pub columns: Columns,
}

/// One change of rows. A batch has them in order: where two change the same row, the second finds what the first left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// Inserts or replaces a row. Never lowers a value that [`RowChange::Raise`] raised.
    Put {
        /// Its table.
        table: Table,
        /// Its key.
        key: Key,
        /// Its row version; 0 where its table has none.
        version: u64,
        /// Its columns.
        columns: Columns,
        /// Its columns before, if it existed: index entries that no longer apply are deleted.
        before: Option<Columns>,
        /// The record's bytes.
        record: Vec<u8>,
    },
    /// Deletes a row, if it exists.
    Delete {
        /// Its table.
        table: Table,
        /// Its key.
        key: Key,
        /// The columns that it had.
        before: Option<Columns>,
    },
    /// Deletes what is old, of [`Table::AuditWords`] and [`Table::Answers`].
    DeleteThrough {
        /// The table.
        table: Table,
        /// What the first columns of its key hold.
        under: Vec<Value>,
        /// Up to and including this time; `None`: all.
        through: Option<Timestamp>,
        /// At most this many rows; a later batch deletes the rest.
        limit: usize,
    },
    /// Deletes a row, if it exists, and with it all rows of another table whose keys begin with its key; those of this batch
    /// too. The columns of the key have a fixed width, and neither table has indexes.
    DeleteWithParts {
        /// The table.
        table: Table,
        /// The row's key.
        key: Key,
        /// The table of its parts.
        parts: Table,
    },
    /// Adds to sums; what is not there yet is 0.
    Add {
        /// The day, counted from 1970-01-01.
        day: u32,
        /// The kind of thing that is counted.
        kind: u8,
        /// Which of that kind.
        name: String,
        /// What is added, by field.
        by: Vec<(u16, i64)>,
    },
    /// Deletes sums, if they are there.
    DropSums {
        /// The day, counted from 1970-01-01.
        day: u32,
        /// The kind of thing that is counted.
        kind: u8,
        /// Which of that kind.
        name: String,
    },
    /// Adds a record to the stored one, where both are sums ([`super::tables::summed`]); puts it where there is none.
    Sum {
        /// Its table.
        table: Table,
        /// The row's key.
        key: Key,
        /// The bytes of what is added.
        record: Vec<u8>,
    },
    /// Raises a value that only grows (an account's last use, a webhook's cursor) to at least `to`; nothing if there is no row.
    Raise {
        /// The table.
        table: Table,
        /// The row's key.
        key: Key,
        /// The least value after it.
        to: u64,
        /// A stored value above this came from a clock that was ahead, and is ignored.
        sane_max: u64,
    },
}

impl RowChange {
    /// Puts a record under its key.
    pub fn put<T: Keyed>(record: T) -> Result<Self> {
        Self::put_at(record.key(), record)
    }

    /// Puts a record under a key that it does not know itself.
    pub fn put_at<T: Tabled>(key: Key, record: T) -> Result<Self> {
        Ok(Self::Put {
            table: T::TABLE,
            key,
            version: record.version(),
            columns: record.columns(),
            before: None,
            record: record.encode()?,
        })
    }

    /// Adds a record to the one under its key.
    pub fn sum<T: Keyed>(record: T) -> Result<Self> {
        Ok(Self::Sum {
            table: T::TABLE,
            key: record.key(),
            record: record.encode()?,
        })
    }

    /// Puts bytes that are no record, or one that nothing is found by: no row version, no columns.
    pub fn put_plain(table: Table, key: Key, record: Vec<u8>) -> Self {
        Self::Put {
            table,
            key,
            version: 0,
            columns: Columns::default(),
            before: None,
            record,
        }
    }
}

/// The counters that each batch continues, as the last batch left them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Batches so far.
    pub batch: u64,
    /// The number of the next new comment.
    pub next_comment: u64,
    /// The number of the last audit entry.
    pub audit: u64,
    /// Its hash.
    pub audit_hash: Digest,
    /// The number of the last event.
    pub event: u64,
    /// The number of the last fan-out.
    pub fan_out: u64,
    /// The number of the last QA sample.
    pub sample: u64,
    /// The version of all accounts together.
    pub accounts: u64,
    /// How many webhooks there are that were not deleted.
    pub webhooks: u64,
    /// The time of the last audit entry: stored times never run backwards.
    pub last_at: Timestamp,
    /// How many comments lost their text since the database was last compacted.
    pub texts_purged: u64,
}

/// What a batch changes in every node's memory, and what its watchers are notified of.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The head after it; the batch's number is `head.batch`.
    pub head: Head,
    /// Its updates, in order.
    pub updates: Vec<BatchUpdate>,
}

/// One update of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchUpdate {
    /// A case was written.
    Case {
        /// Which.
        id: CaseId,
        /// How watchers see it.
        kind: LiveUpdateKind,
        /// The audit entry that records it; 0: none does, and watchers are not notified.
        audit: u64,
        /// When that was.
        at: Timestamp,
        /// The case after the batch, if this node wrote it; otherwise it is read.
        case: Option<Arc<Case>>,
    },
    /// A member with a sanction, current or past, was written; with the record if this node wrote it.
    Member(crate::id::MemberId, Option<Arc<MemberRecord>>),
    /// A written form was ruled on, or is gone: the row says whether it is upheld.
    Form(FormKey),
    /// The rulebook in force changed, as this audit entry tells.
    Rulebook {
        /// The number of the entry.
        audit: u64,
        /// Its time.
        at: Timestamp,
    },
}

/// Batches after a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Batches {
    /// The next ones, in order, none left out.
    Next(Vec<Arc<Batch>>),
    /// They are no longer kept: whoever follows them has to rebuild.
    Gone,
}

/// Why a batch was not written, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Nothing was written, for this reason.
    NotWritten(StoreError),
    /// Nothing was written; a retry may succeed: the store looks up and plans again a few times. Only an engine of several nodes
    /// says this.
    Again,
    /// It may have been written or not. If earlier reads may be wrong, the engine begins a new [`Epoch`].
    Unknown,
}

/// The exclusive right to write the next batch. Dropping it gives it back with nothing written.
pub trait OpenBatch: Send {
    /// The head as the last batch of any node left it.
    fn head(&self) -> &Head;

    /// One for each lookup: the row, if it exists.
    fn seen(&self) -> &[Option<Seen>];

    /// Writes all of it or nothing, and returns once it is durable.
    fn write(
        self,
        rows: Vec<RowChange>,
        batch: Arc<Batch>,
    ) -> impl Future<Output = std::result::Result<(), WriteError>> + Send;
}

/// A database below the store.
pub trait Engine: Reads + 'static {
    /// The right to write.
    type Open: OpenBatch;

    /// Waits for the right to write, then reads these rows.
    fn open_batch(&self, lookups: &[Lookup]) -> impl Future<Output = Result<Self::Open>> + Send;

    /// The head as the last batch left it.
    fn head(&self) -> impl Future<Output = Result<Head>> + Send;

    /// At most `limit` batches of all nodes after this number, in order.
    fn batches(&self, after: u64, limit: usize) -> impl Future<Output = Result<Batches>> + Send;

    /// The number of the newest known batch; followers wait for it to change.
    fn newest(&self) -> watch::Receiver<u64>;

    /// The engine's own work between two batches, on the committer's thread. Returns after how long without work it wants to be
    /// called again.
    fn between_batches(&self) -> impl Future<Output = Duration> + Send {
        async { Duration::from_secs(1) }
    }

    /// Whether writes can be taken, and what is wrong if not.
    fn health(&self) -> Health;

    /// Waits until it will not come back by itself, and says why.
    fn ended(&self) -> impl Future<Output = String> + Send;

    /// A clean stop. Nothing is read or written after it.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// What it offers beyond this trait.
    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::default()
    }
}

/// What only some engines offer.
#[derive(Default, Clone, Copy)]
pub struct Capabilities<'e> {
    /// Gives the room of what was deleted back to the disk.
    pub compact: Option<&'e dyn Compact>,
    /// Copies itself into a folder while reads and writes go on.
    pub back_up: Option<&'e dyn BackUp>,
    /// Knows its disk.
    pub disk: Option<&'e dyn DiskSpace>,
    /// Others may write to the same database: batches are followed, and background work is leased.
    pub has_nodes: bool,
}

/// An engine whose files grow and have to be copied to shrink.
pub trait Compact: Send + Sync {
    /// Requests a compaction, which begins between two batches, or joins the one that runs.
    fn begin(&self) -> oneshot::Receiver<Result<CompactionReport>>;
}

/// An engine that can be copied into a folder.
pub trait BackUp: Send + Sync {
    /// Requests a backup, which begins between two batches. The copy is a snapshot of one commit.
    fn begin(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupOutcome, CopyFailure>;
}

/// Receives the outcome of a backup.
pub type BackupOutcome = oneshot::Receiver<std::result::Result<BackupReport, CopyFailure>>;

/// An engine on a disk of this machine.
pub trait DiskSpace: Send + Sync {
    /// Bytes free on it.
    fn free_bytes(&self) -> u64;

    /// Bytes of the database.
    fn database_bytes(&self) -> u64;
}

impl From<Table> for Along {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Index> for Along {
    fn from(index: Index) -> Self {
        Self::Index(index)
    }
}
