//! The one thread of a node that writes (group commit): it drains the queued changes, plans them as one batch ([`layout`]),
//! writes the batch, applies it to memory and answers. The same for every engine.
//!
//! For example, three changes are queued: two edits of one comment made from row version 4, and a report. The batch holds the
//! first edit, as version 5, and the report; the second edit is answered `Stale`, and its use case reads again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use tokio::{runtime::Runtime, sync::oneshot};

use super::{
    CommitReceipt, Result, StoreError,
    engine::{Engine, OpenBatch as _, WriteError},
    layout::{self, BatchContext, Prepared, Salts},
    memory::Memory,
};
use crate::{
    record::Change,
    time::{Clock, Timestamp},
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

/// How often a batch is planned at most, if another node may write in between.
const ATTEMPTS_MAX: usize = 8;

/// A job for the committer.
pub(super) enum Job {
    /// Write this and answer.
    Write(Box<Change>, PendingChange),
    /// The engine has something to do between batches.
    Nudge,
    /// Write what came before, close the database, say so.
    Close(oneshot::Sender<()>),
}

/// Where a change is answered.
pub(super) type PendingChange = oneshot::Sender<Result<CommitReceipt>>;

/// The outcome of each change, and the batch's number.
type Committed = (Vec<Result<()>>, u64);

/// The changes of a batch and their callers. A stale change is answered after the write like all others: it lost to a change of
/// this batch, and a retry before that is written would lose again.
#[derive(Default)]
struct PendingBatch {
    changes: Vec<Prepared>,
    waiting: Vec<PendingChange>,
    bytes: usize,
}

impl PendingBatch {
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

    const fn has_room(&self) -> bool {
        self.changes.len() < BATCH_REQUESTS_MAX && self.bytes < BATCH_BYTES_MAX
    }
}

pub(super) struct Committer<E> {
    pub engine: Arc<E>,
    pub clock: Arc<dyn Clock>,
    /// The board's day of a time, counted from 1970-01-01.
    pub day_of: Box<dyn Fn(Timestamp) -> i32 + Send + Sync>,
    pub jobs: Receiver<Job>,
    /// What the engine awaits, it awaits here.
    pub runtime: Runtime,
    /// Whether the last batch held more than one request: then others are likely to be on their way.
    pub expects_more: bool,
}

impl<E: Engine> Committer<E> {
    /// Builds the memory, then runs until the store is closed or dropped. After an error, memory may differ from what is stored.
    pub fn run(self, ready: &Sender<Result<Arc<Memory>>>) -> Result<()> {
        let memory = match self.runtime.block_on(Memory::build(&*self.engine)) {
            Ok(memory) => Arc::new(memory),
            Err(error) => {
                let _ = ready.send(Err(error));
                return Ok(());
            }
        };
        let _ = ready.send(Ok(Arc::clone(&memory)));
        self.serve(&memory)
    }

    fn serve(mut self, memory: &Memory) -> Result<()> {
        let mut wait = Duration::ZERO;
        loop {
            match self.jobs.recv_timeout(wait) {
                Ok(Job::Write(change, waiting)) => {
                    // After a panic the callers' channels are dropped: they get `OutcomeUnknown`.
                    let batch = AssertUnwindSafe(|| self.batch(memory, *change, waiting));
                    if let Ok(Some(closing)) = catch_unwind(batch) {
                        self.close(closing);
                        return Ok(());
                    }
                }
                Ok(Job::Close(closing)) => {
                    self.close(closing);
                    return Ok(());
                }
                Ok(Job::Nudge) | Err(RecvTimeoutError::Timeout) => {}
                // The store was dropped without a clean stop, as by a kill: what was answered is durable.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            wait = self.between_batches(memory)?;
        }
    }

    /// The engine's own work; in a new epoch, the memory is rebuilt.
    fn between_batches(&self, memory: &Memory) -> Result<Duration> {
        self.runtime.block_on(async {
            let wait = self.engine.between_batches().await;
            match memory.follow(&*self.engine).await {
                Err(error @ StoreError::Damaged(_)) => Err(error),
                // it cannot be read now, and is followed again later
                Ok(()) | Err(_) => Ok(wait),
            }
        })
    }

    /// Writes what is queued. Returns the request to close, if one was among it.
    fn batch(
        &mut self,
        memory: &Memory,
        change: Change,
        waiting: PendingChange,
    ) -> Option<oneshot::Sender<()>> {
        let (mut batch, mut closing) = (PendingBatch::default(), None);
        batch.take(change, waiting);
        // A lone caller that sends one change after the other never waits for others.
        let gathers_until = self.expects_more.then(|| Instant::now() + GATHER_MAX);
        while batch.has_room() {
            match self.next_job(gathers_until) {
                Some(Job::Write(change, waiting)) => batch.take(*change, waiting),
                Some(Job::Close(asked)) => {
                    closing = Some(asked);
                    break;
                }
                Some(Job::Nudge) => {}
                None => break,
            }
        }
        self.expects_more = batch.changes.len() > 1;
        let requests = batch.changes.len();
        let (outcomes, written) = match self.runtime.block_on(self.committed(memory, batch.changes))
        {
            Ok((outcomes, commit)) => (outcomes, Ok(CommitReceipt { commit })),
            // The batch failed as a whole: every caller gets the one error, below.
            Err(error) => (vec![Ok(()); requests], Err(error)),
        };
        for (waiting, outcome) in batch.waiting.into_iter().zip(outcomes) {
            let _ = waiting.send(outcome.and_then(|()| written.clone()));
        }
        closing
    }

    /// The next job of a batch: one that is queued, or one that follows the last within [`GATHER_PAUSE`].
    fn next_job(&self, gathers_until: Option<Instant>) -> Option<Job> {
        match (self.jobs.try_recv(), gathers_until) {
            (Ok(job), _) => Some(job),
            (Err(_), None) => None,
            (Err(_), Some(until)) => {
                let left = until.saturating_duration_since(Instant::now());
                self.jobs.recv_timeout(left.min(GATHER_PAUSE)).ok()
            }
        }
    }

    /// Plans and writes a batch; the same changes again where the engine says so.
    async fn committed(&self, memory: &Memory, changes: Vec<Prepared>) -> Result<Committed> {
        // Where there is one node nobody writes in between: one attempt does, and nothing is cloned.
        if self.engine.capabilities().has_nodes {
            for _ in 1..ATTEMPTS_MAX {
                if let Some(committed) = self.attempt(memory, changes.clone()).await? {
                    return Ok(committed);
                }
            }
        }
        // the caller reads again and retries
        let last = self.attempt(memory, changes).await?;
        last.ok_or(StoreError::Stale)
    }

    /// `None` if nothing was written and a retry may succeed.
    async fn attempt(&self, memory: &Memory, changes: Vec<Prepared>) -> Result<Option<Committed>> {
        let lookups = layout::lookups(&changes);
        let mut salts = [0; 32];
        self.clock.random_bytes(&mut salts);
        let open = self.engine.open_batch(&lookups).await?;
        let head = open.head();
        let context = BatchContext {
            now: self.clock.now(),
            may_drop: self.clock.jump(head.last_at).is_none(),
            salts: Salts(salts),
            day_of: &*self.day_of,
        };
        let planned = layout::plan(changes, lookups, open.seen(), head, &context)?;
        let number = planned.batch.head.batch;
        if planned.rows.is_empty() {
            return Ok(Some((planned.outcomes, number)));
        }
        let batch = Arc::new(planned.batch);
        match open.write(planned.rows, Arc::clone(&batch)).await {
            Ok(()) => {}
            Err(WriteError::NotWritten(error)) => return Err(error),
            Err(WriteError::Again) => return Ok(None),
            Err(WriteError::Unknown) => return Err(StoreError::OutcomeUnknown),
        }
        // No error for the callers: the batch is durable, and memory catches up between batches.
        if let Err(error) = memory.wrote(&*self.engine, &batch).await {
            tracing::warn!(%error, "a batch was written and is not in memory yet: {error}");
        }
        Ok(Some((planned.outcomes, number)))
    }

    /// A clean stop.
    fn close(self, closing: oneshot::Sender<()>) {
        // Whoever queued a change behind the request to close is told so.
        while let Ok(job) = self.jobs.try_recv() {
            if let Job::Write(_, waiting) = job {
                let closing = StoreError::Unavailable("the store is closing".to_owned());
                let _ = waiting.send(Err(closing));
            }
        }
        self.runtime.block_on(self.engine.close());
        let _ = closing.send(());
    }
}
