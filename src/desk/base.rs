//! What every use case works with: the store, the clock, the rulebook in use and the settings.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{
    error::DeskError,
    fence::fenced,
    settings::DeskSettings,
    state::{ArticleCache, InFlightKeys},
};
use crate::{
    policy::Rulebook,
    record::Change,
    store::Store,
    time::{Clock, ClockJump, IdSource, Timestamp},
};

/// A rulebook, when it was loaded, and from where.
#[derive(Debug, Clone)]
pub struct LoadedRulebook {
    /// The rulebook.
    pub rulebook: Arc<Rulebook>,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// The configured folders, the binary, or the last good copy in the data folder.
    pub source: String,
}

/// What the use cases share. One per process.
pub(super) struct Base {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rulebook: ArcSwap<LoadedRulebook>,
    pub(super) settings: DeskSettings,
    pub(super) in_flight: InFlightKeys,
    pub(super) articles: ArticleCache,
    /// A name for this run of this process, among the nodes of one database.
    pub(super) node: u64,
}

impl Base {
    /// A base over a store, with its first rulebook.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rulebook: LoadedRulebook,
        settings: DeskSettings,
    ) -> Self {
        let mut node = [0; 8];
        clock.random_bytes(&mut node);
        Self {
            node: u64::from_be_bytes(node),
            store,
            clock,
            rulebook: ArcSwap::from_pointee(rulebook),
            settings,
            in_flight: InFlightKeys::default(),
            articles: ArticleCache::default(),
        }
    }

    /// Commits a change: whole or not at all, and on disk when this returns.
    pub async fn commit(&self, change: Change) -> Result<(), DeskError> {
        self.store.commit(fenced(change)).await?;
        Ok(())
    }

    /// The current time, and ids that begin with it.
    pub fn id_source(&self) -> IdSource {
        self.clock.id_source()
    }

    /// The rulebook in use. A request fetches it once and keeps it, so that a reload does not change it midway.
    pub fn rules(&self) -> Arc<Rulebook> {
        Arc::clone(&self.rulebook.load().rulebook)
    }

    /// How far the clock has jumped, by its own measure or against the newest stored time; `None` if it has not, or the jump was
    /// accepted.
    pub fn clock_jump(&self) -> Option<ClockJump> {
        self.clock.jump(self.store.newest_at())
    }
}
