//! Where the console begins, and its language.

use actix_web::{HttpRequest, web};

use crate::{
    access::Requirement,
    http::{
        call::Call,
        console::{
            form,
            visit::{Answer, State, Visit},
        },
        problem::Language,
        signing_in::add_cookie,
    },
};

/// The pages of this file.
pub const PAGES: &[&Call] = &[&HOME, &LANGUAGE];

static HOME: Call = Call::get("/console", Requirement::Person)
    .named("console.home", "Where the console begins")
    .any_query()
    .to(|| web::route().to(home));

async fn home(state: State, request: HttpRequest) -> Answer {
    Visit::open(&state, &request, &HOME).await?;
    Ok(form::see_other("/console/queue"))
}

/// Open to all: it changes nothing but this browser's own cookie.
static LANGUAGE: Call = Call::get("/console/language", Requirement::Open)
    .named("console.language", "Chooses the language")
    .any_query()
    .to(|| web::route().to(language));

async fn language(state: State, request: HttpRequest) -> Answer {
    let visit = Visit::of(&state, &request, None);
    let to = match visit.query.get("to") {
        Some("en") => Language::En,
        _ => Language::ZhTw,
    };
    let back = form::own_address(visit.query.get("back")).unwrap_or("/console");
    let mut response = form::see_other(back);
    add_cookie(&mut response, &visit.language_cookie(to));
    Ok(response)
}
