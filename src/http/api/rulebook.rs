//! The rulebook and the codes.

use actix_web::{HttpRequest, web};

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::views::{CodeView, RulebookView},
    http::{call::Call, query, shape::Shape},
};

/// The calls of this file.
pub static CALLS: &[&Call] = &[&CODES, &GET];

static GET: Call = Call::get("/v1/rulebook", Requirement::READ)
    .named("GetRulebook", "Get the rulebook in use")
    .ok::<RulebookView>()
    .to(|| web::route().to(get));

async fn get(state: State, request: HttpRequest) -> Answer {
    state.read(&GET, &request).await?;
    Ok(GET.json(&state.desk.operations.rulebook_view()))
}

static CODES: Call = Call::get("/v1/codes", Requirement::READ_OR_BOARD)
    .named("GetCodes", "List reason codes with rules and names")
    .query(query::PAGE)
    .ok_as(Shape::list::<CodeView>("CodeList"))
    .to(|| web::route().to(codes));

async fn codes(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&CODES, &request).await?.query.page();
    let codes = CodeView::all();
    let page = page.paginate("codes", codes, |code| code.code.name().to_owned())?;
    Ok(CODES.json(&page))
}
