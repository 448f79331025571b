//! The compiled lists, and the search of a text for candidates: places at which the characters of a term are. What
//! stands of a candidate is the business of [`assess`](super::assess).

use std::{collections::BTreeMap, sync::LazyLock};

use super::{
    assess::{Assessor, EvaluatedMatch, Rejection, Surroundings},
    filter::{Filter, PatternRef},
    hit::{ByteHit, Scratch, SearchState},
    literal::Literals,
    pattern::{Arena, Pattern, PatternOrigin},
    pattern_terms::PatternTerms,
    term::{ListCode, Term, TermId},
    unit_window::UnitWindow,
    verify_match,
};
use crate::{
    lexicon::Hit,
    text::{
        Disguises, Surface,
        alt_reading::{AltReading, Compositions, EMOJI_READINGS_MAX, ReadingKind},
        pattern::{NUMERALS_MIN, PatternScratch},
        units::{CharKinds, RunPolicy},
    },
};

/// All listed terms and innocent phrases, compiled once and never changed.
#[derive(Debug)]
pub struct Lexicon {
    pub(super) terms: Vec<Term>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) arena: Arena,
    pub(super) filter: Filter,
    pub(super) literals: Literals,
    pub(super) compositions: Compositions,
    /// Whether any pattern may be disguised by replaced characters, and whether any has Latin letters: if none, texts
    /// are not read in the ways that only such patterns need.
    pub(super) has_flexible: bool,
    pub(super) has_letters: bool,
    pub(super) surroundings: Surroundings,
    pub(super) pattern_terms: PatternTerms,
    pub(super) counts: LexiconCounts,
}

static NO_TERM: LazyLock<Term> = LazyLock::new(Term::none);

/// References from here on are component sequences, not patterns.
pub(super) const COMPOSITIONS: PatternRef = 1 << 31;
/// The reference of every term with signs of its own: its letters are in the text, so it has to be searched for
/// literals.
pub(super) const LITERALS: PatternRef = PatternRef::MAX;

/// The size of a lexicon.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct LexiconCounts {
    /// Terms of each list.
    pub terms: BTreeMap<ListCode, usize>,
    /// Listed spellings beside them.
    pub spellings: usize,
    /// Innocent phrases.
    pub exceptions: usize,
}

impl LexiconCounts {
    /// Terms of all lists.
    pub fn terms_total(&self) -> usize {
        self.terms.values().sum()
    }
}

