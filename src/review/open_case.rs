//! Cases that a moderator opens although nobody flagged anything.

use super::{
    CaseEvent, TransitionRefused,
    case_opening::{CaseContext, CaseTransition, MemberCaseContext},
    claim::{held_by_another, note},
};
use crate::{
    policy::Rules,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Authority, Case, CaseCause, CaseState,
        Change, Claim, ReasonCode, Source, Subject, Write,
    },
    text::Surface,
    time::{IdSource, Timestamp},
};

/// A case that a moderator opens, and holds from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeratorCase {
    /// What for.
    pub code: ReasonCode,
    /// A note for colleagues.
    pub note: Option<String>,
    /// The moderator's claim.
    pub claim: Claim,
}

/// Why a moderator cannot open a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenRefused {
    /// A case is open already, and somebody else holds it.
    #[error("{} holds the case until {}", .0.by, .0.until)]
    Held(Claim),
    /// A case is open already, and was escalated to the admins.
    #[error("the case was escalated; admins take it")]
    Escalated,
    /// The author withdrew the comment.
    #[error(transparent)]
    Withdrawn(#[from] TransitionRefused),
}

/// Opens a case about a comment that nobody flagged.
pub fn open_case(
    context: CaseContext<'_>,
    opened: ModeratorCase,
    rules: &Rules,
    authority: &Authority,
    ids: &mut IdSource,
) -> Result<Change, OpenRefused> {
    let known = context.background.case(context.comment.case);
    check_claimable(known, authority, ids.now)?;
    let severity = rules.row(opened.code).severity;
    let reason = context.reason(opened.code, severity, Some(Surface::Body), None);
    let subject = Subject::Comment(context.comment.id.clone());
    let transition =
        context.transition(subject, CaseEvent::OpenCase, reason, Source::Moderator, ids)?;
    Ok(claimed(transition, opened, &authority.by, ids))
}

/// Opens a case about a member: their nickname.
pub fn open_member_case(
    context: MemberCaseContext<'_>,
    opened: ModeratorCase,
    rules: &Rules,
    authority: &Authority,
    ids: &mut IdSource,
) -> Result<Change, OpenRefused> {
    check_claimable(context.case, authority, ids.now)?;
    let reason = context.reason(opened.code, rules.row(opened.code).severity);
    let transition = context.transition(CaseEvent::OpenCase, reason, Source::Moderator, ids)?;
    Ok(claimed(transition, opened, &authority.by, ids))
}

/// A case that is open already is claimed instead: refuses if the moderator may not claim it.
fn check_claimable(
    case: Option<&Case>,
    authority: &Authority,
    now: Timestamp,
) -> Result<(), OpenRefused> {
    let Some(case) = case.filter(|case| case.state.is_unresolved()) else {
        return Ok(());
    };
    match held_by_another(case, &authority.by, now) {
        Some(held) => Err(OpenRefused::Held(held.clone())),
        None if case.state == CaseState::Escalated && !authority.is_admin => {
            Err(OpenRefused::Escalated)
        }
        None => Ok(()),
    }
}

fn claimed(
    mut transition: CaseTransition,
    opened: ModeratorCase,
    by: &Actor,
    ids: &mut IdSource,
) -> Change {
    let opening = transition.audit(CaseCause::Code(opened.code), by);
    let subject = AuditSubject::from(&transition.case.subject);
    let claim = AuditDraft {
        to: Some(by.to_string()),
        ..AuditDraft::new(ids.now, by, AuditAction::CaseClaimed, subject)
    };
    let text = opened.note;
    let note = text.map(|text| note(transition.case.id, by, text, ids));
    transition.case.claim = Some(opened.claim);
    transition
        .into_builder()
        .write(note.map(Write::Note))
        .audit(opening)
        .audit([claim])
        .build()
}
