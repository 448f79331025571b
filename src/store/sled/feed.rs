//! The channel from the committer to a backup: every batch that is written, from the backup's begin to its end.
//!
//! The committer never waits for a backup, however slow the backup's disk is.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};

use super::row_changes::Row;
use crate::store::{CopyFailure, StoreError, record::StateRow};

/// How many bytes of batches may be queued; a backup that falls further behind is cancelled.
const WAITING_BYTES_MAX: usize = 256 << 20;

/// A message to the backup.
pub(super) enum FeedItem {
    /// From now on every batch is sent.
    Begun,
    /// A batch, as it was written.
    Batch(Vec<Row>),
    /// The last batch was the one that made this state; no more follows.
    End(Box<StateRow>),
    /// The backup cannot continue.
    GivenUp(CopyFailure),
}

/// The committer's side.
pub(super) struct CommitFeed {
    sender: Sender<FeedItem>,
    waiting_bytes: Arc<AtomicUsize>,
    end_is_wanted: Arc<AtomicBool>,
}

/// The backup's side.
pub(super) struct FeedFollower {
    receiver: Receiver<FeedItem>,
    waiting_bytes: Arc<AtomicUsize>,
    end_is_wanted: Arc<AtomicBool>,
}

/// The two sides.
pub(super) fn feed() -> (CommitFeed, FeedFollower) {
    let (sender, receiver) = channel();
    let feed = CommitFeed {
        sender,
        waiting_bytes: Arc::default(),
        end_is_wanted: Arc::default(),
    };
    let followed = FeedFollower {
        receiver,
        waiting_bytes: Arc::clone(&feed.waiting_bytes),
        end_is_wanted: Arc::clone(&feed.end_is_wanted),
    };
    (feed, followed)
}

fn bytes_of(rows: &[Row]) -> usize {
    let row_bytes = |(_, key, value): &Row| key.len() + value.as_ref().map_or(0, Vec::len);
    rows.iter().map(row_bytes).sum()
}

impl CommitFeed {
    /// Sends a message. Returns whether the backup still runs.
    pub fn send(&self, what: FeedItem) -> bool {
        self.sender.send(what).is_ok()
    }

    /// Sends a batch. Returns whether the backup still runs.
    pub fn batch(&self, rows: &[Row]) -> bool {
        let bytes = bytes_of(rows);
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if waiting > WAITING_BYTES_MAX {
            self.send(FeedItem::GivenUp(CopyFailure::TooSlow));
            return false;
        }
        self.send(FeedItem::Batch(rows.to_vec()))
    }

    /// Whether the backup still runs: one that failed has dropped its side.
    pub fn is_followed(&self) -> bool {
        Arc::strong_count(&self.end_is_wanted) > 1
    }

    pub fn end_is_wanted(&self) -> bool {
        self.end_is_wanted.load(Ordering::Relaxed)
    }
}

/// The channel to the running backup, if there is one.
#[derive(Default)]
pub(super) struct BackupFeed(Option<CommitFeed>);

impl BackupFeed {
    /// From now on the backup is sent every batch. There is one at a time.
    pub fn begin(&mut self, feed: CommitFeed, dir: &Path) {
        if self.0.as_ref().is_some_and(CommitFeed::is_followed) {
            let dir = dir.display().to_string();
            feed.send(FeedItem::GivenUp(CopyFailure::Busy { dir }));
        } else if feed.send(FeedItem::Begun) {
            self.0 = Some(feed);
        }
    }

    /// Whether a backup runs.
    pub const fn is_open(&self) -> bool {
        self.0.is_some()
    }

    pub fn batch(&mut self, rows: &[Row]) {
        self.0.take_if(|feed| !feed.batch(rows));
    }

    /// Called between two batches: the backup has been sent exactly what was written up to this commit.
    pub fn end_when_wanted(&mut self, state: impl FnOnce() -> StateRow) {
        self.0.take_if(|feed| !feed.is_followed());
        if let Some(feed) = self.0.take_if(|feed| feed.end_is_wanted()) {
            feed.send(FeedItem::End(Box::new(state())));
        }
    }

    pub fn give_up(&mut self, error: &StoreError) {
        if let Some(feed) = self.0.take() {
            feed.send(FeedItem::GivenUp(error.clone().into()));
        }
    }
}

impl FeedFollower {
    /// The next message, if one is queued.
    pub fn by_now(&self) -> Option<FeedItem> {
        self.receiver.try_recv().ok().inspect(|fed| self.taken(fed))
    }

    /// Waits for the next message; `None` once the committer has dropped its side.
    pub fn next(&self) -> Option<FeedItem> {
        self.receiver.recv().ok().inspect(|fed| self.taken(fed))
    }

    /// Nothing more is needed than what has been written by the time this is seen.
    pub fn want_end(&self) {
        self.end_is_wanted.store(true, Ordering::Relaxed);
    }

    fn taken(&self, fed: &FeedItem) {
        if let FeedItem::Batch(rows) = fed {
            self.waiting_bytes
                .fetch_sub(bytes_of(rows), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::rows::Tree;

    #[test]
    fn a_backup_that_has_gone_away_is_seen() {
        let (feed, followed) = feed();
        assert!(feed.is_followed());
        drop(followed);
        assert!(!feed.is_followed());
    }

    #[test]
    fn a_backup_that_falls_behind_is_given_up_and_the_committer_does_not_wait() {
        let (feed, followed) = feed();
        let batch = vec![(Tree::Articles, Vec::new(), Some(vec![0; 64 << 20]))];
        for _ in 0..8 {
            assert!(feed.batch(&batch));
            assert!(matches!(followed.next(), Some(FeedItem::Batch(_))));
        }
        let taken = (0..8).take_while(|_| feed.batch(&batch)).count();
        assert_eq!(taken, 4);
        let last = std::iter::from_fn(|| followed.by_now()).last();
        assert!(matches!(
            last,
            Some(FeedItem::GivenUp(CopyFailure::TooSlow))
        ));
    }
}
