//! What is counted: written with each decision and each ruling, never gathered by scans.
//!
//! A tally is a sum: what a ruling adds, its undo takes away again. Counts are booked on the day of their own commit.

use std::collections::BTreeMap;

use super::code::{ReasonCode, Rule};

/// What is counted for itself: each has a tally a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A written form of a listed term, by its key: what a member wrote goes with the form.
    Form(String),
    /// A correction: comments that were handed in later than posted are counted on the day of receipt, and this moves them
    /// to the day on which they were posted.
    Posted(Box<Self>),
}

/// In the kind of what is counted by the day of posting.
const POSTED: u8 = 0x80;

impl TallyOf {
    /// The kind of thing, as a number that is stored.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Day => 0,
            Self::Rule(_) => 1,
            Self::Code(_) => 2,
            Self::Moderator(_) => 3,
            Self::Term(_) => 4,
            Self::Form(_) => 5,
            Self::Posted(of) => of.kind() | POSTED,
        }
    }

    /// Which of its kind; empty where there is only one.
    pub fn name(&self) -> &str {
        match self {
            Self::Day => "",
            Self::Rule(rule) => rule.name(),
            Self::Code(code) => code.name(),
            Self::Moderator(name) | Self::Term(name) | Self::Form(name) => name,
            Self::Posted(of) => of.name(),
        }
    }

    /// The one of this kind and name.
    pub fn from_parts(kind: u8, name: &str) -> Option<Self> {
        Some(match kind {
            0 => Self::Day,
            1 => Self::Rule(Rule::ALL.into_iter().find(|rule| rule.name() == name)?),
            2 => Self::Code(ReasonCode::parse(name)?),
            3 => Self::Moderator(name.to_owned()),
            4 => Self::Term(name.to_owned()),
            5 => Self::Form(name.to_owned()),
            // The bit is taken off to get the kind inside: 0x83 is `Posted(Moderator(…))`.
            posted if posted & POSTED != 0 => {
                Self::Posted(Box::new(Self::from_parts(posted & !POSTED, name)?))
            }
            _ => return None,
        })
    }
}

/// Sums; each may be negative on a day on which more was undone than done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Appeals that were granted, counted for whoever made the ruling.
    pub overturned: i64,
    /// Appeals that changed nothing.
    pub appeals_upheld: i64,
    /// Decisions that got a QA review.
    pub qa_reviews: i64,
    /// QA reviews that agreed.
    pub qa_agreed: i64,
    /// A term's hits, and how the rulings on them went.
    pub hits: i64,
    pub upheld: i64,
    pub dismissed: i64,
    /// How long cases waited for their ruling: by [`bucket`], how many.
    pub waits: BTreeMap<u16, i64>,
}

impl Tally {
    /// The plain sums in their stored order: a new one goes to the end.
    const fn plain(&mut self) -> [&mut i64; 18] {
        [
            &mut self.received,
            &mut self.allowed,
            &mut self.flagged,
            &mut self.removed,
            &mut self.ruled_approve,
            &mut self.ruled_remove,
            &mut self.ruled_remove_tags,
            &mut self.escalated,
            &mut self.undone,
            &mut self.reports,
            &mut self.appeals,
            &mut self.overturned,
            &mut self.appeals_upheld,
            &mut self.qa_reviews,
            &mut self.qa_agreed,
            &mut self.hits,
            &mut self.upheld,
            &mut self.dismissed,
        ]
    }

    /// The sums that are not 0, by the number of their field: plain ones from 0 on, waits from 100 on.
    pub fn sums(mut self) -> Vec<(u16, i64)> {
        let waits = std::mem::take(&mut self.waits).into_iter();
        let waits = waits.map(|(bucket, sum)| (WAITS_FROM + bucket, sum));
        let plain = (0..).zip(self.plain().map(|sum| *sum));
        plain.chain(waits).filter(|(_, sum)| *sum != 0).collect()
    }

    /// Adds to sums by the number of their field; unknown fields are ignored.
    pub fn add_sums(&mut self, more: &[(u16, i64)]) {
        for (field, more) in more {
            // Fields from 100 on are buckets of waits; the subtraction fails for the plain sums below.
            if let Some(bucket) = field.checked_sub(WAITS_FROM) {
                let sum = self.waits.entry(bucket).or_default();
                *sum = sum.saturating_add(*more);
            } else if let Some(sum) = self.plain().into_iter().nth((*field).into()) {
                *sum = sum.saturating_add(*more);
            }
        }
        // Without buckets at 0, a tally whose rulings were all undone equals one that counted none.
        self.waits.retain(|_, count| *count != 0);
    }

    /// Adds another `times` times; -1 takes it away.
    pub fn add(&mut self, more: &Self, times: i64) {
        let mut sums = more.clone().sums();
        for (_, sum) in &mut sums {
            *sum = sum.saturating_mul(times);
        }
        self.add_sums(&sums);
    }

    /// The wait that `share` (0 to 1) of the cases did not exceed, in seconds; `None` if nothing was ruled.
    pub fn wait_s(&self, share: f64) -> Option<f64> {
        // Negative counts, of a day on which more was undone than done, say nothing about waits.
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

/// The number of the field of the first bucket of waits.
const WAITS_FROM: u16 = 100;

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
    // Logarithmic, for a small number of buckets: 1 s (1,000 ms) is bucket 80, 2 s is 88.
    ((wait_ms.max(1) as f64).log2() * BUCKETS_PER_DOUBLING).round() as u16
}

fn seconds(bucket: u16) -> f64 {
    let ms = (f64::from(bucket) / BUCKETS_PER_DOUBLING).exp2();
    (ms / 100.0).round() / 10.0
}

/// What was counted of one thing on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let mut by_fields = Tally::default();
        by_fields.add_sums(&one.sums());
        assert_eq!(by_fields, sum);
        sum.add(&by_fields, -1);
        assert_eq!(sum, Tally::default());
    }

    #[test]
    fn what_is_counted_comes_back_from_kind_and_name() {
        for of in [
            TallyOf::Day,
            TallyOf::Rule(Rule::Tag),
            TallyOf::Code(ReasonCode::Insult),
            TallyOf::Moderator("amy".to_owned()),
            TallyOf::Posted(Box::new(TallyOf::Term("x".to_owned()))),
        ] {
            assert_eq!(TallyOf::from_parts(of.kind(), of.name()), Some(of));
        }
        assert_eq!(TallyOf::from_parts(9, ""), None);
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
