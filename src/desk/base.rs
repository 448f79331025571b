//! What every use case works with: the store, the clock, the rulebook in use and the settings.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{
    error::DeskError,
    fence::fenced,
    settings::DeskSettings,
    state::{ArticleCache, InFlightKeys, LastSuggestions, RuledDays, SegmentWaits},
};
use crate::{
    lexicon::UpheldForms,
    policy::{Model, Rulebook},
    record::{Change, ModelVersion},
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

/// What judges: a rulebook and a model. They are exchanged as one, so that a request which took them once is judged by both.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The rulebook, and where it is from.
    pub loaded: LoadedRulebook,
    /// The rulebook's own weights, or those that the board learned from them.
    pub model: Arc<Model>,
    /// The written forms that moderators upheld.
    pub forms: Arc<UpheldForms>,
}

impl InForce {
    /// A rulebook with its own weights.
    pub fn shipped(loaded: LoadedRulebook) -> Self {
        Self {
            model: Arc::new(Model::shipped(&loaded.rulebook)),
            forms: Arc::default(),
            loaded,
        }
    }

    /// Another rulebook. Weights that the board learned stay in force if it comes with those that they were learned from.
    #[must_use]
    pub fn with_rulebook(&self, loaded: LoadedRulebook) -> Self {
        let keeps_model = self.model.base == loaded.rulebook.weights.hash();
        let model = match keeps_model {
            true => Arc::clone(&self.model),
            false => Arc::new(Model::shipped(&loaded.rulebook)),
        };
        Self {
            loaded,
            model,
            forms: Arc::clone(&self.forms),
        }
    }

    /// Another model, if it was learned from the weights of this rulebook.
    #[must_use]
    pub fn with_model(&self, model: &Arc<Model>) -> Self {
        let is_of_this = model.base == self.loaded.rulebook.weights.hash();
        let model = if is_of_this { model } else { &self.model };
        Self {
            model: Arc::clone(model),
            ..self.clone()
        }
    }

    /// Other forms upheld.
    #[must_use]
    pub fn with_forms(&self, forms: &Arc<UpheldForms>) -> Self {
        Self {
            forms: Arc::clone(forms),
            ..self.clone()
        }
    }

    /// The version of the model that scores.
    pub fn scoring_model(&self) -> Option<ModelVersion> {
        Some(self.model.version)
    }

    /// The rulebook.
    pub fn rulebook(&self) -> &Arc<Rulebook> {
        &self.loaded.rulebook
    }
}

/// What the use cases share. One per process.
pub(super) struct Base {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) in_force: ArcSwap<InForce>,
    pub(super) settings: DeskSettings,
    pub(super) in_flight: InFlightKeys,
    pub(super) articles: ArticleCache,
    pub(super) ruled_days: RuledDays,
    pub(super) segments: SegmentWaits,
    pub(super) suggestions: LastSuggestions,
    /// Whose turn it is to make another rulebook: of a reload and a change of words the second builds on the first.
    pub(super) rulebook_turn: tokio::sync::Mutex<()>,
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
            in_force: ArcSwap::from_pointee(InForce::shipped(rulebook)),
            settings,
            in_flight: InFlightKeys::default(),
            articles: ArticleCache::default(),
            ruled_days: RuledDays::default(),
            suggestions: LastSuggestions::default(),
            rulebook_turn: tokio::sync::Mutex::default(),
            segments: SegmentWaits::default(),
        }
    }

    /// Commits a change: whole or not at all, and on disk when this returns.
    pub async fn commit(&self, change: Change) -> Result<(), DeskError> {
        self.store.commit(fenced(change)).await?;
        Ok(())
    }

    /// Takes in which written forms are upheld: the store follows that through the rulings of all nodes.
    fn follow_forms(&self) {
        if Arc::ptr_eq(&self.store.upheld_forms(), &self.in_force.load().forms) {
            return;
        }
        // Asked within the exchange, so that what is taken in last is the newest.
        self.in_force
            .rcu(|in_force| in_force.with_forms(&self.store.upheld_forms()));
    }

    /// The current time, and ids that begin with it.
    pub fn id_source(&self) -> IdSource {
        self.clock.id_source()
    }

    /// What judges. A request fetches it once and keeps it, so that neither a reload nor a new model changes it midway.
    pub fn in_force(&self) -> Arc<InForce> {
        self.follow_forms();
        self.in_force.load_full()
    }

    /// The rulebook in use, for what needs no model.
    pub fn rules(&self) -> Arc<Rulebook> {
        Arc::clone(self.in_force.load().rulebook())
    }

    /// How far the clock has jumped, by its own measure or against the newest stored time; `None` if it has not, or the jump was
    /// accepted.
    pub fn clock_jump(&self) -> Option<ClockJump> {
        self.clock.jump(self.store.newest_at())
    }
}
