//! How moderators share the queue: claims, skips and notes.

use super::{CaseEvent, step};
use crate::{
    id::{CaseId, NoteId},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, CaseState, Change, ChangeBuilder,
        Claim, Note, Role, User, Write, state_name,
    },
    time::{IdSource, Timestamp},
};

/// The most actors remembered as having skipped a case.
const SKIPPERS_MAX: usize = 64;
/// With at most this many reviewers, whoever decided first may decide again on appeal: nobody else is left.
const SINGLE_REVIEW_MAX: usize = 2;

/// Why a case cannot be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// Somebody else holds it.
    #[error("{} holds the case until {}", .0.by, .0.until)]
    Held(Claim),
    /// Only admins may claim an escalated case.
    #[error("the case was escalated; admins take it")]
    Escalated,
    /// It was decided already.
    #[error("the case is resolved")]
    Resolved,
}

/// Claims a case, or renews a claim. An admin may take over another's claim.
pub fn claim(
    case: &Case,
    claim: Claim,
    is_admin: bool,
    take_over: bool,
    now: Timestamp,
) -> Result<Change, ClaimRefused> {
    match case.state {
        CaseState::Resolved(_) => return Err(ClaimRefused::Resolved),
        CaseState::Escalated if !is_admin => return Err(ClaimRefused::Escalated),
        CaseState::Open | CaseState::Escalated => {}
    }
    let action = match held_by_another(case, &claim.by, now) {
        Some(held) if !(take_over && is_admin) => return Err(ClaimRefused::Held(held.clone())),
        Some(_) => AuditAction::CaseTakenOver,
        None => AuditAction::CaseClaimed,
    };
    let by = claim.by.clone();
    Ok(with_claim(case, Some(claim), action, &by, now))
}

/// Ends the claim of `by`; `None` if nobody holds the case. `take_over` ends another's claim, too.
pub fn release(
    case: &Case,
    by: &Actor,
    take_over: bool,
    now: Timestamp,
) -> Result<Option<Change>, ClaimRefused> {
    match case.live_claim(now) {
        None => Ok(None),
        Some(held) if held.by == *by || take_over => {
            let released = with_claim(case, None, AuditAction::CaseReleased, by, now);
            Ok(Some(released))
        }
        Some(held) => Err(ClaimRefused::Held(held.clone())),
    }
}

/// The claim of somebody else than `by`.
pub(super) fn held_by_another<'a>(case: &'a Case, by: &Actor, now: Timestamp) -> Option<&'a Claim> {
    case.live_claim(now).filter(|held| held.by != *by)
}

fn with_claim(
    case: &Case,
    claim: Option<Claim>,
    action: AuditAction,
    by: &Actor,
    now: Timestamp,
) -> Change {
    let claimed = Case {
        claim,
        ..case.next(now)
    };
    let holder = |case: &Case| case.live_claim(now).map(|claim| claim.by.to_string());
    let (from, to) = (holder(case), holder(&claimed));
    // A renewed claim changes no holder and needs no audit entry.
    let audit = (from != to).then(|| AuditDraft {
        from,
        to,
        ..AuditDraft::new(now, by, action, AuditSubject::from(&case.subject))
    });
    ChangeBuilder::new()
        .updated_case(claimed)
        .audit(audit)
        .build()
}

/// Skips a case: `by` does not get it again, and once all reviewers among `users` skipped it, it is escalated.
pub fn skip(
    case: &Case,
    by: &Actor,
    users: &[User],
    now: Timestamp,
) -> Result<Change, ClaimRefused> {
    if !case.state.is_unresolved() {
        return Err(ClaimRefused::Resolved);
    }
    if let Some(held) = held_by_another(case, by, now) {
        return Err(ClaimRefused::Held(held.clone()));
    }
    let mut skipped = case.next(now);
    skipped.claim = None;
    skipped.skips += 1;
    if !skipped.skipped_by.contains(by) && skipped.skipped_by.len() < SKIPPERS_MAX {
        skipped.skipped_by.push(by.clone());
    }
    let action = AuditAction::CaseSkipped;
    let skip = AuditDraft {
        from: Some(state_name(case.state)),
        to: Some(skipped.skips.to_string()),
        ..AuditDraft::new(now, by, action, AuditSubject::from(&case.subject))
    };
    let escalated = step(case.state, CaseEvent::Escalate).ok();
    let escalated = escalated.filter(|_| all_skipped(&skipped, users));
    let escalation = escalated.map(|state| {
        skipped.state = state;
        skipped.version += 1;
        let (before, action) = (Some(case.state), AuditAction::CaseEscalated);
        AuditDraft::of_state(&skipped, before, &Actor::System, action)
    });
    Ok(ChangeBuilder::new()
        .updated_case(skipped)
        .audit([skip])
        .audit(escalation)
        .build())
}

