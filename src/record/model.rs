//! Models that the board learned: what each was fitted on and how it measured, its weights, and which is in force.

use super::ModelVersion;
use crate::time::Timestamp;

/// How many bytes of weights one row holds.
pub const MODEL_PART_BYTES: usize = 64 * 1024;

/// How many learned models keep their weights: the newest that were taken.
pub const MODELS_KEPT: usize = 5;

/// One fit on the board's rulings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRecord {
    /// Its version; the counter is its key.
    pub version: ModelVersion,
    /// The hash of the rulebook's weights that it was fitted from.
    pub base: [u8; 8],
    /// When it was fitted.
    pub at: Timestamp,
    /// The rulings that there were to learn from; on a fifth of them it was only measured.
    pub examples: ExampleCounts,
    /// How many rulings there were by then.
    pub rulings: u32,
    /// The loss on rulings held out.
    pub board_loss: LossPair,
    /// The loss on shipped examples that the fit has not seen.
    pub shipped_loss: LossPair,
    /// Why it was not taken; `None` if it was.
    pub kept_back: Option<KeptBack>,
    /// How many rows its weights are in; 0 where they are not kept.
    pub parts: u32,
}

/// How many examples there were of each label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is a label")]
pub struct ExampleCounts {
    pub harmless: u32,
    pub abuse: u32,
    pub scam: u32,
}

impl ExampleCounts {
    /// All of them.
    pub const fn all(self) -> u32 {
        self.harmless
            .saturating_add(self.abuse)
            .saturating_add(self.scam)
    }
}

/// The log loss of the model in force before, and of the new one, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct LossPair {
    pub before: u32,
    pub after: u32,
}

impl LossPair {
    /// A loss in the form of the API.
    pub fn as_f64(micro: u32) -> f64 {
        f64::from(micro) / 1_000_000.0
    }

    /// Losses as they were measured.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "held to what a millionth of 32 bits can say"
    )]
    pub fn of(before: f64, after: f64) -> Self {
        let micro = |loss: f64| (loss * 1_000_000.0).clamp(0.0, f64::from(u32::MAX)) as u32;
        Self {
            before: micro(before),
            after: micro(after),
        }
    }
}

/// Why a model was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBack {
    /// It is no better on the rulings that were held out.
    NoGain,
    /// It is worse on the shipped examples.
    Forgets,
    /// There are too few rulings of one kind to measure it by.
    OneSided,
}

impl KeptBack {
    /// The name in JSON and in the audit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoGain => "no-gain",
            Self::Forgets => "forgets",
            Self::OneSided => "one-sided",
        }
    }

    /// The one of this name.
    pub fn read(name: &str) -> Option<Self> {
        [Self::NoGain, Self::Forgets, Self::OneSided]
            .into_iter()
            .find(|why| why.name() == name)
    }
}

/// Some of a model's weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPart {
    /// The model's counter.
    pub model: u32,
    /// Which part, from 0 on.
    pub nth: u32,
    /// The bytes of its file.
    pub bytes: Vec<u8>,
}

impl ModelPart {
    /// The parts of a file of weights.
    pub fn all_of(model: u32, file: &[u8]) -> Vec<Self> {
        let parts = (0..).zip(file.chunks(MODEL_PART_BYTES));
        let part = |(nth, bytes): (u32, &[u8])| Self {
            model,
            nth,
            bytes: bytes.to_vec(),
        };
        parts.map(part).collect()
    }
}

/// Which model is in force, of which rulebook's weights. One row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelState {
    /// The counter of the model in force; 0 for the rulebook's own weights.
    pub in_force: u32,
    /// An admin chose it: what is learned does not replace it.
    pub is_pinned: bool,
    /// The counter of the newest fit, taken or not.
    pub newest: u32,
    /// Its row version.
    pub row_version: u64,
}

impl ModelState {
    /// The state as it is written next.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            row_version: self.row_version + 1,
            ..self.clone()
        }
    }
}
