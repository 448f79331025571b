//! What the company of a hit is read from: the words of `company.tsv` that begin at each character of a text, and how far
//! it is from the beginning.

use super::word_classes::{Classes, WordClasses};
use crate::text::shown::Shown;

/// See above. Reused from text to text, so that it stops allocating.
#[derive(Debug, Default)]
pub(super) struct CompanyNotes {
    /// One for each visible character, and one for the end of the text.
    places: Vec<Place>,
    /// The words that begin at each place, in the order of places; of one place the longest first.
    words: Vec<WordHere>,
}

#[derive(Debug, Clone, Copy)]
struct WordHere {
    len: u32,
    classes: Classes,
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
    /// The number of words that begin before it.
    words: u32,
}

impl CompanyNotes {
    /// Reads a text; what was held before is dropped.
    pub(super) fn set(&mut self, chars: &[Shown], classes: &WordClasses) {
        self.places.clear();
        self.words.clear();
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
            });
            letters += u32::from(dense);
            steps += u32::from(dense && !goes_on);
            classes.each_at(chars, at, |len, classes| {
                let len = len as u32;
                self.words.push(WordHere { len, classes });
            });
            self.words.get_mut(words..).unwrap_or_default().reverse();
        }
        self.places.push(Place {
            letters,
            steps,
            in_latin: false,
            words: self.words.len() as u32,
        });
    }

    /// The longest word of one of these classes that begins here and does not go beyond `end`: its length and its
    /// classes. A Latin word is not found within another.
    pub(super) fn longest_at(
        &self,
        at: usize,
        end: usize,
        wanted: Classes,
    ) -> Option<(usize, Classes)> {
        let (from, to) = (self.places.get(at)?.words, self.places.get(at + 1)?.words);
        let mut words = self.words.get(from as usize..to as usize)?.iter();
        let fits = |word: &&WordHere| at + word.len as usize <= end && word.classes.any(wanted);
        words
            .find(fits)
            .map(|word| (word.len as usize, word.classes))
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
}
