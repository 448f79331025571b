//! Whether a pattern matches at a place of a text: each unit is the term's own character or may replace it, enough of
//! the term is left, and gaps, repeats and edges are as they may be.

use std::ops::Range;

use super::{
    content::is_half_there,
    pattern::{Arena, Details, Pattern, PatternOrigin, Position, masks},
    unit_window::UnitWindow,
};
use crate::text::{
    BoundaryRule, Disguise, Disguises, Mismatch,
    alt_reading::UnitOrigin,
    emoji,
    fold::{CharKind, fold_char},
    gaps::{GAP_DROPPED_MAX, GAP_SKIPS_MAX},
    units::{Code, Unit, code_of, is_shared, keeps_run},
};

/// Words of fewer characters never match over the end of a sentence, are never masked, and when guessed need a person to
/// be meant.
pub(super) const LONG_CHARS_MIN: usize = 3;
/// The longest run of letters that begins the name of a model.
const MODEL_CHARS_MAX: usize = 3;
/// From this number of repeats on, a character is stretched on purpose.
const STRETCHED_MIN: usize = 3;
/// Characters that are often doubled in everyday words (own knowledge): 媽媽, 狗狗, 天天.
const DOUBLED: &str =
    "媽爸爺奶哥姐姊弟妹寶狗貓叔伯舅姑姨婆公娃星天人偷大小好慢多常看想說謝太哈嘿呵讚棒";

/// A match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VerifiedMatch {
    /// Its units.
    pub units: Range<usize>,
    /// Its bytes in the text.
    pub bytes: Range<usize>,
    /// The disguises that were undone.
    pub how: Disguises,
    /// The number of gaps that hold anything visible.
    pub open_gaps: usize,
    /// Whether one holds the end of a sentence.
    pub sentence_end: bool,
    /// The bytes of the first and the last run of characters without a gap.
    pub first_run: Range<usize>,
    pub last_run: Range<usize>,
    /// A bit for each of its units that only sounds like the term.
    pub sounded: u16,
    /// Whether so little of it stands as itself that somebody has to be meant: two characters in all, or less than half.
    pub thin: bool,
    /// Whether it is of Latin letters or digits, which are not read as Chinese.
    pub latin: bool,
}

/// What is written for the characters of a term.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Replacements {
    pub how: Disguises,
    /// A bit for each unit that only sounds like the term.
    pub sounded: u16,
    /// A bit for each that stands as itself.
    exact: u16,
    /// A bit for each that is spelled in full, in pinyin or bopomofo.
    spelled: u16,
    /// A bit for each that a mask stands for.
    masked: u16,
}

/// Whether the pattern matches from this unit on, by its characters and what may replace them, and enough of it is left.
pub(super) fn verify_match(
    view: &UnitWindow<'_>,
    start: usize,
    pattern: &Pattern,
    arena: &Arena,
    allowed: Disguises,
) -> Option<Replacements> {
    let len = usize::from(pattern.len);
    let units = view.units.get(start..start + len)?;
    let codes = arena.codes(pattern);
    if !view.differs(start, len) || !holds_shared(view, start, pattern) {
        return None;
    }
    if !pattern.flexible {
        let same = units
            .iter()
            .zip(codes)
            .all(|(unit, code)| unit.code() == *code);
        // only what is read character by character (sh1t, 女馬): sounds and masks are for flexible patterns
        let own = (start..start + len).all(|unit| {
            matches!(
                view.origin(unit),
                UnitOrigin::Own | UnitOrigin::Leet | UnitOrigin::Split
            )
        });
        let how = (start..start + len)
            .filter_map(|unit| undone_by(view.origin(unit)))
            .collect();
        // S8 is a model, no sb
        let short = pattern.spaced && usize::from(pattern.chars) <= LONG_CHARS_MIN;
        let leet = (start..start + len).any(|unit| view.origin(unit) == UnitOrigin::Leet);
        return (same && own && !(short && leet)).then_some(Replacements {
            how,
            ..Replacements::default()
        });
    }
    let mut found = Replacements::default();
    for (nth, (unit, position)) in units.iter().zip(arena.positions(pattern)).enumerate() {
        // a position beyond the 16 bits leaves none, rather than overflow
        let bit = 1_u16.checked_shl(nth as u32).unwrap_or(0);
        let origin = view.origin(start + nth);
        found.add(*unit, origin, position, bit, allowed, pattern.spaced)?;
    }
    found.is_legible(pattern).then_some(found)
}

