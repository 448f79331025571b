//! Rulings: a moderator's decision about a case.

use super::{
    claim::held_by_another,
    counting::tallies_of_ruling,
    effect::{RulingSubject, UpdatedSubject, effect_of, retained_effect, spelling_of},
    forms::{forms_of_comment, forms_of_ruling},
    penalty::{ends_sanction_by_admin, penalized, sanction_events},
    qa::sample_of_ruling,
    sanction::{NoProposal, SanctionProposal, SanctionRequest, proposed_sanction},
    transition::{CaseEvent, TransitionRefused, step},
};
use crate::{
    id::RulingId,
    policy::PenaltySchedule,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Authority, Case, CaseState, Change,
        ChangeBuilder, Claim, CountedForm, Decision, EventKind, FanOut, Form, MemberRecord, Reason,
        ReasonCode, RejudgeCause, ReportTotals, Resolution, Reversal, Ruling, RulingDecision,
        SentReply, Source, Subject, Verdict, Write, state_name,
    },
    time::{IdSource, Timestamp},
};

/// What a moderator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulingRequest {
    /// The decision.
    pub decision: RulingDecision,
    /// The case's version that the moderator saw.
    pub version: u32,
    /// The code, if the filter gave none or the moderator corrects it.
    pub code: Option<ReasonCode>,
    /// The tags to remove.
    pub tags: Vec<String>,
    /// A note for colleagues.
    pub note: Option<String>,
    /// A sanction that is imposed on the member with it.
    pub sanction: Option<SanctionRequest>,
    /// The sanction is meant to be what the penalty schedule proposes: the ruling is refused if that is another by now.
    pub expects_proposal: bool,
    /// What the member is told beside the notice.
    pub reply: Option<SentReply>,
}

impl RulingRequest {
    /// What is wrong with it whatever the case is about.
    pub fn faults(&self) -> Vec<RuleFault> {
        let bad_code = self.code.is_some_and(|code| !code.is_for_people());
        let takes_tags = self.decision == RulingDecision::RemoveTags;
        let tags_fault = match (takes_tags, self.tags.is_empty()) {
            (true, true) => Some(RuleFault::MissingTags),
            (false, false) => Some(RuleFault::TagsNotHere),
            (true, false) | (false, true) => None,
        };
        let lacks_note = self.decision == RulingDecision::Escalate && self.note.is_none();
        let sanction = self.sanction.as_ref();
        let sanction_fault = sanction.and_then(|sanction| {
            if !sanction.is_sound() {
                return Some(RuleFault::BadDays);
            }
            (!self.decision.removes()).then_some(RuleFault::SanctionNotHere)
        });
        // What is approved gets no notice, unless an appeal asked for it; that depends on the case.
        let reply_fault = (self.reply.is_some() && self.decision == RulingDecision::Escalate)
            .then_some(RuleFault::ReplyNotHere);
        let code_fault = bad_code.then_some(RuleFault::CodeNotForPeople);
        let note_fault = lacks_note.then_some(RuleFault::MissingNote);
        let faults = [
            code_fault,
            tags_fault,
            note_fault,
            sanction_fault,
            reply_fault,
        ];
        faults.into_iter().flatten().collect()
    }

    /// Whether a code has to be chosen: the request removes a comment against which the filter has nothing to say.
    pub fn lacks_code(&self, subject: &RulingSubject) -> bool {
        let decision = subject.decision();
        let is_needed = decision.is_some_and(|decision| code_of_filter(decision).is_none());
        self.decision == RulingDecision::Remove && self.code.is_none() && is_needed
    }

    /// The code that the ruling will give.
    pub fn code_in(&self, subject: &RulingSubject, case: &Case) -> Option<ReasonCode> {
        self.code.or_else(|| default_code(self, subject, case))
    }

