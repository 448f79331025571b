//! The one thread that writes: takes all that waits, lays it out, writes it as one transaction, syncs, answers.

mod backing_up;
mod compacting;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use sled::transaction::TransactionError;
use tokio::sync::oneshot;

use self::compacting::Compacting;
use super::{
    commit_log::CommitLog,
    disk,
    feed::CommitFeed,
    flush::flushed,
    open::{self, OpenError, Opened, ReopenCause},
    row_changes::{rows_of, seen},
    rows::Trees,
    salvage,
    shared::SharedState,
    state::DbState,
    transaction::{Rows, transact},
};
use crate::{
    record::Change,
    store::{
        CommitReceipt, CompactionReport, Result, StoreError,
        engine::Batch,
        layout::{self, Moment, Prepared, Salts},
    },
    time::Clock,
};

/// Requests in a batch at most.
const BATCH_REQUESTS_MAX: usize = 256;
/// Bytes in a batch, about; one request more may go over.
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Where requests come together, a batch is closed once none has come for this long. A commit costs as much for one request
/// as for fifty, and without this pause a fast disk makes many small ones while the workers are still busy with the others.
const GATHER_PAUSE: Duration = Duration::from_micros(20);
/// How long a batch waits for more in all.
const GATHER_MAX: Duration = Duration::from_millis(1);
/// How often the committer looks for what is due where there is no work.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the committer waits for work before it copies on: a compaction takes half of its time at most.
const COMPACTION_PAUSE: Duration = Duration::from_millis(1);
/// How long it waits for work while a backup may ask for its end.
const BACKUP_PAUSE: Duration = Duration::from_millis(20);
/// How often a database that a full disk has closed is opened again.
const REOPEN_EVERY: Duration = Duration::from_secs(5);
/// For how long a database is tried of which nobody knows what is on disk. After it the process ends.
const DOUBT_MAX: Duration = Duration::from_secs(60);

/// What waits for the committer.
pub(super) enum Job {
    /// Write this and answer.
    Write(Box<Change>, oneshot::Sender<Result<CommitReceipt>>),
    /// Copy the database into a new file that holds nothing deleted, and say how long the two are.
    Compact(oneshot::Sender<Result<CompactionReport>>),
    /// Tell a backup of every batch from now on.
    Backup(CommitFeed),
    /// Write what came before, close the database, say so.
    Close(oneshot::Sender<()>),
}

/// Who waits for a change.
type PendingChange = oneshot::Sender<Result<CommitReceipt>>;

/// What is written together, and who waits for it. Whoever is refused hears of it with all others: what came first is in this
/// batch, and only after it is written does reading again tell anything new.
#[derive(Default)]
struct Drained {
    changes: Vec<Prepared>,
    waiting: Vec<PendingChange>,
    bytes: usize,
}

impl Drained {
    fn take(&mut self, change: Change, waiting: PendingChange) {
        match Prepared::of(change) {
            Ok(change) => {
                self.bytes += change.bytes;
                self.changes.push(change);
                self.waiting.push(waiting);
            }
            Err(error) => {
                let _ = waiting.send(Err(error));
            }
        }
    }
}

pub(super) struct Committer {
    shared: Arc<SharedState>,
    clock: Arc<dyn Clock>,
    orders: Receiver<Job>,
    file: fs::File,
    /// The run of the service, and its log.
    run: u64,
    log: CommitLog,
    /// Whether the last batch held more than one request: then others are likely to be on their way.
    come_together: bool,
    /// What is in doubt since a commit failed, until the database is open again.
    doubt: ReopenCause,
    /// Since when nobody knows what is on disk.
    doubted: Option<Instant>,
    next_try: Option<Instant>,
    reserve_is_due: bool,
    compaction: Option<Compacting>,
    backup: Option<CommitFeed>,
    /// Removes the database that was copied last.
    removing: Option<JoinHandle<()>>,
}

impl Committer {
    pub fn new(
        shared: Arc<SharedState>,
        clock: Arc<dyn Clock>,
        orders: Receiver<Job>,
        file: fs::File,
        (run, log): (u64, CommitLog),
    ) -> Self {
        Self {
            shared,
            clock,
            orders,
            file,
            run,
            log,
            come_together: false,
            doubt: ReopenCause::Memory,
            doubted: None,
            next_try: None,
            reserve_is_due: false,
            compaction: None,
            backup: None,
            removing: None,
        }
    }