/// Whether the characters of other planes are those of the pattern: their codes are those of others, too.
fn holds_shared(view: &UnitWindow<'_>, start: usize, pattern: &Pattern) -> bool {
    let shared = pattern.details.iter().flat_map(|details| &details.shared);
    shared.copied().all(|(nth, ch)| {
        let unit = start + usize::from(nth);
        let code = view.units.get(unit).map(|unit| unit.code());
        code != Some(code_of(ch)) || view.may_be(unit, ch)
    })
}

const fn undone_by(origin: UnitOrigin) -> Option<Disguise> {
    match origin {
        UnitOrigin::Own => None,
        UnitOrigin::Split => Some(Disguise::Split),
        UnitOrigin::Emoji => Some(Disguise::Emoji),
        UnitOrigin::Pinyin => Some(Disguise::Pinyin),
        UnitOrigin::Bopomofo => Some(Disguise::Bopomofo),
        UnitOrigin::Digit => Some(Disguise::Homophone),
        UnitOrigin::Leet => Some(Disguise::Leet),
        UnitOrigin::Mask => Some(Disguise::Mask),
    }
}

impl Replacements {
    /// Adds one unit; `None` if it cannot replace this position.
    fn add(
        &mut self,
        unit: Unit,
        origin: UnitOrigin,
        position: &Position,
        bit: u16,
        allowed: Disguises,
        latin: bool,
    ) -> Option<()> {
        let same = unit.code() == position.code;
        let sounds = || {
            position.sounds.contains(&unit.sound())
                && unit.sound() != crate::text::sound::Sound::NONE
        };
        let how = match origin {
            UnitOrigin::Own if same => {
                self.exact |= bit;
                return Some(());
            }
            UnitOrigin::Own => own_replacement(unit, position, latin, &sounds)?,
            UnitOrigin::Split | UnitOrigin::Leet | UnitOrigin::Emoji if same => {
                self.exact |= bit;
                undone_by(origin)?
            }
            UnitOrigin::Pinyin | UnitOrigin::Bopomofo if sounds() => {
                self.spelled |= bit;
                undone_by(origin)?
            }
            UnitOrigin::Emoji | UnitOrigin::Digit if sounds() => undone_by(origin)?,
            UnitOrigin::Mask => Disguise::Mask,
            _ => return None,
        };
        let only_sounds = matches!(origin, UnitOrigin::Own | UnitOrigin::Digit)
            && how == Disguise::Homophone
            || (origin == UnitOrigin::Emoji && !same);
        self.sounded |= if only_sounds { bit } else { 0 };
        self.masked |= if how == Disguise::Mask { bit } else { 0 };
        self.how.insert(how);
        allowed.contains(how).then_some(())
    }

    /// Whether enough of the term is left to be read. The examples are for 幹你娘 and 白痴; a list may still have them as
    /// spellings, which are not judged here.
    fn is_legible(&self, pattern: &Pattern) -> bool {
        let chars = usize::from(pattern.len);
        if pattern.spaced {
            // f*ck and f**k can be read, f*** cannot; in a word of three letters every letter is needed
            let masks = self.masked.count_ones() as usize;
            return masks == 0 || (masks * 2 <= chars && chars > LONG_CHARS_MIN);
        }
        if self.how.is_empty() {
            return true;
        }
        // gan ni niang: what carries the term is spelled from end to end; one syllable is any word (死ju)
        let spelled = pattern.content & !(self.exact | self.spelled) == 0
            && pattern.content != 0
            && self.spelled.count_ones() > 1;
        self.has_fit_mask(pattern) && (spelled || is_half_there(pattern.content, self.exact))
    }
}

