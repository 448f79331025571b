//! Undo of a ruling: restores everything but the audit and the case's version, which only grow.

use super::{
    claim::held_by_another,
    counting::{negated, tallies_of_ruling},
    effect::{RulingSubject, restored_effect},
    forms::forms_of_ruling,
    ruling::{RuleFault, ruling_audit, ruling_change},
    transition::{CaseEvent, step},
};
use crate::{
    record::{
        AuditAction, Authority, Case, CaseState, Change, Form, MemberRecord, RejudgeCause,
        Reversal, Ruling, RulingDecision, Tally, TallyOf, Write,
    },
    time::{LEASE_MS_MAX, Timestamp},
};

/// Undoes the newest ruling of a case; the one that it had superseded is in force again.
pub fn undo(
    case: &Case,
    subject: &RulingSubject,
    ruling: &Ruling,
    superseded: Option<&Ruling>,
    member: Option<&MemberRecord>,
    authority: &Authority,
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
    // Subtracted on the day of the undo: counts are booked on the day of their own commit.
    let counted = tallies_of_ruling(ruling, subject.decision());
    let forms = forms_of_ruling(ruling, superseded);
    let forms: Vec<Form> = forms.into_iter().map(Form::negated).collect();
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
        .audit([ruling_audit(case, state, action, &authority.by, now)])
        .count(negated(counted), None)
        .count(forms.iter().map(Form::tally), None)
        .write(forms.into_iter().map(Write::Form))
        .count([(TallyOf::Day, undo_counted)], None)
        .build())
}

