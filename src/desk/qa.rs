//! Second looks: a few rulings and a few of the filter's removals come to another moderator.
//!
//! What is in force stays until that second ruling. Whether a decision is looked at follows from the chance in its own id,
//! so nobody can tell beforehand and nothing has to be thrown.

use super::{Desk, DeskError, retried};
use crate::{
    intake::{CaseContext, qa_review_of_removal, sample},
    record::{
        Comment, DueQaSample, QaReview, QaSample, QaSampleOf, Ruling, RulingDecision, Verdict,
    },
    store::Commit,
};

/// How many second looks are begun in one go.
const DUE_MAX: usize = 100;

/// Whether the chance in an id falls on it, of a thousand.
fn falls_on(id: ulid::Ulid, permille: u32) -> bool {
    // The last bits grow from id to id of one moment: they are mixed first.
    let mixed = (id.0 as u64 ^ (id.0 >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) % 1_000 < u64::from(permille)
}

impl Desk {
    /// The second look that a ruling gets, if it gets one. One that is a second look already gets none.
    pub(super) fn sample_of_ruling(&self, ruling: &Ruling) -> Option<QaSample> {
        let counts = ruling.qa_review.is_none()
            && ruling.appeal.is_none()
            && ruling.decision != RulingDecision::Escalate;
        let chosen = counts && falls_on(ruling.id.0, self.settings.sample_rulings_permille);
        chosen.then(|| QaSample {
            due_at: ruling.undo_until.plus_ms(1),
            of: QaSampleOf::Ruling(ruling.case, ruling.id),
        })
    }

    /// The second look that a removal by the filter gets, if it gets one.
    pub(super) fn sample_of_removal(
        &self,
        comment: &Comment,
        opens_case: bool,
    ) -> Option<QaSample> {
        let newest = &comment.newest;
        let removed = newest.decision.body.unwrap_or(newest.decision.unattached) == Verdict::Remove;
        let counts = removed && !opens_case && comment.effect.is_none() && !newest.backfill;
        let chosen = counts && falls_on(newest.receipt.0, self.settings.sample_removals_permille);
        chosen.then(|| QaSample {
            due_at: newest.at,
            of: QaSampleOf::Removal(comment.id.clone(), newest.number),
        })
    }

    /// Opens what is due for a second look. How many were due.
    pub async fn begin_second_looks(&self) -> Result<usize, DeskError> {
        let due = self.store.samples_due(self.clock.now(), DUE_MAX).await?;
        for one in &due {
            retried!(self.begin_second_look(one).await)?;
        }
        Ok(due.len())
    }

    async fn begin_second_look(&self, due: &DueQaSample) -> Result<(), DeskError> {
        let now = self.clock.now();
        let change = match &due.sample.of {
            QaSampleOf::Ruling(case, ruling) => {
                let case = self.store.case(*case).await?;
                let ruling = self.store.ruling(*ruling).await?;
                case.zip(ruling).and_then(|(case, ruling)| {
                    // Something has happened since: taken back, ruled again, contested.
                    let stands = case.rulings.last() == Some(&ruling.id) && ruling.undone.is_none();
                    let look = QaReview {
                        ruling: Some(ruling.id),
                        decision: ruling.decision,
                        tags: ruling.tags.clone(),
                    };
                    sample(&case, look, Some(ruling.by.clone()), now).filter(|_| stands)
                })
            }
            QaSampleOf::Removal(id, revision) => self.removal_again(id, *revision).await?,
        };
        self.store
            .commit(Commit::Sampled(due.clone(), change.map(Box::new)))
            .await?;
        Ok(())
    }

    async fn removal_again(
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
        let stands = comment.newest.number == revision
            && removed == Verdict::Remove
            && comment.effect.is_none()
            && comment.withdrawn_at.is_none()
            && comment.purged_at.is_none();
        if !stands {
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
    fn chance_falls_as_often_as_it_should() {
        let count = |permille| {
            (0..100_000u128)
                .filter(|n| falls_on(ulid::Ulid((7 << 80) + n * 3), permille))
                .count()
        };
        assert!((1_800..2_200).contains(&count(20)), "{}", count(20));
        assert_eq!((count(0), count(1_000)), (0, 100_000));
    }
}
