//! A compaction, as the committer sees it: begun, gone on with between two batches, passed over to or given up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::{
    super::{
        checkpoint::Checkpoint,
        compaction::{self, Compaction},
        open::ReopenCause,
        row_changes::Row,
    },
    Committer,
};
use crate::store::{CompactionReport, Result, StoreError};

/// A compaction and who waits for its end.
pub(super) struct Compacting {
    copy: Compaction,
    before_bytes: u64,
    waiting: Vec<CompactionWaiters>,
}

type CompactionWaiters = oneshot::Sender<Result<CompactionReport>>;

fn answer(waiting: Vec<CompactionWaiters>, outcome: &Result<CompactionReport>) {
    for one in waiting {
        let _ = one.send(outcome.clone());
    }
}

impl Committer {
    /// What was written is written to the copy, too, where one is on its way.
    pub(super) fn mirror(&mut self, rows: &[Row]) {
        let Some(compacting) = &mut self.compaction else {
            return;
        };
        if let Err(error) = guarded(|| compacting.copy.mirror(rows)) {
            self.abandon_compaction(error);
        }
    }

    pub(super) fn begin_compaction(&mut self, waiting: CompactionWaiters) {
        if let Some(compacting) = &mut self.compaction {
            return compacting.waiting.push(waiting);
        }
        match self.begun_compaction() {
            Ok((copy, before_bytes)) => {
                tracing::info!(
                    bytes = before_bytes,
                    "the database is copied into a new file"
                );
                self.compaction = Some(Compacting {
                    copy,
                    before_bytes,
                    waiting: vec![waiting],
                });
            }
            Err(error) => answer(vec![waiting], &Err(error)),
        }
    }

    fn begun_compaction(&self) -> Result<(Compaction, u64)> {
        let trees = self.shared.open_trees()?;
        let (options, bytes) = (&self.shared.options, self.shared.database_bytes());
        if self.shared.disk.free() < bytes.saturating_add(options.free_bytes_min) {
            return Err(StoreError::StorageFull);
        }
        let copy = guarded(|| Compaction::begin(options, &trees))?;
        Ok((copy, bytes))
    }

    /// Copies on for a moment, where a compaction is on its way, and passes over to the copy when that is done.
    pub(super) fn compact_on(&mut self) {
        let Some(compacting) = &mut self.compaction else {
            return;
        };
        let Some(trees) = self.shared.trees() else {
            return self.abandon_compaction(self.shared.unavailable());
        };
        if self.shared.disk.is_full() {
            return self.abandon_compaction(StoreError::StorageFull);
        }
        let (options, state) = (&self.shared.options, self.shared.state());
        match guarded(|| compacting.copy.go_on(options, &trees, &state.rows)) {
            Ok(false) => {}
            Ok(true) => {
                drop(trees);
                self.pass_over(state.head.batch);
            }
            Err(error) => self.abandon_compaction(error),
        }
    }

    /// The mark names the copy: from now on it is the database.
    fn pass_over(&mut self, commit: u64) {
        let Some(compacting) = self.compaction.take() else {
            return;
        };
        let (copy, file) = compacting.copy.finished();
        let (dir, generation) = (&self.shared.options.dir, copy.generation);
        if let Err(error) = Checkpoint::in_use(generation, commit, self.run).write(dir) {
            // The mark may name the one or the other: what is written now could be lost with either.
            let failed = self.suspect("the mark of a copied database", &error, ReopenCause::Disk);
            drop((copy, file));
            self.reopen();
            return answer(compacting.waiting, &Err(failed));
        }
        self.file = file;
        let copied = self.shared.swap_trees(copy);
        let done = CompactionReport {
            before_bytes: compacting.before_bytes,
            after_bytes: self.shared.database_bytes(),
        };
        let (before, after) = (done.before_bytes, done.after_bytes);
        tracing::info!(
            before,
            after,
            "the database has {after} bytes; before, {before}"
        );
        let then = move || answer(compacting.waiting, &Ok(done));
        self.removing = copied.and_then(|copied| {
            let data = self.shared.options.dir.clone();
            compaction::remove_copied(copied, data, then)
        });
    }

    pub(super) fn abandon_compaction(&mut self, error: StoreError) {
        let Some(Compacting { copy, waiting, .. }) = self.compaction.take() else {
            return;
        };
        tracing::warn!(%error, "the database was not copied: {error}");
        // sled may panic about a copy that it could not write.
        let _ = catch_unwind(AssertUnwindSafe(|| copy.removed(&self.shared.options.dir)));
        answer(waiting, &Err(error));
    }
}

/// A step of a compaction; what sled panics about is an error.
fn guarded<T>(step: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        Err(StoreError::Damaged(
            "the database cannot be copied".to_owned(),
        ))
    })
}
