//! Background work: the fan-out of rulings that affect many comments, re-judging, and QA reviews that are due.

use std::sync::Arc;

use super::{base::Base, error::DeskError, rejudge::Rejudging, retried::retried};
use crate::{
    id::CaseId,
    record::{EventKind, FanOut, FanOutProgress, LeaseName, Subject},
    review::{fan_out_step, is_reached},
};

/// How many comments or reports are fanned out in one commit.
const FAN_OUT_PAGE: usize = 100;

/// Background work: fan-outs and QA reviews that are due.
pub struct BackgroundWork {
    pub(super) base: Arc<Base>,
}

impl BackgroundWork {
    /// Runs all pending background work: fan-outs, re-judging, and QA reviews that are due.
    pub async fn run_background(&self) -> Result<(), DeskError> {
        let (base, name) = (&self.base, LeaseName::FanOut);
        // The lease is asked for at each batch: it is renewed, or the work is left to whoever has it by now.
        loop {
            while base.under_lease(name, self.fan_out_next()).await? == Some(true) {}
            // A long work lets what comes meanwhile pass at each step.
            let rejudged = retried(|| base.rejudging_next());
            if base.under_lease(name, rejudged).await? != Some(true) {
                break;
            }
        }
        let reviews = || base.under_lease(name, base.open_due_qa_reviews());
        while reviews().await?.is_some_and(|opened| opened > 0) {}
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
            // Once it is done the position does not matter.
            from: next.unwrap_or(progress.from),
            ..progress
        };
        let change = fan_out_step(progress, events, rejudged, is_done);
        self.base.commit(change).await?;
        Ok(true)
    }

    /// The next events of a fan-out, and the position to continue from; `None` if these are the last.
    async fn next_events(
        &self,
        progress: &FanOutProgress,
    ) -> Result<(Vec<EventKind>, Option<u128>), DeskError> {
        let subject = match &progress.of {
            FanOut::Nickname(member, _) => Subject::Nickname(member.clone()),
            FanOut::Tag(article, tag) => Subject::Tag {
                article: article.clone(),
                tag: tag.clone(),
            },
            FanOut::Reports(case) => return self.next_report_events(*case, progress.from).await,
            // Re-judging emits the event of each comment in its own commit.
            FanOut::Rejudge(_) => return Ok((Vec::new(), None)),
        };
        let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
        let page = self.base.store.comments_under(&subject, from, FAN_OUT_PAGE);
        let page = page.await?;
        let more = (page.len() == FAN_OUT_PAGE).then_some(page.last());
        let next = more.flatten().map(|(number, _)| u128::from(*number) + 1);
        let comments = page.into_iter().map(|(_, comment)| comment);
        let reached = comments.filter(|comment| is_reached(&progress.of, comment));
        let events = reached.map(|comment| EventKind::Comment(comment.id));
        Ok((events.collect(), next))
    }

    async fn next_report_events(
        &self,
        case: CaseId,
        from: u128,
    ) -> Result<(Vec<EventKind>, Option<u128>), DeskError> {
        let page = self
            .base
            .store
            .reports_of_case(case, from, FAN_OUT_PAGE)
            .await?;
        let more = (page.len() == FAN_OUT_PAGE).then_some(page.last());
        let next = more.flatten().map(|last| last.id.0.0 + 1);
        let events = page.iter().map(|report| EventKind::Report(report.id));
        Ok((events.collect(), next))
    }
}
