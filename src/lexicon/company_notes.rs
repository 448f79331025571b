//! What the company of a hit is read from: the words of `company.tsv` in a text, the signs that end something, and how far
//! it is from place to place. Each is noted once, so that no question walks over the characters again.

use std::ops::Range;

use super::word_classes::{Classes, WordClasses};
use crate::text::shown::Shown;

/// See above. Reused from text to text, so that it stops allocating.
#[derive(Debug, Default)]
pub(super) struct CompanyNotes {
    /// One for each visible character, and one for the end of the text.
    places: Vec<Place>,
    /// The words that begin at each place, in the order of places; of one place the longest first.
    words: Vec<Word>,
    /// The classes of all words.
    classes: Classes,
    /// The signs that end something, in the order of places.
    signs: Vec<(usize, Signs)>,
}

/// A word of `company.tsv` in the text; its place is counted in visible characters.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word {
    pub classes: Classes,
    pub start: usize,
    pub end: usize,
}

/// A place before a visible character.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The number of letters and digits before it.
    letters: u32,
    /// The same with each Latin word or number counted once.
    steps: u32,
    /// Whether it is within a Latin word or a number, before a letter of it.
    in_latin: bool,
    /// The number of words that begin before it, and of signs before it.
    words: u32,
    signs: u32,
}

impl CompanyNotes {
    /// Reads a text; what was held before is dropped.
    pub(super) fn set(&mut self, chars: &[Shown], classes: &WordClasses) {
        self.places.clear();
        self.words.clear();
        self.signs.clear();
        self.classes = Classes::default();
        let (mut letters, mut steps, mut after_latin) = (0, 0, false);
        for (at, shown) in chars.iter().enumerate() {
            let (dense, latin) = (shown.kind.is_dense(), shown.ch.is_ascii_alphanumeric());
            let goes_on = std::mem::replace(&mut after_latin, latin) && latin;
            let words = self.words.len();
            self.places.push(Place {
                letters,
                steps,
                in_latin: dense && goes_on,
                words: words as u32,
                signs: self.signs.len() as u32,
            });
            let signs = Signs::at(chars, at);
            if signs != Signs::NONE {
                self.signs.push((at, signs));
            }
            letters += u32::from(dense);
            steps += u32::from(dense && !goes_on);
            classes.each_at(chars, at, |len, classes| {
                self.classes = self.classes.with(classes);
                self.words.push(Word {
                    classes,
                    start: at,
                    end: at + len,
                });
            });
            self.words.get_mut(words..).unwrap_or_default().reverse();
        }
        self.places.push(Place {
            letters,
            steps,
            in_latin: false,
            words: self.words.len() as u32,
            signs: self.signs.len() as u32,
        });
    }

    /// Whether any word of the text is of one of these classes.
    pub(super) const fn has_any(&self, wanted: Classes) -> bool {
        self.classes.any(wanted)
    }

    /// The words that begin at this place or behind it; of one place the longest first.
    fn words_from(&self, at: usize) -> &[Word] {
        let from = self.places.get(at).map(|place| place.words as usize);
        from.and_then(|from| self.words.get(from..))
            .unwrap_or_default()
    }

    /// The words of a part of the text, read leftmost and longest first; none goes beyond its end.
    pub(super) fn words_in(&self, part: Range<usize>) -> impl Iterator<Item = &Word> {
        let mut rest = self.words_from(part.start);
        std::iter::from_fn(move || {
            loop {
                let (word, others) = rest.split_first()?;
                if word.start >= part.end {
                    return None;
                }
                if word.end <= part.end {
                    rest = self.words_from(word.end);
                    return Some(word);
                }
                rest = others;
            }
        })
    }

    /// The last sign in this part of the text that does one of these.
    pub(super) fn last_sign(&self, part: Range<usize>, wanted: Signs) -> Option<usize> {
        let upto = self.places.get(part.end)?.signs as usize;
        let before = self.signs.get(..upto)?.iter().rev();
        let mut near = before.take_while(|(at, _)| *at >= part.start);
        near.find(|(_, signs)| signs.any(wanted)).map(|(at, _)| *at)
    }

    /// The first sign in this part of the text that does one of these.
    pub(super) fn first_sign(&self, part: Range<usize>, wanted: Signs) -> Option<usize> {
        let from = self.places.get(part.start)?.signs as usize;
        let behind = self.signs.get(from..)?.iter();
        let mut near = behind.take_while(|(at, _)| *at < part.end);
        near.find(|(_, signs)| signs.any(wanted)).map(|(at, _)| *at)
    }

