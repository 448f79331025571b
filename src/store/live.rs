//! Live updates: changes of cases and of the rulebook, published to watchers once they are durable.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::{
    record::Case,
    store::tables::{Column, Columns, Tabled as _},
    time::Timestamp,
};

/// How many updates a slow watcher may be behind before it gets [`LiveMessage::Missed`].
const BEHIND_MAX: usize = 4_096;

/// The kind of an update: of a case, or of the rulebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named by `name`")]
pub enum LiveUpdateKind {
    Opened,
    Changed,
    Claimed,
    Released,
    Resolved,
    Rulebook,
}

impl LiveUpdateKind {
    /// The name of the event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "case.opened",
            Self::Changed => "case.changed",
            Self::Claimed => "case.claimed",
            Self::Released => "case.released",
            Self::Resolved => "case.resolved",
            Self::Rulebook => "rulebook.changed",
        }
    }

    /// The kind of a write of a case, by the columns that its row had before.
    pub fn of(before: Option<&Columns>, after: &Case) -> Self {
        let waited = before.is_some_and(|before| before.has(Column::Unresolved));
        let held = before.and_then(|before| before.get(Column::Holder));
        let after_columns = after.columns();
        let holds = after_columns.get(Column::Holder);
        match (waited, after.state.is_unresolved()) {
            (_, false) => Self::Resolved,
            (false, true) => Self::Opened,
            (true, true) if holds.is_some() && holds != held => Self::Claimed,
            (true, true) if held.is_some() && holds.is_none() => Self::Released,
            (true, true) => Self::Changed,
        }
    }
}

/// An update that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUpdate {
    /// The number of the audit entry that records it.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: LiveUpdateKind,
    /// The case after it; `None` for an update of the rulebook.
    pub case: Option<Case>,
}

/// What a watcher receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveMessage {
    /// The next update.
    Update(Arc<LiveUpdate>),
    /// Updates were missed: reload everything.
    Missed,
    /// The store is closed.
    Ended,
}

/// Receives the updates of all nodes, in order.
#[derive(Debug)]
pub struct LiveSubscription(broadcast::Receiver<Option<Arc<LiveUpdate>>>);

impl LiveSubscription {
    /// Waits for what comes next.
    pub async fn next(&mut self) -> LiveMessage {
        match self.0.recv().await {
            Ok(Some(update)) => LiveMessage::Update(update),
            Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => LiveMessage::Missed,
            Err(broadcast::error::RecvError::Closed) => LiveMessage::Ended,
        }
    }
}

/// Publishes updates to watchers; `None` on the channel is [`LiveMessage::Missed`].
#[derive(Debug)]
pub(super) struct LivePublisher(broadcast::Sender<Option<Arc<LiveUpdate>>>);

impl Default for LivePublisher {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl LivePublisher {
    /// Subscribes to updates from now on.
    pub fn watch(&self) -> LiveSubscription {
        LiveSubscription(self.0.subscribe())
    }

    /// Publishes updates that have become durable.
    pub fn publish(&self, updates: impl IntoIterator<Item = LiveUpdate>) {
        if self.0.receiver_count() == 0 {
            return;
        }
        for update in updates {
            let _ = self.0.send(Some(Arc::new(update)));
        }
    }

    /// Tells all watchers that they missed updates.
    pub fn skip(&self) {
        let _ = self.0.send(None);
    }
}
