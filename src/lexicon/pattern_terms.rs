//! Rows that name a pattern (`<mobile>`, `<url>`) where others have words.
//!
//! Such a row moves the severity of what has a form, asks for company near it, or shadows it, as any row does. One pattern
//! may have several rows in a list, each with its own context: `<url>` at 1, and at 3 near what investment groups promise.
//! What an exception holds is dropped; one that names a host (`udn.com`, `gov.tw`) drops every address there.

use super::{
    context::Context,
    exception::Covers,
    matcher::{Lexicon, Refusal},
    term::TermId,
};
use crate::text::{
    FoldedText, Found, Gaps, Span, Surface,
    pattern::{self, PatternHit, PatternKind, PatternScratch},
};

/// What stands about the name of a pattern.
const BRACKETS: (char, char) = ('<', '>');

/// The rows that name each pattern.
#[derive(Debug, Default)]
pub(super) struct PatternTerms {
    rows: Vec<(PatternKind, TermId)>,
}

/// What a cell says that names a pattern; none where it holds words.
pub(super) fn named(cell: &str) -> Option<Result<PatternKind, &str>> {
    let name = cell.strip_prefix(BRACKETS.0)?.strip_suffix(BRACKETS.1)?;
    Some(PatternKind::parse(name).ok_or(name))
}

impl PatternTerms {
    /// Adds a row.
    pub(super) fn push(&mut self, kind: PatternKind, term: TermId) {
        self.rows.push((kind, term));
    }

    fn of(&self, kind: PatternKind) -> impl Iterator<Item = TermId> {
        let rows = self.rows.iter().filter(move |(named, _)| *named == kind);
        rows.map(|(_, term)| *term)
    }
}

impl Lexicon {
    /// Calls `each` for every row of this surface whose pattern stands in `original`, with what was found or what dropped it.
    /// `text` is the same, folded.
    pub(super) fn pattern_candidates<'l>(
        &'l self,
        surface: Surface,
        original: &str,
        text: &FoldedText,
        scratch: &mut PatternScratch,
        covers: &mut Covers,
        mut each: impl FnMut(TermId, &Found, Result<(), Refusal<'l>>),
    ) {
        if self.pattern_terms.rows.is_empty() || !pattern::may_hold(original) {
            return;
        }
        pattern::find(original, scratch, |hit| {
            let found = found(text, &hit);
            let of_surface = |term: &TermId| self.term(*term).surfaces.contains(surface);
            for term in self.pattern_terms.of(hit.kind).filter(of_surface) {
                let judged = self.judge_pattern(term, text, &found, hit.host, covers);
                each(term, &found, judged);
            }
        });
    }

    fn judge_pattern<'l>(
        &'l self,
        term: TermId,
        text: &FoldedText,
        found: &Found,
        host: Span,
        covers: &mut Covers,
    ) -> Result<(), Refusal<'l>> {
        let context: Option<&Context> = self.term(term).context.as_deref();
        if let Some(context) = context {
            context
                .check(text, &found.places)
                .map_err(Refusal::Context)?;
        }
        let host = text.places_of(host);
        let phrase = self
            .exceptions
            .covering(text, found, covers)
            .or_else(|| self.exceptions.naming(text, &host, covers));
        phrase.map_or(Ok(()), |phrase| Err(Refusal::Exception(phrase)))
    }
}

fn found(text: &FoldedText, hit: &PatternHit) -> Found {
    Found {
        places: text.places_of(hit.span),
        span: hit.span,
        how: hit.how,
        gaps: Gaps::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_angle_brackets() {
        assert_eq!(named("<mobile>"), Some(Ok(PatternKind::Mobile)));
        assert_eq!(named("<phone>"), Some(Err("phone")));
        assert_eq!(named("mobile"), None);
        assert_eq!(named("<3"), None);
    }
}
