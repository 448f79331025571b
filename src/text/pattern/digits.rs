//! Digits in groups, and the groups that may be one number.
//!
//! A group is a run of digits of one script with nothing visible between them. Groups with only separators between them
//! form a run of groups, and a number is some neighbouring groups of a run: `0912-345-678` is one number of three
//! groups.

use std::ops::Range;

use super::{
    kind::{lies_in, only},
    numeral::{Digit, GAP_CHARS_MAX, Script},
    signs::Signs,
};
use crate::text::{Disguise, Disguises, fold::CharKind};

/// The most digits that any of the numbers has (a payment card).
pub(super) const DIGITS_MAX: usize = 19;
/// The most groups in which a number is written, unless it is pulled apart on purpose: +886 (0)912-345-678 has five.
pub(super) const GROUPS_MAX: usize = 6;
/// The most separators between two groups of one number.
const GAP_SIGNS_MAX: usize = 3;
/// This many digits of a number must be real digits, not look-alike letters.
const REAL_DIGITS_MIN: usize = 7;
/// Labels that may touch a phone number without a blank: tel0912345678.
const LABELS: [&str; 12] = [
    "telephone",
    "mobile",
    "phone",
    "line",
    "call",
    "cell",
    "tel",
    "fax",
    "sms",
    "ph",
    "m",
    "t",
];

/// The gap before a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DigitGap {
    pub kind: GapKind,
    /// The first separator, and the number of separators.
    sign: Option<(char, usize)>,
}

/// Kinds of gaps, the more they separate the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GapKind {
    /// No separator: only the script changes.
    Soft,
    /// Blanks, brackets, emoji.
    Loose,
    /// Signs that join parts of one number or code: hyphens, dots.
    Tight,
    /// Signs that separate numbers and parts of dates and times: commas, colons, slashes.
    Weak,
    /// Anything else: no number goes on behind it.
    Broken,
}

const BROKEN: DigitGap = DigitGap {
    kind: GapKind::Broken,
    sign: None,
};

#[derive(Debug, Clone, Copy)]
struct DigitGroup {
    /// Its digits, as indexes into [`DigitGroups::digits`].
    start: u32,
    end: u32,
    before: DigitGap,
}

/// The digits of a text, in groups.
#[derive(Debug, Default)]
pub(super) struct DigitGroups {
    digits: Vec<PlacedDigit>,
    groups: Vec<DigitGroup>,
}

#[derive(Debug, Clone, Copy)]
struct PlacedDigit {
    sign: u32,
    digit: Digit,
}

/// Neighbouring groups that may be one number.
pub(super) struct NumberCandidate<'g> {
    /// The values of its digits.
    pub digits: [u8; DIGITS_MAX],
    /// How many digits it has.
    pub len: usize,
    groups: &'g [DigitGroup],
    /// The gap after it.
    after: DigitGap,
    /// Whether there is a plus before it.
    pub plus: bool,
    signs: Range<usize>,
    letters: bool,
}

impl DigitGroups {
    /// Reads the digits of a text except those in `addresses`.
    pub(super) fn read(&mut self, signs: &Signs, addresses: &[Range<usize>]) {
        self.digits.clear();
        self.groups.clear();
        let mut at = 0;
        let mut joined = false;
        while at < signs.len() {
            let end = self.token(signs, at, addresses, &mut joined);
            at = end.max(at + 1);
        }
    }

    /// Reads the token that starts at a sign and returns its end. `joined` is whether the next group may belong to the
    /// last one.
    fn token(
        &mut self,
        signs: &Signs,
        at: usize,
        addresses: &[Range<usize>],
        joined: &mut bool,
    ) -> usize {
        let inside = lies_in(addresses, at);
        match signs.get(at).map(|sign| (sign.digit, sign.kind)) {
            Some((Some(digit), _)) if digit.script == Script::Chinese && !inside => {
                let end = chinese_end(signs, at);
                self.group(signs, at..end, joined);
                end
            }
            Some((_, CharKind::Word)) => {
                let end = signs.token_end(at).max(at + 1);
                match numeric_part(signs, at..end).filter(|_| !inside) {
                    Some(part) => {
                        // the label of tel0912 parts these digits from an earlier group
                        *joined &= part.start == at;
                        self.group(signs, part.clone(), joined);
                        // and letters at the end part them from a later one
                        *joined = part.end == end;
                    }
                    None => *joined = false,
                }
                end
            }
            Some((_, CharKind::Letter | CharKind::Stop)) | None => {
                *joined = false;
                at + 1
            }
            Some(_) => at + 1,
        }
    }

