//! Live events: what happens in the queue, rendered once for all who watch, and kept for an hour for who was away.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

use super::{Desk, DeskError, views::QueueItem};
use crate::{
    store::Change,
    time::{HOUR_MS, Timestamp},
};

/// How long events are kept for who was away.
const KEPT_MS: i64 = HOUR_MS;
/// How many are kept at most.
const KEPT_MAX: usize = 50_000;
/// How many events a slow watcher may be behind.
const BEHIND_MAX: usize = 4_096;

/// One event, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// The number of the audit entry that tells it.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// `case.opened`, …, `rulebook.changed`.
    pub name: &'static str,
    /// The queue item as JSON; `{}` where there is none.
    pub data: String,
}

/// What a watcher hears.
#[derive(Debug, Clone)]
pub enum FeedMessage {
    /// Something happened.
    Event(Arc<LiveEvent>),
    /// Events were missed: look at the whole queue again.
    Reset,
    /// The service stops.
    End,
}

/// The events of the last hour, and those who watch.
#[derive(Debug)]
pub(super) struct LiveFeed {
    kept: Mutex<RecentEvents>,
    out: broadcast::Sender<FeedMessage>,
}

#[derive(Debug, Default)]
struct RecentEvents {
    events: VecDeque<Arc<LiveEvent>>,
    /// Up to this number events are not known any more.
    floor: u64,
}

impl Default for LiveFeed {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            out: broadcast::Sender::new(BEHIND_MAX),
        }
    }
}

/// A place from which events are heard.
#[derive(Debug)]
pub struct Subscription {
    /// Those that were missed while away, in order.
    pub missed: Vec<Arc<LiveEvent>>,
    /// Whether some of those are not known any more.
    pub reset: bool,
    /// Those to come.
    pub next: broadcast::Receiver<FeedMessage>,
}

impl LiveFeed {
    fn begin(&self, floor: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.floor = kept.floor.max(floor);
    }

    fn tell(&self, event: LiveEvent) {
        let event = Arc::new(event);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let too_old = event.at.plus_ms(-KEPT_MS);
        while kept.events.front().is_some_and(|old| old.at < too_old)
            || kept.events.len() >= KEPT_MAX
        {
            let gone = kept.events.pop_front();
            kept.floor = gone.map_or(kept.floor, |gone| gone.number.max(kept.floor));
        }
        kept.events.push_back(Arc::clone(&event));
        let _ = self.out.send(FeedMessage::Event(event));
    }

    fn reset(&self, floor: u64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.events.clear();
        kept.floor = kept.floor.max(floor);
        let _ = self.out.send(FeedMessage::Reset);
    }

    fn end(&self) {
        let _ = self.out.send(FeedMessage::End);
    }

    fn watch(&self, last: Option<u64>) -> Subscription {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.out.subscribe();
        let Some(last) = last else {
            return Subscription {
                missed: Vec::new(),
                reset: false,
                next,
            };
        };
        let reset = last < kept.floor;
        let missed = kept
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

impl Desk {
    /// Hears of everything from now on, and of what was missed since `last`.
    pub fn watch(&self, last: Option<u64>) -> Subscription {
        self.feed.watch(last)
    }

    /// Lets all who watch go: the service stops.
    pub fn end_watches(&self) {
        self.feed.end();
    }

    /// Renders what happens for all who watch; runs for ever.
    pub async fn feed_events(&self) {
        let mut happenings = self.store.live().watch();
        let head = self.audit_head().await;
        self.feed.begin(head);
        loop {
            match happenings.recv().await {
                Ok(happening) => match self.rendered(&happening).await {
                    Ok(event) => self.feed.tell(event),
                    Err(error) => {
                        tracing::warn!(%error, "an event could not be told: {error}");
                        self.feed.reset(happening.number);
                    }
                },
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    self.feed.reset(self.audit_head().await)
                }
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn audit_head(&self) -> u64 {
        let facts = self.store.facts(self.clock.now()).await;
        facts.map_or(0, |facts| facts.audit_entries)
    }

    async fn rendered(&self, happening: &Change) -> Result<LiveEvent, DeskError> {
        let data = match &happening.case {
            Some(case) => {
                let now = self.clock.now();
                let standing = self.standing_of(case, now);
                serde_json::to_string(&QueueItem::of(case, standing, now))
            }
            None => Ok("{}".to_owned()),
        };
        Ok(LiveEvent {
            number: happening.number,
            at: happening.at,
            name: happening.kind.name(),
            data: data.map_err(|error| DeskError::Internal(error.to_string()))?,
        })
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
    fn who_was_away_hears_what_was_missed_or_that_it_is_gone() {
        let feed = LiveFeed::default();
        feed.begin(10);
        for (number, at) in [(11, 0), (12, KEPT_MS), (14, KEPT_MS + 1)] {
            feed.tell(event(number, at));
        }
        let missed = |last| {
            let watching = feed.watch(Some(last));
            let numbers: Vec<u64> = watching.missed.iter().map(|event| event.number).collect();
            (numbers, watching.reset)
        };
        assert_eq!(missed(12), (vec![14], false));
        assert_eq!(missed(11), (vec![12, 14], false), "eleven itself was heard");
        assert_eq!(missed(10), (vec![], true), "eleven is gone");
        assert_eq!(missed(99), (vec![], false));
        assert!(feed.watch(None).missed.is_empty());
    }
}
