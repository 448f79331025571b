//! The events of the last hour, for clients that reconnect, and the channel to subscribers.
//!
//! Local to the node, but fed by the store's changes in their order, which are those of all nodes. A client that reconnects to a
//! node that has not kept what it missed is told to reload the queue.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

use crate::time::{HOUR_MS, Timestamp};

/// How long events are kept for clients that reconnect.
const KEPT_MS: i64 = HOUR_MS;
/// How many events are kept at most.
const KEPT_MAX: usize = 50_000;
/// How many events a slow subscriber may lag behind.
const LAG_MAX: usize = 4_096;

/// One event as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// The number of its audit entry.
    pub number: u64,
    /// When it happened.
    pub at: Timestamp,
    /// `case.opened`, …, `rulebook.changed`.
    pub name: &'static str,
    /// The queue item as JSON; `{}` for events without a case.
    pub data: String,
}

/// A message to a subscriber.
#[derive(Debug, Clone)]
pub enum FeedMessage {
    /// Something happened.
    Event(Arc<LiveEvent>),
    /// Events were lost: reload the whole queue.
    Reset,
    /// The service is stopping.
    End,
}

/// The events of the last hour, and the channel to subscribers.
#[derive(Debug)]
pub struct LiveFeed {
    kept: Mutex<RecentEvents>,
    out: broadcast::Sender<FeedMessage>,
}

/// The events kept for clients that reconnect.
#[derive(Debug, Default)]
struct RecentEvents {
    events: VecDeque<Arc<LiveEvent>>,
    /// Events up to this number are no longer kept.
    floor: u64,
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            out: broadcast::Sender::new(LAG_MAX),
        }
    }
}

/// A subscription to events.
#[derive(Debug)]
pub struct Subscription {
    /// The events after the last one received, in order.
    pub missed: Vec<Arc<LiveEvent>>,
    /// Whether some of those are no longer kept.
    pub reset: bool,
    /// The events to come.
    pub next: broadcast::Receiver<FeedMessage>,
}

impl LiveFeed {
    /// Events up to this number were published before this feed began.
    pub fn start_after(&self, floor: u64) {
        let mut recent = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        recent.floor = recent.floor.max(floor);
    }

    /// Keeps an event and sends it to the subscribers.
    pub fn publish(&self, event: LiveEvent) {
        let event = Arc::new(event);
        let mut recent = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept_since = event.at.plus_ms(-KEPT_MS);
        while recent.events.front().is_some_and(|old| old.at < kept_since)
            || recent.events.len() >= KEPT_MAX
        {
            let dropped = recent.events.pop_front();
            // The floor rises with each dropped event, so that a client that needs it is told to reload.
            recent.floor = dropped.map_or(recent.floor, |dropped| dropped.number.max(recent.floor));
        }
        recent.events.push_back(Arc::clone(&event));
        // Fails only if nobody is subscribed.
        let _ = self.out.send(FeedMessage::Event(event));
    }

    /// Events up to this number were lost: all subscribers have to reload.
    pub fn reset(&self, floor: u64) {
        let mut recent = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        recent.events.clear();
        recent.floor = recent.floor.max(floor);
        let _ = self.out.send(FeedMessage::Reset);
    }

    /// Ends all subscriptions.
    pub fn end(&self) {
        let _ = self.out.send(FeedMessage::End);
    }

    /// Subscribes, and returns the events missed since `last`.
    pub fn subscribe(&self, last: Option<u64>) -> Subscription {
        let recent = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock of `publish`, so that each event is either in `missed` or in `next`.
        let next = self.out.subscribe();
        let Some(last) = last else {
            return Subscription {
                missed: Vec::new(),
                reset: false,
                next,
            };
        };
        let reset = last < recent.floor;
        let missed = recent
            .events
            .iter()
            .filter(|event| event.number > last && !reset);
        Subscription {
            missed: missed.cloned().collect(),
            reset,
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64, at: i64) -> LiveEvent {
        LiveEvent {
            number,
            at: Timestamp::from_ms(at),
            name: "case.opened",
            data: "{}".to_owned(),
        }
    }

    #[test]
    fn a_reconnecting_client_catches_up_or_is_told_to_reset() {
        let feed = LiveFeed::default();
        feed.start_after(10);
        for (number, at) in [(11, 0), (12, KEPT_MS), (14, KEPT_MS + 1)] {
            feed.publish(event(number, at));
        }
        let missed = |last| {
            let subscription = feed.subscribe(Some(last));
            let numbers: Vec<u64> = subscription
                .missed
                .iter()
                .map(|event| event.number)
                .collect();
            (numbers, subscription.reset)
        };
        assert_eq!(missed(12), (vec![14], false));
        assert_eq!(
            missed(11),
            (vec![12, 14], false),
            "eleven itself was received"
        );
        assert_eq!(missed(10), (vec![], true), "eleven is no longer kept");
        assert_eq!(missed(99), (vec![], false));
        assert!(feed.subscribe(None).missed.is_empty());
    }
}
