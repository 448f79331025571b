//! The compiled lists, and the scan of a text.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, LazyLock},
};

use aho_corasick::BuildError;

use super::{
    LineFault, ListFile, compile,
    context::Context,
    exception::{Covers, Exceptions},
    explain::{self, Explanation},
    hit::{Hit, Scratch},
    pattern_terms::PatternTerms,
    term::{ListCode, Term, TermId},
};
use crate::text::{
    Disguise, Disguises, Finder, FoldedText, Found, Match, Miss, Needle, Span, Surface,
};

/// All listed terms and innocent phrases, compiled once and never changed.
#[derive(Debug)]
pub struct Lexicon {
    pub(super) terms: Vec<Term>,
    pub(super) dense: Patterns,
    pub(super) literal: Patterns,
    pub(super) exceptions: Exceptions,
    pub(super) pattern_terms: PatternTerms,
    pub(super) counts: Counts,
}

static NO_TERM: LazyLock<Term> = LazyLock::new(Term::none);

/// How much a lexicon holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Terms of each list.
    pub terms: BTreeMap<ListCode, usize>,
    /// Listed spellings beside them.
    pub spellings: usize,
    /// Innocent phrases.
    pub exceptions: usize,
}

impl Counts {
    /// Terms of all lists.
    pub fn terms_total(&self) -> usize {
        self.terms.values().sum()
    }
}

/// A term, or one of its listed spellings, as it is looked for.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub term: TermId,
    pub spelling: Option<Disguise>,
    pub matching: Match,
    pub needle: Needle,
    /// What must stand near beside the term's own context.
    pub context: Option<Arc<Context>>,
}

/// Patterns and the automaton that finds them.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    finder: Finder,
    patterns: Vec<Pattern>,
}

/// Why a candidate is no hit; what scans need, and `explain` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal<'l> {
    Miss(Miss),
    Variants(Disguises),
    Context(&'l str),
    Exception(&'l str),
}

impl Lexicon {
    /// Compiles the lists: the lexicon and what is doubtful in them, or everything that is wrong. Lists of other rooms
    /// are passed over.
    pub fn compile(files: &[ListFile]) -> Result<(Self, Vec<LineFault>), Vec<LineFault>> {
        compile::compile(files)
    }

    /// Every hit that stands, by start, then longer first; shadow terms (severity 0) too.
    pub fn scan<'s>(&self, surface: Surface, text: &str, scratch: &'s mut Scratch) -> &'s [Hit] {
        scratch.start(text);
        let original = text;
        let Scratch {
            text,
            collapsed,
            covers,
            patterns,
            hits,
        } = &mut *scratch;
        self.pattern_candidates(
            surface,
            original,
            text,
            patterns,
            covers,
            |term, found, judged| {
                if judged.is_ok() {
                    hits.push(Hit {
                        term,
                        span: found.span,
                        disguises: found.how,
                    });
                }
            },
        );
        self.candidates(surface, text, |pattern, bytes| {
            if let Ok((found, disguises)) = self.judge(pattern, text, bytes, covers) {
                hits.push(Hit {
                    term: pattern.term,
                    span: found.span,
                    disguises,
                });
            }
        });
        if text.collapse_into(collapsed) {
            covers.clear();
            self.stretched(surface, collapsed, covers, |hit| {
                if !hits.iter().any(|known| overlap(known.span, hit.span)) {
                    hits.push(hit);
                }
            });
        }
        scratch.tidy();
        &scratch.hits
    }

    /// The folded text and every candidate, with what dropped it.
    pub fn explain(&self, surface: Surface, text: &str) -> Explanation {
        explain::explain(self, surface, text)
    }

    /// The term of a hit. An id of another lexicon may give a shadow term without text.
    pub fn term(&self, id: TermId) -> &Term {
        self.terms.get(id.0 as usize).unwrap_or(&NO_TERM)
    }

    /// All terms, in the order of their ids.
    pub fn terms(&self) -> impl Iterator<Item = (TermId, &Term)> {
        (0..).map(TermId).zip(&self.terms)
    }

    /// How much it holds.
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Calls `each` for every hit that only shows where stretched characters were made short.
    pub(super) fn stretched(
        &self,
        surface: Surface,
        collapsed: &FoldedText,
        covers: &mut Covers,
        mut each: impl FnMut(Hit),
    ) {
        self.candidates(surface, collapsed, |pattern, bytes| {
            let term = pattern.term;
            let allowed = self.term(term).variants.contains(Disguise::Repeat);
            if let (true, Ok((found, how))) =
                (allowed, self.judge(pattern, collapsed, bytes, covers))
            {
                let (span, disguises) = (found.span, how.with(Disguise::Repeat));
                each(Hit {
                    term,
                    span,
                    disguises,
                });
            }
        });
    }

    /// Calls `each` for every pattern of this surface whose characters stand in the text.
    pub(super) fn candidates<'l>(
        &'l self,
        surface: Surface,
        text: &FoldedText,
        mut each: impl FnMut(&'l Pattern, Range<usize>),
    ) {
        for (patterns, folded) in [(&self.dense, text.dense()), (&self.literal, text.full())] {
            patterns.find(folded, |pattern, bytes| {
                if self.term(pattern.term).surfaces.contains(surface) {
                    each(pattern, bytes);
                }
            });
        }
    }

    /// Whether a candidate is a hit; cheap questions first.
    pub(super) fn judge<'l>(
        &'l self,
        pattern: &'l Pattern,
        text: &FoldedText,
        bytes: Range<usize>,
        covers: &mut Covers,
    ) -> Result<(Found, Disguises), Refusal<'l>> {
        let term = self.term(pattern.term);
        let found = pattern
            .needle
            .check(text, bytes, pattern.matching)
            .map_err(Refusal::Miss)?;
        if !term.variants.contains_all(found.how) {
            return Err(Refusal::Variants(found.how));
        }
        for context in pattern.context.iter().chain(&term.context) {
            context
                .check(text, &found.places)
                .map_err(Refusal::Context)?;
        }
        if let Some(phrase) = self.exceptions.covering(text, &found, covers) {
            return Err(Refusal::Exception(phrase));
        }
        let how = pattern
            .spelling
            .map_or(found.how, |spelling| found.how.with(spelling));
        Ok((found, how))
    }
}

