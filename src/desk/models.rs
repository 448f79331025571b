//! The model in force: loaded at start, learned, shown, rolled back.

use std::sync::Arc;

use super::{
    base::{Base, InForce},
    error::DeskError,
    fields::Faults,
    idempotency::{Completion, IdempotencyRequest, Idempotent},
    retried::retried,
    views::{ModelVersionView, ModelView},
};
use crate::{
    access::Caller,
    intake::FieldFault,
    policy::Model,
    record::{
        ExampleCounts, LossPair, MODELS_KEPT, ModelRecord, ModelState, ModelVersion, TallyOf,
    },
    review::{kept_back, release_model, roll_back, store_model},
    score::Weights,
};

/// How many models are shown, beside those whose weights are kept.
const SHOWN_MAX: usize = 50;

/// The model that scores: what was learned, and the way back.
pub struct Models {
    pub(super) base: Arc<Base>,
}

/// What an admin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackDraft {
    /// The version to be in force; `None`: what is learned may be in force again.
    pub version: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The counter of the model in force, and how the newest fit measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[expect(missing_docs, reason = "named as the metrics are")]
pub struct ModelFigures {
    pub version: u32,
    pub examples: u32,
    pub board_loss: f64,
    pub shipped_loss: f64,
}

/// A fit that was made, before it is known whether it is taken.
pub struct FittedModel {
    /// The weights.
    pub weights: Arc<Weights>,
    /// The hash of the rulebook's weights that it was fitted from.
    pub base: [u8; 8],
    /// The rulings that it was fitted on and measured by.
    pub examples: ExampleCounts,
    /// How many rulings there were by then.
    pub rulings: u32,
    /// The loss on rulings held out.
    pub board_loss: LossPair,
    /// The loss on shipped examples that the fit has not seen.
    pub shipped_loss: LossPair,
    /// Whether the rulings held out are nearly all of one kind.
    pub is_one_sided: bool,
}

impl Models {
    /// Takes the model in force from the store, after a start and where another node has changed it. One that was learned
    /// from other weights than those of the rulebook in use stays out of force.
    pub async fn follow(&self) -> Result<(), DeskError> {
        self.base.follow_model().await
    }

    /// Stores a fit, and puts it in force if it is better. Returns it as it was stored.
    pub async fn store_fit(&self, fitted: &FittedModel) -> Result<ModelRecord, DeskError> {
        self.base.store_fit(fitted).await
    }

    /// What metrics tell.
    pub async fn figures(&self) -> Result<ModelFigures, DeskError> {
        let newest = self.base.store.models(None, 1).await?.into_iter().next();
        let version = self.base.in_force().model.version.counter;
        let figures = newest.map(|model| ModelFigures {
            version,
            examples: model.examples.all(),
            board_loss: LossPair::as_f64(model.board_loss.after),
            shipped_loss: LossPair::as_f64(model.shipped_loss.after),
        });
        Ok(figures.unwrap_or(ModelFigures {
            version,
            ..ModelFigures::default()
        }))
    }

    /// The versions, and which is in force.
    pub async fn model_view(&self) -> Result<ModelView, DeskError> {
        let in_force = self.base.in_force();
        let state = self.base.store.model_state().await?;
        let models = self.models_shown().await?;
        let next = self.base.next_fit(&in_force).await?;
        Ok(ModelView {
            in_force: in_force.model.version.to_string(),
            shipped: Model::shipped(in_force.rulebook()).version.to_string(),
            pinned: state.is_pinned,
            examples: models.first().map_or(0, |model| model.examples.all()),
            next_fit_after: next.map(|next| next.missing),
            versions: models.iter().map(ModelVersionView::from).collect(),
        })
    }

    /// The newest, and older ones that can be put in force again.
    async fn models_shown(&self) -> Result<Vec<ModelRecord>, DeskError> {
        let all = self.base.store.models(None, usize::MAX).await?;
        let shown = (0..).zip(all);
        let shown = shown.filter(|(nth, model)| *nth < SHOWN_MAX || model.parts > 0);
        Ok(shown.map(|(_, model)| model).collect())
    }

