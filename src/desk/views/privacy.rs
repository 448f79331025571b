//! What an export contains beside the other views, and the result of an erasure.

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

/// The answer to an erasure: what was erased, and what is still retained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedView {
    /// The member.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// Counts of what was erased.
    pub erased: ErasedCounts,
    /// What is retained, why and until when.
    pub erasure: ErasureView,
}

/// Counts of what was erased, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedCounts {
    /// Comments, with all that was written about them.
    pub comments: u64,
    /// Older revisions of comments edited since.
    pub revisions: u64,
    /// Nicknames.
    pub nicknames: u64,
    /// Cases about a nickname or a tag that lost their texts.
    pub cases: u64,
    /// Reports by the member that lost their texts.
    pub reports: u64,
    /// Appeals against sanctions that lost their texts.
    pub appeals: u64,
}

/// What an erasure still retains. Each item is erased by itself once its reason ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasureView {
    /// When erasure was requested; it does not cover anything newer.
    #[schema(value_type = String)]
    pub requested_at: Timestamp,
    /// What is retained; empty if everything was erased.
    pub kept: Vec<KeptView>,
}

/// Something retained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptView {
    /// `comment:ID`, `case:ID`, `report:ID`, `appeal:ID`; `standing`: strikes and sanctions, without texts; `answers`: stored
    /// answers to requests that the board may retry.
    pub what: String,
    /// `hold`, `case-open`, `undo-open`, `in-force` or `retry`.
    pub why: &'static str,
    /// Until when; null if that depends on a decision, or there is no end.
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
}

impl ErasureView {
    /// The records retained by an erasure.
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

/// A ruling on one spelling of a member's nickname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpellingView {
    /// The spelling.
    pub nickname: String,
    /// Whether it is allowed.
    pub approved: bool,
    /// The code given.
    #[schema(value_type = Option<String>)]
    pub code: Option<ReasonCode>,
    /// The ruling's id.
    #[schema(value_type = String)]
    pub ruling_id: RulingId,
    /// When it was made.
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

/// A report of a member's comment, without the reporter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReceivedReportView {
    /// The report's id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// The comment reported.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// `open`, `upheld` or `dismissed`.
    #[schema(value_type = String)]
    pub status: ReportOutcome,
    /// The code that the reader chose.
    #[schema(value_type = String)]
    pub code: ReasonCode,
    /// The reader's own words.
    pub note: Option<String>,
    /// The surface reported; null for the whole comment.
    #[schema(value_type = Option<String>)]
    pub surface: Option<Surface>,
    /// The tag reported.
    pub tag: Option<String>,
    /// When it was filed.
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

/// A case that names a member, with its rulings and notes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MemberCaseView {
    /// The case as listed in the queue.
    #[serde(flatten)]
    pub item: QueueItem,
    /// Rulings, oldest first.
    pub rulings: Vec<RulingView>,
    /// Notes for colleagues, oldest first.
    pub notes: Vec<NoteView>,
}

impl MemberCaseView {
    /// A case and its status at `now`.
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
