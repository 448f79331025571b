//! A member takes a comment back.

use crate::{
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Comment, FanOut,
        Source,
    },
    review::{CaseEvent, TransitionRefused, step},
    time::Timestamp,
};

/// Withdraws a comment and closes its case; whoever reported it gets an event. `None` if it was withdrawn before.
pub fn withdraw(
    stored: &Comment,
    case: Option<&Case>,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<Change>, TransitionRefused> {
    if stored.withdrawn_at.is_some() {
        return Ok(None);
    }
    let comment = Comment {
        withdrawn_at: Some(now),
        ..stored.next()
    };
    let closed = case.map(|case| closed(case, now)).transpose()?;
    let subject = AuditSubject::Comment(comment.id.clone());
    let audit = AuditDraft::new(now, by, AuditAction::CommentWithdrawn, subject);
    let case_audit = case.zip(closed.as_ref()).map(|(before, after)| {
        AuditDraft::of_state(after, Some(before.state), by, AuditAction::CaseWithdrawn)
    });
    let reported = case.filter(|case| case.sources.contains(&Source::Report));
    let change = ChangeBuilder::new()
        .updated_comment(comment)
        .updated_case(closed)
        .audit([audit])
        .audit(case_audit)
        .fan_outs(reported.map(|case| FanOut::Reports(case.id)))
        .build();
    Ok(Some(change))
}

/// A decided case closes too: nobody rules, or takes back a ruling, on what is not there any more.
fn closed(case: &Case, now: Timestamp) -> Result<Case, TransitionRefused> {
    let closed = Case {
        state: step(case.state, CaseEvent::Withdraw)?,
        version: case.version + 1,
        claim: None,
        ..case.next(now)
    };
    Ok(closed.resolved())
}
