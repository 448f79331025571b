//! A ruling, and who undid it.

use serde::Serialize;
use utoipa::ToSchema;

use super::reply::SentReplyView;
use crate::{
    id::RulingId,
    record::{Actor, ReasonCode, Ruling, RulingDecision},
    time::Timestamp,
};

/// A ruling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RulingView {
    /// The ruling's id.
    #[schema(value_type = String)]
    pub id: RulingId,
    /// `approve`, `remove`, `remove_tags` or `escalate`.
    #[schema(value_type = String)]
    pub decision: RulingDecision,
    /// The code given.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// The tags removed.
    pub tags: Vec<String>,
    /// The moderator's note.
    pub note: Option<String>,
    /// Who ruled.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When it was made.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The case's version after it.
    pub version: u32,
    /// Until when it can be undone.
    #[schema(value_type = String)]
    pub undo_until: Timestamp,
    /// Whether it decides an appeal.
    pub on_appeal: bool,
    /// For a QA review: whether it agreed with the first decision; null for other rulings.
    pub second_look_agreed: Option<bool>,
    /// Whether the moderator reviewed their own decision, because there was no other reviewer.
    pub own: bool,
    /// What it said to the member beside the notice.
    pub reply: Option<SentReplyView>,
    /// Who undid it, and when.
    pub undone: Option<UndoneView>,
}

/// Who undid something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UndoneView {
    /// Who undid it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When it was undone.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

impl From<&Ruling> for RulingView {
    fn from(ruling: &Ruling) -> Self {
        Self {
            id: ruling.id,
            decision: ruling.decision,
            code: ruling.code,
            tags: ruling.tags.clone(),
            note: ruling.note.clone(),
            by: ruling.by.clone(),
            at: ruling.at,
            version: ruling.version,
            undo_until: ruling.undo_until,
            on_appeal: ruling.appeal.is_some(),
            second_look_agreed: ruling.qa_review.as_ref().map(|_| ruling.confirms),
            own: ruling.reviewed_own,
            reply: ruling.reply.as_ref().map(SentReplyView::from),
            undone: ruling.undone.as_ref().map(|undone| UndoneView {
                by: undone.by.clone(),
                at: undone.at,
            }),
        }
    }
}
