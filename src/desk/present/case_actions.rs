//! What a caller may do with a case. Each action is put to the function that would do it, so that none is shown which would be
//! refused, and none is hidden which would not.

use super::ruling::RulingBasis;
use crate::{
    access::{Caller, Requirement},
    desk::{
        base::Base,
        error::DeskError,
        views::{ActionView, CaseAction, Refusal},
    },
    member::SanctionKind,
    record::{
        Case, CaseState, Comment, MemberRecord, ReasonCode, Resolution, Ruling, RulingDecision,
        Verdict,
    },
    review::{
        ClaimRefused, RuleFault, RulingRequest, RulingSubject, SanctionRequest, claim, rule, skip,
        undo,
    },
    time::Timestamp,
};

/// What the actions on a case depend on.
#[derive(Clone, Copy)]
pub struct ActionContext<'a> {
    pub case: &'a Case,
    pub basis: &'a RulingBasis,
    pub comment: Option<&'a Comment>,
    /// The latest ruling that the caller may see.
    pub latest: Option<&'a Ruling>,
    pub member: Option<&'a MemberRecord>,
    pub has_reports: bool,
    pub caller: &'a Caller,
    pub now: Timestamp,
}

impl Base {
    /// Every action, and whether the caller may take it.
    pub async fn actions(&self, of: ActionContext<'_>) -> Result<Vec<ActionView>, DeskError> {
        let mut actions = self.claim_actions(of).await?;
        actions.extend(self.ruling_actions(of).await?);
        actions.push(ActionView::of(CaseAction::Undo, undone(of)));
        actions.extend(other_actions(of));
        if !of.caller.meets(Requirement::REVIEW) {
            for action in &mut actions {
                *action = ActionView::of(action.action, Err(Refusal::ForModerators));
            }
        }
        Ok(actions)
    }

    async fn claim_actions(&self, of: ActionContext<'_>) -> Result<Vec<ActionView>, DeskError> {
        let (actor, is_admin, now) = (of.caller.actor(), of.caller.is_admin(), of.now);
        let wanted = || self.claim_of(&actor, now);
        let holder = of.case.live_claim(now);
        let is_holder = holder.is_some_and(|held| held.by == actor);
        let mut held = self.store.held_by(&actor, now).await?;
        held.retain(|id| *id != of.case.id);
        let has_room = held.len() < self.settings.claims_max;
        let claimed = claim(of.case, wanted(), is_admin, false, now).map_err(refused_claim);
        let claimed = claimed.map(drop);
        let claimed = claimed.and(has_room.then_some(()).ok_or(Refusal::TooManyClaims));
        let taken_over = match holder {
            _ if !is_admin => Err(Refusal::ForAdmins),
            Some(held) if held.by != actor => {
                let taken = claim(of.case, wanted(), is_admin, true, now);
                taken.map(drop).map_err(refused_claim)
            }
            Some(_) | None => Err(Refusal::HeldByNobodyElse),
        };
        let released = is_holder.then_some(()).ok_or(Refusal::NotHeld);
        let users = self.store.users().await?;
        let skipped = skip(of.case, &actor, &users, now).map_err(refused_claim);
        Ok(vec![
            ActionView::of(CaseAction::Claim, claimed),
            ActionView::of(CaseAction::TakeOver, taken_over),
            ActionView::of(CaseAction::Release, released),
            ActionView::of(CaseAction::Skip, skipped.map(drop)),
            ActionView::of(CaseAction::Note, Ok(())).needing(&["text"]),
        ])
    }

    async fn ruling_actions(&self, of: ActionContext<'_>) -> Result<Vec<ActionView>, DeskError> {
        let subject = &of.basis.subject;
        let ruled = |decision, sanction| {
            let request = ruling_request(of.case, subject, decision, sanction);
            let (context, authority) = (self.ruling_context(of.basis), of.caller.authority());
            let mut ids = self.id_source();
            let ruled = rule(of.case, subject, request, context, &authority, &mut ids);
            ruled.map(drop).map_err(refused_ruling)
        };
        let warn = SanctionRequest {
            kind: SanctionKind::Warn,
            days: None,
            reason: None,
        };
        let removal_needs = self.removal_needs(of).await?;
        Ok(vec![
            ActionView::of(CaseAction::Approve, ruled(RulingDecision::Approve, None)),
            ActionView::of(CaseAction::Remove, ruled(RulingDecision::Remove, None))
                .needing(removal_needs),
            ActionView::of(
                CaseAction::RemoveTags,
                ruled(RulingDecision::RemoveTags, None),
            )
            .needing(&["tags"]),
            ActionView::of(CaseAction::Escalate, ruled(RulingDecision::Escalate, None))
                .needing(&["note"]),
            ActionView::of(
                CaseAction::Sanction,
                ruled(RulingDecision::Remove, Some(warn)),
            )
            .needing(removal_needs),
        ])
    }

