//! Finds every occurrence, overlapping ones too, of many strings in a folded text.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

/// Many strings, compiled for one pass over a text.
#[derive(Debug, Default)]
pub struct Finder {
    /// `None` if there are no strings: an empty automaton would still walk the whole text.
    automaton: Option<AhoCorasick>,
}

impl Finder {
    /// Compiles the strings. The automaton is of the smallest kind, so that it shares the processor's cache with the
    /// rest of the service even with many terms.
    pub fn new<P: AsRef<[u8]>>(texts: &[P]) -> Result<Self, BuildError> {
        if texts.is_empty() {
            return Ok(Self::default());
        }
        let builder = &mut AhoCorasick::builder();
        let builder = builder
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA));
        Ok(Self {
            automaton: Some(builder.build(texts)?),
        })
    }

    /// Every occurrence: the index of the string, and its range of bytes.
    pub fn find_in(&self, folded: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
        let hits = self
            .automaton
            .iter()
            .flat_map(move |automaton| automaton.find_overlapping_iter(folded));
        hits.map(|hit| (hit.pattern().as_usize(), hit.range()))
    }
}