    fn group(&mut self, signs: &Signs, range: Range<usize>, joined: &mut bool) {
        let before = match self.digits.last() {
            Some(last) if *joined => gap(signs, last.sign as usize + 1..range.start),
            _ => BROKEN,
        };
        let start = self.digits.len() as u32;
        let found = range.filter_map(|at| {
            let sign = signs.get(at)?;
            Some(PlacedDigit {
                sign: at as u32,
                digit: sign.digit.or_else(|| sign.digit_or_letter())?,
            })
        });
        self.digits.extend(found);
        let end = self.digits.len() as u32;
        self.groups.push(DigitGroup { start, end, before });
        *joined = true;
    }

    /// Offers every candidate, by start, then shorter ones first. `take` answers `Some` to take one; its groups are not
    /// offered again.
    pub(super) fn numbers(
        &self,
        signs: &Signs,
        mut take: impl FnMut(&NumberCandidate<'_>) -> Option<()>,
    ) {
        let mut first = 0;
        while first < self.groups.len() {
            let taken = self
                .ends(first)
                .filter_map(|end| self.number(signs, first..end).map(|number| (end, number)))
                .find_map(|(end, number)| take(&number).map(|()| end));
            first = taken.unwrap_or(first + 1);
        }
    }

    /// Where a number that starts with this group may end: it has few groups, unless it is a whole run of groups.
    fn ends(&self, first: usize) -> impl Iterator<Item = usize> {
        let most = if self.gap_before(first) == BROKEN {
            DIGITS_MAX
        } else {
            GROUPS_MAX
        };
        (first + 1..=first + most)
            .take_while(move |&end| {
                let joined = end == first + 1 || self.gap_before(end - 1) != BROKEN;
                joined && end <= self.groups.len()
            })
            .filter(move |&end| end <= first + GROUPS_MAX || self.gap_before(end) == BROKEN)
    }

    fn gap_before(&self, group: usize) -> DigitGap {
        self.groups.get(group).map_or(BROKEN, |group| group.before)
    }

    /// These groups as a number; `None` if its length does not fit its first digits.
    fn number(&self, signs: &Signs, range: Range<usize>) -> Option<NumberCandidate<'_>> {
        let groups = self.groups.get(range.clone())?;
        let (first, last) = (groups.first()?, groups.last()?);
        let placed = self.digits.get(first.start as usize..last.end as usize)?;
        let mut digits = [0; DIGITS_MAX];
        let opening = (placed.first()?.digit.value, placed.get(1)?.digit.value);
        if !lengths(opening).contains(&placed.len()) {
            return None;
        }
        for (to, from) in digits.iter_mut().zip(placed) {
            *to = from.digit.value;
        }
        let letters = placed
            .iter()
            .filter(|placed| placed.digit.script == Script::Letter)
            .count();
        let end = placed.last()?.sign as usize + 1;
        let bare = placed.first()?.sign as usize;
        let plus = signs.before(bare) == '+';
        let start = bare - usize::from(plus);
        // (02)2345-6789
        let bracket = signs.before(start) == '(' && (bare..end).any(|at| signs.ch(at) == ')');
        Some(NumberCandidate {
            digits,
            len: placed.len(),
            groups,
            after: self.gap_before(range.end),
            plus,
            signs: start - usize::from(bracket)..end,
            letters: letters > 0,
        })
        .filter(|number| letters == 0 || number.len >= letters + REAL_DIGITS_MIN)
    }
}

