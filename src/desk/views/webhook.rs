//! Where news goes, and what did not arrive.

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
    /// Its id.
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// The address.
    pub url: String,
    /// Which news; empty: all.
    pub events: Vec<String>,
    /// Whether news is sent.
    pub active: bool,
    /// When it was made.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// How many events it has not got yet, dead letters apart; more than 1,000 are told as 1,000.
    pub waiting: usize,
    /// For how many seconds the oldest of them has waited; 0 where none does.
    pub lag_seconds: i64,
}

/// What a webhook has not got yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebhookLag {
    /// How many events.
    pub waiting: usize,
    /// For how long the oldest has waited, in seconds.
    pub seconds: i64,
}

impl WebhookView {
    /// A webhook and what it has not got yet.
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

/// A webhook that was made or changed; a new secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewWebhookView {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// The secret that signs, `whsec_…`; null where none was made, or where it was shown before.
    pub secret: Option<String>,
}

/// A delivery that did not arrive at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// The number of the news, and the id for `replay`.
    pub id: u64,
    /// What kind of news.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// `waiting` or `dead`.
    pub status: &'static str,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    #[schema(value_type = String)]
    pub first_at: Timestamp,
    /// When it was tried last.
    #[schema(value_type = String)]
    pub last_at: Timestamp,
    /// When it is tried next.
    #[schema(value_type = Option<String>)]
    pub next_at: Option<Timestamp>,
    /// What came of it last.
    pub last: String,
}

impl DeliveryView {
    /// A delivery and the name of its news.
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
