//! Terms with signs of their own (+line, 加✈): searched for in the full folded text, and only if the text may hold one.

use std::ops::Range;

use super::{term::TermId, unit_window::UnitWindow, verify_match::VerifiedMatch};
use crate::text::{
    BoundaryRule, Disguise, Finder, FoldedText, Mismatch, Span, TermMatcher, emoji, units::is_sign,
};

/// A term or spelling with signs.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub term: TermId,
    pub spelling: Option<Disguise>,
    pub matching: BoundaryRule,
    pub needle: TermMatcher,
}

/// All of them, and the automaton that finds them.
#[derive(Debug, Default)]
pub(super) struct Literals {
    finder: Finder,
    literals: Vec<Literal>,
    /// Whether one of them has a sign.
    signed: bool,
}

impl Literal {
    /// Whether it has a sign, by which a text is known to need this search; a term with punctuation only is noticed by
    /// its letters.
    pub(super) fn is_signed(needle: &TermMatcher) -> bool {
        needle.text().chars().any(is_sign)
    }
}

impl Literals {
    /// Whether a text with signs has to be searched.
    pub(super) const fn has_signed(&self) -> bool {
        self.signed
    }

    pub(super) fn new(
        literals: Vec<Literal>,
        signed: bool,
    ) -> Result<Self, aho_corasick::BuildError> {
        let texts: Vec<&str> = literals
            .iter()
            .map(|literal| literal.needle.text())
            .collect();
        Ok(Self {
            finder: Finder::new(&texts)?,
            literals,
            signed,
        })
    }

    /// Calls `each` with every literal whose characters are in the text, and with the match, or why it is none and
    /// where.
    pub(super) fn find_in(
        &self,
        view: &UnitWindow<'_>,
        folded: &mut FoldedText,
        mut each: impl FnMut(&Literal, Result<VerifiedMatch, (Mismatch, Range<usize>)>),
    ) {
        folded.set(view.text);
        let mut cursor = Cursor::default();
        for (nth, bytes) in self.finder.find_in(folded.full()) {
            let Some(literal) = self.literals.get(nth) else {
                continue;
            };
            let places = folded.places_at(bytes.clone());
            let span = whole(view.text, cursor.bytes_of(view.text, folded.span(places)));
            let found = literal
                .needle
                .check(folded, bytes, literal.matching)
                .map(|found| VerifiedMatch {
                    units: view.unit_at(span.start)..view.unit_at(span.end),
                    how: literal
                        .spelling
                        .map_or(found.how, |kind| found.how.with(kind)),
                    open_gaps: 0,
                    sentence_end: false,
                    first_run: span.clone(),
                    last_run: span.clone(),
                    bytes: span.clone(),
                    sounded: 0,
                    thin: false,
                    latin: false,
                });
            each(literal, found.map_err(|miss| (miss, span)));
        }
    }
}

/// The bytes, and what belongs to the emoji at their end.
fn whole(text: &str, bytes: Range<usize>) -> Range<usize> {
    let (own, rest) = text.split_at_checked(bytes.end).unwrap_or((text, ""));
    let more = if own.ends_with(is_sign) {
        emoji::rest_len(rest)
    } else {
        0
    };
    bytes.start..bytes.end + more
}

/// A character of a text and its byte, from which the next place is counted, since candidates come close to each other.
#[derive(Default)]
struct Cursor {
    chars: u32,
    byte: usize,
}

impl Cursor {
    fn bytes_of(&mut self, text: &str, span: Span) -> Range<usize> {
        let start = self.move_to(text, span.start);
        start..self.move_to(text, span.end)
    }

    fn move_to(&mut self, text: &str, chars: u32) -> usize {
        let (before, after) = text.split_at_checked(self.byte).unwrap_or((text, ""));
        let (back, ahead) = (
            self.chars.saturating_sub(chars),
            chars.saturating_sub(self.chars),
        );
        let width = |chars: &mut dyn Iterator<Item = char>, most: u32| -> usize {
            chars.take(most as usize).map(char::len_utf8).sum()
        };
        self.byte =
            self.byte - width(&mut before.chars().rev(), back) + width(&mut after.chars(), ahead);
        self.chars = chars;
        self.byte
    }
}
