//! Start and stop: a damaged, emptied or rolled back folder is named and not served, and an intact one always is.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::Duration,
};

use super::{
    checkpoint::{self, Checkpoint, Generation, checksum_of, sync_dir},
    commit_log::{self, CommitLog},
    disk,
    flush::flushed,
    keys,
    options::OpenOptions,
    private::keep_private,
    rows::{Tree, Trees, weight},
    salvage,
    state::DbState,
};
use crate::{
    record::{AuditRow, Webhook, stored::FORMAT},
    store::{
        StoreError,
        record::{Record, StateRow, SumRow},
    },
};

/// Where sled puts values that no sync of ours covers; it stays empty.
pub(super) const BLOBS: &str = "blobs";
/// The file that says that a folder is in use.
const LOCK: &str = "lock";
/// Where earlier versions copied the database as it was found after an unclean stop.
const EVIDENCE: &str = "evidence";
/// What is said of a file that makes sled panic.
pub(super) const UNREADABLE: &str = "the database file cannot be read";
/// How long a handle may take to let go of its file: on a busy machine it has been seen to take seconds.
const LET_GO_TRIES: u32 = 400;
const LET_GO_WAIT: Duration = Duration::from_millis(50);

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
    #[error(
        "資料夾 {dir} 由較新版本的 Banzhu 寫成（格式 {format}），本版無法讀取；請改用較新版本 / \
         the folder {dir} was written by a newer Banzhu (format {format}), which this one cannot read: use the newer one"
    )]
    Newer { dir: String, format: u8 },
    #[error(
        "磁碟空間不足，無法轉換資料夾 {dir} 的格式：需要 {needed} 位元組，只剩 {free} 位元組；資料維持原狀 / \
         the disk has too little room to convert the folder {dir} to this version's format: {needed} bytes are needed, {free} are left. \
         It stays as it was"
    )]
    NoRoomToConvert { dir: String, needed: u64, free: u64 },
    #[error("無法使用資料夾 {dir} / the folder {dir} cannot be used: {error}")]
    Io { dir: String, error: io::Error },
}

impl OpenError {
    pub(super) fn io(dir: &Path, error: io::Error) -> Self {
        Self::Io {
            dir: dir.display().to_string(),
            error,
        }
    }

    /// Whether the database is damaged: opening it again does not help.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::RolledBack { .. } => true,
            Self::Locked { .. }
            | Self::StorageFull { .. }
            | Self::Backup { .. }
            | Self::Newer { .. }
            | Self::NoRoomToConvert { .. }
            | Self::Io { .. } => false,
        }
    }

    /// Whether opening again later may go well as it is: there was no room, somebody held the file, or it was out of reach.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::StorageFull { .. } => true,
            Self::Damaged { .. }
            | Self::RolledBack { .. }
            | Self::Backup { .. }
            | Self::Newer { .. }
            | Self::NoRoomToConvert { .. } => false,
            Self::Io { error, .. } => {
                salvage::is_full(error)
                    || matches!(
                        error.kind(),
                        io::ErrorKind::NotFound
                            | io::ErrorKind::PermissionDenied
                            | io::ErrorKind::StaleNetworkFileHandle
                            | io::ErrorKind::NetworkDown
                            | io::ErrorKind::HostUnreachable
                            | io::ErrorKind::TimedOut
                    )
            }
        }
    }
}

/// A database that passed all checks.
pub(super) struct Opened {
    pub trees: Trees,
    pub state: DbState,
    pub file: fs::File,
}

/// Takes the folder's lock; it holds as long as the file is open.
pub(super) fn lock(dir: &Path) -> Result<fs::File, OpenError> {
    let file = fs::File::create(dir.join(LOCK)).map_err(|error| OpenError::io(dir, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::Locked {
            dir: dir.display().to_string(),
        }),
        Err(fs::TryLockError::Error(error)) => Err(OpenError::io(dir, error)),
    }
}

