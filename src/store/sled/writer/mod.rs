//! The half of sled's engine that writes: one transaction a batch, synced before it counts as written; and what is done between
//! batches: reopening after a failed write, compaction, feeding a backup.

mod compacting;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sled::transaction::TransactionError;

use self::compacting::Compacting;
pub(super) use self::compacting::CompactionWaiter;
use super::{
    checkpoint::Checkpoint,
    commit_log::CommitLog,
    compaction, disk,
    feed::{BackupFeed, CommitFeed},
    flush::flushed,
    open::{self, OpenError, Opened, ReopenCause},
    row_changes::{Row, rows_of},
    rows::Trees,
    salvage,
    shared::SharedState,
    state::DbState,
    transaction::{Rows, transact},
};
use crate::store::{
    CompactionReport, StoreError,
    engine::{RowChange, WriteError},
};

/// How often the writer checks what is due while there is no work.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long work is waited for before a compaction copies on: it takes half of the thread's time at most.
const COMPACTION_PAUSE: Duration = Duration::from_millis(1);
/// How long work is waited for while a backup may ask for its end.
const BACKUP_PAUSE: Duration = Duration::from_millis(20);
/// How often a database that a full disk has closed is opened again.
const REOPEN_EVERY: Duration = Duration::from_secs(5);
/// How long a database in an unknown state is retried before the process ends.
const DOUBT_MAX: Duration = Duration::from_secs(60);

/// What is to be done between two batches.
pub(super) enum Errand {
    /// Copy the database into a new file that holds nothing deleted, and say how long the two are.
    Compact(CompactionWaiter),
    /// Tell a backup of every batch from now on.
    BackUp(CommitFeed),
}

/// The one who writes.
pub(super) struct Writer {
    shared: Arc<SharedState>,
    file: fs::File,
    /// The run of the service, and its log.
    run: u64,
    log: CommitLog,
    /// What is in doubt since a write failed, until the database is open again.
    doubt: ReopenCause,
    /// Since when it is unknown what is on disk.
    doubted: Option<Instant>,
    next_try: Option<Instant>,
    reserve_is_due: bool,
    /// Whether something was written, and so the commit log, since the last check of what is due.
    has_written: bool,
    compaction: Option<Compacting>,
    backup: BackupFeed,
    /// Removes the database that was copied last.
    removing: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn new(shared: Arc<SharedState>, file: fs::File, (run, log): (u64, CommitLog)) -> Self {
        Self {
            shared,
            file,
            run,
            log,
            doubt: ReopenCause::Memory,
            doubted: None,
            next_try: None,
            reserve_is_due: false,
            has_written: false,
            compaction: None,
            backup: BackupFeed::default(),
            removing: None,
        }
    }

    /// Writes a batch. A panic of sled counts as damage, with an unknown outcome.
    pub fn write(
        &mut self,
        trees: &Trees,
        changes: Vec<RowChange>,
        state: DbState,
    ) -> Result<(), WriteError> {
        let writing = AssertUnwindSafe(|| {
            let rows = rows_of(trees, changes).map_err(WriteError::NotWritten)?;
            self.written(trees, Rows { rows, state })
        });
        catch_unwind(writing).unwrap_or_else(|_| Err(self.panicked()))
    }

    /// A step has panicked.
    pub fn panicked(&mut self) -> WriteError {
        self.suspect("a step", &"it panicked", ReopenCause::Disk)
    }

    /// The write itself. After an error it is unknown what is in memory and what on disk.
    fn written(&mut self, trees: &Trees, mut rows: Rows) -> Result<(), WriteError> {
        self.shared.begin_write();
        match transact(trees, &mut rows) {
            Ok(()) => {}
            // A row that was there is damaged, and nothing was written.
            Err(TransactionError::Abort(error)) => {
                self.shared.settle();
                return Err(WriteError::NotWritten(error));
            }
            Err(TransactionError::Storage(error)) => {
                let doubt = self.doubt_after(&error);
                return Err(self.suspect("the transaction", &error, doubt));
            }
        }
        let begun = Instant::now();
        if let Err(error) = flushed(&trees.db) {
            let doubt = self.doubt_after(&error);
            return Err(self.suspect("the flush", &error, doubt));
        }
        if let Err(error) = self.file.sync_data() {
            return Err(self.suspect("the sync", &error, ReopenCause::Disk));
        }
        if let Some(observe) = &self.shared.options.flush_observer {
            observe(begun.elapsed());
        }
        self.has_written = true;
        // Between the sync and the answer: the log never names a commit that is not on disk.
        self.shared.logged(self.log.note(rows.state.head.batch));
        // The copies get what is on disk already; a copy that fails is given up and does not fail the commit.
        self.mirror(&rows.rows);
        self.backup.batch(&rows.rows);
        self.shared.advance(rows.state);
        Ok(())
    }

