//! Innocent phrases: what stands inside one is no hit.
//!
//! A phrase that covers a hit whole drops it. A hit with gaps is dropped as well where phrases reach over its edges and
//! cover both its first and its last run of characters, or one of the two where a gap holds the end of a sentence. The
//! phrases are looked for only once a text has a candidate.

use std::ops::Range;

use crate::text::{Finder, FoldedText, Found};

/// All innocent phrases, compiled.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    finder: Finder,
    phrases: Vec<String>,
}

/// Where innocent phrases stand in one text; worked out when first asked for.
#[derive(Debug, Default)]
pub(super) struct Covers {
    ready: bool,
    /// By their ends, as they are found.
    covers: Vec<Cover>,
    /// The most places that one has.
    longest: usize,
}

#[derive(Debug)]
struct Cover {
    places: Range<usize>,
    phrase: usize,
}

impl Exceptions {
    /// Compiles phrases; `folded` are the same, folded, skip characters kept.
    pub(super) fn new(
        phrases: Vec<String>,
        folded: &[String],
    ) -> Result<Self, aho_corasick::BuildError> {
        Ok(Self {
            finder: Finder::new(folded)?,
            phrases,
        })
    }

    /// The phrase that drops this hit.
    pub(super) fn covering<'l>(
        &'l self,
        text: &FoldedText,
        found: &Found,
        covers: &mut Covers,
    ) -> Option<&'l str> {
        self.find_in(text, covers);
        let cover = covers
            .over(&found.places)
            .or_else(|| covers.over_edges(found))?;
        self.phrases.get(cover.phrase).map(String::as_str)
    }

    /// The phrase that names this host, or a domain above it: it ends where the host ends, and starts where a label does.
    pub(super) fn naming<'l>(
        &'l self,
        text: &FoldedText,
        host: &Range<usize>,
        covers: &mut Covers,
    ) -> Option<&'l str> {
        let last = host.end.checked_sub(1).filter(|_| !host.is_empty())?;
        self.find_in(text, covers);
        let dot = |place: usize| text.full_slice(place..place + 1) == ".";
        let cover = covers.around(&(last..host.end)).find(|cover| {
            let label = cover.places.start == host.start
                || cover.places.start.checked_sub(1).is_some_and(dot);
            cover.places.end == host.end && cover.places.start >= host.start && label
        })?;
        self.phrases.get(cover.phrase).map(String::as_str)
    }

    fn find_in(&self, text: &FoldedText, covers: &mut Covers) {
        if std::mem::replace(&mut covers.ready, true) {
            return;
        }
        for (phrase, bytes) in self.finder.find_in(text.full()) {
            let places = text.places_at(bytes);
            covers.longest = covers.longest.max(places.len());
            covers.covers.push(Cover { places, phrase });
        }
    }
}

impl Covers {
    pub(super) fn clear(&mut self) {
        self.ready = false;
        self.covers.clear();
        self.longest = 0;
    }

    fn over(&self, places: &Range<usize>) -> Option<&Cover> {
        self.around(places).next()
    }

    fn over_edges(&self, found: &Found) -> Option<&Cover> {
        if found.gaps.open == 0 {
            return None;
        }
        let (first, last) = found.gaps.runs(&found.places);
        let before = self
            .around(&first)
            .find(|cover| cover.places.start < first.start);
        let after = self.around(&last).find(|cover| cover.places.end > last.end);
        match (before, after) {
            (Some(cover), Some(_)) => Some(cover),
            (Some(cover), None) | (None, Some(cover)) if found.gaps.stop => Some(cover),
            _ => None,
        }
    }

    /// The phrases that hold all of these places. Only the neighbourhood is looked through, however long the text is.
    fn around(&self, places: &Range<usize>) -> impl Iterator<Item = &Cover> {
        let (start, end, longest) = (places.start, places.end, self.longest);
        let first = self.covers.partition_point(|cover| cover.places.end < end);
        let near = self.covers.get(first..).unwrap_or_default().iter();
        near.take_while(move |cover| cover.places.end <= start + longest)
            .filter(move |cover| cover.places.start <= start)
    }
}
