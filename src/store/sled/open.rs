//! Start and stop: a damaged, emptied or rolled back folder is named and not served.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use super::{
    disk, keys,
    mark::{Mark, sync_dir},
    rows::{Tree, Trees},
};
use crate::{
    review::Case,
    store::{
        QueueIndex, StoreError,
        record::{AuditRow, Record, StateRow},
    },
};

/// The database's folder within the data folder.
const DATABASE: &str = "db";
/// The file within it that holds everything.
const DATABASE_FILE: &str = "db";
/// Where sled puts values that no sync of ours covers; it stays empty.
pub(super) const BLOBS: &str = "blobs";
/// The file that says that a folder is in use.
const LOCK: &str = "lock";
/// Where the database is copied as it was found after an unclean stop.
const EVIDENCE: &str = "evidence";
/// How long a handle may take to let go of its file.
const LET_GO_TRIES: u32 = 100;
const LET_GO_WAIT: Duration = Duration::from_millis(50);

/// Called after each sync of a group commit: how long flush and sync took, and how many requests they covered.
pub type FlushObserver = Arc<dyn Fn(Duration, usize) + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// The data folder.
    pub dir: PathBuf,
    /// sled's cache in bytes.
    pub cache_bytes: u64,
    /// Writes are refused while less is free on the disk, in bytes.
    pub free_bytes_min: u64,
    /// The size of the reserve file in bytes.
    pub reserve_bytes: u64,
    /// How many commits may wait.
    pub queue_max: usize,
    /// Who hears of each flush.
    pub flush_observer: Option<FlushObserver>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("data"),
            cache_bytes: 64 << 20,
            free_bytes_min: 256 << 20,
            reserve_bytes: 16 << 20,
            queue_max: 4_096,
            flush_observer: None,
        }
    }
}

/// Why a folder is not served.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum OpenError {
    #[error("資料夾 {dir} 正由另一個 Banzhu 使用 / the folder {dir} is in use by another Banzhu")]
    Locked { dir: String },
    #[error(
        "資料夾 {dir} 的資料庫已損壞,不予服務:{what}。請停止服務,以備份的資料夾整個取代 {dir}(啟動前的樣子保留在 {dir}/evidence) / \
         the database in {dir} is damaged and is not served: {what}. Put your saved copy of the whole folder in its place \
         (what was found is kept in {dir}/evidence)"
    )]
    Damaged { dir: String, what: String },
    #[error(
        "資料夾 {dir} 的資料庫比紀錄舊(應至少到第 {marked} 次提交,只找到第 {found} 次),可能被還原或清空,不予服務。請放回最新的備份 / \
         the database in {dir} is older than its mark (commit {marked} was on disk, found {found}): it was rolled back or emptied \
         and is not served. Put your newest saved copy of the whole folder in its place"
    )]
    RolledBack {
        dir: String,
        marked: u64,
        found: u64,
    },
    #[error(
        "磁碟空間不足:{dir} 只剩 {free} 位元組 / the disk is full: {free} bytes are left for {dir}"
    )]
    StorageFull { dir: String, free: u64 },
    #[error("無法使用資料夾 {dir}:{error} / the folder {dir} cannot be used: {error}")]
    Io { dir: String, error: io::Error },
}

/// A database that passed all checks.
pub(super) struct Opened {
    pub trees: Trees,
    pub state: StateRow,
    pub queue: QueueIndex,
    pub file: fs::File,
}

/// Takes the folder's lock; it holds as long as the file is open.
pub(super) fn lock(dir: &Path) -> Result<fs::File, OpenError> {
    let file = fs::File::create(dir.join(LOCK)).map_err(|error| cannot(dir, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::Locked {
            dir: dir.display().to_string(),
        }),
        Err(fs::TryLockError::Error(error)) => Err(cannot(dir, error)),
    }
}

/// Makes the folder, for its owner alone.
pub(super) fn make_dir(dir: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir);
    made.map_err(|error| cannot(dir, error))
}

