//! Where news goes, and what did not arrive.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, State};
use crate::{
    access::Call,
    desk::WebhookDraft,
    http::{
        checked::{self, BODY_BYTES_MAX},
        empty_as_none::empty_as_none,
        idempotency::{answered, idempotency_key, json},
        problem::Problem,
        query,
    },
    id::WebhookId,
};

/// A new webhook.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostWebhook {
    /// http or https; private hosts have to stand in `webhooks.allow_hosts`.
    #[schema(required)]
    pub url: Option<String>,
    /// Which news; absent or empty: all.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub events: Option<Vec<String>>,
}

/// What changes about a webhook; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchWebhook {
    /// http or https.
    pub url: Option<String>,
    /// Which news; empty: all.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub events: Option<Vec<String>>,
    /// Whether news is sent; what happens meanwhile is sent later.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub active: Option<bool>,
    /// Makes a new secret; the old one signs for a day more.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub rotate_secret: Option<bool>,
}

pub async fn list(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListWebhooks).await?;
    let page = query::page(&request)?;
    let hooks = state.desk.webhooks().await?;
    let page = page.turn("webhooks", hooks, |hook| hook.id.to_string())?;
    Ok(json(StatusCode::OK, &page))
}

pub async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::CreateWebhook).await?;
    let body = checked::json::<PostWebhook>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let key = idempotency_key(&request, &caller, &body.bytes)?;
    let draft = WebhookDraft {
        url: body.value.url,
        events: body.value.events,
        ..WebhookDraft::default()
    };
    let done = state.desk.create_webhook(&caller, draft, key).await?;
    Ok(answered(StatusCode::CREATED, done))
}

pub async fn update(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::UpdateWebhook).await?;
    let body = checked::json::<PatchWebhook>(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let draft = WebhookDraft {
        url: body.value.url,
        events: body.value.events,
        active: body.value.active,
        rotate_secret: body.value.rotate_secret.unwrap_or(false),
    };
    let view = state
        .desk
        .update_webhook(&caller, webhook_id(&request)?, draft)
        .await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn delete(state: State, request: HttpRequest) -> Answer {
    let caller = state.caller(&request, Call::DeleteWebhook).await?;
    query::none(&request)?;
    state
        .desk
        .delete_webhook(&caller, webhook_id(&request)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub async fn deliveries(state: State, request: HttpRequest) -> Answer {
    state.caller(&request, Call::ListDeliveries).await?;
    let page = query::page(&request)?;
    let view = state.desk.deliveries(webhook_id(&request)?, page).await?;
    Ok(json(StatusCode::OK, &view))
}

pub async fn replay(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let caller = state.caller(&request, Call::ReplayDelivery).await?;
    let body = checked::nothing(&request, payload, BODY_BYTES_MAX).await?;
    query::none(&request)?;
    let news = query::parsed_part(&request, "delivery", |raw| raw.parse().ok())?;
    let key = idempotency_key(&request, &caller, &body)?;
    let done = state
        .desk
        .replay(&caller, webhook_id(&request)?, news, key)
        .await?;
    Ok(answered(StatusCode::OK, done))
}

fn webhook_id(request: &HttpRequest) -> Result<WebhookId, Problem> {
    query::parsed_part(request, "id", WebhookId::parse)
}