    /// Runs until it is told to close or nobody can give orders any more.
    pub fn run(mut self) {
        loop {
            let wait = match (&self.compaction, &self.backup) {
                (Some(_), _) => COMPACTION_PAUSE,
                (None, Some(_)) => BACKUP_PAUSE,
                (None, None) => LOOK_EVERY,
            };
            match self.orders.recv_timeout(wait) {
                Ok(Job::Write(change, waiting)) => {
                    self.reopen_when_due();
                    let done = catch_unwind(AssertUnwindSafe(|| self.batch(*change, waiting)));
                    match done {
                        Ok(Some(closing)) => return self.close(Some(closing)),
                        Ok(None) => {}
                        // sled panics about damage. Who waited hears that nobody knows.
                        Err(_) => {
                            self.suspect("a step", &"it panicked", ReopenCause::Disk);
                            self.reopen();
                        }
                    }
                }
                Ok(Job::Compact(waiting)) => self.begin_compaction(waiting),
                Ok(Job::Backup(feed)) => self.begin_backup(feed),
                Ok(Job::Close(closing)) => return self.close(Some(closing)),
                Err(RecvTimeoutError::Timeout) => {
                    self.reopen_when_due();
                    self.keep_reserve_when_due();
                    self.log_again_when_due();
                }
                // The store was dropped without a clean stop, as by a kill: what was answered is on disk.
                Err(RecvTimeoutError::Disconnected) => return self.shared.disk.end(),
            }
            self.end_backup_when_wanted();
            self.compact_on();
        }
    }

    /// Writes what waits. Gives back who asked to close, if that stood among it.
    fn batch(&mut self, change: Change, waiting: PendingChange) -> Option<oneshot::Sender<()>> {
        let Some(trees) = self.shared.trees() else {
            let _ = waiting.send(Err(self.shared.unavailable()));
            return None;
        };
        if self.shared.disk.is_full() {
            let _ = waiting.send(Err(StoreError::StorageFull));
            return None;
        }
        let mut batch = Drained::default();
        let (mut closing, mut compact) = (None, None);
        batch.take(change, waiting);
        let gathers_until = self.come_together.then(|| Instant::now() + GATHER_MAX);
        while batch.changes.len() < BATCH_REQUESTS_MAX && batch.bytes < BATCH_BYTES_MAX {
            match self.next_job(gathers_until) {
                Some(Job::Write(change, waiting)) => batch.take(*change, waiting),
                Some(Job::Compact(asked)) => {
                    compact = Some(asked);
                    break;
                }
                Some(Job::Backup(feed)) => self.begin_backup(feed),
                Some(Job::Close(asked)) => {
                    closing = Some(asked);
                    break;
                }
                None => break,
            }
        }
        self.come_together = batch.changes.len() > 1;
        let requests = batch.changes.len();
        let (outcomes, written) = match self.committed(&trees, batch.changes) {
            Ok((outcomes, commit)) => (outcomes, Ok(CommitReceipt { commit })),
            Err(error) => (vec![Ok(()); requests], Err(error)),
        };
        for (waiting, outcome) in batch.waiting.into_iter().zip(outcomes) {
            let _ = waiting.send(outcome.and_then(|()| written.clone()));
        }
        drop(trees);
        if self.shared.is_suspect() {
            self.reopen();
        }
        self.keep_reserve_when_due();
        if let Some(asked) = compact {
            self.begin_compaction(asked);
        }
        closing
    }

    /// Whether each change is in the batch, and the number of the commit that holds it.
    fn committed(
        &mut self,
        trees: &Trees,
        changes: Vec<Prepared>,
    ) -> Result<(Vec<Result<()>>, u64)> {
        let (looks, requests) = (layout::looks(&changes), changes.len());
        let seen = seen(trees, &looks)?;
        let state = self.shared.state();
        let mut salts = [0; 32];
        self.clock.random_bytes(&mut salts);
        let moment = Moment {
            now: self.clock.now(),
            may_drop: self.clock.jump(state.head.last_at).is_none(),
            salts: Salts(salts),
            day_of: &|at| self.shared.options.day_of(at),
        };
        let laid = layout::lay(changes, looks, &seen, &state.head, &moment)?;
        if laid.rows.is_empty() {
            return Ok((laid.outcomes, state.head.batch));
        }
        let rows = Rows {
            rows: rows_of(trees, laid.rows)?,
            state: DbState {
                head: laid.batch.head.clone(),
                ..state
            },
        };
        let commit = self.write(trees, rows, &laid.batch, requests)?;
        Ok((laid.outcomes, commit))
    }

    /// What comes next into a batch, if it is there, or until then comes close behind what came last.
    fn next_job(&self, gathers_until: Option<Instant>) -> Option<Job> {
        match (self.orders.try_recv(), gathers_until) {
            (Ok(job), _) => Some(job),
            (Err(_), None) => None,
            (Err(_), Some(until)) => {
                let left = until.saturating_duration_since(Instant::now());
                self.orders.recv_timeout(left.min(GATHER_PAUSE)).ok()
            }
        }
    }

