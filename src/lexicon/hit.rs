//! What a scan finds, and the work space that it finds it in.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{term::TermId, view::Lazily};
use crate::text::{Disguises, FoldedText, Span, derived::Derived, pattern::PatternScratch, units::Units};

/// A term that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hit {
    /// The term.
    pub term: TermId,
    /// Its place in the member's own text.
    pub span: Span,
    /// What was undone to see it; empty where it stands as listed.
    pub disguises: Disguises,
}

/// Work space for scans, one a worker: it grows to the longest text and then allocates no more.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) work: Work,
    pub(super) standing: Vec<Standing>,
    pub(super) hits: Vec<Hit>,
}

/// What a search keeps while it reads a text.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub units: Units,
    pub derived: Derived,
    pub shown: Lazily,
    /// The text folded whole, for terms with signs of their own.
    pub folded: FoldedText,
    pub places: Vec<u32>,
    pub patterns: PatternScratch,
}

/// A hit by its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub term: TermId,
    pub bytes: Range<usize>,
    pub disguises: Disguises,
}

impl Scratch {
    /// By start, then longer first; a term is told once a place, with as little undone as it takes.
    pub(super) fn tell(&mut self, text: &str) {
        self.hits.clear();
        if self.standing.is_empty() {
            return;
        }
        settle(&mut self.standing);
        let (mut byte, mut chars) = (0, 0);
        for hit in &self.standing {
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
            });
        }
    }
}

/// Puts hits in order, and keeps of those of one term that overlap the one with the least undone.
fn settle(standing: &mut Vec<Standing>) {
    let order = |hit: &Standing| (hit.bytes.start, std::cmp::Reverse(hit.bytes.end), hit.term);
    standing.sort_unstable_by_key(|hit| (order(hit), hit.disguises.len()));
    standing.dedup_by_key(|hit| (hit.bytes.clone(), hit.term));
    let better = |hit: &Standing, than: &Standing| {
        hit.term == than.term
            && hit.bytes != than.bytes
            && hit.bytes.start < than.bytes.end
            && than.bytes.start < hit.bytes.end
            && hit.disguises.len() < than.disguises.len()
    };
    // the hits of one text are few, and only disguised ones are asked about
    if standing.len() > 1 && standing.len() <= SETTLED_MAX {
        let worse = |hit: &Standing| !hit.disguises.is_empty() && standing.iter().any(|other| better(other, hit));
        let dropped: Vec<bool> = standing.iter().map(worse).collect();
        let mut dropped = dropped.into_iter();
        standing.retain(|_| !dropped.next().unwrap_or(false));
    }
}

/// With more hits than these nobody reads how each was hidden.
const SETTLED_MAX: usize = 64;

fn count(text: &str) -> u32 {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count() as u32
}