impl Lexicon {
    /// Every hit, by start, then longer first; those of shadow terms (severity 0) too.
    pub fn scan<'s>(&self, surface: Surface, text: &str, scratch: &'s mut Scratch) -> &'s [Hit] {
        self.collect(surface, text, scratch, |_| false)
    }

    fn collect<'s>(
        &self,
        surface: Surface,
        text: &str,
        scratch: &'s mut Scratch,
        kept: impl Fn(&Rejection<'_>) -> bool,
    ) -> &'s [Hit] {
        let Scratch { work, found, .. } = scratch;
        found.clear();
        self.search(surface, text, work, |judged| {
            let is_hit = judged.rejection.as_ref().is_none_or(&kept);
            let innocent = !is_hit && matches!(judged.rejection, Some(Rejection::Exception(_)));
            if is_hit || innocent {
                found.push(ByteHit {
                    innocent,
                    term: judged.term,
                    bytes: judged.bytes,
                    disguises: judged.how,
                    severity: judged.severity,
                    guessed: judged.guessed,
                    company: judged.company,
                });
            }
        });
        scratch.collect_hits(text);
        &scratch.hits
    }

    /// Every place at which a listed term is written, by start, then longer first, whatever is around it: contexts,
    /// innocent phrases and word edges are not regarded.
    pub fn find_all<'s>(
        &self,
        surface: Surface,
        text: &str,
        scratch: &'s mut Scratch,
    ) -> &'s [Hit] {
        self.collect(surface, text, scratch, |rejection| {
            matches!(
                rejection,
                Rejection::Context(_) | Rejection::Exception(_) | Rejection::WordEdge(_)
            )
        })
    }

    /// The term of a hit. An id of another lexicon may give a shadow term without text.
    pub fn term(&self, id: TermId) -> &Term {
        self.terms.get(id.0 as usize).unwrap_or(&NO_TERM)
    }

    /// All terms, in the order of their ids.
    pub fn terms(&self) -> impl Iterator<Item = (TermId, &Term)> {
        (0..).map(TermId).zip(&self.terms)
    }

    /// The numbers of terms, spellings and exceptions.
    pub fn counts(&self) -> LexiconCounts {
        self.counts.clone()
    }

    /// Whether this component sequence begins at this unit.
    fn is_composed(&self, view: &UnitWindow<'_>, nth: PatternRef, unit: usize) -> bool {
        let (start, next) = (view.start(unit), view.start(unit + 1));
        let rest = view.text.get(start..).unwrap_or_default();
        self.compositions
            .begins_in(nth as usize, rest, next - start)
    }

    /// Searches the text in each of its readings, and calls `each` for every candidate.
    pub(super) fn search<'l>(
        &'l self,
        surface: Surface,
        text: &str,
        work: &mut SearchState,
        mut each: impl FnMut(EvaluatedMatch<'l>),
    ) {
        let SearchState {
            units,
            alt_reading,
            notes,
            folded,
            places,
            patterns,
            looked_up,
            upheld,
        } = work;
        notes.begin_text();
        *looked_up = 0;
        units.set(text, RunPolicy::Collapsed);
        let mut reader = TextSearch {
            lexicon: self,
            surface,
            assessor: Assessor::new(&self.surroundings, surface, notes, upheld),
            places,
            looked_up,
            each: &mut each,
        };
        let view = UnitWindow::written(text, units);
        let seen = units.seen();
        // as written first: this search notices the components (女馬) that the other readings join
        let flags = reader.search_view(&view);
        reader.search_alt_readings(text, alt_reading, seen, flags.composition);
        if flags.literal || (seen.any(CharKinds::SIGNS) && self.literals.has_signed()) {
            reader.search_literals(&view, folded);
        }
        // Chinese numerals (零九一二) set no flag of `seen`, so they are counted instead; a host may be Chinese (飆股.台灣)
        let ids = CharKinds::LETTERS.with(CharKinds::DIGITS);
        let dotted = || text.as_bytes().contains(&b'.');
        if seen.any(ids) || units.numerals() >= NUMERALS_MIN || dotted() {
            reader.search_patterns(&view, patterns);
        }
    }
}

/// What was noticed in a text that calls for a further search.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    /// It has components that make a character.
    composition: bool,
    /// It has the letters of a term with signs.
    literal: bool,
}

/// One search of one text.
struct TextSearch<'l, 'w, E> {
    lexicon: &'l Lexicon,
    surface: Surface,
    assessor: Assessor<'l, 'w>,
    places: &'w mut Vec<u32>,
    looked_up: &'w mut usize,
    each: &'w mut E,
}

impl<'l, E: FnMut(EvaluatedMatch<'l>)> TextSearch<'l, '_, E> {
    /// Evaluates every place that the filter marks in this reading.
    fn search_view(&mut self, view: &UnitWindow<'_>) -> Flags {
        let mut flags = Flags::default();
        self.assessor.begin_reading();
        let filter = &self.lexicon.filter;
        let marked = filter.find_candidates(view.units, self.places);
        for nth in 0..marked {
            let mark = self.places.get(nth).copied().unwrap_or_default();
            filter.at(view.units, mark, |filed, start| {
                *self.looked_up += 1;
                if filed == LITERALS {
                    flags.literal = true;
                } else if let Some(nth) = filed.checked_sub(COMPOSITIONS) {
                    flags.composition =
                        flags.composition || self.lexicon.is_composed(view, nth, start);
                } else if let Some(pattern) = self.lexicon.patterns.get(filed as usize) {
                    self.evaluate(view, pattern, start);
                }
            });
        }
        flags
    }

