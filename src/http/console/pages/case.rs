//! A case: everything that a decision needs, and the decision.

use actix_web::{
    HttpRequest,
    http::StatusCode,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    desk::views::CaseView,
    http::{
        call::Call,
        console::{
            ages::Age,
            case_page::{
                self, Acts, Article, CaseTexts, Hit, Line, Member, Other, Panels, Parent, Reports,
                Rulings, Score, Typed, Words,
            },
            case_row::CaseRow,
            flash::Told,
            layout::Shell,
            queue_filter::{self, to_case, to_queue},
            render,
            visit::{Answer, State, Visit, id_of},
        },
        problem::Problem,
    },
    id::CaseId,
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &CLAIM, &RELEASE, &SKIP, &NOTE];

#[derive(Template)]
#[template(path = "case.html", config = "src/http/console/templates/askama.toml")]
struct CasePage {
    shell: Shell,
    c: &'static CaseTexts,
    row: CaseRow,
    opened: Age,
    /// The queue, as it was filtered.
    queue: String,
    /// The filters, to go with every form's address.
    filters: String,
    next: Option<String>,
    group: Option<String>,
    claim_until: Option<String>,
    is_second_look: bool,
    words: Words,
    hits: Vec<Hit>,
    scores: Vec<Score>,
    parent: Option<Parent>,
    article: Option<Article>,
    siblings: Vec<Other>,
    member: Option<Member>,
    recents: Vec<Other>,
    reports: Reports,
    appeal: Option<Line>,
    rulings: Vec<Line>,
    notes: Vec<Line>,
    audit: Vec<Line>,
    acts: Acts,
    panels: Panels,
    lost: Option<Lost>,
}

/// A race that was lost: what the other did.
pub struct Lost {
    /// What happened.
    pub title: &'static str,
    /// The other's ruling, if it was one.
    pub ruling: Option<Line>,
    /// More about it.
    pub detail: Option<String>,
}

static SHOW: Call = Call::get("/console/cases/{id}", Requirement::READ)
    .named("console.case", "A case")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::open(&state, &request, &SHOW).await?;
    let case = state
        .desk
        .queue
        .case(visit.caller()?, id(&request)?)
        .await?;
    page(&visit, StatusCode::OK, case, Typed::default(), None).await
}

/// The case of the address.
pub fn id(request: &HttpRequest) -> Result<CaseId, Problem> {
    id_of(request, CaseId::parse)
}

/// A case's page; `typed` and `lost` where it is shown again.
pub async fn page(
    visit: &Visit,
    status: StatusCode,
    case: CaseView,
    typed: Typed,
    lost: Option<Lost>,
) -> Answer {
    let language = visit.language;
    let hits = Hit::all(&case, language);
    let acts = Acts::of(&case, language);
    let replies = visit.state.desk.replies.replies().await?;
    let next = queue_filter::next_after(visit, case.item.id).await?;
    let page = CasePage {
        shell: visit.shell(queue_filter::PATH),
        c: CaseTexts::of(language),
        opened: Age::new(case.item.opened_at, visit.now, visit.zone(), language),
        queue: to_queue(visit),
        filters: visit.query.address("", &["cursor"], &[]),
        next: next.map(|next| to_case(visit, next)),
        group: case
            .item
            .group
            .as_ref()
            .map(|group| format!("/console/groups/{group}")),
        claim_until: case.item.claim.as_ref().map(|claim| {
            let until = Age::new(claim.until, visit.now, visit.zone(), language);
            until.absolute
        }),
        is_second_look: case.second_look,
        words: Words::new(&case, &hits, visit),
        scores: Score::all(&case, language),
        parent: Parent::of(&case),
        article: Article::of(&case),
        siblings: case_page::siblings(&case, visit),
        member: Member::of(&case, visit),
        recents: case_page::recents(&case, visit),
        reports: Reports::of(&case, visit),
        appeal: case_page::appeal(&case, visit),
        rulings: Rulings::of(&case, visit),
        notes: case_page::notes(&case, visit),
        audit: case_page::lines_of_audit(&case, visit),
        panels: Panels::new(&case, &acts, typed, replies, visit),
        row: CaseRow::new(case.item, visit),
        hits,
        acts,
        lost,
    };
    render::page_as(visit, status, &page)
}

static CLAIM: Call = Call::post("/console/cases/{id}/claim", Requirement::REVIEW)
    .named("console.case.claim", "Claims a case, or takes it over")
    .any_query()
    .to(|| web::route().to(claim));

async fn claim(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &CLAIM).await?;
    let id = id(&request)?;
    let queue = &state.desk.queue;
    let take_over = fields.is_on("take_over");
    queue.claim(visit.caller()?, id, take_over, None).await?;
    Ok(visit.see_other(&to_case(&visit, id)))
}

static RELEASE: Call = Call::post("/console/cases/{id}/release", Requirement::REVIEW)
    .named("console.case.release", "Releases a case")
    .any_query()
    .to(|| web::route().to(release));

async fn release(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &RELEASE).await?;
    let queue = &state.desk.queue;
    queue.release(visit.caller()?, id(&request)?, false).await?;
    let to = to_queue(&visit);
    // The script gives a case back that was only looked at: nobody needs to be told.
    Ok(match fields.is_on("quiet") {
        true => visit.see_other(&to),
        false => visit.done(&to, Told::Released),
    })
}

static SKIP: Call = Call::post("/console/cases/{id}/skip", Requirement::REVIEW)
    .named("console.case.skip", "Puts a case off")
    .any_query()
    .to(|| web::route().to(skip));

async fn skip(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, _) = Visit::posted(&state, &request, payload, &SKIP).await?;
    let queue = &state.desk.queue;
    queue.skip(visit.caller()?, id(&request)?, None).await?;
    queue_filter::go_on(&visit, Some(Told::Skipped)).await
}

static NOTE: Call = Call::post("/console/cases/{id}/notes", Requirement::REVIEW)
    .named("console.case.note", "Adds a note")
    .any_query()
    .to(|| web::route().to(note));

async fn note(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, mut fields) = Visit::posted(&state, &request, payload, &NOTE).await?;
    let id = id(&request)?;
    let queue = &state.desk.queue;
    queue
        .add_note(visit.caller()?, id, fields.take("note"), None)
        .await?;
    Ok(visit.done(&to_case(&visit, id), Told::Noted))
}
