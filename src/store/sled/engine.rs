//! sled as an engine: the folder is opened, one at a time writes, what only a folder needs is done between batches.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedMutexGuard, oneshot, watch};

use super::{
    backup::Backup,
    convert, feed,
    manifest::Manifest,
    new_dir::cannot,
    open::{self, OpenError, Opened},
    options::OpenOptions,
    row_changes::seen,
    rows::Trees,
    shared::SharedState,
    state::DbState,
    writer::{Errand, Writer},
};
use crate::{
    store::{
        CompactionReport, CopyFailure, Health, OnProgress, Result, StoreError,
        engine::{
            BackUp, BackupOutcome, Batch, Batches, Capabilities, Compact, DiskSpace, Engine, Head,
            Lookup, OpenBatch, RowChange, Seen, WriteError,
        },
        engine_store::{EngineStore, StartError},
    },
    time::{Clock, Timestamp},
};

/// How many happenings are kept of the newest batches, for those that follow.
const HAPPENED_KEPT: usize = 4_096;

/// The store over sled.
pub type SledStore = EngineStore<SledEngine>;

/// A data folder, open.
pub struct SledEngine {
    pub(super) shared: Arc<SharedState>,
    writer: Arc<tokio::sync::Mutex<Writer>>,
    /// What is to be done between batches; none once it is closed.
    errands: Mutex<Option<Vec<Errand>>>,
    recent: Arc<RecentBatches>,
    found_at: Timestamp,
}

/// The newest batches, for those that follow.
struct RecentBatches {
    newest: watch::Sender<u64>,
    batches: Mutex<VecDeque<Arc<Batch>>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SledStore {
    /// Opens a data folder, or makes it. Blocks until it was checked.
    pub fn open(
        options: OpenOptions,
        clock: Arc<dyn Clock>,
    ) -> std::result::Result<Arc<Self>, OpenError> {
        let (dir, queue_max) = (options.dir.clone(), options.queue_max);
        let zone = options.time_zone.clone();
        let engine = Arc::new(SledEngine::open(options, &*clock)?);
        Self::start(engine, clock, queue_max, zone).map_err(|error| match error {
            StartError::Store(error) => open::damaged(&dir, &error.to_string()),
            StartError::Io(error) => OpenError::io(&dir, error),
        })
    }

    /// The newest time that was stored before this start, which may have written an entry already.
    pub fn found_at(&self) -> Timestamp {
        self.engine().found_at
    }
}

impl SledEngine {
    /// Opens a data folder, or makes it. Blocks until it was checked.
    pub fn open(options: OpenOptions, clock: &dyn Clock) -> std::result::Result<Self, OpenError> {
        open::make_dir(&options.dir)?;
        if Manifest::is_in(&options.dir) {
            let dir = options.dir.display().to_string();
            return Err(OpenError::Backup { dir });
        }
        let lock = open::lock(&options.dir)?;
        let run = chosen_run(clock);
        let (opened, log) = open::open(&options, run)?;
        let found_at = opened.state.head.last_at;
        let opened = convert::converted(&options, opened, run, clock.now())?;
        let Opened { trees, state, file } = opened;
        let newest = watch::Sender::new(state.head.batch);
        let shared = Arc::new(SharedState::new(options, trees, state, lock));
        let writer = Writer::new(Arc::clone(&shared), file, (run, log));
        Ok(Self {
            found_at,
            shared,
            writer: Arc::new(tokio::sync::Mutex::new(writer)),
            errands: Mutex::new(Some(Vec::new())),
            recent: Arc::new(RecentBatches {
                newest,
                batches: Mutex::default(),
            }),
        })
    }

    /// Whoever waits for what is asked of a closed folder sees that nobody will do it.
    fn ask(&self, errand: Errand) {
        if let Some(errands) = &mut *held(&self.errands) {
            errands.push(errand);
        }
    }
}

/// Dropped without a clean stop, as by a kill: what was written is on disk.
impl Drop for SledEngine {
    fn drop(&mut self) {
        self.shared.disk.end();
    }
}

/// A name for this run of the service, for the commit log; never 0.
fn chosen_run(clock: &dyn Clock) -> u64 {
    let mut run = [0; 8];
    clock.random_bytes(&mut run);
    u64::from_le_bytes(run).max(1)
}

impl RecentBatches {
    fn tell(&self, batch: Arc<Batch>) {
        let mut batches = held(&self.batches);
        let number = batch.head.batch;
        batches.push_back(batch);
        let weight = |batch: &Arc<Batch>| 1 + batch.updates.len();
        while batches.iter().map(weight).sum::<usize>() > HAPPENED_KEPT && batches.len() > 1 {
            batches.pop_front();
        }
        drop(batches);
        self.newest.send_replace(number);
    }

