//! Taiwan's personal identification numbers: 國民身分證 and 居留證, both with the check digit of the 內政部.

use std::ops::Range;

use super::{
    digits::{GapKind, separator},
    kind::{PatternKind, RawHit, lies_in},
    numeral::Script,
    signs::Signs,
};
use crate::text::{Disguise, Disguises};

/// The number for each letter, A to Z (the letters are the cities and counties that first issued the numbers).
const LETTERS: [u32; 26] = [
    10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30,
    31, 33,
];
const DIGITS: usize = 9;
/// The weight of each digit, the check digit last.
const WEIGHTS: [u32; DIGITS] = [8, 7, 6, 5, 4, 3, 2, 1, 1];
const GAP_SIGNS_MAX: usize = 2;
const REAL_DIGITS_MIN: usize = 7;

/// Adds every identification number to `hits`.
pub(super) fn find(signs: &Signs, addresses: &[Range<usize>], hits: &mut Vec<RawHit>) {
    let mut at = 0;
    while at < signs.len() {
        let found = starts(signs, at)
            .filter(|_| !lies_in(addresses, at))
            .and_then(|letter| recognise(signs, at, letter));
        at = found.as_ref().map_or(at + 1, |seen| seen.signs.end);
        hits.extend(found);
    }
}

/// The number for the letter here, if an identification number may start with it: no letter or digit is before it.
fn starts(signs: &Signs, at: usize) -> Option<u32> {
    letter(signs.ch(at)).filter(|_| signs.is_word_edge(at))
}

fn recognise(signs: &Signs, at: usize, first: u32) -> Option<RawHit> {
    let (kind, read) = match letter(signs.ch(at + 1)).filter(|_| is_gender(signs, at + 1)) {
        Some(second) => {
            let mut read = DigitReader::new(signs, at + 1);
            read.digit(second % 10, Script::Arabic);
            (PatternKind::ResidenceId, read.rest()?)
        }
        None => {
            let read = DigitReader::new(signs, at).rest()?;
            let kind = match read.digits.first() {
                Some(1 | 2) => PatternKind::NationalId,
                Some(8 | 9) => PatternKind::ResidenceId,
                _ => return None,
            };
            (kind, read)
        }
    };
    (checks(first, &read.digits) && read.stands_free())
        .then(|| RawHit::new(kind, at..read.at + 1, read.how()))
}

/// In the old numbers of 居留證 the second letter, A to D, gave nationality and gender.
fn is_gender(signs: &Signs, at: usize) -> bool {
    matches!(signs.ch(at), 'a'..='d')
}

fn letter(ch: char) -> Option<u32> {
    let nth = (ch as usize).checked_sub('a' as usize)?;
    LETTERS.get(nth).copied()
}

/// Whether the last digit is the check digit of the others. A123456789: A counts 10, which gives 1 + 0 × 9 = 1; the
/// digits give 1×8 + 2×7 + 3×6 + 4×5 + 5×4 + 6×3 + 7×2 + 8×1 + 9×1 = 129; the sum 130 is a multiple of 10.
fn checks(letter: u32, digits: &[u32; DIGITS]) -> bool {
    let weighted = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight);
    let sum = letter / 10 + letter % 10 * 9 + weighted.sum::<u32>();
    sum.is_multiple_of(10)
}

/// Reads digits from sign to sign.
struct DigitReader<'s> {
    signs: &'s Signs,
    /// The last sign read.
    at: usize,
    digits: [u32; DIGITS],
    len: usize,
    letters: usize,
    chinese: bool,
    /// The first separator of the first gap that has any, and their number: all gaps must be alike.
    gap: Option<(char, usize)>,
}

impl<'s> DigitReader<'s> {
    const fn new(signs: &'s Signs, at: usize) -> Self {
        Self {
            signs,
            at,
            digits: [0; DIGITS],
            len: 0,
            letters: 0,
            chinese: false,
            gap: None,
        }
    }

    fn digit(&mut self, value: u32, script: Script) {
        if let Some(place) = self.digits.get_mut(self.len) {
            *place = value;
            self.len += 1;
            self.letters += usize::from(script == Script::Letter);
            self.chinese |= script == Script::Chinese;
        }
    }

    /// Reads the remaining digits; `None` if anything else comes before there are nine, or the gaps differ.
    fn rest(mut self) -> Option<Self> {
        while self.len < DIGITS {
            let next = self.skip_gap()?;
            let sign = self.signs.get(next)?;
            let digit = sign.digit.or_else(|| sign.digit_or_letter())?;
            self.at = next;
            self.digit(u32::from(digit.value), digit.script);
            if self.letters + REAL_DIGITS_MIN > DIGITS {
                return None;
            }
        }
        Some(self)
    }

    fn skip_gap(&mut self) -> Option<usize> {
        let start = self.at + 1;
        let mut end = start;
        while self.signs.get(end)?.digit.is_none() && self.joins(end) {
            end += 1;
            if end - start > GAP_SIGNS_MAX {
                return None;
            }
        }
        if end > start {
            let gap = (self.signs.ch(start), end - start);
            if *self.gap.get_or_insert(gap) != gap {
                return None;
            }
        }
        Some(end)
    }

    /// Whether a sign may be between two digits.
    fn joins(&self, at: usize) -> bool {
        separator(self.signs.ch(at), self.signs.kind(at)) <= GapKind::Tight
    }

    /// Whether it ends here: no letter or digit follows, nor, after a hyphen or dot, more digits.
    fn stands_free(&self) -> bool {
        let next = self.at + 1;
        let digit = |at: usize| self.signs.get(at).and_then(|sign| sign.digit);
        let more = match digit(next) {
            Some(digit) => digit.script == Script::Arabic || self.chinese,
            None => false,
        };
        let tight = separator(self.signs.ch(next), self.signs.kind(next)) == GapKind::Tight
            && digit(next + 1).is_some();
        !more && !tight && self.signs.is_word_edge(next)
    }

    fn how(&self) -> Disguises {
        let gaps = self.gap.map(|_| Disguise::Separators);
        let letters = (self.letters > 0).then_some(Disguise::Leet);
        gaps.into_iter().chain(letters).collect::<Disguises>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<PatternKind> {
        let mut signs = Signs::default();
        let mut hits = Vec::new();
        signs.read(text);
        find(&signs, &[], &mut hits);
        hits.into_iter().map(|seen| seen.kind).collect()
    }

    #[test]
    fn the_check_digit_is_checked_for_every_letter() {
        for first in 'A'..='Z' {
            let valid = (0..10)
                .filter(|last| !found(&format!("{first}12345678{last}")).is_empty())
                .count();
            assert_eq!(valid, 1, "{first}");
        }
    }

    #[test]
    fn the_second_character_tells_the_kind() {
        use PatternKind::{NationalId, ResidenceId};
        assert_eq!(found("A123456789"), [NationalId]);
        assert_eq!(found("F131104093"), [NationalId]);
        assert_eq!(found("A800000014"), [ResidenceId]);
        assert_eq!(found("AC01234567"), [ResidenceId]);
        assert_eq!(found("A323456783"), []);
    }

    #[test]
    fn it_is_no_part_of_a_longer_code() {
        for code in [
            "XA123456789",
            "A1234567890",
            "A123456789-01",
            "A123456789B",
            "A12345678",
        ] {
            assert_eq!(found(code), [], "{code}");
        }
        assert_eq!(found("A123456789一堆人看到").len(), 1);
    }
}
