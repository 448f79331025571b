//! Sanctions: what repeated rulings bring on a member, and how a sanction is imposed and revoked outside a case.

use crate::{
    id::{CommentId, RulingId, SanctionId},
    member::{SANCTION_DAYS_MAX, SanctionKind},
    policy::{PenaltySchedule, ProposedSanction},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, EventKind, FanOut,
        MemberRecord, ReasonCode, RejudgeCause, Revocation, Sanction, SanctionSummary, Strike,
    },
    time::{DAY_MS, IdSource, Timestamp},
};

/// What the penalty schedule proposes if the member is ruled against for this, in a case that came by `post`. Nothing where
/// the post counts as much already.
pub fn proposed_sanction(
    member: &MemberRecord,
    code: ReasonCode,
    severity: u8,
    post: Option<&CommentId>,
    schedule: &PenaltySchedule,
    now: Timestamp,
) -> Option<ProposedSanction> {
    let worth = schedule.points(code.rule(), severity);
    let known: u32 = member.live_strikes(now).map(|strike| strike.points).sum();
    let of_post = |strike: &&Strike| post.is_some() && strike.post.as_ref() == post;
    let counted = member.live_strikes(now).find(of_post);
    let more = worth.saturating_sub(counted.map_or(0, |strike| strike.points));
    (more > 0)
        .then(|| schedule.proposal(known + more))
        .flatten()
}

/// What a moderator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionRequest {
    /// What.
    pub kind: SanctionKind,
    /// For how many days.
    pub days: Option<u32>,
    /// What the member may read of why.
    pub reason: Option<String>,
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

/// A sanction imposed or revoked outside a case, with all that is written for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionChange {
    /// The member's record after it.
    pub member: MemberRecord,
    /// The sanction as it is after it.
    pub sanction: Sanction,
    /// The audit's entry about it.
    pub audit: AuditDraft,
    /// The event for the board.
    pub event: Option<EventKind>,
    /// Comments that are judged again for it.
    pub fan_out: Option<FanOut>,
}

impl SanctionChange {
    /// The change that stores it.
    pub fn into_change(self) -> Change {
        ChangeBuilder::new()
            .updated_member(self.member)
            .audit([self.audit])
            .events(self.event)
            .fan_outs(self.fan_out)
            .build()
    }
}

/// In whose name a sanction is imposed or revoked.
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a> {
    /// Who.
    pub by: &'a Actor,
    /// Whether they may do what is for admins.
    pub is_admin: bool,
}

/// Imposes a sanction on a member outside a case.
pub fn impose(
    known: &MemberRecord,
    request: SanctionRequest,
    code: Option<ReasonCode>,
    who: Authority<'_>,
    ids: &mut IdSource,
) -> SanctionChange {
    let sanction = sanction(request, code, None, who, ids);
    SanctionChange {
        audit: sanction_audit(
            known,
            &sanction,
            AuditAction::SanctionImposed,
            who.by,
            ids.now,
        ),
        member: known.sanctioned(sanction.clone()),
        event: Some(EventKind::SanctionImposed(known.id.clone(), sanction.id)),
        fan_out: None,
        sanction,
    }
}

/// How a sanction is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationRequest {
    /// Which.
    pub sanction: SanctionId,
    /// Why.
    pub reason: String,
    /// The comments that it blocked are judged again.
    pub restore: bool,
}

/// Only an admin revokes what an admin imposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an admin laid it")]
pub struct ImposedByAdmin;

/// Revokes a sanction. One that has ended by itself cannot be revoked, but what it blocked can still be restored. `None` if
/// nothing changes.
pub fn revoke(
    known: &MemberRecord,
    lifting: RevocationRequest,
    who: Authority<'_>,
    now: Timestamp,
) -> Result<Option<SanctionChange>, ImposedByAdmin> {
    let id = lifting.sanction;
    let Some(before) = known.sanctions.iter().find(|one| one.id == id) else {
        return Ok(None);
    };
    if before.imposed_by_admin && !who.is_admin {
        return Err(ImposedByAdmin);
    }
    let mut sanction = before.clone();
    let revoked = sanction.is_live(now).then(|| Revocation {
        by: who.by.clone(),
        at: now,
        reason: lifting.reason.clone(),
        ruling: None,
        undone: false,
    });
    let ends = revoked.is_some();
    sanction.revoked = revoked.or(sanction.revoked);
    let cause = RejudgeCause::Restored(id);
    sanction.void = sanction.void.or(lifting.restore.then_some(cause));
    if sanction == *before {
        return Ok(None);
    }
    let mut member = known.next();
    let places = member.sanctions.iter_mut();
    places
        .filter(|one| one.id == id)
        .for_each(|one| one.clone_from(&sanction));
    let action = if ends {
        AuditAction::SanctionRevoked
    } else {
        AuditAction::SanctionRestored
    };
    let audit = AuditDraft {
        words: Some(lifting.reason),
        ..sanction_audit(known, &sanction, action, who.by, now)
    };
    Ok(Some(SanctionChange {
        audit,
        event: ends.then(|| EventKind::SanctionRevoked(known.id.clone(), id)),
        fan_out: member.rejudges(known, cause),
        member,
        sanction,
    }))
}

