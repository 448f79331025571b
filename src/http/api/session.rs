//! People: sign-in, own password, personal tokens.

use actix_web::{
    HttpRequest,
    web::{self, Payload},
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Requirement,
    desk::{
        NewToken, SettingsDraft,
        views::{
            NewTokenView, SessionView, SettingsView, SignInView, TokenView, UserView, WhoView,
        },
    },
    http::{
        auth,
        call::{AllCalls, Call, UNSIGNED_BYTES_MAX},
        checked::{self},
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
        shape::Shape,
        signing_in::add_cookie,
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

/// A person's own settings; what is absent is as it was shipped.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSettings {
    /// `zh-TW` or `en`. Absent: as the browser asks.
    pub language: Option<String>,
    /// Whether abusive texts are blurred until they are focused. Absent: they are not.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub blur: Option<bool>,
    /// `comfortable` or `compact`.
    pub density: Option<String>,
    /// Whether single keys act. Absent: they do.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub keys: Option<bool>,
    /// After how many minutes a break is suggested: 1 to 480. Absent: never.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub break_minutes: Option<u32>,
    /// How many cases of severity 4 `POST /v1/cases/next` hands out in a row, self-harm apart: 1 to 100. Absent: any number.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub gravest_in_a_row: Option<u32>,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &GET_SETTINGS,
    &PUT_SETTINGS,
    &SIGN_IN,
    &SIGN_OUT,
    &CHANGE_PASSWORD,
    &LIST_TOKENS,
    &CREATE_TOKEN,
    &REVOKE_TOKEN,
    &WHO_AM_I,
    &LIST_SESSIONS,
    &END_SESSION,
];

static SIGN_IN: Call = Call::post("/v1/session", Requirement::Open)
    .named("SignIn", "Sign in; sets the session cookie")
    .body::<PostSession>(|| json!({"name": "amei", "password": "gwz57cmz45f59fkhq84r"}))
    .bytes_max(UNSIGNED_BYTES_MAX)
    .ok::<SessionView>()
    .problems(&[
        Code::BadCredentials,
        Code::Forbidden,
        Code::RateLimited,
        Code::Overloaded,
    ])
    .to(|| web::route().to(sign_in));

async fn sign_in(state: State, request: HttpRequest, payload: Payload) -> Answer {
    auth::open_to(&state, &request, &SIGN_IN)?;
    let body = checked::json::<PostSession>(&request, payload, SIGN_IN.bytes_max)
        .await?
        .value;
    SIGN_IN.read_query(&request)?;
    let (name, password) = both((body.name, "/name"), (body.password, "/password"))?;
    let (view, cookie) = state.sign_in(&request, &name, &password).await?;
    let mut response = SIGN_IN.json(&view);
    add_cookie(&mut response, &cookie);
    Ok(response)
}

static SIGN_OUT: Call = Call::delete("/v1/session", Requirement::Person)
    .named("SignOut", "Sign out")
    .query(&["everywhere"])
    .to(|| web::route().to(sign_out));

async fn sign_out(state: State, request: HttpRequest) -> Answer {
    let Input {
        caller, mut query, ..
    } = state.read(&SIGN_OUT, &request).await?;
    let everywhere = query.flag("everywhere")?;
    let cookie = state.sign_out(&request, &caller, everywhere).await?;
    let mut response = SIGN_OUT.nothing();
    add_cookie(&mut response, &cookie);
    Ok(response)
}

static CHANGE_PASSWORD: Call = Call::put("/v1/session/password", Requirement::Person)
    .named("ChangePassword", "Change your password")
    .body::<PutPassword>(
        || json!({"current": "gwz57cmz45f59fkhq84r", "password": "四匹馬在南港散步2026"}),
    )
    .ok::<UserView>()
    .problems(&[Code::RateLimited])
    .to(|| web::route().to(change_password));

async fn change_password(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PutPassword>::read(&state, &CHANGE_PASSWORD, &request, payload).await?;
    let PutPassword { current, password } = input.body;
    let (current, new) = both((current, "/current"), (password, "/password"))?;
    let address = state.address_of(&request);
    let sign_ins = &state.desk.sign_ins;
    let view = sign_ins.change_password(&input.caller, &current, &new, address);
    Ok(CHANGE_PASSWORD.json(&view.await?))
}

static WHO_AM_I: Call = Call::get("/v1/session", Requirement::Credentials)
    .named("GetSession", "Get who is signed in, and what they may call")
    .ok::<WhoView>()
    .to(|| web::route().to(who_am_i));

async fn who_am_i(state: State, request: HttpRequest, all: web::Data<AllCalls>) -> Answer {
    let identity = state.identity(&request, &WHO_AM_I).await?;
    WHO_AM_I.read_query(&request)?;
    let allowed = all
        .0
        .iter()
        .filter(|call| identity.caller.meets(call.requirement));
    let may = allowed.map(|call| call.name.to_owned()).collect();
    Ok(WHO_AM_I.json(&state.desk.identities.who_am_i(&identity, may)))
}

static GET_SETTINGS: Call = Call::get("/v1/session/settings", Requirement::Person)
    .named(
        "GetSettings",
        "Get your own settings, and your count of the day",
    )
    .ok::<SettingsView>()
    .to(|| web::route().to(get_settings));

async fn get_settings(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&GET_SETTINGS, &request).await?.caller;
    Ok(GET_SETTINGS.json(&state.desk.personal.settings(&caller).await?))
}