    /// The write itself. After an error nobody knows what is in memory and what on disk.
    fn write(
        &mut self,
        trees: &Trees,
        mut rows: Rows,
        batch: &Batch,
        requests: usize,
    ) -> Result<u64> {
        self.shared.begin_write();
        match transact(trees, &mut rows) {
            Ok(()) => {}
            // A row that was there is damaged, and nothing was written.
            Err(TransactionError::Abort(error)) => {
                self.shared.settle();
                return Err(error);
            }
            Err(TransactionError::Storage(error)) => {
                let doubt = self.doubt_after(Some(&error));
                return Err(self.suspect("the transaction", &error, doubt));
            }
        }
        let begun = Instant::now();
        if let Err(error) = flushed(&trees.db) {
            let doubt = self.doubt_after(Some(&error));
            return Err(self.suspect("the flush", &error, doubt));
        }
        if let Err(error) = self.file.sync_data() {
            return Err(self.suspect("the sync", &error, ReopenCause::Disk));
        }
        if let Some(observe) = &self.shared.options.flush_observer {
            observe(begun.elapsed(), requests);
        }
        let commit = rows.state.head.batch;
        self.shared.logged(self.log.note(commit));
        self.mirror(&rows.rows);
        self.feed_backup(&rows.rows);
        self.shared.advance(rows.state, batch);
        Ok(commit)
    }

    /// Where there was no room for a write, and a sync says that nothing that was written got lost, the disk is not in doubt.
    fn doubt_after(&self, error: Option<&sled::Error>) -> ReopenCause {
        match error {
            Some(sled::Error::Io(error))
                if salvage::is_full(error) && self.file.sync_data().is_ok() =>
            {
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
    ) -> StoreError {
        tracing::error!(%error, "{step} of a commit failed; the database is opened again: {error}");
        self.doubt = doubt;
        self.shared
            .set_suspect(format!("{step} of a commit failed: {error}"));
        StoreError::OutcomeUnknown
    }

    /// Drops the handle and opens the database anew, with all checks of a start.
    fn reopen(&mut self) {
        self.abandon_compaction(StoreError::OutcomeUnknown);
        self.abandon_backup(StoreError::OutcomeUnknown);
        self.shared.drop_trees();
        disk::give_up_reserve(&self.shared.options.dir);
        self.reserve_is_due = true;
        self.open_again();
    }

    fn open_again(&mut self) {
        let answered = self.shared.state().head.batch;
        match open::reopen(&self.shared.options, self.run, answered, self.doubt) {
            Ok(Opened {
                trees,
                state,
                queue,
                file,
            }) => {
                self.file = file;
                (self.next_try, self.doubted, self.doubt) = (None, None, ReopenCause::Memory);
                self.shared.logged(self.log.note(state.head.batch));
                self.shared.restore(trees, state, queue);
                tracing::warn!("the database was opened again after a failed commit");
            }
            Err(error) => {
                tracing::error!(%error, "the database cannot be opened again: {error}");
                self.not_opened(&error);
            }
        }
    }

    /// A full disk may have room again, and what is out of reach may come back. Damage stays, and what is not known to be on disk
    /// is not tried for ever: then whoever supervises the process has to act.
    fn not_opened(&mut self, error: &OpenError) {
        self.next_try = Some(Instant::now() + REOPEN_EVERY);
        if error.is_damage() && self.doubt == ReopenCause::Memory {
            // A disk that is full can make it look damaged; a copy tells.
            self.doubt = ReopenCause::Disk;
        } else if error.is_damage() {
            self.next_try = None;
            return self.shared.end(error.to_string());
        }
        if error.may_pass() {
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

    /// The reserve that was given up is kept again once there is plenty of room.
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

    /// Where nobody sends anything because this is not ready, no commit would write the log again.
    fn log_again_when_due(&mut self) {
        if self.shared.is_log_failing() && self.shared.trees().is_some() {
            self.shared
                .logged(self.log.note(self.shared.state().head.batch));
        }
    }

    /// A clean stop: everything is on disk already; the snapshot makes the next start quick, the mark says how it was left.
    fn close(mut self, closing: Option<oneshot::Sender<()>>) {
        self.shared.disk.end();
        let closing_now = || StoreError::Unavailable("the store is closing".to_owned());
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Job::Write(_, waiting) => {
                    let _ = waiting.send(Err(closing_now()));
                }
                Job::Compact(waiting) => {
                    let _ = waiting.send(Err(closing_now()));
                }
                // Whoever waits sees that nobody tells it anything.
                Job::Backup(_) | Job::Close(_) => {}
            }
        }
        self.abandon_compaction(closing_now());
        self.abandon_backup(closing_now());
        if let Some(removing) = self.removing.take() {
            // It ends soon, and has told what went wrong.
            let _ = removing.join();
        }
        let generation = self.shared.trees().map(|trees| trees.generation);
        self.shared.drop_trees();
        let commit = self.shared.state().head.batch;
        if let Some(generation) = generation
            && let Err(error) =
                open::leave_clean(&self.shared.options, generation, commit, self.run)
        {
            tracing::error!(%error, "the database was not left clean: {error}");
        }
        self.shared.release_lock();
        if let Some(closing) = closing {
            let _ = closing.send(());
        }
    }
}