/// Makes the folder, for its owner alone; one that others may enter is narrowed, or refused where it is not ours.
pub(super) fn make_dir(dir: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::DirBuilderExt as _;
    if dir.is_dir() {
        return keep_private(dir).map_err(|error| OpenError::io(dir, error));
    }
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir);
    // A folder whose name is lost with the power takes everything with it.
    made.and_then(|()| fs::canonicalize(dir)?.parent().map_or(Ok(()), sync_dir))
        .map_err(|error| OpenError::io(dir, error))
}

/// What a database must hold.
#[derive(Clone, Copy)]
struct ExpectedContent {
    /// The commit it must have reached; `None` if nothing was ever committed.
    commit: Option<u64>,
    /// Every row is verified.
    rows: bool,
}

/// Opens a folder's database with all checks of a start, and begins the log of this run. The lock is held by the caller.
pub(super) fn open(options: &OpenOptions, run: u64) -> Result<(Opened, CommitLog), OpenError> {
    let dir = &options.dir;
    let mark = marked(dir)?;
    check_room(options)?;
    let opened = match mark {
        None => begun_anew(options)?,
        Some(mark) if mark.clean => {
            // Left clean: the checksum over the files stands in for reading every row.
            check_checkpoint(dir, mark)?;
            let wanted = ExpectedContent {
                commit: Some(mark.commit),
                rows: false,
            };
            let opened = open_after(options, mark.generation, wanted);
            if let Err(OpenError::Newer { .. }) = opened {
                // Opening has changed the files, and they are to be found as they were left.
                leave_clean(options, mark.generation, mark.commit, mark.run)?;
            }
            opened?
        }
        // A kill, a power cut or a failed stop: every row is read, and all that was answered must be there.
        Some(mark) => open_secured(options, mark.generation, last_acknowledged(dir, mark)?)?,
    };
    let log =
        taken_into_use(options, &opened, run, mark).map_err(|error| OpenError::io(dir, error))?;
    if let Err(error) = disk::keep_reserve(dir, options.reserve_bytes) {
        tracing::warn!(%error, "no reserve file could be made: {error}");
    }
    Ok((opened, log))
}

/// The checkpoint; `None` if nothing was ever committed here.
fn marked(dir: &Path) -> Result<Option<Checkpoint>, OpenError> {
    let mark = Checkpoint::read(dir)
        .map_err(|error| damaged(dir, &format!("{}: {error}", checkpoint::FILE)))?;
    if mark.is_some() {
        return Ok(mark);
    }
    // A missing checkpoint is right only where nothing was ever committed. Beside traces of earlier
    // use it was lost, and an empty database would hide that.
    let others = Generation::default().others(dir);
    let was_created = checkpoint::was_created(dir).map_err(|error| OpenError::io(dir, error))?;
    if was_created
        || !others
            .map_err(|error| OpenError::io(dir, error))?
            .is_empty()
    {
        return Err(damaged(dir, "the mark file is missing"));
    }
    Ok(None)
}

/// A new database. Leftovers of a first start that was interrupted before it had written anything are removed.
fn begun_anew(options: &OpenOptions) -> Result<Opened, OpenError> {
    let (dir, first) = (&options.dir, Generation::default());
    // One with content is kept: `open_checked` refuses it if it holds a commit.
    if first.bytes(dir).unwrap_or(0) == 0 {
        salvage::removed(&first.dir(dir)).map_err(|error| OpenError::io(dir, error))?;
    }
    let wanted = ExpectedContent {
        commit: None,
        rows: false,
    };
    open_after(options, first, wanted)
}

/// The last commit that was answered, by checkpoint and commit log.
pub(super) fn last_acknowledged(dir: &Path, mark: Checkpoint) -> Result<u64, OpenError> {
    // Run 0: no service has used the folder yet, as in a fresh backup, so there is no log.
    if mark.clean || mark.run == 0 {
        return Ok(mark.commit);
    }
    match commit_log::last_of(dir, mark.run).map_err(|error| OpenError::io(dir, error))? {
        Some(commit) => Ok(commit.max(mark.commit)),
        None => Err(damaged(dir, "the commit log is missing or damaged")),
    }
}