    /// Where there was no room for a write, and a sync says that nothing that was written got lost, the disk is not in doubt.
    fn doubt_after(&self, error: &sled::Error) -> ReopenCause {
        match error {
            sled::Error::Io(error) if salvage::is_full(error) && self.file.sync_data().is_ok() => {
                ReopenCause::Memory
            }
            _ => ReopenCause::Disk,
        }
    }

    fn suspect(
        &mut self,
        step: &str,
        error: &dyn std::fmt::Display,
        doubt: ReopenCause,
    ) -> WriteError {
        tracing::error!(%error, "{step} of a commit failed; the database is opened again: {error}");
        self.doubt = doubt;
        self.shared
            .set_suspect(format!("{step} of a commit failed: {error}"));
        WriteError::Unknown
    }

    /// What is due between two batches. How long to wait for work until this is to be called again.
    pub fn between_batches(&mut self, errands: Vec<Errand>) -> Duration {
        if self.shared.is_suspect() {
            self.reopen();
        }
        self.reopen_when_due();
        self.keep_reserve_when_due();
        // A batch since the last look has written the log anyway.
        if !std::mem::take(&mut self.has_written) {
            self.log_again_when_due();
        }
        for errand in errands {
            match errand {
                Errand::Compact(waiting) => match &mut self.compaction {
                    // One copy serves everyone who asks while it is being made.
                    Some(running) => running.join(waiting),
                    None => self.compaction = Compacting::begin(&self.shared, waiting),
                },
                Errand::BackUp(feed) => self.backup.begin(feed, &self.shared.options.dir),
            }
        }
        let shared = &self.shared;
        self.backup.end_when_wanted(|| shared.state().to_row());
        self.compact_on();
        match (&self.compaction, self.backup.is_open()) {
            (Some(_), _) => COMPACTION_PAUSE,
            (None, true) => BACKUP_PAUSE,
            (None, false) => LOOK_EVERY,
        }
    }

    /// What was written is written to the copy, too, where one is on its way.
    fn mirror(&mut self, rows: &[Row]) {
        let mirrored = self.compaction.as_mut().map(|running| running.mirror(rows));
        if let Some(Err(error)) = mirrored {
            self.give_up_compaction(error);
        }
    }

    /// Copies on for a moment, where a compaction is on its way, and passes over to the copy when that is done.
    fn compact_on(&mut self) {
        let Some(running) = &mut self.compaction else {
            return;
        };
        match running.go_on(&self.shared) {
            Ok(false) => {}
            Ok(true) => self.pass_over(),
            Err(error) => self.give_up_compaction(error),
        }
    }

    /// The checkpoint names the copy: from now on it is the database.
    fn pass_over(&mut self) {
        let Some(done) = self.compaction.take() else {
            return;
        };
        let (copy, file, ending) = done.finished();
        let (dir, generation) = (&self.shared.options.dir, copy.generation);
        // The copy mirrors every batch up to this one; no other can come in between, on this one thread.
        let commit = self.shared.state().head.batch;
        if let Err(error) = Checkpoint::in_use(generation, commit, self.run).write(dir) {
            // The checkpoint may name either: what is written now could be lost with the other.
            self.suspect("the mark of a copied database", &error, ReopenCause::Disk);
            drop((copy, file));
            self.reopen();
            return ending.tell(&Err(StoreError::OutcomeUnknown));
        }
        self.file = file;
        let copied = self.shared.swap_trees(copy);
        let done = CompactionReport {
            before_bytes: ending.before_bytes,
            after_bytes: self.shared.database_bytes(),
        };
        let (before, after) = (done.before_bytes, done.after_bytes);
        tracing::info!(
            before,
            after,
            "the database has {after} bytes; before, {before}"
        );
        // Told only once the old file is gone, because its space is free only then.
        let then = move || ending.tell(&Ok(done));
        self.removing = copied.and_then(|copied| {
            let data = self.shared.options.dir.clone();
            compaction::remove_copied(copied, data, then)
        });
    }

    fn give_up_compaction(&mut self, error: StoreError) {
        if let Some(running) = self.compaction.take() {
            running.give_up(&self.shared, error);
        }
    }

    fn give_up_copies(&mut self, error: &StoreError) {
        self.give_up_compaction(error.clone());
        self.backup.give_up(error);
    }