/// Opens a folder's database with all checks of a start. The lock is held by the caller.
pub(super) fn open(options: &OpenOptions) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let mark = Mark::read(dir)
        .map_err(|error| damaged(dir, &format!("{}: {error}", super::mark::FILE)))?;
    check_room(options)?;
    check_files(dir, mark)?;
    let evidence = match mark {
        Some(mark) if !mark.clean => keep_evidence(dir),
        _ => None,
    };
    let opened = open_checked(options, mark)?;
    if mark.is_none_or(|mark| mark.clean) {
        let commit = opened.state.commit;
        Mark {
            commit,
            length: 0,
            clean: false,
        }
        .write(dir)
        .map_err(|error| cannot(dir, error))?;
    }
    if let Some(evidence) = evidence
        && let Err(error) = fs::remove_dir_all(&evidence)
    {
        tracing::warn!(%error, "what was kept as evidence cannot be removed: {error}");
    }
    if let Err(error) = disk::keep_reserve(dir, options.reserve_bytes) {
        tracing::warn!(%error, "no reserve file could be made: {error}");
    }
    Ok(opened)
}

/// Opens again while running: the mark may be behind, never ahead.
pub(super) fn reopen(options: &OpenOptions) -> Result<Opened, OpenError> {
    let mark = Mark::read(&options.dir).map_err(|error| cannot(&options.dir, error))?;
    open_checked(options, mark)
}

/// After the handle is gone: one more opening writes the snapshot that makes the next start quick.
pub(super) fn leave_clean(options: &OpenOptions, commit: u64) -> Result<(), OpenError> {
    let dir = &options.dir;
    drop(open_database(options)?);
    wait_until_let_go(options)?;
    let length = fs::metadata(database_file(dir))
        .map_err(|error| cannot(dir, error))?
        .len();
    Mark {
        commit,
        length,
        clean: true,
    }
    .write(dir)
    .map_err(|error| cannot(dir, error))
}

/// The one file of the database.
pub(super) fn database_file(dir: &Path) -> PathBuf {
    dir.join(DATABASE).join(DATABASE_FILE)
}

/// The folder of the database.
pub(super) fn database_dir(dir: &Path) -> PathBuf {
    dir.join(DATABASE)
}

/// Opens sled itself; what it panics about is damage.
pub(super) fn open_database(options: &OpenOptions) -> Result<Trees, OpenError> {
    let dir = &options.dir;
    let config = sled::Config::new()
        .path(dir.join(DATABASE))
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(None);
    for _ in 0..LET_GO_TRIES {
        match catch_unwind(AssertUnwindSafe(|| config.open().and_then(Trees::open))) {
            Ok(Ok(trees)) => return Ok(trees),
            // A handle that was just dropped lets go of its lock a moment later.
            Ok(Err(sled::Error::Io(error))) if error.kind() == io::ErrorKind::Other => {
                thread::sleep(LET_GO_WAIT)
            }
            Ok(Err(sled::Error::Io(error))) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(LET_GO_WAIT)
            }
            Ok(Err(sled::Error::Io(error))) => return Err(cannot(dir, error)),
            Ok(Err(error)) => return Err(damaged(dir, &error.to_string())),
            Err(_) => return Err(damaged(dir, "the database file cannot be read")),
        }
    }
    Err(OpenError::Locked {
        dir: dir.display().to_string(),
    })
}

fn wait_until_let_go(options: &OpenOptions) -> Result<(), OpenError> {
    let dir = &options.dir;
    for _ in 0..LET_GO_TRIES {
        let file = fs::File::open(database_file(dir)).map_err(|error| cannot(dir, error))?;
        if file.try_lock().is_ok() {
            return Ok(());
        }
        thread::sleep(LET_GO_WAIT);
    }
    Err(OpenError::Locked {
        dir: dir.display().to_string(),
    })
}

fn check_room(options: &OpenOptions) -> Result<(), OpenError> {
    let dir = &options.dir;
    let free = disk::free_bytes(dir).map_err(|error| cannot(dir, error))?;
    if free >= options.reserve_bytes {
        return Ok(());
    }
    disk::give_up_reserve(dir);
    let free = disk::free_bytes(dir).map_err(|error| cannot(dir, error))?;
    if free >= options.reserve_bytes {
        Ok(())
    } else {
        Err(OpenError::StorageFull {
            dir: dir.display().to_string(),
            free,
        })
    }
}

fn check_files(dir: &Path, mark: Option<Mark>) -> Result<(), OpenError> {
    let found = fs::metadata(database_file(dir))
        .map(|facts| facts.len())
        .ok();
    match (mark, found) {
        (None, _) | (Some(Mark { clean: false, .. }), Some(_)) => Ok(()),
        (Some(_), None) => Err(damaged(dir, "the database file is missing")),
        (Some(mark), Some(length)) if length == mark.length => Ok(()),
        (Some(mark), Some(length)) => Err(damaged(
            dir,
            &format!(
                "the database file was left at {} bytes and has {length}",
                mark.length
            ),
        )),
    }
}

