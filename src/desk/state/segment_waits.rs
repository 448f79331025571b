//! When a segment of the search index may be built anew. Lost at a restart: then each is built at once, once.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// How long a segment waits after it was built, where a comment of it changes; four times as long each time.
const WAIT_MS: i64 = 2 * MINUTE_MS;
const WAIT_MAX_MS: i64 = HOUR_MS;
/// From how many segments on those that wait no more are forgotten.
const KEPT_MAX: usize = 4_096;

/// What is known of the index beside its rows.
#[derive(Debug, Default)]
pub struct SegmentWaits(Mutex<Waits>);

#[derive(Debug, Default)]
struct Waits {
    /// How often each was built lately, and until when it waits.
    built: HashMap<u64, (u32, Timestamp)>,
    /// Those in which a search found something wrong.
    doubted: BTreeSet<u64>,
    /// Below which segment the walk in search of missing ones goes on; `None` at its start.
    below: Option<u64>,
    /// Whether the walk has passed over one that is missing and waits.
    has_passed: bool,
    /// How many segments there were when a walk found none missing.
    whole_at: Option<u64>,
}

impl SegmentWaits {
    fn held(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A search found something wrong in a segment.
    pub fn doubt(&self, segment: u64) {
        self.held().doubted.insert(segment);
    }

    /// The next segment that a search doubted.
    pub fn doubted(&self) -> Option<u64> {
        self.held().doubted.pop_first()
    }

    /// Whether a walk over so many segments found none missing, and nothing was doubted since.
    pub fn is_whole(&self, segments: u64) -> bool {
        let waits = self.held();
        waits.whole_at == Some(segments) && waits.doubted.is_empty()
    }

    /// Below which of so many segments the walk goes on.
    pub fn walk_from(&self, segments: u64) -> u64 {
        let below = self.held().below;
        below.map_or(segments, |below| below.min(segments))
    }

    /// The walk goes on below this one.
    pub fn walked_to(&self, below: u64) {
        let mut waits = self.held();
        waits.below = Some(below);
        waits.whole_at = None;
    }

    /// The walk has come to its end over so many segments.
    pub fn walked(&self, segments: u64) {
        let mut waits = self.held();
        waits.below = None;
        let has_passed = std::mem::take(&mut waits.has_passed);
        waits.whole_at = (!has_passed).then_some(segments);
    }

    /// Whether a missing segment may be built now.
    pub fn may_build(&self, segment: u64, now: Timestamp) -> bool {
        let mut waits = self.held();
        let until = waits.built.get(&segment).map(|(_, until)| *until);
        // A clock that was set back makes nothing wait for long.
        let waits_still =
            until.is_some_and(|until| now < until && until.ms_since(now) <= WAIT_MAX_MS);
        waits.has_passed |= waits_still;
        !waits_still
    }

    /// It is built now.
    pub fn builds(&self, segment: u64, now: Timestamp) {
        let mut waits = self.held();
        if waits.built.len() > KEPT_MAX {
            waits
                .built
                .retain(|_, (_, until)| now < until.plus_ms(WAIT_MAX_MS));
        }
        let (times, until) = waits.built.entry(segment).or_insert((0, now));
        // What was quiet for long begins anew.
        if now.ms_since(*until) > WAIT_MAX_MS {
            *times = 0;
        }
        let wait = WAIT_MS
            .saturating_mul(4_i64.saturating_pow(*times))
            .min(WAIT_MAX_MS);
        *times += 1;
        *until = now.plus_ms(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_again_and_again_is_built_ever_more_rarely() {
        let (waits, mut now, mut built) = (SegmentWaits::default(), Timestamp::from_ms(0), 0);
        for _ in 0..24 * 60 {
            if waits.may_build(7, now) {
                waits.builds(7, now);
                built += 1;
            }
            now = now.plus_ms(MINUTE_MS);
        }
        assert!((24..=27).contains(&built), "{built}");
        assert!(waits.may_build(8, now));
    }

    #[test]
    fn a_walk_that_passed_over_one_that_waits_has_not_found_all() {
        let (waits, now) = (SegmentWaits::default(), Timestamp::from_ms(0));
        waits.walked(3);
        assert!(waits.is_whole(3) && !waits.is_whole(4));
        waits.builds(1, now);
        assert!(!waits.may_build(1, now));
        waits.walked(3);
        assert!(!waits.is_whole(3));
        waits.walked(3);
        assert!(waits.is_whole(3));
        waits.doubt(2);
        assert!(!waits.is_whole(3));
        assert_eq!(waits.doubted(), Some(2));
    }
}