    /// Drops the handle and reopens the database, with all checks of a start.
    fn reopen(&mut self) {
        self.give_up_copies(&StoreError::OutcomeUnknown);
        // sled locks its file: the old handle has to be gone before the next one is opened.
        self.shared.drop_trees();
        // Opening needs some room, and a full disk may be what has failed. The reserve is restored later.
        disk::give_up_reserve(&self.shared.options.dir);
        self.reserve_is_due = true;
        self.open_again();
    }

    fn open_again(&mut self) {
        let answered = self.shared.state().head.batch;
        match open::reopen(&self.shared.options, self.run, answered, self.doubt) {
            Ok(Opened { trees, state, file }) => {
                self.file = file;
                (self.next_try, self.doubted, self.doubt) = (None, None, ReopenCause::Memory);
                // The commit that failed may be on disk after all, so the log names what was found.
                self.shared.logged(self.log.note(state.head.batch));
                self.shared.restore(trees, state);
                tracing::warn!("the database was opened again after a failed commit");
            }
            Err(error) => {
                tracing::error!(%error, "the database cannot be opened again: {error}");
                self.not_opened(&error);
            }
        }
    }

    /// A full disk may get room again, and a folder out of reach may come back. Damage stays, and an unknown state is not retried
    /// for ever: then the process's supervisor has to act.
    fn not_opened(&mut self, error: &OpenError) {
        self.next_try = Some(Instant::now() + REOPEN_EVERY);
        if error.is_damage() && self.doubt == ReopenCause::Memory {
            // A full disk can make it look damaged; a copy shows which it is.
            self.doubt = ReopenCause::Disk;
        } else if error.is_damage() {
            self.next_try = None;
            return self.shared.end(error.to_string());
        }
        if error.may_pass() {
            // The folder is out of reach for now; what is on disk is not in doubt, so DOUBT_MAX starts anew.
            self.doubted = None;
        } else if !error.is_damage() {
            // A sync may have failed while it was opened.
            self.doubt = ReopenCause::Disk;
            let since = *self.doubted.get_or_insert_with(Instant::now);
            if since.elapsed() >= DOUBT_MAX {
                self.next_try = None;
                return self.shared.end(format!(
                    "what was written could not be brought to disk for {} seconds: {error}",
                    DOUBT_MAX.as_secs()
                ));
            }
        }
        self.shared
            .set_broken("the database could not be opened again".to_owned());
    }

    /// Where the disk was full when it was to be opened again: once there is room.
    fn reopen_when_due(&mut self) {
        if self.next_try.is_none_or(|at| Instant::now() < at) {
            return;
        }
        if self.shared.disk.is_full() {
            self.next_try = Some(Instant::now() + REOPEN_EVERY);
        } else {
            self.open_again();
        }
    }

    /// Restores the disk reserve once there is plenty of room.
    fn keep_reserve_when_due(&mut self) {
        let options = &self.shared.options;
        if !self.reserve_is_due || self.shared.disk.free() < options.reserve_bytes.saturating_mul(4)
        {
            return;
        }
        self.reserve_is_due = false;
        if let Err(error) = disk::keep_reserve(&options.dir, options.reserve_bytes) {
            tracing::warn!(%error, "no reserve file could be made: {error}");
        }
    }

    /// Rewrites a failing commit log without waiting for a commit: nobody sends one while the store is not ready.
    fn log_again_when_due(&mut self) {
        if self.shared.is_log_failing() && self.shared.trees().is_some() {
            self.shared
                .logged(self.log.note(self.shared.state().head.batch));
        }
    }

    /// A clean stop: everything is on disk already; the snapshot makes the next start quick, the mark says how it was left.
    pub fn close(&mut self, errands: Vec<Errand>) {
        let closing = StoreError::Unavailable("the store is closing".to_owned());
        self.shared.disk.end();
        for errand in errands {
            // The backup sees that the channel is closed.
            if let Errand::Compact(waiting) = errand {
                let _ = waiting.send(Err(closing.clone()));
            }
        }
        self.give_up_copies(&closing);
        if let Some(removing) = self.removing.take() {
            // It ends soon, and has reported what went wrong.
            let _ = removing.join();
        }
        let generation = self.shared.trees().map(|trees| trees.generation);
        // `leave_clean` opens the database itself, which this handle would lock out.
        self.shared.drop_trees();
        let commit = self.shared.state().head.batch;
        if let Some(generation) = generation
            && let Err(error) =
                open::leave_clean(&self.shared.options, generation, commit, self.run)
        {
            tracing::error!(%error, "the database was not left clean: {error}");
        }
        // Last of all: from here on another process may use the folder.
        self.shared.release_lock();
    }
}
