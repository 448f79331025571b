//! Written forms: the disguises in which listed terms were met, and what became of them.
//!
//! A form is remembered from the first decision that rests on a guess about it. What is written of it is a sum: two nodes that
//! count at once lose nothing, and an undo takes away what its ruling had added.

use sha2::{Digest as _, Sha256};

use super::{Actor, Tally, TallyOf};
pub use crate::lexicon::{FORM_CHARS_MAX, FormKey, TOKEN_TERM, token_in, written_form};
use crate::{id::MemberId, time::Timestamp};

/// How many bits a form's members are told apart by.
const MEMBER_BITS: usize = 512;

/// Dismissed so often and never upheld, a form only takes note.
const REFUSED_AT: i64 = 3;
/// Upheld so often, by so many moderators, a form needs no ordinary reading any more.
const UPHELD_AT: i64 = 3;
const UPHELD_BY: usize = 2;
/// Held by so many comments of so many members and never upheld, a form is everyday writing.
const EVERYDAY_SEEN: i64 = 1_000;
const EVERYDAY_MEMBERS: u32 = 300;

/// A written form of a listed term, or what is added to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The listed term.
    pub term: String,
    /// What is written, folded, at most [`FORM_CHARS_MAX`] characters.
    pub written: String,
    /// In how many judged comments.
    pub seen: i64,
    /// Whose they were: a bit for each member, by a digest, so that about how many there are is known and nobody by name.
    pub members: Option<[u8; MEMBER_BITS / 8]>,
    /// How many rulings took the comment down.
    pub upheld: i64,
    /// How many let it stand.
    pub dismissed: i64,
    /// Who took it down.
    pub moderators: Vec<FormModerator>,
    /// When it was seen or ruled on first.
    pub first_at: Timestamp,
    /// When it was last.
    pub last_at: Timestamp,
}

/// A moderator who took comments with a form down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormModerator {
    /// Who.
    pub by: Actor,
    /// How many.
    pub upheld: i64,
}

/// What is known of a form, for the next decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormStanding {
    /// Too little.
    #[default]
    Unknown,
    /// Moderators let it stand: it only takes note.
    Refused,
    /// Moderators took it down: it needs no ordinary reading any more.
    Upheld,
    /// So many write it that it is no disguise: it only takes note.
    Everyday,
}

impl FormStanding {
    /// Whether a guess of this form decides nothing.
    pub const fn only_notes(self) -> bool {
        matches!(self, Self::Refused | Self::Everyday)
    }
}

impl Form {
    /// A form that nothing is known of.
    pub fn new(term: &str, matched: &str, at: Timestamp) -> Self {
        Self {
            term: term.to_owned(),
            written: written_form(matched),
            seen: 0,
            members: None,
            upheld: 0,
            dismissed: 0,
            moderators: Vec::new(),
            first_at: at,
            last_at: at,
        }
    }

    /// Seen once, in a comment of this member.
    #[must_use]
    pub fn seen_from(mut self, member: Option<&MemberId>) -> Self {
        self.seen = 1;
        self.members = member.map(|member| {
            let bit = bit_of(member);
            std::array::from_fn(|byte| u8::from(byte == bit / 8) << (bit % 8))
        });
        self
    }

    /// Ruled on by a moderator, if it is known which, `times` times: -1 takes a ruling away.
    #[must_use]
    pub fn ruled(mut self, is_removed: bool, by: Option<&Actor>, times: i64) -> Self {
        if is_removed {
            self.upheld = times;
            let moderator = by.map(|by| FormModerator {
                by: by.clone(),
                upheld: times,
            });
            self.moderators = moderator.into_iter().collect();
        } else {
            self.dismissed = times;
        }
        self
    }

    /// Its key.
    pub fn key(&self) -> FormKey {
        FormKey::of(&self.term, &self.written)
    }

    /// The form with what is added to it.
    #[must_use]
    pub fn with(mut self, more: Self) -> Self {
        self.seen = self.seen.saturating_add(more.seen);
        self.upheld = self.upheld.saturating_add(more.upheld);
        self.dismissed = self.dismissed.saturating_add(more.dismissed);
        self.members = match (self.members, more.members) {
            (Some(own), Some(more)) => Some(std::array::from_fn(|byte| own[byte] | more[byte])),
            (own, more) => own.or(more),
        };
        for more in more.moderators {
            match self.moderators.iter_mut().find(|own| own.by == more.by) {
                Some(own) => own.upheld = own.upheld.saturating_add(more.upheld),
                None => self.moderators.push(more),
            }
        }
        self.moderators.retain(|moderator| moderator.upheld != 0);
        self.moderators.sort_unstable();
        self.first_at = self.first_at.min(more.first_at);
        self.last_at = self.last_at.max(more.last_at);
        self
    }

    /// The same taken away; who wrote it stays known.
    #[must_use]
    pub fn negated(mut self) -> Self {
        (self.seen, self.upheld, self.dismissed) = (-self.seen, -self.upheld, -self.dismissed);
        let moderators = self.moderators.iter_mut();
        moderators.for_each(|moderator| moderator.upheld = -moderator.upheld);
        self
    }

    /// Ruled on in a text of this member: whose it is is known though it was never seen.
    #[must_use]
    pub fn written_by(self, member: Option<&MemberId>) -> Self {
        Self {
            seen: 0,
            ..self.seen_from(member)
        }
    }