impl NumberCandidate<'_> {
    /// The values of its digits.
    pub(super) fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }

    /// Its signs, with a plus and an opening bracket before it.
    pub(super) fn signs(&self) -> Range<usize> {
        self.signs.clone()
    }

    /// The number of digits of each group.
    pub(super) fn shape(&self) -> impl Iterator<Item = usize> + Clone {
        self.groups
            .iter()
            .map(|group| (group.end - group.start) as usize)
    }

    /// Whether its groups have these numbers of digits.
    pub(super) fn is_shaped(&self, shape: &[usize]) -> bool {
        self.shape().eq(shape.iter().copied())
    }

    /// Whether it is written in one piece or in one of these usual shapes, and is not part of a longer code.
    pub(super) fn is_usual(&self, shapes: &[&[usize]]) -> bool {
        let shaped =
            self.is_shaped(&[self.len]) || shapes.iter().any(|shape| self.is_shaped(shape));
        shaped && self.is_joined() && self.stands_free()
    }

    /// Whether there is no comma, colon or slash in it.
    pub(super) fn is_joined(&self) -> bool {
        self.inner_gaps().all(|gap| gap.kind <= GapKind::Tight)
    }

    /// Whether no hyphen or dot joins it to more digits.
    pub(super) fn stands_free(&self) -> bool {
        let before = self.groups.first().map_or(BROKEN, |group| group.before);
        before.kind != GapKind::Tight && self.after.kind != GapKind::Tight
    }

    /// Whether it is pulled apart on purpose: it is a whole run of groups with the same separator in every gap
    /// (0.9.1.2.3…), and that is a comma, colon or slash only if every digit is on its own.
    pub(super) fn is_pulled_apart(&self) -> bool {
        let first = self.groups.first().map_or(BROKEN, |group| group.before);
        let whole = first == BROKEN && self.after == BROKEN;
        let mut gaps = self.inner_gaps();
        let Some(pattern) = gaps.next() else {
            return false;
        };
        let even = gaps.all(|gap| gap == pattern);
        let singles = self.shape().all(|len| len == 1);
        whole && even && (singles || pattern.kind != GapKind::Weak)
    }

    /// Whether it is cut into single digits or pairs.
    pub(super) fn is_evenly_cut(&self) -> bool {
        [1, 2]
            .iter()
            .any(|size| self.shape().all(|len| len == *size))
    }

    /// Whether it is in one piece, and only the script of its digits changes: 49三八12.
    pub(super) fn changes_script(&self) -> bool {
        self.inner_gaps().all(|gap| gap.kind == GapKind::Soft)
    }

    /// Whether every group is a pair and the pairs ascend, as lottery numbers and times do: 09 12 23 34 45.
    pub(super) fn is_climbing_pairs(&self) -> bool {
        let pairs = self.digits().chunks(2).map(|pair| match pair {
            [tens, ones] => tens * 10 + ones,
            _ => u8::MAX,
        });
        let next = pairs.clone().skip(1);
        self.shape().all(|len| len == 2)
            && pairs.clone().all(|pair| pair < 60)
            && pairs.zip(next).all(|(left, right)| left < right)
    }

    /// Whether one of its groups may be a year, 19xx or 20xx.
    pub(super) fn has_year(&self) -> bool {
        let mut at = 0;
        self.groups.len() > 1
            && self.shape().any(|len| {
                let group = self.digits.get(at..at + len).unwrap_or_default();
                at += len;
                len == 4 && matches!(group, [1, 9, ..] | [2, 0, ..])
            })
    }

    /// The disguises of its digits; `usual` is whether its gaps are ordinary ones.
    pub(super) fn how(&self, usual: bool) -> Disguises {
        let parted = self
            .inner_gaps()
            .any(|gap| gap.kind != GapKind::Soft && !usual);
        let letters = if self.letters {
            only(Disguise::Leet)
        } else {
            Disguises::default()
        };
        if parted {
            letters.with(Disguise::Separators)
        } else {
            letters
        }
    }

    fn inner_gaps(&self) -> impl Iterator<Item = DigitGap> {
        self.groups.iter().skip(1).map(|group| group.before)
    }
}

/// How many digits a number has that begins with these two: a domestic phone number, one dialled from abroad (00), one
/// with its country code (886), a card.
const fn lengths(opening: (u8, u8)) -> Range<usize> {
    match opening {
        (0, 2..=9) => 9..12,
        (0, 0) => 13..18,
        (8, 8) => 11..14,
        (2, 2..=7) | (3..=6, _) => 14..DIGITS_MAX + 1,
        _ => 0..0,
    }
}

/// The end of a run of Chinese digits.
fn chinese_end(signs: &Signs, at: usize) -> usize {
    let is_chinese = |at: &usize| {
        let digit = signs.get(*at).and_then(|sign| sign.digit);
        digit.is_some_and(|digit| digit.script == Script::Chinese)
    };
    (at..signs.len())
        .find(|at| !is_chinese(at))
        .unwrap_or(signs.len())
}

