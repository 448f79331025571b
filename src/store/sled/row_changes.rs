//! What a batch's changes of rows are in the trees: rows to put and to remove, index entries among them.
//!
//! sled has one writer, so what is stored and what the batch has changed before is all that a change of a row can rest on. Sums
//! are packed by day and kind, and a raised value is within the record.

use std::collections::BTreeMap;

use super::{
    key_bytes::{of_entry, of_row, tree_of, tree_of_index},
    keys,
    rows::{Tree, Trees, broken, checksummed},
};
use crate::{
    record::{Tally, TallyOf, TallyRow},
    store::{
        Result, StoreError,
        engine::{Lookup, RowChange, Seen},
        record::Record as _,
        tables::{
            Column, Columns, Index, Table, Value, derived, kept_raised, raised_from, redacted,
            summed,
        },
    },
    time::Timestamp,
};

/// A row to put, or to remove where there is no value.
pub(super) type Row = (Tree, Vec<u8>, Option<Vec<u8>>);

/// The rows of a batch, with their checksums, and pieces of long values; in the order of trees and keys.
pub(super) fn rows_of(trees: &Trees, changes: Vec<RowChange>) -> Result<Vec<Row>> {
    let mut batch = TreeChanges {
        trees,
        payloads: BTreeMap::new(),
    };
    for change in changes {
        batch.take(change)?;
    }
    let mut rows = Vec::with_capacity(batch.payloads.len());
    for ((tree, key), payload) in batch.payloads {
        match payload {
            None => rows.push((tree, key, None)),
            Some(payload) => {
                let pieces = checksummed(tree, &key, &payload).into_iter();
                rows.extend(pieces.map(|(tree, key, value)| (tree, key, Some(value))));
            }
        }
    }
    Ok(rows)
}

/// What is seen of rows by the one who writes.
pub(super) fn seen(trees: &Trees, lookups: &[Lookup]) -> Result<Vec<Option<Seen>>> {
    let seen = |lookup: &Lookup| {
        let Some(row) = trees.look(lookup)? else {
            return Ok(None);
        };
        let table = match lookup {
            Lookup::Key(table, _) => *table,
            Lookup::Unique(index, _) => index.table(),
        };
        let (version, columns) = derived(table, &row.key, &row.record)?;
        Ok(Some(Seen {
            key: row.key,
            version,
            columns,
        }))
    };
    lookups.iter().map(seen).collect()
}

/// A batch in the making: payloads by tree and key; `None` deletes the row.
struct TreeChanges<'t> {
    trees: &'t Trees,
    payloads: BTreeMap<(Tree, Vec<u8>), Option<Vec<u8>>>,
}

/// An entry of an index: its key, and what it holds.
type Entry = (Vec<u8>, Vec<u8>);

