//! The commit log: a small file with the number of the last commit that was answered.
//!
//! Each commit writes its number here once it is on disk and before it is answered, so that a start after a kill knows exactly
//! which commit the database must have reached. The system's memory survives a kill; for a power cut the file is synced by a thread of its
//! own, [`SYNC_EVERY`] at the latest: a sync within every commit would cost more than it is worth.
//!
//! Entries alternate between two blocks, so that a torn write leaves the entry before. For example, commit 7 is in one
//! block and commit 8 in the other; commit 9 is torn as it replaces 7, and the log still says 8. An entry names the run of the service that
//! wrote it, and the checkpoint names the valid run; so the log of another copy of the folder is ignored.

use std::{
    fs, io,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use super::checkpoint::put_synced;

/// The file's name in the data folder.
const FILE: &str = "commits";
/// What it is written to before it has its name.
const NEW_FILE: &str = "commits.new";
/// What each entry begins with.
const MAGIC: &[u8; 8] = b"BZCOMMIT";
const ENTRY_BYTES: usize = 28;
const BLOCK_BYTES: usize = 4_096;
const BLOCKS: usize = 2;

/// How old the synced log may be.
pub(super) const SYNC_EVERY: Duration = Duration::from_millis(50);

/// One entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    run: u64,
    commit: u64,
}

impl Entry {
    fn encoded(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.run.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.commit.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..24]);
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decoded(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        let (magic, body) = body.split_first_chunk::<8>()?;
        let (run, commit) = body.split_first_chunk::<8>()?;
        let entry = Self {
            run: u64::from_le_bytes(*run),
            commit: u64::from_le_bytes(commit.try_into().ok()?),
        };
        // Encoding the entry again yields the checksum that it should have. It always has the right magic,
        // so the one that was read is compared by itself.
        let is_sound = magic == MAGIC && entry.encoded()[24..] == crc[..];
        is_sound.then_some(entry)
    }
}