    /// The request with the code on which the case's reports agree. If they disagree, one of theirs has to be chosen; without
    /// reports it stays as it is.
    pub fn with_reported_code(self, reported: Vec<ReasonCode>) -> Result<Self, RuleFault> {
        match reported.as_slice() {
            [] => Ok(self),
            [agreed] => Ok(Self {
                code: Some(*agreed),
                ..self
            }),
            _ => Err(RuleFault::MissingCode(reported)),
        }
    }
}

/// What a ruling depends on besides the case: the member, and the board's settings.
#[derive(Debug, Clone, Copy)]
pub struct RulingContext<'a> {
    /// The member that the case is about; `None` if the board named none.
    pub member: Option<&'a MemberRecord>,
    /// What repeated rulings bring on a member.
    pub schedule: &'a PenaltySchedule,
    /// Whether at most two people may rule: then one may have to review an own decision.
    pub has_single_reviewer: bool,
    /// How long a ruling can be undone, in milliseconds.
    pub undo_ms: i64,
    /// How many rulings out of a thousand get a QA review.
    pub sample_permille: u32,
    /// The ruling that is in force on the subject.
    pub superseded: Option<&'a Ruling>,
    /// The form on which a case about a nickname rests, where that is a guess.
    pub guessed: Option<&'a CountedForm>,
}

/// Why a ruling cannot be made or undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum RuleFault {
    #[error("the case has changed since")]
    Changed,
    #[error("{} holds the case until {}", .0.by, .0.until)]
    Claimed(Claim),
    #[error("the case was escalated; admins rule it")]
    Escalated,
    #[error(transparent)]
    NotAllowed(#[from] TransitionRefused),
    #[error("the filter gave no reason: one of these codes is needed: {0:?}")]
    MissingCode(Vec<ReasonCode>),
    #[error("only the filter gives this code")]
    CodeNotForPeople,
    #[error("escalating needs a note")]
    MissingNote,
    #[error("remove_tags needs tags")]
    MissingTags,
    #[error("tags go with remove_tags, in a case about a comment")]
    TagsNotHere,
    #[error("a sanction goes with remove or remove_tags, and a member that the board named")]
    SanctionNotHere,
    #[error("watch and suspend take 1 to 3,650 days, warn and terminate none")]
    BadDays,
    #[error("a reply goes with a removal, or with the answer to an appeal")]
    ReplyNotHere,
    #[error("the comment has no such tag: {0}")]
    UnknownTag(String),
    #[error("the time to undo is over")]
    UndoExpired,
    #[error("{} took the ruling back at {}", .0.by, .0.at)]
    UndoneBefore(Reversal),
    #[error("another moderator than the one who ruled reviews it")]
    OwnRuling,
    #[error("only who ruled, or an admin, takes a ruling back")]
    NotYours,
    #[error("it would end a sanction that an admin imposed")]
    ImposedByAdmin,
    #[error("the penalty schedule proposes another sanction by now")]
    ProposalMoved(Box<Result<SanctionProposal, NoProposal>>),
}

