//! The gaps between the characters of a word, as it is written in a text.

use std::ops::Range;

use super::{FoldedText, FoldedUnit, fold::CharKind};

/// The most blanks, signs and emoji between two characters of a word.
pub const GAP_SKIPS_MAX: usize = 3;
/// The most marks and invisible characters between two characters of a word.
pub const GAP_DROPPED_MAX: usize = 64;

/// What the gaps of a candidate hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gaps {
    /// How many gaps hold anything visible.
    pub open: usize,
    /// Whether one holds the end of a sentence.
    pub stop: bool,
    /// How many of them the listed word does not have.
    pub(super) unlisted: usize,
    /// How many gaps of the listed word are absent here: "killyou" for "kill you".
    pub(super) missing: usize,
    /// Whether one holds something invisible.
    pub(super) hidden: bool,
    /// Whether one holds too much.
    pub(super) too_wide: bool,
    /// The places after which the first run ends and at which the last one starts.
    first_run_end: usize,
    last_run_start: usize,
}

impl Gaps {
    /// The gaps between dense characters; `listed` has `true` for each gap that the listed word has itself.
    pub(super) fn between(text: &FoldedText, dense: &Range<usize>, listed: &[bool]) -> Self {
        let first = text.place_of(dense.start);
        let end = text.place_of(dense.end.saturating_sub(1)) + 1;
        let mut gaps = Self {
            first_run_end: end,
            last_run_start: first,
            ..Self::default()
        };
        for (nth, right) in (dense.start + 1..dense.end).enumerate() {
            let gap = text.place_of(right - 1) + 1..text.place_of(right);
            gaps.add(text, &gap, listed.get(nth).copied().unwrap_or(false));
        }
        gaps
    }

    /// For a literal word, whose signs are part of it: nothing visible can be between its characters, but invisible
    /// ones can.
    pub(super) fn within(text: &FoldedText, range: &Range<usize>) -> Self {
        let inner = range.start + 1..range.end;
        let inner = || places(text, &inner);
        // a selector or joiner after a sign belongs to the sign (✈️)
        let hidden = inner()
            .zip(places(text, range))
            .any(|(place, before)| place.hidden && before.kind.is_dense());
        let too_wide = inner().any(|place| usize::from(place.dropped) > GAP_DROPPED_MAX);
        Self {
            hidden,
            too_wide,
            first_run_end: range.end,
            last_run_start: range.start,
            ..Self::default()
        }
    }

    /// The first and the last run of characters without a gap, as places; both are the whole word if it has no gap.
    pub fn runs(&self, places: &Range<usize>) -> (Range<usize>, Range<usize>) {
        (
            places.start..self.first_run_end,
            self.last_run_start..places.end,
        )
    }

    fn add(&mut self, text: &FoldedText, gap: &Range<usize>, listed: bool) {
        let skips = (gap.start..gap.end)
            // the bracket after the 株 of ㈱ comes from folding: nobody wrote a separator there
            .filter(|&at| !text.same_origin(at, at.wrapping_sub(1)))
            // one sign again and again is one separator
            .filter(|&at| {
                let sign = |at: usize| text.full_slice(at..at + 1);
                at == gap.start || sign(at) != sign(at - 1)
            })
            .count();
        let dropped: usize = places(text, &(gap.start..gap.end + 1))
            .map(|place| usize::from(place.dropped))
            .sum();
        self.hidden |= places(text, &(gap.start..gap.end + 1)).any(|place| place.hidden);
        self.stop |= places(text, gap).any(|place| place.kind == CharKind::Stop);
        self.too_wide |= skips > GAP_SKIPS_MAX || dropped > GAP_DROPPED_MAX;
        self.missing += usize::from(listed && gap.is_empty());
        if !gap.is_empty() {
            if self.open == 0 {
                self.first_run_end = gap.start;
            }
            self.last_run_start = gap.end;
            self.open += 1;
            self.unlisted += usize::from(!listed);
        }
    }
}

fn places<'t>(text: &'t FoldedText, range: &Range<usize>) -> impl Iterator<Item = &'t FoldedUnit> {
    text.places().get(range.clone()).unwrap_or_default().iter()
}
