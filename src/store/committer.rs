//! The one thread of a node that writes: takes all that waits, looks, lays it out, writes it as one batch, takes it into
//! memory, answers. The same for every engine.

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
    layout::{self, Moment, Prepared, Salts},
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

/// What waits for the committer.
pub(super) enum Job {
    /// Write this and answer.
    Write(Box<Change>, PendingChange),
    /// The engine has something to do between batches.
    Nudge,
    /// Write what came before, close the database, say so.
    Close(oneshot::Sender<()>),
}

/// Who waits for a change.
pub(super) type PendingChange = oneshot::Sender<Result<CommitReceipt>>;

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
    pub come_together: bool,
}

impl<E: Engine> Committer<E> {
    /// Builds the memory, then runs until it is told to close or nobody can give it work any more. An error is one after which
    /// memory is not known to be what is stored.
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
                    // Whoever waited for what panics hears that nobody knows.
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

    /// What the engine has to do; where it has begun a new life, the memory is built anew.
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

    /// Writes what waits. Gives back who asked to close, if that stood among it.
    fn batch(
        &mut self,
        memory: &Memory,
        change: Change,
        waiting: PendingChange,
    ) -> Option<oneshot::Sender<()>> {
        let (mut batch, mut closing) = (Drained::default(), None);
        batch.take(change, waiting);
        let gathers_until = self.come_together.then(|| Instant::now() + GATHER_MAX);
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
        self.come_together = batch.changes.len() > 1;
        let requests = batch.changes.len();
        let (outcomes, written) = match self.runtime.block_on(self.committed(memory, batch.changes))
        {
            Ok((outcomes, commit)) => (outcomes, Ok(CommitReceipt { commit })),
            Err(error) => (vec![Ok(()); requests], Err(error)),
        };
        for (waiting, outcome) in batch.waiting.into_iter().zip(outcomes) {
            let _ = waiting.send(outcome.and_then(|()| written.clone()));
        }
        closing
    }

    /// What comes next into a batch, if it is there, or until then comes close behind what came last.
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

    /// Whether each change is in the batch, and the number of the batch.
    async fn committed(
        &self,
        memory: &Memory,
        changes: Vec<Prepared>,
    ) -> Result<(Vec<Result<()>>, u64)> {
        let looks = layout::looks(&changes);
        let mut salts = [0; 32];
        self.clock.random_bytes(&mut salts);
        let open = self.engine.open_batch(&looks).await?;
        let head = open.head();
        let moment = Moment {
            now: self.clock.now(),
            may_drop: self.clock.jump(head.last_at).is_none(),
            salts: Salts(salts),
            day_of: &*self.day_of,
        };
        let laid = layout::lay(changes, looks, open.seen(), head, &moment)?;
        let number = laid.batch.head.batch;
        if laid.rows.is_empty() {
            return Ok((laid.outcomes, number));
        }
        let batch = Arc::new(laid.batch);
        match open.write(laid.rows, Arc::clone(&batch)).await {
            Ok(()) => {}
            Err(WriteError::NotWritten(error)) => return Err(error),
            // whoever waits reads again and sends its change again
            Err(WriteError::Again) => return Err(StoreError::Stale),
            Err(WriteError::Unknown) => return Err(StoreError::OutcomeUnknown),
        }
        if let Err(error) = memory.wrote(&*self.engine, &batch).await {
            tracing::warn!(%error, "a batch was written and is not in memory yet: {error}");
        }
        Ok((laid.outcomes, number))
    }

    /// A clean stop.
    fn close(self, closing: oneshot::Sender<()>) {
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
