//! Start and stop: a damaged, emptied or rolled back folder is named and not served.

use std::{
    collections::BTreeSet,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use super::{
    disk, keys,
    mark::{Generation, Mark, checksum_of, sync_dir},
    rows::{Tree, Trees},
};
use crate::{
    review::{Case, MemberRecord},
    store::{
        QueueIndex, StoreError,
        record::{AuditRow, Record, StateRow},
    },
    time::Timestamp,
};

/// Where sled puts values that no sync of ours covers; it stays empty.
pub(super) const BLOBS: &str = "blobs";
/// The file that says that a folder is in use.
const LOCK: &str = "lock";
/// Where the database is copied as it was found after an unclean stop.
const EVIDENCE: &str = "evidence";
/// What is said of a file that makes sled panic.
pub(super) const UNREADABLE: &str = "the database file cannot be read";
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
    /// Whose days statistics go by.
    pub time_zone: jiff::tz::TimeZone,
    /// Who hears of each flush.
    pub flush_observer: Option<FlushObserver>,
}

impl OpenOptions {
    /// The board's day, counted from 1970-01-01.
    pub(super) fn day_of(&self, at: Timestamp) -> i32 {
        at.day_in(&self.time_zone)
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("data"),
            cache_bytes: 64 << 20,
            free_bytes_min: 256 << 20,
            reserve_bytes: 16 << 20,
            queue_max: 4_096,
            time_zone: jiff::tz::TimeZone::UTC,
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
        "資料夾 {dir} 的資料庫已損壞，拒絕啟動。請以備份完整取代該資料夾 / \
         the database in {dir} is damaged and is not served: {what}. Put your newest saved copy of the whole folder in its place"
    )]
    Damaged { dir: String, what: String },
    #[error(
        "資料夾 {dir} 的資料庫比紀錄舊（應至少到第 {marked} 次提交，只找到第 {found} 次），可能曾遭還原、清空或截短，拒絕啟動。請以最新備份完整取代該資料夾 / \
         the database in {dir} is older than its mark (commit {marked} was on disk, found {found}): it was rolled back, emptied or cut \
         and is not served. Put your newest saved copy of the whole folder in its place"
    )]
    RolledBack {
        dir: String,
        marked: u64,
        found: u64,
    },
    #[error(
        "磁碟空間不足：{dir} 只剩 {free} 位元組 / the disk is full: {free} bytes are left for {dir}"
    )]
    StorageFull { dir: String, free: u64 },
    #[error(
        "{dir} 是備份，不能直接使用；請先以 banzhu restore 還原 / {dir} is a backup and is not served: make a data folder of it by `banzhu restore`"
    )]
    Backup { dir: String },
    #[error("無法使用資料夾 {dir} / the folder {dir} cannot be used: {error}")]
    Io { dir: String, error: io::Error },
}

impl OpenError {
    /// Whether opening again later may go well: there was no room, or somebody held the file.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::StorageFull { .. } | Self::Io { .. } => true,
            Self::Damaged { .. } | Self::RolledBack { .. } | Self::Backup { .. } => false,
        }
    }
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
    if dir.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir);
    // A folder whose name is lost with the power takes everything with it.
    made.and_then(|()| fs::canonicalize(dir)?.parent().map_or(Ok(()), sync_dir))
        .map_err(|error| cannot(dir, error))
}