static PUT_SETTINGS: Call = Call::put("/v1/session/settings", Requirement::Person)
    .named("PutSettings", "Replace your own settings")
    .body::<PutSettings>(|| {
        json!({
            "language": "zh-TW", "blur": true, "density": "compact", "keys": true, "break_minutes": 50,
            "gravest_in_a_row": 5
        })
    })
    .ok::<SettingsView>()
    .to(|| web::route().to(put_settings));

async fn put_settings(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PutSettings>::read(&state, &PUT_SETTINGS, &request, payload).await?;
    let draft = SettingsDraft {
        language: input.body.language,
        blur: input.body.blur,
        density: input.body.density,
        keys: input.body.keys,
        break_minutes: input.body.break_minutes,
        gravest_in_a_row: input.body.gravest_in_a_row,
    };
    let personal = &state.desk.personal;
    let view = personal.change_settings(&input.caller, draft);
    Ok(PUT_SETTINGS.json(&view.await?))
}

static LIST_SESSIONS: Call = Call::get("/v1/sessions", Requirement::Person)
    .named("ListSessions", "List your active sign-ins")
    .query(query::PAGE)
    .ok_as(Shape::list::<SignInView>("SignInList"))
    .to(|| web::route().to(list_sessions));

async fn list_sessions(state: State, request: HttpRequest) -> Answer {
    let identity = state.identity(&request, &LIST_SESSIONS).await?;
    let page = LIST_SESSIONS.read_query(&request)?.page();
    let sign_ins = state.desk.sign_ins.sign_ins(&identity).await?;
    let page = page.paginate("sessions", sign_ins, |sign_in| sign_in.id.to_string())?;
    Ok(LIST_SESSIONS.json(&page))
}

static END_SESSION: Call = Call::delete("/v1/sessions/{id}", Requirement::Person)
    .named("EndSession", "End one of your sign-ins")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(end_session));

async fn end_session(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&END_SESSION, &request).await?.caller;
    let id = query::parsed_part(&request, "id", SessionId::parse)?;
    state.desk.sign_ins.end_sign_in(&caller, id).await?;
    Ok(END_SESSION.nothing())
}

static LIST_TOKENS: Call = Call::get("/v1/tokens", Requirement::Person)
    .named("ListTokens", "List your personal tokens")
    .query(query::PAGE)
    .ok_as(Shape::list::<TokenView>("TokenList"))
    .to(|| web::route().to(list_tokens));

async fn list_tokens(state: State, request: HttpRequest) -> Answer {
    let mut input = state.read(&LIST_TOKENS, &request).await?;
    let page = input.query.page();
    let tokens = state.desk.accounts.tokens(&input.caller).await?;
    let page = page.paginate("tokens", tokens, |token| token.id.to_string())?;
    Ok(LIST_TOKENS.json(&page))
}

static CREATE_TOKEN: Call = Call::post("/v1/tokens", Requirement::Person)
    .named("CreateToken", "Create a personal token")
    .optional_body::<PostToken>(
        || json!({"name": "my-script", "expires_at": "2027-06-30T00:00:00Z"}),
    )
    .created::<NewTokenView>()
    .idempotent()
    .problems(&[Code::SignInAgain])
    .to(|| web::route().to(create_token));

async fn create_token(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, &CREATE_TOKEN).await?;
    state.desk.identities.check_recent(&identity)?;
    let input = Input::<PostToken>::of(identity.caller, &CREATE_TOKEN, &request, payload).await?;
    let PostToken { name, expires_at } = input.body;
    let new = NewToken { name, expires_at };
    let done = state
        .desk
        .accounts
        .create_token(&input.caller, new, input.key);
    Ok(CREATE_TOKEN.answer(done.await?))
}

static REVOKE_TOKEN: Call = Call::delete("/v1/tokens/{id}", Requirement::Person)
    .named("RevokeToken", "Revoke a personal token")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(revoke_token));

async fn revoke_token(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&REVOKE_TOKEN, &request).await?.caller;
    state
        .desk
        .accounts
        .revoke_token(&caller, query::parsed_part(&request, "id", TokenId::parse)?)
        .await?;
    Ok(REVOKE_TOKEN.nothing())
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
