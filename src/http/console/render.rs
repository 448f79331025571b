//! Templates become answers.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use askama::Template;

use super::visit::Visit;
use crate::http::problem::{Code, Language, Problem};

/// A page, shown.
pub fn page(visit: &Visit, template: &impl Template) -> Result<HttpResponse, Problem> {
    page_as(visit, StatusCode::OK, template)
}

/// A page with a status of its own, such as a form that is shown again with its faults.
pub fn page_as(
    visit: &Visit,
    status: StatusCode,
    template: &impl Template,
) -> Result<HttpResponse, Problem> {
    let mut response = html(status, visit.language, template)?;
    visit.forget_told(&mut response);
    Ok(response)
}

/// HTML in a language.
pub fn html(
    status: StatusCode,
    language: Language,
    template: &impl Template,
) -> Result<HttpResponse, Problem> {
    let text = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered: {error}");
        Problem::new(Code::Overloaded)
    })?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .body(text))
}