/// Opens a folder's database with all checks of a start. The lock is held by the caller.
pub(super) fn open(options: &OpenOptions) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let mark = Mark::read(dir)
        .map_err(|error| damaged(dir, &format!("{}: {error}", super::mark::FILE)))?;
    let others = Generation::marked(mark).others(dir);
    if mark.is_none() && !others.map_err(|error| cannot(dir, error))?.is_empty() {
        return Err(damaged(dir, "the mark file is missing"));
    }
    check_room(options)?;
    let evidence = match mark {
        Some(mark) if mark.clean => {
            check_as_left(dir, mark)?;
            None
        }
        Some(mark) => keep_evidence(dir, mark.generation),
        None => None,
    };
    let opened = open_after(options, mark).inspect_err(|_| {
        if let Some(evidence) = &evidence {
            let evidence = evidence.display();
            tracing::error!(%evidence, "the database as it was found is kept in {evidence}");
        }
    })?;
    if mark.is_none_or(|mark| mark.clean) {
        Mark::in_use(opened.trees.generation, opened.state.commit)
            .write(dir)
            .map_err(|error| cannot(dir, error))?;
    }
    if let Some(evidence) = evidence {
        forget_evidence(&evidence);
    }
    let remove_others = || opened.trees.generation.remove_others(dir);
    if let Err(error) = mark.map_or(Ok(()), |_| remove_others()) {
        tracing::warn!(%error, "what a compaction left cannot be removed: {error}");
    }
    if let Err(error) = disk::keep_reserve(dir, options.reserve_bytes) {
        tracing::warn!(%error, "no reserve file could be made: {error}");
    }
    Ok(opened)
}

/// Opens a database that was left clean, is new, or was not stopped cleanly: then every row is looked at. What sled
/// panics about is damage.
fn open_after(options: &OpenOptions, mark: Option<Mark>) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let looked = catch_unwind(AssertUnwindSafe(|| {
        let opened = open_checked(options, mark)?;
        if mark.is_some_and(|mark| !mark.clean) {
            check_rows(&opened).map_err(|what| damaged(dir, &what))?;
        }
        Ok(opened)
    }));
    looked.unwrap_or_else(|_| Err(damaged(dir, UNREADABLE)))
}

/// Opens again while running: the mark may be behind, never ahead.
pub(super) fn reopen(options: &OpenOptions) -> Result<Opened, OpenError> {
    let mark = Mark::read(&options.dir).map_err(|error| cannot(&options.dir, error))?;
    open_after(options, mark)
}

/// After the handle is gone: one more opening writes the snapshot that makes the next start quick.
pub(super) fn leave_clean(
    options: &OpenOptions,
    generation: Generation,
    commit: u64,
) -> Result<(), OpenError> {
    let dir = &options.dir;
    drop(open_database(options, generation)?);
    wait_until_let_go(options, generation)?;
    as_left(dir, generation, commit)
        .and_then(|mark| mark.write(dir))
        .map_err(|error| cannot(dir, error))
}

fn as_left(dir: &Path, generation: Generation, commit: u64) -> io::Result<Mark> {
    Ok(Mark {
        commit,
        length: generation.bytes(dir)?,
        checksum: checksum_of(&generation.dir(dir))?,
        clean: true,
        generation,
    })
}

/// Opens sled itself; what it panics about is damage.
pub(super) fn open_database(
    options: &OpenOptions,
    generation: Generation,
) -> Result<Trees, OpenError> {
    let dir = &options.dir;
    let config = sled::Config::new()
        .path(generation.dir(dir))
        .cache_capacity(options.cache_bytes)
        .flush_every_ms(None);
    for _ in 0..LET_GO_TRIES {
        let open = || Trees::open(generation, config.open()?);
        match catch_unwind(AssertUnwindSafe(open)) {
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
            Err(_) => return Err(damaged(dir, UNREADABLE)),
        }
    }
    Err(OpenError::Locked {
        dir: dir.display().to_string(),
    })
}

