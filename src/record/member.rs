//! What is stored about a member: nicknames, strikes from rulings, sanctions and how they ended.
//!
//! A record is written only where something about a member changes; an ordinary comment writes none. Strikes come from
//! rulings alone and go with their undo.

use super::{
    actor::Actor,
    code::{ReasonCode, Verdict},
    event::FanOut,
    rejudgement::{Rejudge, RejudgeCause, RejudgeScope},
};
use crate::{
    id::{AppealId, CaseId, CommentId, MemberId, RulingId, SanctionId},
    member::{MemberStanding, SanctionKind},
    time::Timestamp,
};

/// How many nicknames, strikes and sanctions of one member are kept; the oldest go first.
pub const KEPT_MAX: usize = 200;

/// A nickname that a member used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NicknameUse {
    /// As it was written.
    pub text: String,
    /// When it was first seen; it was theirs until the next one.
    pub at: Timestamp,
    /// The filter's verdict on it.
    pub verdict: Verdict,
}

/// What a ruling counts against a member.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Strike {
    pub ruling: RulingId,
    pub case: CaseId,
    /// The comment with which the case came: faults in two surfaces of one post are one offence.
    pub post: Option<CommentId>,
    pub code: ReasonCode,
    /// 1 to 4, 4 the gravest.
    pub severity: u8,
    /// For how many strikes it counts in the penalty schedule.
    pub points: u32,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    /// The later ruling in the same case because of which it counts no more.
    pub superseded_by: Option<RulingId>,
}

/// How a sanction ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Revocation {
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
    /// The ruling that revoked it; undoing that ruling puts the sanction back.
    pub ruling: Option<RulingId>,
    /// It was revoked because the ruling that imposed it was undone: the member was never rightly sanctioned. It is kept
    /// for the events that name it, and shown in no history.
    pub undone: bool,
}

/// A sanction that was imposed on a member.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Sanction {
    pub id: SanctionId,
    pub kind: SanctionKind,
    /// `None` for a kind that has no end.
    pub days: Option<u32>,
    pub until: Option<Timestamp>,
    pub code: Option<ReasonCode>,
    /// Why, in words that the member may read; `None`: the posted rule says it. Notes for colleagues are on the ruling.
    pub reason: Option<String>,
    /// The ruling that imposed it; `None` outside a case.
    pub ruling: Option<RulingId>,
    pub by: Actor,
    /// Imposed by an admin: then only an admin revokes it.
    pub imposed_by_admin: bool,
    pub at: Timestamp,
    pub appeal: Option<AppealId>,
    /// Set where it ended before its time.
    pub revoked: Option<Revocation>,
    /// Why it counts as never imposed: the comments that it touched are judged again without it. `None`: what it blocked
    /// stays blocked.
    pub void: Option<RejudgeCause>,
}

/// The standing of a member with these sanctions: by the gravest in force at `now`.
pub fn gravest(sanctions: &[Sanction], now: Timestamp) -> MemberStanding {
    let live = sanctions.iter().filter(|sanction| sanction.is_live(now));
    live.map(Sanction::standing).max().unwrap_or_default()
}

impl Sanction {
    /// The sanction without its reason.
    pub fn without_words(&self) -> Self {
        Self {
            reason: None,
            ..self.clone()
        }
    }

    /// Whether it is in force.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Whether it was in force at `then`, and is not void by now.
    fn was_in_force(&self, then: Timestamp) -> bool {
        self.void.is_none() && self.was_live(then)
    }

    fn was_live(&self, then: Timestamp) -> bool {
        let revoked = self.revoked.as_ref();
        self.at <= then
            && self.until.is_none_or(|until| then < until)
            && revoked.is_none_or(|revoked| then <= revoked.at)
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

/// What a sanction does to the member's new comments: nothing, a person reviews each, or none is published.
const fn verdict_on_posts(kind: SanctionKind) -> Verdict {
    match kind {
        SanctionKind::Warn => Verdict::Allow,
        SanctionKind::Watch => Verdict::Flag,
        SanctionKind::Suspend | SanctionKind::Terminate => Verdict::Remove,
    }
}

/// Everything that is stored about a member but their comments and the rulings on their nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// The id that the board uses.
    pub id: MemberId,
    /// What the board said last: whether it vouches for them.
    pub verified: bool,
    /// The newest last.
    pub nicknames: Vec<NicknameUse>,
    /// The newest last.
    pub strikes: Vec<Strike>,
    /// The newest last.
    pub sanctions: Vec<Sanction>,
    /// Grows by one with each write; 0 before the first.
    pub row_version: u64,
}

impl MemberRecord {
    /// A member about whom nothing is stored.
    pub const fn new(id: MemberId) -> Self {
        Self {
            id,
            verified: false,
            nicknames: Vec::new(),
            strikes: Vec::new(),
            sanctions: Vec::new(),
            row_version: 0,
        }
    }

