//! The same scan, telling what it thought: for `try`, and for people who keep lists.

use serde::Serialize;

use super::{
    hit::SearchState,
    matcher::{EvaluatedMatch, Lexicon, Rejection},
    term::ListCode,
};
use crate::text::{Disguise, Disguises, Mismatch, Span, Surface, fold::folded};

/// A text as the lexicon sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The folded text.
    pub folded: String,
    /// Everything that was considered, by start, then longer first.
    pub candidates: Vec<Candidate>,
}

/// A listed word whose characters stand in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The term as listed.
    pub term: String,
    /// Its list.
    pub code: ListCode,
    /// Its severity.
    pub severity: u8,
    /// Where it stands in the original.
    pub span: Span,
    /// The words there.
    pub matched: String,
    /// What was undone to see it.
    pub how: Disguises,
    /// What dropped it; none for a hit.
    pub dropped: Option<DropReason>,
}

/// What dropped a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DropReason {
    /// The kind of reason.
    pub by: DropKind,
    /// The phrase, clause or word that did it, where there is one.
    pub what: String,
}

/// Kinds of reasons that drop a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropKind {
    /// An innocent phrase covers it.
    Exception,
    /// What must stand near does not, or what must not does.
    Context,
    /// It touches a letter or digit, or is not the whole surface.
    Boundary,
    /// It reaches over the end of a sentence.
    SentenceEnd,
    /// Too much stands between its characters, or separators in some gaps only.
    Separators,
    /// A character is said more often, or less often, than the term says it.
    Repeat,
    /// Too little of the term is left, and nobody is aimed at.
    Unaimed,
    /// A word lies across its edge.
    WordEdge,
    /// It only sounds like the term, and ordinary words stand there.
    OrdinaryWords,
    /// The term does not let this disguise be undone.
    Variants,
}

impl Lexicon {
    /// The folded text and every candidate, with what dropped it.
    pub fn explain(&self, surface: Surface, text: &str) -> Explanation {
        explain(self, surface, text)
    }
}

fn explain(lexicon: &Lexicon, surface: Surface, original: &str) -> Explanation {
    let mut candidates = Vec::new();
    lexicon.search(surface, original, &mut SearchState::default(), |judged| {
        candidates.push(candidate(lexicon, judged, original));
    });
    candidates.sort_by_key(|found: &Candidate| {
        (
            found.span.start,
            std::cmp::Reverse(found.span.end),
            found.term.clone(),
            found.dropped.is_some(),
        )
    });
    candidates.dedup();
    Explanation {
        folded: folded(original),
        candidates,
    }
}

fn candidate(lexicon: &Lexicon, judged: EvaluatedMatch<'_>, original: &str) -> Candidate {
    let term = lexicon.term(judged.term);
    let chars = |byte: usize| original.get(..byte).map_or(0, |text| text.chars().count()) as u32;
    Candidate {
        term: term.text.clone(),
        code: term.code,
        severity: term.severity,
        span: Span {
            start: chars(judged.bytes.start),
            end: chars(judged.bytes.end),
        },
        matched: original.get(judged.bytes).unwrap_or_default().to_owned(),
        how: judged.how,
        dropped: judged.refusal.map(DropReason::from),
    }
}

impl From<Rejection<'_>> for DropReason {
    fn from(refusal: Rejection<'_>) -> Self {
        let (by, what) = match refusal {
            Rejection::Miss(Mismatch::Gap) => (DropKind::Separators, String::new()),
            Rejection::Miss(Mismatch::SentenceEnd) => (DropKind::SentenceEnd, String::new()),
            Rejection::Miss(Mismatch::Boundary) => (DropKind::Boundary, String::new()),
            Rejection::Miss(Mismatch::Repeat) => (DropKind::Repeat, String::new()),
            Rejection::Unaimed => (DropKind::Unaimed, String::new()),
            Rejection::Variants(how) => (DropKind::Variants, names(how)),
            Rejection::Context(what) => (DropKind::Context, what.to_owned()),
            Rejection::WordEdge(edge) => (DropKind::WordEdge, edge.word()),
            Rejection::ReadsAsWritten => (DropKind::OrdinaryWords, String::new()),
            Rejection::Exception(phrase) => (DropKind::Exception, phrase.to_owned()),
        };
        Self { by, what }
    }
}

fn names(how: Disguises) -> String {
    how.iter().map(Disguise::name).collect::<Vec<_>>().join(",")
}
