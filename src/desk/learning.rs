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
    record::{ExampleCounts, LeaseName, LossPair, ModelRecord, Ruling, RulingDecision, Subject},
    review::{BoardExample, example_of, without_majorities},
    score::{BoardFit, BoardRow, Example, Label, RowReader, ShippedRows, learn_board},
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

/// When the score is fitted next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextFit {
    /// How many rulings there are.
    pub rulings: u32,
    /// How many are missing.
    pub missing: u32,
}

impl Base {
    async fn learn_if_due(&self) -> Result<Option<ModelRecord>, DeskError> {
        let in_force = self.in_force();
        let next = self.next_fit(&in_force).await?;
        let Some(NextFit {
            rulings,
            missing: 0,
        }) = next
        else {
            return Ok(None);
        };
        let shipped = self.shipped_examples().await?;
        let examples = without_majorities(self.board_examples().await?);
        let counts = counts_of(&examples);
        let fit = self.fitted(&in_force, examples, shipped).await?;
        let losses = |losses: crate::score::Losses| LossPair::of(losses.before, losses.after);
        let fitted = FittedModel {
            base: in_force.rulebook().weights.hash(),
            examples: counts,
            rulings,
            board_loss: losses(fit.board),
            shipped_loss: losses(fit.shipped),
            is_one_sided: fit.is_one_sided,
            weights: Arc::new(fit.weights),
        };
        self.store_fit(&fitted).await.map(Some)
    }

    /// When a fit is due: after enough new rulings since the last one of these weights, or after any at all where the rulebook
    /// came with others. `None` where nothing is learned.
    pub(super) async fn next_fit(&self, in_force: &InForce) -> Result<Option<NextFit>, DeskError> {
        let (shipped, learning) = (&in_force.rulebook().weights, self.settings.learning);
        if shipped.rows() == 0 || learning.first == 0 {
            return Ok(None);
        }
        let newest = self.newest_fit_of(shipped.hash()).await?;
        let fitted_at = newest.map_or(0, |model| model.rulings);
        let rulings = self.ruled_so_far().await?;
        Ok(Some(NextFit {
            rulings,
            missing: learning.next_fit(fitted_at).saturating_sub(rulings),
        }))
    }

    /// The newest fit of these weights: other nodes may have a rulebook with others, and fit those.
    async fn newest_fit_of(&self, base: [u8; 8]) -> Result<Option<ModelRecord>, DeskError> {
        let mut before = None;
        loop {
            let models = self.store.models(before, PAGE).await?;
            let Some(oldest) = models.last() else {
                return Ok(None);
            };
            before = Some(oldest.version.counter);
            let newest = models.into_iter().find(|model| model.base == base);
            if newest.is_some() {
                return Ok(newest);
            }
        }
    }

    /// The shipped examples. Without them what they taught would be unlearnt unseen, so that there is no fit.
    async fn shipped_examples(&self) -> Result<Vec<Example>, DeskError> {
        let source = Arc::clone(&self.settings.examples);
        let examples = tokio::task::spawn_blocking(move || source.examples()).await;
        match examples {
            Ok(examples) if examples.is_empty() => Err(DeskError::Internal(
                "the shipped examples are missing or cannot be read".to_owned(),
            )),
            Ok(examples) => Ok(examples),
            Err(error) => Err(DeskError::Internal(error.to_string())),
        }
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
                let word = match ruling {
                    Some(ruling) => self.word_on_a_comment(ruling).await?,
                    None => None,
                };
                if let Some((comment, example)) = word
                    && seen.insert(comment)
                {
                    examples.extend(example);
                }
            }
            match page.next_before {
                Some(before) if read < RULINGS_MAX => filter.before = Some(before),
                _ => return Ok(examples),
            }
        }
    }

    /// The comment that a ruling speaks for, and what that teaches; nothing if it was undone or is for the admins to decide.
    /// One that teaches nothing, such as a removal for what does not lie in the words, is a word on the comment all the same.
    async fn word_on_a_comment(
        &self,
        ruling: RulingId,
    ) -> Result<Option<(String, Option<BoardExample>)>, DeskError> {
        let ruling = self.store.ruling(ruling).await?;
        let stands = |of: &Ruling| of.undone.is_none() && of.decision != RulingDecision::Escalate;
        let Some(ruling) = ruling.filter(stands) else {
            return Ok(None);
        };
        let Subject::Comment(id) = &ruling.undo_snapshot.case.subject else {
            return Ok(None);
        };
        let Some(comment) = self.store.comment(id).await? else {
            return Ok(None);
        };
        let sampled = self.settings.sample_removals_permille;
        Ok(Some((
            id.to_string(),
            example_of(&ruling, &comment, sampled),
        )))
    }

    /// The fit itself: a second or so of work, on a thread of its own.
    async fn fitted(
        &self,
        in_force: &InForce,
        examples: Vec<BoardExample>,
        shipped: Vec<Example>,
    ) -> Result<BoardFit, DeskError> {
        let (rulebook, model) = (Arc::clone(in_force.rulebook()), Arc::clone(&in_force.model));
        let forms = Arc::clone(&in_force.forms);
        let fit = move || {
            let mut reader = RowReader::new(&rulebook.lexicon).upholding(&forms);
            let read = |nth: usize| shipped.get(nth).map(|of| reader.example(of));
            let shipped = ShippedRows::of(shipped.len(), examples.len(), read);
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
