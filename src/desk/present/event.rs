//! Events for the board, with the current state of what they are about.

use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{EventData, EventView},
    },
    id::{MemberId, SanctionId},
    record::{Event, EventKind},
};

impl Base {
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
                comment: self.comment_by_id(id).await?,
            }),
            EventKind::SanctionImposed(member, id) | EventKind::SanctionRevoked(member, id) => {
                self.sanction_data(member, *id).await
            }
            EventKind::Report(id) => {
                let report = self.report(*id).await?;
                Ok(EventData::Report(self.report_view(&report).await?))
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
}