/// Makes this the database: it is on disk, and the checkpoint names it. Other generations are removed.
fn taken_into_use(
    options: &OpenOptions,
    opened: &Opened,
    run: u64,
    mark: Option<Checkpoint>,
) -> io::Result<CommitLog> {
    let (dir, commit) = (&options.dir, opened.state.head.batch);
    let generation = opened.trees.generation;
    // The order matters: rows, then the log, then the checkpoint that makes both valid. After a crash in
    // between, the old checkpoint still holds, and the log still has the last entry of its run.
    opened.sync(dir)?;
    let log = CommitLog::begin(dir, run, commit, mark.map_or(0, |mark| mark.run))?;
    Checkpoint::in_use(generation, commit, run).write(dir)?;
    checkpoint::set_created(dir)?;
    let remove = || {
        generation.remove_others(dir)?;
        let evidence = dir.join(EVIDENCE);
        salvage::removed(&evidence.with_extension("half"))?;
        salvage::removed(&evidence)
    };
    if let Err(error) = remove() {
        tracing::warn!(%error, "what is left of another copy of the database cannot be removed: {error}");
    }
    Ok(log)
}

impl Opened {
    /// Everything that was read is on disk, under its name.
    pub fn sync(&self, dir: &Path) -> io::Result<()> {
        flushed(&self.trees.db).map_err(as_io)?;
        salvage::synced(&self.trees.generation.dir(dir))
    }
}

/// Opens a database that was not left clean: from a copy that is on disk. What fails there leaves the files as they were found.
fn open_secured(
    options: &OpenOptions,
    generation: Generation,
    commit: u64,
) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    if !generation.file(dir).exists() {
        return Err(damaged(dir, "the database file is missing"));
    }
    let secured =
        salvage::secured(options, generation).map_err(|error| OpenError::io(dir, error))?;
    checked(options, secured, commit).inspect_err(|_| {
        // It was written over in place: there is no copy to remove.
        if secured == generation {
            return;
        }
        if let Err(error) = salvage::removed(&secured.dir(dir)) {
            tracing::warn!(%error, "the copy of the database cannot be removed: {error}");
        }
    })
}

/// Opens a database that nobody else uses, and verifies every row.
pub(super) fn checked(
    options: &OpenOptions,
    generation: Generation,
    commit: u64,
) -> Result<Opened, OpenError> {
    let wanted = ExpectedContent {
        commit: Some(commit),
        rows: true,
    };
    open_after(options, generation, wanted)
}

/// Opens a database and checks it. A panic of sled counts as damage.
fn open_after(
    options: &OpenOptions,
    generation: Generation,
    wanted: ExpectedContent,
) -> Result<Opened, OpenError> {
    let checked = || open_checked(options, generation, wanted);
    catch_unwind(AssertUnwindSafe(checked))
        .unwrap_or_else(|_| Err(damaged(&options.dir, UNREADABLE)))
}

/// What is in doubt when a database is opened again while running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReopenCause {
    /// What is in memory: there was no room for a write, and whatever was written is on disk.
    Memory,
    /// What is on disk: a sync failed, or nobody knows what did.
    Disk,
}

/// Opens again while running. All that was answered must be there.
pub(super) fn reopen(
    options: &OpenOptions,
    run: u64,
    answered: u64,
    doubt: ReopenCause,
) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    let mark = Checkpoint::read(dir).map_err(|error| OpenError::io(dir, error))?;
    // The folder is out of reach: no new database is begun while callers hold answers from this one.
    let mark = mark.ok_or_else(|| OpenError::io(dir, io::ErrorKind::NotFound.into()))?;
    let opened = match doubt {
        ReopenCause::Memory => checked(options, mark.generation, answered)?,
        ReopenCause::Disk => open_secured(options, mark.generation, answered)?,
    };
    let generation = opened.trees.generation;
    let mut in_use = opened.sync(dir);
    if doubt == ReopenCause::Disk {
        // The checkpoint may not be on disk either.
        in_use = in_use
            .and_then(|()| Checkpoint::in_use(generation, opened.state.head.batch, run).write(dir));
    }
    in_use.map_err(|error| OpenError::io(dir, error))?;
    if let Err(error) = generation.remove_others(dir) {
        tracing::warn!(%error, "another copy of the database cannot be removed: {error}");
    }
    Ok(opened)
}

