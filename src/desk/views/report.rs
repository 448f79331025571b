//! Reports, appeals, notes, reporters.

use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::NoticeView;
use crate::{
    id::{AppealId, CaseId, CommentId, MemberId, NoteId, ReportId, ReporterId, SanctionId},
    record::{
        Actor, Appeal, AppealOutcome, AppealedDecision, Note, ReasonCode, Report, ReportOutcome,
        ReporterRecord,
    },
    text::Surface,
    time::Timestamp,
};

/// A reader's report, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReportView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// `open`, `upheld` or `dismissed`.
    #[schema(value_type = String)]
    pub status: ReportOutcome,
    /// The comment.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// Who reported.
    #[schema(value_type = String)]
    pub reporter_id: ReporterId,
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
    /// When it was made.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// The case that hears it.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// What it weighed when it came; 1 for somebody unknown.
    pub weight: f64,
    /// Its reporter reports together with others.
    pub together: bool,
    /// What the reader may be told.
    pub notice: NoticeView,
}

impl ReportView {
    /// A report with what became of it.
    pub fn of(
        report: &Report,
        status: ReportOutcome,
        ended_at: Option<Timestamp>,
        notice: NoticeView,
    ) -> Self {
        Self {
            id: report.id,
            status,
            comment_id: report.comment.clone(),
            reporter_id: report.reporter.clone(),
            code: report.code,
            note: report.note.clone(),
            surface: report.surface,
            tag: report.tag.clone(),
            at: report.at,
            ended_at,
            case_id: report.decision_point.map(|hearing| hearing.case),
            weight: f64::from(report.weight) / 100.0,
            together: report.coordinated,
            notice,
        }
    }
}

/// The reports that a case has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReportedView {
    /// How many wait for a ruling.
    pub count: u32,
    /// What they weigh together.
    pub weight: f64,
    /// How many of them come from accounts that report together.
    pub together: u32,
    /// The newest, at most 100, ended ones too.
    pub items: Vec<ReportView>,
}

/// An author's appeal, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppealView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: AppealId,
    /// `open`, `upheld` (what was decided stands) or `overturned`.
    #[schema(value_type = String)]
    pub status: AppealOutcome,
    /// Who appealed.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// The comment, where one is meant.
    #[schema(value_type = Option<String>)]
    pub comment_id: Option<CommentId>,
    /// The sanction, where one is meant.
    #[schema(value_type = Option<String>)]
    pub sanction_id: Option<SanctionId>,
    /// In the author's words.
    pub statement: String,
    /// When it was made.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// The case that hears it.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// What the author may be told.
    pub notice: NoticeView,
}

impl AppealView {
    /// An appeal with what became of it.
    pub fn of(
        appeal: &Appeal,
        status: AppealOutcome,
        ended_at: Option<Timestamp>,
        notice: NoticeView,
    ) -> Self {
        let sanction_id = match appeal.contested {
            AppealedDecision::Sanction(id) => Some(id),
            AppealedDecision::Ruling(_) | AppealedDecision::Filter(_) => None,
        };
        Self {
            id: appeal.id,
            status,
            member_id: appeal.member.clone(),
            comment_id: appeal.comment.clone(),
            sanction_id,
            statement: appeal.statement.clone(),
            at: appeal.at,
            ended_at,
            case_id: appeal.decision_point.case,
            notice,
        }
    }
}

/// A note for colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: NoteId,
    /// The case.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl From<&Note> for NoteView {
    fn from(note: &Note) -> Self {
        Self {
            id: note.id,
            case_id: note.case,
            by: note.by.clone(),
            at: note.at,
            text: note.text.clone(),
        }
    }
}

/// A reader who reports.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReporterView {
    /// The board's id.
    #[schema(value_type = String)]
    pub reporter_id: ReporterId,
    /// Until when their reports weigh nothing; null where they count.
    #[schema(value_type = Option<String>)]
    pub muted_until: Option<Timestamp>,
    /// Why.
    pub mute_reason: Option<String>,
    /// Of their newest 50 reports, those whose end says something.
    pub ended: u32,
    /// Those of them that were right.
    pub upheld: u32,
    /// What their next report weighs.
    pub weight: f64,
}

impl ReporterView {
    /// A reporter with how their reports ended.
    pub fn of(
        record: &ReporterRecord,
        (ended, upheld): (u32, u32),
        weight: u32,
        now: Timestamp,
    ) -> Self {
        let mute = record.muted.as_ref().filter(|_| record.is_muted(now));
        Self {
            reporter_id: record.id.clone(),
            muted_until: mute.map(|mute| mute.until),
            mute_reason: mute.map(|mute| mute.said.reason.clone()),
            ended,
            upheld,
            weight: f64::from(weight) / 100.0,
        }
    }
}

/// How many open reports of one in bad faith were set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DismissedView {
    /// How many.
    pub dismissed: u64,
}
