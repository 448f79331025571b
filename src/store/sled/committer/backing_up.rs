//! A backup, as the committer sees it: it is told of every batch, and where the last one was.

use super::{
    super::{
        feed::{CommitFeed, FeedItem},
        row_changes::Row,
    },
    Committer,
};
use crate::store::{CopyFailure, StoreError};

impl Committer {
    /// From now on the backup is told of every batch. There is one at a time.
    pub(super) fn begin_backup(&mut self, feed: CommitFeed) {
        if self.backup.as_ref().is_some_and(CommitFeed::is_followed) {
            let dir = self.shared.options.dir.display().to_string();
            feed.tell(FeedItem::GivenUp(CopyFailure::Busy { dir }));
        } else if feed.tell(FeedItem::Begun) {
            self.backup = Some(feed);
        }
    }

    pub(super) fn feed_backup(&mut self, rows: &[Row]) {
        if self.backup.as_ref().is_some_and(|feed| !feed.batch(rows)) {
            self.backup = None;
        }
    }

    /// Between two batches: what the backup was told of is exactly what was written up to this commit.
    pub(super) fn end_backup_when_wanted(&mut self) {
        self.backup.take_if(|feed| !feed.is_followed());
        if let Some(feed) = self.backup.take_if(|feed| feed.end_is_wanted()) {
            feed.tell(FeedItem::End(Box::new(self.shared.state().to_row())));
        }
    }

    pub(super) fn abandon_backup(&mut self, error: StoreError) {
        if let Some(feed) = self.backup.take() {
            feed.tell(FeedItem::GivenUp(error.into()));
        }
    }
}
