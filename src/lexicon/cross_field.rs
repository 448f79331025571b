//! Hits across two texts: a nickname and a body, or two tags, that together spell a term.
//!
//! The texts are joined and scanned as one. Only hits across a border count, and only of the gravest terms of three
//! characters or more that are written as listed, and whose halves mean nothing where they stand: the 目 of 目前看來 is
//! part of a word, the 娘 of 娘啦 is none.

use super::{guess, hit::Scratch, matcher::Lexicon, ordinary::WordNotes, term::TermId};
use crate::text::{Disguise, Disguises, Span, Surface, shown::ShownText};

/// From this severity on, terms are searched for across texts.
const SEVERITY_MIN: u8 = 4;
/// The shortest such term, in characters.
const CHARS_MIN: usize = 3;
/// How many characters of a text are read on each side of a border.
const READ_CHARS_MAX: usize = 16;

/// A hit across two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossHit {
    /// The term.
    pub term: TermId,
    /// The index of the text that it begins in, and its part of that text.
    pub first: (usize, Span),
    /// The index of the text that it ends in, and its part of that text.
    pub last: (usize, Span),
    /// The disguises that were undone.
    pub disguises: Disguises,
    /// As [`Hit::severity`](super::Hit::severity).
    pub severity: u8,
}

/// A piece of one text, and its place in the joined text.
#[derive(Debug, Clone, Copy)]
struct JoinedSegment {
    text: usize,
    /// Code points of the text before the piece.
    skipped: u32,
    /// Code points of the joined text before the piece.
    start: u32,
    len: u32,
}

impl JoinedSegment {
    /// The part of a span of the joined text that is in this piece, as a span of its own text.
    fn share(&self, span: Span) -> Option<(usize, Span)> {
        let (start, end) = (
            span.start.max(self.start),
            span.end.min(self.start + self.len),
        );
        let own = |at: u32| at - self.start + self.skipped;
        (start < end).then(|| {
            let span = Span {
                start: own(start),
                end: own(end),
            };
            (self.text, span)
        })
    }
}

impl Lexicon {
    /// The hits across the borders of these texts, joined in this order and scanned as this surface.
    pub fn scan_across(
        &self,
        surface: Surface,
        texts: &[&str],
        scratch: &mut Scratch,
    ) -> Vec<CrossHit> {
        if texts.len() < 2 {
            return Vec::new();
        }
        // taken out, since the scan needs the rest of the scratch; put back below to keep its allocation
        let mut joined = std::mem::take(&mut scratch.joined);
        joined.clear();
        let last = texts.len() - 1;
        let mut pieces = Vec::with_capacity(texts.len());
        let mut start = 0;
        for (nth, text) in texts.iter().enumerate() {
            let piece = piece(nth, text, start, nth > 0, nth < last);
            let from = byte_of(text, piece.skipped);
            let to = byte_of(text, piece.skipped + piece.len);
            joined.push_str(text.get(from..to).unwrap_or_default());
            start += piece.len;
            pieces.push(piece);
        }
        let hits = self.scan(surface, &joined, scratch).to_vec();
        scratch.joined = joined;
        hits.into_iter()
            .filter(|hit| {
                let term = self.term(hit.term);
                !hit.guessed
                    && hit.severity >= SEVERITY_MIN
                    && term.text.chars().count() >= CHARS_MIN
            })
            .filter_map(|hit| {
                // a hit within one text has one share and so no `last`: the scan of that text reports it
                let mut shares = pieces.iter().filter_map(|piece| piece.share(hit.span));
                let first = shares.next()?;
                let last = shares.next_back()?;
                let means = |(nth, span): (usize, Span)| {
                    texts.get(nth).is_some_and(|text| is_word_there(text, span))
                };
                if means(first) || means(last) {
                    return None;
                }
                Some(CrossHit {
                    term: hit.term,
                    first,
                    last,
                    disguises: hit.disguises.with(Disguise::CrossField),
                    severity: hit.severity,
                })
            })
            .collect()
    }
}

/// What one character of a half costs at least as ordinary words, and more of them, in half bits: less, and they mean
/// something by themselves.
const ALONE_MIN: u16 = 20;
const HALF_MIN: u16 = 36;

/// Whether a half of a term is ordinary Chinese in its own text.
fn is_word_there(text: &str, span: Span) -> bool {
    let mut shown = ShownText::default();
    shown.set(text);
    let bytes = byte_of(text, span.start)..byte_of(text, span.end);
    let (from, to) = (shown.at_byte(bytes.start), shown.at_byte(bytes.end));
    let half = shown.chars().get(from..to).unwrap_or_default();
    let alone = half.iter().filter(|shown| shown.kind.is_dense()).count() < 2;
    let needed = if alone { ALONE_MIN } else { HALF_MIN };
    guess::ordinary_half_bits(
        (&shown, &mut WordNotes::default()),
        &bytes,
        Disguises::default(),
    )
    .is_some_and(|cost| cost < needed)
}

/// The piece of a text to read: the end of the first text, the beginning of the last and of those between.
fn piece(index: usize, text: &str, start: u32, before: bool, behind: bool) -> JoinedSegment {
    let chars = text.chars().count();
    let len = chars.min(READ_CHARS_MAX);
    let skipped = match (before, behind) {
        (false, true) => chars - len,
        _ => 0,
    };
    JoinedSegment {
        text: index,
        skipped: skipped as u32,
        start,
        len: len as u32,
    }
}

fn byte_of(text: &str, chars: u32) -> usize {
    text.char_indices()
        .nth(chars as usize)
        .map_or(text.len(), |(at, _)| at)
}