/// After the handle is gone: one more opening writes the snapshot that makes the next start quick.
pub(super) fn leave_clean(
    options: &OpenOptions,
    generation: Generation,
    commit: u64,
    run: u64,
) -> Result<(), OpenError> {
    let dir = &options.dir;
    // A sync that fails while sled opens and closes is reported to those who had the file open before.
    let file = fs::File::open(generation.file(dir)).map_err(|error| OpenError::io(dir, error))?;
    let trees = open_database(options, generation)?;
    flushed(&trees.db).map_err(|error| OpenError::io(dir, as_io(error)))?;
    catch_unwind(AssertUnwindSafe(|| drop(trees)))
        .map_err(|_| OpenError::io(dir, io::Error::other("the database could not be closed")))?;
    wait_until_released(options, generation)?;
    // The checkpoint comes last: it vouches, by checksum, for files that are on disk.
    file.sync_all()
        .and_then(|()| salvage::synced(&generation.dir(dir)))
        .and_then(|()| checkpoint_of(dir, generation, commit, run))
        .and_then(|mark| mark.write(dir))
        .map_err(|error| OpenError::io(dir, error))
}

fn checkpoint_of(
    dir: &Path,
    generation: Generation,
    commit: u64,
    run: u64,
) -> io::Result<Checkpoint> {
    Ok(Checkpoint {
        commit,
        length: generation.bytes(dir)?,
        checksum: checksum_of(&generation.dir(dir))?,
        clean: true,
        generation,
        run,
    })
}

/// Opens sled itself; what it panics about is damage.
pub(super) fn open_database(
    options: &OpenOptions,
    generation: Generation,
) -> Result<Trees, OpenError> {
    let dir = &options.dir;
    remove_half_written(&generation.dir(dir)).map_err(|error| OpenError::io(dir, error))?;
    let config = sled::Config::new()
        .path(generation.dir(dir))
        .cache_capacity(options.cache_bytes)
        // Not by a timer of sled's: whoever writes flushes and syncs, and sees it fail.
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
            Ok(Err(sled::Error::Io(error))) => return Err(OpenError::io(dir, error)),
            Ok(Err(error)) => return Err(damaged(dir, &error.to_string())),
            Err(_) => return Err(damaged(dir, UNREADABLE)),
        }
    }
    Err(OpenError::Locked {
        dir: dir.display().to_string(),
    })
}

