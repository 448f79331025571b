//! What stands of a candidate: whether its disguise is allowed, the words that its row asks for are near, no innocent
//! phrase covers it and it is a word there at all; and how severe it is.

use std::ops::Range;

use super::{
    aim::{self, Aim, Aimed, Earlier},
    clause::Clause,
    company::Company,
    context::MatchSite,
    exception::Exceptions,
    form::UpheldForms,
    guess,
    ordinary::{self, BoundaryWord},
    quotation,
    term::{ListCode, Term, TermId},
    text_notes::TextNotes,
    unit_window::UnitWindow,
    verify_match::{self, VerifiedMatch},
    wall,
    word_classes::WordClasses,
};
use crate::text::{Disguise, Disguises, Mismatch, Surface};

/// What the lists say of the words around a candidate.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// Words that tell something about a hit beside them.
    pub classes: WordClasses,
    pub exceptions: Exceptions,
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
    /// It is a guess, and the text reads as ordinary words: what they cost, and what they would have to, in half bits.
    ReadsAsWritten {
        cost: u16,
        needed: u16,
    },
    /// It is a guess whose characters stand apart, in two clauses or on both sides of a wall, or are a known token.
    Apart,
}

/// A candidate, and what became of it.
pub(super) struct EvaluatedMatch<'l> {
    pub term: TermId,
    pub bytes: Range<usize>,
    pub how: Disguises,
    /// The term's severity, or what its company leaves of it.
    pub severity: u8,
    pub guessed: bool,
    pub company: Company,
    pub rejection: Option<Rejection<'l>>,
}

impl<'l> EvaluatedMatch<'l> {
    /// A candidate whose gaps, repeats or edges are not as they may be.
    pub(super) fn missed(
        row: &Term,
        term: TermId,
        miss: Mismatch,
        bytes: Range<usize>,
        how: Disguises,
    ) -> Self {
        Self {
            term,
            bytes,
            how,
            severity: row.severity,
            guessed: false,
            company: Company::None,
            rejection: Some(Rejection::Miss(miss)),
        }
    }
}

/// The last answers to costly questions about a place. Terms that sound alike are candidates at the same place one
/// after the other, and what is around it is the same for all of them.
#[derive(Debug, Default)]
struct MemoCache {
    edge: Option<(Range<usize>, Option<BoundaryWord>)>,
    ordinary: Option<(GuessKey, Option<u16>)>,
    quoted: Option<(Range<usize>, bool)>,
    company: Option<(Range<usize>, Aimed)>,
    earlier: Earlier,
}

/// All that the ordinary reading of a guess depends on.
type GuessKey = (Range<usize>, Disguises);

impl MemoCache {
    fn edge(
        &mut self,
        units: &Range<usize>,
        look: impl FnOnce() -> Option<BoundaryWord>,
    ) -> Option<BoundaryWord> {
        match &self.edge {
            Some((known, answer)) if known == units => *answer,
            _ => self.edge.insert((units.clone(), look())).1,
        }
    }

