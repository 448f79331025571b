//! Judging stored comments again by today's rulebook: what would change, and how far the work has come.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::{CommentId, MemberId, RejudgeId},
    record::{Actor, ReasonCode, RejudgeCounts, RejudgeJob, RejudgeState, Verdict},
    time::Timestamp,
};

/// What a preview found, and the work that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejudgeView {
    /// The id that the real call names as `preview`.
    #[schema(value_type = String)]
    pub id: RejudgeId,
    /// `previewed`, `running`, `done`, or `stopped` because another rulebook or model decides by now.
    #[schema(value_type = String)]
    pub state: RejudgeState,
    /// Who asked for the preview.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The rulebook that judged.
    pub rulebook: String,
    /// The model that scored; null where none did.
    pub model: Option<String>,
    /// What was found.
    pub counts: RejudgeCountsView,
    /// How many comments change.
    pub comments: usize,
    /// How many of them the work has come past.
    pub done: u32,
    /// Of how many the decision did change; the others were ruled on or withdrawn since the preview.
    pub changed: u32,
    /// When the work began.
    #[schema(value_type = Option<String>)]
    pub begun_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
}

/// How many comments there are of which the effect in force would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejudgeCountsView {
    /// How many comments matched and were judged.
    pub judged: u32,
    /// Removed now, and allowed then.
    pub restored: u32,
    /// Removed now, and flagged then.
    pub flagged: u32,
    /// Flagged now, and allowed then.
    pub cleared: u32,
    /// Of which only a nickname or a tag changes.
    pub tags: u32,
    /// Against which the rulebook says more today: they are left alone.
    pub harsher: u32,
}

/// A preview with some of the comments that would change; where its work is begun, without them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejudgePreviewView {
    /// What was found.
    #[serde(flatten)]
    pub job: RejudgeView,
    /// With a dry run: the newest comments that would change, at most twenty.
    pub samples: Vec<RejudgeSampleView>,
    /// The cursor of the next dry run, where more comments match than one looks at; null at the end.
    pub next_cursor: Option<String>,
}

/// A comment that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejudgeSampleView {
    /// The board's id.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// Its author.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The beginning of its text.
    pub text: String,
    /// The verdict in force.
    #[schema(value_type = String)]
    pub from: Verdict,
    /// The verdict then.
    #[schema(value_type = String)]
    pub to: Verdict,
    /// The codes that count no longer.
    #[schema(value_type = Vec<String>)]
    pub codes: Vec<ReasonCode>,
}

impl From<&RejudgeJob> for RejudgePreviewView {
    fn from(job: &RejudgeJob) -> Self {
        Self {
            job: RejudgeView::from(job),
            samples: Vec::new(),
            next_cursor: None,
        }
    }
}

impl From<&RejudgeJob> for RejudgeView {
    fn from(job: &RejudgeJob) -> Self {
        Self {
            id: job.id,
            state: job.state,
            by: job.by.clone(),
            at: job.at,
            rulebook: job.rulebook.to_string(),
            model: job.model.as_ref().map(ToString::to_string),
            counts: RejudgeCountsView::from(job.counts),
            comments: job.comments.len(),
            done: job.done,
            changed: job.changed,
            begun_at: job.begun_at,
            ended_at: job.ended_at,
        }
    }
}

impl From<RejudgeCounts> for RejudgeCountsView {
    fn from(counts: RejudgeCounts) -> Self {
        Self {
            judged: counts.judged,
            restored: counts.restored,
            flagged: counts.flagged,
            cleared: counts.cleared,
            tags: counts.tags,
            harsher: counts.harsher,
        }
    }
}