    /// Puts an earlier model, or the rulebook's own weights, in force, or lets learning go on.
    pub async fn roll_back(
        &self,
        caller: &Caller,
        draft: RollbackDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<ModelView>, DeskError> {
        let mut faults = Faults::default();
        let reason = faults.required_note(draft.reason, "/reason");
        let reason = faults.finish(reason)?;
        let (version, reason) = (draft.version.as_deref(), &reason);
        self.base
            .once(idempotency, |once| async move {
                self.try_roll_back(caller, version, reason.clone()).await?;
                self.base.follow_model().await?;
                let view = self.model_view().await?;
                self.base.remember(&once, Completion::Done, &view).await?;
                Ok(view)
            })
            .await
    }

    async fn try_roll_back(
        &self,
        caller: &Caller,
        version: Option<&str>,
        reason: String,
    ) -> Result<(), DeskError> {
        let (in_force, now) = (self.base.in_force(), self.base.clock.now());
        let state = self.base.store.model_state().await?;
        let from = in_force.model.version;
        let change = match version {
            Some(version) => {
                let to = self.version_named(version, &in_force).await?;
                roll_back(&state, (from, to), reason, &caller.actor(), now)
            }
            None => release_model(&state, from, reason, &caller.actor(), now),
        };
        self.base.commit(change).await
    }

    /// The version of this name, if it can be in force: its weights are kept, and it was learned from those of the rulebook.
    async fn version_named(
        &self,
        name: &str,
        in_force: &InForce,
    ) -> Result<ModelVersion, DeskError> {
        let shipped = Model::shipped(in_force.rulebook()).version;
        if name == shipped.to_string() {
            return Ok(shipped);
        }
        let base = in_force.rulebook().weights.hash();
        let found = match counter_in(name) {
            Some(counter) => self.base.store.model(counter).await?,
            None => None,
        };
        let found = found.filter(|model| {
            model.version.to_string() == name && model.parts > 0 && model.base == base
        });
        found.map(|model| model.version).ok_or_else(|| {
            DeskError::Fields(vec![FieldFault::invalid(
                "/version",
                "沒有這個版本，或其權重已不再保存、與目前的規則集不符",
                "no such version, or its weights are no longer kept, or are not for this rulebook",
            )])
        })
    }
}

/// The counter in the name of a version: `m-12-…`.
fn counter_in(name: &str) -> Option<u32> {
    name.strip_prefix("m-")?.split('-').next()?.parse().ok()
}

impl Base {
    /// See [`Models::follow`].
    pub(super) async fn follow_model(&self) -> Result<(), DeskError> {
        let state = self.store.model_state().await?;
        let in_force = self.in_force();
        let base = in_force.rulebook().weights.hash();
        if state.in_force == in_force.model.version.counter && in_force.model.base == base {
            return Ok(());
        }
        let model = match self.stored_model(&state, &in_force).await? {
            Some(model) => model,
            None => Model::shipped(in_force.rulebook()),
        };
        let (version, model) = (model.version, Arc::new(model));
        if version != in_force.model.version {
            self.in_force.rcu(|in_force| in_force.with_model(&model));
            tracing::info!(model.version = %version, "the score goes by model {version}");
        }
        Ok(())
    }

    /// The learned model that the state names, if it is for the weights of the rulebook in use.
    async fn stored_model(
        &self,
        state: &ModelState,
        in_force: &InForce,
    ) -> Result<Option<Model>, DeskError> {
        let rulebook = in_force.rulebook();
        let record = self.store.model(state.in_force).await?;
        let Some(record) = record.filter(|record| record.base == rulebook.weights.hash()) else {
            return Ok(None);
        };
        let file = self.store.model_weights(record.version.counter).await?;
        match Weights::parse(&file) {
            Ok(weights) => Ok(Some(Model::learned(
                record.version.counter,
                Arc::new(weights),
                rulebook,
            ))),
            Err(error) => {
                tracing::warn!(%error, model.version = %record.version, "model {} cannot be used: {error}", record.version);
                Ok(None)
            }
        }
    }

    /// Stores a fit, and puts it in force if it is better. Returns it as it was stored.
    pub(super) async fn store_fit(&self, fitted: &FittedModel) -> Result<ModelRecord, DeskError> {
        let stored = retried(|| self.try_store_fit(fitted)).await?;
        self.follow_model().await?;
        Ok(stored)
    }

    async fn try_store_fit(&self, fitted: &FittedModel) -> Result<ModelRecord, DeskError> {
        let state = self.store.model_state().await?;
        let weights = fitted.weights.to_bytes();
        // The hash of what is stored: weights may have been made in memory.
        let stored =
            Weights::parse(&weights).map_err(|error| DeskError::Internal(error.to_string()))?;
        let why = kept_back(fitted.board_loss, fitted.shipped_loss, fitted.is_one_sided);
        let model = ModelRecord {
            version: ModelVersion {
                counter: state.newest + 1,
                hash: stored.hash(),
            },
            base: fitted.base,
            at: self.clock.now(),
            examples: fitted.examples,
            rulings: fitted.rulings,
            board_loss: fitted.board_loss,
            shipped_loss: fitted.shipped_loss,
            kept_back: why,
            parts: 0,
        };
        let dropped = match model.kept_back {
            Some(_) => Vec::new(),
            None => self.models_past_keeping(&state).await?,
        };
        let before = self.in_force().model.version;
        let change = store_model(&state, before, model.clone(), &weights, dropped);
        self.commit(change).await?;
        Ok(model)
    }

    /// The models that keep their weights no longer once one more does. The one in force is not among them: it may be an old
    /// one that an admin went back to.
    async fn models_past_keeping(&self, state: &ModelState) -> Result<Vec<ModelRecord>, DeskError> {
        let models = self.store.models(None, usize::MAX).await?;
        let with_weights = models.into_iter().filter(|model| model.parts > 0);
        let older = with_weights.skip(MODELS_KEPT - 1);
        Ok(older
            .filter(|model| model.version.counter != state.in_force)
            .collect())
    }

    /// How many rulings there are that were not taken back, since the first day: fits are counted from. What is undone is taken
    /// away on the day of the undo, so that days which are over stay as they are; of nodes whose clocks differ, yesterday may
    /// still grow.
    pub(super) async fn ruled_so_far(&self) -> Result<u32, DeskError> {
        let today = self.clock.now().day_in(&self.settings.time_zone);
        let yesterday = today - 1;
        let (from, before) = self.ruled_days.before(yesterday);
        let days = self.store.tallies(from, today, &TallyOf::Day).await?;
        let ruled = |until: i32| -> i64 {
            let days = days.iter().filter(|row| row.day < until);
            let ruled = days.map(|row| {
                let tally = &row.tally;
                tally.ruled_approve + tally.ruled_remove + tally.ruled_remove_tags
            });
            ruled.sum()
        };
        self.ruled_days.set(yesterday, before + ruled(yesterday));
        let all = before + ruled(i32::MAX);
        Ok(u32::try_from(all.max(0)).unwrap_or(u32::MAX))
    }
}
