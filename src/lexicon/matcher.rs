//! The compiled lists, and the scan of a text with them.

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use super::{
    context::{Context, MatchSite},
    exception::Exceptions,
    filter::{Filter, PatternRef},
    hit::{ByteHit, Scratch, SearchState},
    literal::Literals,
    pattern::{Arena, Pattern, PatternOrigin},
    pattern_terms::PatternTerms,
    term::{ListCode, Term, TermId},
    unit_window::{LazyShownText, UnitWindow},
    verify_match::{self, Strength, VerifiedMatch},
    word_boundary::{self, BoundaryWord},
};
use crate::{
    lexicon::Hit,
    text::{
        Disguise, Disguises, Mismatch, Surface,
        alt_reading::{AltReading, Compositions, EMOJI_READINGS_MAX, ReadingKind},
        pattern::{NUMERALS_MIN, PatternScratch},
        shown::{Shown, ShownText},
        units::{CharKinds, RunPolicy, Unit},
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
    /// Shows that a person is meant; needed by matches that are too weak to count alone ([`Strength::Thin`]).
    pub(super) aimed: Context,
    /// Shows that abuse is quoted or reported.
    pub(super) reported: Context,
    pub(super) exceptions: Exceptions,
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

/// Why a candidate is no hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection<'l> {
    Miss(Mismatch),
    Variants(Disguises),
    Unaimed,
    Context(&'l str),
    Exception(&'l str),
    /// Another word lies across its edge.
    WordEdge(BoundaryWord),
    /// It only sounds like the term, and the text reads as ordinary words.
    ReadsAsWritten,
}

/// The codes of a few units, without allocating.
struct Codes {
    codes: [u16; CODES_MAX],
    len: usize,
}

/// Characters as common as these (是, 有, 在) mean themselves: in a short term they replace no other.
const EVERYDAY_LEVEL_MIN: u8 = 18;

/// The edges of longer terms are not checked.
const CODES_MAX: usize = 8;

impl Codes {
    fn of(units: &[Unit]) -> Self {
        let mut codes = [0; CODES_MAX];
        for (code, unit) in codes.iter_mut().zip(units) {
            *code = unit.code();
        }
        Self {
            codes,
            len: units.len(),
        }
    }

    /// The codes; empty if there were too many.
    fn get(&self) -> &[u16] {
        self.codes.get(..self.len).unwrap_or_default()
    }
}

/// A candidate, and what became of it.
pub(super) struct EvaluatedMatch<'l> {
    pub term: TermId,
    pub bytes: Range<usize>,
    pub how: Disguises,
    /// The term's severity, one less if it is quoted in a report.
    pub severity: u8,
    pub rejection: Option<Rejection<'l>>,
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
            shown,
            folded,
            places,
            patterns,
            looked_up,
        } = work;
        shown.forget();
        *looked_up = 0;
        units.set(text, RunPolicy::Collapsed);
        let mut reader = TextSearch {
            lexicon: self,
            surface,
            memo: MemoCache::default(),
            shown,
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
        // Chinese numerals (零九一二) set no flag of `seen`, so they are counted instead
        let ids = CharKinds::LETTERS.with(CharKinds::DIGITS);
        if seen.any(ids) || units.numerals() >= NUMERALS_MIN {
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

/// The last answers to costly questions about a place. Terms that sound alike are candidates at the same place one
/// after the other, and what is around it is the same for all of them.
#[derive(Debug, Default)]
struct MemoCache<'l> {
    covered: Option<(CoverKey, Option<&'l str>)>,
    edge: Option<(EdgeKey, Option<Rejection<'l>>)>,
    quoted: Option<(Range<usize>, bool)>,
    /// Whether the text has quotation marks at all.
    quotes: Option<bool>,
}

/// All that the answer of [`Exceptions::covering`] depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CoverKey {
    bytes: Range<usize>,
    first_run: Range<usize>,
    last_run: Range<usize>,
    open_gaps: usize,
    sentence_end: bool,
}

/// All that the answer of [`word_boundary`] depends on, within one reading of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EdgeKey {
    units: Range<usize>,
    sounded: u16,
    guessed: bool,
}

impl CoverKey {
    fn of(found: &VerifiedMatch) -> Self {
        Self {
            bytes: found.bytes.clone(),
            first_run: found.first_run.clone(),
            last_run: found.last_run.clone(),
            open_gaps: found.open_gaps,
            sentence_end: found.sentence_end,
        }
    }
}

impl EdgeKey {
    fn of(found: &VerifiedMatch) -> Self {
        Self {
            units: found.units.clone(),
            sounded: found.sounded,
            guessed: found.how.contains(Disguise::Mask) || found.how.contains(Disguise::Reversed),
        }
    }
}

impl<'l> MemoCache<'l> {
    fn cover(
        &mut self,
        found: &VerifiedMatch,
        look: impl FnOnce() -> Option<&'l str>,
    ) -> Option<&'l str> {
        let key = CoverKey::of(found);
        match &self.covered {
            Some((known, answer)) if *known == key => *answer,
            _ => self.covered.insert((key, look())).1,
        }
    }

    fn edge(
        &mut self,
        found: &VerifiedMatch,
        look: impl FnOnce(&EdgeKey) -> Option<Rejection<'l>>,
    ) -> Option<Rejection<'l>> {
        let key = EdgeKey::of(found);
        match &self.edge {
            Some((known, answer)) if *known == key => *answer,
            _ => {
                let answer = look(&key);
                self.edge.insert((key, answer)).1
            }
        }
    }

    fn quoted(&mut self, bytes: &Range<usize>, look: impl FnOnce() -> bool) -> bool {
        match &self.quoted {
            Some((known, answer)) if known == bytes => *answer,
            _ => self.quoted.insert((bytes.clone(), look())).1,
        }
    }
}

/// One search of one text.
struct TextSearch<'l, 'w, E> {
    lexicon: &'l Lexicon,
    surface: Surface,
    memo: MemoCache<'l>,
    shown: &'w mut LazyShownText,
    places: &'w mut Vec<u32>,
    looked_up: &'w mut usize,
    each: &'w mut E,
}

impl<'l, E: FnMut(EvaluatedMatch<'l>)> TextSearch<'l, '_, E> {
    /// Evaluates every place that the filter marks in this reading.
    fn search_view(&mut self, view: &UnitWindow<'_>) -> Flags {
        let mut flags = Flags::default();
        // its key is in units, and another reading has others
        self.memo.edge = None;
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
        let stats = alt_reading.read(self.shown.of(text), reading, seen, compositions);
        if stats.more {
            self.search_view(&UnitWindow::alt_reading(text, alt_reading));
        }
        stats
    }

