//! What happened, as it becomes durable: for whoever watches the queue.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::{
    record::Case,
    store::tables::{Column, Columns, Tabled as _},
    time::Timestamp,
};

/// How many happenings a slow watcher may be behind before it is told that it missed some.
const BEHIND_MAX: usize = 4_096;

/// What happened to a case, or beside all of them.
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

    /// What a write of a case is to those who watch, by the columns that its row had before.
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

/// Something that happened and is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUpdate {
    /// The number of the audit entry that tells it.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: LiveUpdateKind,
    /// The case as it is after it; none for what is beside all cases.
    pub case: Option<Case>,
}

/// What a watcher hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something happened, after all that was heard before.
    Update(Arc<LiveUpdate>),
    /// What comes next does not follow what was heard before: read anew.
    Missed,
    /// Nothing more will happen.
    Ended,
}

/// Hears of everything that happens, on whatever node, in its order.
#[derive(Debug)]
pub struct Watching(broadcast::Receiver<Option<Arc<LiveUpdate>>>);

impl Watching {
    /// Waits for what comes next.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(Some(update)) => Heard::Update(update),
            Ok(None) | Err(broadcast::error::RecvError::Lagged(_)) => Heard::Missed,
            Err(broadcast::error::RecvError::Closed) => Heard::Ended,
        }
    }
}

/// Tells watchers what happened; none: that something may have been missed.
#[derive(Debug)]
pub(super) struct LiveUpdates(broadcast::Sender<Option<Arc<LiveUpdate>>>);

impl Default for LiveUpdates {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl LiveUpdates {
    /// Hears of everything from now on.
    pub fn watch(&self) -> Watching {
        Watching(self.0.subscribe())
    }

    /// Tells what has become durable; nobody may be watching.
    pub fn tell(&self, happened: impl IntoIterator<Item = LiveUpdate>) {
        if self.0.receiver_count() == 0 {
            return;
        }
        for one in happened {
            let _ = self.0.send(Some(Arc::new(one)));
        }
    }

    /// What happens next does not follow what was told.
    pub fn skip(&self) {
        let _ = self.0.send(None);
    }
}
