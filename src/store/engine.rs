//! What a database has to offer, so that the store can lie in it: rows by key and by range, batches written whole, and every
//! batch told in its order.
//!
//! An engine knows tables, keys, named columns and bytes; it does not know what a record says. What gives rows their meaning
//! (row versions, numbers, the audit's chain, what is told to whom) lies above, once for all engines. The next engine is
//! PostgreSQL with several nodes over one database; so nothing here rests on being the only process:
//!
//! - Between [`Engine::open_batch`] and [`OpenBatch::write`] one node alone writes. Nothing else is awaited in between.
//! - What is written under that right needs no read of a shared row: [`RowChange::Add`], [`RowChange::Raise`] and
//!   [`RowChange::DeleteThrough`] say what is to come out.
//! - Looks under that right give row versions and columns, never a record: the answer stays small.

use std::{future::Future, path::Path, sync::Arc, time::Duration};

use tokio::sync::{oneshot, watch};

use super::{
    facts::{BackupReport, CompactionReport, CopyFailure, Health, OnProgress},
    live::LiveUpdateKind,
    record::Record,
    tables::{Columns, Index, Key, Table, Value},
};
use crate::{
    id::CaseId,
    record::{Case, Digest, MemberRecord},
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

/// Which row is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Look {
    /// The one under this key.
    Key(Table, Key),
    /// The one with these values in a unique index.
    Unique(Index, Vec<Value>),
}

/// Where a range runs.
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

/// One end of a range: values of the columns that follow those that are fixed, as many as matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum End {
    /// There is none.
    #[default]
    Open,
    /// These values belong to it.
    Including(Vec<Value>),
    /// These do not.
    Excluding(Vec<Value>),
}

/// Rows that lie beside each other.
///
/// ```ignore
/// // The newest 20 of a member's comments from before the one of number 700:
/// Range::along(Index::CommentsOfMember).under([Value::from(member)]).below([Value::Number(700)]).backward().limit(20)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Where it runs.
    pub along: Along,
    /// What the first columns hold.
    pub under: Vec<Value>,
    /// Where it begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
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
            from: End::Open,
            to: End::Open,
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
            from: End::Including(values.into()),
            ..self
        }
    }

    /// Behind these values.
    #[must_use]
    pub fn above(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            from: End::Excluding(values.into()),
            ..self
        }
    }

    /// Up to these values.
    #[must_use]
    pub fn through(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            to: End::Including(values.into()),
            ..self
        }
    }

    /// Before these values.
    #[must_use]
    pub fn below(self, values: impl Into<Vec<Value>>) -> Self {
        Self {
            to: End::Excluding(values.into()),
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

    /// So many rows at most.
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

/// Which life of the database is read from. Where a database had to be opened again, because nobody knew what came of a write,
/// what was read in the life before may never have been stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life(pub u64);

/// The half of an engine that reads. Every read sees what was answered before it began, and may see a little more.
pub trait Reads: Send + Sync {
    /// The rows that are meant, in the order asked for; none where there is none. One round trip, however many.
    fn get_all(
        &self,
        looks: &[Look],
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

    /// The life that reads from now on are of; asked for before they begin.
    fn life(&self) -> Life;

    /// Waits until all that was read by now is durable: an engine may show a write a moment before that.
    /// [`StoreError::OutcomeUnknown`] where it was read in an earlier life.
    fn settled(&self, read_in: Life) -> impl Future<Output = Result<()>> + Send;

    /// The row under a key.
    fn get(
        &self,
        table: Table,
        key: Key,
    ) -> impl Future<Output = Result<Option<StoredRow>>> + Send {
        async move {
            let found = self.get_all(&[Look::Key(table, key)]).await?;
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
            let found = self.get_all(&[Look::Unique(index, values)]).await?;
            Ok(found.into_iter().flatten().next())
        }
    }
}

/// What is seen of a row under the right to write.
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
    /// Makes a row, or takes its place. What was raised in it ([`RowChange::Raise`]) is never lowered by this.
    Put {
        /// Its table.
        table: Table,
        /// Its key.
        key: Key,
        /// Its row version; 0 where its table has none.
        version: u64,
        /// Its columns.
        columns: Columns,
        /// The columns that it had, where it was there: entries of indexes that led to it by them, and do no more, go.
        before: Option<Columns>,
        /// The record's bytes.
        record: Vec<u8>,
    },
    /// Deletes a row; nothing happens where there is none.
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
        /// Up to this time, included; all where there is none.
        through: Option<Timestamp>,
        /// So many rows at most; what is left goes with a later batch.
        limit: usize,
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
    /// Raises what a row was last used at or how far it has come (an account's last use, a webhook's cursor), and lowers it
    /// never. Nothing happens where there is no row.
    Raise {
        /// The table.
        table: Table,
        /// The row's key.
        key: Key,
        /// At least so far.
        to: u64,
        /// What lies above this was noted by mistake (a clock was ahead) and counts as nothing.
        sane_max: u64,
    },
}

/// The numbers from which a batch goes on, as the one before left them.
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

/// What a batch is to the memory of every node, and to those who watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The head as it left it; its number is `head.batch`.
    pub head: Head,
    /// What happened, in order.
    pub happened: Vec<Happened>,
}

/// One thing that a batch did.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// A case was written.
    Case {
        /// Which.
        id: CaseId,
        /// What that is to those who watch.
        kind: LiveUpdateKind,
        /// The audit entry that tells it; 0: none does, and nobody is told.
        audit: u64,
        /// When that was.
        at: Timestamp,
        /// The case as the batch left it, where it is at hand; else it is read.
        case: Option<Arc<Case>>,
    },
    /// A member who was ever sanctioned was written, with the record where it is at hand.
    Member(crate::id::MemberId, Option<Arc<MemberRecord>>),
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
    /// They are kept no more: what rests on them is to be built anew.
    Gone,
}