    fn search_alt_readings(
        &mut self,
        text: &str,
        alt_reading: &mut AltReading,
        seen: CharKinds,
        composed: bool,
    ) {
        let sounds = |emoji, masks| ReadingKind::Sounds { emoji, masks };
        let with_sounds = CharKinds::LETTERS
            .with(CharKinds::SYMBOLS)
            .with(CharKinds::SIGNS)
            .with(CharKinds::DIGITS);
        if composed || (self.lexicon.has_flexible && seen.any(with_sounds)) {
            let first = self.search_reading(text, alt_reading, sounds(0, false), seen, composed);
            // all emoji take their nth reading together; combinations would be too many
            for nth in 1..first.emoji_readings.min(EMOJI_READINGS_MAX) {
                self.search_reading(text, alt_reading, sounds(nth, false), seen, composed);
            }
            // 幹*你*娘 needs * as a separator and 幹*娘 needs it as a mask: two readings
            if first.masks {
                self.search_reading(text, alt_reading, sounds(0, true), seen, composed);
            }
        }
        if !self.lexicon.has_letters || !seen.any(CharKinds::LETTERS) {
            return;
        }
        let first = self.search_reading(
            text,
            alt_reading,
            ReadingKind::Letters { other: false },
            seen,
            composed,
        );
        // a v alone does not make the first reading differ, but may be the u of fvck
        if first.more || first.other_letters {
            self.search_reading(
                text,
                alt_reading,
                ReadingKind::Letters { other: true },
                seen,
                composed,
            );
        }
    }

    fn search_reading(
        &mut self,
        text: &str,
        alt_reading: &mut AltReading,
        reading: ReadingKind,
        seen: CharKinds,
        composed: bool,
    ) -> crate::text::alt_reading::ReadingStats {
        let compositions = composed.then_some(&self.lexicon.compositions);
        let stats = alt_reading.read(self.assessor.notes.shown(text), reading, seen, compositions);
        if stats.more {
            self.search_view(&UnitWindow::alt_reading(text, alt_reading));
        }
        stats
    }

    /// Terms with signs of their own.
    fn search_literals(&mut self, view: &UnitWindow<'_>, folded: &mut crate::text::FoldedText) {
        self.assessor.begin_reading();
        let literals = &self.lexicon.literals;
        literals.find_in(view, folded, |literal, found| {
            let term = self.lexicon.term(literal.term);
            if !term.surfaces.contains(self.surface) {
                return;
            }
            let judged = match found {
                Ok(found) => {
                    self.assessor
                        .admit(view, (literal.term, term), literal.spelling, found)
                }
                Err((miss, bytes)) => {
                    EvaluatedMatch::missed(term, literal.term, miss, bytes, Disguises::default())
                }
            };
            (self.each)(judged);
        });
    }

    /// Numbers, ids and addresses, by the rows that name their form.
    fn search_patterns(&mut self, view: &UnitWindow<'_>, scratch: &mut PatternScratch) {
        self.assessor.begin_reading();
        let lexicon = self.lexicon;
        lexicon
            .pattern_terms
            .find_in(view, scratch, |id, found, host| {
                if !lexicon.term(id).surfaces.contains(self.surface) {
                    return;
                }
                let mut judged = self
                    .assessor
                    .admit(view, (id, lexicon.term(id)), None, found);
                let mut named = || {
                    lexicon
                        .surroundings
                        .exceptions
                        .naming(self.assessor.notes.shown(view.text), host)
                };
                judged.rejection = judged
                    .rejection
                    .or_else(|| named().map(Rejection::Exception));
                (self.each)(judged);
            });
    }

    /// Whether the pattern is at this unit; cheap checks first.
    fn evaluate(&mut self, view: &UnitWindow<'_>, pattern: &'l Pattern, start: usize) {
        let lexicon = self.lexicon;
        if !pattern.surfaces.contains(self.surface) {
            return;
        }
        let Some(replaced) =
            verify_match::verify_match(view, start, pattern, &lexicon.arena, pattern.variants)
        else {
            return;
        };
        let spelling = match pattern.origin {
            PatternOrigin::Spelling(kind) => Some(kind),
            PatternOrigin::Term | PatternOrigin::Reversed => None,
        };
        let term = lexicon.term(pattern.term);
        let judged = match verify_match::check_gaps(view, start, pattern, replaced) {
            Ok(found) => self
                .assessor
                .admit(view, (pattern.term, term), spelling, found),
            Err((miss, bytes)) => {
                EvaluatedMatch::missed(term, pattern.term, miss, bytes, replaced.how)
            }
        };
        (self.each)(judged);
    }
}
