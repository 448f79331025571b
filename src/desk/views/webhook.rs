//! Webhooks and their deliveries.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::WebhookId,
    record::{Delivery, Webhook},
    time::Timestamp,
};

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookView {
    /// The webhook's id.
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// The URL to which events are posted.
    pub url: String,
    /// The event types sent; empty: all.
    pub events: Vec<String>,
    /// Whether events are sent.
    pub active: bool,
    /// When it was created.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// How many events it has not received, dead letters apart; counted up to 1,000.
    pub waiting: usize,
    /// The age of the oldest of them in seconds; 0 if there are none.
    pub lag_seconds: i64,
}

/// How far a webhook is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhookLag {
    /// The number of events it has not received.
    pub waiting: usize,
    /// The age of the oldest of them, in seconds.
    pub seconds: i64,
}

impl WebhookView {
    /// A webhook and how far it is behind.
    pub fn of(webhook: &Webhook, lag: WebhookLag) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url.clone(),
            events: webhook.events.clone(),
            active: webhook.active,
            created_at: webhook.created_at,
            waiting: lag.waiting,
            lag_seconds: lag.seconds,
        }
    }
}

/// A webhook that was created or changed; a new secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewWebhookView {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// The signing secret, `whsec_…`; null if no new one was made, or in a replayed answer.
    pub secret: Option<String>,
}

/// A delivery that did not succeed at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The number of the event, and the id for `replay`.
    pub id: u64,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// `waiting` or `dead`.
    pub status: &'static str,
    /// How many attempts were made.
    pub attempts: u32,
    /// The time of the first attempt.
    #[schema(value_type = String)]
    pub first_at: Timestamp,
    /// The time of the latest attempt.
    #[schema(value_type = String)]
    pub last_at: Timestamp,
    /// The time of the next attempt; null for a dead letter.
    #[schema(value_type = Option<String>)]
    pub next_at: Option<Timestamp>,
    /// The result of the latest attempt.
    pub last: String,
}

impl DeliveryView {
    /// A delivery and the name of its event.
    pub fn of(delivery: &Delivery, kind: Option<&'static str>) -> Self {
        Self {
            id: delivery.event,
            kind,
            status: if delivery.is_dead() {
                "dead"
            } else {
                "waiting"
            },
            attempts: delivery.attempts,
            first_at: delivery.first_at,
            last_at: delivery.last_at,
            next_at: delivery.next_at,
            last: delivery.last.clone(),
        }
    }
}
