//! The outbox: events for the board, read back in order, and the background fan-out of a ruling that affects many comments.

use super::{
    Desk, DeskError,
    queue::QueryCheck,
    rejudge::Rejudging,
    report::CaseHistories,
    retried,
    views::{EventData, EventList, EventView},
};
use crate::{
    id::{MemberId, SanctionId},
    intake::fan_out_step,
    record::{Event, EventKind, FanOut, FanOutProgress, Subject},
};

/// How many comments or reports are fanned out in one commit.
const FAN_OUT_PAGE: usize = 100;

impl Desk {
    /// The events after a number, in order.
    pub async fn events_since(
        &self,
        after: Option<String>,
        limit: Option<String>,
    ) -> Result<EventList, DeskError> {
        let mut check = QueryCheck {
            pointer: "?",
            faults: Vec::new(),
        };
        let limit = check.limit(&limit);
        let after: u64 = check
            .single("after", &after, |raw| raw.parse().ok())
            .unwrap_or(0);
        if !check.faults.is_empty() {
            return Err(DeskError::Fields(check.faults));
        }
        let events = self.store.events(after, limit).await?;
        let last = events.last().map_or(after, |event| event.number);
        let mut items = Vec::with_capacity(events.len());
        for event in &events {
            items.push(self.event_view(event).await?);
        }
        Ok(EventList {
            items,
            next_after: last.to_string(),
        })
    }

    /// An event with the current state of what it is about.
    pub async fn event_view(&self, event: &Event) -> Result<EventView, DeskError> {
        let data = match self.event_data(event).await {
            // It has been purged or erased since.
            Err(DeskError::NotFound) => None,
            data => Some(data?),
        };
        Ok(EventView {
            sequence: event.number,
            kind: event.kind.name(),
            timestamp: event.at,
            data,
        })
    }

    async fn event_data(&self, event: &Event) -> Result<EventData, DeskError> {
        match &event.kind {
            EventKind::Comment(id) => Ok(EventData::Comment {
                sequence: event.number,
                comment: self.comment(id).await?,
            }),
            EventKind::SanctionImposed(member, id) | EventKind::SanctionRevoked(member, id) => {
                self.sanction_data(member, *id).await
            }
            EventKind::Report(id) => {
                let report = self.store.report(*id).await?.ok_or(DeskError::NotFound)?;
                let view = self
                    .report_view(&report, &mut CaseHistories::default())
                    .await?;
                Ok(EventData::Report(view))
            }
            EventKind::Appeal(id) => Ok(EventData::Appeal(self.appeal_by_id(*id).await?)),
        }
    }

    async fn sanction_data(
        &self,
        member: &MemberId,
        id: SanctionId,
    ) -> Result<EventData, DeskError> {
        let record = self.store.member(member).await?;
        let sanction = record.sanctions.iter().find(|sanction| sanction.id == id);
        Ok(EventData::Sanction {
            member_id: member.clone(),
            standing: record.standing(self.clock.now()).name(),
            sanction: sanction
                .map(|sanction| self.sanction_view(sanction))
                .ok_or(DeskError::NotFound)?,
        })
    }

    /// Runs all pending background work: fan-outs, re-judging, and QA reviews that are due.
    pub async fn run_background(&self) -> Result<(), DeskError> {
        while self.fan_out_next().await? {}
        while self.open_due_qa_reviews().await? > 0 {}
        Ok(())
    }

    /// Does one batch of the oldest fan-out. Returns whether there may be more.
    pub async fn fan_out_next(&self) -> Result<bool, DeskError> {
        retried!(self.try_fan_out().await)
    }

    async fn try_fan_out(&self) -> Result<bool, DeskError> {
        let Some(progress) = self.store.fan_outs(1).await?.into_iter().next() else {
            return Ok(false);
        };
        let (events, rejudged, next) = match &progress.of {
            FanOut::Rejudge(rejudge) => {
                let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
                let Rejudging { rejudged, next } = self.rejudge_next(rejudge, from).await?;
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
        let change = fan_out_step(
            progress,
            events,
            rejudged.map(|rejudged| *rejudged),
            is_done,
        );
        self.store.commit(change).await?;
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
                    .store
                    .comments_under(&subject, from, FAN_OUT_PAGE)
                    .await?;
                Ok(events_of(&affected, |comment| {
                    comment.newest.tags.contains(tag)
                }))
            }
            FanOut::Reports(case) => {
                let affected = self
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
