//! What a scan finds, and the work space that it finds it in.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{term::TermId, unit_window::LazyShownText};
use crate::text::{
    Disguise, Disguises, FoldedText, Span, alt_reading::AltReading, pattern::PatternScratch,
    units::Units,
};

/// A term that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hit {
    /// The term.
    pub term: TermId,
    /// Its place in the member's own text.
    pub span: Span,
    /// What was undone to see it; empty where it stands as listed.
    pub disguises: Disguises,
    /// The term's severity, one less where it is quoted in a report; 0 (shadow) decides nothing.
    pub severity: u8,
}

/// Work space for scans, one a worker: it grows to the longest text and then allocates no more.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) work: SearchState,
    pub(super) standing: Vec<ByteHit>,
    pub(super) hits: Vec<Hit>,
    /// Texts written one behind the other.
    pub(super) joined: String,
}

/// What a search keeps while it reads a text.
#[derive(Debug, Default)]
pub(super) struct SearchState {
    pub units: Units,
    pub derived: AltReading,
    pub shown: LazyShownText,
    /// The text folded whole, for terms with signs of their own.
    pub folded: FoldedText,
    pub places: Vec<u32>,
    pub patterns: PatternScratch,
    /// How many times something filed was compared with a place of the text.
    pub looked_up: usize,
}

/// A hit by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ByteHit {
    pub term: TermId,
    pub bytes: Range<usize>,
    pub disguises: Disguises,
    pub severity: u8,
    /// Whether an innocent phrase covers it: it is not told, and what it makes superfluous is not told either, or an added
    /// phrase would add a hit.
    pub innocent: bool,
}

impl Scratch {
    /// What the last scan cost, counted in comparisons of something listed with a place of the text.
    pub const fn looked_up(&self) -> usize {
        self.work.looked_up
    }

    /// By start, then longer first; a term is told once a place, with as little undone as it takes.
    pub(super) fn tell(&mut self, text: &str) {
        self.hits.clear();
        if self.standing.is_empty() {
            return;
        }
        drop_superseded(&mut self.standing);
        let (mut byte, mut chars) = (0, 0);
        for hit in self.standing.iter().filter(|hit| !hit.innocent) {
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
            });
        }
    }
}

/// Puts hits in order. Of those of one term that overlap the one with the least undone is kept, and what only stands in for
/// characters gives way to what is written there.
fn drop_superseded(standing: &mut Vec<ByteHit>) {
    let order = |hit: &ByteHit| (hit.bytes.start, std::cmp::Reverse(hit.bytes.end), hit.term);
    standing.sort_unstable_by_key(|hit| (order(hit), hit.disguises.len()));
    standing.dedup_by_key(|hit| (hit.bytes.clone(), hit.term));
    // the hits of one text are few, and only disguised ones are asked about
    if !(2..=SETTLED_MAX).contains(&standing.len()) {
        return;
    }
    let mut dropped = [false; SETTLED_MAX];
    for (hit, dropped) in standing.iter().zip(&mut dropped) {
        *dropped = !hit.disguises.is_empty() && standing.iter().any(|other| other.supersedes(hit));
    }
    let mut dropped = dropped.into_iter();
    standing.retain(|_| !dropped.next().unwrap_or(false));
}

/// Disguises that put something else in the place of a character.
const STAND_INS: [Disguise; 6] = [
    Disguise::Homophone,
    Disguise::Bopomofo,
    Disguise::Initials,
    Disguise::Mask,
    Disguise::Pinyin,
    Disguise::Reversed,
];

impl ByteHit {
    fn stands_in(&self) -> bool {
        STAND_INS.iter().any(|kind| self.disguises.contains(*kind))
    }

    /// Whether this hit makes the other, which overlaps it, superfluous.
    fn supersedes(&self, other: &Self) -> bool {
        let overlap = self.bytes.start < other.bytes.end && other.bytes.start < self.bytes.end;
        let plainer = self.disguises.len() < other.disguises.len();
        let same = self.term == other.term && self.bytes != other.bytes && plainer;
        let written = other.stands_in() && !self.stands_in() && self.severity >= other.severity;
        overlap && (same || written)
    }
}

/// With more hits than these nobody reads how each was hidden.
const SETTLED_MAX: usize = 64;

fn count(text: &str) -> u32 {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count() as u32
}
