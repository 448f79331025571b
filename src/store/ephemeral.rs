//! An engine in memory: for tests, and to show what any engine has to do. Several nodes stand over the same data, as over one
//! database; faults can be asked for.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::sync::{OwnedMutexGuard, watch};

use super::{
    Health, Result, StoreError,
    engine::{
        Along, Batch, Batches, Capabilities, CounterRow, Engine, Epoch, Head, Lookup, OpenBatch,
        Range, Reads, RowChange, Seen, StoredRow, WriteError,
    },
    tables::{Columns, Index, Key, Table, Value, kept_raised, raised_from, redacted, summed},
};
use crate::time::Timestamp;

/// How many batches are kept for those that follow.
const BATCHES_KEPT: usize = 4_096;

/// What may go wrong with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written; a retry succeeds.
    Again,
    /// Nothing is written, for this reason: the disk is full.
    Full,
    /// It is written, but the outcome is reported as unknown.
    WrittenUnknown,
    /// It is not written, and the outcome is reported as unknown.
    LostUnknown,
}

/// One node over data in memory.
pub struct Ephemeral {
    database: Arc<Database>,
    is_closed: AtomicBool,
}

impl Default for Ephemeral {
    fn default() -> Self {
        Self::over(Arc::new(Database {
            data: Mutex::default(),
            right: Arc::default(),
            newest: watch::Sender::new(0),
            faults: Mutex::default(),
            epoch: AtomicU64::new(0),
        }))
    }
}

impl Ephemeral {
    fn over(database: Arc<Database>) -> Self {
        Self {
            database,
            is_closed: AtomicBool::new(false),
        }
    }

    /// Another node over the same data.
    #[must_use]
    pub fn node(&self) -> Self {
        Self::over(Arc::clone(&self.database))
    }

    /// Each of these meets one write, of whatever node, in this order.
    pub fn meet(&self, faults: impl IntoIterator<Item = Fault>) {
        held(&self.database.faults).extend(faults);
    }

    fn data(&self) -> Result<MutexGuard<'_, Data>> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        Ok(held(&self.database.data))
    }
}

/// What all nodes share.
struct Database {
    data: Mutex<Data>,
    /// The right to write.
    right: Arc<tokio::sync::Mutex<()>>,
    newest: watch::Sender<u64>,
    faults: Mutex<VecDeque<Fault>>,
    epoch: AtomicU64,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    version: u64,
    columns: Columns,
    record: Vec<u8>,
}

/// The day, the kind of thing, and which.
type Counted = (u32, u8, String);

/// Everything that is stored.
#[derive(Default)]
struct Data {
    head: Head,
    rows: BTreeMap<Table, BTreeMap<Key, Row>>,
    /// The rows that indexes lead to, by the values of the index and, where it is not unique, the row's key.
    entries: BTreeMap<Index, BTreeMap<Vec<Value>, Key>>,
    counters: BTreeMap<Counted, BTreeMap<u16, i64>>,
    batches: VecDeque<Arc<Batch>>,
}

/// Takes back one step of a batch that fails later.
enum Undo {
    Row(Table, Key, Option<Row>),
    Counter(Counted, Option<BTreeMap<u16, i64>>),
}

impl Data {
    fn row(&self, table: Table, key: &Key) -> Option<&Row> {
        self.rows.get(&table)?.get(key)
    }

    fn look(&self, lookup: &Lookup) -> Option<(&Key, &Row)> {
        let (table, key) = match lookup {
            Lookup::Key(table, key) => (*table, key),
            Lookup::Unique(index, values) => (index.table(), self.entries.get(index)?.get(values)?),
        };
        self.rows.get(&table)?.get_key_value(key)
    }

