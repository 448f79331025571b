//! A backup while reads and writes go on: all rows are copied into a new folder as they are found, and every batch that is
//! written meanwhile is done again there, in order. So the copy ends at exactly one commit.
//!
//! A thread of its own copies; the committer only sends it each batch ([`super::feed`]). For example, the copy has passed key 500
//! when a batch changes rows 3 and 700. Row 3 is corrected when the batch is replayed on the copy; row 700 is copied in its new
//! state, and the replay writes the same again. At the end the copy is opened as a start would open it, every row is read back,
//! a manifest lists every file with its checksum, and the folder is renamed to its final name.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    checkpoint::{Checkpoint, Generation},
    compaction::CopyCursor,
    disk,
    feed::{FeedFollower, FeedItem},
    flush::flushed,
    manifest::Manifest,
    new_dir::{NewDir, cannot},
    open::{self, OpenError},
    options::OpenOptions,
    row_changes::Row,
    rows::{self, Tree, Trees, broken},
    shared::SharedState,
};
use crate::{
    store::{BackupReport, CopyFailure, CopyProgress, CopyStep, OnProgress, StoreError},
    time::Timestamp,
};

/// Files beside the database that belong in a backup: the last good rulebook.
pub(super) const BESIDE: [&str; 1] = ["rulebook"];
/// For how long rows are copied at a stretch, and for how long others have the processor and the disk in between.
const SLICE: Duration = Duration::from_millis(4);
const REST: Duration = Duration::from_millis(2);
/// After how many copied bytes the copy is synced: one sync of all of it would hold up the batches on the same disk.
const SYNC_EVERY_BYTES: u64 = 8 << 20;
/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// A backup to be made.
pub(super) struct Backup {
    pub shared: Arc<SharedState>,
    pub followed: FeedFollower,
    pub to: PathBuf,
    pub made_at: Timestamp,
    pub on_progress: OnProgress,
    pub waiting: oneshot::Sender<Result<BackupReport, CopyFailure>>,
}

/// The copy on its way.
struct Copy {
    trees: Trees,
    file: fs::File,
    unsynced_bytes: u64,
}

impl Backup {
    /// Makes it, on a thread of its own.
    pub fn start(self) -> io::Result<()> {
        let named = thread::Builder::new().name("backup".to_owned());
        named.spawn(move || self.run()).map(drop)
    }

    fn run(self) {
        let made = self.made();
        match &made {
            Ok(backup) => {
                let (dir, commit, bytes) = (&backup.dir, backup.commit, backup.bytes);
                tracing::info!(
                    commit,
                    bytes,
                    "backed up to {dir}: commit {commit}, {bytes} bytes"
                );
            }
            Err(error) => tracing::warn!(%error, "no backup was made: {error}"),
        }
        let _ = self.release().send(made);
    }

    /// Releases everything before the caller is answered: from then on the next backup may begin.
    fn release(self) -> oneshot::Sender<Result<BackupReport, CopyFailure>> {
        self.waiting
    }

    fn made(&self) -> Result<BackupReport, CopyFailure> {
        let new = NewDir::begin(&self.to)?;
        // sled panics where it cannot write.
        let filled = catch_unwind(AssertUnwindSafe(|| self.filled(&new)));
        let filled = filled.unwrap_or_else(|_| {
            let what = "the copy cannot be written".to_owned();
            Err(StoreError::Unavailable(what).into())
        });
        let (commit, bytes) = match filled {
            Ok(filled) => filled,
            Err(error) => {
                new.remove();
                return Err(error);
            }
        };
        let to = self.to.clone();
        new.place().map_err(|error| cannot(&to, error))?;
        Ok(BackupReport {
            dir: to.display().to_string(),
            commit,
            bytes,
        })
    }

    /// Fills the new folder. Returns the commit of which it is a snapshot, and its size in bytes.
    fn filled(&self, new: &NewDir) -> Result<(u64, u64), CopyFailure> {
        self.check_room(new)?;
        let dir = new.path();
        let options = OpenOptions {
            dir: dir.to_owned(),
            flush_observer: None,
            ..self.shared.options.clone()
        };
        let commit = self.copied(&options)?;
        self.tell(CopyStep::Checking, 0, 0);
        // Before the manifest: opening and closing the copy changes the files that it lists.
        check_and_leave(&options, commit)?;
        self.copy_beside(dir)?;
        let sealing = |done, total| self.tell(CopyStep::Sealing, done, total);
        let manifest = Manifest::of(dir, commit, self.made_at, &sealing)
            .and_then(|manifest| manifest.write(dir).map(|()| manifest))
            .map_err(|error| cannot(dir, error))?;
        Ok((commit, manifest.bytes()))
    }

    /// Enough for a second copy, and on the service's own disk so much more as it needs to go on.
    fn check_room(&self, new: &NewDir) -> Result<(), CopyFailure> {
        let (dir, data) = (new.path(), &self.shared.options.dir);
        let failed = |error| cannot(dir, error);
        let device = |path: &Path| fs::metadata(path).map(|facts| facts.dev());
        let is_same_disk = device(dir).map_err(failed)? == device(data).map_err(failed)?;
        let kept = match is_same_disk {
            true => self.shared.options.free_bytes_min,
            false => 0,
        };
        let needed = self.shared.database_bytes().saturating_add(kept);
        let free = disk::free_bytes(dir).map_err(failed)?;
        if free < needed {
            let dir = new.parent().display().to_string();
            return Err(CopyFailure::NoRoom { dir, needed, free });
        }
        Ok(())
    }

