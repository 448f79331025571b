//! Background work: the fan-out of rulings that affect many comments, re-judging, and QA reviews that are due.

use std::sync::Arc;

use super::{base::Base, error::DeskError, rejudge::Rejudging, retried::retried};
use crate::{
    record::{EventKind, FanOut, FanOutProgress, Subject},
    review::fan_out_step,
};

/// How many comments or reports are fanned out in one commit.
const FAN_OUT_PAGE: usize = 100;

/// Work that nobody waits for.
pub struct BackgroundWork {
    pub(super) base: Arc<Base>,
}

impl BackgroundWork {
    /// Runs all pending background work: fan-outs, re-judging, and QA reviews that are due.
    pub async fn run_background(&self) -> Result<(), DeskError> {
        while self.fan_out_next().await? {}
        while self.base.open_due_qa_reviews().await? > 0 {}
        Ok(())
    }

    /// Does one batch of the oldest fan-out. Returns whether there may be more.
    pub async fn fan_out_next(&self) -> Result<bool, DeskError> {
        retried(|| self.try_fan_out()).await
    }

    async fn try_fan_out(&self) -> Result<bool, DeskError> {
        let Some(progress) = self.base.store.fan_outs(1).await?.into_iter().next() else {
            return Ok(false);
        };
        let (events, rejudged, next) = match &progress.of {
            FanOut::Rejudge(rejudge) => {
                let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
                let Rejudging { rejudged, next } = self.base.rejudge_next(rejudge, from).await?;
                (Vec::new(), rejudged, next.map(u128::from))
            }
            _ => {
                let (events, next) = self.next_events(&progress).await?;
                (events, None, next)
            }
        };
        let is_done = next.is_none();
        let progress = FanOutProgress {
            from: next.unwrap_or(progress.from),
            ..progress
        };
        let change = fan_out_step(progress, events, rejudged, is_done);
        self.base.store.commit(change).await?;
        Ok(true)
    }

    /// The next events of a fan-out, and the position to continue from; `None` if these are the last.
    async fn next_events(
        &self,
        progress: &FanOutProgress,
    ) -> Result<(Vec<EventKind>, Option<u128>), DeskError> {
        let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
        match &progress.of {
            FanOut::Nickname(member, text) => {
                let affected = self
                    .base
                    .store
                    .comments_under(&Subject::Nickname(member.clone()), from, FAN_OUT_PAGE)
                    .await?;
                let is_affected = |comment: &crate::record::Comment| {
                    comment.newest.nickname.as_ref() == Some(text)
                };
                Ok(events_of(&affected, is_affected))
            }
            FanOut::Tag(article, tag) => {
                let subject = Subject::Tag {
                    article: article.clone(),
                    tag: tag.clone(),
                };
                let affected = self
                    .base
                    .store
                    .comments_under(&subject, from, FAN_OUT_PAGE)
                    .await?;
                Ok(events_of(&affected, |comment| {
                    comment.newest.tags.contains(tag)
                }))
            }
            FanOut::Reports(case) => {
                let affected = self
                    .base
                    .store
                    .reports_of_case(*case, progress.from, FAN_OUT_PAGE)
                    .await?;
                let more = (affected.len() == FAN_OUT_PAGE).then_some(affected.last());
                let next = more.flatten().map(|last| last.id.0.0 + 1);
                Ok((
                    affected
                        .iter()
                        .map(|report| EventKind::Report(report.id))
                        .collect(),
                    next,
                ))
            }
            // Re-judging emits the event of each comment in its own commit.
            FanOut::Rejudge(_) => Ok((Vec::new(), None)),
        }
    }
}

fn events_of(
    page: &[(u64, crate::record::Comment)],
    is_affected: impl Fn(&crate::record::Comment) -> bool,
) -> (Vec<EventKind>, Option<u128>) {
    let more = (page.len() == FAN_OUT_PAGE).then_some(page.last());
    let next = more.flatten().map(|(number, _)| u128::from(*number) + 1);
    let affected = page
        .iter()
        .filter(|(_, comment)| is_affected(comment) && comment.withdrawn_at.is_none());
    (
        affected
            .map(|(_, comment)| EventKind::Comment(comment.id.clone()))
            .collect(),
        next,
    )
}