/// The entries of a log, by block; none if there is no log.
fn entries(dir: &Path) -> io::Result<Option<[Option<Entry>; BLOCKS]>> {
    let bytes = match fs::read(dir.join(FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let entry = |block: usize| {
        let begin = block * BLOCK_BYTES;
        // A file that is cut short has no bytes here: the block counts as empty.
        bytes
            .get(begin..begin + ENTRY_BYTES)
            .and_then(Entry::decoded)
    };
    Ok(Some([entry(0), entry(1)]))
}

/// The last commit that was answered in this run, as far as the log knows.
pub(super) fn last_of(dir: &Path, run: u64) -> io::Result<Option<u64>> {
    let entries = entries(dir)?.unwrap_or_default();
    let of_run = entries.iter().flatten().filter(|entry| entry.run == run);
    Ok(of_run.map(|entry| entry.commit).max())
}

/// The log of a running service.
pub(super) struct CommitLog {
    file: Arc<fs::File>,
    run: u64,
    /// Which block is written next.
    block: usize,
    /// Wakes the thread that syncs.
    syncing: SyncSender<()>,
    failed: Arc<std::sync::Mutex<Option<String>>>,
}

impl CommitLog {
    /// Begins this run's entries. Those of the run that the checkpoint still names stay until it names this one.
    pub fn begin(dir: &Path, run: u64, commit: u64, marked_run: u64) -> io::Result<Self> {
        let entry = Entry { run, commit };
        let (file, written) = match entries(dir)? {
            None => (put_synced(dir, NEW_FILE, FILE, &fresh(entry))?, 0),
            Some(old) => {
                // The newest entry of the last run is not the one that goes.
                let newest = |block: usize| {
                    // Tuples compare from the left: an entry of the marked run beats any
                    // other, then the commits decide.
                    old[block].map_or((false, 0), |entry| (entry.run == marked_run, entry.commit))
                };
                // For example, blocks 0 and 1 hold commits 7 and 8: block 0 is overwritten, and 8 stays.
                let written = usize::from(newest(0) > newest(1));
                let file = fs::File::options()
                    .read(true)
                    .write(true)
                    .open(dir.join(FILE))?;
                file.write_all_at(&entry.encoded(), at(written))?;
                file.sync_all()?;
                (file, written)
            }
        };
        let file = Arc::new(file);
        let failed = Arc::default();
        Ok(Self {
            syncing: synced_by_itself(Arc::clone(&file), Arc::clone(&failed))?,
            file,
            run,
            // The first commit replaces the last run's entry; by then the checkpoint names this run.
            block: 1 - written,
            failed,
        })
    }

    /// This commit is on disk, and will be answered next.
    pub fn note(&mut self, commit: u64) -> io::Result<()> {
        let entry = Entry {
            run: self.run,
            commit,
        };
        self.file.write_all_at(&entry.encoded(), at(self.block))?;
        self.block = 1 - self.block;
        match self.syncing.try_send(()) {
            // Full: a sync that has not begun yet is due already, and covers this entry as well.
            Ok(()) | Err(TrySendError::Full(())) => {}
            Err(TrySendError::Disconnected(())) => {
                return Err(io::Error::other("nobody syncs the commit log"));
            }
        }
        // This entry may not be synced yet; a sync that failed earlier is reported with it.
        match self.failure() {
            Some(what) => Err(io::Error::other(what)),
            None => Ok(()),
        }
    }

    /// Why the last sync failed, if it did.
    fn failure(&self) -> Option<String> {
        let failed = self.failed.lock();
        failed
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

fn at(block: usize) -> u64 {
    (block * BLOCK_BYTES) as u64
}

/// A whole log with one entry. All of it is written, so that no later entry needs room.
fn fresh(entry: Entry) -> Vec<u8> {
    let mut bytes = vec![0; BLOCKS * BLOCK_BYTES];
    bytes[..ENTRY_BYTES].copy_from_slice(&entry.encoded());
    bytes
}

/// Syncs the log after it was written, with a pause between, until the log is closed.
fn synced_by_itself(
    file: Arc<fs::File>,
    failed: Arc<std::sync::Mutex<Option<String>>>,
) -> io::Result<SyncSender<()>> {
    // One place is enough: two requests in a row would ask for the same sync.
    let (syncing, written) = sync_channel(1);
    let sync = move || {
        while written.recv() == Ok(()) {
            let outcome = file.sync_data().err().map(|error| error.to_string());
            *failed
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner) = outcome;
            thread::sleep(SYNC_EVERY);
        }
    };
    thread::Builder::new()
        .name("commit log".to_owned())
        .spawn(sync)?;
    Ok(syncing)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_last_commit_of_a_run_is_known_and_a_torn_entry_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last_of(dir.path(), 7).unwrap(), None);
        let mut log = CommitLog::begin(dir.path(), 7, 1, 0).unwrap();
        assert_eq!(last_of(dir.path(), 7).unwrap(), Some(1));
        for commit in 2..6 {
            log.note(commit).unwrap();
            assert_eq!(last_of(dir.path(), 7).unwrap(), Some(commit));
        }
        assert_eq!(last_of(dir.path(), 8).unwrap(), None);
        let path = dir.path().join(FILE);
        let mut bytes = fs::read(&path).unwrap();
        // The fifth lies in the first block.
        bytes[9] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(last_of(dir.path(), 7).unwrap(), Some(4));
    }

    #[test]
    fn the_last_run_is_known_until_the_mark_names_the_next() {
        let dir = tempfile::tempdir().unwrap();
        for commits in [0, 1, 2, 3] {
            let (old, new) = (commits + 1, commits + 100);
            let mut log = CommitLog::begin(dir.path(), old, 5, 0).unwrap();
            for commit in 0..commits {
                log.note(6 + commit).unwrap();
            }
            let log = CommitLog::begin(dir.path(), new, 5, old).unwrap();
            let known = [old, new].map(|run| last_of(dir.path(), run).unwrap());
            assert_eq!(known, [Some(5 + commits), Some(5)]);
            drop(log);
        }
    }
}