impl Replacements {
    /// Whether nothing is masked, or one character between two that carry the term and stand there (幹X娘), or the last of
    /// four and more (幹你老X). 去X吧 and X你娘 may be anything.
    fn has_fit_mask(&self, pattern: &Pattern) -> bool {
        let there = pattern.content & self.exact;
        let last = 1_u16.checked_shl(u32::from(pattern.len) - 1).unwrap_or(0);
        let between = (there << 1) & (there >> 1);
        let long = pattern.len > 3 && usize::from(pattern.chars) > LONG_CHARS_MIN;
        let fit = if long { between | last } else { between };
        self.masked.count_ones() <= 1 && self.masked & !fit == 0
    }

    /// See [`VerifiedMatch::thin`].
    fn is_thin(&self, pattern: &Pattern) -> bool {
        let there = (self.exact | self.spelled).count_ones() as usize;
        let chars = usize::from(pattern.len);
        // 女表子: a character in pieces is nothing else by accident
        let in_pieces = self.how.without(Disguise::Split).is_empty() && !self.how.is_empty();
        (chars < LONG_CHARS_MIN && !in_pieces) || (pattern.flexible && there * 2 < chars)
    }
}

/// What a character of the text is for a position that is another character.
fn own_replacement(
    unit: Unit,
    position: &Position,
    latin: bool,
    sounds: &impl Fn() -> bool,
) -> Option<Disguise> {
    let code = unit.code();
    let among = |codes: &[Code]| codes.contains(&code) && code != 0;
    // an x is a mask, but may also be the initial of its character (小): the more specific reading comes first
    if among(&position.letters) {
        Some(Disguise::Initials)
    } else if among(&position.symbols) {
        Some(Disguise::Bopomofo)
    } else if masks(unit, latin) {
        Some(Disguise::Mask)
    } else if sounds() {
        Some(Disguise::Homophone)
    } else {
        None
    }
}

/// The gaps and repeats of a candidate, gathered in one walk over the text itself.
struct GapCheck {
    undone: u8,
    how: Disguises,
    stretched: bool,
    stretchable: bool,
    /// Whether any character is repeated three times or more.
    much: bool,
    start: usize,
    end: usize,
    open: usize,
    unlisted: usize,
    missing: usize,
    stop: bool,
    hidden: bool,
    too_wide: bool,
    /// Whether a gap has a blank.
    blank: bool,
    /// Whether an inner character is written twice that is often doubled anyway (媽媽): that counts as stretched only if
    /// some character is repeated three times or more.
    doubled: bool,
    first_run_end: Option<usize>,
    last_run_start: usize,
}

/// The gap between two units, with the repeats of the character before it.
#[derive(Default)]
struct Gap {
    skips: usize,
    dropped: usize,
    hidden: bool,
    stop: bool,
    blank: bool,
    /// How often the character before it is written.
    run: usize,
    /// The end of its `wanted`th repeat, and of its last one, in bytes.
    wanted_end: usize,
    run_end: usize,
}

