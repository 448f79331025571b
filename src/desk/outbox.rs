//! The outbox: events for the board, read back in order or delivered to webhooks.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    query::QueryCheck,
    views::{EventList, EventView, WebhookLag},
};
use crate::{
    id::WebhookId,
    record::{Delivery, Event, LeaseName, Webhook},
    review::deliveries_recorded,
    time::SECOND_MS,
};

/// How many undelivered events of a webhook are counted at most.
const LAG_COUNTED_MAX: usize = 1_000;

/// Events for the board, read by it or sent to its webhooks.
pub struct Outbox {
    pub(super) base: Arc<Base>,
}

impl Outbox {
    /// The events after a number, in order.
    pub async fn events_since(
        &self,
        after: Option<String>,
        limit: Option<String>,
    ) -> Result<EventList, DeskError> {
        let mut check = QueryCheck::new();
        let limit = check.limit(&limit);
        let after: u64 = check
            .single("after", &after, |raw| raw.parse().ok())
            .unwrap_or(0);
        check.finish()?;
        let events = self.base.store.events(after, limit).await?;
        let last = events.last().map_or(after, |event| event.number);
        let mut items = Vec::with_capacity(events.len());
        for event in &events {
            items.push(self.event_view(event).await?);
        }
        Ok(EventList {
            items,
            next_after: last.to_string(),
        })
    }

    /// An event with the current state of what it is about.
    pub async fn event_view(&self, event: &Event) -> Result<EventView, DeskError> {
        self.base.event_view(event).await
    }

    /// How far a webhook is behind: deliveries to be retried, and events after its cursor.
    pub(super) async fn webhook_lag(&self, hook: &Webhook) -> Result<WebhookLag, DeskError> {
        let failed = self
            .base
            .store
            .deliveries(hook.id, false, 0, LAG_COUNTED_MAX);
        let failed = failed.await?;
        let mut pending = self.base.store.events(hook.cursor, LAG_COUNTED_MAX).await?;
        pending.retain(|event| hook.wants(event.kind.name()));
        let oldest = match failed.first() {
            Some(delivery) => Some(delivery.first_at),
            None => pending.first().map(|event| event.at),
        };
        let lag_ms = oldest.map_or(0, |at| self.base.clock.now().ms_since(at).max(0));
        Ok(WebhookLag {
            waiting: (failed.len() + pending.len()).min(LAG_COUNTED_MAX),
            seconds: lag_ms / SECOND_MS,
        })
    }

    /// The age in seconds of the oldest event that an active webhook has not received.
    pub async fn webhooks_lag_seconds(&self) -> Result<i64, DeskError> {
        let mut longest = 0;
        for hook in self.active_webhooks().await? {
            longest = longest.max(self.webhook_lag(&hook).await?.seconds);
        }
        Ok(longest)
    }

    /// The event of this number; `None` if it has expired.
    pub async fn event(&self, number: u64) -> Result<Option<Event>, DeskError> {
        let events = self.base.store.events(number.saturating_sub(1), 1).await?;
        Ok(events
            .into_iter()
            .next()
            .filter(|event| event.number == number))
    }

    /// The webhooks that events are sent to.
    pub async fn active_webhooks(&self) -> Result<Vec<Webhook>, DeskError> {
        let mut hooks = self.base.store.webhooks().await?;
        hooks.retain(|hook| hook.active && hook.deleted_at.is_none());
        Ok(hooks)
    }

    /// The events after a number, for the courier.
    pub async fn events_after(&self, number: u64, limit: usize) -> Result<Vec<Event>, DeskError> {
        Ok(self.base.store.events(number, limit).await?)
    }

    /// Failed deliveries that a webhook still waits for; dead ones are left out.
    pub async fn undelivered(
        &self,
        id: WebhookId,
        limit: usize,
    ) -> Result<Vec<Delivery>, DeskError> {
        Ok(self.base.store.deliveries(id, false, 0, limit).await?)
    }

    /// The webhooks that this node sends to; none while another node does.
    pub async fn webhooks_to_serve(&self) -> Result<Vec<Webhook>, DeskError> {
        let webhooks = self.active_webhooks();
        let webhooks = self.base.under_lease(LeaseName::Webhooks, webhooks).await?;
        Ok(webhooks.unwrap_or_default())
    }

    /// Stores the results of a round of deliveries. Where another node sends by now, it sends them again.
    pub async fn record_deliveries(
        &self,
        webhook: (WebhookId, u64),
        failed: Vec<Delivery>,
        done: Vec<u64>,
    ) -> Result<(), DeskError> {
        let (id, cursor) = webhook;
        let recorded = self
            .base
            .commit(deliveries_recorded(id, cursor, failed, done));
        let recorded = self.base.under_lease(LeaseName::Webhooks, recorded);
        recorded.await.map(|_| ())
    }

    /// A random byte that spreads the retries of deliveries.
    pub fn jitter(&self) -> u8 {
        let mut byte = [0; 1];
        self.base.clock.random_bytes(&mut byte);
        byte[0]
    }
}
