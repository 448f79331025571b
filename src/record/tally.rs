//! What is counted: written with each decision and each ruling, never gathered by scans.
//!
//! A tally is a sum: what a ruling adds, its undo takes away again. Counts are booked on the day of their own commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::code::{ReasonCode, Rule};

/// What is counted for itself: each has a tally a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TallyOf {
    /// Everything of the day.
    Day,
    /// A posted rule.
    Rule(Rule),
    /// A code.
    Code(ReasonCode),
    /// Who ruled, as an actor is shown.
    Moderator(String),
    /// A listed term.
    Term(String),
    /// A correction: comments that were handed in later than posted are counted on the day of receipt, and this moves them
    /// to the day on which they were posted.
    Posted(Box<Self>),
}

/// Sums; each may be negative on a day on which more was undone than done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each names what it counts")]
pub struct Tally {
    pub received: i64,
    pub allowed: i64,
    pub flagged: i64,
    pub removed: i64,
    pub ruled_approve: i64,
    pub ruled_remove: i64,
    pub ruled_remove_tags: i64,
    pub escalated: i64,
    pub undone: i64,
    pub reports: i64,
    pub appeals: i64,
    /// Appeals that were right, counted for who made the contested ruling.
    pub overturned: i64,
    /// Appeals that changed nothing.
    pub appeals_upheld: i64,
    /// Decisions that got a second look.
    pub looked_at: i64,
    /// Second looks that agreed.
    pub agreed: i64,
    /// A term's hits, and how the rulings on them went.
    pub hits: i64,
    pub upheld: i64,
    pub dismissed: i64,
    /// How long cases waited for their ruling: by [`bucket`], how many.
    pub waits: BTreeMap<u16, i64>,
}

impl Tally {
    /// Adds another `times` times; -1 takes it away.
    pub fn add(&mut self, more: &Self, times: i64) {
        let of = [
            (&mut self.received, more.received),
            (&mut self.allowed, more.allowed),
            (&mut self.flagged, more.flagged),
            (&mut self.removed, more.removed),
            (&mut self.ruled_approve, more.ruled_approve),
            (&mut self.ruled_remove, more.ruled_remove),
            (&mut self.ruled_remove_tags, more.ruled_remove_tags),
            (&mut self.escalated, more.escalated),
            (&mut self.undone, more.undone),
            (&mut self.reports, more.reports),
            (&mut self.appeals, more.appeals),
            (&mut self.overturned, more.overturned),
            (&mut self.appeals_upheld, more.appeals_upheld),
            (&mut self.looked_at, more.looked_at),
            (&mut self.agreed, more.agreed),
            (&mut self.hits, more.hits),
            (&mut self.upheld, more.upheld),
            (&mut self.dismissed, more.dismissed),
        ];
        for (sum, one) in of {
            *sum = sum.saturating_add(one.saturating_mul(times));
        }
        for (wait, count) in &more.waits {
            let sum = self.waits.entry(*wait).or_default();
            *sum = sum.saturating_add(count.saturating_mul(times));
        }
        self.waits.retain(|_, count| *count != 0);
    }

    /// The wait that `share` (0 to 1) of the cases did not exceed, in seconds; `None` if nothing was ruled.
    pub fn wait_s(&self, share: f64) -> Option<f64> {
        let counts = || self.waits.iter().filter(|(_, count)| **count > 0);
        let all: i64 = counts().map(|(_, count)| count).sum();
        #[expect(clippy::cast_precision_loss, reason = "counts of rulings")]
        let wanted = all as f64 * share;
        let mut seen = 0;
        for (wait, count) in counts() {
            seen += count;
            #[expect(clippy::cast_precision_loss, reason = "counts of rulings")]
            if seen as f64 >= wanted {
                return Some(seconds(*wait));
            }
        }
        None
    }
}

/// How many buckets a doubling of the wait is divided into: a wait is known to about a tenth.
const BUCKETS_PER_DOUBLING: f64 = 8.0;

/// The bucket of a wait in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most 8 × 63"
)]
pub fn bucket(wait_ms: i64) -> u16 {
    ((wait_ms.max(1) as f64).log2() * BUCKETS_PER_DOUBLING).round() as u16
}

fn seconds(bucket: u16) -> f64 {
    let ms = (f64::from(bucket) / BUCKETS_PER_DOUBLING).exp2();
    (ms / 100.0).round() / 10.0
}

/// What was counted of one thing on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct TallyRow {
    /// The day, counted from 1970-01-01.
    pub day: i32,
    pub of: TallyOf,
    pub tally: Tally,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_added_can_be_taken_away() {
        let mut waits = BTreeMap::new();
        waits.insert(bucket(60_000), 1);
        let one = Tally {
            received: 2,
            hits: 1,
            waits,
            ..Tally::default()
        };
        let mut sum = Tally::default();
        sum.add(&one, 1);
        assert_eq!(sum, one);
        sum.add(&one, -1);
        assert_eq!(sum, Tally::default());
    }

    #[test]
    fn a_wait_is_told_within_a_tenth() {
        let mut tally = Tally::default();
        for wait_s in 1..=100 {
            *tally.waits.entry(bucket(wait_s * 1_000)).or_default() += 1;
        }
        let (half, nine) = (tally.wait_s(0.5).unwrap(), tally.wait_s(0.9).unwrap());
        assert!(
            (45.0..=55.0).contains(&half) && (81.0..=99.0).contains(&nine),
            "{half} {nine}"
        );
        assert_eq!(Tally::default().wait_s(0.5), None);
    }
}