    /// The keys of the rows of a range, in its order and up to its limit.
    fn keys<'d>(&'d self, range: &Range) -> Box<dyn Iterator<Item = &'d Key> + 'd> {
        let (from, to) = bounds(range);
        // A `BTreeMap` panics at a range that ends before it begins.
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let keys: Box<dyn DoubleEndedIterator<Item = &Key>> = match range.along {
            Along::Table(table) => {
                let rows = self.rows.get(&table).into_iter();
                Box::new(
                    rows.flat_map(move |rows| rows.range(from.clone()..to.clone()))
                        .map(|(key, _)| key),
                )
            }
            Along::Index(index) => {
                let entries = self.entries.get(&index).into_iter();
                Box::new(
                    entries
                        .flat_map(move |entries| entries.range(from.clone()..to.clone()))
                        .map(|(_, key)| key),
                )
            }
        };
        if range.is_backward {
            Box::new(keys.rev().take(range.limit))
        } else {
            Box::new(keys.take(range.limit))
        }
    }

    /// Writes all of it or nothing.
    fn write(&mut self, changes: Vec<RowChange>) -> Result<()> {
        let mut undo = Vec::new();
        let mut changes = changes.into_iter();
        let outcome = changes.try_for_each(|change| self.apply(change, &mut undo));
        if outcome.is_err() {
            // Backwards, so that a row that was changed twice ends as it was at first.
            for step in undo.into_iter().rev() {
                match step {
                    Undo::Row(table, key, row) => {
                        self.set(table, key, row);
                    }
                    Undo::Counter(counted, sums) => {
                        self.counters.remove(&counted);
                        self.counters.extend(sums.map(|sums| (counted, sums)));
                    }
                }
            }
        }
        outcome
    }

    fn apply(&mut self, change: RowChange, undo: &mut Vec<Undo>) -> Result<()> {
        match change {
            RowChange::Put {
                table,
                key,
                version,
                columns,
                before,
                record,
            } => {
                self.check_before(table, &key, before.as_ref(), Some(&columns))?;
                let stored = self.row(table, &key).map(|row| row.record.as_slice());
                let record = kept_raised(table, &key, stored, record)?;
                let row = Row {
                    version,
                    columns,
                    record,
                };
                self.step(table, key, Some(row), undo);
            }
            RowChange::Delete { table, key, before } => {
                self.check_before(table, &key, before.as_ref(), None)?;
                self.step(table, key, None, undo);
            }
            RowChange::DeleteWithParts { table, key, parts } => {
                if self.row(table, &key).is_some() {
                    let all = Range::along(parts).under(key.clone());
                    let keys: Vec<Key> = self.keys(&all).cloned().collect();
                    for part in keys {
                        self.step(parts, part, None, undo);
                    }
                    self.step(table, key, None, undo);
                }
            }
            RowChange::DeleteThrough {
                table: Table::AuditWords,
                under,
                through,
                limit,
            } => self.redact(under, through, limit, undo)?,
            RowChange::DeleteThrough {
                table: Table::Answers,
                through,
                limit,
                ..
            } => {
                let all = Range::along(Index::AnswersByExpiry).limit(limit);
                let range = match through {
                    Some(through) => all.through([Value::Time(through)]),
                    None => all,
                };
                // Collected first: deleting changes the index that is walked.
                let keys: Vec<Key> = self.keys(&range).cloned().collect();
                for key in keys {
                    self.step(Table::Answers, key, None, undo);
                }
            }
            RowChange::DeleteThrough { table, .. } => {
                let what = format!("rows of {table:?} are never deleted by their time");
                return Err(StoreError::Damaged(what));
            }
            RowChange::Add {
                day,
                kind,
                name,
                by,
            } => {
                let counted = (day, kind, name);
                let before = self.counters.get(&counted).cloned();
                undo.push(Undo::Counter(counted.clone(), before));
                let sums = self.counters.entry(counted).or_default();
                for (field, more) in by {
                    let sum = sums.entry(field).or_default();
                    *sum = sum.saturating_add(more);
                }
            }
            RowChange::DropSums { day, kind, name } => {
                let counted = (day, kind, name);
                let before = self.counters.remove(&counted);
                undo.push(Undo::Counter(counted, before));
            }
            RowChange::Sum { table, key, record } => {
                let stored = self.row(table, &key).map(|row| row.record.as_slice());
                let row = Row {
                    version: 0,
                    columns: Columns::default(),
                    record: summed(table, stored, record)?,
                };
                self.step(table, key, Some(row), undo);
            }
            RowChange::Raise {
                table,
                key,
                to,
                sane_max,
            } => {
                if let Some(row) = self.row(table, &key).cloned() {
                    let record = raised_from(table, &key, &row.record, to, sane_max)?;
                    self.step(table, key, Some(Row { record, ..row }), undo);
                }
            }
        }
        Ok(())
    }

    /// Takes out of the entries about a subject what people wrote.
    fn redact(
        &mut self,
        subject: Vec<Value>,
        through: Option<Timestamp>,
        limit: usize,
        undo: &mut Vec<Undo>,
    ) -> Result<()> {
        let about = Range::along(Index::AuditOfSubject).under(subject);
        let keys: Vec<Key> = self.keys(&about).cloned().collect();
        let mut left = limit;
        for key in keys {
            let Some(row) = self.row(Table::Audit, &key).filter(|_| left > 0) else {
                continue;
            };
            if let Some(record) = redacted(&row.record, through)? {
                let row = Row {
                    record,
                    ..row.clone()
                };
                self.step(Table::Audit, key, Some(row), undo);
                left -= 1;
            }
        }
        Ok(())
    }

    /// An engine may go by the columns that a row is said to have had: no entry of an index may be left over by them.
    fn check_before(
        &self,
        table: Table,
        key: &Key,
        before: Option<&Columns>,
        after: Option<&Columns>,
    ) -> Result<()> {
        let stored = self.row(table, key).map(|row| &row.columns);
        for index in Index::of(table) {
            let entry = |columns: Option<&Columns>| index.values(columns?);
            let had = entry(stored);
            if had.is_some() && had != entry(before) && had != entry(after) {
                let what = format!("{index:?} would lead to a row of before: {key:?}");
                return Err(StoreError::Damaged(what));
            }
        }
        Ok(())
    }

    fn step(&mut self, table: Table, key: Key, row: Option<Row>, undo: &mut Vec<Undo>) {
        let before = self.set(table, key.clone(), row);
        undo.push(Undo::Row(table, key, before));
    }

    /// Sets a row and the entries that lead to it, and gives back what it was.
    fn set(&mut self, table: Table, key: Key, row: Option<Row>) -> Option<Row> {
        let before = self.rows.entry(table).or_default().remove(&key);
        for index in Index::of(table) {
            let entries = self.entries.entry(index).or_default();
            if let Some(entry) = before.as_ref().and_then(|row| entry_of(index, row, &key)) {
                entries.remove(&entry);
            }
            if let Some(entry) = row.as_ref().and_then(|row| entry_of(index, row, &key)) {
                entries.insert(entry, key.clone());
            }
        }
        if let Some(row) = row {
            self.rows.entry(table).or_default().insert(key, row);
        }
        before
    }

    /// A batch is written: those that follow find it.
    fn tell(&mut self, batch: Arc<Batch>) {
        self.head = batch.head.clone();
        self.batches.push_back(batch);
        if self.batches.len() > BATCHES_KEPT {
            self.batches.pop_front();
        }
    }
}

