//! What is held on a member beside what others see, and what went when they asked.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    case::QueueItem,
    report::{NoteView, ReportView},
    ruling::RulingView,
};
use crate::{
    id::{CommentId, MemberId, ReportId, RulingId},
    member::MemberStanding,
    record::{Case, ReasonCode, ReportOutcome, Retained, SubjectRuling},
    text::Surface,
    time::Timestamp,
};

/// The answer to an erasure: what went, and what is kept yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedView {
    /// The member.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// What went.
    pub erased: ErasedCounts,
    /// What is kept, why and until when.
    pub erasure: ErasureView,
}

/// How much went, by what it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedCounts {
    /// Comments with all that was written about them.
    pub comments: u64,
    /// Older revisions of comments that were edited since.
    pub revisions: u64,
    /// Nicknames.
    pub nicknames: u64,
    /// What was said in cases about a nickname, or a tag.
    pub cases: u64,
    /// What was said in reports that they made.
    pub reports: u64,
    /// What was said in appeals against sanctions.
    pub appeals: u64,
}

/// An erasure: what is kept yet. It goes by itself once its reason is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureView {
    /// When it was asked for; what came later is not meant.
    #[schema(value_type = String)]
    pub requested_at: Timestamp,
    /// What is kept; empty where everything went.
    pub kept: Vec<KeptView>,
}

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptView {
    /// `comment:ID`, `case:ID`, `report:ID`, `appeal:ID`; `standing`: strikes and sanctions, without words; `answers`: first
    /// answers to requests that the board may send again.
    pub what: String,
    /// `hold`, `case-open`, `undo-open`, `in-force` or `retry`.
    pub why: &'static str,
    /// Until when; null where somebody has to decide first, or it has no end.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
}

impl ErasureView {
    /// What is kept of an erasure.
    pub fn of(requested_at: Timestamp, kept: &[Retained]) -> Self {
        let view = |kept: &Retained| KeptView {
            what: kept.what.key(),
            why: kept.why.name(),
            until: kept.until,
        };
        Self {
            requested_at,
            kept: kept.iter().map(view).collect(),
        }
    }
}

/// What was ruled of one spelling of a member's nickname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpellingView {
    /// The spelling.
    pub nickname: String,
    /// Whether it may stand.
    pub approved: bool,
    /// The code given.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// The ruling.
    #[schema(value_type = String)]
    pub ruling_id: RulingId,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

impl From<&SubjectRuling> for SpellingView {
    fn from(ruling: &SubjectRuling) -> Self {
        Self {
            nickname: ruling.text.clone(),
            approved: ruling.approved,
            code: ruling.code,
            ruling_id: ruling.ruling,
            at: ruling.at,
        }
    }
}

/// A report about a member's comment, without who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceivedReportView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// The comment.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// `open`, `upheld` or `dismissed`.
    #[schema(value_type = String)]
    pub status: ReportOutcome,
    /// What for.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// In the reader's words.
    pub note: Option<String>,
    /// What of the comment is meant.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// Which tag is meant.
    pub tag: Option<String>,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

impl From<ReportView> for ReceivedReportView {
    fn from(report: ReportView) -> Self {
        Self {
            id: report.id,
            comment_id: report.comment_id,
            status: report.status,
            code: report.code,
            note: report.note,
            surface: report.surface,
            tag: report.tag,
            at: report.at,
        }
    }
}

/// A case that names a member, with what was ruled and noted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MemberCaseView {
    /// As in the queue.
    #[serde(flatten)]
    pub item: QueueItem,
    /// Rulings, oldest first.
    pub rulings: Vec<RulingView>,
    /// Notes for colleagues, oldest first.
    pub notes: Vec<NoteView>,
}

impl MemberCaseView {
    /// A case as it stands at `now`.
    pub fn of(
        case: &Case,
        standing: MemberStanding,
        rulings: Vec<RulingView>,
        notes: Vec<NoteView>,
        now: Timestamp,
    ) -> Self {
        Self {
            item: QueueItem::of(case, standing, now),
            rulings,
            notes,
        }
    }
}
