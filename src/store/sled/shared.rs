//! What the writer and the readers share: the open database, the state, and what is on its way to disk.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use super::{disk::Disk, options::OpenOptions, rows::Trees, state::DbState};
use crate::store::{Health, Result, StoreError, engine::Epoch};

/// How long a handle is waited for until readers have released it.
const LET_GO_TRIES: u32 = 1_000;
const LET_GO_WAIT: Duration = Duration::from_millis(5);
/// How long a commit may take before the store counts as broken, and how often that is checked.
const STUCK_MAX: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the writer and the readers share.
pub(super) struct SharedState {
    pub options: OpenOptions,
    pub disk: Arc<Disk>,
    trees: ArcSwapOption<Trees>,
    state: Mutex<DbState>,
    suspect: Mutex<Option<String>>,
    broken: Mutex<Option<String>>,
    /// Why the commit log lags behind, if it does.
    log_fault: Mutex<Option<String>>,
    /// Why this will not come back by itself, once it will not.
    ended: watch::Sender<Option<String>>,
    lock: Mutex<Option<fs::File>>,
    writes: WriteProgress,
    /// How many handles were dropped because the outcome of a write was unknown; the current [`Epoch`].
    dropped: AtomicU64,
}

/// Transactions by number: the one that was begun last, and the one up to which all is on disk or given up. Between the
/// two, readers see what a cut could still take back.
struct WriteProgress {
    begun: AtomicU64,
    settled: watch::Sender<u64>,
}

impl WriteProgress {
    fn new() -> Self {
        Self {
            begun: AtomicU64::new(0),
            settled: watch::Sender::new(0),
        }
    }

    /// The transaction that is under way, if one is.
    fn under_way(&self) -> Option<u64> {
        let begun = self.begun.load(Ordering::SeqCst);
        (*self.settled.borrow() < begun).then_some(begun)
    }

