//! Converts a folder of an earlier format, once, at its first start.
//!
//! All rows are rewritten into the next generation's folder, as by a compaction, and read back. At last one rename, of the
//! checkpoint, switches to it: whatever happens before leaves the old database in use, and the next start removes the incomplete
//! one. Each record is verified on its way: decoded from its new row it equals what its old row held, with the same hashed
//! bytes; the audit's chain is verified over them. The entry `store.converted`, which the new database ends with, records it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use super::{
    checkpoint::{Checkpoint, Generation},
    disk,
    key_bytes::{table_of, values_after},
    new_database::NewDatabase,
    open::{self, OpenError, Opened, UNREADABLE},
    options::OpenOptions,
    row_changes::new_rows,
    rows::{Tree, broken},
    salvage,
};
use crate::{
    record::{
        Actor, AuditAction, AuditDraft, AuditEntry, AuditRow, AuditSubject, TallyRow,
        stored::FORMAT,
    },
    store::{
        Result, StoreError,
        engine::RowChange,
        record::{Record, StateRow},
        tables::{RecordVisitor, Tabled, visit_record},
    },
    time::Timestamp,
};

/// How often progress is reported.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// The folder's database in today's format: converted where it is of an earlier one. The lock is held by the caller, and the
/// mark names the database that was opened.
pub(super) fn converted(
    options: &OpenOptions,
    opened: Opened,
    run: u64,
    now: Timestamp,
) -> std::result::Result<Opened, OpenError> {
    let dir = &options.dir;
    let format = open::format_of(&opened.trees).map_err(|error| refused(options, error))?;
    let Some(format) = format.filter(|format| *format < FORMAT) else {
        return Ok(opened);
    };
    let (old, commit) = (opened.trees.generation, opened.state.head.batch);
    let new = old.next();
    tracing::info!(
        from = format,
        to = FORMAT,
        "the database is converted from format {format} to format {FORMAT}"
    );
    let copied = || copied(options, &opened, (format, now));
    let checked = check_room(options, old)
        .and_then(|()| {
            catch_unwind(AssertUnwindSafe(copied)).unwrap_or_else(|_| {
                Err(refused(options, StoreError::Damaged(UNREADABLE.to_owned())))
            })
        })
        .and_then(|commit| open::checked(options, new, commit))
        .and_then(|converted| {
            let synced = converted.sync(dir);
            synced.map_err(|error| OpenError::io(dir, error))?;
            Ok(converted)
        });
    drop(opened);
    let converted = match checked {
        Ok(converted) => converted,
        Err(error) => {
            // It stays as it was, for the version that wrote it, too.
            salvage::removed(&new.dir(dir)).map_err(|error| OpenError::io(dir, error))?;
            open::leave_clean(options, old, commit, run)?;
            return Err(error);
        }
    };
    Checkpoint::in_use(new, converted.state.head.batch, run)
        .write(dir)
        .map_err(|error| OpenError::io(dir, error))?;
    if let Err(error) = new.remove_others(dir) {
        tracing::warn!(%error, "the database that was converted cannot be removed: {error}");
    }
    let rows = converted.state.rows.iter().sum::<u64>();
    tracing::info!(rows, "the database is of format {FORMAT} now: {rows} rows");
    Ok(converted)
}

