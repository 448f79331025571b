//! A folded text in two forms: with blanks and punctuation (`full`) and without (`dense`).
//!
//! `你 好!` has the full text `你 好!` and the dense text `你好`. A character's index in the full text is its *place*: the
//! dense characters 0 and 1 have the places 0 and 2. Each place knows the code points of the original that it comes
//! from.

use std::ops::Range;

use super::{
    Span,
    fold::{CharKind, fold_char},
};

/// One folded character of the full text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldedUnit {
    /// Where it starts in the full text, in bytes.
    byte: u32,
    /// The code points of the original that it comes from, their combining marks included.
    start: u32,
    end: u32,
    /// The disguises that folding undid, as the bits of a set.
    pub undone: u8,
    /// How the matcher treats it.
    pub kind: CharKind,
    /// How many marks and invisible characters were dropped just before it, 255 at most.
    pub dropped: u8,
    /// Whether one of them was invisible.
    pub hidden: bool,
}

/// A member's text, folded for matching. Reused from text to text, so that it stops allocating.
#[derive(Debug, Clone, Default)]
pub struct FoldedText {
    full: String,
    places: Vec<FoldedUnit>,
    dense: String,
    /// Where each dense character starts, in bytes of `dense`; one more for the end.
    dense_bytes: Vec<u32>,
    /// The place of each dense character.
    dense_places: Vec<u32>,
}

/// What was dropped since the last character that was kept.
#[derive(Default)]
struct SkippedRun {
    count: u8,
    hidden: bool,
}

impl FoldedText {
    /// Folds `text`.
    pub fn new(text: &str) -> Self {
        let mut folded = Self::default();
        folded.set(text);
        folded
    }

    /// Folds `text`; what was held before is dropped.
    pub fn set(&mut self, text: &str) {
        self.clear();
        self.reserve(text.len());
        let mut dropped = SkippedRun::default();
        for (at, ch) in (0..).zip(text.chars()) {
            let fold = fold_char(ch);
            match fold.kind() {
                CharKind::Hidden => dropped.add(true),
                CharKind::Mark => {
                    // k and a combining mark are two code points but one character: the span of k
                    // takes in both
                    self.mark_last(&dropped, at, fold.undone());
                    dropped.add(false);
                }
                _ => self.push_all(&fold, at, &mut dropped),
            }
        }
        self.dense_bytes.push(self.dense.len() as u32);
    }

    /// Makes room for a text of so many bytes at once, rather than again and again; a Chinese character has three.
    fn reserve(&mut self, bytes: usize) {
        let chars = bytes / 3 + 1;
        self.full.reserve(bytes);
        self.places.reserve(chars);
        self.dense.reserve(bytes);
        self.dense_bytes.reserve(chars);
        self.dense_places.reserve(chars);
    }

    /// The folded text with blanks and punctuation.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The folded text without them.
    pub fn dense(&self) -> &str {
        &self.dense
    }

    /// How many characters `dense` has.
    pub fn dense_len(&self) -> usize {
        self.dense_places.len()
    }

    /// Every character of the full text.
    pub fn places(&self) -> &[FoldedUnit] {
        &self.places
    }

    /// The place of a dense character; past the end, the end of the full text.
    pub fn place_of(&self, dense: usize) -> usize {
        self.dense_places
            .get(dense)
            .map_or(self.places.len(), |&place| place as usize)
    }

    /// Dense characters for a range of bytes of `dense`.
    pub fn dense_at(&self, bytes: Range<usize>) -> Range<usize> {
        let index = |byte: usize| {
            self.dense_bytes
                .partition_point(|&start| (start as usize) < byte)
        };
        index(bytes.start)..index(bytes.end)
    }

    /// Places for a range of bytes of `full`.
    pub fn places_at(&self, bytes: Range<usize>) -> Range<usize> {
        let index = |byte: usize| {
            self.places
                .partition_point(|place| (place.byte as usize) < byte)
        };
        index(bytes.start)..index(bytes.end)
    }

    /// How many dense characters lie before a place.
    pub fn dense_before(&self, place: usize) -> usize {
        self.dense_places
            .partition_point(|&dense| (dense as usize) < place)
    }

