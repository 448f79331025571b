//! Sanctions: what repeated rulings bring on a member, and how a sanction is imposed and revoked outside a case.

use crate::{
    id::{CommentId, RulingId, SanctionId},
    member::{SANCTION_DAYS_MAX, SanctionKind},
    policy::{PenaltySchedule, ProposedSanction},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Authority, Case, Change, ChangeBuilder,
        EventKind, MemberRecord, ReasonCode, RejudgeCause, Revocation, Sanction, SanctionSummary,
        Strike,
    },
    time::{DAY_MS, IdSource, Timestamp},
};

/// A sanction that the penalty schedule proposes, and what that rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionProposal {
    /// The sanction.
    pub sanction: ProposedSanction,
    /// The code of the violation.
    pub code: ReasonCode,
    /// Its severity, 1 to 4.
    pub severity: u8,
    /// How many points a removal would add.
    pub points: u32,
    /// The member's strikes that count already.
    pub strikes: Vec<Strike>,
    /// From how many points on the schedule proposes this.
    pub from: u32,
    /// When the new strike would expire.
    pub expires_at: Timestamp,
}

/// Why the penalty schedule proposes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoProposal {
    /// The board named no member.
    NoMember,
    /// Only a reporter named the member.
    Provisional,
    /// An appeal must not risk a harsher sanction.
    Appeal,
    /// The schedule gives no points for this code and severity.
    NoPoints,
    /// A strike for the same post counts as much already.
    Counted,
    /// No step of the schedule is reached.
    BelowSteps,
}

/// What the penalty schedule proposes if the case ends with a removal for `code`.
pub fn proposed_sanction(
    case: &Case,
    code: ReasonCode,
    is_provisional: bool,
    member: Option<&MemberRecord>,
    schedule: &PenaltySchedule,
    now: Timestamp,
) -> Result<SanctionProposal, NoProposal> {
    let member = member.ok_or(NoProposal::NoMember)?;
    if is_provisional {
        return Err(NoProposal::Provisional);
    }
    if case.appeal.is_some() {
        return Err(NoProposal::Appeal);
    }
    // A new ruling replaces the earlier ones of the case, and so do its strikes.
    let member = member.without_strikes_of(case.id);
    let post = case.comment.as_ref();
    proposed_for(&member, code, case.severity, post, schedule, now)
}

/// What the schedule proposes if the member gets a strike for this, in a case that came by `post`. Nothing where the post
/// counts as much already.
fn proposed_for(
    member: &MemberRecord,
    code: ReasonCode,
    severity: u8,
    post: Option<&CommentId>,
    schedule: &PenaltySchedule,
    now: Timestamp,
) -> Result<SanctionProposal, NoProposal> {
    let points = schedule.points(code.rule(), severity);
    if points == 0 {
        return Err(NoProposal::NoPoints);
    }
    let strikes: Vec<Strike> = member.live_strikes(now).cloned().collect();
    let known: u32 = strikes.iter().map(|strike| strike.points).sum();
    let of_post = |strike: &&Strike| post.is_some() && strike.post.as_ref() == post;
    let counted = strikes.iter().find(of_post);
    let points = points.saturating_sub(counted.map_or(0, |strike| strike.points));
    if points == 0 {
        return Err(NoProposal::Counted);
    }
    let proposal = schedule.proposal(known + points);
    let (sanction, from) = proposal.ok_or(NoProposal::BelowSteps)?;
    Ok(SanctionProposal {
        sanction,
        code,
        severity,
        points,
        strikes,
        from,
        expires_at: strike_expiry(schedule, now),
    })
}

