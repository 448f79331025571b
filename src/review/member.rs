//! Members who learn: nicknames they bore, strikes from rulings, sanctions and their end.
//!
//! A record is written only where something about a member changes; an ordinary comment writes none. Strikes follow from
//! rulings alone and go with their undo.

use serde::{Deserialize, Serialize};

use super::audit::{AuditDraft, AuditSubject};
use crate::{
    access::Actor,
    id::{AppealId, CaseId, MemberId, RulingId, SanctionId},
    member::{MemberStanding, SANCTION_DAYS_MAX, SanctionKind},
    policy::{Ladder, Proposal, ReasonCode, Verdict},
    time::{DAY_MS, Stamp, Timestamp},
};

/// How many nicknames, strikes and sanctions of one member are kept; the oldest go first.
pub const KEPT_MAX: usize = 200;

/// A nickname that a member came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nickname {
    /// As it was written.
    pub text: String,
    /// When it was first seen; it was theirs until the next.
    pub at: Timestamp,
    /// What the filter said.
    pub verdict: Verdict,
}

/// What a ruling against a member counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// The ruling.
    pub ruling: RulingId,
    /// Its case.
    pub case: CaseId,
    /// The code given.
    pub code: ReasonCode,
    /// How grave, 1 to 4.
    pub severity: u8,
    /// How many strikes it is worth on the ladder.
    pub worth: u32,
    /// When.
    pub at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// The ruling that took its place.
    pub superseded_by: Option<RulingId>,
}

/// How a sanction ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// Who lifted it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// The ruling with which it went; an undo of that brings it back.
    pub ruling: Option<RulingId>,
    /// It went because the ruling that laid it was taken back: the member was never rightly sanctioned. It is kept for the
    /// news that told of it, and shown as part of no record.
    pub undone: bool,
}

/// What was laid on a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    /// Its id.
    pub id: SanctionId,
    /// What.
    pub kind: SanctionKind,
    /// For how many days; none where it does not end.
    pub days: Option<u32>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// The code for which.
    pub code: Option<ReasonCode>,
    /// Why, in the moderator's words.
    pub reason: Option<String>,
    /// The ruling that laid it.
    pub ruling: Option<RulingId>,
    /// Who laid it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// The appeal against it.
    pub appeal: Option<AppealId>,
    /// How it ended.
    pub lifted: Option<Lifted>,
}

/// How a member of these sanctions stands: by the gravest in force at `now`.
pub fn gravest(sanctions: &[Sanction], now: Timestamp) -> MemberStanding {
    let live = sanctions.iter().filter(|sanction| sanction.is_live(now));
    live.map(Sanction::standing).max().unwrap_or_default()
}

impl Sanction {
    /// The sanction alone, without why.
    pub fn without_words(&self) -> Self {
        Self {
            reason: None,
            ..self.clone()
        }
    }

    /// Whether it is in force.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.lifted.is_none() && self.until.is_none_or(|until| now < until)
    }

    const fn standing(&self) -> MemberStanding {
        match (self.kind, self.until) {
            (SanctionKind::Warn, _) | (SanctionKind::Suspend, None) => MemberStanding::Good,
            (SanctionKind::Watch, _) => MemberStanding::Watched,
            (SanctionKind::Suspend, Some(until)) => MemberStanding::Suspended(until),
            (SanctionKind::Terminate, _) => MemberStanding::Terminated,
        }
    }
}

/// What a moderator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanctionRequest {
    /// What.
    pub kind: SanctionKind,
    /// For how many days.
    pub days: Option<u32>,
}

impl SanctionRequest {
    /// Whether the kind has days exactly where it needs them, 1 to 3,650.
    pub fn is_sound(&self) -> bool {
        match (self.kind.has_days(), self.days) {
            (true, Some(days)) => (1..=SANCTION_DAYS_MAX).contains(&days),
            (true, None) | (false, Some(_)) => false,
            (false, None) => true,
        }
    }
}