    /// Terms with signs of their own.
    fn search_literals(&mut self, view: &UnitWindow<'_>, folded: &mut crate::text::FoldedText) {
        self.memo.edge = None;
        let literals = &self.lexicon.literals;
        literals.find_in(view, folded, |literal, found| {
            let term = self.lexicon.term(literal.term);
            if !term.surfaces.contains(self.surface) {
                return;
            }
            let judged = match found {
                Ok(found) => self.admit(view, literal.term, literal.spelling, found),
                Err((miss, bytes)) => EvaluatedMatch {
                    term: literal.term,
                    bytes,
                    how: Disguises::default(),
                    severity: self.lexicon.term(literal.term).severity,
                    rejection: Some(Rejection::Miss(miss)),
                },
            };
            (self.each)(judged);
        });
    }

    /// Numbers, ids and addresses, by the rows that name their form.
    fn search_patterns(&mut self, view: &UnitWindow<'_>, scratch: &mut PatternScratch) {
        self.memo.edge = None;
        let lexicon = self.lexicon;
        lexicon
            .pattern_terms
            .find_in(view, scratch, |id, found, host| {
                if !lexicon.term(id).surfaces.contains(self.surface) {
                    return;
                }
                let mut judged = self.admit(view, id, None, found);
                let mut named = || lexicon.exceptions.naming(self.shown.of(view.text), host);
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
        let Some((how, strength, sounded)) =
            verify_match::verify_match(view, start, pattern, &lexicon.arena, pattern.variants)
        else {
            return;
        };
        let spelling = match pattern.origin {
            PatternOrigin::Term => None,
            PatternOrigin::Spelling(kind) => Some(kind),
            PatternOrigin::Reversed => Some(Disguise::Reversed),
        };
        let judged = match verify_match::check_gaps(view, start, pattern, how, strength, sounded) {
            Ok(found) => self.admit(view, pattern.term, spelling, found),
            Err((miss, bytes)) => EvaluatedMatch {
                term: pattern.term,
                bytes,
                how,
                severity: lexicon.term(pattern.term).severity,
                rejection: Some(Rejection::Miss(miss)),
            },
        };
        (self.each)(judged);
    }

    /// Whether a match counts: by the disguises that its row allows, its context, the innocent phrases and words around
    /// it.
    fn admit(
        &mut self,
        view: &UnitWindow<'_>,
        term: TermId,
        spelling: Option<Disguise>,
        found: VerifiedMatch,
    ) -> EvaluatedMatch<'l> {
        let row = self.lexicon.term(term);
        let rejection = self.rejection(view, row, spelling, &found);
        // a report makes a hit milder, but never a shadow term (severity 0)
        let lowered = rejection.is_none() && row.severity > 1 && self.is_reported(view, &found);
        EvaluatedMatch {
            term,
            severity: row.severity - u8::from(lowered),
            bytes: found.bytes,
            how: found.how,
            rejection,
        }
    }

    fn rejection(
        &mut self,
        view: &UnitWindow<'_>,
        term: &'l Term,
        spelling: Option<Disguise>,
        found: &VerifiedMatch,
    ) -> Option<Rejection<'l>> {
        let lexicon = self.lexicon;
        // two characters with a gap that only sound like the term are two words
        if found.sounded != 0
            && found.open_gaps > 0
            && found.units.len() < verify_match::LONG_CHARS_MIN
        {
            return Some(Rejection::ReadsAsWritten);
        }
        // and so are longer ones with the end of a clause inside, unless there is a gap after every character
        let scattered = found.open_gaps + 1 == found.units.len();
        if found.sounded != 0
            && found.open_gaps > 0
            && !scattered
            && holds_clause_end(view.text, &found.bytes)
        {
            return Some(Rejection::ReadsAsWritten);
        }
        // a listed spelling needs no permission for its own kind of disguise, only for further ones
        let undone = spelling.map_or(found.how, |kind| found.how.without(kind));
        if !term.variants.contains_all(undone) {
            return Some(Rejection::Variants(undone));
        }
        let shown = self.shown.of(view.text);
        let spot = MatchSite {
            view,
            shown,
            start: found.units.start,
            end: found.units.end,
            bytes: found.bytes.clone(),
        };
        if found.strength < Strength::Enough && lexicon.aimed.check(&spot).is_err() {
            return Some(Rejection::Unaimed);
        }
        if let Some(Err(clause)) = term.context.as_ref().map(|context| context.check(&spot)) {
            return Some(Rejection::Context(clause));
        }
        let look = || lexicon.exceptions.covering(shown, found);
        if let Some(phrase) = self.memo.cover(found, look) {
            return Some(Rejection::Exception(phrase));
        }
        let look = |key: &EdgeKey| word_boundary(view, key);
        self.memo.edge(found, look)
    }

