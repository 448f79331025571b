//! Events, each with the thing that it is about as it stands now.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    comment::CommentView,
    member::SanctionView,
    report::{AppealView, ReportView},
};
use crate::{id::MemberId, time::Timestamp};

/// A line of news.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventView {
    /// Its number: later news has a greater one.
    pub sequence: u64,
    /// `comment.ruled`, `member.sanctioned`, `sanction.lifted`, `report.resolved` or `appeal.resolved`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happened.
    #[schema(value_type = String)]
    pub timestamp: Timestamp,
    /// The thing as it stands now; null where it is gone.
    #[schema(value_type = Option<Object>)]
    pub data: Option<EventData>,
}

/// The thing that news is about, as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives for the length of one answer"
)]
pub enum EventData {
    /// A comment, as `GET /v1/comments/{id}` answers, with the news' number.
    Comment {
        /// Grows per comment: a receiver drops a lower one.
        sequence: u64,
        /// The comment.
        #[serde(flatten)]
        comment: CommentView,
    },
    /// A sanction and whose it is.
    Sanction {
        /// The member.
        member_id: MemberId,
        /// How they stand.
        standing: &'static str,
        /// The sanction.
        sanction: SanctionView,
    },
    /// A report.
    Report(ReportView),
    /// An appeal.
    Appeal(AppealView),
}

/// News in order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventList {
    /// The news.
    pub items: Vec<EventView>,
    /// What to ask for next.
    pub next_after: String,
}