/// Everything that is kept about a member but for their comments and the rulings on their nickname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The board's id.
    pub id: MemberId,
    /// Whether the board vouched for them last.
    pub verified: bool,
    /// Nicknames, the newest last.
    pub nicknames: Vec<Nickname>,
    /// Strikes, the newest last.
    pub strikes: Vec<Strike>,
    /// Sanctions, the newest last.
    pub sanctions: Vec<Sanction>,
    /// Counts the writes of this record; 0 before the first.
    pub edition: u64,
}

impl MemberRecord {
    /// A member about whom nothing is known.
    pub const fn new(id: MemberId) -> Self {
        Self {
            id,
            verified: false,
            nicknames: Vec::new(),
            strikes: Vec::new(),
            sanctions: Vec::new(),
            edition: 0,
        }
    }

    /// The record as it was without a ruling that must not be seen.
    #[must_use]
    pub fn without(mut self, hidden: Option<RulingId>) -> Self {
        if hidden.is_some() {
            self.strikes.retain(|strike| Some(strike.ruling) != hidden);
            self.sanctions.retain(|sanction| sanction.ruling != hidden);
        }
        self
    }

    /// How they stand, by the gravest sanction in force.
    pub fn standing(&self, now: Timestamp) -> MemberStanding {
        gravest(&self.sanctions, now)
    }

    /// Strikes that count at `now`.
    pub fn live_strikes(&self, now: Timestamp) -> impl Iterator<Item = &Strike> {
        let counts =
            move |strike: &&Strike| strike.superseded_by.is_none() && now < strike.expires_at;
        self.strikes.iter().filter(counts)
    }

