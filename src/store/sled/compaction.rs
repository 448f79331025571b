//! Compaction: sled hardly gives back the space of what was deleted, so the database is copied in key order into a new
//! folder.
//!
//! The committer copies a slice at a time between its batches, and writes each batch to both; so reads and writes go on.
//! Then the copy is read back. At last one rename, of the checkpoint, switches to it; until then the copy is worth nothing, and
//! a start removes it.

use std::{
    fs,
    ops::Bound::{Excluded, Unbounded},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    flush::flushed,
    open,
    options::OpenOptions,
    row_changes::Row,
    rows::{self, Tree, Trees, broken},
    salvage,
    shared::release,
};
use crate::store::{Result, StoreError};

/// How long the committer copies before it checks for work.
const SLICE: Duration = Duration::from_millis(1);
/// How many rows are copied before the time is checked.
const ROWS_AT_ONCE: usize = 64;
/// After how many copied bytes the copy is synced: one sync of all of it would hold up the batches.
const SYNC_EVERY_BYTES: u64 = 8 << 20;

/// A copy on its way.
pub(super) struct Compaction {
    copy: Trees,
    file: fs::File,
    /// Whether all is copied, and being read back.
    is_read_back: bool,
    walk: CopyCursor,
    unsynced_bytes: u64,
}

/// How far a walk over all rows has come, and how many there are in each tree up to there.
pub(super) struct CopyCursor {
    pub tree: usize,
    after: Option<sled::IVec>,
    rows: Vec<u64>,
}

impl CopyCursor {
    pub fn new() -> Self {
        Self {
            tree: 0,
            after: None,
            rows: vec![0; Tree::ALL.len()],
        }
    }

    fn has_passed(&self, tree: Tree, key: &[u8]) -> bool {
        // Trees are walked one after the other, each in key order: tree and key say what lies behind.
        match (tree as usize).cmp(&self.tree) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => self.after.as_deref().is_some_and(|after| key <= after),
            std::cmp::Ordering::Greater => false,
        }
    }

    /// The next rows of a tree; fewer than asked for where they were the last.
    pub fn next(&self, tree: &sled::Tree) -> Result<Vec<(sled::IVec, sled::IVec)>> {
        // The last key may have been deleted since; a range needs no row at its start.
        let from = self.after.clone().map_or(Unbounded, Excluded);
        tree.range::<sled::IVec, _>((from, Unbounded))
            .take(ROWS_AT_ONCE)
            .map(|row| row.map_err(broken))
            .collect()
    }

    pub fn went_over(&mut self, rows: &[(sled::IVec, sled::IVec)]) {
        self.rows[self.tree] += rows.len() as u64;
        if let Some((last, _)) = rows.last() {
            self.after = Some(last.clone());
        }
        // The end of the tree. If the last read was full by chance, the next one finds no row and ends here.
        if rows.len() < ROWS_AT_ONCE {
            self.tree += 1;
            self.after = None;
        }
    }
}

/// Closes the database that was copied once nobody reads it any more, and removes it. That takes a while, and the committer
/// does not wait for it.
pub(super) fn remove_copied(
    copied: Arc<Trees>,
    data: PathBuf,
    then: impl FnOnce() + Send + 'static,
) -> Option<JoinHandle<()>> {
    let dir = copied.generation.dir(&data);
    let remove = move || {
        release(copied);
        if let Err(error) = fs::remove_dir_all(&dir) {
            tracing::warn!(%error, "the database that was copied cannot be removed: {error}");
        }
        then();
    };
    let started = thread::Builder::new()
        .name("compaction".to_owned())
        .spawn(remove);
    let told = started.inspect_err(|error| {
        tracing::warn!(%error, "the database that was copied stays until the next start: {error}");
    });
    told.ok()
}

fn not_synced(error: std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("the copy could not be synced: {error}"))
}

