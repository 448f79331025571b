//! How an author's appeal is filed.

use super::{
    AppealRefused, AppealTarget, CaseEvent,
    appealable::check_sanction_appealable,
    case_opening::{CaseContext, CaseTransition, MemberCaseContext},
};
use crate::{
    id::{AppealId, MemberId},
    policy::Rules,
    record::{
        Actor, Appeal, AppealedDecision, AuditAction, AuditDraft, AuditSubject, CaseCause, Change,
        DecisionPoint, MemberRecord, ReasonCode, Sanction, Source, Tally, TallyOf, Write,
    },
    time::IdSource,
};

/// An author's appeal, its fields checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppealRequest {
    /// Who appeals.
    pub member: MemberId,
    /// Why.
    pub statement: String,
    /// Who made the ruling that is appealed.
    pub conflicted_reviewer: Option<Actor>,
}

/// Files an appeal against what is removed of a comment.
pub fn appeal(
    context: CaseContext<'_>,
    target: &AppealTarget,
    request: AppealRequest,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<Change, AppealRefused> {
    let id = AppealId(ids.id());
    let reason = context.removal_reason(&target.subject);
    let subject = target.subject.clone();
    let mut transition =
        context.transition(subject, CaseEvent::Appeal, reason, Source::Appeal, ids)?;
    put_appeal(&mut transition, id, request.conflicted_reviewer);
    let comment = transition.comment.get_or_insert(context.comment.next());
    comment.appeals.push((target.appealed, id));
    let appeal = Appeal {
        id,
        member: request.member,
        comment: Some(comment.id.clone()),
        appealed: target.appealed,
        statement: request.statement,
        at: ids.now,
        decision_point: DecisionPoint::of(&transition.case),
    };
    Ok(filed(transition, None, appeal, by))
}

/// Files an appeal against a sanction.
pub fn appeal_sanction(
    context: MemberCaseContext<'_>,
    sanction: &Sanction,
    request: AppealRequest,
    rules: &Rules,
    appeal_ms: i64,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<Change, AppealRefused> {
    check_sanction_appealable(sanction, appeal_ms, ids.now)?;
    if context.case.is_some_and(|case| case.appeal.is_some()) {
        return Err(AppealRefused::Already);
    }
    let id = AppealId(ids.id());
    let code = sanction.code.unwrap_or(ReasonCode::Other);
    let reason = context.reason(code, rules.row(code).severity);
    let mut transition = context.transition(CaseEvent::Appeal, reason, Source::Appeal, ids)?;
    put_appeal(&mut transition, id, request.conflicted_reviewer);
    transition.case.sanction = sanction.ruling.is_none().then_some(sanction.id);
    let mut member = context.member.next();
    let is_appealed = |known: &&mut Sanction| known.id == sanction.id;
    for known in member.sanctions.iter_mut().filter(is_appealed) {
        known.appeal = Some(id);
    }
    let appeal = Appeal {
        id,
        member: request.member,
        comment: None,
        appealed: AppealedDecision::Sanction(sanction.id),
        statement: request.statement,
        at: ids.now,
        decision_point: DecisionPoint::of(&transition.case),
    };
    Ok(filed(transition, Some(member), appeal, by))
}

/// Puts an appeal on its case. Whoever made the decision loses their claim: another person should rule here.
fn put_appeal(transition: &mut CaseTransition, id: AppealId, conflicted: Option<Actor>) {
    transition.raise_version();
    let case = &mut transition.case;
    case.appeal = Some(id);
    let claim = case.claim.take();
    case.claim = claim.filter(|claim| Some(&claim.by) != conflicted.as_ref());
    case.conflicted_reviewer = conflicted;
}

fn filed(
    transition: CaseTransition,
    member: Option<MemberRecord>,
    appeal: Appeal,
    by: &Actor,
) -> Change {
    let subject = AuditSubject::from(&transition.case.subject);
    let action = AuditAction::AppealMade {
        appeal: appeal.id,
        member: appeal.member.clone(),
    };
    let made = AuditDraft::new(appeal.at, by, action, subject);
    let opened = transition.audit(CaseCause::Appeal, by);
    let counted = Tally {
        appeals: 1,
        ..Tally::default()
    };
    transition
        .into_builder()
        .updated_member(member)
        .write([Write::Appeal(appeal)])
        .audit([made])
        .audit(opened)
        .count([(TallyOf::Day, counted)], None)
        .build()
}
