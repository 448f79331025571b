//! The clause around a hit, and the words in it that tell something about the hit.

use std::ops::Range;

use super::{
    company_notes::{CompanyNotes, Signs, Word},
    word_classes::{Class, Classes},
};
use crate::text::shown::{Shown, ShownText};

/// How much of a clause is read on each side of the hit: so far, and never more than so many visible characters.
const CLAUSE_REACH: usize = 16;
const CLAUSE_CHARS_MAX: usize = 48;

/// Words between a person and what is said of that person: 市長[根本就是個]白痴.
pub(super) const LINKS: Classes = Classes::of(&[
    Class::Copula,
    Class::Degree,
    Class::Demonstrative,
    Class::Particle,
]);

/// The words of a part of the text.
#[derive(Clone)]
pub(super) struct Words<'t> {
    notes: &'t CompanyNotes,
    part: Range<usize>,
    /// All classes of any of them.
    classes: Classes,
}

impl<'t> Words<'t> {
    fn new(notes: &'t CompanyNotes, part: Range<usize>) -> Self {
        let all = notes.words_in(part.clone());
        let classes = all.fold(Classes::default(), |all, word| all.with(word.classes));
        Self {
            notes,
            part,
            classes,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'t Word> + use<'t> {
        self.notes.words_in(self.part.clone())
    }

    /// Whether any of them is of one of these classes.
    pub(super) const fn has_any(&self, wanted: Classes) -> bool {
        self.classes.any(wanted)
    }

    /// The words of one of these classes.
    pub(super) fn of_any(&self, wanted: Classes) -> impl Iterator<Item = &'t Word> + use<'t> {
        // most classes are not there at all
        let part = if self.has_any(wanted) {
            self.part.clone()
        } else {
            0..0
        };
        let words = self.notes.words_in(part);
        words.filter(move |word| word.classes.any(wanted))
    }

    /// The words of this class.
    pub(super) fn of(&self, class: Class) -> impl Iterator<Item = &'t Word> + use<'t> {
        self.of_any(Classes::of(&[class]))
    }
}

/// A hit in its clause.
pub(super) struct Clause<'t> {
    pub chars: &'t [Shown],
    pub notes: &'t CompanyNotes,
    /// The hit, the clause: in visible characters.
    pub hit: Range<usize>,
    pub bounds: Range<usize>,
    pub before: Words<'t>,
    pub behind: Words<'t>,
}

impl<'t> Clause<'t> {
    /// The clause around these bytes.
    pub(super) fn around(
        shown: &'t ShownText,
        notes: &'t CompanyNotes,
        bytes: &Range<usize>,
    ) -> Self {
        let chars = shown.chars();
        let hit = shown.at_byte(bytes.start)..shown.at_byte(bytes.end);
        let first = hit.start.saturating_sub(CLAUSE_CHARS_MAX);
        let last = (hit.end + CLAUSE_CHARS_MAX).min(chars.len());
        let start = notes.last_sign(first..hit.start, Signs::CLAUSE);
        let start = start.map_or(first, |at| at + 1);
        let end = notes.first_sign(hit.end..last, Signs::CLAUSE);
        let end = end.unwrap_or(last);
        let bounds = notes.reached_back(start..hit.start, CLAUSE_REACH)
            ..notes.reached_ahead(hit.end..end, CLAUSE_REACH);
        Self {
            before: Words::new(notes, bounds.start..hit.start),
            behind: Words::new(notes, hit.end..bounds.end),
            chars,
            notes,
            hit,
            bounds,
        }
    }

    /// The words of another part of the text.
    pub(super) fn words(&self, part: Range<usize>) -> Words<'t> {
        Words::new(self.notes, part)
    }

    /// Words of this class that end at most so many letters before the hit.
    pub(super) fn before(&self, class: Class, reach: usize) -> impl Iterator<Item = &Word> {
        let near = move |word: &&Word| self.gap(word.end, self.hit.start) <= reach;
        self.before.of(class).filter(near)
    }

    /// Words of this class that begin at most so many letters behind the hit.
    pub(super) fn behind(&self, class: Class, reach: usize) -> impl Iterator<Item = &Word> {
        let near = move |word: &&Word| self.gap(self.hit.end, word.start) <= reach;
        self.behind.of(class).filter(near)
    }

    /// How far it is between two places, in characters; a Latin word or a number is as one.
    pub(super) fn gap(&self, from: usize, to: usize) -> usize {
        self.notes.distance(from, to)
    }

    /// The number of letters and digits between two places.
    pub(super) fn letters(&self, from: usize, to: usize) -> usize {
        self.notes.letters(from, to)
    }

    /// Whether nothing but words of these classes is between two places; signs do not count.
    pub(super) fn holds_only(&self, classes: Classes, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to {
            match self.notes.longest_at(at, to, classes) {
                Some((len, _)) => at += len,
                None if self.gap(at, at + 1) == 0 => at += 1,
                None => return false,
            }
        }
        true
    }

    /// Whether the hit itself is a word of this class.
    pub(super) fn hit_is(&self, class: Class) -> bool {
        let (start, end) = (self.hit.start, self.hit.end);
        let found = self.notes.longest_at(start, end, Classes::of(&[class]));
        found.is_some_and(|(len, _)| start + len == end)
    }

    /// Whether this character is written here.
    pub(super) fn is(&self, at: usize, ch: char) -> bool {
        self.chars.get(at).is_some_and(|shown| shown.ch == ch)
    }
}
