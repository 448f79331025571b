//! How a case is claimed and given back.

use crate::{
    record::{Actor, AuditDraft, Case, CaseState, Change, ChangeBuilder, Claim, Note, Write},
    time::Timestamp,
};

/// Why a case cannot be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// Another holds it.
    #[error("{} holds the case until {}", .0.by, .0.until)]
    Held(Claim),
    /// Only admins take what was escalated.
    #[error("the case was escalated; admins take it")]
    Escalated,
    /// It was decided already.
    #[error("the case is resolved")]
    Resolved,
}

/// Claims a case for `by` until `until`, or renews their claim.
pub fn claim(
    case: &Case,
    by: &Actor,
    is_admin: bool,
    take_over: bool,
    now: Timestamp,
    until: Timestamp,
) -> Result<Case, ClaimRefused> {
    match case.state {
        CaseState::Resolved(_) => return Err(ClaimRefused::Resolved),
        CaseState::Escalated if !is_admin => return Err(ClaimRefused::Escalated),
        CaseState::Open | CaseState::Escalated => {}
    }
    if let Some(held) = case
        .live_claim(now)
        .filter(|held| held.by != *by && !(take_over && is_admin))
    {
        return Err(ClaimRefused::Held(held.clone()));
    }
    Ok(Case {
        claim: Some(Claim {
            by: by.clone(),
            until,
        }),
        row_version: case.row_version + 1,
        changed_at: now,
        ..case.clone()
    })
}

/// Ends the claim of `by`; none where they held none. Admins may end another's.
pub fn release(
    case: &Case,
    by: &Actor,
    take_over: bool,
    now: Timestamp,
) -> Result<Option<Case>, ClaimRefused> {
    match case.live_claim(now) {
        None => Ok(None),
        Some(held) if held.by == *by || take_over => Ok(Some(Case {
            claim: None,
            row_version: case.row_version + 1,
            changed_at: now,
            ..case.clone()
        })),
        Some(held) => Err(ClaimRefused::Held(held.clone())),
    }
}

/// A case with another claim, or handed back; the audit says nothing of a claim that was merely renewed.
pub fn claim_changed(case: Case, audit: Vec<AuditDraft>) -> Change {
    ChangeBuilder::new().updated_case(case).audit(audit).build()
}

/// A note for colleagues; `renewed` is the case with its holder's claim renewed, where they hold one.
pub fn note_added(note: Note, renewed: Option<Case>, audit: AuditDraft) -> Change {
    let change = ChangeBuilder::new().write([Write::Note(note)]);
    match renewed {
        Some(case) => change.updated_case(case),
        None => change,
    }
    .audit([audit])
    .build()
}