    /// The record without the strikes and sanctions of a ruling that the viewer must not see.
    #[must_use]
    pub fn without(mut self, hidden: Option<RulingId>) -> Self {
        if hidden.is_some() {
            self.strikes.retain(|strike| Some(strike.ruling) != hidden);
            self.sanctions.retain(|sanction| sanction.ruling != hidden);
        }
        self
    }

    /// The record without strikes from this case: a new ruling in it replaces those before.
    #[must_use]
    pub fn without_strikes_of(&self, case: CaseId) -> Self {
        let mut after = self.clone();
        after.strikes.retain(|strike| strike.case != case);
        after
    }

    /// Their standing, by the gravest sanction in force.
    pub fn standing(&self, now: Timestamp) -> MemberStanding {
        gravest(&self.sanctions, now)
    }

    /// The gravest sanction that was in force at `then` and has not become void since. `None` if there was none but a warning.
    pub fn sanction_at(&self, then: Timestamp) -> Option<SanctionKind> {
        let in_force = self
            .sanctions
            .iter()
            .filter(|sanction| sanction.was_in_force(then));
        let kinds = in_force.map(|sanction| sanction.kind);
        kinds.filter(|kind| *kind != SanctionKind::Warn).max()
    }

    /// Whether a sanction that has become void was in force at `then`.
    pub fn was_wrongly_sanctioned(&self, then: Timestamp) -> bool {
        let mut void = self
            .sanctions
            .iter()
            .filter(|sanction| sanction.void.is_some());
        void.any(|sanction| sanction.was_live(then))
    }

    /// Strikes that count at `now`: one for each post, its gravest.
    pub fn live_strikes(&self, now: Timestamp) -> impl Iterator<Item = &Strike> {
        let counts =
            move |strike: &Strike| strike.superseded_by.is_none() && now < strike.expires_at;
        let strikes = self.strikes.iter().enumerate();
        strikes.filter_map(move |(place, strike)| {
            let same_post = |other: &Strike| strike.post.is_some() && other.post == strike.post;
            let mut others = self.strikes.iter().enumerate();
            let outweighed = others.any(|(there, other)| {
                // The places are crossed to break ties: of equal strikes for one post the first counts.
                let weighs_more = (other.points, place) > (strike.points, there);
                there != place && counts(other) && same_post(other) && weighs_more
            });
            (counts(strike) && !outweighed).then_some(strike)
        })
    }

    /// Sanctions, oldest first, those that ended too.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Sanction> {
        self.sanctions.iter().filter(|sanction| {
            let revoked = sanction.revoked.as_ref();
            !revoked.is_some_and(|revoked| revoked.undone)
        })
    }

    /// Sanctions in force at `now`.
    pub fn live_sanctions(&self, now: Timestamp) -> impl Iterator<Item = &Sanction> {
        self.sanctions
            .iter()
            .filter(move |sanction| sanction.is_live(now))
    }

    /// The gravest sanction that blocked the member's comments at `then`; it may have ended since.
    pub fn blocking_sanction(&self, then: Timestamp) -> Option<&Sanction> {
        let blocks = |sanction: &&Sanction| {
            verdict_on_posts(sanction.kind) == Verdict::Remove && sanction.was_in_force(then)
        };
        let blocking = self.sanctions.iter().filter(blocks);
        blocking.max_by_key(|sanction| (sanction.kind, sanction.until))
    }

    /// The sanction that a ruling imposed, unless it was revoked.
    pub fn sanction_by(&self, ruling: RulingId) -> Option<&Sanction> {
        let mut newest_first = self.sanctions.iter().rev();
        newest_first.find(|sanction| sanction.ruling == Some(ruling) && sanction.revoked.is_none())
    }

