//! Signing in and out.

use actix_web::{
    HttpRequest, ResponseError as _,
    http::StatusCode,
    web::{self, Payload},
};
use askama::Template;

use crate::{
    access::Requirement,
    http::{
        auth,
        call::{Call, UNSIGNED_BYTES_MAX},
        console::{
            flash::Told,
            form::{self, Fields},
            layout::Shell,
            render,
            visit::{Answer, State, Visit},
        },
        problem::{Code, Problem},
        query,
        signing_in::add_cookie,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&SHOW, &SIGN_IN, &LINK, &SIGN_OUT];

#[derive(Template)]
#[template(
    path = "sign_in.html",
    config = "src/http/console/templates/askama.toml"
)]
struct SignInPage {
    shell: Shell,
    name: String,
    to: String,
    fault: Option<String>,
}

static SHOW: Call = Call::get("/console/sign-in", Requirement::Open)
    .named("console.sign-in", "The form for signing in")
    .any_query()
    .to(|| web::route().to(show));

async fn show(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::of(&state, &request, None);
    let to = form::own_address(visit.query.get("to"))
        .unwrap_or("")
        .to_owned();
    render::page(&visit, &sign_in_page(&visit, String::new(), to, None))
}

static SIGN_IN: Call = Call::post("/console/sign-in", Requirement::Open)
    .named("console.sign-in.post", "Signs in")
    .any_query()
    .bytes_max(UNSIGNED_BYTES_MAX)
    .to(|| web::route().to(sign_in));

async fn sign_in(state: State, request: HttpRequest, payload: Payload) -> Answer {
    auth::open_to(&state, &request, &SIGN_IN)?;
    let mut fields = form::read(&request, payload, &SIGN_IN).await?;
    let visit = Visit::of(&state, &request, None);
    let name = fields.take("name").unwrap_or_default();
    let password = fields.take("password").unwrap_or_default();
    if name.is_empty() || password.is_empty() {
        let fault = visit.t().sign_in_missing.to_owned();
        return again(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            name,
            &fields,
            fault,
        );
    }
    match state.sign_in(&request, &name, &password).await {
        Ok((_, cookie)) => {
            let to = form::own_address(fields.get("to")).unwrap_or("/console");
            let mut response = form::see_other(to);
            add_cookie(&mut response, &cookie);
            Ok(response)
        }
        Err(problem) => refused(&visit, name, &fields, problem),
    }
}

/// The link that `banzhu demo` prints: it holds a secret in place of name and password, and works once.
static LINK: Call = Call::get("/console/link/{secret}", Requirement::Open)
    .named(
        "console.link",
        "Signs in by a link that was printed on this machine",
    )
    .any_query()
    .to(|| web::route().to(link));

async fn link(state: State, request: HttpRequest) -> Answer {
    let secret = query::part(&request, "secret")?;
    match state.sign_in_by_link(&request, &secret).await {
        Ok((_, cookie)) => {
            let mut response = form::see_other("/console");
            add_cookie(&mut response, &cookie);
            Ok(response)
        }
        // Whoever has a name and a password may still use them.
        Err(problem) if problem.code() == Code::BadCredentials => {
            Ok(form::see_other("/console/sign-in"))
        }
        Err(problem) => Err(problem),
    }
}

/// The form once more, with what was wrong; what no form can mend is the error page.
fn refused(visit: &Visit, name: String, fields: &Fields, problem: Problem) -> Answer {
    let fault = match problem.code() {
        Code::BadCredentials => visit.t().sign_in_failed.to_owned(),
        Code::RateLimited => problem.detail(visit.language).to_owned(),
        _ => return Err(problem),
    };
    let mut response = again(visit, problem.status_code(), name, fields, fault)?;
    for (header, value) in problem.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(header.clone(), value);
        }
    }
    Ok(response)
}

fn again(
    visit: &Visit,
    status: StatusCode,
    name: String,
    fields: &Fields,
    fault: String,
) -> Answer {
    let to = form::own_address(fields.get("to")).unwrap_or("").to_owned();
    render::page_as(visit, status, &sign_in_page(visit, name, to, Some(fault)))
}

fn sign_in_page(visit: &Visit, name: String, to: String, fault: Option<String>) -> SignInPage {
    SignInPage {
        shell: visit.shell(""),
        name,
        to,
        fault,
    }
}

static SIGN_OUT: Call = Call::post("/console/sign-out", Requirement::Person)
    .named("console.sign-out", "Signs out")
    .any_query()
    .to(|| web::route().to(sign_out));

async fn sign_out(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let (visit, fields) = Visit::posted(&state, &request, payload, &SIGN_OUT).await?;
    let everywhere = fields.is_on("everywhere");
    let cookie = state
        .sign_out(&request, visit.caller()?, everywhere)
        .await?;
    let mut response = visit.done("/console/sign-in", Told::SignedOut);
    add_cookie(&mut response, &cookie);
    visit.remember_undoables(&mut response, &[]);
    Ok(response)
}
