//! Learning: the score is fitted to the board's rulings, in the background, by one node under a lease.
//!
//! The rulings are read anew for each fit, so that one which was undone, and a text that was purged, is out of the next by
//! itself. Of a comment that was ruled on more than once the last word counts.

use std::{collections::HashSet, sync::Arc};

use super::{
    base::{Base, InForce},
    error::DeskError,
    models::{FittedModel, Models},
    off_workers::run_off_workers,
};
use crate::{
    id::RulingId,
    record::{ExampleCounts, LeaseName, LossPair, ModelRecord, Subject},
    review::{BoardExample, example_of, without_majorities},
    score::{BoardFit, BoardRow, Label, RowReader, learn_board, training_rows},
    store::AuditFilter,
    text::Surface,
};

/// The newest rulings that a fit reads.
const RULINGS_MAX: usize = 20_000;
/// How many entries of the audit are read at a time.
const PAGE: usize = 500;
/// The action of the audit by which rulings are found.
const RULING_MADE: &str = "ruling.made";

impl Models {
    /// Fits the score to the rulings if a fit is due, unless another node does; returns it as it was stored, taken or not.
    pub async fn learn(&self) -> Result<Option<ModelRecord>, DeskError> {
        let step = self.base.learn_if_due();
        let fitted = self.base.under_lease(LeaseName::Learning, step).await?;
        Ok(fitted.flatten())
    }
}

impl Base {
    async fn learn_if_due(&self) -> Result<Option<ModelRecord>, DeskError> {
        let in_force = self.in_force();
        let rulings = self.ruled_so_far().await?;
        if !self.is_fit_due(&in_force, rulings).await? {
            return Ok(None);
        }
        let examples = without_majorities(self.board_examples().await?);
        let counts = counts_of(&examples);
        let fit = self.fitted(&in_force, examples).await?;
        let losses = |losses: crate::score::Losses| LossPair::of(losses.before, losses.after);
        let fitted = FittedModel {
            base: in_force.rulebook().weights.hash(),
            examples: counts,
            rulings,
            board_loss: losses(fit.board),
            shipped_loss: losses(fit.shipped),
            weights: Arc::new(fit.weights),
        };
        self.store_fit(&fitted).await.map(Some)
    }

    /// Whether there are enough new rulings since the last fit, or any at all since the rulebook came with other weights.
    async fn is_fit_due(&self, in_force: &InForce, rulings: u32) -> Result<bool, DeskError> {
        let shipped = &in_force.rulebook().weights;
        if shipped.rows() == 0 {
            return Ok(false);
        }
        let learning = self.settings.learning;
        let newest = self.store.models(None, 1).await?.into_iter().next();
        let newest = newest.filter(|model| model.base == shipped.hash());
        let fitted_at = newest.map_or(0, |model| model.rulings);
        Ok(rulings >= learning.next_fit(fitted_at))
    }

    /// What the newest rulings teach, each comment once.
    async fn board_examples(&self) -> Result<Vec<BoardExample>, DeskError> {
        let mut filter = AuditFilter {
            actions: vec![RULING_MADE.to_owned()],
            limit: PAGE,
            ..AuditFilter::default()
        };
        let (mut examples, mut seen, mut read) = (Vec::new(), HashSet::new(), 0);
        loop {
            let (store, asked) = (Arc::clone(&self.store), filter.clone());
            let page = run_off_workers(async move { store.audit(&asked).await }).await??;
            for (entry, _, _) in &page.entries {
                read += 1;
                let ruling = entry.what.action.named_ruling();
                let example = match ruling {
                    Some(ruling) => self.board_example(ruling).await?,
                    None => None,
                };
                if let Some((comment, example)) = example
                    && seen.insert(comment)
                {
                    examples.push(example);
                }
            }
            match page.next_before {
                Some(before) if read < RULINGS_MAX => filter.before = Some(before),
                _ => return Ok(examples),
            }
        }
    }

    async fn board_example(
        &self,
        ruling: RulingId,
    ) -> Result<Option<(String, BoardExample)>, DeskError> {
        let Some(ruling) = self.store.ruling(ruling).await? else {
            return Ok(None);
        };
        let Subject::Comment(id) = &ruling.undo_snapshot.case.subject else {
            return Ok(None);
        };
        let Some(comment) = self.store.comment(id).await? else {
            return Ok(None);
        };
        let sampled = self.settings.sample_removals_permille;
        let example = example_of(&ruling, &comment, sampled);
        Ok(example.map(|example| (id.to_string(), example)))
    }

    /// The fit itself: a second or so of work, on a thread of its own.
    async fn fitted(
        &self,
        in_force: &InForce,
        examples: Vec<BoardExample>,
    ) -> Result<BoardFit, DeskError> {
        let (rulebook, model) = (Arc::clone(in_force.rulebook()), Arc::clone(&in_force.model));
        let source = Arc::clone(&self.settings.examples);
        let fit = move || {
            let shipped = training_rows(&source.examples(), &rulebook.lexicon);
            let mut reader = RowReader::new(&rulebook.lexicon);
            let mut row = |example: BoardExample| BoardRow {
                id: example.ruling.0.0,
                row: reader
                    .row(Surface::Body, &example.text, example.label)
                    .weighted(example.weight),
            };
            let rulings = examples.into_iter().map(&mut row).collect();
            learn_board(&rulebook.weights, &model.weights, rulings, &shipped)
        };
        let fit = tokio::task::spawn_blocking(fit).await;
        fit.map_err(|error| DeskError::Internal(error.to_string()))
    }
}

fn counts_of(examples: &[BoardExample]) -> ExampleCounts {
    let mut counts = ExampleCounts::default();
    for example in examples {
        let count = match example.label {
            Label::Harmless => &mut counts.harmless,
            Label::Abuse => &mut counts.abuse,
            Label::Scam => &mut counts.scam,
        };
        *count += 1;
    }
    counts
}
