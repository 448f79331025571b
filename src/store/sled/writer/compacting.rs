//! A compaction and who waits for its end. What sled panics about is an error.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::sync::oneshot;

use super::super::{compaction::Compaction, row_changes::Row, rows::Trees, shared::SharedState};
use crate::store::{CompactionReport, Result, StoreError};

/// Who waits for a compaction.
pub(in crate::store::sled) type CompactionWaiter = oneshot::Sender<Result<CompactionReport>>;

/// A compaction and who waits for its end.
pub(super) struct Compacting {
    copy: Compaction,
    ended: Ending,
}

/// Who waits for a compaction, and how long the database was before it.
pub(super) struct Ending {
    pub before_bytes: u64,
    waiting: Vec<CompactionWaiter>,
}

impl Ending {
    pub fn tell(self, outcome: &Result<CompactionReport>) {
        for one in self.waiting {
            let _ = one.send(outcome.clone());
        }
    }
}

impl Compacting {
    pub fn begin(shared: &SharedState, waiting: CompactionWaiter) -> Option<Self> {
        match begun(shared) {
            Ok((copy, before_bytes)) => {
                tracing::info!(
                    bytes = before_bytes,
                    "the database is copied into a new file"
                );
                let waiting = vec![waiting];
                let ended = Ending {
                    before_bytes,
                    waiting,
                };
                Some(Self { copy, ended })
            }
            Err(error) => {
                let _ = waiting.send(Err(error));
                None
            }
        }
    }

    /// Somebody else waits for its end, too.
    pub fn join(&mut self, waiting: CompactionWaiter) {
        self.ended.waiting.push(waiting);
    }

    /// What was written is written to the copy, too.
    pub fn mirror(&mut self, rows: &[Row]) -> Result<()> {
        guarded(|| self.copy.mirror(rows))
    }

    /// Copies on for a moment. Whether it is done.
    pub fn go_on(&mut self, shared: &SharedState) -> Result<bool> {
        let trees = shared.open_trees()?;
        if shared.disk.is_full() {
            return Err(StoreError::StorageFull);
        }
        // Read anew for each slice: the batches in between have changed the counts.
        let rows = shared.state().rows;
        guarded(|| self.copy.go_on(&shared.options, &trees, &rows))
    }

    /// The copy and its file, once it is done.
    pub fn finished(self) -> (Trees, fs::File, Ending) {
        let (copy, file) = self.copy.finished();
        (copy, file, self.ended)
    }

    pub fn give_up(self, shared: &SharedState, error: StoreError) {
        tracing::warn!(%error, "the database was not copied: {error}");
        // sled may panic about a copy that it could not write.
        let removed = AssertUnwindSafe(|| self.copy.removed(&shared.options.dir));
        let _ = catch_unwind(removed);
        self.ended.tell(&Err(error));
    }
}

fn begun(shared: &SharedState) -> Result<(Compaction, u64)> {
    let trees = shared.open_trees()?;
    let (options, bytes) = (&shared.options, shared.database_bytes());
    // The old and the new file exist side by side until the switch.
    if shared.disk.free() < bytes.saturating_add(options.free_bytes_min) {
        return Err(StoreError::StorageFull);
    }
    let copy = guarded(|| Compaction::begin(options, &trees))?;
    Ok((copy, bytes))
}

fn guarded<T>(step: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        Err(StoreError::Damaged(
            "the database cannot be copied".to_owned(),
        ))
    })
}