/// Checks gaps, repeats and edges of a pattern whose characters are at this unit.
pub(super) fn check_gaps(
    view: &UnitWindow<'_>,
    start: usize,
    pattern: &Pattern,
    replaced: Replacements,
) -> Result<VerifiedMatch, (Mismatch, Range<usize>)> {
    let Replacements { how, sounded, .. } = replaced;
    let len = usize::from(pattern.len);
    let details = pattern.details.as_deref();
    let mut gaps = GapCheck {
        undone: 0,
        how,
        stretched: false,
        stretchable: true,
        much: false,
        start: view.start(start),
        end: 0,
        open: 0,
        unlisted: 0,
        missing: 0,
        stop: false,
        hidden: false,
        too_wide: false,
        blank: false,
        doubled: false,
        first_run_end: None,
        last_run_start: view.start(start),
    };
    for nth in 0..len {
        gaps.step(view, start, nth, pattern, details);
    }
    gaps.check(view, start, pattern)
        .map_err(|miss| (miss, gaps.start..gaps.end))?;
    let last = view.origin(start + len - 1);
    if matches!(last, UnitOrigin::Emoji | UnitOrigin::Digit) {
        gaps.end += emoji::rest_len(view.text.get(gaps.end..).unwrap_or_default());
    }
    let bytes = gaps.start..gaps.end;
    let mut how = gaps.how.union(Disguises::from_bits(u16::from(gaps.undone)));
    if gaps.unlisted > 0 || gaps.missing > 0 || gaps.hidden {
        how.insert(Disguise::Separators);
    }
    if gaps.stretched {
        how.insert(Disguise::Repeat);
    }
    match pattern.origin {
        PatternOrigin::Term => {}
        PatternOrigin::Spelling(kind) => how.insert(kind),
        PatternOrigin::Reversed => how.insert(Disguise::Reversed),
    }
    Ok(VerifiedMatch {
        units: start..start + len,
        first_run: gaps.start..gaps.first_run_end.unwrap_or(gaps.end),
        last_run: gaps.last_run_start..gaps.end,
        bytes,
        how,
        open_gaps: gaps.open,
        sentence_end: gaps.stop,
        sounded,
        thin: replaced.is_thin(pattern),
        latin: pattern.spaced,
    })
}

impl GapCheck {
    fn step(
        &mut self,
        view: &UnitWindow<'_>,
        start: usize,
        nth: usize,
        pattern: &Pattern,
        details: Option<&Details>,
    ) {
        let unit = start + nth;
        let (first, last) = (nth == 0, nth + 1 == usize::from(pattern.len));
        let wanted = details.map_or(1, |details| usize::from(details.runs[nth]));
        let (from, mut own_end) = (view.start(unit), view.end(unit));
        let listed_undone = details.map_or(0, |details| details.undone[nth]);
        let own = view.text.get(from..own_end).unwrap_or_default();
        // a mask may be written in any form (ｘ, ⓧ): that is no further disguise
        let code = view.units.get(unit).copied().unwrap_or_default();
        let masked = self.how.contains(Disguise::Mask)
            && (view.origin(unit) == UnitOrigin::Mask || masks(code, pattern.spaced));
        let mut undone = own
            .chars()
            .fold(0, |bits, ch| bits | fold_char(ch).undone());
        undone = if masked { 0 } else { undone };
        // behind the last unit there may be repeats up to the end of the text
        let to = if last {
            view.text.len()
        } else {
            view.start(unit + 1).max(own_end)
        };
        let letter = view
            .units
            .get(unit)
            .is_some_and(|unit| is_letter(unit.code()));
        // at a free end surplus repeats stay outside the match: of 幹你娘娘 only 幹你娘 is marked
        let free = pattern.matching == BoundaryRule::Anywhere && (first || last) && !letter;
        // at a free end the whole run need not be counted: a few more than wanted are enough to know
        let enough = if last && free {
            wanted.max(STRETCHED_MIN) + 1
        } else {
            usize::MAX
        };
        let mut between = gap(view, unit, own_end..to, last, wanted, enough, &mut undone);
        // of a repeated first character the last ones belong to the word: 幹幹你娘 has the match 幹你娘 at its second 幹
        if first && !last && free && between.run > wanted {
            self.start = nth_of_run(view, unit, between.run - wanted);
            self.last_run_start = self.start;
            let again = view
                .text
                .get(self.start..)
                .and_then(|rest| rest.chars().next());
            own_end = self.start + again.map_or(0, char::len_utf8);
            undone = again.map_or(0, |ch| fold_char(ch).undone());
            between = gap(view, unit, own_end..to, last, wanted, enough, &mut undone);
        }
        let gap = between;
        // what the list itself writes in that form is no disguise
        self.undone |= undone & !listed_undone;
        let long = !pattern.spaced && pattern.chars as usize >= LONG_CHARS_MIN;
        // 幹你你娘 is stretched by one repeat; short terms and Latin words need three in a row (fuuuck)
        // … but for the first letter, which nobody doubles otherwise: nnigger
        let stammered = first && pattern.spaced && pattern.matching == BoundaryRule::Word;
        let stretched = gap.run > wanted && (gap.run >= STRETCHED_MIN || long || stammered);
        // checked last, since it is a walk over a list
        self.doubled |= stretched && !free && gap.run < STRETCHED_MIN && is_doubled(code.code());
        self.much |= gap.run >= STRETCHED_MIN || (stretched && stammered);
        if gap.run < wanted || (gap.run > wanted && !free && !stretched) {
            self.stretchable = false;
        }
        self.stretched |= stretched && !free;
        if last {
            self.end = if free { gap.wanted_end } else { gap.run_end };
            if wanted > 1 {
                self.add_last_gap(&gap);
            }
            return;
        }
        self.add(
            &gap,
            own_end,
            view.start(unit + 1),
            details.is_some_and(|details| details.gaps[nth + 1]),
        );
    }

