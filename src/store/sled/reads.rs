//! The half of sled's engine that reads: rows by key, by unique index and by range.

use std::ops::Bound::{self, Excluded, Included, Unbounded};

use super::{
    engine::SledEngine,
    key_bytes::{of_entry, of_row, tree_of, tree_of_index, values_after},
    keys,
    rows::{Tree, Trees, broken},
};
use crate::{
    record::TallyRow,
    store::{
        Result, StoreError,
        engine::{Along, CounterRow, Epoch, Lookup, Range, Reads, StoredRow},
        record::Record as _,
        tables::{Column, Index, Table, Value},
    },
};

/// How many of a member's comments are examined for those that the board posted.
const POSTS_LOOKED_MAX: usize = 10_000;

impl Trees {
    /// The row that is meant.
    pub fn look(&self, lookup: &Lookup) -> Result<Option<StoredRow>> {
        match lookup {
            Lookup::Key(table, key) => {
                let record = self.get(tree_of(*table), &of_row(*table, key))?;
                Ok(record.map(|record| StoredRow {
                    key: key.clone(),
                    record,
                }))
            }
            Lookup::Unique(index, values) => {
                match self.get(tree_of_index(*index), &of_entry(*index, values))? {
                    Some(key) => self.row_at(index.table(), &[], &key),
                    None => Ok(None),
                }
            }
        }
    }

    /// The row under these bytes, which begin with those of `under`.
    fn row_at(&self, table: Table, under: &[Value], key: &[u8]) -> Result<Option<StoredRow>> {
        let Some(record) = self.get(tree_of(table), key)? else {
            return Ok(None);
        };
        let key = values_after(table, under, key)?;
        Ok(Some(StoredRow { key, record }))
    }

    /// The rows of a range, one after the other; its limit is left to the caller.
    pub fn rows<'t>(
        &'t self,
        range: &'t Range,
    ) -> Result<impl Iterator<Item = Result<StoredRow>> + 't> {
        let entries = self.entries(range)?;
        let row = move |entry: Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            match range.along {
                Along::Table(table) => {
                    // A writer may be half way through the pieces of a long value: it is read as one that is asked for.
                    let record = match self.payload(tree_of(table), &key, &value) {
                        Ok(record) => Some(record),
                        Err(_) => self.get(tree_of(table), &key)?,
                    };
                    let key = values_after(table, &range.under, &key)?;
                    Ok(record.map(|record| StoredRow { key, record }))
                }
                Along::Index(index) => {
                    let row = key.get(width_of(index)..).unwrap_or_default();
                    self.row_at(index.table(), &[], row)
                }
            }
        };
        Ok(entries.filter_map(move |entry| row(entry).transpose()))
    }

    /// The entries of a range's tree, in its order. The caller applies the limit.
    #[expect(clippy::type_complexity, reason = "rows as sled gives them")]
    pub fn entries<'t>(
        &'t self,
        range: &Range,
    ) -> Result<Box<dyn Iterator<Item = Result<(sled::IVec, sled::IVec)>> + 't>> {
        let tree = match range.along {
            Along::Table(table) => tree_of(table),
            Along::Index(index) => tree_of_index(index),
        };
        let (from, to) = bounds(range);
        let is_empty = match (&from, &to) {
            (Included(from), Included(to)) => from > to,
            (Included(from) | Excluded(from), Included(to) | Excluded(to)) => from >= to,
            _ => false,
        };
        if is_empty {
            return Ok(Box::new(std::iter::empty()));
        }
        let all = self.tree(tree).range::<Vec<u8>, _>((from, to));
        let all: Box<dyn Iterator<Item = _> + 't> = if range.is_backward {
            Box::new(all.rev())
        } else {
            Box::new(all)
        };
        let all = all.map(|entry| entry.map_err(broken));
        if range.along != Along::Index(Index::PostsOfMember) {
            return Ok(Box::new(all));
        }
        let came_along = move |key: &[u8], value: &[u8]| {
            let held = self.payload(tree, key, value);
            held.is_ok_and(|held| held == keys::CAME_ALONG)
        };
        let posts = all.take(POSTS_LOOKED_MAX);
        Ok(Box::new(posts.filter(move |entry| {
            !entry
                .as_ref()
                .is_ok_and(|(key, value)| came_along(key, value))
        })))
    }

    pub fn counted(&self, from: u32, to: u32, kind: u8) -> Result<Vec<CounterRow>> {
        let (mut rows, mut from) = (Vec::new(), Some(from));
        while let Some(day) = self.counted_on(from, to, kind)? {
            let of_day = keys::counter_prefix(day, kind);
            for entry in self.tree(Tree::Tallies).scan_prefix(of_day) {
                let (key, value) = entry.map_err(broken)?;
                let row = TallyRow::decode(&self.payload(Tree::Tallies, &key, &value)?)?;
                let (name, sums) = (row.of.name().to_owned(), row.tally.sums());
                rows.push(CounterRow {
                    day,
                    kind,
                    name,
                    sums,
                });
            }
            from = day.checked_add(1);
        }
        Ok(rows)
    }

    /// The first day of these on which something of the kind was counted. Days without anything are not looked at one by one.
    fn counted_on(&self, from: Option<u32>, to: u32, kind: u8) -> Result<Option<u32>> {
        let mut from = from;
        while let Some(day) = from.filter(|day| *day <= to) {
            let behind = keys::counter_prefix(day, kind);
            let next = self.tree(Tree::Tallies).range(behind..).next();
            let Some((key, _)) = next.transpose().map_err(broken)? else {
                return Ok(None);
            };
            let Some((found, of)) = keys::counter_of(&key) else {
                return Err(StoreError::Damaged("a count without a day".to_owned()));
            };
            if of == kind {
                return Ok(Some(found).filter(|found| *found <= to));
            }
            // A lower kind than this stands on a later day, which may have this one too.
            from = if of < kind {
                Some(found)
            } else {
                found.checked_add(1)
            };
        }
        Ok(None)
    }
}

