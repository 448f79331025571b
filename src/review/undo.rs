//! Undo of a ruling: everything is as it was, but for the audit and the case's version, which goes on.

use super::{
    claim::held_by_another,
    counting::{negated, tallies_of_ruling},
    effect::{RulingSubject, restored_effect},
    ruling::{RuleFault, ruling_audit, ruling_change},
    sanction::Authority,
    transition::{CaseEvent, step},
};
use crate::{
    record::{
        AuditAction, Case, CaseState, Change, MemberRecord, RejudgeCause, Reversal, Ruling,
        RulingDecision, Tally, TallyOf,
    },
    time::{LEASE_MS_MAX, Timestamp},
};

/// Undoes the newest ruling of a case.
pub fn undo(
    case: &Case,
    subject: &RulingSubject,
    ruling: &Ruling,
    member: Option<&MemberRecord>,
    authority: Authority<'_>,
    now: Timestamp,
) -> Result<Change, RuleFault> {
    let state = state_after_undo(case, subject, ruling, authority, now)?;
    let undone = Ruling {
        undone: Some(Reversal {
            by: authority.by.clone(),
            at: now,
        }),
        ..ruling.clone()
    };
    let action = AuditAction::RulingUndone(ruling.id);
    let counted = tallies_of_ruling(ruling, subject.decision());
    let undo_counted = Tally {
        undone: 1,
        ..Tally::default()
    };
    let change = ruling_change(
        &ruling.undo_snapshot.case,
        case_after_undo(case, state, ruling),
        &undone,
        restored_effect(ruling, case, subject),
        (
            member,
            member.and_then(|known| without_penalty(known, ruling, authority, now)),
        ),
        RejudgeCause::Undone(ruling.id),
    );
    Ok(change
        .audit([ruling_audit(case, state, action, authority.by, now)])
        .count(negated(counted), None)
        .count([(TallyOf::Day, undo_counted)], None)
        .build())
}

/// The case's state after the undo, or why the ruling cannot be undone.
fn state_after_undo(
    case: &Case,
    subject: &RulingSubject,
    ruling: &Ruling,
    authority: Authority<'_>,
    now: Timestamp,
) -> Result<CaseState, RuleFault> {
    if ruling.by != *authority.by && !authority.is_admin {
        return Err(RuleFault::NotYours);
    }
    if let Some(undone) = &ruling.undone {
        return Err(RuleFault::UndoneBefore(undone.clone()));
    }
    let before = ruling.undo_snapshot.case.state;
    if (before.is_unresolved() && !subject.is_newest_case(case))
        || case.version != ruling.version
        || case.rulings.last() != Some(&ruling.id)
    {
        return Err(RuleFault::Changed);
    }
    // A time further off than any lease comes from a clock that was ahead.
    if !(0..=LEASE_MS_MAX).contains(&ruling.undo_until.ms_since(now)) {
        return Err(RuleFault::UndoExpired);
    }
    if let Some(claim) = held_by_another(case, authority.by, now) {
        return Err(RuleFault::Claimed(claim.clone()));
    }
    if case.state == CaseState::Open {
        return Err(RuleFault::Changed);
    }
    Ok(step(case.state, CaseEvent::Undo(before))?)
}

fn case_after_undo(case: &Case, state: CaseState, ruling: &Ruling) -> Case {
    let before = &ruling.undo_snapshot.case;
    let mut after = Case {
        state,
        version: case.version + 1,
        row_version: case.row_version + 1,
        // Reports since the ruling wait with those before it; escalating had ended none.
        reported: match ruling.decision {
            RulingDecision::Escalate => case.reported,
            RulingDecision::Approve | RulingDecision::Remove | RulingDecision::RemoveTags => {
                before.reported.and(case.reported).and(ruling.late_reports)
            }
        },
        ..before.clone()
    };
    if ruling.late_reports.count > 0 {
        after.add_report_source();
    }
    after
}

/// The member's record without what the ruling had brought; `None` if that was nothing.
fn without_penalty(
    known: &MemberRecord,
    ruling: &Ruling,
    authority: Authority<'_>,
    now: Timestamp,
) -> Option<MemberRecord> {
    let after = known.undone(ruling.id, authority.by, now);
    let unchanged = MemberRecord {
        row_version: after.row_version,
        ..known.clone()
    };
    (after != unchanged).then_some(after)
}