    /// Adds the gap within a doubled character at the end.
    fn add_last_gap(&mut self, gap: &Gap) {
        self.hidden |= gap.hidden;
        self.stop |= gap.stop;
        self.blank |= gap.blank;
        self.too_wide |= gap.skips > GAP_SKIPS_MAX;
        self.unlisted += usize::from(gap.skips > 0);
    }

    fn add(&mut self, gap: &Gap, run_end: usize, next: usize, listed: bool) {
        self.hidden |= gap.hidden;
        self.stop |= gap.stop;
        self.blank |= gap.blank;
        self.too_wide |= gap.skips > GAP_SKIPS_MAX || gap.dropped > GAP_DROPPED_MAX;
        self.missing += usize::from(listed && gap.skips == 0);
        if gap.skips > 0 {
            self.first_run_end.get_or_insert(gap.run_end.max(run_end));
            self.last_run_start = next;
            self.open += 1;
            self.unlisted += usize::from(!listed);
        }
    }

    fn check(
        &mut self,
        view: &UnitWindow<'_>,
        start: usize,
        pattern: &Pattern,
    ) -> Result<(), Mismatch> {
        let inner = usize::from(pattern.len) - 1;
        let short = usize::from(pattern.chars) < LONG_CHARS_MIN;
        // signs and emoji anywhere between the letters of a longer word hide it; blanks may separate two words
        let parted = self.blank || pattern.digits || usize::from(pattern.chars) <= LONG_CHARS_MIN;
        // f.uck and f u c k pass, fu ck does not: the blank may part two words
        let uneven =
            pattern.spaced && self.unlisted > 0 && (pattern.digits || self.open != inner) && parted;
        match () {
            () if !self.stretchable || (self.doubled && !self.much) => Err(Mismatch::Repeat),
            () if self.too_wide || uneven => Err(Mismatch::Gap),
            // 幹。你。娘 is one word, …想幹。你娘說… are two sentences
            () if self.stop && (short || self.open != inner) => Err(Mismatch::SentenceEnd),
            () if !self.has_edges(view, start, pattern) => Err(Mismatch::Boundary),
            () if pattern.spaced && is_in_url(view.text, self.start) => Err(Mismatch::Boundary),
            () => Ok(()),
        }
    }

