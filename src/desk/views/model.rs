//! Models of the learned score.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    record::{LossPair, ModelRecord},
    time::Timestamp,
};

/// The model that scores, and those that the board learned.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelView {
    /// The version in force.
    pub in_force: String,
    /// The version of the rulebook's own weights.
    pub shipped: String,
    /// Whether an admin chose the version in force: what is learned does not replace it.
    pub pinned: bool,
    /// How many rulings the newest fit had; on a fifth of them it was only measured.
    pub examples: u32,
    /// How many rulings are missing until the next fit; null where the board does not learn.
    pub next_fit_after: Option<u32>,
    /// The fits on this board's rulings, the newest first.
    pub versions: Vec<ModelVersionView>,
}

/// A fit on this board's rulings.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelVersionView {
    /// Its version.
    pub version: String,
    /// When it was fitted.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Whether it was taken.
    pub taken: bool,
    /// Why it was not: `no-gain`, `forgets` or `one-sided`; null if it was.
    pub why: Option<&'static str>,
    /// Whether it can be put in force again: its weights are kept.
    pub kept: bool,
    /// How many rulings it had to learn from; on a fifth of them it was only measured.
    pub examples: ExamplesView,
    /// The log loss on rulings held out.
    pub board_loss: LossView,
    /// The log loss on shipped examples.
    pub shipped_loss: LossView,
}

/// Examples by label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each is a label")]
pub struct ExamplesView {
    pub harmless: u32,
    pub abuse: u32,
    pub scam: u32,
}

/// A loss before and after; less is better.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LossView {
    /// Of the model in force before.
    pub before: f64,
    /// Of this one.
    pub after: f64,
}

impl From<LossPair> for LossView {
    fn from(loss: LossPair) -> Self {
        Self {
            before: LossPair::as_f64(loss.before),
            after: LossPair::as_f64(loss.after),
        }
    }
}

impl From<&ModelRecord> for ModelVersionView {
    fn from(model: &ModelRecord) -> Self {
        Self {
            version: model.version.to_string(),
            at: model.at,
            taken: model.kept_back.is_none(),
            why: model.kept_back.map(|why| why.name()),
            kept: model.parts > 0,
            examples: ExamplesView {
                harmless: model.examples.harmless,
                abuse: model.examples.abuse,
                scam: model.examples.scam,
            },
            board_loss: model.board_loss.into(),
            shipped_loss: model.shipped_loss.into(),
        }
    }
}