    fn ordinary(
        &mut self,
        bytes: &Range<usize>,
        undone: Disguises,
        look: impl FnOnce() -> Option<u16>,
    ) -> Option<u16> {
        match &self.ordinary {
            Some(((known, kinds), answer)) if known == bytes && *kinds == undone => *answer,
            _ => {
                let key = (bytes.clone(), undone);
                self.ordinary.insert((key, look())).1
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

/// Judges the candidates of one text.
pub(super) struct Assessor<'l, 'w> {
    surroundings: &'l Surroundings,
    surface: Surface,
    memo: MemoCache,
    pub(super) notes: &'w mut TextNotes,
    upheld: &'w UpheldForms,
}

impl<'l, 'w> Assessor<'l, 'w> {
    pub(super) fn new(
        surroundings: &'l Surroundings,
        surface: Surface,
        notes: &'w mut TextNotes,
        upheld: &'w UpheldForms,
    ) -> Self {
        Self {
            surroundings,
            surface,
            memo: MemoCache::default(),
            notes,
            upheld,
        }
    }

    /// Forgets what was found out about places of the last reading: they are counted in units, and another reading has
    /// others.
    pub(super) fn begin_reading(&mut self) {
        self.memo.edge = None;
        self.notes.begin_reading();
    }

    /// Whether a match counts, by the disguises that its row allows, its context, the innocent phrases and words around
    /// it; and for how much.
    pub(super) fn admit(
        &mut self,
        view: &UnitWindow<'_>,
        (term, row): (TermId, &'l Term),
        spelling: Option<Disguise>,
        found: VerifiedMatch,
    ) -> EvaluatedMatch<'l> {
        // a listed spelling needs no permission for its own kind of disguise, only for further ones
        let undone = spelling.map_or(found.how, |kind| found.how.without(kind));
        let guessed = guess::is_guessed(undone);
        let rejection = self.rejection(view, row, undone, &found);
        let (severity, company) = match &rejection {
            None => self.weigh(view, row, &found),
            Some(_) => (row.severity, Company::None),
        };
        EvaluatedMatch {
            term,
            severity,
            bytes: found.bytes,
            how: found.how,
            guessed,
            company,
            rejection,
        }
    }

    fn rejection(
        &mut self,
        view: &UnitWindow<'_>,
        term: &'l Term,
        undone: Disguises,
        found: &VerifiedMatch,
    ) -> Option<Rejection<'l>> {
        let surroundings = self.surroundings;
        let guessed = guess::is_guessed(undone);
        if guessed && !found.latin && self.stands_apart(view, found) {
            return Some(Rejection::Apart);
        }
        // an id that is spelled out is an address itself
        if guessed && !term.text.starts_with('<') && wall::holds_wall(view.text, found) {
            return Some(Rejection::Apart);
        }
        if !term.variants.contains_all(undone) {
            return Some(Rejection::Variants(undone));
        }
        if self.holds_token(view, term, undone, found) {
            return Some(Rejection::Apart);
        }
        let needs_aim = guessed && found.thin && !found.latin;
        if needs_aim && self.company(view, found).company != Company::Aimed {
            return Some(Rejection::Unaimed);
        }
        let needs_words = !self.is_whole_name(view, term, found);
        let shown = self.notes.shown(view.text);
        let spot = MatchSite {
            view,
            shown,
            start: found.units.start,
            end: found.units.end,
            bytes: found.bytes.clone(),
        };
        let context = term.context.as_ref();
        if let Some(Err(clause)) = context.map(|context| context.check(&spot, needs_words)) {
            return Some(Rejection::Context(clause));
        }
        let noted = self.notes.phrases(view.text);
        if let Some(phrase) = surroundings.exceptions.covering(noted, found) {
            return Some(Rejection::Exception(phrase));
        }
        // a guess is held against all that the characters may be as words, and so against words across its edges too
        if guessed && !found.latin {
            let noted = self.notes.words(view.text);
            let look = || guess::ordinary_half_bits(noted, &found.bytes, undone);
            let cost = self.memo.ordinary(&found.bytes, undone, look)?;
            let needed = guess::half_bits_needed(undone, found.units.len());
            let reads_as_written = cost < needed && !self.is_upheld(view, term, found);
            return reads_as_written.then_some(Rejection::ReadsAsWritten { cost, needed });
        }
        let words = &mut self.notes.unit_words;
        let look = || ordinary::words().crossing_word_around(view.units, &found.units, words);
        self.memo.edge(&found.units, look).map(Rejection::WordEdge)
    }

    /// Whether the characters of a guess mean themselves: with a clause's end or a quotation mark between them, unless there is
    /// something after every one; two that only sound like the term with anything between; a label; or a word of every
    /// other sentence (是, 有, 在) for what it sounds like.
    fn stands_apart(&mut self, view: &UnitWindow<'_>, found: &VerifiedMatch) -> bool {
        let short = found.units.len() < verify_match::LONG_CHARS_MIN;
        let scattered = !short && found.open_gaps + 1 == found.units.len();
        let uneven = found.open_gaps > 0 && !scattered;
        // 王 DZ 蛋: letters among blanks are a word
        let letters = [Disguise::Initials, Disguise::Mask]
            .into_iter()
            .any(|kind| found.how.contains(kind));
        let parted = uneven && (letters || holds_clause_end(view.text, &found.bytes));
        let sounded = (0..u16::BITS as usize).filter(|nth| found.sounded & (1 << nth) != 0);
        let code = |at: usize| view.units.get(at).map_or(0, |unit| unit.code());
        let words = &mut self.notes.unit_words;
        let mut here = sounded.map(|nth| words.at(found.units.start + nth, code));
        // 白C教室: a capital is a label
        let label = found.how.contains(Disguise::Initials) && found.how.contains(Disguise::Case);
        parted
            || (short && label)
            || (found.sounded != 0 && short && found.open_gaps > 0)
            || here.any(guess::means_itself)
    }

    /// Whether a nickname is a curse or a threat and nothing else: there is nobody beside it to ask for.
    fn is_whole_name(&self, view: &UnitWindow<'_>, term: &Term, found: &VerifiedMatch) -> bool {
        self.surface == Surface::Nickname
            && matches!(term.code, ListCode::Profanity | ListCode::Threat)
            && found.units == (0..view.units.len())
    }

    /// Whether moderators upheld the term where it is written so.
    fn is_upheld(&self, view: &UnitWindow<'_>, term: &Term, found: &VerifiedMatch) -> bool {
        let matched = view.text.get(found.bytes.clone());
        matched.is_some_and(|matched| self.upheld.holds(term, matched))
    }

    /// Whether a guess has letters in it that are a word of their own: XD, C#.
    fn holds_token(
        &mut self,
        view: &UnitWindow<'_>,
        term: &Term,
        undone: Disguises,
        found: &VerifiedMatch,
    ) -> bool {
        let letters = [Disguise::Mask, Disguise::Initials, Disguise::Leet];
        // an id that is written in letters is no word
        letters.into_iter().any(|kind| undone.contains(kind))
            && !term.text.starts_with('<')
            && guess::holds_token(
                self.notes.shown(view.text),
                view.text,
                &found.bytes,
                undone,
                found.latin,
            )
    }

    /// The severity that is left of a hit in its company, and that company.
    fn weigh(&mut self, view: &UnitWindow<'_>, row: &Term, found: &VerifiedMatch) -> (u8, Company) {
        // a name or a tag is said of somebody by itself, and a shadow term decides nothing
        if self.surface != Surface::Body || row.severity == 0 {
            return (row.severity, Company::None);
        }
        if row.aim == Aim::Always {
            return if self.is_quoted(view, found) {
                (quoted_severity(row), Company::Quoted)
            } else {
                (row.severity, Company::None)
            };
        }
        let company = self.company(view, found);
        let end = self.notes.shown(view.text).at_byte(found.bytes.end);
        self.memo.earlier.hit = Some(end);
        if company.certain && company.company == Company::Aimed {
            self.memo.earlier.aimed = Some(end);
        }
        let severity = match company.company {
            Company::Quoted => quoted_severity(row),
            Company::Aimed if company.certain || !is_interjection(row) => row.severity,
            _ => row.severity.min(NOTED),
        };
        (severity, company.company)
    }

    /// In what company a match stands.
    fn company(&mut self, view: &UnitWindow<'_>, found: &VerifiedMatch) -> Aimed {
        if let Some((known, answer)) = &self.memo.company
            && *known == found.bytes
        {
            return *answer;
        }
        let (shown, notes) = self.notes.company(view.text, &self.surroundings.classes);
        let clause = Clause::around(shown, notes, &found.bytes);
        let answer = aim::company(&clause, self.memo.earlier);
        self.memo.company.insert((found.bytes.clone(), answer)).1
    }

    fn is_quoted(&mut self, view: &UnitWindow<'_>, found: &VerifiedMatch) -> bool {
        let (shown, notes) = self.notes.company(view.text, &self.surroundings.classes);
        let look = || quotation::is_quoted(&Clause::around(shown, notes, &found.bytes));
        self.memo.quoted(&found.bytes, look)
    }
}

/// The severity of what is only noted.
const NOTED: u8 = 1;

/// What is left of a hit that is quoted or reported. Who quotes an address or an offer still gives it away, and who
/// tells of wanting to die may still need help: those are one less.
fn quoted_severity(row: &Term) -> u8 {
    match row.code {
        ListCode::PersonalData | ListCode::Scam | ListCode::SelfHarm if row.severity > 1 => {
            row.severity - 1
        }
        _ => row.severity.min(NOTED),
    }
}

/// Whether a row is a mild interjection, which people say to nobody: 靠北, 三小.
fn is_interjection(row: &Term) -> bool {
    row.code == ListCode::Profanity && row.severity <= 2
}

/// Whether a clause ends within these bytes, or a quotation or a bracket begins or ends there.
fn holds_clause_end(text: &str, bytes: &Range<usize>) -> bool {
    let ends = |ch: char| {
        matches!(
            ch,
            '，' | '、'
                | '；'
                | '：'
                | '。'
                | '！'
                | '？'
                | ','
                | ';'
                | ':'
                | '!'
                | '?'
                | '\n'
                | '「'
                | '」'
                | '『'
                | '』'
                | '“'
                | '”'
                | '"'
                | '（'
                | '）'
                | '('
                | ')'
                | '【'
                | '】'
                | '《'
                | '》'
                | '['
                | ']'
        )
    };
    text.get(bytes.clone())
        .is_some_and(|text| text.contains(ends))
}
