//! Finds every place, overlapping ones too, where one of many strings stands in a folded text.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

/// Many strings, compiled for one pass over a text.
#[derive(Debug, Default)]
pub struct Finder {
    /// None where there is nothing to find: an empty automaton would still walk the text.
    automaton: Option<AhoCorasick>,
}

impl Finder {
    /// Compiles strings; the automaton is kept small, so that many terms share a cache with the rest of the service.
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

    /// Which string stands where, in bytes.
    pub fn find_in(&self, folded: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
        let hits = self
            .automaton
            .iter()
            .flat_map(move |automaton| automaton.find_overlapping_iter(folded));
        hits.map(|hit| (hit.pattern().as_usize(), hit.range()))
    }
}
