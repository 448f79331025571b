//! The rulebook and the codes.

use actix_web::{HttpRequest, http::StatusCode};

use super::{Answer, State};
use crate::{
    access::Call,
    desk::views::CodeView,
    http::{idempotency::json, query},
};

pub async fn get(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetRulebook).await?;
    query::none(&request)?;
    Ok(json(StatusCode::OK, &state.desk.rulebook_view()))
}

pub async fn codes(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::GetCodes).await?;
    let page = query::page(&request)?;
    let codes = CodeView::all();
    let page = page.turn("codes", codes, |code| code.code.name().to_owned())?;
    Ok(json(StatusCode::OK, &page))
}
