//! Cases that a moderator opens although nobody flagged anything.

use super::{
    CaseEvent, TransitionRefused,
    case_opening::{CaseContext, CaseTransition, MemberCaseContext},
};
use crate::{
    id::NoteId,
    policy::Rules,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, CaseCause, Change, Claim, Note, ReasonCode,
        Source, Subject, Write,
    },
    text::Surface,
    time::IdSource,
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

/// Opens a case about a comment that nobody flagged.
pub fn open_case(
    context: CaseContext<'_>,
    opened: ModeratorCase,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<Change, TransitionRefused> {
    let severity = rules.row(opened.code).severity;
    let reason = context.reason(opened.code, severity, Some(Surface::Body), None);
    let subject = Subject::Comment(context.comment.id.clone());
    let transition =
        context.transition(subject, CaseEvent::TakeUp, reason, Source::Moderator, ids)?;
    Ok(claimed(transition, opened, by, ids))
}

/// Opens a case about a member: their nickname.
pub fn open_member_case(
    context: MemberCaseContext<'_>,
    opened: ModeratorCase,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<Change, TransitionRefused> {
    let reason = context.reason(opened.code, rules.row(opened.code).severity);
    let transition = context.transition(CaseEvent::TakeUp, reason, Source::Moderator, ids)?;
    Ok(claimed(transition, opened, by, ids))
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
    let note = opened.note.map(|text| Note {
        id: NoteId(ids.id()),
        case: transition.case.id,
        by: by.clone(),
        at: ids.now,
        text,
    });
    transition.case.claim = Some(opened.claim);
    transition
        .into_builder()
        .write(note.map(Write::Note))
        .audit(opening)
        .audit([claim])
        .build()
}
