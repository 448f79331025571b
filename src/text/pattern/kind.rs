//! What the scanners find, and the helpers that they share.

use std::ops::Range;

use crate::text::{Disguise, Disguises};

/// The kinds of patterns.
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

    /// The name, as in word lists (`<mobile>`).
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

/// A match of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternHit {
    /// What was found.
    pub kind: PatternKind,
    /// Where, in bytes of the member's text.
    pub bytes: Range<usize>,
    /// The host of an e-mail or web address, in bytes; empty for numbers and ids.
    pub host: Range<usize>,
    /// The disguises that were undone.
    pub how: Disguises,
}

/// A match as the scanners see it: by the indexes of its signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawHit {
    pub kind: PatternKind,
    pub signs: Range<usize>,
    pub host: Range<usize>,
    pub how: Disguises,
}

impl RawHit {
    pub(super) const fn new(kind: PatternKind, signs: Range<usize>, how: Disguises) -> Self {
        Self {
            kind,
            signs,
            host: 0..0,
            how,
        }
    }
}

/// Whether one of these runs, sorted and without overlaps, has this sign.
pub(super) fn lies_in(runs: &[Range<usize>], sign: usize) -> bool {
    if runs.is_empty() {
        return false;
    }
    let after = runs.partition_point(|run| run.start <= sign);
    after
        .checked_sub(1)
        .and_then(|last| runs.get(last))
        .is_some_and(|run| sign < run.end)
}

/// A set of one disguise.
pub(super) const fn only(disguise: Disguise) -> Disguises {
    Disguises::from_bits(disguise.bit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_their_names() {
        for kind in PatternKind::ALL {
            assert_eq!(PatternKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(PatternKind::parse("phone"), None);
    }

    #[test]
    fn runs_hold_what_lies_between_their_ends() {
        let runs = [2..4, 7..8];
        let inside: Vec<usize> = (0..9).filter(|&sign| lies_in(&runs, sign)).collect();
        assert_eq!(inside, [2, 3, 7]);
    }
}
