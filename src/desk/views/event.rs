//! Events, each with the current state of what it is about.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    comment::CommentView,
    member::SanctionView,
    report::{AppealView, ReportView},
};
use crate::{id::MemberId, time::Timestamp};

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventView {
    /// The event's number; numbers increase.
    pub sequence: u64,
    /// `comment.ruled`, `member.sanctioned`, `sanction.lifted`, `report.resolved` or `appeal.resolved`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happened.
    #[schema(value_type = String)]
    pub timestamp: Timestamp,
    /// The current state of what the event is about; null if that has been purged or erased.
    #[schema(value_type = Option<Object>)]
    pub data: Option<EventData>,
}

/// The current state of what an event is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "each lives only as long as its answer"
)]
pub enum EventData {
    /// A comment as in `GET /v1/comments/{id}`, with the event's number.
    Comment {
        /// Increases per comment, so a receiver can drop an event that arrives after a newer one.
        sequence: u64,
        /// The comment.
        #[serde(flatten)]
        comment: CommentView,
    },
    /// A sanction and its member.
    Sanction {
        /// The member sanctioned.
        member_id: MemberId,
        /// The member's standing.
        standing: &'static str,
        /// The sanction.
        sanction: SanctionView,
    },
    /// A report.
    Report(ReportView),
    /// An appeal.
    Appeal(AppealView),
}

/// Events in order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventList {
    /// The events.
    pub items: Vec<EventView>,
    /// The value of `after` for the next request.
    pub next_after: String,
}