fn entry_of(index: Index, row: &Row, key: &Key) -> Option<Vec<Value>> {
    let mut values = index.values(&row.columns)?;
    if !index.is_unique() {
        values.extend_from_slice(key);
    }
    Some(values)
}

fn stored(key: &Key, row: &Row) -> StoredRow {
    StoredRow {
        key: key.clone(),
        record: row.record.clone(),
    }
}

/// Where a range begins, and what it ends before.
fn bounds(range: &Range) -> (Vec<Value>, Vec<Value>) {
    let all = |end: &[Value]| [range.under.as_slice(), end].concat();
    // A flag is greater than any other value, and no key has two beside each other.
    let behind = |end: &[Value]| [all(end).as_slice(), &[Value::Flag, Value::Flag]].concat();
    let from = match &range.from {
        Bound::Unbounded => all(&[]),
        Bound::Included(end) => all(end),
        Bound::Excluded(end) => behind(end),
    };
    let to = match &range.to {
        Bound::Unbounded => behind(&[]),
        Bound::Included(end) => behind(end),
        Bound::Excluded(end) => all(end),
    };
    (from, to)
}

impl Reads for Ephemeral {
    async fn get_all(&self, lookups: &[Lookup]) -> Result<Vec<Option<StoredRow>>> {
        let data = self.data()?;
        let found = |lookup| data.look(lookup).map(|(key, row)| stored(key, row));
        Ok(lookups.iter().map(found).collect())
    }