    /// Whether its edges are those of a word. Also letters and digits that replace a Chinese character must not touch
    /// others.
    fn has_edges(&mut self, view: &UnitWindow<'_>, start: usize, pattern: &Pattern) -> bool {
        let len = usize::from(pattern.len);
        if pattern.matching == BoundaryRule::Whole {
            return len == view.units.len();
        }
        let symbols = self.how.contains(Disguise::Bopomofo)
            && (outside_symbol(view, start, start.checked_sub(1))
                || outside_symbol(view, start + len - 1, Some(start + len)));
        if symbols || (pattern.spaced && self.is_model(view, pattern)) {
            return false;
        }
        // the 4 of a listed 去4 is not the first digit of 407
        let needs_edges =
            pattern.matching == BoundaryRule::Word || !self.how.is_empty() || !pattern.spaced;
        if !needs_edges {
            return true;
        }
        // 5hits are five hits
        if pattern.spaced && usize::from(pattern.chars) > LONG_CHARS_MIN && self.how.is_empty() {
            self.end += ending(view.text.get(self.end..).unwrap_or_default());
        }
        !(self.touches_before(view, start) || self.touches_after(view, start + len - 1))
    }

    /// Whether it is the beginning of a model name: a few letters, a hyphen and more letters or digits (TMD-2).
    fn is_model(&self, view: &UnitWindow<'_>, pattern: &Pattern) -> bool {
        let mut after = view.text.get(self.end..).unwrap_or_default().chars();
        usize::from(pattern.chars) <= MODEL_CHARS_MAX
            && after.next() == Some('-')
            && after
                .next()
                .is_some_and(|ch| fold_char(ch).kind() == CharKind::Word)
    }

    fn touches_before(&self, view: &UnitWindow<'_>, unit: usize) -> bool {
        let first = view
            .text
            .get(self.start..)
            .and_then(|rest| rest.chars().next());
        let mut before = view
            .text
            .get(..self.start)
            .unwrap_or_default()
            .chars()
            .rev();
        is_word(first, view.origin(unit))
            && before
                .find(shows)
                .is_some_and(|ch| fold_char(ch).kind() == CharKind::Word)
    }

    fn touches_after(&self, view: &UnitWindow<'_>, unit: usize) -> bool {
        let last = view
            .text
            .get(..self.end)
            .and_then(|text| text.chars().rev().find(shows));
        let mut after = view.text.get(self.end..).unwrap_or_default().chars();
        is_word(last, view.origin(unit))
            && after
                .find(shows)
                .is_some_and(|ch| fold_char(ch).kind() == CharKind::Word)
    }
}

/// Endings of English words: fucked, assholes.
const ENDINGS: [&str; 8] = ["s", "es", "ed", "er", "ers", "ing", "in", "'s"];

/// The length in bytes of the ending with which a word goes on; 0 if it goes on otherwise.
fn ending(rest: &str) -> usize {
    let is_word = |ch: &char| fold_char(*ch).kind() == CharKind::Word;
    let matches = |ending: &&&str| {
        rest.get(..ending.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(ending))
            && !rest[ending.len()..]
                .chars()
                .next()
                .is_some_and(|next| is_word(&next))
    };
    ENDINGS
        .iter()
        .find(matches)
        .map_or(0, |ending| ending.len())
}

/// How far back the beginning of an address is looked for, in bytes.
const URL_BYTES_MAX: usize = 200;

/// Whether this place is within an address with a scheme: its words are those of a page (…/wiki/Retarded_potential).
fn is_in_url(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let before = &before[before.len().saturating_sub(URL_BYTES_MAX)..];
    let run = before.rsplit(|byte| !byte.is_ascii_graphic()).next();
    run.is_some_and(|run| run.windows(3).any(|three| three == b"://"))
}

/// Whether a bopomofo symbol at an edge has another one next to it outside: then it is part of a syllable or of another
/// word.
fn outside_symbol(view: &UnitWindow<'_>, edge: usize, outside: Option<usize>) -> bool {
    is_symbol(view.units.get(edge))
        && is_symbol(outside.and_then(|outside| view.units.get(outside)))
}

fn shows(ch: &char) -> bool {
    !matches!(fold_char(*ch).kind(), CharKind::Hidden | CharKind::Mark)
}

fn is_word(ch: Option<char>, origin: UnitOrigin) -> bool {
    // the $ of $hit is a sign, but is read as a letter there
    origin == UnitOrigin::Leet || ch.is_some_and(|ch| fold_char(ch).kind() == CharKind::Word)
}