/// Whether two places share a character.
pub(super) const fn overlap(left: Span, right: Span) -> bool {
    left.start < right.end && right.start < left.end
}

impl Patterns {
    pub(super) fn new(patterns: Vec<Pattern>) -> Result<Self, BuildError> {
        let texts: Vec<&str> = patterns
            .iter()
            .map(|pattern| pattern.needle.text())
            .collect();
        Ok(Self {
            finder: Finder::new(&texts)?,
            patterns,
        })
    }

    pub(super) fn find<'l>(
        &'l self,
        folded: &str,
        mut each: impl FnMut(&'l Pattern, Range<usize>),
    ) {
        for (nth, bytes) in self.finder.find_in(folded) {
            if let Some(pattern) = self.patterns.get(nth) {
                each(pattern, bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::lexicon::DroppedBy;

    fn lexicon(rows: &[&str], exceptions: &str) -> Lexicon {
        let header =
            "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
        let rows: String = rows.iter().map(|row| format!("{row}\t\tours\n")).collect();
        let files = [
            ListFile::new("slur.tsv", format!("{header}{rows}")),
            ListFile::new(
                "exceptions.tsv",
                format!("phrase\tnote\tsource\n{exceptions}"),
            ),
            ListFile::new("topics.tsv", "for another room"),
        ];
        Lexicon::compile(&files).unwrap().0
    }

    fn severities(lexicon: &Lexicon, surface: Surface, text: &str) -> Vec<u8> {
        let mut scratch = Scratch::default();
        lexicon
            .scan(surface, text, &mut scratch)
            .iter()
            .map(|hit| lexicon.term(hit.term).severity)
            .collect()
    }

    #[test]
    fn a_term_may_have_one_row_per_surface() {
        let lexicon = lexicon(
            &[
                "丁甲\t1\tbody\t\t\t\t",
                "丁甲\t2\tnickname\t\t\t\t",
                "戊己\t0\t\t\t\t\t",
            ],
            "",
        );
        assert_eq!(severities(&lexicon, Surface::Body, "丁甲"), [1]);
        assert_eq!(severities(&lexicon, Surface::Nickname, "丁甲"), [2]);
        assert_eq!(severities(&lexicon, Surface::Tags, "丁甲"), [] as [u8; 0]);
        assert_eq!(severities(&lexicon, Surface::Tags, "戊己"), [0]);
    }

    #[test]
    fn counts_tell_how_much_there_is() {
        let lexicon = lexicon(
            &["丁甲\t1\t\t\t\thomophone:丁假|丁佳\t"],
            "丁甲苯\t\tours\n",
        );
        let counts = lexicon.counts();
        assert_eq!(
            (counts.terms_total(), counts.spellings, counts.exceptions),
            (1, 2, 1)
        );
        assert_eq!(lexicon.term(TermId(9)).severity, 0);
    }

    #[test]
    fn work_space_forgets_the_text_before() {
        let lexicon = lexicon(&["丁甲\t3\t\t\t\t\t"], "丁甲苯\t\tours\n");
        let mut scratch = Scratch::default();
        assert_eq!(
            lexicon
                .scan(Surface::Body, "丁甲苯丁甲", &mut scratch)
                .len(),
            1
        );
        assert_eq!(lexicon.scan(Surface::Body, "丁甲", &mut scratch).len(), 1);
        assert_eq!(lexicon.scan(Surface::Body, "", &mut scratch).len(), 0);
    }

    #[test]
    fn an_explanation_says_what_dropped_each_candidate() {
        let rows = [
            "丁甲\t3\t\t\t\t\t",
            "丙甲\t3\t\t\tnone\t\t",
            "乙甲\t3\t\t\t\t\tnear:你+2",
            "戊甲\t3\t\twhole\t\t\t",
        ];
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        let lexicon = lexicon(&rows, "丁甲苯\t\tours\n");
        let dropped = |text: &str| {
            let explanation = lexicon.explain(Surface::Body, text);
            let first = explanation.candidates.into_iter().next().unwrap();
            (
                first.matched,
                first.dropped.map(|dropped| (dropped.by, dropped.what)),
            )
        };
        let check = |text: &str, matched: &str, by: DroppedBy, what: &str| {
            assert_eq!(
                dropped(text),
                (matched.to_owned(), Some((by, what.to_owned()))),
                "{text}"
            );
        };
        check("聞丁甲苯", "丁甲", DroppedBy::Exception, "丁甲苯");
        check("丁。甲", "丁。甲", DroppedBy::SentenceEnd, "");
        check("丁....甲", "丁....甲", DroppedBy::Separators, "");
        check("丙 甲", "丙 甲", DroppedBy::Variants, "separators");
        check("乙甲", "乙甲", DroppedBy::Context, "near:你+2");
        check("大戊甲", "戊甲", DroppedBy::Boundary, "");
        assert_eq!(dropped("你乙甲"), ("乙甲".to_owned(), None));
    }
}
