//! A process over sled: the folder is opened, reads go straight to the database, writes go to the committer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, RwLockReadGuard,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use tokio::sync::oneshot;

use super::{
    backup::Backup,
    committer::{Committer, Job},
    feed,
    manifest::Manifest,
    new_dir::cannot,
    open::{self, OpenError, Opened},
    options::OpenOptions,
    reads::SledEngine,
    shared::SharedState,
};
use crate::{
    record::Change,
    store::{
        BackupReport, CommitReceipt, CompactionReport, CopyFailure, Health, LiveUpdates,
        OnProgress, QueueIndex, Result, StoreError,
        engine::Head,
        engine_store::{EngineStore, Node},
    },
    time::{Clock, Timestamp},
};

/// The store over sled.
pub type SledStore = EngineStore<SledEngine, SledNode>;

/// What this process keeps in memory, and the way to its committer.
pub struct SledNode {
    shared: Arc<SharedState>,
    orders: SyncSender<Job>,
}

impl SledStore {
    /// Opens a data folder, or makes it. Blocks until it was checked.
    pub fn open(
        options: OpenOptions,
        clock: Arc<dyn Clock>,
    ) -> std::result::Result<Arc<Self>, OpenError> {
        open::make_dir(&options.dir)?;
        if Manifest::is_in(&options.dir) {
            let dir = options.dir.display().to_string();
            return Err(OpenError::Backup { dir });
        }
        let lock = open::lock(&options.dir)?;
        let run = chosen_run(&*clock);
        let (opened, log) = open::open(&options, run)?;
        let Opened {
            trees,
            state,
            queue,
            file,
        } = opened;
        let (orders, waiting) = sync_channel(options.queue_max);
        let shared = Arc::new(SharedState::new(options, trees, state, queue, lock));
        let committer = Committer::new(Arc::clone(&shared), clock, waiting, file, (run, log));
        let over = Arc::clone(&shared);
        let started = thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(|| committer.run())).is_err() {
                    over.end("the thread that writes has stopped".to_owned());
                }
            });
        started.map_err(|error| OpenError::Io {
            dir: shared.options.dir.display().to_string(),
            error,
        })?;
        let engine = Arc::new(SledEngine(Arc::clone(&shared)));
        Ok(Arc::new(Self::over(engine, SledNode { shared, orders })))
    }
}

impl SledNode {
    fn order(&self, order: Job) -> Result<()> {
        self.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => {
                StoreError::Unavailable("the store is closed".to_owned())
            }
        })
    }
}

/// A name for this run of the service, for the commit log; never 0.
fn chosen_run(clock: &dyn Clock) -> u64 {
    let mut run = [0; 8];
    clock.random_bytes(&mut run);
    u64::from_le_bytes(run).max(1)
}

impl Node for SledNode {
    fn head(&self) -> Head {
        self.shared.state().head
    }

    fn accounts(&self) -> u64 {
        self.shared.accounts()
    }

    fn queue(&self) -> RwLockReadGuard<'_, QueueIndex> {
        self.shared.queue()
    }

    fn live(&self) -> &LiveUpdates {
        self.shared.live()
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn commit(&self, change: Change) -> Result<CommitReceipt> {
        let (waiting, answer) = oneshot::channel();
        self.order(Job::Write(Box::new(change), waiting))?;
        // The committer answers each order; if it is gone, nobody knows how far it came.
        answer.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn compact(&self) -> Result<CompactionReport> {
        let (waiting, done) = oneshot::channel();
        self.order(Job::Compact(waiting))?;
        done.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn back_up(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupReport, CopyFailure> {
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
        self.order(Job::Backup(feed))?;
        backup.start().map_err(|error| cannot(&to, error))?;
        made.await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown.into()))
    }

    fn disk_bytes(&self) -> (u64, u64) {
        (self.shared.disk.free(), self.shared.database_bytes())
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    async fn ended(&self) -> String {
        self.shared.ended().await
    }

    async fn close(&self) {
        let orders = self.orders.clone();
        let (closing, closed) = oneshot::channel();
        // The queue may be full for a moment; a clean stop waits its turn.
        let sent = tokio::task::spawn_blocking(move || orders.send(Job::Close(closing))).await;
        if matches!(sent, Ok(Ok(()))) {
            let _ = closed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::{FutureExt as _, pin_mut};

    use super::*;
    use crate::{id::ArticleId, store::Store as _};

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
        store.node().shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!(
                (&mut read).now_or_never(),
                None,
                "a transaction is on its way"
            );
            store.node().shared.settle();
            assert_eq!(read.await, Ok(None));
        }
        store.close().await;
    }

    #[tokio::test]
    async fn what_was_read_before_a_commit_failed_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let id = ArticleId::parse("a".to_owned()).unwrap();
        store.node().shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!((&mut read).now_or_never(), None);
            assert!(
                store.node().shared.drop_trees(),
                "whoever waits holds no handle open"
            );
            store.node().shared.set_broken("a test".to_owned());
            assert_eq!(read.await, Err(StoreError::OutcomeUnknown));
        }
        store.close().await;
    }
}
