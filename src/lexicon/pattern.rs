//! Patterns: a listed term or one of its spellings as unit codes, and for each position what may be written in its
//! place.

use super::{
    content::content_bits,
    term::{Surfaces, TermId},
};
use crate::text::{
    BoundaryRule, Disguise, Disguises, TermMatcher,
    sound::Sound,
    units::{Code, MASK_CHARS, RunPolicy, Unit, code_of, collapses, is_shared},
};

/// Where a pattern comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternOrigin {
    /// The term itself.
    Term,
    /// A listed spelling.
    Spelling(Disguise),
    /// The term backwards.
    Reversed,
}

/// A term or a spelling as the search compares it. Codes and positions of all patterns are kept together in the
/// [`Arena`].
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub term: TermId,
    pub origin: PatternOrigin,
    pub matching: BoundaryRule,
    /// Whether it has Latin letters and digits only.
    pub spaced: bool,
    /// Whether it has digits only.
    pub digits: bool,
    /// The number of characters in the list, without separators.
    pub chars: u8,
    /// Its codes in the arena; a run of one character is one code.
    pub first: u32,
    pub len: u8,
    /// Whether disguises that replace characters are searched for; then the arena has positions for it, too.
    pub flexible: bool,
    /// The index of its first position, if it is flexible.
    pub position: u32,
    /// The positions that carry the term, a bit for each.
    pub content: u16,
    /// The surfaces on which the term is searched for, and the disguises that may be undone.
    pub surfaces: Surfaces,
    pub variants: Disguises,
    /// What only few patterns have.
    pub details: Option<Box<Details>>,
}

/// What the listed word has beyond plain characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Details {
    /// For each code: whether the list has a separator before it.
    pub gaps: Box<[bool]>,
    /// For each code: what folding undid in the listed word.
    pub undone: Box<[u8]>,
    /// For each code: how often it is repeated.
    pub runs: Box<[u8]>,
    /// The characters whose codes are those of others, too, each with its place.
    pub shared: Box<[(u8, char)]>,
}

/// Everything that may be written for one character of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Position {
    pub code: Code,
    /// Its sounds, the usual one first; [`Sound::NONE`] if there are fewer.
    pub sounds: [Sound; 3],
    /// The first bopomofo symbols of its readings.
    pub symbols: [Code; 2],
    /// The first Latin letters of its readings.
    pub letters: [Code; 2],
}

/// Codes and positions of all patterns.
#[derive(Debug, Default)]
pub(super) struct Arena {
    codes: Vec<Code>,
    positions: Vec<Position>,
}

/// Letters that people write in place of another letter.
pub(super) const MASK_LETTERS: [char; 1] = ['x'];

impl Arena {
    pub(super) fn codes(&self, pattern: &Pattern) -> &[Code] {
        let first = pattern.first as usize;
        let codes = self.codes.get(first..first + usize::from(pattern.len));
        codes.unwrap_or_default()
    }

    pub(super) fn positions(&self, pattern: &Pattern) -> &[Position] {
        if !pattern.flexible {
            return &[];
        }
        let first = pattern.position as usize;
        let positions = self.positions.get(first..first + usize::from(pattern.len));
        positions.unwrap_or_default()
    }

    /// Whether any pattern has Latin letters.
    pub(super) fn has_letters(&self) -> bool {
        self.codes
            .iter()
            .any(|code| u8::try_from(*code).is_ok_and(|code| code.is_ascii_alphabetic()))
    }

    /// Adds a pattern; `None` if it is too long.
    pub(super) fn add(&mut self, draft: &PatternDraft<'_>, kept: RunPolicy) -> Option<Pattern> {
        let chars: Vec<char> = match draft.origin {
            PatternOrigin::Reversed => draft.needle.text().chars().rev().collect(),
            PatternOrigin::Term | PatternOrigin::Spelling(_) => {
                draft.needle.text().chars().collect()
            }
        };
        let runs = runs(&chars, kept);
        let len = u8::try_from(runs.len()).ok()?;
        let first = self.codes.len() as u32;
        self.codes
            .extend(runs.iter().map(|(ch, _, _)| code_of(*ch)));
        let first_position = self.positions.len() as u32;
        if draft.flexible {
            self.positions
                .extend(runs.iter().map(|(ch, _, _)| position(*ch)));
        }
        Some(Pattern {
            term: draft.term,
            origin: draft.origin,
            matching: draft.matching,
            spaced: draft.needle.is_spaced(),
            digits: draft.needle.is_digits(),
            chars: u8::try_from(chars.len()).ok()?,
            first,
            len,
            flexible: draft.flexible,
            position: first_position,
            content: content_bits(&runs.iter().map(|(ch, _, _)| *ch).collect::<Vec<_>>()),
            surfaces: draft.surfaces,
            variants: draft.variants,
            details: details(draft.needle, &runs),
        })
    }
}

