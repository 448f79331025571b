//! A text as a list of signs: folded visible characters, each with its place in the original and its value as a digit.

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

/// The combining frame that turns a digit into a keycap (1️⃣).
const KEYCAP: char = '\u{20e3}';

/// One folded visible character.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    pub ch: char,
    pub kind: CharKind,
    /// Its value, if it is a digit of any script.
    pub digit: Option<Digit>,
    /// Its code points in the original, its combining marks included.
    start: u32,
    end: u32,
    /// The disguises that were undone.
    how: Disguises,
    /// Whether something invisible comes before it.
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
    /// Reads `text`; what was held before is dropped.
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
                    // the variation selector within a keycap is no attempt to hide
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
        let value = may_be_digit(ch).then(|| digit_of(ch)).flatten();
        let (ch, digit) = match value {
            Some((digit, plain)) => {
                if plain != ch {
                    how.insert(Disguise::Width);
                }
                (plain, Some(digit))
            }
            None => (ch, None),
        };
        // a circled digit bounds a word as a plain one does
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
        // a keycap has a variation selector before its frame, which is read as hidden
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

    /// The number of signs.
    pub(super) const fn len(&self) -> usize {
        self.signs.len()
    }

    /// The sign at an index.
    pub(super) fn get(&self, at: usize) -> Option<&Sign> {
        self.signs.get(at)
    }

    /// The character at an index; NUL beyond the end.
    pub(super) fn ch(&self, at: usize) -> char {
        self.get(at).map_or('\0', |sign| sign.ch)
    }

    /// The character before an index; NUL at the start.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |before| self.ch(before))
    }

    /// The kind of the sign at an index; a stop beyond the end.
    pub(super) fn kind(&self, at: usize) -> CharKind {
        self.get(at).map_or(CharKind::Stop, |sign| sign.kind)
    }

    /// Whether it is a Latin letter or an Arabic digit.
    pub(super) fn is_alnum(&self, at: usize) -> bool {
        self.ch(at).is_ascii_alphanumeric()
    }

    /// Whether a word may begin at `at`: the signs before and at it are not both of a script with spaces.
    pub(super) fn is_word_edge(&self, at: usize) -> bool {
        let word = |at: usize| self.get(at).is_some_and(|sign| sign.kind == CharKind::Word);
        !(word(at) && at.checked_sub(1).is_some_and(word))
    }

    /// Whether the text goes on with this word.
    pub(super) fn starts_with(&self, at: usize, word: &str) -> bool {
        word.chars()
            .enumerate()
            .all(|(nth, ch)| self.ch(at + nth) == ch)
    }

    /// The end of the run of Latin letters and Arabic digits that starts here.
    pub(super) fn token_end(&self, at: usize) -> usize {
        (at..self.len())
            .find(|&at| !self.is_alnum(at))
            .unwrap_or(self.len())
    }

    /// Whether it is a blank, but no line end.
    pub(super) fn is_blank(&self, at: usize) -> bool {
        self.ch(at).is_whitespace() && self.kind(at) == CharKind::Skip
    }

    /// Whether it was written full-width or circled.
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

    /// The disguises that were undone in a run of signs. Case is not counted, since ids and addresses are written in
    /// either, nor is the width of punctuation, since Chinese punctuation is wide.
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
    /// Its value as a digit where a letter may replace one: o is 0, l and i are 1.
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