/// When a strike that is given at `now` stops counting.
pub(super) fn strike_expiry(schedule: &PenaltySchedule, now: Timestamp) -> Timestamp {
    now.plus_ms(i64::from(schedule.strike_days()) * DAY_MS)
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

/// Imposes a sanction on a member outside a case.
pub fn impose(
    known: &MemberRecord,
    request: SanctionRequest,
    code: Option<ReasonCode>,
    authority: &Authority,
    ids: &mut IdSource,
) -> (Sanction, Change) {
    let sanction = new_sanction(request, code, None, authority, ids);
    let action = AuditAction::SanctionImposed;
    let audit = sanction_audit(known, &sanction, action, &authority.by, ids.now);
    let event = EventKind::SanctionImposed(known.id.clone(), sanction.id);
    let change = ChangeBuilder::new()
        .updated_member(known.with_sanction(sanction.clone()))
        .audit([audit])
        .events([event])
        .build();
    (sanction, change)
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
#[error("an admin imposed it")]
pub struct ImposedByAdmin;

/// Revokes a sanction. One that has ended by itself cannot be revoked, but what it blocked can still be restored. `None` if
/// nothing changes.
pub fn revoke(
    known: &MemberRecord,
    request: RevocationRequest,
    authority: &Authority,
    now: Timestamp,
) -> Result<Option<(Sanction, Change)>, ImposedByAdmin> {
    let mut member = known.next();
    let mut sanctions = member.sanctions.iter_mut();
    let Some(sanction) = sanctions.find(|sanction| sanction.id == request.sanction) else {
        return Ok(None);
    };
    if sanction.imposed_by_admin && !authority.is_admin {
        return Err(ImposedByAdmin);
    }
    let before = sanction.clone();
    let ends = sanction.is_live(now);
    if ends {
        sanction.revoked = Some(Revocation {
            by: authority.by.clone(),
            at: now,
            reason: request.reason.clone(),
            ruling: None,
            undone: false,
        });
    }
    let cause = RejudgeCause::Restored(request.sanction);
    sanction.void = sanction.void.or(request.restore.then_some(cause));
    if *sanction == before {
        return Ok(None);
    }
    let sanction = sanction.clone();
    let action = if ends {
        AuditAction::SanctionRevoked
    } else {
        AuditAction::SanctionRestored
    };
    let audit = AuditDraft {
        words: Some(request.reason),
        ..sanction_audit(known, &sanction, action, &authority.by, now)
    };
    let change = ChangeBuilder::new()
        .audit([audit])
        .events(ends.then(|| EventKind::SanctionRevoked(known.id.clone(), sanction.id)))
        .fan_outs(member.rejudge_fan_out(known, cause))
        .updated_member(member)
        .build();
    Ok(Some((sanction, change)))
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

/// A sanction as requested, from now on.
pub(super) fn new_sanction(
    request: SanctionRequest,
    code: Option<ReasonCode>,
    ruling: Option<RulingId>,
    authority: &Authority,
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
        by: authority.by.clone(),
        imposed_by_admin: authority.is_admin,
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
        member::MemberStanding,
        record::examples::{NOW, imposed, later, member, strike, ulid},
    };

    #[test]
    fn strikes_climb_the_schedule_and_expire() {
        let schedule = PenaltySchedule::shipped();
        let proposed = |record: &MemberRecord, at| {
            let proposal = proposed_for(record, ReasonCode::Insult, 3, None, &schedule, at).ok()?;
            Some((proposal.sanction.kind, proposal.sanction.days))
        };
        assert_eq!(proposed(&member(), NOW), Some((SanctionKind::Warn, None)));
        let twice = member().with_strike(strike(1, 1)).with_strike(strike(2, 1));
        assert_eq!(
            proposed(&twice, NOW),
            Some((SanctionKind::Suspend, Some(7)))
        );
        assert_eq!(
            proposed(&twice, later(11)),
            Some((SanctionKind::Warn, None))
        );
        assert_eq!(
            proposed_for(&twice, ReasonCode::Other, 3, None, &schedule, NOW),
            Err(NoProposal::NoPoints)
        );
        let third = proposed_for(&twice, ReasonCode::Insult, 3, None, &schedule, NOW).unwrap();
        assert_eq!((third.points, third.strikes.len(), third.from), (1, 2, 3));
        assert_eq!(third.expires_at, NOW.plus_ms(365 * DAY_MS));
    }

    #[test]
    fn faults_in_two_surfaces_of_one_post_are_one_offence() {
        let schedule = PenaltySchedule::shipped();
        let post = CommentId::parse("c-1").unwrap();
        let of_post = |nth, points| Strike {
            post: Some(post.clone()),
            ..strike(nth, points)
        };
        let (body, nickname) = (of_post(1, 1), of_post(2, 2));
        let both = member().with_strike(body).with_strike(nickname);
        let counted: Vec<u32> = both.live_strikes(NOW).map(|strike| strike.points).collect();
        assert_eq!(counted, [2], "the gravest of the post");
        let twice = both.with_strike(of_post(4, 2)).with_strike(strike(3, 1));
        assert_eq!(twice.live_strikes(NOW).count(), 2);
        let back = both.undone(RulingId(ulid(2)), &Actor::System, NOW);
        let counted: Vec<u32> = back.live_strikes(NOW).map(|strike| strike.points).collect();
        assert_eq!(counted, [1]);
        let proposed = |severity| {
            let post = Some(&post);
            let proposal = proposed_for(&back, ReasonCode::Insult, severity, post, &schedule, NOW);
            proposal.map(|proposal| (proposal.sanction.kind, proposal.sanction.days))
        };
        assert_eq!(
            proposed(3),
            Err(NoProposal::Counted),
            "the post counts as much already"
        );
        assert_eq!(proposed(4), Ok((SanctionKind::Suspend, Some(1))));
    }

    #[test]
    fn only_a_live_sanction_is_revoked_and_restoring_works_once() {
        let record = imposed(&member(), SanctionKind::Suspend, Some(7), None);
        let revoke = |record: &MemberRecord, restore, at| {
            let request = RevocationRequest {
                sanction: record.sanctions[0].id,
                reason: "new facts".into(),
                restore,
            };
            let authority = &Authority {
                by: Actor::System,
                is_admin: false,
            };
            let revoked = super::revoke(record, request, authority, at).unwrap();
            revoked.map(|(_, change)| {
                let member = change.member().unwrap().clone();
                let parts = change.into_parts();
                (member, !parts.events.is_empty(), !parts.fan_outs.is_empty())
            })
        };
        assert!(revoke(&record, false, later(8)).is_none());
        let (revoked, tells, rejudges) = revoke(&record, false, NOW).unwrap();
        assert!(tells && !rejudges);
        assert_eq!(revoked.standing(NOW), MemberStanding::Good);
        assert!(revoke(&revoked, false, NOW).is_none());
        let (restored, tells, rejudges) = revoke(&revoked, true, later(8)).unwrap();
        assert!(!tells && rejudges);
        assert!(revoke(&restored, true, later(8)).is_none());
    }

    #[test]
    fn only_watch_and_suspend_take_days() {
        let sound = |kind, days| {
            let reason = None;
            SanctionRequest { kind, days, reason }.is_sound()
        };
        assert!(sound(SanctionKind::Warn, None) && sound(SanctionKind::Suspend, Some(3_650)));
        assert!(!sound(SanctionKind::Warn, Some(1)) && !sound(SanctionKind::Suspend, None));
        assert!(!sound(SanctionKind::Watch, Some(0)) && !sound(SanctionKind::Watch, Some(3_651)));
    }
}