/// A pattern to be added.
pub(super) struct PatternDraft<'n> {
    pub term: TermId,
    pub origin: PatternOrigin,
    pub matching: BoundaryRule,
    pub needle: &'n TermMatcher,
    pub flexible: bool,
    pub surfaces: Surfaces,
    pub variants: Disguises,
}

/// Each character with the number of its repeats, and the index at which the run starts.
fn runs(chars: &[char], kept: RunPolicy) -> Vec<(char, u8, usize)> {
    let mut runs: Vec<(char, u8, usize)> = Vec::new();
    for (at, ch) in chars.iter().enumerate() {
        match runs.last_mut() {
            Some((last, count, _))
                if kept == RunPolicy::Collapsed && last == ch && collapses(*ch) =>
            {
                *count = count.saturating_add(1);
            }
            _ => runs.push((*ch, 1, at)),
        }
    }
    runs
}

fn details(needle: &TermMatcher, runs: &[(char, u8, usize)]) -> Option<Box<Details>> {
    let gap = |at: usize| at > 0 && needle.has_gap_before(at);
    let undone = |at: usize, count: u8| {
        (at..at + usize::from(count)).fold(0, |bits, at| bits | needle.undone_at(at))
    };
    let details = Details {
        // a gap within a run (`what the`) counts as the one behind it
        gaps: (0..runs.len())
            .map(|nth| {
                let before = nth.checked_sub(1).and_then(|before| runs.get(before));
                let within = before.map_or(0..0, |(_, count, at)| at + 1..at + usize::from(*count));
                within.chain([runs[nth].2]).any(gap)
            })
            .collect(),
        undone: runs
            .iter()
            .map(|(_, count, at)| undone(*at, *count))
            .collect(),
        runs: runs.iter().map(|(_, count, _)| *count).collect(),
        shared: (0..)
            .zip(runs)
            .filter(|(_, (ch, _, _))| is_shared(code_of(*ch)))
            .map(|(nth, (ch, _, _))| (nth, *ch))
            .collect(),
    };
    // a plain pattern needs no details: what `check_gaps` assumes without them is the same
    let plain = !details.gaps.contains(&true)
        && details.undone.iter().all(|bits| *bits == 0)
        && details.runs.iter().all(|count| *count == 1)
        && details.shared.is_empty();
    (!plain).then(|| Box::new(details))
}

fn position(ch: char) -> Position {
    let mut position = Position {
        code: code_of(ch),
        ..Position::default()
    };
    let sounds = Sound::all_of(ch);
    for (place, sound) in position.sounds.iter_mut().zip(&sounds) {
        *place = *sound;
    }
    for (place, symbol) in position
        .symbols
        .iter_mut()
        .zip(crate::text::first_symbols(ch))
    {
        *place = code_of(symbol);
    }
    for (place, letter) in position
        .letters
        .iter_mut()
        .zip(crate::text::first_letters(ch))
    {
        *place = code_of(letter);
    }
    position
}

impl Position {
    /// The sounds of the Chinese characters that may be written here.
    pub(super) fn chinese_sounds(&self) -> Vec<Sound> {
        self.sounds(Disguises::default(), false, false)
    }

    /// The sounds of everything that may be written here, by which the filter finds it.
    pub(super) fn sounds(&self, allowed: Disguises, masks: bool, latin: bool) -> Vec<Sound> {
        let sound_of = |code: &Code| Sound::of(char::from_u32(u32::from(*code)).unwrap_or(' '));
        let mut sounds: Vec<Sound> = self.sounds.to_vec();
        // the sound of the character's own unit must be among them, whatever readings are listed
        sounds.push(sound_of(&self.code));
        if allowed.contains(Disguise::Bopomofo) {
            sounds.extend(self.symbols.iter().map(sound_of));
        }
        if allowed.contains(Disguise::Initials) {
            sounds.extend(self.letters.iter().map(sound_of));
        }
        if masks {
            let chars: &[char] = if latin { &MASK_LETTERS } else { &MASK_CHARS };
            sounds.push(Sound::MASK);
            sounds.extend(chars.iter().map(|ch| Sound::of(*ch)));
        }
        // a rare character has no sound: then NONE is its key
        let silent = sound_of(&self.code) == Sound::NONE;
        sounds.retain(|sound| silent || *sound != Sound::NONE);
        sounds.sort_unstable();
        sounds.dedup();
        sounds
    }
}

/// Whether this unit is a character that people write to mask another.
pub(super) fn masks(unit: Unit, latin: bool) -> bool {
    let chars: &[char] = if latin { &MASK_LETTERS } else { &MASK_CHARS };
    chars.iter().any(|ch| code_of(*ch) == unit.code())
}