    /// The first place of a part from which its end is no farther than `reach` (see [`Self::distance`]).
    pub(super) fn reached_back(&self, part: Range<usize>, reach: usize) -> usize {
        let near = |at: usize| self.distance(at, part.end) <= reach;
        if near(part.start) {
            return part.start;
        }
        // no place is nearer than those behind it
        let far = part.clone().rev().find(|at| !near(*at));
        far.map_or(part.start, |at| at + 1)
    }

    /// The first place of a part that is farther than `reach` from its start, or its end.
    pub(super) fn reached_ahead(&self, part: Range<usize>, reach: usize) -> usize {
        let near = |at: usize| self.distance(part.start, at) <= reach;
        if part.end.checked_sub(1).is_none_or(near) {
            return part.end;
        }
        part.clone().find(|at| !near(*at)).unwrap_or(part.end)
    }

    /// The longest word of one of these classes that begins here and does not go beyond `end`: its length and its
    /// classes. A Latin word is not found within another.
    pub(super) fn longest_at(
        &self,
        at: usize,
        end: usize,
        wanted: Classes,
    ) -> Option<(usize, Classes)> {
        let here = self.words_from(at).iter();
        let mut here = here.take_while(|word| word.start == at);
        let word = here.find(|word| word.end <= end && word.classes.any(wanted))?;
        Some((word.end - at, word.classes))
    }

    /// How far it is between two places, in characters; a Latin word or a number is as one.
    pub(super) fn distance(&self, from: usize, to: usize) -> usize {
        // of a Latin word that is cut in two, the second part counts as well
        self.between(from, to, |from, to| {
            to.steps - from.steps + u32::from(from.in_latin)
        })
    }

    /// The number of letters and digits between two places.
    pub(super) fn letters(&self, from: usize, to: usize) -> usize {
        self.between(from, to, |from, to| to.letters - from.letters)
    }

    fn between(&self, from: usize, to: usize, count: impl Fn(&Place, &Place) -> u32) -> usize {
        let places = self.places.get(from).zip(self.places.get(to));
        match places {
            Some((first, last)) if from < to => count(first, last) as usize,
            _ => 0,
        }
    }
}

/// What a sign ends, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs(u8);

impl Signs {
    /// A clause.
    pub(super) const CLAUSE: Self = Self(1);
    /// What is read as the sentence of a hit behind it.
    pub(super) const SENTENCE_BEFORE: Self = Self(2);
    /// The same of a hit before it, which a call or a question does not end.
    pub(super) const SENTENCE_BEHIND: Self = Self(4);
    /// What is outside of a quotation, or the quotation.
    pub(super) const MARK: Self = Self(8);

    const NONE: Self = Self(0);

    /// What the character at this place ends.
    fn at(chars: &[Shown], at: usize) -> Self {
        // letters and digits end nothing
        let Some(shown) = chars.get(at).filter(|shown| !shown.kind.is_dense()) else {
            return Self::NONE;
        };
        let ch = shown.ch;
        let ends = [
            (ends_clause(chars, at), Self::CLAUSE),
            (
                matches!(ch, '。' | '！' | '？' | '!' | '?' | '\n'),
                Self::SENTENCE_BEFORE,
            ),
            (matches!(ch, '。' | '\n'), Self::SENTENCE_BEHIND),
            (opens(ch) || closes(ch), Self::MARK),
        ];
        let ends = ends.into_iter().filter(|(ends, _)| *ends);
        Self(ends.fold(0, |bits, (_, what)| bits | what.0))
    }

    const fn any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }
}

/// Whether a quotation opens with this sign.
pub(super) const fn opens(ch: char) -> bool {
    matches!(ch, '「' | '『' | '“' | '‘' | '《' | '〈' | '"')
}

/// Whether a quotation closes with this sign.
pub(super) const fn closes(ch: char) -> bool {
    matches!(ch, '」' | '』' | '”' | '’' | '》' | '〉' | '"')
}

