//! A problem as a page: what happened in plain words, and a way on.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, ResponseError as _, web::Data};
use askama::Template;

use super::{ROOT, form, layout::Shell, render, text::Texts, visit::Visit};
use crate::{
    desk::Identity,
    http::{
        HttpState,
        problem::{Code, Language, Problem},
    },
};

#[derive(Template)]
#[template(path = "error.html", config = "src/http/console/templates/askama.toml")]
struct ErrorPage {
    shell: Shell,
    title: &'static str,
    lead: String,
    faults: Vec<(String, String)>,
    may_retry: bool,
    request_id: String,
}

/// The problem as the console tells it. Who is not signed in is asked to, and comes back to the page.
pub fn told(request: &HttpRequest, problem: &Problem, request_id: &str) -> HttpResponse {
    let Some(state) = request.app_data::<Data<HttpState>>() else {
        return problem.error_response();
    };
    let identity = request.extensions().get::<Identity>().cloned();
    let visit = Visit::of(state, request, identity);
    match problem.code() {
        Code::NoCredentials | Code::BadCredentials => to_sign_in(&visit),
        _ => page(&visit, problem, request_id).unwrap_or_else(|_| problem.response(visit.language)),
    }
}

fn to_sign_in(visit: &Visit) -> HttpResponse {
    let is_get = visit.request.method().is_safe();
    let address = visit.address();
    let to = form::own_address(is_get.then_some(address.as_str())).filter(|to| *to != ROOT);
    let and = [("to", to.unwrap_or(""))];
    form::see_other(&form::Fields::default().address("/console/sign-in", &[], &and))
}

fn page(visit: &Visit, problem: &Problem, request_id: &str) -> Result<HttpResponse, Problem> {
    let (title, lead) = words(problem, visit);
    let faults = problem.faults().iter().map(|fault| {
        let detail = visit.language.pick(&fault.zh_tw, &fault.en).to_owned();
        (fault.pointer.clone(), detail)
    });
    let status = problem.status_code();
    let template = ErrorPage {
        shell: visit.shell(""),
        title,
        lead,
        faults: faults.collect(),
        may_retry: status.is_server_error() && visit.request.method().is_safe(),
        request_id: request_id.to_owned(),
    };
    let mut response = render::html(status, visit.language, &template)?;
    for (name, value) in problem.headers() {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name.clone(), value);
        }
    }
    Ok(response)
}

/// The title and what to do.
fn words(problem: &Problem, visit: &Visit) -> (&'static str, String) {
    let t: &Texts = visit.t();
    let own = problem.detail(visit.language).to_owned();
    match problem.code() {
        Code::NotFound | Code::NoSuchRoute => {
            (t.error_not_found, t.error_not_found_lead.to_owned())
        }
        // A form that is out of date says so itself.
        Code::Forbidden if visit.request.method().is_safe() => {
            (t.error_forbidden, t.error_forbidden_lead.to_owned())
        }
        Code::Forbidden => (t.error_other, own),
        Code::InvalidFields => (t.error_fields, own),
        Code::Overloaded | Code::StorageFull => (t.error_busy, t.error_busy_lead.to_owned()),
        code if code.row().status == 409 => (t.error_conflict, plain(problem, visit.language)),
        _ => (t.error_other, own),
    }
}

/// What a problem says to people: the API's words name fields of its answer where these say what happened.
pub fn plain(problem: &Problem, language: Language) -> String {
    let t = Texts::of(language);
    match problem.code() {
        Code::CaseClaimed => t.plain_claimed.to_owned(),
        Code::CaseChanged => t.plain_changed.to_owned(),
        Code::OutcomeUnknown => t.plain_unknown.to_owned(),
        _ => problem.detail(language).to_owned(),
    }
}