/// How many bytes an index's columns take in the key of an entry.
fn width_of(index: Index) -> usize {
    let width = |column: &Column| match column {
        Column::Posted | Column::Unresolved | Column::Live => 0,
        Column::ResolvedAt | Column::ExpiresAt => 8,
        Column::Member | Column::Case | Column::Reporter | Column::Subject => 16,
        Column::BoardId | Column::Holder | Column::Secret | Column::Content => 0,
    };
    index.columns().iter().map(width).sum()
}

/// A range of values as one of bytes.
fn bounds(range: &Range) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let bytes = |values: &[Value]| match range.along {
        Along::Table(table) => of_row(table, values),
        Along::Index(index) => of_entry(index, values),
    };
    let columns = match range.along {
        Along::Table(table) => table.key().len(),
        Along::Index(index) => index.columns().len() + index.table().key().len(),
    };
    let all = |end: &[Value]| [range.under.as_slice(), end].concat();
    // An end that names only the first columns means all keys with that prefix: for the key (case, note), a range behind case 7
    // begins after the last note of case 7, and one through case 7 includes all of them.
    let is_part = |end: &[Value]| range.under.len() + end.len() < columns;
    let behind = |values: Vec<Value>| after_prefix(bytes(&values));
    let from = match &range.from {
        Unbounded => Included(bytes(&range.under)),
        Included(end) => Included(bytes(&all(end))),
        Excluded(end) if is_part(end) => {
            behind(all(end)).map_or(Excluded(vec![u8::MAX; 64]), Included)
        }
        Excluded(end) => Excluded(bytes(&all(end))),
    };
    let to = match &range.to {
        Unbounded => behind(range.under.clone()).map_or(Unbounded, Excluded),
        Included(end) if is_part(end) => behind(all(end)).map_or(Unbounded, Excluded),
        Included(end) => Included(bytes(&all(end))),
        Excluded(end) => Excluded(bytes(&all(end))),
    };
    (from, to)
}

/// The smallest key above all keys with this prefix: `61 FF` gives `62`; `None` if there is none, as for `FF`.
fn after_prefix(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.last_mut() {
        if *last < u8::MAX {
            *last += 1;
            return Some(prefix);
        }
        prefix.pop();
    }
    None
}

impl Reads for SledEngine {
    async fn get_all(&self, lookups: &[Lookup]) -> Result<Vec<Option<StoredRow>>> {
        let trees = self.shared.open_trees()?;
        lookups.iter().map(|lookup| trees.look(lookup)).collect()
    }

    async fn range(&self, range: Range) -> Result<Vec<StoredRow>> {
        let trees = self.shared.open_trees()?;
        trees.rows(&range)?.take(range.limit).collect()
    }

    async fn count(&self, range: Range) -> Result<u64> {
        let whole = Range::along(range.along);
        let tree = match range.along {
            Along::Table(table) => Some(tree_of(table)),
            // its entries are mixed with others
            Along::Index(Index::PostsOfMember) => None,
            Along::Index(index) => Some(tree_of_index(index)),
        };
        if let Some(tree) = tree.filter(|_| range == whole) {
            return Ok(self
                .shared
                .state()
                .rows
                .get(tree as usize)
                .copied()
                .unwrap_or(0));
        }
        let trees = self.shared.open_trees()?;
        let entries = trees.entries(&range)?.take(range.limit);
        entries.map(|entry| entry.map(|_| 1)).sum()
    }

    async fn counters(&self, from: u32, to: u32, kind: u8) -> Result<Vec<CounterRow>> {
        self.shared.open_trees()?.counted(from, to, kind)
    }

    fn epoch(&self) -> Epoch {
        self.shared.epoch()
    }

    async fn wait_durable(&self, epoch: Epoch) -> Result<()> {
        self.shared.on_disk(epoch).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(range: &Range) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        bounds(range)
    }

    #[test]
    fn a_text_excludes_itself_alone_and_a_first_column_all_under_it() {
        let articles = Range::along(Table::Articles).above([Value::Text("a".to_owned())]);
        assert_eq!(bytes_of(&articles), (Excluded(b"a".to_vec()), Unbounded));
        let due = Range::along(Table::QaSamples)
            .through([Value::Time(crate::time::Timestamp::from_ms(255))]);
        let all_of_then = Excluded(vec![0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(bytes_of(&due), (Included(Vec::new()), all_of_then));
        let notes = Range::along(Table::Notes).under([Value::Id(u128::MAX)]);
        assert_eq!(bytes_of(&notes), (Included(vec![u8::MAX; 16]), Unbounded));
    }
}
