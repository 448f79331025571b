//! Personal data and contact data, known by their form: numbers with their checksums, addresses, ids.
//!
//! Nothing here knows a list or a rule. [`find`] undoes ways of writing (width, circles, Chinese digits, O for 0, a spelled
//! dot, invisible characters, separators within reason) and tells what stands where; whether it matters is said elsewhere.
//! Every scanner looks ahead a bounded number of characters, so the time is linear in the text, whatever the text.

mod card;
mod contact;
mod digits;
mod email;
mod gate;
mod host;
mod identity;
mod phone;
mod signs;
mod url;

use std::ops::Range;

use super::{Disguise, Disguises};
use digits::DigitGroups;
pub use gate::may_hold;
pub use host::is_host;
use signs::Signs;

/// What a pattern finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PatternKind {
    /// 國民身分證統一編號: a letter, 1 or 2, seven digits, a check digit.
    NationalId,
    /// 居留證統一證號: the same with 8 or 9, or the old form with two letters.
    ResidenceId,
    /// A Taiwanese mobile number.
    Mobile,
    /// A Taiwanese landline number with its area code, or a VoIP number.
    Landline,
    /// An id of the messenger LINE that readers are asked to add.
    LineId,
    /// An e-mail address.
    Email,
    /// The number of a payment card.
    Card,
    /// An address on the web.
    Url,
}

impl PatternKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NationalId,
        Self::ResidenceId,
        Self::Mobile,
        Self::Landline,
        Self::LineId,
        Self::Email,
        Self::Card,
        Self::Url,
    ];

    /// The name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NationalId => "national-id",
            Self::ResidenceId => "residence-id",
            Self::Mobile => "mobile",
            Self::Landline => "landline",
            Self::LineId => "line-id",
            Self::Email => "email",
            Self::Card => "card",
            Self::Url => "url",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Something that has the form of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternHit {
    /// What it is.
    pub kind: PatternKind,
    /// Its place in the member's own text, in bytes.
    pub bytes: Range<usize>,
    /// For an address: its host, in bytes; empty for numbers and ids.
    pub host: Range<usize>,
    /// What was undone to see it.
    pub how: Disguises,
}

/// Work space for [`find`]: it grows to the longest text and then allocates no more.
#[derive(Debug, Default)]
pub struct PatternScratch {
    signs: Signs,
    groups: DigitGroups,
    /// Runs of signs that belong to an address, by start: digits there are no numbers.
    addresses: Vec<Range<usize>>,
    hits: Vec<RawHit>,
}

/// A hit as the scanners see it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RawHit {
    kind: PatternKind,
    signs: Range<usize>,
    host: Range<usize>,
    how: Disguises,
}

impl RawHit {
    const fn new(kind: PatternKind, signs: Range<usize>, how: Disguises) -> Self {
        Self {
            kind,
            signs,
            host: 0..0,
            how,
        }
    }
}

/// Calls `each` for everything in `text` that has the form of a pattern, by start.
///
/// ```
/// # use banzhu::text::pattern::{PatternKind, PatternScratch, find};
/// let mut found = Vec::new();
/// let text = "打給他 ０９１２-三四五-678";
/// find(text, &mut PatternScratch::default(), |hit| found.push((hit.kind, &text[hit.bytes])));
/// assert_eq!(found, [(PatternKind::Mobile, "０９１２-三四五-678")]);
/// ```
pub fn find(text: &str, scratch: &mut PatternScratch, mut each: impl FnMut(PatternHit)) {
    let PatternScratch {
        signs,
        groups,
        addresses,
        hits,
    } = scratch;
    addresses.clear();
    hits.clear();
    signs.read(text);
    email::find(signs, |seen| {
        addresses.push(seen.signs.clone());
        hits.push(seen);
    });
    url::find(signs, addresses, hits);
    addresses.sort_unstable_by_key(|range| range.start);
    contact::find(signs, addresses, hits);
    identity::find(signs, addresses, hits);
    groups.read(signs, addresses);
    groups.numbers(signs, |number| {
        let seen = phone::recognise(number).or_else(|| card::recognise(number))?;
        hits.push(seen);
        Some(())
    });
    hits.sort_unstable_by_key(|seen| (seen.signs.start, seen.kind));
    for seen in hits.drain(..) {
        let how = seen.how.union(signs.written(seen.signs.clone()));
        each(PatternHit {
            kind: seen.kind,
            bytes: signs.bytes(seen.signs.clone()),
            host: signs.bytes(seen.host),
            how,
        });
    }
}

/// Fewer digits of any script than these, without a letter, are neither a number nor an id.
pub const NUMERALS_MIN: u32 = 5;

/// Whether a folded character is a digit, in whatever script or circle.
pub(super) fn is_digit(ch: char) -> bool {
    signs::digit_of(ch).is_some()
}

/// Whether a sign lies in one of these runs, which are sorted and apart.
fn lies_in(runs: &[Range<usize>], sign: usize) -> bool {
    if runs.is_empty() {
        return false;
    }
    let after = runs.partition_point(|run| run.start <= sign);
    after
        .checked_sub(1)
        .and_then(|last| runs.get(last))
        .is_some_and(|run| sign < run.end)
}

/// A set of one.
const fn only(disguise: Disguise) -> Disguises {
    Disguises::from_bits(disguise.bit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        find(text, &mut PatternScratch::default(), |hit| {
            found.push(hit.kind.name())
        });
        found
    }

    #[test]
    fn kinds_are_found_by_their_names() {
        for kind in PatternKind::ALL {
            assert_eq!(PatternKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(PatternKind::parse("phone"), None);
    }

    #[test]
    fn hits_come_in_the_order_of_the_text_and_forget_the_text_before() {
        let text = "https://udn.com/a 0912345678 a@bc.tw A123456789";
        assert_eq!(kinds(text), ["url", "mobile", "email", "national-id"]);
        let mut scratch = PatternScratch::default();
        let mut count = 0;
        find(text, &mut scratch, |_| count += 1);
        find("早安", &mut scratch, |_| count += 1);
        assert_eq!(count, 4);
    }

    #[test]
    fn digits_of_an_address_are_no_numbers() {
        assert_eq!(kinds("https://udn.com/news/0912345678"), ["url"]);
        assert_eq!(kinds("0912345678@gmail.com"), ["email"]);
        assert_eq!(kinds("https://udn.com/?id=A123456789"), ["url"]);
    }

    #[test]
    fn runs_hold_what_lies_between_their_ends() {
        let runs = [2..4, 7..8];
        let inside: Vec<usize> = (0..9).filter(|&sign| lies_in(&runs, sign)).collect();
        assert_eq!(inside, [2, 3, 7]);
    }
}
