//! The clause around a hit, and the words in it that tell something about the hit.

use std::ops::Range;

use super::{
    company_notes::CompanyNotes,
    word_classes::{Class, Classes},
};
use crate::text::shown::{Shown, ShownText};

/// How much of a clause is read on each side of the hit: so far, and never more than so many visible characters.
const CLAUSE_REACH: usize = 16;
const CLAUSE_CHARS_MAX: usize = 48;
/// The most words of a side that are noticed.
const WORDS_MAX: usize = 48;

/// Words between a person and what is said of that person: 市長[根本就是個]白痴.
pub(super) const LINKS: Classes = Classes::of(&[
    Class::Copula,
    Class::Degree,
    Class::Demonstrative,
    Class::Particle,
]);

/// A word of `company.tsv` in the text; its place is counted in visible characters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word {
    pub classes: Classes,
    pub start: usize,
    pub end: usize,
}

/// The words of a part of the text, without allocating.
#[derive(Debug)]
pub(super) struct Words {
    words: [Word; WORDS_MAX],
    len: usize,
    /// All classes of any of them.
    classes: Classes,
}

impl Words {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Word> {
        self.words.get(..self.len).unwrap_or_default().iter()
    }

    /// The words of this class.
    pub(super) fn of(&self, class: Class) -> impl Iterator<Item = &Word> {
        // most classes are not there at all
        let len = if self.classes.has(class) { self.len } else { 0 };
        let words = self.words.get(..len).unwrap_or_default().iter();
        words.filter(move |word| word.classes.has(class))
    }
}

/// A hit in its clause.
pub(super) struct Clause<'t> {
    pub chars: &'t [Shown],
    pub notes: &'t CompanyNotes,
    /// The hit, the clause: in visible characters.
    pub hit: Range<usize>,
    pub bounds: Range<usize>,
    pub before: Words,
    pub behind: Words,
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
        let near = |from: usize, to: usize| notes.distance(from, to) <= CLAUSE_REACH;
        let first = hit.start.saturating_sub(CLAUSE_CHARS_MAX);
        let last = (hit.end + CLAUSE_CHARS_MAX).min(chars.len());
        let start = (first..hit.start)
            .rev()
            .find(|at| ends_clause(chars, *at) || !near(*at, hit.start));
        let end = (hit.end..last).find(|at| ends_clause(chars, *at) || !near(hit.end, *at));
        let bounds = start.map_or(first, |at| at + 1)..end.unwrap_or(last);
        Self {
            before: words(notes, bounds.start..hit.start),
            behind: words(notes, hit.end..bounds.end),
            chars,
            notes,
            hit,
            bounds,
        }
    }

    /// The words of another part of the text.
    pub(super) fn words(&self, range: Range<usize>) -> Words {
        words(self.notes, range)
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

fn words(notes: &CompanyNotes, range: Range<usize>) -> Words {
    let mut words = Words {
        words: [Word::default(); WORDS_MAX],
        len: 0,
        classes: Classes::default(),
    };
    let mut start = range.start;
    while start < range.end {
        let Some((len, classes)) = notes.longest_at(start, range.end, Classes::ALL) else {
            start += 1;
            continue;
        };
        let end = start + len;
        if let Some(free) = words.words.get_mut(words.len) {
            *free = Word {
                classes,
                start,
                end,
            };
            words.len += 1;
            words.classes = words.classes.with(classes);
        }
        start = end;
    }
    words
}

/// Whether a clause ends here: at its sign, or at a blank that is not between two Latin words.
fn ends_clause(chars: &[Shown], at: usize) -> bool {
    let latin = |at: Option<usize>| {
        let shown = at.and_then(|at| chars.get(at));
        shown.is_some_and(|shown| shown.ch.is_ascii_alphanumeric())
    };
    match chars.get(at).map(|shown| shown.ch) {
        Some(' ') => !(latin(at.checked_sub(1)) && latin(Some(at + 1))),
        Some(ch) => {
            matches!(
                ch,
                '，' | '。' | '！' | '？' | '；' | '…' | ',' | '.' | '!' | '?' | ';'
            ) || ch.is_whitespace()
        }
        None => true,
    }
}
