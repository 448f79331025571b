//! Terms with signs of their own (+line, 加✈): looked for in the whole folded text, and only where a text has signs.

use std::ops::Range;

use super::{
    judge::{Found, Strength},
    term::TermId,
    view::View,
};
use crate::text::{Disguise, Finder, FoldedText, Match, Miss, Needle, Span};

/// A term or spelling with signs.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub term: TermId,
    pub spelling: Option<Disguise>,
    pub matching: Match,
    pub needle: Needle,
}

/// All of them, and the automaton that finds them.
#[derive(Debug, Default)]
pub(super) struct Literals {
    finder: Finder,
    literals: Vec<Literal>,
}

impl Literals {
    pub(super) fn new(literals: Vec<Literal>) -> Result<Self, aho_corasick::BuildError> {
        let texts: Vec<&str> = literals
            .iter()
            .map(|literal| literal.needle.text())
            .collect();
        Ok(Self {
            finder: Finder::new(&texts)?,
            literals,
        })
    }

    /// Calls `each` with every literal whose characters stand in the text, and where, or why it is none.
    pub(super) fn find_in(
        &self,
        view: &View<'_>,
        folded: &mut FoldedText,
        mut each: impl FnMut(&Literal, Result<Found, (Miss, Range<usize>)>),
    ) {
        folded.set(view.text);
        for (nth, bytes) in self.finder.find_in(folded.full()) {
            let Some(literal) = self.literals.get(nth) else {
                continue;
            };
            let places = folded.places_at(bytes.clone());
            let span = bytes_of(view.text, folded.span(places));
            let found = literal
                .needle
                .check(folded, bytes, literal.matching)
                .map(|found| Found {
                    units: view.unit_at(span.start)..view.unit_at(span.end),
                    how: literal
                        .spelling
                        .map_or(found.how, |kind| found.how.with(kind)),
                    strength: Strength::Enough,
                    open_gaps: 0,
                    sentence_end: false,
                    first_run: span.clone(),
                    last_run: span.clone(),
                    bytes: span.clone(),
                    homophones: 0,
                });
            each(literal, found.map_err(|miss| (miss, span)));
        }
    }
}

fn bytes_of(text: &str, span: Span) -> Range<usize> {
    let byte = |nth: u32| {
        text.char_indices()
            .nth(nth as usize)
            .map_or(text.len(), |(at, _)| at)
    };
    byte(span.start)..byte(span.end)
}
