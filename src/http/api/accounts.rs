//! Users and keys, for admins.

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
        ChangeUser, NewKey, NewUser,
        views::{KeyView, NewKeyView, NewUserView, UserView},
    },
    http::{
        call::Call, empty_as_none::empty_as_none, input::Input, problem::Code, query, shape::Shape,
    },
    id::KeyId,
    record::Role,
};

/// A new user.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostUser {
    /// 1 to 64 letters, digits, `.`, `-`, `_`.
    #[schema(required)]
    pub name: Option<String>,
    /// `viewer`, `moderator` or `admin`.
    #[schema(required)]
    pub role: Option<String>,
    /// 10 to 200 characters; one is made where none is given.
    pub password: Option<String>,
}

/// What changes about a user.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchUser {
    /// `viewer`, `moderator` or `admin`.
    pub role: Option<String>,
    /// Whether they may not sign in.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub disabled: Option<bool>,
    /// A new password; every sign-in and token made before ends.
    pub password: Option<String>,
}

/// A new key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostKey {
    /// 1 to 64 letters, digits, `.`, `-`, `_`.
    pub name: Option<String>,
    /// Some of `moderate`, `report`, `read`, `review`, `admin`.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[schema(required)]
    pub scopes: Option<Vec<String>>,
    /// RFC 3339, still to come.
    pub expires_at: Option<String>,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[
    &LIST_USERS,
    &CREATE_USER,
    &UPDATE_USER,
    &DELETE_USER,
    &LIST_KEYS,
    &CREATE_KEY,
    &REVOKE_KEY,
];

static LIST_USERS: Call = Call::get("/v1/users", Requirement::ADMIN)
    .named("ListUsers", "List users")
    .query(query::PAGE)
    .ok_as(Shape::list::<UserView>("UserList"))
    .to(|| web::route().to(list_users));

async fn list_users(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST_USERS, &request).await?.query.page();
    let users = state.desk.accounts.users().await?;
    let page = page.paginate("users", users, |user| user.name.to_string())?;
    Ok(LIST_USERS.json(&page))
}

static CREATE_USER: Call = Call::post("/v1/users", Requirement::ADMIN)
    .named("CreateUser", "Create a user")
    .body::<PostUser>(|| json!({"name": "amei", "role": "moderator"}))
    .created::<NewUserView>()
    .idempotent()
    .problems(&[Code::SignInAgain, Code::NameTaken])
    .to(|| web::route().to(create_user));

async fn create_user(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, &CREATE_USER).await?;
    let caller = identity.caller.clone();
    let input = Input::<PostUser>::of(caller, &CREATE_USER, &request, payload).await?;
    if is_admin(input.body.role.as_deref()) {
        state.desk.identities.check_recent(&identity)?;
    }
    let new = NewUser {
        name: input.body.name,
        role: input.body.role,
        password: input.body.password,
    };
    let done = state
        .desk
        .accounts
        .create_user(&input.caller, new, input.key);
    Ok(CREATE_USER.answer(done.await?))
}

static UPDATE_USER: Call = Call::patch("/v1/users/{name}", Requirement::ADMIN)
    .named("UpdateUser", "Change a user")
    .body::<PatchUser>(|| json!({"role": "admin"}))
    .ok::<UserView>()
    .problems(&[Code::SignInAgain, Code::NotFound, Code::LastAdmin])
    .to(|| web::route().to(update_user));

async fn update_user(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, &UPDATE_USER).await?;
    let caller = identity.caller.clone();
    let input = Input::<PatchUser>::of(caller, &UPDATE_USER, &request, payload).await?;
    let change = ChangeUser {
        role: input.body.role,
        disabled: input.body.disabled,
        password: input.body.password,
    };
    // Whoever sets another's password or enables an account gains a user of their own.
    let sets_password = change
        .password
        .as_deref()
        .is_some_and(|new| !new.is_empty());
    if is_admin(change.role.as_deref()) || sets_password || change.disabled == Some(false) {
        state.desk.identities.check_recent(&identity)?;
    }
    let name = query::part(&request, "name")?;
    let view = state
        .desk
        .accounts
        .change_user(&input.caller, &name, change);
    Ok(UPDATE_USER.json(&view.await?))
}

static DELETE_USER: Call = Call::delete("/v1/users/{name}", Requirement::ADMIN)
    .named("DeleteUser", "Delete a user")
    .problems(&[Code::NotFound, Code::LastAdmin])
    .to(|| web::route().to(delete_user));

async fn delete_user(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&DELETE_USER, &request).await?.caller;
    state
        .desk
        .accounts
        .delete_user(&caller, &query::part(&request, "name")?)
        .await?;
    Ok(DELETE_USER.nothing())
}

static LIST_KEYS: Call = Call::get("/v1/keys", Requirement::ADMIN)
    .named("ListKeys", "List board keys")
    .query(query::PAGE)
    .ok_as(Shape::list::<KeyView>("KeyList"))
    .to(|| web::route().to(list_keys));

async fn list_keys(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST_KEYS, &request).await?.query.page();
    let keys = state.desk.accounts.keys().await?;
    let page = page.paginate("keys", keys, |key| key.id.to_string())?;
    Ok(LIST_KEYS.json(&page))
}

static CREATE_KEY: Call = Call::post("/v1/keys", Requirement::ADMIN)
    .named("CreateKey", "Create a board key")
    .body::<PostKey>(|| json!({"name": "board", "scopes": ["moderate", "report"]}))
    .created::<NewKeyView>()
    .idempotent()
    .problems(&[Code::SignInAgain, Code::NameTaken])
    .to(|| web::route().to(create_key));

async fn create_key(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, &CREATE_KEY).await?;
    state.desk.identities.check_recent(&identity)?;
    let input = Input::<PostKey>::of(identity.caller, &CREATE_KEY, &request, payload).await?;
    let new = NewKey {
        name: input.body.name,
        scopes: input.body.scopes.unwrap_or_default(),
        expires_at: input.body.expires_at,
    };
    let done = state
        .desk
        .accounts
        .create_key(&input.caller, new, input.key);
    Ok(CREATE_KEY.answer(done.await?))
}

static REVOKE_KEY: Call = Call::delete("/v1/keys/{id}", Requirement::ADMIN)
    .named("RevokeKey", "Revoke a board key")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(revoke_key));

async fn revoke_key(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&REVOKE_KEY, &request).await?.caller;
    state
        .desk
        .accounts
        .revoke_key(&caller, query::parsed_part(&request, "id", KeyId::parse)?)
        .await?;
    Ok(REVOKE_KEY.nothing())
}

/// Whether the role is that of an admin.
fn is_admin(role: Option<&str>) -> bool {
    role.and_then(Role::parse) == Some(Role::Admin)
}
