//! Webhooks, and the deliveries that failed.

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
        WebhookDraft,
        views::{DeliveryView, NewWebhookView, WebhookView},
    },
    http::{
        call::Call,
        checked::NoBody,
        empty_as_none::empty_as_none,
        input::Input,
        problem::{Code, Problem},
        query,
        shape::Shape,
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
    /// Which events; absent or empty: all.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub events: Option<Vec<String>>,
}

/// What changes about a webhook; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchWebhook {
    /// http or https.
    pub url: Option<String>,
    /// Which events; empty: all.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub events: Option<Vec<String>>,
    /// Whether events are sent; what happens meanwhile is sent later.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub active: Option<bool>,
    /// Makes a new secret; the old one signs for a day more.
    #[serde(default, deserialize_with = "empty_as_none")]
    pub rotate_secret: Option<bool>,
}

/// The calls of this file.
pub static CALLS: &[&Call] = &[&LIST, &CREATE, &UPDATE, &DELETE, &DELIVERIES, &REPLAY];

static LIST: Call = Call::get("/v1/webhooks", Requirement::ADMIN)
    .named("ListWebhooks", "List webhooks")
    .query(query::PAGE)
    .ok_as(Shape::list::<WebhookView>("WebhookList"))
    .to(|| web::route().to(list));

async fn list(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&LIST, &request).await?.query.page();
    let hooks = state.desk.outbox.webhooks().await?;
    let page = page.paginate("webhooks", hooks, |hook| hook.id.to_string())?;
    Ok(LIST.json(&page))
}

static CREATE: Call = Call::post("/v1/webhooks", Requirement::ADMIN)
    .named(
        "CreateWebhook",
        "Create a webhook; the secret is shown once",
    )
    .body::<PostWebhook>(
        || json!({"url": "https://board.example/banzhu", "events": ["comment.ruled"]}),
    )
    .created::<NewWebhookView>()
    .idempotent()
    .to(|| web::route().to(create));

async fn create(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PostWebhook>::read(&state, &CREATE, &request, payload).await?;
    let draft = WebhookDraft {
        url: input.body.url,
        events: input.body.events,
        ..WebhookDraft::default()
    };
    let outbox = &state.desk.outbox;
    let done = outbox.create_webhook(&input.caller, draft, input.key);
    Ok(CREATE.answer(done.await?))
}

static UPDATE: Call = Call::patch("/v1/webhooks/{id}", Requirement::ADMIN)
    .named("UpdateWebhook", "Change a webhook")
    .body::<PatchWebhook>(|| json!({"active": false}))
    .ok::<NewWebhookView>()
    .problems(&[Code::NotFound])
    .to(|| web::route().to(update));

async fn update(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<PatchWebhook>::read(&state, &UPDATE, &request, payload).await?;
    let draft = WebhookDraft {
        url: input.body.url,
        events: input.body.events,
        active: input.body.active,
        rotate_secret: input.body.rotate_secret.unwrap_or(false),
    };
    let outbox = &state.desk.outbox;
    let view = outbox.update_webhook(&input.caller, webhook_id(&request)?, draft);
    Ok(UPDATE.json(&view.await?))
}

static DELETE: Call = Call::delete("/v1/webhooks/{id}", Requirement::ADMIN)
    .named("DeleteWebhook", "Delete a webhook")
    .problems(&[Code::NotFound])
    .to(|| web::route().to(delete));

async fn delete(state: State, request: HttpRequest) -> Answer {
    let caller = state.read(&DELETE, &request).await?.caller;
    state
        .desk
        .outbox
        .delete_webhook(&caller, webhook_id(&request)?)
        .await?;
    Ok(DELETE.nothing())
}

static DELIVERIES: Call = Call::get("/v1/webhooks/{id}/deliveries", Requirement::ADMIN)
    .named("ListDeliveries", "List waiting and failed deliveries")
    .query(query::PAGE)
    .ok_as(Shape::list::<DeliveryView>("DeliveryList"))
    .problems(&[Code::NotFound])
    .to(|| web::route().to(deliveries));

async fn deliveries(state: State, request: HttpRequest) -> Answer {
    let page = state.read(&DELIVERIES, &request).await?.query.page();
    let outbox = &state.desk.outbox;
    let view = outbox.deliveries(webhook_id(&request)?, page);
    Ok(DELIVERIES.json(&view.await?))
}

static REPLAY: Call = Call::post(
    "/v1/webhooks/{id}/deliveries/{delivery}/replay",
    Requirement::ADMIN,
)
.named("ReplayDelivery", "Retry a delivery")
.ok::<DeliveryView>()
.idempotent()
.problems(&[Code::NotFound])
.to(|| web::route().to(replay));

async fn replay(state: State, request: HttpRequest, payload: Payload) -> Answer {
    let input = Input::<NoBody>::read(&state, &REPLAY, &request, payload).await?;
    let event = query::parsed_part(&request, "delivery", |raw| raw.parse().ok())?;
    let outbox = &state.desk.outbox;
    let done = outbox.replay_delivery(&input.caller, webhook_id(&request)?, event, input.key);
    Ok(REPLAY.answer(done.await?))
}

fn webhook_id(request: &HttpRequest) -> Result<WebhookId, Problem> {
    query::parsed_part(request, "id", WebhookId::parse)
}