impl TreeChanges<'_> {
    fn take(&mut self, change: RowChange) -> Result<()> {
        match change {
            RowChange::Put {
                table,
                key,
                columns,
                before,
                record,
                version: _,
            } => {
                self.index(table, &key, before.as_ref(), Some(&columns));
                let (tree, row) = (tree_of(table), of_row(table, &key));
                // only these are ever raised
                let stored = match table {
                    Table::Accounts | Table::Webhooks => self.get(tree, &row)?,
                    _ => None,
                };
                let record = kept_raised(table, &key, stored.as_deref(), record)?;
                self.put(tree, row, record);
            }
            RowChange::Delete { table, key, before } => {
                self.index(table, &key, before.as_ref(), None);
                self.remove(tree_of(table), of_row(table, &key));
            }
            RowChange::DeleteWithParts { table, key, parts } => {
                self.delete_with_parts(table, &key, parts)?;
            }
            RowChange::DeleteThrough {
                table: Table::AuditWords,
                under,
                through,
                limit: _,
            } => self.redact(&under, through)?,
            RowChange::DeleteThrough { through, limit, .. } => self.drop_answers(through, limit)?,
            RowChange::Add {
                day,
                kind,
                name,
                by,
            } => self.add(day, kind, &name, &by)?,
            RowChange::DropSums { day, kind, name } => {
                self.remove(Tree::Tallies, keys::counter(day, kind, &name));
            }
            RowChange::Sum { table, key, record } => {
                let (tree, row) = (tree_of(table), of_row(table, &key));
                let stored = self.get(tree, &row)?;
                let record = summed(table, stored.as_deref(), record)?;
                self.put(tree, row, record);
            }
            RowChange::Raise {
                table,
                key,
                to,
                sane_max,
            } => self.raise(table, &key, to, sane_max)?,
        }
        Ok(())
    }

    fn put(&mut self, tree: Tree, key: Vec<u8>, payload: Vec<u8>) {
        self.payloads.insert((tree, key), Some(payload));
    }

    fn remove(&mut self, tree: Tree, key: Vec<u8>) {
        self.payloads.insert((tree, key), None);
    }

    /// The payload under a key as this batch leaves it so far.
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.payloads.get(&(tree, key.to_vec())) {
            Some(changed) => Ok(changed.clone()),
            None => self.trees.get(tree, key),
        }
    }

    /// Deletes the index entries that no longer apply to a row, and adds the new ones.
    fn index(
        &mut self,
        table: Table,
        key: &[Value],
        before: Option<&Columns>,
        after: Option<&Columns>,
    ) {
        for index in Index::of(table) {
            let entry = |columns: Option<&Columns>| entry_of(index, columns?, key);
            let (had, has, tree) = (entry(before), entry(after), tree_of_index(index));
            if had == has {
                continue;
            }
            if let Some((key, _)) = had {
                self.remove(tree, key);
            }
            if let Some((key, held)) = has {
                self.put(tree, key, held);
            }
        }
    }

    /// Removes a row and its parts, those that this batch put there too.
    fn delete_with_parts(&mut self, table: Table, key: &[Value], parts: Table) -> Result<()> {
        let row = of_row(table, key);
        // Without this look every such change would walk over what earlier ones left empty.
        if self.get(tree_of(table), &row)?.is_none() {
            return Ok(());
        }
        self.remove(tree_of(table), row);
        let (tree, prefix) = (tree_of(parts), of_row(parts, key));
        for part in self.trees.tree(tree).scan_prefix(&prefix).keys() {
            self.remove(tree, part.map_err(broken)?.to_vec());
        }
        let put = self.payloads.range_mut((tree, prefix.clone())..);
        let own = put.take_while(|((of, part), _)| *of == tree && part.starts_with(&prefix));
        own.for_each(|(_, payload)| *payload = None);
        Ok(())
    }

    fn raise(&mut self, table: Table, key: &[Value], to: u64, sane_max: u64) -> Result<()> {
        let (tree, row) = (tree_of(table), of_row(table, key));
        if let Some(stored) = self.get(tree, &row)? {
            let record = raised_from(table, key, &stored, to, sane_max)?;
            self.put(tree, row, record);
        }
        Ok(())
    }

    fn add(&mut self, day: u32, kind: u8, name: &str, by: &[(u16, i64)]) -> Result<()> {
        let key = keys::counter(day, kind, name);
        let mut row = match self.get(Tree::Tallies, &key)? {
            Some(stored) => TallyRow::decode(&stored)?,
            None => no_sums(day, kind, name)?,
        };
        row.tally.add_sums(by);
        self.put(Tree::Tallies, key, row.encode()?);
        Ok(())
    }

    /// Takes out of the entries about a subject what people wrote; what covers it stays.
    fn redact(&mut self, subject: &[Value], through: Option<Timestamp>) -> Result<()> {
        let prefix = of_entry(Index::AuditOfSubject, subject);
        for entry in self
            .trees
            .tree(Tree::AuditSubjects)
            .scan_prefix(prefix)
            .keys()
        {
            let entry = entry.map_err(broken)?;
            let Some(number) = keys::number_at_end(&entry) else {
                continue;
            };
            let key = number.to_be_bytes().to_vec();
            let Some(stored) = self.get(Tree::Audit, &key)? else {
                continue;
            };
            if let Some(record) = redacted(&stored, through)? {
                self.put(Tree::Audit, key, record);
            }
        }
        Ok(())
    }

    fn drop_answers(&mut self, through: Option<Timestamp>, limit: usize) -> Result<()> {
        let end = through.unwrap_or(Timestamp::from_ms(i64::MAX)).plus_ms(1);
        let expired = self
            .trees
            .tree(Tree::AnswerExpiry)
            .range(..of_entry(Index::AnswersByExpiry, &[Value::Time(end)]));
        for entry in expired.keys().take(limit) {
            let entry = entry.map_err(broken)?.to_vec();
            let slot: Option<&[u8; 16]> = entry.last_chunk();
            if let Some(slot) = slot {
                self.remove(Tree::Answers, slot.to_vec());
            }
            self.remove(Tree::AnswerExpiry, entry);
        }
        Ok(())
    }
}

/// A tally of zero.
fn no_sums(day: u32, kind: u8, name: &str) -> Result<TallyRow> {
    let unknown = || StoreError::Damaged(format!("nothing of kind {kind} is counted as {name}"));
    Ok(TallyRow {
        day: i32::try_from(day).unwrap_or(i32::MAX),
        of: TallyOf::from_parts(kind, name).ok_or_else(unknown)?,
        tally: Tally::default(),
    })
}

/// A tree, a key and a payload to put there.
pub(super) type NewRow = (Tree, Vec<u8>, Vec<u8>);

/// The rows of a change in an empty database: index entries, then the row itself. Changes of existing rows give nothing.
pub(super) fn new_rows(change: RowChange) -> Result<Vec<NewRow>> {
    match change {
        RowChange::Put {
            table,
            key,
            columns,
            record,
            ..
        } => {
            let entry = |index| {
                let (entry, held) = entry_of(index, &columns, &key)?;
                Some((tree_of_index(index), entry, held))
            };
            let row = (tree_of(table), of_row(table, &key), record);
            Ok(Index::of(table).filter_map(entry).chain([row]).collect())
        }
        RowChange::Add {
            day,
            kind,
            name,
            by,
        } => {
            let mut row = no_sums(day, kind, &name)?;
            row.tally.add_sums(&by);
            let key = keys::counter(day, kind, &name);
            Ok(vec![(Tree::Tallies, key, row.encode()?)])
        }
        RowChange::Sum { table, key, record } => {
            Ok(vec![(tree_of(table), of_row(table, &key), record)])
        }
        RowChange::Delete { .. }
        | RowChange::DeleteThrough { .. }
        | RowChange::DeleteWithParts { .. }
        | RowChange::DropSums { .. }
        | RowChange::Raise { .. } => Ok(Vec::new()),
    }
}

/// A row's entry in an index; `None` if the row is not in it.
pub(super) fn entry_of(index: Index, columns: &Columns, key: &[Value]) -> Option<Entry> {
    // it shares its entries with the index of all of a member's comments
    if index == Index::PostsOfMember {
        return None;
    }
    let mut values = index.values(columns)?;
    let held = match index {
        _ if index.is_unique() => of_row(index.table(), key),
        Index::CommentsOfMember if !columns.has(Column::Posted) => keys::CAME_ALONG.to_vec(),
        _ => Vec::new(),
    };
    if !index.is_unique() {
        values.extend_from_slice(key);
    }
    Some((of_entry(index, &values), held))
}