/// Whether every moderator skipped the case; if there are only admins, every admin.
fn all_skipped(case: &Case, users: &[User]) -> bool {
    let of_role = |role: Role| {
        let active = users
            .iter()
            .filter(move |user| user.is_active() && user.role == role);
        active.map(|user| Actor::User(user.name.clone()))
    };
    let mut moderators = of_role(Role::Moderator).peekable();
    let has_skipped = |actor: Actor| case.skipped_by.contains(&actor);
    if moderators.peek().is_some() {
        return moderators.all(has_skipped);
    }
    let mut admins = of_role(Role::Admin).peekable();
    admins.peek().is_some() && admins.all(has_skipped)
}

/// Whether somebody else has to decide the case: `actor` skipped it, or made the decision that is under appeal or QA review
/// and others among `users` may rule.
pub fn is_for_others(case: &Case, actor: &Actor, users: &[User]) -> bool {
    let is_conflicted = case.conflicted_reviewer.as_ref() == Some(actor);
    case.skipped_by.contains(actor) || (is_conflicted && !has_single_reviewer(users))
}

/// Whether so few people may rule that whoever decided first also has to decide again.
pub fn has_single_reviewer(users: &[User]) -> bool {
    let may_rule = |user: &&User| user.is_active() && user.role >= Role::Moderator;
    users.iter().filter(may_rule).count() <= SINGLE_REVIEW_MAX
}

/// Adds a note for colleagues. It renews its author's claim, and leaves the case's version: a ruling made meanwhile is not
/// refused because of a note.
pub fn add_note(case: &Case, text: String, author: Claim, ids: &mut IdSource) -> Change {
    let note = note(case.id, &author.by, text, ids);
    let (action, subject) = (
        AuditAction::CaseNoted(note.id),
        AuditSubject::from(&case.subject),
    );
    let audit = AuditDraft::new(ids.now, &author.by, action, subject);
    let held = case
        .live_claim(ids.now)
        .is_some_and(|claim| claim.by == author.by);
    let renewed = held.then(|| Case {
        claim: Some(author),
        row_version: case.row_version + 1,
        ..case.clone()
    });
    ChangeBuilder::new()
        .write([Write::Note(note)])
        .updated_case(renewed)
        .audit([audit])
        .build()
}

pub(super) fn note(case: CaseId, by: &Actor, text: String, ids: &mut IdSource) -> Note {
    Note {
        id: NoteId(ids.id()),
        case,
        by: by.clone(),
        at: ids.now,
        text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::review::examples::{NOW, actor, case, user};

    fn claim_of(name: &str) -> Claim {
        Claim {
            by: actor(name),
            until: NOW.plus_ms(60_000),
        }
    }

    fn actions(change: Change) -> Vec<String> {
        let audit = change.into_parts().audit.into_iter();
        audit.map(|entry| entry.action.name().to_owned()).collect()
    }

    #[test]
    fn a_renewed_claim_is_not_audited_and_one_taken_over_is() {
        let claimed = claim(&case(), claim_of("amy"), false, false, NOW).unwrap();
        let held = claimed.case().unwrap().clone();
        assert_eq!(actions(claimed), ["case.claimed"]);
        let renewed = claim(&held, claim_of("amy"), false, false, NOW).unwrap();
        assert_eq!(actions(renewed), [""; 0]);
        let refused = claim(&held, claim_of("ben"), true, false, NOW);
        assert_eq!(refused, Err(ClaimRefused::Held(claim_of("amy"))));
        let taken_over = claim(&held, claim_of("ben"), true, true, NOW).unwrap();
        assert_eq!(actions(taken_over), ["case.taken-over"]);
    }

    #[test]
    fn a_case_that_all_moderators_skipped_is_escalated() {
        let mut users = vec![
            user("amy", Role::Moderator),
            user("ben", Role::Moderator),
            user("eve", Role::Admin),
            user("vic", Role::Viewer),
        ];
        let first = skip(&case(), &actor("amy"), &users, NOW).unwrap();
        let once = first.case().unwrap().clone();
        assert_eq!((once.state, once.version), (CaseState::Open, 1));
        let again = skip(&once, &actor("amy"), &users, NOW).unwrap();
        assert_eq!(again.case().unwrap().state, CaseState::Open);
        let last = skip(&once, &actor("ben"), &users, NOW).unwrap();
        let escalated = last.case().unwrap();
        assert_eq!(
            (escalated.state, escalated.version),
            (CaseState::Escalated, 2)
        );
        assert_eq!(actions(last), ["case.skipped", "case.escalated"]);
        // Where there are only admins, they escalate to themselves.
        users.drain(..2);
        let alone = skip(&case(), &actor("eve"), &users, NOW).unwrap();
        assert_eq!(alone.case().unwrap().state, CaseState::Escalated);
    }

    #[test]
    fn whoever_decided_first_decides_again_only_if_nobody_else_can() {
        let mut users = vec![user("amy", Role::Moderator), user("eve", Role::Admin)];
        let mut appealed = case();
        appealed.conflicted_reviewer = Some(actor("amy"));
        assert!(!is_for_others(&appealed, &actor("amy"), &users));
        users.push(user("ben", Role::Moderator));
        assert!(is_for_others(&appealed, &actor("amy"), &users));
        assert!(!is_for_others(&appealed, &actor("ben"), &users));
    }
}
