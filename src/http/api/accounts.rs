//! Users and keys, for admins.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Call,
    desk::{ChangeUser, NewKey, NewUser},
    http::{
        checked,
        checked::BODY_BYTES_MAX,
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json},
        query,
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

pub async fn list_users(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListUsers).await?;
    let page = query::page(&request)?;
    let users = state.desk.users().await?;
    let page = page.turn("users", users, |user| user.name.to_string())?;
    Ok(json(StatusCode::OK, &page))
}

pub async fn create_user(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, Call::CreateUser).await?;
    let body = checked::json::<PostUser>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    if is_admin(body.value.role.as_deref()) {
        state.desk.check_recent(&identity)?;
    }
    let caller = identity.caller;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let PostUser {
        name,
        role,
        password,
    } = body.value;
    let done = state
        .desk
        .create_user(
            &caller,
            NewUser {
                name,
                role,
                password,
            },
            key,
        )
        .await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn update_user(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, Call::UpdateUser).await?;
    let body = checked::json::<PatchUser>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let PatchUser {
        role,
        disabled,
        password,
    } = body.value;
    // Another's password or a way back in is as good as a user of one's own.
    let gives = password
        .as_deref()
        .is_some_and(|password| !password.is_empty());
    if is_admin(role.as_deref()) || gives || disabled == Some(false) {
        state.desk.check_recent(&identity)?;
    }
    let caller = identity.caller;
    let name = query::part(&request, "name")?;
    let view = state
        .desk
        .change_user(
            &caller,
            &name,
            ChangeUser {
                role,
                disabled,
                password,
            },
        )
        .await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn delete_user(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::DeleteUser).await?;
    query::none(&request)?;
    state
        .desk
        .delete_user(&caller, &query::part(&request, "name")?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn list_keys(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListKeys).await?;
    let page = query::page(&request)?;
    let keys = state.desk.keys().await?;
    let page = page.turn("keys", keys, |key| key.id.to_string())?;
    Ok(json(StatusCode::OK, &page))
}

pub async fn create_key(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let identity = state.identity(&request, Call::CreateKey).await?;
    state.desk.check_recent(&identity)?;
    let caller = identity.caller;
    let body = checked::json::<PostKey>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let PostKey {
        name,
        scopes,
        expires_at,
    } = body.value;
    let new = NewKey {
        name,
        scopes: scopes.unwrap_or_default(),
        expires_at,
    };
    Ok(answered(
        StatusCode::CREATED,
        state.desk.create_key(&caller, new, key).await?,
    ))
}

pub async fn revoke_key(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::RevokeKey).await?;
    query::none(&request)?;
    state
        .desk
        .revoke_key(&caller, query::parsed_part(&request, "id", KeyId::parse)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whether an admin is made.
fn is_admin(role: Option<&str>) -> bool {
    role.and_then(Role::parse) == Some(Role::Admin)
}