/// The digits of a token that has otherwise only look-alike letters (09l2), or a label at one end (tel0912).
fn numeric_part(signs: &Signs, token: Range<usize>) -> Option<Range<usize>> {
    let value = |at: usize| signs.get(at).and_then(|sign| sign.digit);
    let like = |at: usize| signs.get(at).and_then(|sign| sign.digit_or_letter());
    let all = token.len();
    let real = token.clone().filter(|&at| value(at).is_some()).count();
    if real == all || (real * 2 >= all && token.clone().all(|at| like(at).is_some())) {
        return Some(token);
    }
    // one letter in place of a digit, where every digit is a token of its own (0 9 l 2)
    if all == 1 && like(token.start).is_some() {
        return Some(token);
    }
    if real == 0 {
        return None;
    }
    let first = token.clone().find(|&at| value(at).is_some())?;
    let end = token.clone().rfind(|&at| value(at).is_some())? + 1;
    let labelled = |part: Range<usize>| {
        part.is_empty()
            || LABELS
                .iter()
                .any(|label| label.len() == part.len() && signs.starts_with(part.start, label))
    };
    let bare = (first..end).all(|at| value(at).is_some());
    (bare && labelled(token.start..first) && labelled(end..token.end)).then_some(first..end)
}

/// The gap between two groups.
fn gap(signs: &Signs, between: Range<usize>) -> DigitGap {
    let far = between
        .start
        .checked_sub(1)
        .is_some_and(|left| signs.distance(left, between.end) > GAP_CHARS_MAX);
    if far || between.len() > GAP_SIGNS_MAX {
        return BROKEN;
    }
    let kind = between
        .clone()
        .map(|at| separator(signs.ch(at), signs.kind(at)))
        .max();
    match kind {
        Some(GapKind::Broken) => BROKEN,
        kind => DigitGap {
            kind: kind.unwrap_or(GapKind::Soft),
            sign: (!between.is_empty()).then(|| (signs.ch(between.start), between.len())),
        },
    }
}

/// What a sign is between digits.
pub(super) fn separator(ch: char, kind: CharKind) -> GapKind {
    match ch {
        _ if kind != CharKind::Skip => GapKind::Broken,
        '-' | '.' | '_' | '‐'..='―' | '−' | '·' | '‧' | '・' => GapKind::Tight,
        ',' | ':' | '/' | ';' | '、' | '\\' | '⁄' => GapKind::Weak,
        '#' | '+' | '=' | '%' | '$' | '&' | '<' | '>' | '@' | '"' | '\'' | '€' | '¥' | '£'
        | '^' | '×' | '÷' | '±' | '°' | '「' | '」' | '『' | '』' | '《' | '》' => {
            GapKind::Broken
        }
        _ => GapKind::Loose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything offered, as its shape and digits.
    fn offered(text: &str) -> Vec<String> {
        let (mut signs, mut groups) = (Signs::default(), DigitGroups::default());
        signs.read(text);
        groups.read(&signs, &[]);
        let mut found = Vec::new();
        groups.numbers(&signs, |number| {
            let shape: Vec<String> = number.shape().map(|len| len.to_string()).collect();
            let digits: String = number.digits().iter().map(u8::to_string).collect();
            found.push(format!("{} {digits}", shape.join("-")));
            None
        });
        found
    }

    #[test]
    fn groups_are_joined_by_separators_only() {
        assert_eq!(offered("0900-00000"), ["4-5 090000000"]);
        assert_eq!(offered("0900二00000"), ["4-1-5 0900200000"]);
        assert_eq!(offered("0900o00000"), ["10 0900000000"]);
        for between in [
            "。",
            "人",
            "----",
            "#",
            "x",
            "🙂\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}",
        ] {
            let text = format!("0900{between}00000");
            assert_eq!(offered(&text), [] as [&str; 0], "{text}");
        }
        assert_eq!(offered("tel090000000line"), ["9 090000000"]);
        assert_eq!(offered("ab090000000"), [] as [&str; 0]);
    }

    #[test]
    fn letters_count_where_digits_are_many() {
        assert_eq!(offered("O9l234567"), ["9 091234567"]);
        assert_eq!(offered("O9l23456l"), [] as [&str; 0]);
    }

    #[test]
    fn what_is_offered_is_bounded() {
        assert_eq!(offered(&"4".repeat(20)), [] as [&str; 0]);
        assert_eq!(offered(&"4".repeat(19)).len(), 1);
        assert_eq!(offered(&"1".repeat(16)).len(), 0);
        // six groups, or the whole run
        assert_eq!(offered(&"4 ".repeat(40)).len(), 0);
        assert_eq!(offered(&"4 ".repeat(16)).len(), 1);
        assert!(offered(&"444 ".repeat(400)).len() <= 400 * 2);
    }
}
