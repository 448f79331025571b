//! Rulings: on one case, their undo, and the case that comes next.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Payload},
};

use super::case::{self, Lost};
use crate::{
    access::Requirement,
    desk::{
        DeskError, ExpectDraft, Idempotent, RulingDraft, SanctionDraft,
        views::{CaseView, RulingAnswer},
    },
    http::{
        call::Call,
        console::{
            ages,
            case_page::{CaseTexts, Rulings, Typed},
            flash::{Told, Undoable},
            form::Fields,
            names,
            queue_filter::{self, go_on, to_case},
            visit::{Answer, State, Visit, id_of},
        },
        problem::Problem,
    },
    id::{CaseId, RulingId},
    record::Claim,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&RULE, &UNDO, &NEXT];

static RULE: Call = Call::post("/console/cases/{id}/ruling", Requirement::REVIEW)
    .named("console.case.rule", "Rules on a case")
    .any_query()
    .to(|| web::route().to(rule));

async fn rule(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &RULE).await?;
    let id = case::id(&request)?;
    let rulings = &state.desk.rulings;
    match rulings
        .rule(visit.caller()?, id, draft_of(&fields), None)
        .await
    {
        Ok(Idempotent::Fresh(answer)) => {
            let mut response = go_on(&visit, None).await?;
            remember(&visit, &mut response, &[answer]);
            Ok(response)
        }
        // Cannot happen without a key.
        Ok(Idempotent::Replayed { .. }) => go_on(&visit, None).await,
        Err(DeskError::CaseChanged(case)) => lost(&visit, *case, &fields).await,
        Err(DeskError::UndoneBefore { case, .. }) => lost(&visit, *case, &fields).await,
        Err(DeskError::CaseClaimed(claim)) => taken(&visit, id, &claim, &fields).await,
        Err(DeskError::ProposalChanged(_)) => moved(&visit, id, &fields).await,
        Err(DeskError::Fields(faults)) => {
            let problem = Problem::fields(faults);
            again(&visit, id, &fields, &problem).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The ruling that a form describes.
pub fn draft_of(fields: &Fields) -> RulingDraft {
    let text = |name: &str| fields.get(name).map(str::to_owned);
    RulingDraft {
        decision: text("decision"),
        version: fields.get("version").and_then(|raw| raw.parse().ok()),
        code: text("code"),
        tags: fields.all("tags"),
        note: text("note"),
        sanction: sanction_of(fields),
        reply: text("reply"),
    }
}

/// The sanction: the proposal that was seen, another, or none.
fn sanction_of(fields: &Fields) -> Option<SanctionDraft> {
    let text = |name: &str| fields.get(name).map(str::to_owned);
    let number = |name: &str| fields.get(name).and_then(|raw| raw.parse().ok());
    let reason = text("reason");
    match fields.get("sanction")? {
        // Refused if the proposal has moved since it was shown.
        "proposed" => Some(SanctionDraft {
            kind: Some("proposed".to_owned()),
            expect: Some(ExpectDraft {
                kind: text("proposed_kind"),
                days: number("proposed_days"),
            }),
            reason,
            ..SanctionDraft::default()
        }),
        "other" => Some(SanctionDraft {
            kind: text("kind"),
            days: number("days"),
            reason,
            ..SanctionDraft::default()
        }),
        _ => None,
    }
}

/// Somebody else was quicker: their ruling is shown, and what was typed is kept.
async fn lost(visit: &Visit, case: CaseView, fields: &Fields) -> Answer {
    let t = CaseTexts::of(visit.language);
    let mine = visit.caller()?.actor();
    let newest = case.rulings.last();
    let others = newest.filter(|ruling| ruling.by != mine && ruling.undone.is_none());
    let lost = Lost {
        title: match others {
            Some(_) => t.lost_race,
            None => t.lost_changed,
        },
        ruling: others.map(|ruling| Rulings::line(ruling, visit)),
        detail: None,
    };
    let typed = Typed::of(fields);
    case::page(visit, StatusCode::CONFLICT, case, typed, Some(lost)).await
}

/// Somebody else holds the case.
async fn taken(visit: &Visit, id: CaseId, claim: &Claim, fields: &Fields) -> Answer {
    let t = CaseTexts::of(visit.language);
    let case = visit.state.desk.queue.case(visit.caller()?, id).await?;
    let by = names::actor(&claim.by, visit.language);
    let until = ages::absolute(claim.until, visit.zone());
    let lost = Lost {
        title: t.lost_changed,
        ruling: None,
        detail: Some(format!("{}{by}{}{until}", t.held_by, t.held_until)),
    };
    let typed = Typed::of(fields);
    case::page(visit, StatusCode::CONFLICT, case, typed, Some(lost)).await
}

/// The proposed sanction is another by now.
async fn moved(visit: &Visit, id: CaseId, fields: &Fields) -> Answer {
    let case = visit.state.desk.queue.case(visit.caller()?, id).await?;
    let lost = Lost {
        title: CaseTexts::of(visit.language).lost_proposal,
        ruling: None,
        detail: None,
    };
    let typed = Typed::of(fields);
    case::page(visit, StatusCode::CONFLICT, case, typed, Some(lost)).await
}

/// The form once more, with what is wrong in it.
async fn again(visit: &Visit, id: CaseId, fields: &Fields, problem: &Problem) -> Answer {
    let case = visit.state.desk.queue.case(visit.caller()?, id).await?;
    let faults = problem.faults().iter();
    let faults = faults.map(|fault| visit.language.pick(&fault.zh_tw, &fault.en).to_owned());
    let lost = Lost {
        title: visit.t().error_fields,
        ruling: None,
        detail: Some(
            faults
                .collect::<Vec<_>>()
                .join(visit.language.pick("；", "; ")),
        ),
    };
    let (status, typed) = (StatusCode::UNPROCESSABLE_ENTITY, Typed::of(fields));
    case::page(visit, status, case, typed, Some(lost)).await
}

/// Remembers rulings, so that the toast can undo them.
pub fn remember(visit: &Visit, response: &mut HttpResponse, answers: &[RulingAnswer]) {
    let mut undoables = visit.undoables();
    undoables.extend(answers.iter().filter_map(|answer| {
        Some(Undoable {
            ruling: answer.id,
            case: answer.case_id,
            decision: answer.decision,
            until: answer.undo_until?,
        })
    }));
    visit.remember_undoables(response, &undoables);
}

static NEXT: Call = Call::post("/console/next", Requirement::REVIEW)
    .named("console.next", "Claims the most urgent case")
    .any_query()
    .to(|| web::route().to(next));

async fn next(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, _) = Visit::posted(&state, &request, payload, &NEXT).await?;
    go_on(&visit, None).await
}

static UNDO: Call = Call::post("/console/rulings/{id}/undo", Requirement::REVIEW)
    .named("console.undo", "Undoes a ruling")
    .any_query()
    .to(|| web::route().to(undo));

async fn undo(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, _) = Visit::posted(&state, &request, payload, &UNDO).await?;
    let id = id_of(&request, RulingId::parse)?;
    let rulings = &state.desk.rulings;
    let done = rulings.undo(visit.caller()?, id, None).await;
    let mut undoables = visit.undoables();
    undoables.retain(|undoable| undoable.ruling != id);
    let to = match &done {
        Ok(Idempotent::Fresh(answer)) => to_case(&visit, answer.case_id),
        _ => queue_filter::PATH.to_owned(),
    };
    let mut response = match done {
        Ok(_) => visit.done(&to, Told::Undone),
        Err(DeskError::CaseChanged(case)) => {
            visit.done(&to_case(&visit, case.item.id), Told::NotUndone)
        }
        Err(error) => return Err(error.into()),
    };
    visit.remember_undoables(&mut response, &undoables);
    Ok(response)
}
