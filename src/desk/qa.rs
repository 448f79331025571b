//! QA reviews: a sample of rulings and of the filter's removals is decided again by another moderator, blind.
//!
//! The first decision stays in effect until the second. Whether a decision is sampled is derived from its random id, so the
//! choice needs no random number of its own, and nobody can foresee it.

use super::{Desk, DeskError, retried};
use crate::{
    intake::{CaseContext, qa_review_of_removal, sample, sample_handled},
    record::{
        Comment, DueQaSample, QaReview, QaSample, QaSampleOf, Ruling, RulingDecision, Verdict,
    },
};

/// How many QA reviews are opened at a time.
const DUE_MAX: usize = 100;

/// Whether an id falls into a sample of `permille` out of a thousand.
fn is_sampled(id: ulid::Ulid, permille: u32) -> bool {
    // An id is a time and random bits. Ids of one millisecond count up in the last bits and share all others, so both halves
    // are mixed into a multiplicative hash (the constant is 2^64 / golden ratio) and its upper half decides.
    let mixed = (id.0 as u64 ^ (id.0 >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) % 1_000 < u64::from(permille)
}

impl Desk {
    /// The QA review that a ruling gets, if it is sampled. A ruling on an appeal or a QA review gets none.
    pub(super) fn sample_of_ruling(&self, ruling: &Ruling) -> Option<QaSample> {
        let is_eligible = ruling.qa_review.is_none()
            && ruling.appeal.is_none()
            && ruling.decision != RulingDecision::Escalate;
        let chosen = is_eligible && is_sampled(ruling.id.0, self.settings.sample_rulings_permille);
        chosen.then(|| QaSample {
            due_at: ruling.undo_until.plus_ms(1),
            of: QaSampleOf::Ruling(ruling.case, ruling.id),
        })
    }

    /// The QA review that a removal by the filter gets, if it is sampled.
    pub(super) fn sample_of_removal(
        &self,
        comment: &Comment,
        opens_case: bool,
    ) -> Option<QaSample> {
        let newest = &comment.newest;
        let removed = newest.decision.body.unwrap_or(newest.decision.unattached) == Verdict::Remove;
        let is_eligible = removed && !opens_case && comment.effect.is_none() && !newest.backfill;
        let chosen =
            is_eligible && is_sampled(newest.receipt.0, self.settings.sample_removals_permille);
        chosen.then(|| QaSample {
            due_at: newest.at,
            of: QaSampleOf::Removal(comment.id.clone(), newest.number),
        })
    }

    /// Opens the QA reviews that are due, and returns how many were.
    pub async fn open_due_qa_reviews(&self) -> Result<usize, DeskError> {
        let due = self.store.samples_due(self.clock.now(), DUE_MAX).await?;
        for sample in &due {
            retried!(self.open_qa_review(sample).await)?;
        }
        Ok(due.len())
    }

    async fn open_qa_review(&self, due: &DueQaSample) -> Result<(), DeskError> {
        let now = self.clock.now();
        let change = match &due.sample.of {
            QaSampleOf::Ruling(case, ruling) => {
                let case = self.store.case(*case).await?;
                let ruling = self.store.ruling(*ruling).await?;
                case.zip(ruling).and_then(|(case, ruling)| {
                    // Only if the ruling is still the newest and not undone.
                    let is_current =
                        case.rulings.last() == Some(&ruling.id) && ruling.undone.is_none();
                    let review = QaReview {
                        ruling: Some(ruling.id),
                        decision: ruling.decision,
                        tags: ruling.tags.clone(),
                    };
                    sample(&case, review, Some(ruling.by.clone()), now).filter(|_| is_current)
                })
            }
            QaSampleOf::Removal(id, revision) => self.qa_change_for_removal(id, *revision).await?,
        };
        self.store
            .commit(sample_handled(due.clone(), change))
            .await?;
        Ok(())
    }

    async fn qa_change_for_removal(
        &self,
        id: &crate::id::CommentId,
        revision: u32,
    ) -> Result<Option<crate::intake::CaseChange>, DeskError> {
        let Some(comment) = self.store.comment(id).await? else {
            return Ok(None);
        };
        let decision = comment.decision();
        let removed = decision
            .body
            .unwrap_or(decision.unattached)
            .max(decision.unattached);
        let is_current = comment.newest.number == revision
            && removed == Verdict::Remove
            && comment.effect.is_none()
            && comment.withdrawn_at.is_none()
            && comment.purged_at.is_none();
        if !is_current {
            return Ok(None);
        }
        let background = self.background_of(&comment).await?;
        let context = CaseContext {
            comment: &comment,
            background: &background,
        };
        Ok(qa_review_of_removal(context, &mut self.id_source()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_the_expected_share() {
        let count = |permille| {
            (0..100_000u128)
                .filter(|n| is_sampled(ulid::Ulid((7 << 80) + n * 3), permille))
                .count()
        };
        assert!((1_800..2_200).contains(&count(20)), "{}", count(20));
        assert_eq!((count(0), count(1_000)), (0, 100_000));
    }
}