    /// The nickname that they used last.
    pub fn nickname(&self) -> Option<&NicknameUse> {
        self.nicknames.last()
    }

    /// The record with this nickname, and with whether the board vouches for the member; `None` if nothing is new.
    pub fn with_profile(
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
            .extend(renamed.map(|(text, verdict)| NicknameUse {
                text: text.to_owned(),
                at: now,
                verdict,
            }));
        Some(after.trimmed())
    }

    /// The record with one more strike.
    #[must_use]
    pub fn with_strike(&self, strike: Strike) -> Self {
        let mut after = self.next();
        after.strikes.push(strike);
        after.trimmed()
    }

    /// The record with one more sanction.
    #[must_use]
    pub fn with_sanction(&self, sanction: Sanction) -> Self {
        let mut after = self.next();
        after.sanctions.push(sanction);
        after.trimmed()
    }

    /// The record after a newer ruling replaced these: their strikes count no more.
    #[must_use]
    pub fn strikes_superseded(&self, older: &[RulingId], by: RulingId) -> Self {
        let mut after = self.next();
        for strike in &mut after.strikes {
            if older.contains(&strike.ruling) {
                // The first ruling that replaced it stays named: only undoing that one makes it count again.
                strike.superseded_by = strike.superseded_by.or(Some(by));
            }
        }
        after
    }