/// Rules on a case.
pub fn rule(
    case: &Case,
    subject: &RulingSubject,
    request: RulingRequest,
    context: RulingContext<'_>,
    authority: &Authority,
    ids: &mut IdSource,
) -> Result<(Ruling, Change), RuleFault> {
    let now = ids.now;
    let state = state_after_ruling(case, subject, &request, context, authority, now)?;
    let ends = matches!(state, CaseState::Resolved(_));
    let confirms = ends && confirms(case, &request, subject);
    let ends_sanction = |member| ends_sanction_by_admin(case, request.decision, member, now);
    // Escalating decides nothing yet, and a confirmation leaves the earlier penalty in force.
    let penalizes = context.member.filter(|_| ends && !confirms);
    if !authority.is_admin && penalizes.is_some_and(ends_sanction) {
        return Err(RuleFault::ImposedByAdmin);
    }
    let denies_appeal = denies_appeal(case, request.decision, subject);
    let ruling = new_ruling(case, subject, &request, confirms, context, authority, ids);
    check_proposal(case, &request, ruling.code, context, now)?;
    let updated = if confirms {
        retained_effect(&ruling, subject)
    } else {
        effect_of(&ruling, state, subject)
    };
    let (member, sanction_audit) = match penalizes {
        Some(known) => penalized(
            known,
            &ruling,
            denies_appeal,
            request.sanction,
            context.schedule,
            authority,
            ids,
        ),
        None => (None, Vec::new()),
    };
    let forms = forms_of_ruling(&ruling, context.superseded);
    let change = ruling_change(
        case,
        case_after_ruling(case, state, &ruling),
        &ruling,
        updated,
        (context.member, member),
        RejudgeCause::Overturned(ruling.id),
    )
    .write(sample_of_ruling(&ruling, context.sample_permille).map(Write::QaSample))
    .audit([made_audit(case, state, &ruling)])
    .audit(sanction_audit)
    .count(tallies_of_ruling(&ruling, subject.decision()), None)
    .count(forms.iter().map(Form::tally), None)
    .write(forms.into_iter().map(Write::Form))
    .build();
    Ok((ruling, change))
}

fn new_ruling(
    case: &Case,
    subject: &RulingSubject,
    request: &RulingRequest,
    confirms: bool,
    context: RulingContext<'_>,
    authority: &Authority,
    ids: &mut IdSource,
) -> Ruling {
    let ends = request.decision != RulingDecision::Escalate;
    Ruling {
        id: RulingId(ids.id()),
        case: case.id,
        decision: request.decision,
        code: request.code_in(subject, case),
        tags: request.tags.clone(),
        note: request.note.clone(),
        by: authority.by.clone(),
        at: ids.now,
        // The version that this ruling gives the case: undo refuses if the case has another by then.
        version: case.version + 1,
        undo_until: ids.now.plus_ms(context.undo_ms),
        appeal: case.appeal.filter(|_| ends),
        qa_review: case.qa_review.clone().filter(|_| ends),
        confirms,
        reviewed_own: reviews_own(case, request, authority),
        late_reports: ReportTotals::default(),
        undone: None,
        // From before the ruling: `case` and `subject` are as they were read.
        undo_snapshot: subject.undo_snapshot(case),
        forms: match ends && !confirms {
            true => counted_forms(subject, request, context.guessed),
            false => Vec::new(),
        },
        reply: request.reply.clone(),
    }
}

/// Whether each form that was guessed at was right.
fn counted_forms(
    subject: &RulingSubject,
    request: &RulingRequest,
    guessed: Option<&CountedForm>,
) -> Vec<CountedForm> {
    match subject.decision() {
        Some(decision) => forms_of_comment(decision, request.decision, &request.tags),
        None => guessed
            .map(|form| CountedForm {
                is_upheld: request.decision == RulingDecision::Remove,
                ..form.clone()
            })
            .into_iter()
            .collect(),
    }
}

/// The case's state after the ruling, or why it cannot be made.
fn state_after_ruling(
    case: &Case,
    subject: &RulingSubject,
    request: &RulingRequest,
    context: RulingContext<'_>,
    authority: &Authority,
    now: Timestamp,
) -> Result<CaseState, RuleFault> {
    if case.state == CaseState::Escalated && !authority.is_admin {
        return Err(RuleFault::Escalated);
    }
    if let Some(claim) = held_by_another(case, &authority.by, now) {
        return Err(RuleFault::Claimed(claim.clone()));
    }
    // Whoever decided first does not review it, unless nobody else is left to.
    if reviews_own(case, request, authority) && !context.has_single_reviewer {
        return Err(RuleFault::OwnRuling);
    }
    let state = step(case.state, event_of(request.decision))?;
    // Only escalating opens a resolved case again; beside a newer one about the subject there would be two.
    let reopens = state.is_unresolved() && !case.state.is_unresolved();
    if request.version != case.version || (reopens && !subject.is_newest_case(case)) {
        return Err(RuleFault::Changed);
    }
    check_fields(request, subject)?;
    let answers_nobody = request.decision == RulingDecision::Approve && case.appeal.is_none();
    if request.reply.is_some() && answers_nobody {
        return Err(RuleFault::ReplyNotHere);
    }
    if request.sanction.is_some() && context.member.is_none() {
        return Err(RuleFault::SanctionNotHere);
    }
    Ok(state)
}