fn wait_until_let_go(options: &OpenOptions, generation: Generation) -> Result<(), OpenError> {
    let dir = &options.dir;
    for _ in 0..LET_GO_TRIES {
        let file = fs::File::open(generation.file(dir)).map_err(|error| cannot(dir, error))?;
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

/// A database that was left clean lies there byte for byte; nothing has opened it yet.
fn check_as_left(dir: &Path, mark: Mark) -> Result<(), OpenError> {
    match changed_since(dir, mark).map_err(|error| cannot(dir, error))? {
        None => Ok(()),
        Some(what) => Err(damaged(dir, &what)),
    }
}

/// What is not as the mark of a clean stop says.
pub(super) fn changed_since(dir: &Path, mark: Mark) -> io::Result<Option<String>> {
    let length = match mark.generation.bytes(dir) {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Some("the database file is missing".to_owned()));
        }
        Err(error) => return Err(error),
    };
    if length != mark.length {
        let left = mark.length;
        return Ok(Some(format!(
            "the database file was left at {left} bytes and has {length}"
        )));
    }
    let same = checksum_of(&mark.generation.dir(dir))? == mark.checksum;
    Ok((!same).then(|| "the files of the database are not as they were left".to_owned()))
}

fn open_checked(options: &OpenOptions, mark: Option<Mark>) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let generation = Generation::marked(mark);
    if mark.is_some() && !generation.file(dir).exists() {
        return Err(damaged(dir, "the database file is missing"));
    }
    let trees = open_database(options, generation)?;
    let file = fs::File::open(generation.file(dir)).map_err(|error| cannot(dir, error))?;
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
    sync_dir(&generation.dir(dir)).map_err(|error| cannot(dir, error))?;
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

/// Every row can be read, and there are as many as the state counts: what a crash or a bad disk took is missed.
fn check_rows(opened: &Opened) -> Result<(), String> {
    for tree in Tree::ALL {
        let mut found = 0;
        for row in opened.trees.tree(tree) {
            let (key, value) = row.map_err(|error| error.to_string())?;
            let payload = opened.trees.payload(tree, &key, &value);
            payload.map_err(|error| error.to_string())?;
            found += 1;
        }
        let counted = opened.state.rows[tree as usize];
        if found != counted {
            let name = tree.name();
            return Err(format!(
                "{name}: {counted} rows were counted, {found} are there"
            ));
        }
    }
    Ok(())
}

fn rebuilt(trees: &Trees) -> Result<QueueIndex, StoreError> {
    let mut queue = QueueIndex::default();
    let mut members = BTreeSet::new();
    for row in trees.tree(Tree::Sanctions).iter().keys() {
        let key = row.map_err(super::rows::broken)?;
        members.extend(trees.get(Tree::Sanctions, &key)?);
    }
    for member in members {
        let record: Option<MemberRecord> = trees.read(Tree::Members, &member)?;
        record.iter().for_each(|record| queue.put_member(record));
    }
    for row in trees.tree(Tree::Unresolved).iter().keys() {
        let key = row.map_err(super::rows::broken)?;
        let payload = trees.get(Tree::Cases, &key)?;
        let payload = payload
            .ok_or_else(|| StoreError::Damaged("an unresolved case is not there".to_owned()))?;
        queue.put(&Case::decode(&payload)?);
    }
    Ok(queue)
}

/// Copies the database as it was found, where there is room: opening overwrites what could tell what happened. What an
/// earlier start found and could not open is kept; it lies nearer to what happened.
pub(super) fn keep_evidence(dir: &Path, generation: Generation) -> Option<PathBuf> {
    let kept = dir.join(EVIDENCE);
    if kept.is_dir() {
        return Some(kept);
    }
    let database = generation.dir(dir);
    let copied = size_of(&database).and_then(|size| {
        if disk::free_bytes(dir)? < size.saturating_mul(2) {
            return Err(io::Error::other("not enough room"));
        }
        let half = kept.with_extension("half");
        if half.exists() {
            fs::remove_dir_all(&half)?;
        }
        copy(&database, &half)?;
        fs::rename(&half, &kept)
    });
    match copied {
        Ok(()) => Some(kept),
        Err(error) => {
            tracing::warn!(%error, "the database was not stopped cleanly, and no copy of it could be kept: {error}");
            None
        }
    }
}

/// The database is sound: nobody needs to look at what was found.
pub(super) fn forget_evidence(evidence: &Path) {
    if let Err(error) = fs::remove_dir_all(evidence) {
        tracing::warn!(%error, "what was kept as evidence cannot be removed: {error}");
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