fn is_letter(code: Code) -> bool {
    u8::try_from(code).is_ok_and(|code| code.is_ascii_alphanumeric())
}

fn is_symbol(unit: Option<&Unit>) -> bool {
    unit.and_then(|unit| char::from_u32(u32::from(unit.code())))
        .is_some_and(|ch| keeps_run(ch) || matches!(ch, 'ˇ' | 'ˊ' | 'ˋ' | '˙'))
}

fn is_doubled(code: Code) -> bool {
    DOUBLED.chars().any(|ch| code_of(ch) == code)
}

/// Reads the gap between a unit's own characters and the next unit. For the `last` unit only its repeats and marks are
/// read, at most `enough` repeats.
fn gap(
    view: &UnitWindow<'_>,
    unit: usize,
    bytes: Range<usize>,
    last: bool,
    wanted: usize,
    enough: usize,
    undone: &mut u8,
) -> Gap {
    let code = view.units.get(unit).map_or(0, |unit| unit.code());
    let mut gap = Gap {
        run: 1,
        wanted_end: bytes.start,
        run_end: bytes.start,
        ..Gap::default()
    };
    let (mut skips, mut hidden, mut stop, mut dropped) = (0, false, false, 0);
    let mut sign = None;
    for (at, ch) in view
        .text
        .get(bytes.clone())
        .unwrap_or_default()
        .char_indices()
    {
        let fold = fold_char(ch);
        let end = bytes.start + at + ch.len_utf8();
        match fold.kind() {
            CharKind::Hidden => (hidden, dropped) = (true, dropped + 1),
            CharKind::Mark => {
                dropped += 1;
                if !hidden && skips == 0 {
                    gap.run_end = end;
                    if gap.run <= wanted {
                        gap.wanted_end = end;
                        *undone |= fold.undone();
                    }
                }
            }
            // what folds to signs and a letter, as ㈱ to (株), is no separator
            CharKind::Skip | CharKind::Stop
                if !fold.chars().any(|folded| folded.kind.is_dense()) =>
            {
                // one sign again and again is one separator: 幹————你
                skips += usize::from(sign.replace(ch) != Some(ch));
                gap.blank |= ch.is_whitespace();
                stop |= fold.kind() == CharKind::Stop;
                if last && skips > GAP_SKIPS_MAX {
                    break;
                }
            }
            _ => {
                let again = fold
                    .single()
                    .is_some_and(|only| !is_shared(code) && code_of(only.ch) == code);
                // another character ends the last unit, and so does a repeat behind a gap unless
                // the list wants it
                if last && (!again || (skips > 0 && gap.run >= wanted)) {
                    break;
                }
                gap.run += 1;
                gap.run_end = end;
                if gap.run <= wanted {
                    gap.wanted_end = end;
                    *undone |= fold.undone();
                    gap.skips = gap.skips.max(skips);
                    gap.hidden |= hidden;
                    gap.stop |= stop;
                }
                (skips, hidden, stop, dropped) = (0, false, false, 0);
                sign = None;
                if gap.run >= enough {
                    break;
                }
            }
        }
    }
    // separators behind the last unit are outside the match
    if !last {
        (gap.skips, gap.stop) = (gap.skips.max(skips), gap.stop | stop);
        (gap.hidden, gap.dropped) = (gap.hidden | hidden, dropped);
    }
    gap
}

/// The byte at which a unit's character is written for the (`skipped` + 1)th time.
fn nth_of_run(view: &UnitWindow<'_>, unit: usize, skipped: usize) -> usize {
    let code = view.units.get(unit).map_or(0, |unit| unit.code());
    let from = view.start(unit);
    let own = view
        .text
        .get(from..view.start(unit + 1))
        .unwrap_or_default();
    let same = own.char_indices().filter(|(_, ch)| {
        fold_char(*ch)
            .single()
            .is_some_and(|only| !is_shared(code) && code_of(only.ch) == code)
    });
    same.map(|(at, _)| from + at).nth(skipped).unwrap_or(from)
}