/// Refuses a sanction that was proposed when the moderator looked, if the penalty schedule proposes another now: the member may
/// have been given or rid of a strike meanwhile, or the ruling gives another code than the case.
fn check_proposal(
    case: &Case,
    request: &RulingRequest,
    code: Option<ReasonCode>,
    context: RulingContext<'_>,
    now: Timestamp,
) -> Result<(), RuleFault> {
    let Some(expected) = request
        .sanction
        .as_ref()
        .filter(|_| request.expects_proposal)
    else {
        return Ok(());
    };
    let code = code.unwrap_or(case.code);
    // A member whom only a reporter named is none of the context.
    let proposed = proposed_sanction(case, code, false, context.member, context.schedule, now);
    let is_same = proposed.as_ref().is_ok_and(|proposal| {
        (proposal.sanction.kind, proposal.sanction.days) == (expected.kind, expected.days)
    });
    match is_same {
        true => Ok(()),
        false => Err(RuleFault::ProposalMoved(Box::new(proposed))),
    }
}

/// Whether who rules made the decision under review. Everybody may escalate.
fn reviews_own(case: &Case, request: &RulingRequest, authority: &Authority) -> bool {
    let is_own = case.conflicted_reviewer.as_ref() == Some(&authority.by);
    is_own && request.decision != RulingDecision::Escalate
}

const fn event_of(decision: RulingDecision) -> CaseEvent {
    match decision {
        RulingDecision::Approve => CaseEvent::Rule(Resolution::Approved),
        RulingDecision::Remove => CaseEvent::Rule(Resolution::Removed),
        RulingDecision::RemoveTags => CaseEvent::Rule(Resolution::TagsRemoved),
        RulingDecision::Escalate => CaseEvent::Escalate,
    }
}

fn check_fields(request: &RulingRequest, subject: &RulingSubject) -> Result<(), RuleFault> {
    if let Some(fault) = request.faults().into_iter().next() {
        return Err(fault);
    }
    match (request.decision, subject.decision()) {
        (RulingDecision::RemoveTags, None) => Err(RuleFault::TagsNotHere),
        (RulingDecision::RemoveTags, Some(decision)) => {
            let has = |tag: &String| decision.tags.iter().any(|known| known.tag == *tag);
            let unknown = request.tags.iter().find(|tag| !has(tag));
            unknown.map_or(Ok(()), |tag| Err(RuleFault::UnknownTag(tag.clone())))
        }
        (RulingDecision::Remove, _) if request.lacks_code(subject) => {
            let codes = ReasonCode::for_people().collect();
            Err(RuleFault::MissingCode(codes))
        }
        (RulingDecision::Approve | RulingDecision::Remove | RulingDecision::Escalate, _) => Ok(()),
    }
}

/// The code of a ruling that names none: the filter's for a comment, else that of the case.
fn default_code(
    request: &RulingRequest,
    subject: &RulingSubject,
    case: &Case,
) -> Option<ReasonCode> {
    if !request.decision.removes() {
        return None;
    }
    subject.decision().map_or(Some(case.code), code_of_filter)
}

/// The code that the filter would give for removing the comment.
fn code_of_filter(decision: &Decision) -> Option<ReasonCode> {
    let counts = |reason: &Reason| {
        reason.code.is_for_people()
            && reason.verdict > Verdict::Allow
            && decision.is_of_comment(reason)
    };
    decision.gravest(counts).map(|reason| reason.code)
}

