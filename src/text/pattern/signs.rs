//! A text as a row of folded signs, each with its place in the original and its worth as a digit.

use std::ops::Range;

use super::{
    gate::may_be_digit,
    kind::only,
    numeral::{Digit, Script, digit_of},
};
use crate::text::{
    Disguise, Disguises,
    fold::{CharKind, fold_char},
};

/// The frame that makes a key of a digit (1️⃣).
const KEYCAP: char = '\u{20e3}';

/// One folded character that shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    pub ch: char,
    pub kind: CharKind,
    /// Its worth where it is a digit of any script.
    pub digit: Option<Digit>,
    /// Its code points in the original, marks upon it included.
    start: u32,
    end: u32,
    /// What was undone to see it.
    how: Disguises,
    /// Whether something invisible stands before it.
    hidden: bool,
}

/// All signs of one text.
#[derive(Debug, Default)]
pub(super) struct Signs {
    signs: Vec<Sign>,
    /// Where each code point of the original starts, in bytes; one more for the end.
    bytes: Vec<u32>,
}

impl Signs {
    /// Reads `text` in place of what was held before.
    pub(super) fn read(&mut self, text: &str) {
        self.signs.clear();
        self.bytes.clear();
        let mut hidden = false;
        for (at, (byte, ch)) in (0..).zip(text.char_indices()) {
            self.bytes.push(byte as u32);
            let fold = fold_char(ch);
            let how = Disguises::from_bits(u16::from(fold.undone()));
            match fold.kind() {
                CharKind::Hidden => hidden = true,
                CharKind::Mark => {
                    self.mark_last(ch, at, how, hidden);
                    // the selector within a keycap hides nothing
                    hidden &= ch != KEYCAP;
                }
                _ => {
                    match fold.single() {
                        Some(only) => self.push(only.ch, only.kind, at, how, hidden),
                        None => fold
                            .chars()
                            .for_each(|folded| self.push(folded.ch, folded.kind, at, how, hidden)),
                    }
                    hidden = false;
                }
            }
        }
        self.bytes.push(text.len() as u32);
    }

    fn push(&mut self, ch: char, kind: CharKind, at: u32, mut how: Disguises, hidden: bool) {
        let worth = may_be_digit(ch).then(|| digit_of(ch)).flatten();
        let (ch, digit) = match worth {
            Some((digit, plain)) => {
                if plain != ch {
                    how.insert(Disguise::Width);
                }
                (plain, Some(digit))
            }
            None => (ch, None),
        };
        // an invented digit is a digit to the boundary as well
        let kind = if ch.is_ascii_digit() {
            CharKind::Word
        } else {
            kind
        };
        self.signs.push(Sign {
            ch,
            kind,
            digit,
            start: at,
            end: at + 1,
            how,
            hidden,
        });
    }

    fn mark_last(&mut self, ch: char, at: u32, how: Disguises, hidden: bool) {
        // a keycap has a selector before its frame
        if let Some(last) = self.signs.last_mut()
            && (!hidden || ch == KEYCAP)
            && last.kind.is_dense()
        {
            last.end = at + 1;
            last.how = last.how.union(if ch == KEYCAP {
                only(Disguise::Emoji)
            } else {
                how
            });
        }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.signs.len()
    }

    /// The sign at a place.
    pub(super) fn get(&self, at: usize) -> Option<&Sign> {
        self.signs.get(at)
    }

    /// The character at a place; NUL past the ends.
    pub(super) fn ch(&self, at: usize) -> char {
        self.get(at).map_or('\0', |sign| sign.ch)
    }

    /// The character before a place; NUL at the start.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |before| self.ch(before))
    }

    /// What it is; a stop past the ends.
    pub(super) fn kind(&self, at: usize) -> CharKind {
        self.get(at).map_or(CharKind::Stop, |sign| sign.kind)
    }

    /// Whether a Latin letter or Arabic digit stands there.
    pub(super) fn is_alnum(&self, at: usize) -> bool {
        self.ch(at).is_ascii_alphanumeric()
    }

    /// Whether a word of a spaced script could go on from `at - 1` to `at`.
    pub(super) fn is_word_edge(&self, at: usize) -> bool {
        let word = |at: usize| self.get(at).is_some_and(|sign| sign.kind == CharKind::Word);
        !(word(at) && at.checked_sub(1).is_some_and(word))
    }

    /// Whether these characters stand there, one after the other.
    pub(super) fn starts_with(&self, at: usize, word: &str) -> bool {
        word.chars()
            .enumerate()
            .all(|(nth, ch)| self.ch(at + nth) == ch)
    }

    /// The place where the run of Latin letters and Arabic digits that starts here ends.
    pub(super) fn token_end(&self, at: usize) -> usize {
        (at..self.len())
            .find(|&at| !self.is_alnum(at))
            .unwrap_or(self.len())
    }

    /// Whether the sign is a blank, which no sentence ends with.
    pub(super) fn is_blank(&self, at: usize) -> bool {
        self.ch(at).is_whitespace() && self.kind(at) == CharKind::Skip
    }

    /// Whether a full-width or circled form was undone.
    pub(super) fn is_wide(&self, at: usize) -> bool {
        self.get(at)
            .is_some_and(|sign| sign.how.contains(Disguise::Width))
    }

    /// How many code points lie between the end of one sign and the start of another.
    pub(super) fn distance(&self, left: usize, right: usize) -> u32 {
        match (self.get(left), self.get(right)) {
            (Some(left), Some(right)) => right.start.saturating_sub(left.end),
            _ => 0,
        }
    }

    /// Ways of writing that were undone in a run of signs. Case is none: ids and addresses are told in either; nor are
    /// wide signs that are no letters: Chinese punctuation is wide.
    pub(super) fn written(&self, range: Range<usize>) -> Disguises {
        let signs = self.signs.get(range).unwrap_or_default();
        let shown = signs.iter().filter(|sign| sign.kind.is_dense());
        let of_letters = shown
            .flat_map(|sign| sign.how.iter())
            .filter(|how| *how != Disguise::Case && *how != Disguise::Variant);
        let parted = signs.iter().skip(1).any(|sign| sign.hidden);
        let digits = signs.iter().filter_map(|sign| sign.digit);
        let chinese = digits
            .filter(|digit| digit.script == Script::Chinese)
            .map(|_| Disguise::Variant);
        of_letters
            .chain(parted.then_some(Disguise::Separators))
            .chain(chinese)
            .collect()
    }

    /// A run of signs in bytes of the original.
    pub(super) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let signs = self.signs.get(range).unwrap_or_default();
        let byte = |at: u32| self.bytes.get(at as usize).map_or(0, |&byte| byte as usize);
        match (signs.first(), signs.last()) {
            (Some(first), Some(last)) => byte(first.start)..byte(last.end),
            _ => 0..0,
        }
    }
}

impl Sign {
    /// Its worth as a digit where letters may stand for digits.
    pub(super) const fn digit_or_letter(&self) -> Option<Digit> {
        let value = match self.ch {
            'o' => 0,
            'l' | 'i' => 1,
            _ => return self.digit,
        };
        Some(Digit {
            value,
            script: Script::Letter,
        })
    }
}