/// Whether a clause ends with this sign: a blank between two Latin words ends none.
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
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shown::ShownText;

    #[test]
    fn distances_count_a_latin_word_once_wherever_it_is_cut() {
        let (mut shown, mut notes) = (ShownText::default(), CompanyNotes::default());
        shown.set("他說 ok123，好 a b");
        notes.set(shown.chars(), &WordClasses::read(&[], &mut Vec::new()));
        let chars = shown.chars();
        for from in 0..=chars.len() {
            for to in from..=chars.len() {
                let part = &chars[from..to];
                let dense = |shown: &Shown| usize::from(shown.kind.is_dense());
                let latin = |shown: &Shown| shown.ch.is_ascii_alphanumeric();
                let joints = part
                    .windows(2)
                    .filter(|two| latin(&two[0]) && latin(&two[1]));
                let letters: usize = part.iter().map(dense).sum();
                assert_eq!(notes.letters(from, to), letters);
                assert_eq!(notes.distance(from, to), letters - joints.count());
            }
        }
        assert_eq!((notes.distance(3, 2), notes.distance(0, 99)), (0, 0));
    }

    #[test]
    fn the_longest_word_that_fits_and_is_of_the_class_is_found() {
        use crate::lexicon::word_classes::Class;
        let (mut shown, mut notes) = (ShownText::default(), CompanyNotes::default());
        shown.set("他是市長");
        notes.set(shown.chars(), &WordClasses::read(&[], &mut Vec::new()));
        let len = |at, end, class| {
            let found = notes.longest_at(at, end, Classes::of(&[class]));
            found.map(|(len, _)| len)
        };
        assert_eq!(len(2, 4, Class::Office), Some(2));
        assert_eq!(len(2, 3, Class::Office), None);
        assert_eq!(len(2, 4, Class::You), None);
        assert_eq!(len(1, 4, Class::Copula), Some(1));
        assert_eq!(len(4, 4, Class::Copula), None);
    }

    #[test]
    fn words_of_a_part_are_read_leftmost_and_longest_and_end_within_it() {
        let (mut shown, mut notes) = (ShownText::default(), CompanyNotes::default());
        let classes = WordClasses::read(&[], &mut Vec::new());
        for text in [
            "他根本就是立法委員，你這個市長去死啦 fuck off 吧",
            "去死死去死死人妖市長",
        ] {
            shown.set(text);
            notes.set(shown.chars(), &classes);
            let len = shown.chars().len();
            for part in (0..=len).flat_map(|from| (from..=len).map(move |to| from..to)) {
                let (mut at, mut wanted) = (part.start, Vec::new());
                while at < part.end {
                    let longest = (at + 1..=part.end).rev().find(|end| {
                        let here = notes.words_from(at).iter();
                        here.clone()
                            .any(|word| (word.start, word.end) == (at, *end))
                    });
                    wanted.extend(longest.map(|end| (at, end)));
                    at = longest.unwrap_or(at + 1);
                }
                let read = notes.words_in(part).map(|word| (word.start, word.end));
                assert_eq!(read.collect::<Vec<_>>(), wanted, "{text}");
            }
        }
    }

    #[test]
    fn signs_and_reaches_are_found_as_if_walked_to() {
        let (mut shown, mut notes) = (ShownText::default(), CompanyNotes::default());
        let text =
            "他說：「白痴ok good，真的！」。why？\n『好』 a b，,.;!?；…《x》〈y〉“z”‘w’\"q\"　\t";
        shown.set(text);
        notes.set(shown.chars(), &WordClasses::read(&[], &mut Vec::new()));
        let chars = shown.chars();
        let signs = [
            Signs::CLAUSE,
            Signs::SENTENCE_BEFORE,
            Signs::SENTENCE_BEHIND,
            Signs::MARK,
        ];
        for from in 0..=chars.len() {
            for to in from..=chars.len() {
                for wanted in signs {
                    let here = |at: &usize| Signs::at(chars, *at).any(wanted);
                    assert_eq!(
                        notes.last_sign(from..to, wanted),
                        (from..to).rev().find(here)
                    );
                    assert_eq!(notes.first_sign(from..to, wanted), (from..to).find(here));
                }
                let far = |at: &usize| notes.distance(*at, to) > 4;
                let back = (from..to).rev().find(far).map_or(from, |at| at + 1);
                assert_eq!(notes.reached_back(from..to, 4), back);
                let far = |at: &usize| notes.distance(from, *at) > 4;
                let ahead = (from..to).find(far).unwrap_or(to);
                assert_eq!(notes.reached_ahead(from..to, 4), ahead);
            }
        }
        let ends_something = |ch: char| {
            let own = [Shown {
                ch,
                kind: crate::text::fold::CharKind::Skip,
                ..chars[0]
            }];
            Signs::at(&own, 0) != Signs::NONE
        };
        for ch in (' '..='\u{ffff}').filter(|ch| ends_something(*ch)) {
            assert!(
                !crate::text::fold::kind(ch).is_dense(),
                "{ch:?} is a letter and ends something"
            );
        }
    }
}
