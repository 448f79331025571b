//! Learning: the score is fitted to the board's rulings, in the background, by one node under a lease.
//!
//! The rulings are read anew for each fit, so that one which was undone, and a text that was purged, is out of the next by
//! itself. Of a comment, or a nickname, that was ruled on more than once the last word counts.

use std::{collections::HashSet, sync::Arc};

use super::{
    base::{Base, InForce},
    error::DeskError,
    models::{FittedModel, Models},
    off_workers::run_off_workers,
};
use crate::{
    id::RulingId,
    policy::{FormStandings, board_words::board_examples},
    record::{
        ExampleCounts, Form, FormKey, LeaseName, LossPair, ModelRecord, Ruling, RulingDecision,
        Subject,
    },
    review::{BoardExample, example_of, nickname_example_of, spelling_of, without_majorities},
    score::{BoardFit, BoardRow, Example, Label, RowReader, ShippedRows, TrainingRow, learn_board},
    store::AuditFilter,
};

/// The newest rulings that a fit reads.
const RULINGS_MAX: usize = 20_000;
/// How many entries of the audit are read at a time.
const PAGE: usize = 500;
/// How many fits are read at a time: nearly always the newest is of the weights in use.
const MODELS_AT_ONCE: usize = 20;
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
    async fn learn_if_due(self: &Arc<Self>) -> Result<Option<ModelRecord>, DeskError> {
        let in_force = self.in_force();
        let next = self.next_fit(&in_force).await?;
        let Some(NextFit {
            rulings,
            missing: 0,
        }) = next
        else {
            return Ok(None);
        };
        let mut shipped = self.shipped_examples().await?;
        let own = board_examples(&in_force.rulebook().origin.words);
        shipped.extend(Example::read(&own).0);
        let lessons = self.lessons(&in_force).await?.weighed();
        let counts = counts_of(&lessons);
        let fit = self.fitted(&in_force, lessons, shipped).await?;
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
            let models = self.store.models(before, MODELS_AT_ONCE).await?;
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

    /// What the newest rulings teach, each comment and each nickname once. A page at a time is read, off the workers, and made into
    /// what a fit needs: no more texts than those of one page are held.
    async fn lessons(self: &Arc<Self>, in_force: &Arc<InForce>) -> Result<Lessons, DeskError> {
        let mut lessons = Lessons::default();
        let mut filter = AuditFilter {
            actions: vec![RULING_MADE.to_owned()],
            limit: PAGE,
            ..AuditFilter::default()
        };
        let mut read = 0;
        loop {
            let (base, in_force, asked) = (Arc::clone(self), Arc::clone(in_force), filter.clone());
            let page = async move {
                let page = base.store.audit(&asked).await?;
                let read = page.entries.len();
                let rulings = page.entries.iter();
                let rulings = rulings.filter_map(|(entry, ..)| entry.what.action.named_ruling());
                let rulings: Vec<RulingId> = rulings.collect();
                lessons.add_page(&base, &in_force, rulings).await?;
                Ok::<_, DeskError>((lessons, read, page.next_before))
            };
            let next_before;
            let of_page;
            (lessons, of_page, next_before) = run_off_workers(page).await??;
            read += of_page;
            match next_before {
                Some(before) if read < RULINGS_MAX => filter.before = Some(before),
                _ => return Ok(lessons),
            }
        }
    }

    /// What a ruling speaks for, a comment or one spelling of a nickname, and what that teaches; nothing if it was undone or is
    /// for the admins to decide. One that teaches nothing, such as a removal for what does not lie in the words, is a word on
    /// its subject all the same.
    async fn word_of(
        &self,
        ruling: RulingId,
    ) -> Result<Option<(String, Option<BoardExample>)>, DeskError> {
        let ruling = self.store.ruling(ruling).await?;
        let stands = |of: &Ruling| of.undone.is_none() && of.decision != RulingDecision::Escalate;
        let Some(ruling) = ruling.filter(stands) else {
            return Ok(None);
        };
        let case = &ruling.undo_snapshot.case;
        let example = match &case.subject {
            Subject::Comment(id) => {
                let sampled = self.settings.sample_removals_permille;
                let comment = self.store.comment(id).await?;
                comment.and_then(|comment| example_of(&ruling, &comment, sampled))
            }
            Subject::Nickname(_) => nickname_example_of(&ruling),
            Subject::Tag { .. } => return Ok(None),
        };
        let (kind, id) = (case.subject.kind(), case.subject.id());
        let subject = format!("{kind} {id} {}", spelling_of(case));
        Ok(Some((subject, example)))
    }

    /// What is known of the written forms in an example, without what its own ruling counted.
    async fn forms_without(
        &self,
        example: &BoardExample,
        forms: &[FormKey],
    ) -> Result<FormStandings, DeskError> {
        if forms.is_empty() {
            return Ok(FormStandings::default());
        }
        let own = |form: &Form| {
            let mut counted = example.counted.iter();
            counted.find(|counted| counted.key() == form.key()).cloned()
        };
        let forms = self.store.forms(forms).await?.into_iter();
        let without_own = forms.map(|form| match own(&form) {
            Some(own) => form.with(own.negated()),
            None => form,
        });
        Ok(without_own.collect())
    }

    /// The fit itself: a second or so of work, on a thread of its own.
    async fn fitted(
        &self,
        in_force: &InForce,
        lessons: Vec<Lesson>,
        shipped: Vec<Example>,
    ) -> Result<BoardFit, DeskError> {
        let (rulebook, model) = (Arc::clone(in_force.rulebook()), Arc::clone(&in_force.model));
        let forms = Arc::clone(&in_force.forms);
        let fit = move || {
            let mut reader = RowReader::new(&rulebook.lexicon).upholding(&forms);
            let read = |nth: usize| shipped.get(nth).map(|of| reader.example(of));
            let rows = ShippedRows::of(shipped.len(), lessons.len(), read);
            // fitted from rows alone
            drop(shipped);
            let rulings = lessons.into_iter().map(|(example, row)| BoardRow {
                id: example.ruling.0.0,
                row: row.weighted(example.weight),
            });
            learn_board(&rulebook.weights, &model.weights, rulings.collect(), &rows)
        };
        let fit = tokio::task::spawn_blocking(fit).await;
        fit.map_err(|error| DeskError::Internal(error.to_string()))
    }
}