/// Why a batch was not written, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Nothing was written, for this reason.
    NotWritten(StoreError),
    /// Nothing was written, and looking and writing again may go well.
    Again,
    /// Nobody knows. The engine has tried to find out, and begins a new [`Life`] where what is read may be wrong.
    Unknown,
}

/// The right to write the next batch. Dropped unused it is given back, and nothing was written.
pub trait OpenBatch: Send {
    /// The head as the last batch of any node left it.
    fn head(&self) -> &Head;

    /// What was seen, one for each look; none where there is no row.
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

    /// Waits for the right to write, then looks at these rows.
    fn open_batch(&self, looks: &[Look]) -> impl Future<Output = Result<Self::Open>> + Send;

    /// The head as the last batch left it.
    fn head(&self) -> impl Future<Output = Result<Head>> + Send;

    /// Batches of all nodes after this number, in order; so many at most.
    fn batches(&self, after: u64, limit: usize) -> impl Future<Output = Result<Batches>> + Send;

    /// The number of the newest batch that is known of. A change of it wakes whoever follows.
    fn newest(&self) -> watch::Receiver<u64>;

    /// Between two batches, on the thread that writes: what an engine has to do itself. Gives how long to wait for work until
    /// it wants to be called again.
    fn between_batches(&self) -> impl Future<Output = Duration> + Send {
        async { Duration::from_secs(1) }
    }

    /// Whether writes can be taken, and what is wrong if not.
    fn health(&self) -> Health;

    /// Waits until it will not come back by itself, and says why.
    fn ended(&self) -> impl Future<Output = String> + Send;

    /// A clean stop. Nothing is read or written after it.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// What it can beyond this.
    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::default()
    }
}

/// What some engines can, and others have no need of.
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
    /// Begins one once it is told to look between batches, or joins the one that runs.
    fn begin(&self) -> oneshot::Receiver<Result<CompactionReport>>;
}

/// An engine that can be copied into a folder.
pub trait BackUp: Send + Sync {
    /// Begins to, once it is told to look between batches. The copy stands at one commit.
    fn begin(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupOutcome, CopyFailure>;
}

/// Who waits for a backup hears here what came of it.
pub type BackupOutcome = oneshot::Receiver<std::result::Result<BackupReport, CopyFailure>>;

/// An engine that lies on a disk of this machine.
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
