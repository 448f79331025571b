//! A place in a member's own text.

use serde::{Deserialize, Serialize};

/// A run of code points of the text as the member wrote it, `end` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first code point.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
}

impl Span {
    /// How many code points it holds.
    pub const fn len(&self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the two share a code point.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of `other` lies in it.
    pub const fn covers(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text of the span; a span that goes beyond the end of `text` is cut there.
    ///
    /// ```
    /// # use banzhu::text::Span;
    /// assert_eq!(Span { start: 2, end: 4 }.slice("叫人去死"), "去死");
    /// ```
    pub fn slice<'t>(&self, text: &'t str) -> &'t str {
        let byte = |nth: u32| {
            text.char_indices()
                .nth(nth as usize)
                .map_or(text.len(), |(at, _)| at)
        };
        let start = byte(self.start);
        let end = byte(self.end).max(start);
        text.get(start..end).unwrap_or_default()
    }
}

/// Slices one text by spans that come sorted by their start: code points are counted on from the span before, so that
/// many spans cost one walk over the text. A span that comes out of order is counted from the start.
///
/// ```
/// # use banzhu::text::{Span, SpanSlicer};
/// let mut slices = SpanSlicer::of("叫人去死");
/// assert_eq!(slices.slice(Span { start: 1, end: 4 }), "人去死");
/// assert_eq!(slices.slice(Span { start: 2, end: 3 }), "去");
/// assert_eq!(slices.slice(Span { start: 0, end: 9 }), "叫人去死");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SpanSlicer<'t> {
    text: &'t str,
    /// The start of the last span, in code points and in bytes.
    chars: u32,
    byte: usize,
}

impl<'t> SpanSlicer<'t> {
    /// A slicer of this text.
    pub const fn of(text: &'t str) -> Self {
        Self {
            text,
            chars: 0,
            byte: 0,
        }
    }

    /// As [`Span::slice`].
    pub fn slice(&mut self, span: Span) -> &'t str {
        if span.start < self.chars {
            (self.chars, self.byte) = (0, 0);
        }
        let rest = self.text.get(self.byte..).unwrap_or_default();
        let skipped = Span {
            start: 0,
            end: span.start - self.chars,
        };
        (self.chars, self.byte) = (span.start, self.byte + skipped.slice(rest).len());
        let rest = self.text.get(self.byte..).unwrap_or_default();
        Span {
            start: 0,
            end: span.len(),
        }
        .slice(rest)
    }
}