    /// Sanctions, oldest first, those that ended too.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Sanction> {
        self.sanctions.iter().filter(|sanction| {
            let lifted = sanction.lifted.as_ref();
            !lifted.is_some_and(|lifted| lifted.undone)
        })
    }

    /// Sanctions in force at `now`.
    pub fn live_sanctions(&self, now: Timestamp) -> impl Iterator<Item = &Sanction> {
        self.sanctions
            .iter()
            .filter(move |sanction| sanction.is_live(now))
    }

    /// What the ladder proposes if they are ruled against for this.
    pub fn proposal(
        &self,
        code: ReasonCode,
        severity: u8,
        ladder: &Ladder,
        now: Timestamp,
    ) -> Option<Proposal> {
        let worth = ladder.worth(code.rule(), severity);
        let known: u32 = self.live_strikes(now).map(|strike| strike.worth).sum();
        (worth > 0)
            .then(|| ladder.proposal(known + worth))
            .flatten()
    }

    /// The nickname they bear.
    pub fn nickname(&self) -> Option<&Nickname> {
        self.nicknames.last()
    }

    /// The record after the member came with this nickname and the board's word for them; none where nothing is new.
    pub fn seen(
        &self,
        nickname: Option<(&str, Verdict)>,
        verified: Option<bool>,
        now: Timestamp,
    ) -> Option<Self> {
        let renamed =
            nickname.filter(|(text, _)| self.nickname().is_none_or(|known| known.text != *text));
        let vouched = verified.filter(|verified| *verified != self.verified);
        if renamed.is_none() && vouched.is_none() {
            return None;
        }
        let mut after = self.next();
        after.verified = vouched.unwrap_or(self.verified);
        after
            .nicknames
            .extend(renamed.map(|(text, verdict)| Nickname {
                text: text.to_owned(),
                at: now,
                verdict,
            }));
        Some(after.kept())
    }

    /// The record with one more strike.
    #[must_use]
    pub fn struck(&self, strike: Strike) -> Self {
        let mut after = self.next();
        after.strikes.push(strike);
        after.kept()
    }

    /// The record with one more sanction; who lays it also says why.
    #[must_use]
    pub fn sanctioned(&self, sanction: Sanction) -> Self {
        let mut after = self.next();
        after.sanctions.push(sanction);
        after.kept()
    }

    /// The record after a sanction was lifted; none where it is not in force.
    pub fn lifted(&self, id: SanctionId, lifted: Lifted) -> Option<Self> {
        let mut after = self.next();
        let mut live = after.sanctions.iter_mut();
        let sanction = live.find(|sanction| sanction.id == id && sanction.is_live(lifted.at))?;
        sanction.lifted = Some(lifted);
        Some(after)
    }

    /// The record after a newer ruling took the place of these: their strikes count no more.
    #[must_use]
    pub fn strikes_superseded(&self, older: &[RulingId], by: RulingId) -> Self {
        let mut after = self.next();
        for strike in &mut after.strikes {
            if older.contains(&strike.ruling) {
                strike.superseded_by = strike.superseded_by.or(Some(by));
            }
        }
        after
    }

    /// The record after a newer ruling took the place of these: their sanctions are lifted.
    #[must_use]
    pub fn sanctions_superseded(
        &self,
        older: &[RulingId],
        by: RulingId,
        actor: &Actor,
        now: Timestamp,
    ) -> Self {
        let mut after = self.next();
        for sanction in &mut after.sanctions {
            let is_older = sanction.ruling.is_some_and(|id| older.contains(&id));
            if is_older && sanction.is_live(now) {
                sanction.lifted = Some(Lifted {
                    by: actor.clone(),
                    at: now,
                    reason: format!("ruling {by}"),
                    ruling: Some(by),
                    undone: false,
                });
            }
        }
        after
    }

    /// The record after this ruling was taken back: its strike and sanction are gone, and what it took the place of counts
    /// again.
    #[must_use]
    pub fn undone(&self, ruling: RulingId, actor: &Actor, now: Timestamp) -> Self {
        let mut after = self.next();
        after.strikes.retain(|strike| strike.ruling != ruling);
        for strike in &mut after.strikes {
            strike.superseded_by = strike.superseded_by.filter(|by| *by != ruling);
        }
        for sanction in &mut after.sanctions {
            let went_with_it = |lifted: &Lifted| lifted.ruling == Some(ruling);
            if sanction.lifted.as_ref().is_some_and(went_with_it) {
                sanction.lifted = None;
            }
            if sanction.ruling == Some(ruling) && sanction.lifted.is_none() {
                sanction.lifted = Some(Lifted {
                    by: actor.clone(),
                    at: now,
                    reason: format!("undo of ruling {ruling}"),
                    ruling: None,
                    undone: true,
                });
            }
        }
        after
    }

    fn next(&self) -> Self {
        Self {
            edition: self.edition + 1,
            ..self.clone()
        }
    }

    fn kept(mut self) -> Self {
        fn keep<T>(list: &mut Vec<T>) {
            let surplus = list.len().saturating_sub(KEPT_MAX);
            list.drain(..surplus);
        }
        keep(&mut self.nicknames);
        keep(&mut self.strikes);
        // what is in force stays, however old
        let over = self.sanctions.len().saturating_sub(KEPT_MAX);
        let ended =
            |sanction: &Sanction| sanction.lifted.is_some() || sanction.kind == SanctionKind::Warn;
        let mut dropped = 0;
        self.sanctions.retain(|sanction| {
            let drop = dropped < over && ended(sanction);
            dropped += usize::from(drop);
            !drop
        });
        self
    }
}

/// A sanction laid or lifted outside a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionChange {
    /// The member's record after it.
    pub member: MemberRecord,
    /// The sanction as it is after it.
    pub sanction: Sanction,
    /// The story.
    pub audit: AuditDraft,
}

/// Lays a sanction on a member outside a case.
pub fn lay(
    known: &MemberRecord,
    request: SanctionRequest,
    code: Option<ReasonCode>,
    reason: String,
    by: &Actor,
    stamp: &mut Stamp,
) -> SanctionChange {
    let sanction = sanction(request, code, Some(reason), None, by, stamp);
    SanctionChange {
        audit: sanction_audit(known, &sanction, "sanction.laid", by, stamp.now),
        member: known.sanctioned(sanction.clone()),
        sanction,
    }
}

