//! What a scan finds, and the work space that it finds it in.

use serde::{Deserialize, Serialize};

use super::{exception::Covers, term::TermId};
use crate::text::{Disguises, FoldedText, Span, pattern::PatternScratch};

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
    pub(super) text: FoldedText,
    /// The same with runs of one character made short.
    pub(super) collapsed: FoldedText,
    pub(super) covers: Covers,
    pub(super) patterns: PatternScratch,
    pub(super) hits: Vec<Hit>,
}

impl Scratch {
    pub(super) fn start(&mut self, text: &str) {
        self.text.set(text);
        self.covers.clear();
        self.hits.clear();
    }

    /// By start, then longer first; a term is told once a place, with as little undone as it takes.
    pub(super) fn tidy(&mut self) {
        let order = |hit: &Hit| {
            (
                hit.span.start,
                std::cmp::Reverse(hit.span.end),
                hit.term,
                hit.disguises.len(),
            )
        };
        self.hits.sort_unstable_by_key(order);
        self.hits.dedup_by_key(|hit| (hit.span, hit.term));
    }
}