impl Compaction {
    /// Begins a copy in the next generation's folder.
    pub fn begin(options: &OpenOptions, from: &Trees) -> Result<Self> {
        let generation = from.generation.next();
        let failed = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        // An attempt that was cut short may have left its half in the folder that is used next.
        from.generation
            .remove_others(&options.dir)
            .map_err(failed)?;
        let copy = open::open_database(options, generation)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let file = fs::File::open(generation.file(&options.dir)).map_err(failed)?;
        Ok(Self {
            copy,
            file,
            is_read_back: false,
            walk: CopyCursor::new(),
            unsynced_bytes: 0,
        })
    }

    /// Goes on for a moment. Whether it is done: all is copied, counted as `counted` says, read back, and on disk.
    pub fn go_on(&mut self, options: &OpenOptions, from: &Trees, counted: &[u64]) -> Result<bool> {
        let begun = Instant::now();
        while begun.elapsed() < SLICE {
            let Some(tree) = Tree::ALL.get(self.walk.tree) else {
                // The last tree is done. This place is reached twice: after copying and after reading back.
                self.check_counts(counted)?;
                self.sync()?;
                if self.is_read_back {
                    // The files must be in the folder, on disk, before a checkpoint may name it.
                    let dir = self.copy.generation.dir(&options.dir);
                    salvage::synced(&dir).map_err(not_synced)?;
                    return Ok(true);
                }
                self.is_read_back = true;
                self.walk = CopyCursor::new();
                return Ok(false);
            };
            self.some_rows(*tree, from)?;
        }
        Ok(false)
    }

    fn some_rows(&mut self, tree: Tree, from: &Trees) -> Result<()> {
        // The second walk reads the copy: what counts is how the rows arrived.
        let source = if self.is_read_back { &self.copy } else { from };
        let found = self.walk.next(source.tree(tree))?;
        for (key, value) in &found {
            rows::check(tree, key, value)?;
            if !self.is_read_back {
                self.copy.tree(tree).insert(key, value).map_err(broken)?;
                self.unsynced_bytes += (key.len() + value.len()) as u64;
            }
        }
        self.walk.went_over(&found);
        if self.unsynced_bytes > SYNC_EVERY_BYTES {
            self.sync()?;
        }
        Ok(())
    }

    /// A batch was written: what the walk has passed already is written to the copy, too.
    pub fn mirror(&mut self, batch: &[Row]) -> Result<()> {
        for (tree, key, value) in batch {
            let is_counted = self.walk.has_passed(*tree, key);
            // Rows ahead of the copying walk will be copied in their new state anyway. While the copy is
            // read back it holds all rows, so every change has to be made there, too.
            if !is_counted && !self.is_read_back {
                continue;
            }
            let copy = self.copy.tree(*tree);
            let before = match value {
                Some(value) => copy.insert(key, value.as_slice()),
                None => copy.remove(key),
            };
            let was_there = before.map_err(broken)?.is_some();
            let rows = &mut self.walk.rows[*tree as usize];
            match (value.is_some(), was_there) {
                // Rows ahead of the reading walk are counted when it gets to them.
                (true, false) if is_counted => *rows += 1,
                (false, true) if is_counted => *rows = rows.saturating_sub(1),
                _ => {}
            }
        }
        Ok(())
    }

    /// The copy and its file, once it is done.
    pub fn finished(self) -> (Trees, fs::File) {
        (self.copy, self.file)
    }

    /// Gives the copy up.
    pub fn removed(self, data: &Path) {
        let Self { copy, file, .. } = self;
        let dir = copy.generation.dir(data);
        // sled has to close its files before they are removed.
        drop((copy, file));
        if let Err(error) = fs::remove_dir_all(&dir) {
            tracing::warn!(%error, "the half-made copy cannot be removed: {error}");
        }
    }

    fn sync(&mut self) -> Result<()> {
        self.unsynced_bytes = 0;
        flushed(&self.copy.db).map_err(broken)?;
        self.file.sync_data().map_err(not_synced)
    }

    fn check_counts(&self, counted: &[u64]) -> Result<()> {
        for tree in Tree::ALL {
            let (copied, counted) = (self.walk.rows[tree as usize], counted[tree as usize]);
            if copied != counted {
                let name = tree.name();
                return Err(StoreError::Damaged(format!(
                    "{name}: {counted} rows were counted, {copied} are in the copy"
                )));
            }
        }
        Ok(())
    }
}