    /// Waits until everything that was begun so far is settled.
    async fn settled(&self) {
        let begun = self.begun.load(Ordering::SeqCst);
        if *self.settled.borrow() < begun {
            // The sender lives as long as we do.
            let _ = self
                .settled
                .subscribe()
                .wait_for(|settled| *settled >= begun)
                .await;
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SharedState {
    pub fn new(options: OpenOptions, trees: Trees, state: DbState, lock: fs::File) -> Self {
        Self {
            disk: Disk::watched(&options.dir, options.free_bytes_min),
            options,
            trees: ArcSwapOption::from_pointee(trees),
            state: Mutex::new(state),
            suspect: Mutex::new(None),
            broken: Mutex::new(None),
            log_fault: Mutex::new(None),
            ended: watch::Sender::new(None),
            lock: Mutex::new(Some(lock)),
            writes: WriteProgress::new(),
            dropped: AtomicU64::new(0),
        }
    }

    pub fn trees(&self) -> Option<Arc<Trees>> {
        self.trees.load_full()
    }

    pub fn state(&self) -> DbState {
        held(&self.state).clone()
    }

    /// The size of the database file in bytes; 0 if there is none.
    pub fn database_bytes(&self) -> u64 {
        self.trees().map_or(0, |trees| {
            let generation = trees.generation;
            generation.bytes(&self.options.dir).unwrap_or(0)
        })
    }

    pub fn health(&self) -> Health {
        match held(&self.broken).clone() {
            Some(what) => Health::Broken(what),
            None if self.disk.is_full() => Health::StorageFull,
            None => match held(&self.log_fault).clone() {
                Some(what) => Health::LogFailing(what),
                None => Health::Ready,
            },
        }
    }

    /// A transaction begins: what it writes is seen by readers and not on disk yet.
    pub fn begin_write(&self) {
        self.writes.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// Everything begun is on disk, or its handle was dropped.
    pub fn settle(&self) {
        let begun = self.writes.begun.load(Ordering::SeqCst);
        self.writes.settled.send_replace(begun);
    }

    /// A batch is on disk.
    pub fn advance(&self, state: DbState) {
        *held(&self.state) = state;
        self.settle();
    }

    /// The handle that reads from now on go to; asked for before they begin.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.dropped.load(Ordering::SeqCst))
    }

    /// Waits until what was read in an epoch is on disk. The caller must hold no handle meanwhile, or it could not be closed.
    pub async fn on_disk(&self, epoch: Epoch) -> Result<()> {
        self.writes.settled().await;
        if self.epoch() == epoch {
            Ok(())
        } else {
            // The commit failed: what was read may not be stored.
            Err(StoreError::OutcomeUnknown)
        }
    }

    pub fn set_suspect(&self, what: String) {
        *held(&self.suspect) = Some(what);
    }

    pub fn is_suspect(&self) -> bool {
        held(&self.suspect).is_some()
    }

    /// Records whether the commit log could be written, and logs a change.
    pub fn logged(&self, outcome: std::io::Result<()>) {
        let mut fault = held(&self.log_fault);
        match (&*fault, outcome) {
            (None, Err(error)) => {
                tracing::error!(%error, "the commit log cannot be written; commits go on: {error}");
                *fault = Some(error.to_string());
            }
            (Some(_), Ok(())) => {
                tracing::info!("the commit log is written again");
                *fault = None;
            }
            (None, Ok(())) | (Some(_), Err(_)) => {}
        }
    }

    pub fn is_log_failing(&self) -> bool {
        held(&self.log_fault).is_some()
    }

    /// The store is broken for good: the process has to end.
    pub fn end(&self, what: String) {
        self.set_broken(what.clone());
        self.ended.send_replace(Some(what));
    }

    /// Waits until it will not come back by itself, and says why.
    pub async fn ended(&self) -> String {
        let mut ended = self.ended.subscribe();
        let mut stuck = (0, Instant::now());
        loop {
            tokio::select! {
                // The sender lives as long as we do.
                Ok(what) = ended.wait_for(Option::is_some) => return what.clone().unwrap_or_default(),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let under_way = self.writes.under_way().filter(|_| !self.is_suspect());
            match under_way {
                Some(write) if write == stuck.0 => {
                    if stuck.1.elapsed() > STUCK_MAX {
                        return format!(
                            "a commit is under way for {} seconds",
                            STUCK_MAX.as_secs()
                        );
                    }
                }
                other => stuck = (other.unwrap_or(0), Instant::now()),
            }
        }
    }

    pub fn set_broken(&self, what: String) {
        *held(&self.broken) = Some(what);
        *held(&self.suspect) = None;
        self.settle();
    }

    /// Why nothing can be read or written.
    pub fn unavailable(&self) -> StoreError {
        if self.disk.is_full() {
            return StoreError::StorageFull;
        }
        match self.health() {
            Health::Broken(what) => StoreError::Unavailable(what),
            Health::Ready | Health::StorageFull | Health::LogFailing(_) => {
                StoreError::Unavailable("the store is closed".to_owned())
            }
        }
    }

    pub fn restore(&self, trees: Trees, state: DbState) {
        *held(&self.state) = state;
        self.trees.store(Some(Arc::new(trees)));
        *held(&self.suspect) = None;
        *held(&self.broken) = None;
        self.settle();
    }

    /// Removes the handle and waits until every reader has released it. Returns whether there was one.
    pub fn drop_trees(&self) -> bool {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        let last = self.trees.swap(None);
        last.map(release).is_some()
    }

    /// Everything is read from this handle from now on; it holds the same as the one before, which is given back.
    pub fn swap_trees(&self, trees: Trees) -> Option<Arc<Trees>> {
        self.trees.swap(Some(Arc::new(trees)))
    }

    pub fn release_lock(&self) {
        held(&self.lock).take();
    }

    pub fn open_trees(&self) -> Result<Arc<Trees>> {
        self.trees().ok_or_else(|| self.unavailable())
    }
}

/// Waits until this is the last who holds a handle, and drops it.
pub(super) fn release(mut last: Arc<Trees>) {
    for _ in 0..LET_GO_TRIES {
        match Arc::try_unwrap(last) {
            Ok(trees) => {
                // sled syncs as it closes, and panics where that fails. Nothing was promised of it.
                if catch_unwind(AssertUnwindSafe(|| drop(trees))).is_err() {
                    tracing::error!("the database could not be closed properly");
                }
                return;
            }
            Err(shared) => last = shared,
        }
        thread::sleep(LET_GO_WAIT);
    }
    tracing::error!("a reader holds the database open; it is left to the end of the process");
}