    /// Copies all rows. Returns the commit of which the copy is a snapshot.
    fn copied(&self, options: &OpenOptions) -> Result<u64, CopyFailure> {
        // Copying begins once the feed has: a batch before that could be missing from both.
        match self.followed.next() {
            Some(FeedItem::Begun) => {}
            Some(FeedItem::GivenUp(error)) => return Err(error),
            _ => return Err(closing()),
        }
        let mut copy = Copy::begin(options)?;
        self.copy_rows(&mut copy)?;
        // The committer ends the feed between two batches, which makes the copy one of exactly one commit.
        self.followed.want_end();
        let commit = loop {
            match self.followed.next() {
                Some(FeedItem::Batch(rows)) => copy.write(&rows)?,
                Some(FeedItem::End(state)) => break state.commit,
                Some(FeedItem::Begun) => {}
                Some(FeedItem::GivenUp(error)) => return Err(error),
                None => return Err(closing()),
            }
        };
        copy.sync()?;
        Ok(commit)
    }

    fn copy_rows(&self, copy: &mut Copy) -> Result<(), CopyFailure> {
        let total = self.shared.state().rows.iter().sum();
        let (mut walk, mut done) = (CopyCursor::new(), 0);
        let (mut rested, mut told) = (Instant::now(), None);
        while let Some(tree) = Tree::ALL.get(walk.tree) {
            // A row may be read in a state newer than the feed, and be set back by it for a while; the
            // rest of the feed brings it forward again.
            self.replay_feed(copy)?;
            // The handle is held only briefly: a committer that has to reopen the database waits for it.
            let found = walk.next(self.shared.open_trees()?.tree(*tree))?;
            for (key, value) in &found {
                rows::check(*tree, key, value)?;
                copy.insert(*tree, key, value)?;
            }
            walk.went_over(&found);
            done += found.len() as u64;
            if told.is_none_or(|told: Instant| told.elapsed() > REPORT_EVERY) {
                // Rows that were added since could push it over the total.
                self.tell(CopyStep::Copying, done.min(total), total);
                told = Some(Instant::now());
            }
            if rested.elapsed() > SLICE {
                self.check_wanted()?;
                thread::sleep(REST);
                rested = Instant::now();
            }
        }
        Ok(())
    }

    /// Does again what was written since.
    fn replay_feed(&self, copy: &mut Copy) -> Result<(), CopyFailure> {
        while let Some(fed) = self.followed.by_now() {
            match fed {
                FeedItem::Batch(rows) => copy.write(&rows)?,
                FeedItem::GivenUp(error) => return Err(error),
                FeedItem::Begun | FeedItem::End(_) => {}
            }
        }
        Ok(())
    }

    fn check_wanted(&self) -> Result<(), CopyFailure> {
        if self.waiting.is_closed() {
            let what = "nobody waits for it any more".to_owned();
            return Err(StoreError::Unavailable(what).into());
        }
        Ok(())
    }

    fn copy_beside(&self, to: &Path) -> Result<(), CopyFailure> {
        for name in BESIDE {
            let from = self.shared.options.dir.join(name);
            if from.is_dir() {
                copy_folder(&from, &to.join(name)).map_err(|error| cannot(&from, error))?;
            }
        }
        Ok(())
    }

    fn tell(&self, step: CopyStep, done: u64, total: u64) {
        (self.on_progress)(CopyProgress { step, done, total });
    }
}

impl Copy {
    fn begin(options: &OpenOptions) -> Result<Self, CopyFailure> {
        let generation = Generation::default();
        let trees = open::open_database(options, generation)
            .map_err(|error| unwritable(&options.dir, &error))?;
        let file = generation.file(&options.dir);
        let file = fs::File::open(&file).map_err(|error| cannot(&file, error))?;
        Ok(Self {
            trees,
            file,
            unsynced_bytes: 0,
        })
    }

    fn write(&mut self, rows: &[Row]) -> Result<(), CopyFailure> {
        for (tree, key, value) in rows {
            match value {
                Some(value) => self.insert(*tree, key, value)?,
                None => drop(self.trees.tree(*tree).remove(key).map_err(broken)?),
            }
        }
        Ok(())
    }

    fn insert(&mut self, tree: Tree, key: &[u8], value: &[u8]) -> Result<(), CopyFailure> {
        self.trees.tree(tree).insert(key, value).map_err(broken)?;
        self.unsynced_bytes += (key.len() + value.len()) as u64;
        if self.unsynced_bytes > SYNC_EVERY_BYTES {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), CopyFailure> {
        self.unsynced_bytes = 0;
        flushed(&self.trees.db).map_err(broken)?;
        let synced = self.file.sync_data();
        synced.map_err(|error| {
            StoreError::Unavailable(format!("the copy could not be synced: {error}")).into()
        })
    }
}

/// Looks at a new database as a start would, at every row of it, and leaves it clean.
pub(super) fn check_and_leave(options: &OpenOptions, commit: u64) -> Result<(), CopyFailure> {
    let (dir, generation) = (&options.dir, Generation::default());
    // Run 0: no service has used this folder, so a start expects no commit log.
    Checkpoint::in_use(generation, commit, 0)
        .write(dir)
        .map_err(|error| cannot(dir, error))?;
    let opened = open::checked(options, generation, commit);
    let found = opened
        .map_err(|error| unwritable(dir, &error))?
        .state
        .head
        .batch;
    if found != commit {
        let what = format!("the copy stands at commit {found}, not at {commit}");
        return Err(StoreError::Damaged(what).into());
    }
    open::leave_clean(options, generation, commit, 0).map_err(|error| unwritable(dir, &error))
}

fn unwritable(dir: &Path, error: &OpenError) -> CopyFailure {
    cannot(dir, io::Error::other(error.to_string()))
}

fn closing() -> CopyFailure {
    StoreError::Unavailable("the store is closing".to_owned()).into()
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
