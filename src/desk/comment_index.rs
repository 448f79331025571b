//! Builds the index by which comments are searched, one segment at a time, in the background, by one node under a lease.
//!
//! A segment is begun, its comments are read, its parts are stored, and then it counts as built. Each of these commits rests on
//! the header of the one before, and a change of one of the comments deletes the header: so no part is stored that was built from
//! what is gone, and a build that was cut off is begun anew.

use std::sync::Arc;

use super::{base::Base, error::DeskError};
use crate::{
    record::{Change, LeaseName, Segment, SegmentBuilder},
    store::StoreError,
};

/// How many comments are read at a time.
const PAGE: usize = 256;
/// How many headers are read at a time.
const HEADERS: u64 = 64;
/// How many parts are stored in one commit: about 60 KB, so that no request waits for long behind it.
const PARTS_AT_ONCE: usize = 16;

/// The index of comments.
pub struct CommentIndex {
    pub(super) base: Arc<Base>,
}

impl CommentIndex {
    /// Builds the next segment that is missing, or was built of other tokens. Returns whether there may be more to build, now;
    /// nothing if another node builds.
    pub async fn build_next(&self) -> Result<bool, DeskError> {
        let step = self.base.build_next_segment();
        let built = self.base.under_lease(LeaseName::CommentIndex, step).await?;
        Ok(built == Some(true))
    }
}

impl Base {
    async fn build_next_segment(&self) -> Result<bool, DeskError> {
        let segments = Segment::of(self.store.stats().await?.comments);
        if self.segments.is_whole(segments) && self.store.segment_count().await? == segments {
            return Ok(false);
        }
        let Some(number) = self.missing_segment(segments).await? else {
            self.segments.walked(segments);
            return Ok(false);
        };
        let now = self.clock.now();
        self.segments.builds(number, now);
        match self.build_segment(number).await {
            // One of its comments has changed meanwhile.
            Ok(()) | Err(DeskError::Stale) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The next segment to build, the newest first.
    async fn missing_segment(&self, segments: u64) -> Result<Option<u64>, DeskError> {
        let now = self.clock.now();
        if let Some(doubted) = self
            .segments
            .doubted()
            .filter(|doubted| *doubted < segments)
        {
            return Ok(Some(doubted));
        }
        let mut below = self.segments.walk_from(segments);
        while below > 0 {
            let from = below.saturating_sub(HEADERS);
            let headers = self.store.segments(from, below - 1).await?;
            let is_there = |number: u64| {
                let mut headers = headers.iter();
                headers.any(|header| header.number == number && header.is_usable())
            };
            for number in (from..below).rev() {
                if !is_there(number) && self.segments.may_build(number, now) {
                    self.segments.walked_to(number);
                    return Ok(Some(number));
                }
            }
            below = from;
        }
        Ok(None)
    }

    async fn build_segment(&self, number: u64) -> Result<(), DeskError> {
        let begun = self.begin_segment(number).await?;
        let builder = self.read_segment(number).await?;
        let packing = begun.clone();
        let packed = tokio::task::spawn_blocking(move || builder.finish(packing)).await;
        let (built, parts) = packed.map_err(|error| DeskError::Internal(error.to_string()))?;
        for parts in parts.chunks(PARTS_AT_ONCE) {
            let change = Change::of_segment_parts(&begun, parts.to_vec());
            self.commit(change).await?;
        }
        self.commit(Change::of_segment_built(built)).await
    }

    async fn begin_segment(&self, number: u64) -> Result<Segment, DeskError> {
        let stored = self.store.segments(number, number).await?.pop();
        if stored.is_none() {
            // It may be there and unreadable, which no precondition could be checked against.
            self.commit(Change::of_segment_dropped(number)).await?;
        }
        let mut build = [0; 8];
        self.clock.random_bytes(&mut build);
        let before = stored.map_or(0, |stored| stored.row_version);
        let begun = Segment::begun(number, u64::from_be_bytes(build), before);
        self.commit(Change::of_segment_begun(begun.clone())).await?;
        Ok(begun)
    }

    /// The tokens of a segment's comments, gathered off the workers.
    async fn read_segment(&self, number: u64) -> Result<SegmentBuilder, DeskError> {
        let (mut next, end) = (Segment::first_of(number), Segment::first_of(number + 1));
        let mut builder = SegmentBuilder::default();
        while next < end {
            let limit = usize::try_from(end - next).unwrap_or(PAGE).min(PAGE);
            let page = self.store.comments_from(next, limit).await?;
            let is_whole = (next..)
                .zip(&page)
                .all(|(number, (found, _))| number == *found);
            if page.len() != limit || !is_whole {
                let what = format!("comments of segment {number} are missing");
                return Err(StoreError::Damaged(what).into());
            }
            next += limit as u64;
            let gathered = tokio::task::spawn_blocking(move || {
                page.iter()
                    .for_each(|(number, comment)| builder.add(*number, comment));
                builder
            });
            builder = gathered
                .await
                .map_err(|error| DeskError::Internal(error.to_string()))?;
        }
        Ok(builder)
    }
}
