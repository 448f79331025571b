//! QA reviews that are due: read, opened, stored.

use super::{base::Base, error::DeskError, retried::retried};
use crate::{
    record::{DueQaSample, QaSampleOf},
    review::{Background, CaseContext, review_removal, review_ruling},
};

/// How many QA reviews are opened at a time.
const DUE_MAX: usize = 100;

impl Base {
    /// Opens the QA reviews that are due, and returns how many were.
    pub async fn open_due_qa_reviews(&self) -> Result<usize, DeskError> {
        let due = self.store.samples_due(self.clock.now(), DUE_MAX).await?;
        for sample in &due {
            retried(|| self.open_qa_review(sample.clone())).await?;
        }
        Ok(due.len())
    }

    async fn open_qa_review(&self, due: DueQaSample) -> Result<(), DeskError> {
        let mut ids = self.id_source();
        let change = match &due.sample.of {
            QaSampleOf::Ruling(case, ruling) => {
                let case = self.store.case(*case).await?;
                let ruling = self.store.ruling(*ruling).await?;
                review_ruling(due, case.zip(ruling), ids.now)
            }
            QaSampleOf::Removal(id, _) => {
                let comment = self.store.comment(id).await?;
                let background = match &comment {
                    Some(comment) => self.background_of(comment).await?,
                    None => Background::default(),
                };
                let context = comment.as_ref().map(|comment| CaseContext {
                    comment,
                    background: &background,
                });
                review_removal(due, context, &mut ids)
            }
        };
        self.commit(change).await
    }
}
