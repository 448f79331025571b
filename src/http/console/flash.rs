//! What outlives a redirect, in cookies that only the browser of this moderator holds: what is told once, and the rulings
//! that can still be undone.

use crate::{
    id::{CaseId, RulingId},
    record::RulingDecision,
    time::Timestamp,
};

/// What is told once.
pub const TOLD_COOKIE: &str = "banzhu_told";
/// The rulings that can still be undone, the newest last.
pub const UNDO_COOKIE: &str = "banzhu_undo";
/// How many of them are remembered.
const UNDOS_MAX: usize = 8;

/// What the next page tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A change was saved.
    Saved,
    /// A note was added.
    Noted,
    /// A claim was given back.
    Released,
    /// A case was put off.
    Skipped,
    /// A ruling was undone.
    Undone,
    /// A ruling was not undone: something has happened since.
    NotUndone,
    /// The visitor holds as many cases as they may.
    TooManyClaims,
    /// Signed out.
    SignedOut,
    /// No case waits.
    NothingWaits,
}

impl Told {
    const ALL: [Self; 9] = [
        Self::Saved,
        Self::Noted,
        Self::Released,
        Self::Skipped,
        Self::Undone,
        Self::NotUndone,
        Self::TooManyClaims,
        Self::SignedOut,
        Self::NothingWaits,
    ];

    /// As it stands in the cookie.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Noted => "noted",
            Self::Released => "released",
            Self::Skipped => "skipped",
            Self::Undone => "undone",
            Self::NotUndone => "not-undone",
            Self::TooManyClaims => "too-many-claims",
            Self::SignedOut => "signed-out",
            Self::NothingWaits => "nothing-waits",
        }
    }

    /// What a cookie says.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|told| told.name() == name)
    }
}

/// A ruling that can still be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undoable {
    /// The ruling.
    pub ruling: RulingId,
    /// Its case.
    pub case: CaseId,
    /// The decision.
    pub decision: RulingDecision,
    /// Until when.
    pub until: Timestamp,
}

/// Those of a cookie that can still be undone at `now`, the newest last.
pub fn undoables(cookie: &str, now: Timestamp) -> Vec<Undoable> {
    cookie
        .split('~')
        .filter_map(undoable)
        .filter(|undoable| undoable.until > now)
        .collect()
}

/// As the cookie holds them.
pub fn written(undoables: &[Undoable]) -> String {
    let first = undoables.len().saturating_sub(UNDOS_MAX);
    let parts = undoables.iter().skip(first).map(|undoable| {
        let Undoable {
            ruling,
            case,
            decision,
            until,
        } = undoable;
        format!("{ruling}.{case}.{}.{}", decision.name(), until.as_ms())
    });
    parts.collect::<Vec<_>>().join("~")
}

fn undoable(part: &str) -> Option<Undoable> {
    let mut fields = part.split('.');
    let (ruling, case) = (fields.next()?, fields.next()?);
    let (decision, until) = (fields.next()?, fields.next()?);
    Some(Undoable {
        ruling: RulingId::parse(ruling)?,
        case: CaseId::parse(case)?,
        decision: RulingDecision::parse(decision)?,
        until: Timestamp::from_ms(until.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_holds_the_newest_and_forgets_what_is_over() {
        let at = |number: u32| Undoable {
            ruling: RulingId(ulid::Ulid(u128::from(number))),
            case: CaseId(ulid::Ulid(7)),
            decision: RulingDecision::RemoveTags,
            until: Timestamp::from_ms(i64::from(number)),
        };
        let all: Vec<_> = (1..=20).map(at).collect();
        let found = undoables(&written(&all), Timestamp::from_ms(15));
        assert_eq!(found, all[15..]);
        assert_eq!(undoables(&written(&all), Timestamp::from_ms(0)), all[12..]);
        assert_eq!(undoables("nonsense~a.b.c.d~", Timestamp::from_ms(0)), []);
    }
}
