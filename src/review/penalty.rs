//! What a ruling does to the member's record: a removal is a strike, a sanction is imposed, and what older rulings of the
//! case had brought ends.

use super::sanction::{SanctionRequest, new_sanction, sanction_audit, strike_expiry};
use crate::{
    policy::PenaltySchedule,
    record::{
        AuditAction, AuditDraft, Authority, Case, EventKind, MemberRecord, Revocation, Ruling,
        RulingDecision, Sanction, Strike,
    },
    time::{IdSource, Timestamp},
};

/// The member's record with what a ruling brings, `None` if nothing changes, and the audit entries about sanctions.
pub(super) fn penalized(
    known: &MemberRecord,
    ruling: &Ruling,
    denies_appeal: bool,
    request: Option<SanctionRequest>,
    schedule: &PenaltySchedule,
    authority: &Authority,
    ids: &mut IdSource,
) -> (Option<MemberRecord>, Vec<AuditDraft>) {
    let case = &ruling.undo_snapshot.case;
    let (mut audit, kind) = (Vec::new(), request.as_ref().map(|request| request.kind));
    // A strike that was appealed in vain counts on, from when it was ruled.
    let older_strikes: &[_] = if denies_appeal { &[] } else { &case.rulings };
    let mut member = known
        .strikes_superseded(older_strikes, ruling.id)
        .sanctions_superseded(&case.rulings, ruling.id, kind, &authority.by, ids.now);
    if let Some(strike) = strike_of(ruling, schedule) {
        member = member.with_strike(strike);
    }
    if let Some(request) = request {
        let sanction = new_sanction(request, ruling.code, Some(ruling.id), authority, ids);
        let action = AuditAction::SanctionImposed;
        audit.push(sanction_audit(
            &member,
            &sanction,
            action,
            &authority.by,
            ids.now,
        ));
        member = member.with_sanction(sanction);
    }
    // Reset after the steps above: a raised row version alone must not count as a change, and one commit
    // raises it only once.
    member.row_version = known.row_version;
    let mut changes = member != *known;
    if let Some((overturned, revoked)) = appealed_sanction_overturned(&member, ruling) {
        let action = AuditAction::SanctionRevoked;
        let entry =
            |sanction: &Sanction| sanction_audit(known, sanction, action, &authority.by, ids.now);
        audit.extend(revoked.as_ref().map(entry));
        (member, changes) = (overturned, true);
    }
    member.row_version = known.row_version + 1;
    (changes.then_some(member), audit)
}

/// What the ruling counts against the member.
fn strike_of(ruling: &Ruling, schedule: &PenaltySchedule) -> Option<Strike> {
    let case = &ruling.undo_snapshot.case;
    let (code, severity) = (ruling.code?, case.severity);
    let points = schedule.points(code.rule(), severity);
    // Nobody gets a strike for an appeal.
    let counts = ruling.decision.removes() && points > 0 && ruling.appeal.is_none();
    counts.then(|| Strike {
        ruling: ruling.id,
        case: ruling.case,
        post: case.comment.clone(),
        code,
        severity,
        points,
        at: ruling.at,
        expires_at: strike_expiry(schedule, ruling.at),
        superseded_by: None,
    })
}

/// The record after an appeal against a sanction alone was granted, and the sanction if it ends only by that.
fn appealed_sanction_overturned(
    member: &MemberRecord,
    ruling: &Ruling,
) -> Option<(MemberRecord, Option<Sanction>)> {
    let id = ruling.undo_snapshot.case.sanction?;
    if ruling.decision != RulingDecision::Approve {
        return None;
    }
    let revocation = Revocation {
        by: ruling.by.clone(),
        at: ruling.at,
        reason: format!("appeal, ruling {}", ruling.id),
        ruling: Some(ruling.id),
        undone: false,
    };
    // Asked before it is overturned: a sanction that had ended by itself gets no audit entry.
    let was_live = member.live_sanctions(ruling.at).any(|live| live.id == id);
    let after = member.overturned(id, revocation, ruling.id)?;
    let mut sanctions = after.sanctions.iter();
    let revoked = sanctions.find(|sanction| sanction.id == id && was_live);
    let revoked = revoked.cloned();
    Some((after, revoked))
}

/// Whether the ruling would end a sanction in force that an admin imposed: one that an older ruling of the case imposed, or
/// the one that is appealed, if the appeal is granted.
pub(super) fn ends_sanction_by_admin(
    case: &Case,
    decision: RulingDecision,
    member: &MemberRecord,
    now: Timestamp,
) -> bool {
    let granted = case
        .sanction
        .filter(|_| decision == RulingDecision::Approve);
    let ends = |sanction: &&Sanction| {
        let of_case = sanction.ruling.is_some_and(|id| case.rulings.contains(&id));
        of_case || Some(sanction.id) == granted
    };
    let mut ending = member.live_sanctions(now).filter(ends);
    ending.any(|sanction| sanction.imposed_by_admin)
}

/// Sanctions that were imposed or revoked between two records of a member.
pub(super) fn sanction_events<'a>(
    before: &'a MemberRecord,
    after: &'a MemberRecord,
) -> impl Iterator<Item = EventKind> + 'a {
    after.sanctions.iter().filter_map(|sanction| {
        let earlier = before
            .sanctions
            .iter()
            .find(|known| known.id == sanction.id);
        let was_revoked = earlier.map(|known| known.revoked.is_some());
        let (member, id) = (after.id.clone(), sanction.id);
        match (was_revoked, sanction.revoked.is_some()) {
            // New, or in force again because its revocation was undone.
            (None | Some(true), false) => Some(EventKind::SanctionImposed(member, id)),
            (Some(false), true) => Some(EventKind::SanctionRevoked(member, id)),
            // Imposed and revoked between the two records, or unchanged.
            (None | Some(true), true) | (Some(false), false) => None,
        }
    })
}