    /// Whether the hit is in quotation marks, with words of reporting near: 「罵人『…』被判刑」.
    fn is_reported(&mut self, view: &UnitWindow<'_>, found: &VerifiedMatch) -> bool {
        let shown = self.shown.of(view.text);
        let spot = MatchSite {
            view,
            shown,
            start: found.units.start,
            end: found.units.end,
            bytes: found.bytes.clone(),
        };
        let quotes = || {
            shown
                .chars()
                .iter()
                .any(|shown| opens(shown) || closes(shown))
        };
        let look = || is_quoted(shown, &found.bytes);
        *self.memo.quotes.get_or_insert_with(quotes)
            && self.memo.quoted(&found.bytes, look)
            && self.lexicon.reported.check(&spot).is_ok()
    }
}

/// Whether the text reads as other words: with one across an edge of the term, or, if it only sounds like the term, in
/// its place.
fn word_boundary<'l>(view: &UnitWindow<'_>, found: &EdgeKey) -> Option<Rejection<'l>> {
    let codes = |from: usize, to: usize| Codes::of(view.units.get(from..to).unwrap_or_default());
    let (start, end) = (found.units.start, found.units.end);
    let code = |at: usize| view.units.get(at).map_or(0, |unit| unit.code());
    let words = word_boundary::word_frequencies();
    // a cheap test first: at most hits no word can lie across an edge, and nothing has to be segmented
    let joins = (start > 0 && words.may_join(code(start - 1), code(start)))
        || (end > start && words.may_join(code(end - 1), code(end)));
    if !joins && found.sounded == 0 {
        return None;
    }
    let (before, term, after) = (
        codes(start.saturating_sub(word_boundary::AROUND), start),
        codes(start, end),
        codes(end, (end + word_boundary::AROUND).min(view.units.len())),
    );
    let everyday = |nth: usize| {
        found.sounded & (1 << nth) != 0
            && words.level(&[code(start + nth)]) >= Some(EVERYDAY_LEVEL_MIN)
    };
    if end - start <= verify_match::LONG_CHARS_MIN && (0..end - start).any(everyday) {
        return Some(Rejection::ReadsAsWritten);
    }
    if found.sounded != 0 && words.is_plain_text(before.get(), term.get(), after.get()) {
        return Some(Rejection::ReadsAsWritten);
    }
    if found.guessed && joins && words.has_crossing_pair(before.get(), term.get(), after.get()) {
        return Some(Rejection::ReadsAsWritten);
    }
    words
        .crossing_word(before.get(), term.get(), after.get())
        .map(Rejection::WordEdge)
}