    /// The record after a newer ruling replaced these: their sanctions are revoked. One that did more to comments than the
    /// sanction that comes `instead` of it was imposed in error, and is void.
    #[must_use]
    pub fn sanctions_superseded(
        &self,
        older: &[RulingId],
        by: RulingId,
        instead: Option<SanctionKind>,
        actor: &Actor,
        now: Timestamp,
    ) -> Self {
        let mut after = self.next();
        // The verdict on posts that still applies: e.g. a warning in place of a suspension blocks none.
        let still = instead.map_or(Verdict::Allow, verdict_on_posts);
        for sanction in &mut after.sanctions {
            let is_older = sanction.ruling.is_some_and(|id| older.contains(&id));
            if is_older && verdict_on_posts(sanction.kind) > still {
                sanction.void = sanction.void.or(Some(RejudgeCause::Overturned(by)));
            }
            if is_older && sanction.is_live(now) {
                sanction.revoked = Some(Revocation {
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

    /// The record after this ruling was undone: its strike and sanction are gone, and what it had replaced counts again.
    #[must_use]
    pub fn undone(&self, ruling: RulingId, actor: &Actor, now: Timestamp) -> Self {
        let mut after = self.next();
        after.strikes.retain(|strike| strike.ruling != ruling);
        for strike in &mut after.strikes {
            strike.superseded_by = strike.superseded_by.filter(|by| *by != ruling);
        }
        for sanction in &mut after.sanctions {
            let went_with_it = |revoked: &Revocation| revoked.ruling == Some(ruling);
            if sanction.revoked.as_ref().is_some_and(went_with_it) {
                sanction.revoked = None;
            }
            if sanction.void == Some(RejudgeCause::Overturned(ruling)) {
                sanction.void = None;
            }
            if sanction.ruling != Some(ruling) {
                continue;
            }
            sanction.void = Some(RejudgeCause::Undone(ruling));
            if sanction.revoked.is_none() {
                sanction.revoked = Some(Revocation {
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

    /// The record after an appeal against a sanction was right: the sanction is revoked if it is in force, and void.
    pub fn overturned(&self, id: SanctionId, revoked: Revocation, by: RulingId) -> Option<Self> {
        let now = revoked.at;
        let mut after = self.next();
        let mut sanctions = after.sanctions.iter_mut();
        let sanction = sanctions.find(|sanction| sanction.id == id)?;
        if sanction.is_live(now) {
            sanction.revoked = Some(revoked);
        }
        sanction.void = sanction.void.or(Some(RejudgeCause::Overturned(by)));
        Some(after)
    }

    /// The comments to judge again, if between `before` and this record a sanction became void or holds again.
    pub fn rejudge_fan_out(&self, before: &Self, cause: RejudgeCause) -> Option<FanOut> {
        let moved = |now: &Sanction| {
            let earlier = before.sanctions.iter().find(|known| known.id == now.id);
            let void = earlier.and_then(|known| known.void).is_some();
            verdict_on_posts(now.kind) > Verdict::Allow && void != now.void.is_some()
        };
        self.sanctions.iter().any(moved).then(|| {
            FanOut::Rejudge(Rejudge {
                scope: RejudgeScope::Member(self.id.clone()),
                cause,
            })
        })
    }

    /// The record with its next row version; what is written must differ from what was read.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }

    fn trimmed(mut self) -> Self {
        fn keep<T>(list: &mut Vec<T>) {
            let surplus = list.len().saturating_sub(KEPT_MAX);
            list.drain(..surplus);
        }
        keep(&mut self.nicknames);
        keep(&mut self.strikes);
        // what is in force stays, however old
        let over = self.sanctions.len().saturating_sub(KEPT_MAX);
        let ended =
            |sanction: &Sanction| sanction.revoked.is_some() || sanction.kind == SanctionKind::Warn;
        let mut dropped = 0;
        self.sanctions.retain(|sanction| {
            let drop = dropped < over && ended(sanction);
            dropped += usize::from(drop);
            !drop
        });
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{
        super::examples::{NOW, imposed, later, member, strike, ulid},
        *,
    };

    #[test]
    fn the_gravest_sanction_in_force_is_the_standing() {
        let watched = imposed(&member(), SanctionKind::Watch, Some(30), None);
        let both = imposed(&watched, SanctionKind::Suspend, Some(7), None);
        assert_eq!(member().standing(NOW), MemberStanding::Good);
        assert_eq!(both.standing(NOW), MemberStanding::Suspended(later(7)));
        assert_eq!(both.standing(later(8)), MemberStanding::Watched);
        assert_eq!(both.standing(later(31)), MemberStanding::Good);
        assert_eq!(
            imposed(&both, SanctionKind::Terminate, None, None).standing(later(900)),
            MemberStanding::Terminated
        );
        assert_eq!(
            imposed(&member(), SanctionKind::Warn, None, None).standing(NOW),
            MemberStanding::Good
        );
    }

    #[test]
    fn undo_puts_back_what_a_ruling_took_the_place_of() {
        let first = imposed(
            &member().with_strike(strike(1, 1)),
            SanctionKind::Suspend,
            Some(7),
            Some(1),
        );
        let (older, newer) = (RulingId(ulid(1)), RulingId(ulid(2)));
        let ruled = first
            .strikes_superseded(&[older], newer)
            .sanctions_superseded(&[older], newer, None, &Actor::System, NOW)
            .with_strike(strike(2, 1));
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
    fn what_was_overturned_never_held() {
        let record = imposed(&member(), SanctionKind::Suspend, Some(7), Some(1));
        let (older, newer) = (RulingId(ulid(1)), RulingId(ulid(2)));
        let instead =
            |kind| record.sanctions_superseded(&[older], newer, kind, &Actor::System, later(9));
        assert_eq!(record.sanction_at(later(1)), Some(SanctionKind::Suspend));
        assert_eq!(record.sanction_at(later(7)), None);
        let harder = instead(Some(SanctionKind::Terminate));
        assert!(!harder.was_wrongly_sanctioned(later(1)), "rightly blocked");
        let milder = instead(Some(SanctionKind::Watch));
        assert!(
            milder.was_wrongly_sanctioned(later(1)),
            "though its time was over"
        );
        assert_eq!(milder.sanction_at(later(1)), None);
        let cause = RejudgeCause::Overturned(newer);
        assert!(milder.rejudge_fan_out(&record, cause).is_some());
        assert!(harder.rejudge_fan_out(&record, cause).is_none());
        let back = milder.undone(newer, &Actor::System, later(9));
        assert_eq!(back.sanction_at(later(1)), Some(SanctionKind::Suspend));
    }

    #[test]
    fn a_nickname_is_noted_when_it_changes() {
        let seen = |record: &MemberRecord, text| {
            record.with_profile(Some((text, Verdict::Allow)), None, NOW)
        };
        let first = seen(&member(), "阿明").unwrap();
        assert!(seen(&first, "阿明").is_none());
        let second = seen(&first, "阿華").unwrap();
        assert_eq!((second.nicknames.len(), second.row_version), (2, 2));
        assert!(second.with_profile(None, Some(false), NOW).is_none());
        assert!(second.with_profile(None, Some(true), NOW).unwrap().verified);
    }
}
