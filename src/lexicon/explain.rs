//! The same scan, telling what it thought: for `try`, and for people who keep lists.

use std::ops::Range;

use serde::Serialize;

use super::{
    exception::Covers,
    hit::Hit,
    matcher::{Lexicon, Pattern, Refusal, overlap},
    term::ListCode,
};
use crate::text::{
    Disguise, Disguises, FoldedText, Match, Miss, Span, Surface, pattern::PatternScratch,
};

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
    pub dropped: Option<Dropped>,
}

/// What dropped a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The kind of reason.
    pub by: DroppedBy,
    /// The phrase, clause or word that did it, where there is one.
    pub what: String,
}

/// Kinds of reasons that drop a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DroppedBy {
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
    /// The term does not let this disguise be undone.
    Variants,
}

pub(super) fn explain(lexicon: &Lexicon, surface: Surface, original: &str) -> Explanation {
    let text = FoldedText::new(original);
    let mut covers = Covers::default();
    let mut candidates = Vec::new();
    lexicon.candidates(surface, &text, |pattern, bytes| {
        candidates.push(candidate(
            lexicon,
            pattern,
            &text,
            bytes,
            original,
            &mut covers,
        ));
    });
    lexicon.pattern_candidates(
        surface,
        original,
        &text,
        &mut PatternScratch::default(),
        &mut covers,
        |term, found, judged| {
            let hit = Hit {
                term,
                span: found.span,
                disguises: found.how,
            };
            candidates.push(Candidate {
                dropped: judged.err().map(Dropped::from),
                ..standing(lexicon, hit, original)
            });
        },
    );
    let mut collapsed = FoldedText::default();
    if text.collapse_into(&mut collapsed) {
        covers.clear();
        lexicon.stretched(surface, &collapsed, &mut covers, |hit| {
            let stands =
                |known: &Candidate| known.dropped.is_none() && overlap(known.span, hit.span);
            if !candidates.iter().any(stands) {
                candidates.push(standing(lexicon, hit, original));
            }
        });
    }
    candidates.sort_by_key(|found| {
        (
            found.span.start,
            std::cmp::Reverse(found.span.end),
            found.dropped.is_some(),
        )
    });
    Explanation {
        folded: text.full().to_owned(),
        candidates,
    }
}

fn standing(lexicon: &Lexicon, hit: Hit, original: &str) -> Candidate {
    let term = lexicon.term(hit.term);
    Candidate {
        term: term.text.clone(),
        code: term.code,
        severity: term.severity,
        span: hit.span,
        matched: hit.span.slice(original).to_owned(),
        how: hit.disguises,
        dropped: None,
    }
}

fn candidate(
    lexicon: &Lexicon,
    pattern: &Pattern,
    text: &FoldedText,
    bytes: Range<usize>,
    original: &str,
    covers: &mut Covers,
) -> Candidate {
    let term = lexicon.term(pattern.term);
    let (span, how, dropped) = match lexicon.judge(pattern, text, bytes.clone(), covers) {
        Ok((found, how)) => (found.span, how, None),
        Err(refusal) => {
            let (span, how) = seen(pattern, text, bytes);
            (span, how, Some(Dropped::from(refusal)))
        }
    };
    let matched = span.slice(original).to_owned();
    Candidate {
        term: term.text.clone(),
        code: term.code,
        severity: term.severity,
        span,
        matched,
        how,
        dropped,
    }
}

/// Where a dropped candidate stands, whatever was asked of its neighbours; with gaps too wide, from end to end.
fn seen(pattern: &Pattern, text: &FoldedText, bytes: Range<usize>) -> (Span, Disguises) {
    let spelling = pattern.spelling.into_iter().collect::<Disguises>();
    match pattern.needle.check(text, bytes.clone(), Match::Anywhere) {
        Ok(found) => (found.span, found.how.union(spelling)),
        Err(_) => {
            let dense = text.dense_at(bytes);
            let places = text.place_of(dense.start)..text.place_of(dense.end.saturating_sub(1)) + 1;
            (text.span(places), spelling.with(Disguise::Separators))
        }
    }
}

impl From<Refusal<'_>> for Dropped {
    fn from(refusal: Refusal<'_>) -> Self {
        let (by, what) = match refusal {
            Refusal::Miss(Miss::Gap) => (DroppedBy::Separators, String::new()),
            Refusal::Miss(Miss::SentenceEnd) => (DroppedBy::SentenceEnd, String::new()),
            Refusal::Miss(Miss::Boundary) => (DroppedBy::Boundary, String::new()),
            Refusal::Variants(how) => (DroppedBy::Variants, names(how)),
            Refusal::Context(what) => (DroppedBy::Context, what.to_owned()),
            Refusal::Exception(phrase) => (DroppedBy::Exception, phrase.to_owned()),
        };
        Self { by, what }
    }
}

fn names(how: Disguises) -> String {
    how.iter().map(Disguise::name).collect::<Vec<_>>().join(",")
}