/// There is room for the database once more.
fn check_room(options: &OpenOptions, generation: Generation) -> std::result::Result<(), OpenError> {
    let dir = &options.dir;
    let bytes = generation.bytes(dir);
    let needed = bytes.map(|bytes| bytes.saturating_add(options.free_bytes_min));
    let room = needed.and_then(|needed| Ok((needed, disk::free_bytes(dir)?)));
    match room.map_err(|error| OpenError::io(dir, error))? {
        (needed, free) if free < needed => Err(OpenError::NoRoomToConvert {
            dir: dir.display().to_string(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

/// Rewrites all rows into a new database. Returns its last commit.
fn copied(
    options: &OpenOptions,
    opened: &Opened,
    (format, now): (u8, Timestamp),
) -> std::result::Result<u64, OpenError> {
    let generation = opened.trees.generation;
    let removed = generation.remove_others(&options.dir);
    removed.map_err(|error| OpenError::io(&options.dir, error))?;
    let mut new = NewDatabase::begin(options, generation.next())?;
    all_rows(options, opened, &mut new)
        .and_then(|()| record_conversion(&mut new, opened.state.to_row(), (format, now)))
        .and_then(|state| {
            let commit = state.commit;
            new.finish(state).map(|()| commit)
        })
        .map_err(|error| refused(options, error))
}

fn all_rows(options: &OpenOptions, opened: &Opened, new: &mut NewDatabase) -> Result<()> {
    let (mut done, mut last_told) = (0_u64, Instant::now());
    let mut chain = [0; 32];
    // Pieces are rewritten with their values, and the state with the counts.
    let own = |tree: &Tree| !matches!(tree, Tree::State | Tree::Overflow);
    let own = Tree::ALL.into_iter().filter(own);
    let (trees, rows) = (&opened.trees, &opened.state.rows);
    let total: u64 = own.clone().map(|tree| rows[tree as usize]).sum();
    for tree in own {
        for row in trees.tree(tree) {
            let (key, value) = row.map_err(broken)?;
            let payload = trees.payload(tree, &key, &value)?;
            if tree == Tree::Audit {
                chain = follows(chain, &payload)?;
            }
            new.put(tree, &key, &in_todays_format(tree, &key, &payload)?)?;
            done += 1;
            if last_told.elapsed() >= TELL_EVERY {
                last_told = Instant::now();
                tracing::info!(done, total, "{done} of {total} rows are converted");
                let observer = options.conversion_observer.iter();
                observer.for_each(|tell| tell(done, total));
            }
        }
    }
    Ok(())
}

/// The hash of an entry of the audit, once the chain before it leads to it.
fn follows(chain: [u8; 32], payload: &[u8]) -> Result<[u8; 32]> {
    let row = AuditRow::decode(payload)?;
    if row.previous == chain && row.holds() {
        Ok(row.hash)
    } else {
        let what = format!("the chain of hashes breaks at entry {}", row.entry.number);
        Err(StoreError::Damaged(what))
    }
}

/// The payload of a row in today's format. An index entry holds no record, and stays as it is.
fn in_todays_format(tree: Tree, key: &[u8], payload: &[u8]) -> Result<Vec<u8>> {
    let rewrite = Rewrite(payload);
    if tree == Tree::Tallies {
        return rewrite.visit_row::<TallyRow>();
    }
    let Some(table) = table_of(tree) else {
        return Ok(payload.to_vec());
    };
    let values = values_after(table, &[], key)?;
    visit_record(table, &values, rewrite).unwrap_or_else(|| Ok(payload.to_vec()))
}

/// Rewrites a record: decoding the new row must give what the old row held.
struct Rewrite<'r>(&'r [u8]);

impl Rewrite<'_> {
    fn visit_row<T: Record + Clone + PartialEq>(self) -> Result<Vec<u8>> {
        let old = T::decode(self.0)?;
        let new = old.clone().encode()?;
        if T::decode(&new)? == old {
            return Ok(new);
        }
        let what = "a record does not come back as it was";
        Err(StoreError::Damaged(what.to_owned()))
    }
}

impl RecordVisitor for Rewrite<'_> {
    type Output = Result<Vec<u8>>;

    fn visit<T: Tabled + Clone + PartialEq>(self) -> Self::Output {
        self.visit_row::<T>()
    }
}

/// Adds the audit entry that records the conversion, as a commit of its own.
fn record_conversion(
    new: &mut NewDatabase,
    state: StateRow,
    (format, now): (u8, Timestamp),
) -> Result<StateRow> {
    let at = now.max(state.last_at);
    let action = AuditAction::StoreConverted;
    let entry = AuditEntry {
        number: state.audit_head + 1,
        what: AuditDraft::new(at, &Actor::System, action, AuditSubject::Database)
            .changed(format.to_string(), FORMAT.to_string()),
        words: None,
        revisions: Vec::new(),
    };
    let row = AuditRow::new(entry, state.audit_hash);
    let state = StateRow {
        commit: state.commit + 1,
        audit_head: row.entry.number,
        audit_hash: row.hash,
        last_at: at,
        ..state
    };
    for (tree, key, payload) in new_rows(RowChange::put(row)?)? {
        new.put(tree, &key, &payload)?;
    }
    Ok(state)
}

fn refused(options: &OpenOptions, error: StoreError) -> OpenError {
    let dir = &options.dir;
    match error {
        StoreError::Damaged(what) => OpenError::Damaged {
            dir: dir.display().to_string(),
            what,
        },
        other => OpenError::io(dir, std::io::Error::other(other.to_string())),
    }
}