    async fn range(&self, range: Range) -> Result<Vec<StoredRow>> {
        let (data, table) = (self.data()?, range.along.table());
        let keys = data.keys(&range);
        let rows = keys.filter_map(|key| Some(stored(key, data.row(table, key)?)));
        Ok(rows.collect())
    }

    async fn count(&self, range: Range) -> Result<u64> {
        Ok(self.data()?.keys(&range).count() as u64)
    }

    async fn counters(&self, from: u32, to: u32, kind: u8) -> Result<Vec<CounterRow>> {
        let data = self.data()?;
        let days = data.counters.range((from, 0, String::new())..);
        let days = days.take_while(|((day, ..), _)| *day <= to);
        let rows = days.filter(|((_, of, _), _)| *of == kind);
        Ok(rows
            .map(|((day, kind, name), sums)| CounterRow {
                day: *day,
                kind: *kind,
                name: name.clone(),
                sums: sums.iter().map(|(field, sum)| (*field, *sum)).collect(),
            })
            .collect())
    }

    fn epoch(&self) -> Epoch {
        Epoch(self.database.epoch.load(Ordering::SeqCst))
    }

    async fn wait_durable(&self, epoch: Epoch) -> Result<()> {
        if self.epoch() == epoch {
            Ok(())
        } else {
            Err(StoreError::OutcomeUnknown)
        }
    }
}

/// The right to write, held.
pub struct OpenEphemeral {
    database: Arc<Database>,
    _right: OwnedMutexGuard<()>,
    head: Head,
    seen: Vec<Option<Seen>>,
}

impl OpenBatch for OpenEphemeral {
    fn head(&self) -> &Head {
        &self.head
    }

    fn seen(&self) -> &[Option<Seen>] {
        &self.seen
    }

    async fn write(
        self,
        rows: Vec<RowChange>,
        batch: Arc<Batch>,
    ) -> std::result::Result<(), WriteError> {
        let fault = held(&self.database.faults).pop_front();
        match fault {
            Some(Fault::Again) => return Err(WriteError::Again),
            Some(Fault::Full) => return Err(WriteError::NotWritten(StoreError::StorageFull)),
            Some(Fault::LostUnknown) => {}
            Some(Fault::WrittenUnknown) | None => {
                let mut data = held(&self.database.data);
                data.write(rows).map_err(WriteError::NotWritten)?;
                self.database.newest.send_replace(batch.head.batch);
                data.tell(batch);
            }
        }
        if fault.is_some() {
            self.database.epoch.fetch_add(1, Ordering::SeqCst);
            return Err(WriteError::Unknown);
        }
        Ok(())
    }
}

impl Engine for Ephemeral {
    type Open = OpenEphemeral;

    async fn open_batch(&self, lookups: &[Lookup]) -> Result<OpenEphemeral> {
        let right = Arc::clone(&self.database.right).lock_owned().await;
        let data = self.data()?;
        let seen = |lookup| {
            data.look(lookup).map(|(key, row)| Seen {
                key: key.clone(),
                version: row.version,
                columns: row.columns.clone(),
            })
        };
        Ok(OpenEphemeral {
            database: Arc::clone(&self.database),
            _right: right,
            head: data.head.clone(),
            seen: lookups.iter().map(seen).collect(),
        })
    }

    async fn head(&self) -> Result<Head> {
        Ok(self.data()?.head.clone())
    }

    async fn batches(&self, after: u64, limit: usize) -> Result<Batches> {
        let data = self.data()?;
        let oldest = data
            .batches
            .front()
            .map_or(after + 1, |batch| batch.head.batch);
        if oldest > after + 1 {
            return Ok(Batches::Gone);
        }
        let later = data.batches.iter().filter(|batch| batch.head.batch > after);
        Ok(Batches::Next(later.take(limit).cloned().collect()))
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.database.newest.subscribe()
    }

    fn health(&self) -> Health {
        match self.data() {
            Ok(_) => Health::Ready,
            Err(error) => Health::Broken(error.to_string()),
        }
    }

    async fn ended(&self) -> String {
        std::future::pending().await
    }

    async fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            has_nodes: true,
            ..Capabilities::default()
        }
    }
}