/// The audit entry of a sanction that was imposed, revoked or restored; `action` says which.
pub(super) fn sanction_audit(
    member: &MemberRecord,
    sanction: &Sanction,
    action: fn(SanctionSummary) -> AuditAction,
    by: &Actor,
    at: Timestamp,
) -> AuditDraft {
    let summary = SanctionSummary {
        id: sanction.id,
        kind: sanction.kind,
        days: sanction.days,
    };
    let action = action(summary);
    let is_imposed = matches!(action, AuditAction::SanctionImposed(_));
    let revoked = sanction.revoked.as_ref().map(|revoked| &revoked.reason);
    AuditDraft {
        from: Some(member.standing(at).name().to_owned()),
        to: is_imposed.then(|| summary.measure()),
        words: revoked.or(sanction.reason.as_ref()).cloned(),
        ..AuditDraft::new(at, by, action, AuditSubject::Member(member.id.clone()))
    }
}

/// A sanction as asked for, from now on.
pub fn sanction(
    request: SanctionRequest,
    code: Option<ReasonCode>,
    ruling: Option<RulingId>,
    who: Authority<'_>,
    ids: &mut IdSource,
) -> Sanction {
    let now = ids.now;
    Sanction {
        id: SanctionId(ids.id()),
        kind: request.kind,
        days: request.days,
        until: request
            .days
            .map(|days| now.plus_ms(i64::from(days) * DAY_MS)),
        code,
        reason: request.reason,
        ruling,
        by: who.by.clone(),
        imposed_by_admin: who.is_admin,
        at: now,
        appeal: None,
        revoked: None,
        void: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        id::{CaseId, MemberId},
        member::MemberStanding,
    };

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
            post: None,
            code: ReasonCode::Insult,
            severity: 3,
            points: worth,
            at: NOW,
            expires_at: later(10),
            superseded_by: None,
        }
    }

    fn imposed(
        record: &MemberRecord,
        kind: SanctionKind,
        days: Option<u32>,
        ruling: Option<u128>,
    ) -> MemberRecord {
        let mut ids = IdSource::new(NOW, record.row_version.into());
        let request = SanctionRequest {
            kind,
            days,
            reason: None,
        };
        let who = Authority {
            by: &Actor::System,
            is_admin: false,
        };
        let ruling = ruling.map(|nth| RulingId(ulid(nth)));
        record.sanctioned(sanction(request, None, ruling, who, &mut ids))
    }

    #[test]
    fn strikes_climb_the_ladder_and_expire() {
        let ladder = PenaltySchedule::shipped();
        let proposed = |record: &MemberRecord, at| {
            proposed_sanction(record, ReasonCode::Insult, 3, None, &ladder, at)
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
        assert_eq!(
            proposed_sanction(&twice, ReasonCode::Other, 3, None, &ladder, NOW),
            None
        );
    }

    #[test]
    fn faults_in_two_surfaces_of_one_post_are_one_offence() {
        let ladder = PenaltySchedule::shipped();
        let post = CommentId::parse("c-1").unwrap();
        let of_post = |nth, worth| Strike {
            post: Some(post.clone()),
            ..strike(nth, worth)
        };
        let (body, nickname) = (of_post(1, 1), of_post(2, 2));
        let both = member().struck(body).struck(nickname);
        let counted: Vec<u32> = both.live_strikes(NOW).map(|strike| strike.points).collect();
        assert_eq!(counted, [2], "the gravest of the post");
        let twice = both.struck(of_post(4, 2)).struck(strike(3, 1));
        assert_eq!(twice.live_strikes(NOW).count(), 2);
        let back = both.undone(RulingId(ulid(2)), &Actor::System, NOW);
        let counted: Vec<u32> = back.live_strikes(NOW).map(|strike| strike.points).collect();
        assert_eq!(counted, [1]);
        let proposed = |severity| {
            let post = Some(&post);
            let proposal =
                proposed_sanction(&back, ReasonCode::Insult, severity, post, &ladder, NOW);
            proposal.map(|one| (one.kind, one.days))
        };
        assert_eq!(proposed(3), None, "the post counts as much already");
        assert_eq!(proposed(4), Some((SanctionKind::Suspend, Some(1))));
    }

    #[test]
    fn lifting_is_for_what_is_in_force() {
        let record = imposed(&member(), SanctionKind::Suspend, Some(7), None);
        let revoke = |record: &MemberRecord, restore, at| {
            let lifting = RevocationRequest {
                sanction: record.sanctions[0].id,
                reason: "new facts".into(),
                restore,
            };
            let who = Authority {
                by: &Actor::System,
                is_admin: false,
            };
            super::revoke(record, lifting, who, at).unwrap()
        };
        assert!(revoke(&record, false, later(8)).is_none());
        let revoked = revoke(&record, false, NOW).unwrap();
        assert!(revoked.event.is_some() && revoked.fan_out.is_none());
        let revoked = revoked.member;
        assert_eq!(revoked.standing(NOW), MemberStanding::Good);
        assert!(revoke(&revoked, false, NOW).is_none());
        let restored = revoke(&revoked, true, later(8)).unwrap();
        assert!(restored.event.is_none() && restored.fan_out.is_some());
        assert!(revoke(&restored.member, true, later(8)).is_none());
    }

    #[test]
    fn days_stand_where_they_mean_something() {
        let sound = |kind, days| {
            let reason = None;
            SanctionRequest { kind, days, reason }.is_sound()
        };
        assert!(sound(SanctionKind::Warn, None) && sound(SanctionKind::Suspend, Some(3_650)));
        assert!(!sound(SanctionKind::Warn, Some(1)) && !sound(SanctionKind::Suspend, None));
        assert!(!sound(SanctionKind::Watch, Some(0)) && !sound(SanctionKind::Watch, Some(3_651)));
    }
}