/// Lifts a sanction; none where it is not in force.
pub fn lift(
    known: &MemberRecord,
    id: SanctionId,
    reason: String,
    by: &Actor,
    now: Timestamp,
) -> Option<SanctionChange> {
    let lifted = Lifted {
        by: by.clone(),
        at: now,
        reason,
        ruling: None,
        undone: false,
    };
    let member = known.lifted(id, lifted)?;
    let sanction = member.sanctions.iter().find(|one| one.id == id)?.clone();
    Some(SanctionChange {
        audit: sanction_audit(known, &sanction, "sanction.lifted", by, now),
        member,
        sanction,
    })
}

/// The story of a sanction.
pub(super) fn sanction_audit(
    member: &MemberRecord,
    sanction: &Sanction,
    action: &str,
    by: &Actor,
    at: Timestamp,
) -> AuditDraft {
    let days = sanction.days.map(|days| format!(" {days}"));
    let what = format!("{}{}", sanction.kind.name(), days.unwrap_or_default());
    let reason = sanction.lifted.as_ref().map(|lifted| &lifted.reason);
    let told = format!("sanction {}: {what}", sanction.id);
    let after = match action {
        "sanction.lifted" => None,
        _ => Some(what),
    };
    AuditDraft {
        at,
        actor: by.clone(),
        action: action.to_owned(),
        subject: AuditSubject::Member(member.id.clone()),
        from: Some(member.standing(at).name().to_owned()),
        to: after,
        why: Some(told),
        words: reason.or(sanction.reason.as_ref()).cloned(),
    }
}

