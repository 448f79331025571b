//! The same scan with its reasons, for `try` and for people who edit lists: every candidate, and what dropped it.

use serde::Serialize;

use super::{
    assess::{EvaluatedMatch, Rejection},
    company::Company,
    guess,
    hit::SearchState,
    matcher::Lexicon,
    ordinary::WordNotes,
    term::ListCode,
};
use crate::text::{Disguise, Disguises, Mismatch, Span, Surface, fold::folded, shown::ShownText};

/// A text as the lexicon sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The folded text.
    pub folded: String,
    /// Everything that was considered, by start, then longer first.
    pub candidates: Vec<Candidate>,
}

/// A listed word whose characters are in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The listed term.
    pub term: String,
    /// The code of its list.
    pub code: ListCode,
    /// The severity in its row.
    pub severity: u8,
    /// What its company leaves of that.
    pub counts: u8,
    /// What stands around it, where that was asked.
    pub company: Company,
    /// Where it was found in the original.
    pub span: Span,
    /// The text there.
    pub matched: String,
    /// The disguises that were undone.
    pub how: Disguises,
    /// What a guess costs as ordinary words, in half bits, where that is known: for measuring.
    #[serde(skip)]
    pub ordinary_half_bits: Option<u16>,
    /// What dropped it; `None` for a hit.
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
    /// A word that must be near is not, or one that must not be is.
    Context,
    /// It touches a letter or digit, or is not the whole surface.
    Boundary,
    /// It reaches over the end of a sentence.
    SentenceEnd,
    /// Too much is between its characters, or separators are in some gaps only.
    Separators,
    /// A character is repeated more often, or less often, than in the term.
    Repeat,
    /// It is a guess of two characters, and nobody is meant.
    Unaimed,
    /// Another word lies across its edge.
    WordEdge,
    /// It is a guess, and the text reads as ordinary words: what they cost in bits, and what they would have to.
    OrdinaryWords,
    /// The row does not allow this disguise.
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
    let mut shown = ShownText::default();
    shown.set(original);
    lexicon.search(surface, original, &mut SearchState::default(), |judged| {
        candidates.push(candidate(lexicon, judged, original, &shown));
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

fn candidate(
    lexicon: &Lexicon,
    judged: EvaluatedMatch<'_>,
    original: &str,
    shown: &ShownText,
) -> Candidate {
    let term = lexicon.term(judged.term);
    let chars = |byte: usize| original.get(..byte).map_or(0, |text| text.chars().count()) as u32;
    Candidate {
        term: term.text.clone(),
        code: term.code,
        severity: term.severity,
        counts: judged.severity,
        company: judged.company,
        span: Span {
            start: chars(judged.bytes.start),
            end: chars(judged.bytes.end),
        },
        matched: original
            .get(judged.bytes.clone())
            .unwrap_or_default()
            .to_owned(),
        how: judged.how,
        ordinary_half_bits: judged
            .guessed
            .then(|| {
                guess::ordinary_half_bits(
                    (shown, &mut WordNotes::default()),
                    &judged.bytes,
                    judged.how,
                )
            })
            .flatten(),
        dropped: judged.rejection.map(DropReason::from),
    }
}

impl From<Rejection<'_>> for DropReason {
    fn from(rejection: Rejection<'_>) -> Self {
        let (by, what) = match rejection {
            Rejection::Miss(Mismatch::Gap) => (DropKind::Separators, String::new()),
            Rejection::Miss(Mismatch::SentenceEnd) => (DropKind::SentenceEnd, String::new()),
            Rejection::Miss(Mismatch::Boundary) => (DropKind::Boundary, String::new()),
            Rejection::Miss(Mismatch::Repeat) => (DropKind::Repeat, String::new()),
            Rejection::Unaimed => (DropKind::Unaimed, String::new()),
            Rejection::Variants(how) => (DropKind::Variants, names(how)),
            Rejection::Context(what) => (DropKind::Context, what.to_owned()),
            Rejection::WordEdge(edge) => (DropKind::WordEdge, edge.word()),
            Rejection::ReadsAsWritten { cost, needed } => (
                DropKind::OrdinaryWords,
                format!("{} < {}", bits(cost), bits(needed)),
            ),
            Rejection::Apart => (DropKind::OrdinaryWords, String::new()),
            Rejection::Exception(phrase) => (DropKind::Exception, phrase.to_owned()),
        };
        Self { by, what }
    }
}

fn names(how: Disguises) -> String {
    how.iter().map(Disguise::name).collect::<Vec<_>>().join(",")
}

fn bits(half_bits: u16) -> f32 {
    f32::from(half_bits) / 2.0
}