/// A kill or a full disk leaves the snapshot that was being written. sled would take it for its newest, and fail.
fn remove_half_written(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if checkpoint::is_half_written(&entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn wait_until_released(options: &OpenOptions, generation: Generation) -> Result<(), OpenError> {
    let dir = &options.dir;
    for _ in 0..LET_GO_TRIES {
        let file =
            fs::File::open(generation.file(dir)).map_err(|error| OpenError::io(dir, error))?;
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
    let free = disk::free_bytes(dir).map_err(|error| OpenError::io(dir, error))?;
    if free >= options.reserve_bytes {
        return Ok(());
    }
    // The reserve file is there for this: without it the room may do for a start.
    disk::give_up_reserve(dir);
    let free = disk::free_bytes(dir).map_err(|error| OpenError::io(dir, error))?;
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
fn check_checkpoint(dir: &Path, mark: Checkpoint) -> Result<(), OpenError> {
    match changed_since(dir, mark).map_err(|error| OpenError::io(dir, error))? {
        None => Ok(()),
        Some(what) => Err(damaged(dir, &what)),
    }
}

/// What differs from the checkpoint of a clean stop.
pub(super) fn changed_since(dir: &Path, mark: Checkpoint) -> io::Result<Option<String>> {
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

fn open_checked(
    options: &OpenOptions,
    generation: Generation,
    wanted: ExpectedContent,
) -> Result<Opened, OpenError> {
    let dir = &options.dir;
    if wanted.commit.is_some() && !generation.file(dir).exists() {
        return Err(damaged(dir, "the database file is missing"));
    }
    let trees = open_database(options, generation)?;
    let file = fs::File::open(generation.file(dir)).map_err(|error| OpenError::io(dir, error))?;
    // Before anything is decoded: the rows of a newer version may not be readable here.
    let format = format_of(&trees).map_err(|error| in_words(dir, &error))?;
    if let Some(format) = format.filter(|format| *format > FORMAT) {
        let dir = dir.display().to_string();
        return Err(OpenError::Newer { dir, format });
    }
    let stored: Option<StateRow> = trees
        .read(Tree::State, keys::STATE)
        .map_err(|error| in_words(dir, &error))?;
    let found = stored.as_ref().map_or(0, |state| state.commit);
    match wanted.commit {
        None if found > 0 => return Err(damaged(dir, "the mark file is missing")),
        Some(marked) if found < marked => {
            return Err(OpenError::RolledBack {
                dir: dir.display().to_string(),
                marked,
                found,
            });
        }
        // More than was marked is fine: a commit may be on disk though nobody was answered.
        Some(_) | None => {}
    }
    let mut state = stored.unwrap_or_default();
    // A state from before a tree was added has no count for it.
    state.rows.resize(Tree::ALL.len(), 0);
    check_heads(&trees, &state).map_err(|what| damaged(dir, &what))?;
    let sum = summed(&trees, &state, wanted.rows).map_err(|what| damaged(dir, &what))?;
    let webhooks = live_webhooks(&trees).map_err(|error| in_words(dir, &error))?;
    let state = DbState::of(state, sum, webhooks);
    Ok(Opened { trees, state, file })
}

/// The format of the rows, by that of the state; `None` if nothing was ever committed.
pub(super) fn format_of(trees: &Trees) -> Result<Option<u8>, StoreError> {
    let state = trees.get(Tree::State, keys::STATE)?;
    // Format 1 has two bytes of its own.
    Ok(state.and_then(|state| state.first().map(|byte| (*byte).max(1))))
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

/// The sum over all rows: as stored, or, with `counts_rows`, recomputed. A database of an earlier version has none yet.
fn summed(trees: &Trees, state: &StateRow, counts_rows: bool) -> Result<u64, String> {
    let stored: Option<SumRow> = trees
        .read(Tree::State, keys::SUM)
        .map_err(|error| error.to_string())?;
    if stored.is_some_and(|stored| stored.commit != state.commit) {
        return Err("the sum over all rows is of another commit than the state".to_owned());
    }
    match stored {
        Some(stored) if !counts_rows => Ok(stored.sum),
        Some(stored) if stored.sum != check_rows(trees, state)? => Err(
            "the rows are not those that the last commit left: some are older or missing"
                .to_owned(),
        ),
        Some(stored) => Ok(stored.sum),
        None => check_rows(trees, state),
    }
}

/// Every row can be read, and there are as many as the state counts: what a crash or a bad disk took is missed. The sum over them.
fn check_rows(trees: &Trees, state: &StateRow) -> Result<u64, String> {
    let mut sum = 0_u64;
    for tree in Tree::ALL {
        let mut found = 0;
        for row in trees.tree(tree) {
            let (key, value) = row.map_err(|error| error.to_string())?;
            let payload = trees.payload(tree, &key, &value);
            payload.map_err(|error| error.to_string())?;
            sum = sum.wrapping_add(weight(tree, &value));
            found += 1;
        }
        let counted = state.rows[tree as usize];
        if found != counted {
            let name = tree.name();
            return Err(format!(
                "{name}: {counted} rows were counted, {found} are there"
            ));
        }
    }
    Ok(sum)
}

fn live_webhooks(trees: &Trees) -> Result<u64, StoreError> {
    let mut live = 0;
    for row in trees.tree(Tree::Webhooks).iter() {
        let (key, value) = row.map_err(super::rows::broken)?;
        let webhook = Webhook::decode(&trees.payload(Tree::Webhooks, &key, &value)?)?;
        live += u64::from(webhook.deleted_at.is_none());
    }
    Ok(live)
}

/// The caller still has to tell apart whether the disk is full.
fn as_io(error: sled::Error) -> io::Error {
    match error {
        sled::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

fn in_words(dir: &Path, error: &StoreError) -> OpenError {
    damaged(dir, &error.to_string())
}

pub(super) fn damaged(dir: &Path, what: &str) -> OpenError {
    OpenError::Damaged {
        dir: dir.display().to_string(),
        what: what.to_owned(),
    }
}