/// An example whose text was made into a row.
type Lesson = (BoardExample, TrainingRow);

/// What rulings teach, as far as they are read.
#[derive(Default)]
struct Lessons {
    lessons: Vec<Lesson>,
    /// What newer rulings spoke for.
    seen: HashSet<String>,
}

impl Lessons {
    /// Adds a page of rulings, the newest first.
    async fn add_page(
        &mut self,
        base: &Base,
        in_force: &InForce,
        rulings: Vec<RulingId>,
    ) -> Result<(), DeskError> {
        let mut fresh = Vec::new();
        for ruling in rulings {
            if let Some((subject, example)) = base.word_of(ruling).await?
                && self.seen.insert(subject)
            {
                fresh.extend(example);
            }
        }
        let reader = || RowReader::new(&in_force.rulebook().lexicon).upholding(&in_force.forms);
        let guessed: Vec<Vec<FormKey>> = {
            let mut reader = reader();
            let texts = fresh.iter();
            let guessed = |of: &BoardExample| reader.guessed_forms(of.surface, &of.text);
            texts.map(guessed).collect()
        };
        let mut histories = Vec::new();
        for (example, forms) in fresh.iter().zip(&guessed) {
            histories.push(base.forms_without(example, forms).await?);
        }
        let mut reader = reader();
        let lessons = fresh
            .into_iter()
            .zip(histories)
            .map(|(mut example, forms)| {
                let text = std::mem::take(&mut example.text);
                let history = |term: &str, matched: &str| forms.feature(term, matched);
                let row = reader.row_with_history(example.surface, &text, example.label, history);
                (example, row)
            });
        self.lessons.extend(lessons);
        Ok(())
    }

    /// The lessons, of which nobody decides alone.
    fn weighed(self) -> Vec<Lesson> {
        let (examples, rows): (Vec<_>, Vec<_>) = self.lessons.into_iter().unzip();
        without_majorities(examples).into_iter().zip(rows).collect()
    }
}

fn counts_of(lessons: &[Lesson]) -> ExampleCounts {
    let mut counts = ExampleCounts::default();
    for (example, _) in lessons {
        let count = match example.label {
            Label::Harmless => &mut counts.harmless,
            Label::Abuse => &mut counts.abuse,
            Label::Scam => &mut counts.scam,
        };
        *count += 1;
    }
    counts
}