/// Whether the ruling confirms what was in force: then nothing is superseded or counted again.
fn confirms(case: &Case, request: &RulingRequest, subject: &RulingSubject) -> bool {
    if request.sanction.is_some() {
        return false;
    }
    let reviewed = case.qa_review.as_ref();
    let agrees = request.reply.is_none()
        && reviewed.is_some_and(|reviewed| {
            reviewed.decision == request.decision && reviewed.tags == request.tags
        });
    let removes = request.decision == RulingDecision::Remove;
    (agrees && subject.is_removed(case) == Some(removes))
        || denies_appeal(case, request.decision, subject)
}

/// Whether the ruling denies an appeal: what is appealed stays removed.
fn denies_appeal(case: &Case, decision: RulingDecision, subject: &RulingSubject) -> bool {
    let removes = decision == RulingDecision::Remove;
    case.appeal.is_some() && removes && subject.is_removed(case) == Some(true)
}

fn case_after_ruling(case: &Case, state: CaseState, ruling: &Ruling) -> Case {
    let mut after = Case {
        state,
        version: ruling.version,
        claim: None,
        ..case.next(ruling.at)
    };
    after.rulings.push(ruling.id);
    if state.is_unresolved() {
        after
    } else {
        after.resolved()
    }
}

fn made_audit(case: &Case, after: CaseState, ruling: &Ruling) -> AuditDraft {
    let action = AuditAction::RulingMade {
        ruling: ruling.id,
        code: ruling.code,
    };
    AuditDraft {
        words: ruling.note.clone(),
        ..ruling_audit(case, after, action, &ruling.by, ruling.at)
    }
}

/// The audit entry of a ruling or its undo; `case` is as it was before.
pub(super) fn ruling_audit(
    case: &Case,
    after: CaseState,
    action: AuditAction,
    by: &Actor,
    at: Timestamp,
) -> AuditDraft {
    let subject = AuditSubject::from(&case.subject);
    AuditDraft::new(at, by, action, subject).changed(state_name(case.state), state_name(after))
}

/// The records that a ruling or its undo writes, and the events for the board. `case` is as it was before the ruling, the
/// members are the record before and after, the latter where it changes.
pub(super) fn ruling_change(
    case: &Case,
    case_after: Case,
    ruling: &Ruling,
    (comment, record): UpdatedSubject,
    (known, member): (Option<&MemberRecord>, Option<MemberRecord>),
    cause: RejudgeCause,
) -> ChangeBuilder {
    let comment_event = comment.as_ref();
    let comment_event = comment_event.map(|comment| EventKind::Comment(comment.id.clone()));
    let reaches_others = record.as_ref().and_then(|_| fan_out_of(case));
    // On undo `case` is from before the ruling: its sources do not show the late reports.
    let is_reported = case.sources.contains(&Source::Report) || ruling.late_reports.count > 0;
    let sanctions = known.zip(member.as_ref());
    ChangeBuilder::new()
        .events(comment_event)
        .events(ruling.appeal.map(EventKind::Appeal))
        .events(
            sanctions
                .iter()
                .flat_map(|(known, after)| sanction_events(known, after)),
        )
        .fan_outs(reaches_others)
        .fan_outs(is_reported.then_some(FanOut::Reports(case.id)))
        .fan_outs(sanctions.and_then(|(known, after)| after.rejudge_fan_out(known, cause)))
        .updated_case(case_after)
        .write([Write::Ruling(ruling.clone())])
        .updated_comment(comment)
        .updated_subject(record)
        .updated_member(member)
}

/// The comments that a ruling on a nickname or tag reaches.
fn fan_out_of(case: &Case) -> Option<FanOut> {
    match &case.subject {
        Subject::Comment(_) => None,
        Subject::Nickname(id) => Some(FanOut::Nickname(id.clone(), spelling_of(case).to_owned())),
        Subject::Tag { article, tag } => Some(FanOut::Tag(article.clone(), tag.clone())),
    }
}
