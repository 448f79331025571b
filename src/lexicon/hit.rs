//! Hits, and the work space of a scan.

use std::{ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{company::Company, form::UpheldForms, term::TermId, text_notes::TextNotes};
use crate::text::{
    Disguises, FoldedText, Span, alt_reading::AltReading, pattern::PatternScratch, units::Units,
};

/// A term found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hit {
    /// The term.
    pub term: TermId,
    /// Where, in the member's text.
    pub span: Span,
    /// The disguises that were undone; empty if it is written as listed.
    pub disguises: Disguises,
    /// The term's severity, or what its company leaves of it: 1 at most where it is only noted; 0 (shadow) decides nothing.
    pub severity: u8,
    /// Whether it rests on a disguise that is guessed, rather than on what is written or listed.
    pub guessed: bool,
    /// What stands around it.
    pub company: Company,
}

/// Work space for scans, one for each worker, reused from text to text so that it stops allocating.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) work: SearchState,
    pub(super) found: Vec<ByteHit>,
    pub(super) hits: Vec<Hit>,
    /// Texts joined for [`Lexicon::scan_across`](super::Lexicon::scan_across).
    pub(super) joined: String,
}

/// Buffers of a search.
#[derive(Debug, Default)]
pub(super) struct SearchState {
    pub units: Units,
    pub alt_reading: AltReading,
    pub notes: TextNotes,
    /// The folded text, for terms with signs of their own.
    pub folded: FoldedText,
    pub places: Vec<u32>,
    pub patterns: PatternScratch,
    /// How many comparisons of a listed pattern with a place of the text were made.
    pub looked_up: usize,
    /// Forms that need no ordinary reading.
    pub upheld: Arc<UpheldForms>,
}

/// A hit with its range of bytes, before spans are counted in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ByteHit {
    pub term: TermId,
    pub bytes: Range<usize>,
    pub disguises: Disguises,
    pub severity: u8,
    pub guessed: bool,
    pub company: Company,
    /// Whether an innocent phrase covers it. Such a hit is left out at the end, but until then still supersedes others:
    /// else an added phrase could add a hit.
    pub innocent: bool,
}

impl Scratch {
    /// Guesses of these forms need no ordinary reading, from the next scan on.
    pub fn uphold(&mut self, forms: &Arc<UpheldForms>) {
        self.work.upheld = Arc::clone(forms);
    }

    /// The forms whose guesses need no ordinary reading.
    pub const fn upheld(&self) -> &Arc<UpheldForms> {
        &self.work.upheld
    }

    /// The cost of the last scan: the number of comparisons of a listed pattern with a place of the text.
    pub const fn looked_up(&self) -> usize {
        self.work.looked_up
    }

    /// Makes the hits from what was found: by start, then longer first; a term once for each place, with the fewest
    /// disguises.
    pub(super) fn collect_hits(&mut self, text: &str) {
        self.hits.clear();
        if self.found.is_empty() {
            return;
        }
        drop_superseded(&mut self.found);
        let (mut byte, mut chars) = (0, 0);
        for hit in self.found.iter().filter(|hit| !hit.innocent) {
            // hits are sorted by start: counting goes on from the last one rather than from the beginning
            let length = |from: usize, to: usize| count(text.get(from..to).unwrap_or_default());
            chars += length(byte, hit.bytes.start);
            byte = hit.bytes.start;
            self.hits.push(Hit {
                term: hit.term,
                span: Span {
                    start: chars,
                    end: chars + length(byte, hit.bytes.end),
                },
                disguises: hit.disguises,
                severity: hit.severity,
                guessed: hit.guessed,
                company: hit.company,
            });
        }
    }
}

/// Sorts hits and drops superseded ones: of overlapping hits of one term a sure one is kept rather than a guess, then the
/// one with the fewest disguises; and a guess gives way to any overlapping sure hit that is as severe.
fn drop_superseded(found: &mut Vec<ByteHit>) {
    let order = |hit: &ByteHit| (hit.bytes.start, std::cmp::Reverse(hit.bytes.end), hit.term);
    found.sort_unstable_by_key(|hit| (order(hit), hit.effort()));
    // of equal hits the first is kept, which the sort made the surest and plainest one
    found.dedup_by_key(|hit| (hit.bytes.clone(), hit.term));
    // every hit is compared with every other: usually they are few
    if !(2..=SETTLED_MAX).contains(&found.len()) {
        return;
    }
    let mut dropped = [false; SETTLED_MAX];
    for (hit, dropped) in found.iter().zip(&mut dropped) {
        *dropped = !hit.disguises.is_empty() && found.iter().any(|other| other.supersedes(hit));
    }
    let mut dropped = dropped.into_iter();
    found.retain(|_| !dropped.next().unwrap_or(false));
}

impl ByteHit {
    /// What had to be undone, the least first: nothing guessed, then few disguises.
    const fn effort(&self) -> (bool, u32) {
        (self.guessed, self.disguises.len())
    }

    /// Whether this hit overlaps the other and makes it superfluous.
    fn supersedes(&self, other: &Self) -> bool {
        let overlap = self.bytes.start < other.bytes.end && other.bytes.start < self.bytes.end;
        let plainer = self.effort() < other.effort();
        let same = self.term == other.term && self.bytes != other.bytes && plainer;
        let sure = other.guessed && !self.guessed && self.severity >= other.severity;
        overlap && (same || sure)
    }
}

/// With more hits than this in one text, none is dropped as superseded.
const SETTLED_MAX: usize = 64;

fn count(text: &str) -> u32 {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count() as u32
}