/// The case's state after the undo, or why the ruling cannot be undone.
fn state_after_undo(
    case: &Case,
    subject: &RulingSubject,
    ruling: &Ruling,
    authority: &Authority,
    now: Timestamp,
) -> Result<CaseState, RuleFault> {
    if ruling.by != authority.by && !authority.is_admin {
        return Err(RuleFault::NotYours);
    }
    // Before the version check: that undo raised the version, and would show as a mere change.
    if let Some(undone) = &ruling.undone {
        return Err(RuleFault::UndoneBefore(undone.clone()));
    }
    let before = ruling.undo_snapshot.case.state;
    // Opening this case again beside a newer one would leave two open about one nickname or tag.
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
    if let Some(claim) = held_by_another(case, &authority.by, now) {
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
        // Reports since the ruling are open, as are those before it: escalating resolved none.
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
    authority: &Authority,
    now: Timestamp,
) -> Option<MemberRecord> {
    let after = known.undone(ruling.id, &authority.by, now);
    // A row version that was raised is no difference by itself.
    let unchanged = MemberRecord {
        row_version: after.row_version,
        ..known.clone()
    };
    (after != unchanged).then_some(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        member::{MemberStanding, SanctionKind},
        policy::PenaltySchedule,
        record::{
            Actor, CaseMember, ReasonCode, Resolution, Subject, SubjectRecord,
            examples::{NOW, later, member},
        },
        review::{
            RulingContext, RulingRequest, SanctionRequest,
            examples::{actor, case},
            rule,
        },
        time::IdSource,
    };

    const UNDO_MS: i64 = 60_000;

    /// A case about a nickname with its record and its member, and whoever rules on it.
    #[derive(Clone)]
    struct Board {
        case: Case,
        record: SubjectRecord,
        member: MemberRecord,
    }

    impl Board {
        fn new() -> Self {
            let subject = Subject::Nickname(member().id);
            let mut record = SubjectRecord::new(subject.clone());
            record.case = Some(case().id);
            let bearer = CaseMember {
                id: member().id,
                nickname: Some("壞名字".to_owned()),
            };
            let case = Case {
                subject,
                code: ReasonCode::Insult,
                member: Some(bearer),
                ..case()
            };
            Self {
                case,
                record,
                member: member(),
            }
        }

        fn subject(&self) -> RulingSubject {
            RulingSubject::Shared(self.record.clone())
        }

        fn after(&self, change: &Change) -> Self {
            let mut after = self.clone();
            after.case = change.case().unwrap().clone();
            after.member = change.member().unwrap_or(&self.member).clone();
            for write in change.writes() {
                if let crate::record::Write::Subject(record) = write {
                    after.record = record.clone();
                }
            }
            after
        }

        fn rule(
            &self,
            by: &Actor,
            decision: RulingDecision,
            sanction: Option<SanctionKind>,
        ) -> Result<(Ruling, Self), RuleFault> {
            let request = RulingRequest {
                decision,
                version: self.case.version,
                code: None,
                tags: Vec::new(),
                note: None,
                sanction: sanction.map(|kind| SanctionRequest {
                    kind,
                    days: kind.has_days().then_some(7),
                    reason: None,
                }),
                expects_proposal: false,
                reply: None,
            };
            let context = RulingContext {
                member: Some(&self.member),
                schedule: &PenaltySchedule::shipped(),
                has_single_reviewer: false,
                undo_ms: UNDO_MS,
                sample_permille: 0,
                superseded: None,
                guessed: None,
            };
            let mut ids = IdSource::new(NOW, u128::from(self.case.version));
            let authority = &authority(by);
            let ruled = rule(
                &self.case,
                &self.subject(),
                request,
                context,
                authority,
                &mut ids,
            );
            ruled.map(|(ruling, change)| (ruling, self.after(&change)))
        }

        fn undo(&self, by: &Actor, ruling: &Ruling, now: Timestamp) -> Result<Self, RuleFault> {
            let (subject, member) = (self.subject(), Some(&self.member));
            let change = undo(
                &self.case,
                &subject,
                ruling,
                None,
                member,
                &authority(by),
                now,
            );
            change.map(|change| self.after(&change))
        }
    }

    fn authority(by: &Actor) -> Authority {
        Authority {
            by: by.clone(),
            is_admin: *by == actor("eve"),
        }
    }

    #[test]
    fn undo_restores_the_case_the_nickname_and_the_member() {
        let (board, amy) = (Board::new(), actor("amy"));
        let suspend = Some(SanctionKind::Suspend);
        let (ruling, ruled) = board.rule(&amy, RulingDecision::Remove, suspend).unwrap();
        assert_eq!(ruled.case.state, CaseState::Resolved(Resolution::Removed));
        assert!(!ruled.record.ruling("壞名字").unwrap().approved);
        assert_eq!(ruled.member.live_strikes(NOW).count(), 1);
        assert!(matches!(
            ruled.member.standing(NOW),
            MemberStanding::Suspended(_)
        ));
        let undone = ruled.undo(&amy, &ruling, NOW).unwrap();
        let restored = Case {
            version: 3,
            row_version: 3,
            ..board.case.clone()
        };
        assert_eq!(undone.case, restored);
        assert_eq!(undone.record.ruling("壞名字"), None);
        assert_eq!(undone.member.live_strikes(NOW).count(), 0);
        assert_eq!(undone.member.standing(NOW), MemberStanding::Good);
        assert_eq!(
            undone.member.history().count(),
            0,
            "it was never rightly imposed"
        );
    }

    #[test]
    fn only_the_newest_ruling_is_undone_in_time_and_by_whoever_made_it() {
        let (board, amy) = (Board::new(), actor("amy"));
        let (first, once) = board.rule(&amy, RulingDecision::Remove, None).unwrap();
        let refused = |by: &str, at| once.undo(&actor(by), &first, at).err();
        assert_eq!(refused("ben", NOW), Some(RuleFault::NotYours));
        assert_eq!(refused("eve", NOW), None, "an admin undoes any");
        assert_eq!(refused("amy", NOW.plus_ms(UNDO_MS)), None);
        let late = NOW.plus_ms(UNDO_MS + 1);
        assert_eq!(refused("amy", late), Some(RuleFault::UndoExpired));
        let (_, twice) = once.rule(&amy, RulingDecision::Approve, None).unwrap();
        assert_eq!(
            twice.undo(&amy, &first, NOW).err(),
            Some(RuleFault::Changed)
        );
    }

    #[test]
    fn a_newer_ruling_takes_the_place_of_the_older_and_its_sanction() {
        let (board, amy) = (Board::new(), actor("amy"));
        let suspend = Some(SanctionKind::Suspend);
        let (_, removed) = board.rule(&amy, RulingDecision::Remove, suspend).unwrap();
        let (_, approved) = removed.rule(&amy, RulingDecision::Approve, None).unwrap();
        assert!(approved.record.ruling("壞名字").unwrap().approved);
        assert_eq!(approved.member.live_strikes(NOW).count(), 0);
        assert_eq!(approved.member.standing(NOW), MemberStanding::Good);
        // What an admin imposed only an admin ends.
        let (_, by_admin) = board
            .rule(&actor("eve"), RulingDecision::Remove, suspend)
            .unwrap();
        let refused = by_admin.rule(&amy, RulingDecision::Approve, None);
        assert_eq!(refused.err(), Some(RuleFault::ImposedByAdmin));
    }

    #[test]
    fn a_denied_appeal_confirms_and_its_strike_counts_on() {
        let (board, amy) = (Board::new(), actor("amy"));
        let (_, mut removed) = board.rule(&amy, RulingDecision::Remove, None).unwrap();
        removed.case.state = CaseState::Open;
        removed.case.appeal = Some(crate::id::AppealId(ulid::Ulid(1)));
        removed.case.conflicted_reviewer = Some(amy.clone());
        let own = removed.rule(&amy, RulingDecision::Remove, None);
        assert_eq!(own.err(), Some(RuleFault::OwnRuling));
        let ben = actor("ben");
        let (denial, denied) = removed.rule(&ben, RulingDecision::Remove, None).unwrap();
        assert!(denial.confirms && denied.case.appeal.is_none());
        assert_eq!(denied.member.live_strikes(later(1)).count(), 1);
        let (grant, granted) = removed.rule(&ben, RulingDecision::Approve, None).unwrap();
        assert!(!grant.confirms && granted.record.ruling("壞名字").unwrap().on_appeal);
        assert_eq!(granted.member.live_strikes(NOW).count(), 0);
    }
}