fn open_checked(options: &OpenOptions, mark: Option<Mark>) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let trees = open_database(options)?;
    let file = fs::File::open(database_file(dir)).map_err(|error| cannot(dir, error))?;
    let stored: Option<StateRow> = trees
        .read(Tree::State, keys::STATE)
        .map_err(|error| in_words(dir, &error))?;
    let found = stored.as_ref().map_or(0, |state| state.commit);
    match mark {
        None if found > 0 => return Err(damaged(dir, "the mark file is missing")),
        Some(mark) if found < mark.commit => {
            return Err(OpenError::RolledBack {
                dir: dir.display().to_string(),
                marked: mark.commit,
                found,
            });
        }
        Some(_) | None => {}
    }
    let mut state = stored.unwrap_or_default();
    state.rows.resize(Tree::ALL.len(), 0);
    check_heads(&trees, &state).map_err(|what| damaged(dir, &what))?;
    let queue = rebuilt(&trees).map_err(|error| in_words(dir, &error))?;
    sync_dir(&database_dir(dir)).map_err(|error| cannot(dir, error))?;
    Ok(Opened {
        trees,
        state,
        queue,
        file,
    })
}

/// The last comment and the last audit entry are what the state says.
fn check_heads(trees: &Trees, state: &StateRow) -> Result<(), String> {
    let last_key = |tree: Tree| {
        let last = trees.tree(tree).last().map_err(|error| error.to_string())?;
        Ok::<_, String>(last.and_then(|(key, _)| keys::number(&key)))
    };
    let last_comment = state.next_comment.checked_sub(1);
    if last_key(Tree::Comments)? != last_comment {
        return Err("the last comment is not the one that the state names".to_owned());
    }
    if last_key(Tree::Audit)?.unwrap_or(0) != state.audit_head {
        return Err("the last audit entry is not the one that the state names".to_owned());
    }
    if state.audit_head == 0 {
        return Ok(());
    }
    let head: Option<AuditRow> = trees
        .read(Tree::Audit, &state.audit_head.to_be_bytes())
        .map_err(|error| error.to_string())?;
    if head.is_some_and(|head| head.hash == state.audit_hash) {
        Ok(())
    } else {
        Err("the audit's last hash does not hold".to_owned())
    }
}

fn rebuilt(trees: &Trees) -> Result<QueueIndex, StoreError> {
    let mut queue = QueueIndex::default();
    for row in trees.tree(Tree::Unresolved).iter().keys() {
        let key = row.map_err(super::rows::broken)?;
        let payload = trees.get(Tree::Cases, &key)?;
        let payload = payload
            .ok_or_else(|| StoreError::Damaged("an unresolved case is not there".to_owned()))?;
        queue.put(&Case::decode(&payload)?);
    }
    Ok(queue)
}

/// Copies the database as it was found, where there is room: opening overwrites what could tell what happened.
fn keep_evidence(dir: &Path) -> Option<PathBuf> {
    let kept = dir.join(EVIDENCE);
    let _ = fs::remove_dir_all(&kept);
    let copied = size_of(&database_dir(dir)).and_then(|size| {
        if disk::free_bytes(dir)? < size.saturating_mul(2) {
            return Err(io::Error::other("not enough room"));
        }
        copy(&database_dir(dir), &kept)
    });
    match copied {
        Ok(()) => Some(kept),
        Err(error) => {
            tracing::warn!(%error, "the database was not stopped cleanly, and no copy of it could be kept: {error}");
            None
        }
    }
}

fn size_of(dir: &Path) -> io::Result<u64> {
    fs::read_dir(dir)?
        .map(|entry| entry?.metadata().map(|facts| facts.len()))
        .sum()
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn in_words(dir: &Path, error: &StoreError) -> OpenError {
    damaged(dir, &error.to_string())
}

fn damaged(dir: &Path, what: &str) -> OpenError {
    OpenError::Damaged {
        dir: dir.display().to_string(),
        what: what.to_owned(),
    }
}

fn cannot(dir: &Path, error: io::Error) -> OpenError {
    OpenError::Io {
        dir: dir.display().to_string(),
        error,
    }
}
