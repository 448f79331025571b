//! For operators: alive, ready, figures; and what each problem means.

use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::Health,
    http::{
        call::Call,
        problem::{Code, PROBLEMS, Problem, ProblemRow},
        query,
        shape::Shape,
    },
};

/// Whether the service is alive.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alive {
    /// Always `ok`.
    pub status: &'static str,
}

/// Whether the service can decide and store.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// All checks hold.
    pub ready: bool,
    /// Each check, `ok` or what is wrong.
    pub checks: Checks,
}

/// The checks of readiness.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checks {
    /// Comments can be stored.
    pub store: String,
    /// Comments can be decided.
    pub rulebook: String,
    /// The clock has not jumped, or somebody has accepted it. While it has, `jumped`: comments are decided and stored, and
    /// nothing is dropped because its time is over.
    pub clock: String,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&METRICS, &ALIVE, &READY, &PROBLEM];

static ALIVE: Call = Call::get("/healthz", Requirement::Open)
    .named("Healthz", "Check that the process is alive")
    .ok::<Alive>()
    .to(|| web::route().to(alive));

async fn alive(request: HttpRequest) -> Answer {
    ALIVE.read_query(&request)?;
    Ok(ALIVE.json(&Alive { status: "ok" }))
}

static READY: Call = Call::get("/readyz", Requirement::Open)
    .named("Readyz", "Check that it can decide and store")
    .ok::<Ready>()
    .or(503, "Something cannot; `checks` says what")
    .to(|| web::route().to(ready));

async fn ready(state: State, request: HttpRequest) -> Answer {
    READY.read_query(&request)?;
    let store = match state.desk.operations.health() {
        Health::Ready => "ok".to_owned(),
        Health::StorageFull => "storage-full".to_owned(),
        Health::LogFailing(_) => "log-failing".to_owned(),
        Health::Broken(_) => "broken".to_owned(),
    };
    let ready = store == "ok";
    let clock = state
        .desk
        .operations
        .clock_jump()
        .map_or("ok", |_| "jumped");
    // A refused reload does not stop deciding: the last good rulebook stays in use.
    let report = Ready {
        ready,
        checks: Checks {
            store,
            rulebook: "ok".to_owned(),
            clock: clock.to_owned(),
        },
    };
    let status = if ready { 200 } else { 503 };
    Ok(READY.json_as(status, &report))
}

static METRICS: Call = Call::get("/metrics", Requirement::READ)
    .named("Metrics", "Get metrics for Prometheus")
    .ok_as(Shape::text("text/plain"))
    .to(|| web::route().to(metrics));

async fn metrics(state: State, request: HttpRequest) -> Answer {
    state.read(&METRICS, &request).await?;
    let text = (state.metrics)();
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}

static PROBLEM: Call = Call::get("/problems/{code}", Requirement::Open)
    .named("Problem", "Read what a problem type means")
    .ok_as(Shape::text("text/html"))
    .problems(&[Code::NotFound])
    .to(|| web::route().to(problem));

async fn problem(request: HttpRequest) -> Answer {
    PROBLEM.read_query(&request)?;
    let code = query::part(&request, "code")?;
    let row = PROBLEMS
        .iter()
        .find(|row| row.code == code)
        .ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .body(page(row)))
}

/// Everything on the page comes from the table of problems, nothing from the request.
fn page(row: &ProblemRow) -> String {
    let mut html = String::from("<!doctype html><html lang=\"zh-TW\"><meta charset=\"utf-8\">");
    let ProblemRow {
        code,
        status,
        zh_tw,
        en,
        help_zh_tw,
        help_en,
    } = row;
    let _ = write!(
        html,
        "<title>{code} · Banzhu</title>\
         <style>body{{font:1.1rem/1.7 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.5rem;color:#1d2733}}\
         code{{background:#eef2f6;padding:.15em .45em;border-radius:.3em}}h1{{font-size:1.5rem}}.en{{color:#5a6877}}</style>\
         <p><code>{status} {code}</code></p><h1>{zh_tw}<br><span class=\"en\">{en}</span></h1>\
         <p>{help_zh_tw}</p><p class=\"en\">{help_en}</p></html>"
    );
    html
}
