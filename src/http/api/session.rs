//! People: sign-in, own password, personal tokens.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::StatusCode,
    web::Payload,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::{CALLS, Call},
    desk::NewToken,
    http::{
        auth,
        checked::{self, BODY_BYTES_MAX, UNSIGNED_BYTES_MAX},
        idempotency::{answered, idempotency_key, json},
        origin,
        problem::Problem,
        query::{self, Query},
    },
    id::{SessionId, TokenId},
    intake::FieldFault,
};

/// Name and password.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSession {
    /// The user's name.
    #[schema(required)]
    pub name: Option<String>,
    /// Their password.
    #[schema(required)]
    pub password: Option<String>,
}

/// A change of one's own password.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPassword {
    /// The password until now.
    #[schema(required)]
    pub current: Option<String>,
    /// 10 to 200 characters.
    #[schema(required)]
    pub password: Option<String>,
}

/// A new personal token.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostToken {
    /// What its owner calls it; at most 64 characters.
    pub name: Option<String>,
    /// RFC 3339, still to come.
    pub expires_at: Option<String>,
}

pub async fn sign_in(state: State, request: HttpRequest, payload: Payload) -> Answer {
    auth::open_to(&state, &request, Call::SignIn)?;
    let body = checked::json::<PostSession>(&request, payload, UNSIGNED_BYTES_MAX)
        .await?
        .value;
    query::none(&request)?;
    let (name, password) = both((body.name, "/name"), (body.password, "/password"))?;
    let address = state.address_of(&request);
    let signed_in = state.desk.sign_in(&name, &password, address).await?;
    // Signed in again on the same page: the sign-in that came along is replaced.
    if let Some(old) = request.cookie(state.cookie_name(&request)) {
        let name = signed_in.view.name.as_str();
        if let Err(error) = state.desk.end_replaced(name, old.value()).await {
            tracing::warn!(%error, "a replaced sign-in goes on: {error}");
        }
    }
    let cookie = session_cookie(&state, &request, signed_in.cookie, signed_in.max_age_s);
    let mut response = json(StatusCode::OK, &signed_in.view);
    add_cookie(&mut response, &cookie);
    Ok(response)
}

pub async fn sign_out(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::SignOut).await?;
    let everywhere = Query::read(&request, &["everywhere"])?.flag("everywhere")?;
    let cookie = request.cookie(state.cookie_name(&request));
    state
        .desk
        .sign_out(&caller, cookie.as_ref().map(Cookie::value), everywhere)
        .await?;
    let mut response = HttpResponse::NoContent().finish();
    add_cookie(
        &mut response,
        &session_cookie(&state, &request, String::new(), 0),
    );
    Ok(response)
}

pub async fn change_password(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::ChangePassword).await?;
    let body = checked::json::<PutPassword>(&request, payload, BODY_BYTES_MAX)
        .await?
        .value;
    query::none(&request)?;
    let (current, new) = both((body.current, "/current"), (body.password, "/password"))?;
    let address = state.address_of(&request);
    let view = state
        .desk
        .change_password(&caller, &current, &new, address)
        .await?;
    Ok(json(StatusCode::OK, &view))
}

/// Who am I, and what may I.
pub async fn who_am_i(state: State, request: HttpRequest) -> Answer {
    let identity = state.identity(&request, Call::GetSession).await?;
    query::none(&request)?;
    let may = CALLS
        .iter()
        .filter(|row| identity.caller.meets(row.need))
        .map(|row| format!("{:?}", row.call))
        .collect();
    Ok(json(StatusCode::OK, &state.desk.who_am_i(&identity, may)))
}

pub async fn list_sessions(state: State, request: HttpRequest) -> Answer {
    let identity = state.identity(&request, Call::ListSessions).await?;
    let page = query::page(&request)?;
    let all = state.desk.sign_ins(&identity).await?;
    let page = page.turn("sessions", all, |one| one.id.to_string())?;
    Ok(json(StatusCode::OK, &page))
}

pub async fn end_session(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::EndSession).await?;
    query::none(&request)?;
    let id = query::parsed_part(&request, "id", SessionId::parse)?;
    state.desk.end_sign_in(&caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn list_tokens(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::ListTokens).await?;
    let page = query::page(&request)?;
    let tokens = state.desk.tokens(&caller).await?;
    let page = page.turn("tokens", tokens, |token| token.id.to_string())?;
    Ok(json(StatusCode::OK, &page))
}

pub async fn create_token(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, Call::CreateToken).await?;
    state.desk.check_recent(&identity)?;
    let caller = identity.caller;
    let body = checked::json_or_nothing::<PostToken>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let PostToken { name, expires_at } = body.value;
    let done = state
        .desk
        .create_token(&caller, NewToken { name, expires_at }, key)
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn revoke_token(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::RevokeToken).await?;
    query::none(&request)?;
    state
        .desk
        .revoke_token(&caller, query::parsed_part(&request, "id", TokenId::parse)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn both(
    first: (Option<String>, &str),
    second: (Option<String>, &str),
) -> Result<(String, String), Problem> {
    let given = |field: Option<String>| field.filter(|text| !text.is_empty());
    match (given(first.0), given(second.0)) {
        (Some(first), Some(second)) => Ok((first, second)),
        (found_first, found_second) => {
            let missing = [(found_first, first.1), (found_second, second.1)]
                .into_iter()
                .filter(|(found, _)| found.is_none());
            Err(Problem::fields(
                missing
                    .map(|(_, pointer)| FieldFault::missing(pointer))
                    .collect(),
            ))
        }
    }
}

fn session_cookie(
    state: &State,
    request: &HttpRequest,
    value: String,
    max_age_s: i64,
) -> Cookie<'static> {
    let secure = origin::is_https(request, &state.settings);
    Cookie::build(state.cookie_name(request), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::seconds(max_age_s))
        .finish()
}

fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie could not be set: {error}");
    }
}