/// A sanction as asked for, from now on.
pub fn sanction(
    request: SanctionRequest,
    code: Option<ReasonCode>,
    reason: Option<String>,
    ruling: Option<RulingId>,
    by: &Actor,
    stamp: &mut Stamp,
) -> Sanction {
    let now = stamp.now;
    Sanction {
        id: SanctionId(stamp.id()),
        kind: request.kind,
        days: request.days,
        until: request
            .days
            .map(|days| now.plus_ms(i64::from(days) * DAY_MS)),
        code,
        reason,
        ruling,
        by: by.clone(),
        at: now,
        appeal: None,
        lifted: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn later(days: i64) -> Timestamp {
        NOW.plus_ms(days * DAY_MS)
    }

    fn ulid(nth: u128) -> ulid::Ulid {
        ulid::Ulid(nth)
    }

    fn member() -> MemberRecord {
        MemberRecord::new(MemberId::parse("m").unwrap())
    }

    fn strike(nth: u128, worth: u32) -> Strike {
        Strike {
            ruling: RulingId(ulid(nth)),
            case: CaseId(ulid(nth)),
            code: ReasonCode::Insult,
            severity: 3,
            worth,
            at: NOW,
            expires_at: later(10),
            superseded_by: None,
        }
    }

    fn laid(
        record: &MemberRecord,
        kind: SanctionKind,
        days: Option<u32>,
        ruling: Option<u128>,
    ) -> MemberRecord {
        let mut stamp = Stamp::new(NOW, record.edition.into());
        let request = SanctionRequest { kind, days };
        let ruling = ruling.map(|nth| RulingId(ulid(nth)));
        record.sanctioned(sanction(
            request,
            None,
            None,
            ruling,
            &Actor::System,
            &mut stamp,
        ))
    }

    #[test]
    fn the_gravest_sanction_in_force_is_the_standing() {
        let watched = laid(&member(), SanctionKind::Watch, Some(30), None);
        let both = laid(&watched, SanctionKind::Suspend, Some(7), None);
        assert_eq!(member().standing(NOW), MemberStanding::Good);
        assert_eq!(both.standing(NOW), MemberStanding::Suspended(later(7)));
        assert_eq!(both.standing(later(8)), MemberStanding::Watched);
        assert_eq!(both.standing(later(31)), MemberStanding::Good);
        assert_eq!(
            laid(&both, SanctionKind::Terminate, None, None).standing(later(900)),
            MemberStanding::Terminated
        );
        assert_eq!(
            laid(&member(), SanctionKind::Warn, None, None).standing(NOW),
            MemberStanding::Good
        );
    }

    #[test]
    fn strikes_climb_the_ladder_and_expire() {
        let ladder = Ladder::shipped();
        let proposed = |record: &MemberRecord, at| {
            record
                .proposal(ReasonCode::Insult, 3, &ladder, at)
                .map(|one| (one.kind, one.days))
        };
        assert_eq!(proposed(&member(), NOW), Some((SanctionKind::Warn, None)));
        let twice = member().struck(strike(1, 1)).struck(strike(2, 1));
        assert_eq!(
            proposed(&twice, NOW),
            Some((SanctionKind::Suspend, Some(7)))
        );
        assert_eq!(
            proposed(&twice, later(11)),
            Some((SanctionKind::Warn, None))
        );
        assert_eq!(twice.proposal(ReasonCode::Other, 3, &ladder, NOW), None);
    }

    #[test]
    fn undo_puts_back_what_a_ruling_took_the_place_of() {
        let first = laid(
            &member().struck(strike(1, 1)),
            SanctionKind::Suspend,
            Some(7),
            Some(1),
        );
        let (older, newer) = (RulingId(ulid(1)), RulingId(ulid(2)));
        let ruled = first
            .strikes_superseded(&[older], newer)
            .sanctions_superseded(&[older], newer, &Actor::System, NOW)
            .struck(strike(2, 1));
        assert_eq!(ruled.live_strikes(NOW).count(), 1);
        assert_eq!(ruled.standing(NOW), MemberStanding::Good);
        let back = ruled.undone(newer, &Actor::System, NOW);
        assert_eq!(
            back.live_strikes(NOW)
                .map(|strike| strike.ruling)
                .collect::<Vec<_>>(),
            [older]
        );
        assert_eq!(back.standing(NOW), MemberStanding::Suspended(later(7)));
        let gone = back.undone(older, &Actor::System, NOW);
        assert_eq!(
            (gone.live_strikes(NOW).count(), gone.standing(NOW)),
            (0, MemberStanding::Good)
        );
    }

    #[test]
    fn a_nickname_is_noted_when_it_changes() {
        let seen =
            |record: &MemberRecord, text| record.seen(Some((text, Verdict::Allow)), None, NOW);
        let first = seen(&member(), "阿明").unwrap();
        assert!(seen(&first, "阿明").is_none());
        let second = seen(&first, "阿華").unwrap();
        assert_eq!((second.nicknames.len(), second.edition), (2, 2));
        assert!(second.seen(None, Some(false), NOW).is_none());
        assert!(second.seen(None, Some(true), NOW).unwrap().verified);
    }

    #[test]
    fn lifting_is_for_what_is_in_force() {
        let record = laid(&member(), SanctionKind::Suspend, Some(7), None);
        let id = record.sanctions[0].id;
        let lift = |at| Lifted {
            by: Actor::System,
            at,
            reason: "new facts".into(),
            ruling: None,
            undone: false,
        };
        assert!(record.lifted(id, lift(later(8))).is_none());
        let lifted = record.lifted(id, lift(NOW)).unwrap();
        assert_eq!(lifted.standing(NOW), MemberStanding::Good);
        assert!(lifted.lifted(id, lift(NOW)).is_none());
    }

    #[test]
    fn days_stand_where_they_mean_something() {
        let sound = |kind, days| SanctionRequest { kind, days }.is_sound();
        assert!(sound(SanctionKind::Warn, None) && sound(SanctionKind::Suspend, Some(3_650)));
        assert!(!sound(SanctionKind::Warn, Some(1)) && !sound(SanctionKind::Suspend, None));
        assert!(!sound(SanctionKind::Watch, Some(0)) && !sound(SanctionKind::Watch, Some(3_651)));
    }
}