    /// Whether it is of this member alone, as far as members are told apart.
    pub fn is_of_only(&self, member: &MemberId) -> bool {
        let own = Self::new("", "", self.first_at).seen_from(Some(member));
        self.members.is_some() && self.members == own.members
    }

    /// Whether any ruling counts in it.
    pub const fn is_ruled(&self) -> bool {
        self.upheld != 0 || self.dismissed != 0 || !self.moderators.is_empty()
    }

    /// What it adds to the statistics.
    pub fn tally(&self) -> (TallyOf, Tally) {
        let counted = Tally {
            hits: self.seen,
            upheld: self.upheld,
            dismissed: self.dismissed,
            ..Tally::default()
        };
        (TallyOf::Form(self.key().to_hex()), counted)
    }

    /// How it is named in statistics: what is written, and for what.
    pub fn name(&self) -> String {
        format!("{} → {}", self.written, self.term)
    }

    /// About how many members wrote it: exact for a few, within a twentieth for hundreds (linear counting).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "at most 512 × ln(512), about 3,200"
    )]
    pub fn member_count(&self) -> u32 {
        let bytes = self.members.iter().flatten();
        let set: u32 = bytes.map(|byte| byte.count_ones()).sum();
        // With every bit set it can only be said that there are this many or more.
        let free = (MEMBER_BITS as f64 - f64::from(set)).max(1.0);
        let bits = MEMBER_BITS as f64;
        (bits * (bits / free).ln()).round() as u32
    }

    /// Whether it needs no ordinary reading any more.
    pub fn is_upheld(&self) -> bool {
        self.standing() == FormStanding::Upheld
    }

    /// What the next decision is to know of it.
    pub fn standing(&self) -> FormStanding {
        let moderators = self.moderators.iter();
        let by = moderators.filter(|moderator| moderator.upheld > 0).count();
        if self.upheld >= UPHELD_AT && by >= UPHELD_BY {
            return FormStanding::Upheld;
        }
        if self.upheld > 0 {
            return FormStanding::Unknown;
        }
        if self.dismissed >= REFUSED_AT {
            return FormStanding::Refused;
        }
        if self.seen >= EVERYDAY_SEEN && self.member_count() >= EVERYDAY_MEMBERS {
            return FormStanding::Everyday;
        }
        FormStanding::Unknown
    }
}

fn bit_of(member: &MemberId) -> usize {
    let digest = Sha256::digest(member.as_str());
    usize::from(u16::from_be_bytes([digest[0], digest[1]])) % MEMBER_BITS
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{UserName, examples::NOW};

    fn form() -> Form {
        Form::new("大傻比", "大煞 筆", NOW)
    }

    fn by(name: &str) -> Actor {
        Actor::User(UserName::from_record(name.to_owned()))
    }

    fn ruled(rulings: &[(bool, &str, i64)]) -> Form {
        let rulings = rulings.iter();
        rulings.fold(form(), |form, (is_removed, name, times)| {
            let more = Form::new("大傻比", "大煞 筆", NOW);
            form.with(more.ruled(*is_removed, Some(&by(name)), *times))
        })
    }

    fn member(nth: u32) -> MemberId {
        MemberId::parse(format!("m-{nth}")).unwrap()
    }

    #[test]
    fn three_dismissals_and_no_removal_refuse_a_form() {
        let dismissed = |times| ruled(&vec![(false, "amy", 1); times]).standing();
        assert_eq!(dismissed(2), FormStanding::Unknown);
        assert_eq!(dismissed(3), FormStanding::Refused);
        let once_upheld = [
            (false, "amy", 1),
            (false, "amy", 1),
            (false, "amy", 1),
            (true, "ben", 1),
        ];
        assert_eq!(ruled(&once_upheld).standing(), FormStanding::Unknown);
    }

    #[test]
    fn three_removals_by_two_moderators_uphold_a_form_and_an_undo_takes_that_away() {
        let by_one = [(true, "amy", 1), (true, "amy", 1), (true, "amy", 1)];
        assert_eq!(ruled(&by_one).standing(), FormStanding::Unknown);
        let by_two = [(true, "amy", 1), (true, "amy", 1), (true, "ben", 1)];
        assert_eq!(ruled(&by_two).standing(), FormStanding::Upheld);
        let undone = ruled(&by_two).with(form().ruled(true, Some(&by("ben")), -1));
        assert_eq!(undone, ruled(&[(true, "amy", 1), (true, "amy", 1)]));
    }

    #[test]
    fn what_many_members_write_is_everyday() {
        let seen = |members: u32| {
            let all = (0..EVERYDAY_SEEN).map(|nth| u32::try_from(nth).unwrap() % members);
            all.fold(form(), |form, nth| {
                form.with(Form::new("大傻比", "大煞 筆", NOW).seen_from(Some(&member(nth))))
            })
        };
        assert_eq!(seen(250).standing(), FormStanding::Unknown);
        assert_eq!(seen(350).standing(), FormStanding::Everyday);
        let few = (0..8).fold(form(), |form, nth| {
            form.with(Form::new("大傻比", "大煞 筆", NOW).seen_from(Some(&member(nth))))
        });
        assert_eq!((few.member_count(), few.seen), (8, 8));
    }
}
