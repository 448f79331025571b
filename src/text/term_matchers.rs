//! Many listed words, searched for in one folded text.

use aho_corasick::BuildError;

use super::{BoundaryRule, Finder, FoldedText, TermMatch, TermMatcher};

/// Listed words with their boundary rules, compiled once.
#[derive(Debug, Default)]
pub struct TermMatchers {
    /// Each with its index as given; those with signs of their own last.
    needles: Vec<(usize, TermMatcher, BoundaryRule)>,
    plain: Finder,
    signed: Finder,
    /// How many have no signs of their own.
    plain_count: usize,
}

impl TermMatchers {
    /// Compiles words; [`Self::find_in`] names a word by its index among them.
    pub fn new(
        words: impl IntoIterator<Item = (TermMatcher, BoundaryRule)>,
    ) -> Result<Self, BuildError> {
        let words = words.into_iter().enumerate();
        let mut needles: Vec<_> = words
            .map(|(nth, (needle, boundary))| (nth, needle, boundary))
            .collect();
        needles.sort_by_key(|(_, needle, _)| needle.is_literal());
        let plain_count = needles.partition_point(|(_, needle, _)| !needle.is_literal());
        let texts: Vec<&str> = needles.iter().map(|(_, needle, _)| needle.text()).collect();
        let (plain, signed) = texts.split_at(plain_count);
        Ok(Self {
            plain: Finder::new(plain)?,
            signed: Finder::new(signed)?,
            plain_count,
            needles,
        })
    }

    /// Every match, overlapping ones too, in no particular order.
    pub fn find_in(&self, text: &FoldedText) -> impl Iterator<Item = (usize, TermMatch)> {
        let plain = self.plain.find_in(text.dense());
        let signed = self.signed.find_in(text.full());
        let signed = signed.map(|(nth, bytes)| (nth + self.plain_count, bytes));
        plain.chain(signed).filter_map(|(nth, bytes)| {
            let (word, needle, boundary) = self.needles.get(nth)?;
            Some((*word, needle.check(text, bytes, *boundary).ok()?))
        })
    }
}