    /// A piece of `dense`, cut at its ends.
    pub fn dense_slice(&self, range: Range<usize>) -> &str {
        let byte = |nth: usize| {
            self.dense_bytes
                .get(nth)
                .map_or(self.dense.len(), |&byte| byte as usize)
        };
        self.dense
            .get(byte(range.start)..byte(range.end))
            .unwrap_or_default()
    }

    /// A piece of `full`, cut at its ends.
    pub fn full_slice(&self, range: Range<usize>) -> &str {
        let byte = |nth: usize| {
            self.places
                .get(nth)
                .map_or(self.full.len(), |place| place.byte as usize)
        };
        self.full
            .get(byte(range.start)..byte(range.end))
            .unwrap_or_default()
    }

    /// The span of the original that these places come from.
    pub fn span(&self, range: Range<usize>) -> Span {
        let places = self.places.get(range).unwrap_or_default();
        match (places.first(), places.last()) {
            (Some(first), Some(last)) => Span {
                start: first.start,
                end: last.end,
            },
            _ => Span { start: 0, end: 0 },
        }
    }

    /// The places of what begins within a part of the original.
    pub fn places_in(&self, part: Span) -> Range<usize> {
        let from = |code_point: u32| {
            self.places
                .partition_point(|place| place.start < code_point)
        };
        from(part.start)..from(part.end)
    }

    /// Whether the character at a place is matched: neither blank nor punctuation.
    pub fn is_dense(&self, place: usize) -> bool {
        self.places
            .get(place)
            .is_some_and(|place| place.kind.is_dense())
    }

    /// Whether two places come from one original character (㈱).
    pub fn same_origin(&self, left: usize, right: usize) -> bool {
        let start = |at: usize| self.places.get(at).map(|place| place.start);
        start(left) == start(right)
    }

    fn clear(&mut self) {
        self.full.clear();
        self.places.clear();
        self.dense.clear();
        self.dense_bytes.clear();
        self.dense_places.clear();
    }

    fn push_all(&mut self, fold: &super::fold::Fold, at: u32, dropped: &mut SkippedRun) {
        if let Some(only) = fold.single() {
            return self.push(only.ch, only.kind, fold.undone(), at, dropped);
        }
        for folded in fold.chars() {
            self.push(folded.ch, folded.kind, fold.undone(), at, dropped);
        }
    }

    fn push(&mut self, ch: char, kind: CharKind, undone: u8, at: u32, dropped: &mut SkippedRun) {
        if kind.is_dense() {
            self.dense_bytes.push(self.dense.len() as u32);
            self.dense_places.push(self.places.len() as u32);
            self.dense.push(ch);
        }
        // taken by the first character only: in ㈱, nothing was dropped between ( and 株
        let SkippedRun { count, hidden } = std::mem::take(dropped);
        let byte = self.full.len() as u32;
        self.places.push(FoldedUnit {
            byte,
            start: at,
            end: at + 1,
            undone,
            kind,
            dropped: count,
            hidden,
        });
        self.full.push(ch);
    }

    /// Adds a mark to the letter before it, unless something invisible came between.
    fn mark_last(&mut self, dropped: &SkippedRun, at: u32, undone: u8) {
        if let Some(last) = self.places.last_mut()
            && last.kind.is_dense()
            && !dropped.hidden
        {
            last.undone |= undone;
            last.end = at + 1;
        }
    }
}

impl SkippedRun {
    const fn add(&mut self, hidden: bool) {
        self.count = self.count.saturating_add(1);
        self.hidden |= hidden;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folded_character_knows_its_place() {
        let text = FoldedText::new("Ａ ㈱k\u{308}\u{200b}！");
        assert_eq!(text.full(), "a (株)k!");
        assert_eq!(text.dense(), "a株k");
        assert_eq!(
            text.span(text.place_of(1)..text.place_of(1) + 1),
            Span { start: 2, end: 3 }
        );
        assert_eq!(
            text.span(text.place_of(2)..text.place_of(2) + 1),
            Span { start: 3, end: 5 }
        );
        assert_eq!(text.dense_slice(1..3), "株k");
        assert_eq!(text.dense_slice(1..30), "株k");
        assert_eq!(text.dense_before(text.place_of(2)), 2);
    }
}