/// Whether a clause or a sentence ends within these bytes.
fn holds_clause_end(text: &str, bytes: &Range<usize>) -> bool {
    let ends = |ch: char| {
        matches!(
            ch,
            '，' | '、' | '；' | '：' | '。' | '！' | '？' | ',' | ';' | ':' | '!' | '?' | '\n'
        )
    };
    text.get(bytes.clone())
        .is_some_and(|text| text.contains(ends))
}

/// How far quotation marks may be from what they quote, in shown characters.
const QUOTED_CHARS_MAX: usize = 16;

const fn opens(shown: &Shown) -> bool {
    matches!(shown.ch, '「' | '『' | '“' | '‘' | '《' | '"')
}

const fn closes(shown: &Shown) -> bool {
    matches!(shown.ch, '」' | '』' | '”' | '’' | '》' | '"')
}

/// Whether the nearest quotation mark before these bytes opens a quotation and the nearest one after them closes it.
fn is_quoted(shown: &ShownText, bytes: &Range<usize>) -> bool {
    let (from, to) = (shown.at_byte(bytes.start), shown.at_byte(bytes.end));
    let before = shown
        .chars()
        .get(..from)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(QUOTED_CHARS_MAX);
    let after = shown
        .chars()
        .get(to..)
        .unwrap_or_default()
        .iter()
        .take(QUOTED_CHARS_MAX);
    let mark = |shown: &&Shown| opens(shown) || closes(shown);
    let (mut before, mut after) = (before, after);
    before.find(mark).is_some_and(opens) && after.find(mark).is_some_and(closes)
}
