//! News for the board: read back in order, spread in the background where one ruling touches many.

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
    record::{Event, EventKind, FanOut, FanOutProgress, Subject},
    store::Commit,
};

/// How many comments or reports are told in one commit.
const SPREAD_PAGE: usize = 100;

impl Desk {
    /// News after the one of this number, in order.
    pub async fn changes(
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
        let found = self.store.events(after, limit).await?;
        let last = found.last().map_or(after, |event| event.number);
        let mut items = Vec::with_capacity(found.len());
        for event in &found {
            items.push(self.event_view(event).await?);
        }
        Ok(EventList {
            items,
            next_after: last.to_string(),
        })
    }

    /// News with the thing as it stands now.
    pub async fn event_view(&self, event: &Event) -> Result<EventView, DeskError> {
        let data = match self.event_data(event).await {
            // It was purged or erased since.
            Err(DeskError::NotFound) => None,
            found => Some(found?),
        };
        Ok(EventView {
            sequence: event.number,
            kind: event.of.name(),
            timestamp: event.at,
            data,
        })
    }

    async fn event_data(&self, event: &Event) -> Result<EventData, DeskError> {
        match &event.of {
            EventKind::Comment(id) => Ok(EventData::Comment {
                sequence: event.number,
                comment: self.comment(id).await?,
            }),
            EventKind::Sanctioned(member, id) | EventKind::Lifted(member, id) => {
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
        let sanction = record.sanctions.iter().find(|one| one.id == id);
        Ok(EventData::Sanction {
            member_id: member.clone(),
            standing: record.standing(self.clock.now()).name(),
            sanction: sanction
                .map(|sanction| self.sanction_view(sanction))
                .ok_or(DeskError::NotFound)?,
        })
    }

    /// Does all that waits in the background: news to many, comments to be judged again, second looks.
    pub async fn run_background(&self) -> Result<(), DeskError> {
        while self.fan_out_next().await? {}
        while self.begin_second_looks().await? > 0 {}
        Ok(())
    }

    /// Does some of what one ruling brings to many. Whether anything was left to do.
    pub async fn fan_out_next(&self) -> Result<bool, DeskError> {
        retried!(self.try_fan_out().await)
    }

    async fn try_fan_out(&self) -> Result<bool, DeskError> {
        let Some(progress) = self.store.fan_outs(1).await?.into_iter().next() else {
            return Ok(false);
        };
        let (event, rejudged, next) = match &progress.of {
            FanOut::Rejudge(again) => {
                let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
                let Rejudging { rejudged, next } = self.rejudge_next(again, from).await?;
                (Vec::new(), rejudged, next.map(u128::from))
            }
            _ => {
                let (event, next) = self.next_of(&progress).await?;
                (event, None, next)
            }
        };
        let commit = Commit::Spread {
            done: next.is_none(),
            progress: FanOutProgress {
                from: next.unwrap_or(progress.from),
                ..progress
            },
            news: event,
            rejudged,
        };
        self.store.commit(commit).await?;
        Ok(true)
    }

    /// The next to be told, and where to go on; none where that is all.
    async fn next_of(
        &self,
        progress: &FanOutProgress,
    ) -> Result<(Vec<EventKind>, Option<u128>), DeskError> {
        let from = u64::try_from(progress.from).unwrap_or(u64::MAX);
        match &progress.of {
            FanOut::Nickname(member, text) => {
                let found = self
                    .store
                    .comments_under(&Subject::Nickname(member.clone()), from, SPREAD_PAGE)
                    .await?;
                let bears = |comment: &crate::record::Comment| {
                    comment.newest.nickname.as_ref() == Some(text)
                };
                Ok(events_of(&found, bears))
            }
            FanOut::Tag(article, tag) => {
                let subject = Subject::Tag {
                    article: article.clone(),
                    tag: tag.clone(),
                };
                let found = self
                    .store
                    .comments_under(&subject, from, SPREAD_PAGE)
                    .await?;
                Ok(events_of(&found, |comment| {
                    comment.newest.tags.contains(tag)
                }))
            }
            FanOut::Reports(case) => {
                let found = self
                    .store
                    .reports_of_case(*case, progress.from, SPREAD_PAGE)
                    .await?;
                let more = (found.len() == SPREAD_PAGE).then_some(found.last());
                let next = more.flatten().map(|last| last.id.0.0 + 1);
                Ok((
                    found
                        .iter()
                        .map(|report| EventKind::Report(report.id))
                        .collect(),
                    next,
                ))
            }
            // what is judged again is told with each
            FanOut::Rejudge(_) => Ok((Vec::new(), None)),
        }
    }
}

fn events_of(
    found: &[(u64, crate::record::Comment)],
    bears: impl Fn(&crate::record::Comment) -> bool,
) -> (Vec<EventKind>, Option<u128>) {
    let more = (found.len() == SPREAD_PAGE).then_some(found.last());
    let next = more.flatten().map(|(number, _)| u128::from(*number) + 1);
    let meant = found
        .iter()
        .filter(|(_, comment)| bears(comment) && comment.withdrawn_at.is_none());
    (
        meant
            .map(|(_, comment)| EventKind::Comment(comment.id.clone()))
            .collect(),
        next,
    )
}
