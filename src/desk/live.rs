//! Live events: changes in the queue, rendered once for all subscribers.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    state::{LiveEvent, LiveFeed, Subscription},
    views::QueueItem,
};
use crate::store::{LiveMessage, LiveUpdate};

/// Live events.
pub struct Live {
    pub(super) base: Arc<Base>,
    pub(super) feed: LiveFeed,
}

impl Live {
    /// Subscribes to events from now on, and returns those missed since `last`.
    pub fn subscribe_events(&self, last: Option<u64>) -> Subscription {
        self.feed.subscribe(last)
    }

    /// Ends all subscriptions when the service stops.
    pub fn end_subscriptions(&self) {
        self.feed.end();
    }

    /// Renders committed changes and publishes them; runs until the store closes.
    pub async fn feed_events(&self) {
        // Watched before the head is read: a change in between is seen as news and not lost.
        let mut changes = self.base.store.watch();
        let head = self.audit_head().await;
        self.feed.start_after(head);
        loop {
            match changes.next().await {
                LiveMessage::Update(update) => match self.render_event(&update).await {
                    Ok(event) => self.feed.publish(event),
                    Err(error) => {
                        tracing::warn!(%error, "an event could not be rendered: {error}");
                        // Subscribers reload, or they would never learn of the event.
                        self.feed.reset(update.number);
                    }
                },
                LiveMessage::Missed => self.feed.reset(self.audit_head().await),
                LiveMessage::Ended => return,
            }
        }
    }

    async fn audit_head(&self) -> u64 {
        let stats = self.base.store.stats().await;
        stats.map_or(0, |stats| stats.audit_entries)
    }

    async fn render_event(&self, update: &LiveUpdate) -> Result<LiveEvent, DeskError> {
        let data = match &update.case {
            Some(case) => {
                let now = self.base.clock.now();
                let standing = self.base.standing_of(case, now).await?;
                serde_json::to_string(&QueueItem::of(case, standing, now))
            }
            None => Ok("{}".to_owned()),
        };
        Ok(LiveEvent {
            number: update.number,
            at: update.at,
            name: update.kind.name(),
            data: data.map_err(|error| DeskError::Internal(error.to_string()))?,
        })
    }
}