    fn after(&self, after: u64, limit: usize) -> Batches {
        let batches = held(&self.batches);
        let oldest = batches.front().map(|batch| batch.head.batch);
        if after < *self.newest.borrow() && oldest.is_none_or(|oldest| after + 1 < oldest) {
            return Batches::Gone;
        }
        let later = batches.iter().filter(|batch| batch.head.batch > after);
        Batches::Next(later.take(limit).cloned().collect())
    }
}

/// The right to write to the folder.
pub struct OpenSled {
    writer: OwnedMutexGuard<Writer>,
    trees: Arc<Trees>,
    state: DbState,
    seen: Vec<Option<Seen>>,
    recent: Arc<RecentBatches>,
}

impl OpenBatch for OpenSled {
    fn head(&self) -> &Head {
        &self.state.head
    }

    fn seen(&self) -> &[Option<Seen>] {
        &self.seen
    }

    async fn write(
        mut self,
        rows: Vec<RowChange>,
        batch: Arc<Batch>,
    ) -> std::result::Result<(), WriteError> {
        let state = DbState {
            head: batch.head.clone(),
            ..self.state
        };
        self.writer.write(&self.trees, rows, state)?;
        self.recent.tell(batch);
        Ok(())
    }
}

impl Engine for SledEngine {
    type Open = OpenSled;

    async fn open_batch(&self, lookups: &[Lookup]) -> Result<OpenSled> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let trees = self.shared.open_trees()?;
        if self.shared.disk.is_full() {
            return Err(StoreError::StorageFull);
        }
        // sled panics about damage
        let looked = catch_unwind(AssertUnwindSafe(|| seen(&trees, lookups)));
        let Ok(seen) = looked else {
            writer.panicked();
            return Err(StoreError::OutcomeUnknown);
        };
        Ok(OpenSled {
            writer,
            trees,
            state: self.shared.state(),
            seen: seen?,
            recent: Arc::clone(&self.recent),
        })
    }

    async fn head(&self) -> Result<Head> {
        Ok(self.shared.state().head)
    }

    async fn batches(&self, after: u64, limit: usize) -> Result<Batches> {
        Ok(self.recent.after(after, limit))
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.recent.newest.subscribe()
    }

    async fn between_batches(&self) -> Duration {
        let errands = held(&self.errands).as_mut().map(std::mem::take);
        let mut writer = self.writer.lock().await;
        writer.between_batches(errands.unwrap_or_default())
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    async fn ended(&self) -> String {
        self.shared.ended().await
    }

    async fn close(&self) {
        let errands = held(&self.errands).take().unwrap_or_default();
        self.writer.lock().await.close(errands);
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            compact: Some(self),
            back_up: Some(self),
            disk: Some(self),
            has_nodes: false,
        }
    }
}

impl Compact for SledEngine {
    fn begin(&self) -> oneshot::Receiver<Result<CompactionReport>> {
        let (waiting, done) = oneshot::channel();
        self.ask(Errand::Compact(waiting));
        done
    }
}

impl BackUp for SledEngine {
    fn begin(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupOutcome, CopyFailure> {
        let to = std::path::absolute(to).map_err(|error| cannot(to, error))?;
        let (feed, followed) = feed::feed();
        let (waiting, made) = oneshot::channel();
        let backup = Backup {
            shared: Arc::clone(&self.shared),
            followed,
            to: to.clone(),
            made_at,
            on_progress,
            waiting,
        };
        self.ask(Errand::BackUp(feed));
        backup.start().map_err(|error| cannot(&to, error))?;
        Ok(made)
    }
}

impl DiskSpace for SledEngine {
    fn free_bytes(&self) -> u64 {
        self.shared.disk.free()
    }

    fn database_bytes(&self) -> u64 {
        self.shared.database_bytes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::{FutureExt as _, pin_mut};

    use super::*;
    use crate::{id::ArticleId, store::Store as _, time::Timestamp};

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(1_795_000_000_000)
        }

        fn random_bytes(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn store(dir: &std::path::Path) -> Arc<SledStore> {
        let options = OpenOptions {
            dir: dir.to_owned(),
            free_bytes_min: 0,
            ..OpenOptions::default()
        };
        SledStore::open(options, Arc::new(Still)).unwrap()
    }

    #[tokio::test]
    async fn what_is_read_is_told_when_it_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let id = ArticleId::parse("a".to_owned()).unwrap();
        assert_eq!(store.article(&id).await, Ok(None));
        store.engine().shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!(
                (&mut read).now_or_never(),
                None,
                "a transaction is on its way"
            );
            store.engine().shared.settle();
            assert_eq!(read.await, Ok(None));
        }
        store.close().await;
    }

    #[tokio::test]
    async fn what_was_read_before_a_commit_failed_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let id = ArticleId::parse("a".to_owned()).unwrap();
        store.engine().shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!((&mut read).now_or_never(), None);
            assert!(
                store.engine().shared.drop_trees(),
                "whoever waits holds no handle open"
            );
            store.engine().shared.set_broken("a test".to_owned());
            assert_eq!(read.await, Err(StoreError::OutcomeUnknown));
        }
        store.close().await;
    }
}