    /// The fields that a removal has to name: a code, where neither the filter nor the reports agree on one.
    async fn removal_needs(
        &self,
        of: ActionContext<'_>,
    ) -> Result<&'static [&'static str], DeskError> {
        let request = RulingRequest {
            code: None,
            ..ruling_request(of.case, &of.basis.subject, RulingDecision::Remove, None)
        };
        if !request.lacks_code(&of.basis.subject) {
            return Ok(&[]);
        }
        let reported = self.reported_codes(of.case).await?;
        Ok(if reported.len() == 1 { &[] } else { &["code"] })
    }
}

/// A ruling with everything that it needs.
pub fn ruling_request(
    case: &Case,
    subject: &RulingSubject,
    decision: RulingDecision,
    sanction: Option<SanctionRequest>,
) -> RulingRequest {
    let mut request = RulingRequest {
        decision,
        version: case.version,
        code: None,
        tags: Vec::new(),
        note: None,
        sanction,
        expects_proposal: false,
        reply: None,
    };
    match decision {
        RulingDecision::Remove if request.lacks_code(subject) => {
            let code = Some(case.code).filter(|code| code.is_for_people());
            request.code = code.or(Some(ReasonCode::Other));
        }
        RulingDecision::RemoveTags => request.tags = tags_to_remove(subject),
        RulingDecision::Escalate => request.note = Some(String::new()),
        RulingDecision::Approve | RulingDecision::Remove => {}
    }
    request
}

/// The tags that the filter flags or removes; all of them if it lets each pass.
fn tags_to_remove(subject: &RulingSubject) -> Vec<String> {
    let decided = subject.tags();
    let flagged = decided.iter().filter(|tag| tag.verdict > Verdict::Allow);
    let flagged: Vec<String> = flagged.map(|tag| tag.tag.clone()).collect();
    match flagged.is_empty() {
        true => decided.iter().map(|tag| tag.tag.clone()).collect(),
        false => flagged,
    }
}

/// Whether the caller may undo the latest ruling.
fn undone(of: ActionContext<'_>) -> Result<(), Refusal> {
    let ruling = of.latest.ok_or(Refusal::NoRuling)?;
    let (basis, authority) = (of.basis, of.caller.authority());
    let member = basis.member.as_ref();
    let undone = undo(
        of.case,
        &basis.subject,
        ruling,
        None,
        member,
        &authority,
        of.now,
    );
    undone.map(drop).map_err(refused_ruling)
}

/// What can be done besides: to the comment, the member and the reporters.
fn other_actions(of: ActionContext<'_>) -> [ActionView; 5] {
    let is_admin = of.caller.is_admin();
    let is_held = of.comment.map(|comment| comment.legal_hold.is_some());
    let held = is_held.map(drop).ok_or(Refusal::NoComment);
    let released = match is_held {
        None => Err(Refusal::NoComment),
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::NoHold),
    };
    let sanctions = of.member.map(|member| member.live_sanctions(of.now));
    let lifted = match sanctions.map(|live| live.map(|one| one.imposed_by_admin).min()) {
        None => Err(Refusal::NoMember),
        Some(None) => Err(Refusal::NoSanction),
        // `min`: one that no admin imposed is enough.
        Some(Some(true)) if !is_admin => Err(Refusal::ImposedByAdmin),
        Some(Some(_)) => Ok(()),
    };
    let reported = of.has_reports.then_some(()).ok_or(Refusal::NoReports);
    [
        ActionView::of(CaseAction::Hold, held).needing(&["reason"]),
        ActionView::of(CaseAction::ReleaseHold, released),
        ActionView::of(CaseAction::LiftSanction, lifted).needing(&["reason"]),
        ActionView::of(CaseAction::MuteReporter, reported.clone()).needing(&["days", "reason"]),
        ActionView::of(CaseAction::DismissReporter, reported).needing(&["reason"]),
    ]
}

fn refused_claim(refused: ClaimRefused) -> Refusal {
    match refused {
        ClaimRefused::Held(held) => Refusal::Claimed(held),
        ClaimRefused::Escalated => Refusal::Escalated,
        ClaimRefused::Resolved => Refusal::Resolved,
    }
}

fn refused_ruling(fault: RuleFault) -> Refusal {
    match fault {
        RuleFault::Claimed(claim) => Refusal::Claimed(claim),
        RuleFault::NotAllowed(refused)
            if refused.state == CaseState::Resolved(Resolution::Withdrawn) =>
        {
            Refusal::Withdrawn
        }
        RuleFault::Escalated | RuleFault::NotAllowed(_) => Refusal::Escalated,
        RuleFault::OwnRuling => Refusal::OwnRuling,
        RuleFault::ImposedByAdmin => Refusal::ImposedByAdmin,
        RuleFault::UndoExpired => Refusal::UndoExpired,
        RuleFault::NotYours => Refusal::NotYours,
        RuleFault::SanctionNotHere => Refusal::NoMember,
        RuleFault::MissingTags | RuleFault::TagsNotHere | RuleFault::UnknownTag(_) => {
            Refusal::NoTags
        }
        RuleFault::Changed
        | RuleFault::ProposalMoved(_)
        | RuleFault::UndoneBefore(_)
        | RuleFault::MissingCode(_)
        | RuleFault::CodeNotForPeople
        | RuleFault::MissingNote
        | RuleFault::ReplyNotHere
        | RuleFault::BadDays => Refusal::Changed,
    }
}
