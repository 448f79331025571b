//! Reports, appeals, notes, and reporters.

use serde::Serialize;
use utoipa::ToSchema;

use super::moderation::NoticeView;
use crate::{
    id::{AppealId, CaseId, CommentId, MemberId, NoteId, ReportId, ReporterId, SanctionId},
    record::{
        Actor, Appeal, AppealOutcome, AppealedDecision, Note, ReasonCode, Report, ReportOutcome,
        ReporterRecord,
    },
    review::{TrackRecord, weight_of},
    text::Surface,
    time::Timestamp,
};

/// A reader's report and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReportView {
    /// The report's id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// `open`, `upheld` or `dismissed`.
    #[schema(value_type = String)]
    pub status: ReportOutcome,
    /// The comment reported.
    #[schema(value_type = String)]
    pub comment_id: CommentId,
    /// The reader who reported it.
    #[schema(value_type = String)]
    pub reporter_id: ReporterId,
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
    /// When it was decided or dismissed.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// The case that decides it.
    #[schema(value_type = Option<String>)]
    pub case_id: Option<CaseId>,
    /// Its weight when it was filed; 1 for an unknown reporter.
    pub weight: f64,
    /// Whether it counts as coordinated: its reporter often reports the same comments as others.
    pub together: bool,
    /// The notice for the reader.
    pub notice: NoticeView,
}

impl ReportView {
    /// A report with its outcome.
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
            case_id: report
                .decision_point
                .map(|decision_point| decision_point.case),
            weight: f64::from(report.weight) / 100.0,
            together: report.coordinated,
            notice,
        }
    }
}

/// A case's reports.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReportedView {
    /// How many wait for a ruling.
    pub count: u32,
    /// The sum of their weights.
    pub weight: f64,
    /// How many of them are coordinated.
    pub together: u32,
    /// The newest reports, at most 100, decided ones included.
    pub items: Vec<ReportView>,
    /// The records of their reporters, at most ten, in the order of the reports.
    pub reporters: Vec<ReporterView>,
}

/// An author's appeal and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppealView {
    /// The appeal's id.
    #[schema(value_type = String)]
    pub id: AppealId,
    /// `open`, `upheld` (the decision stands) or `overturned`.
    #[schema(value_type = String)]
    pub status: AppealOutcome,
    /// The author.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// The comment, for an appeal against a removal.
    #[schema(value_type = Option<String>)]
    pub comment_id: Option<CommentId>,
    /// The sanction, for an appeal against a sanction.
    #[schema(value_type = Option<String>)]
    pub sanction_id: Option<SanctionId>,
    /// The author's own words.
    pub statement: String,
    /// When it was filed.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it was decided.
    #[schema(value_type = Option<String>)]
    pub ended_at: Option<Timestamp>,
    /// The case that decides it.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// The notice for the author.
    pub notice: NoticeView,
}

impl AppealView {
    /// An appeal with its outcome.
    pub fn of(
        appeal: &Appeal,
        status: AppealOutcome,
        ended_at: Option<Timestamp>,
        notice: NoticeView,
    ) -> Self {
        let sanction_id = match appeal.appealed {
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

/// A note on a case, for colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteView {
    /// The note's id.
    #[schema(value_type = String)]
    pub id: NoteId,
    /// The case.
    #[schema(value_type = String)]
    pub case_id: CaseId,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub by: Actor,
    /// When it was written.
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// The text.
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

/// A reader's record as a reporter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReporterView {
    /// The board's id.
    #[schema(value_type = String)]
    pub reporter_id: ReporterId,
    /// Until when they are muted, so that their reports have no weight; null if they are not.
    #[schema(value_type = Option<String>)]
    pub muted_until: Option<Timestamp>,
    /// The reason given for muting them.
    pub mute_reason: Option<String>,
    /// Of their newest 50 reports, how many were decided in a way that says something about the reporter.
    pub ended: u32,
    /// How many of those were upheld.
    pub upheld: u32,
    /// The weight of their next report.
    pub weight: f64,
}

impl ReporterView {
    /// A reporter with their track record.
    pub fn of(record: &ReporterRecord, track: TrackRecord, now: Timestamp) -> Self {
        let weight = weight_of(track, record.is_muted(now), false);
        let mute = record.muted.as_ref().filter(|_| record.is_muted(now));
        Self {
            reporter_id: record.id.clone(),
            muted_until: mute.map(|mute| mute.until),
            mute_reason: mute.map(|mute| mute.dismissal.reason.clone()),
            ended: track.ended,
            upheld: track.upheld,
            weight: f64::from(weight) / 100.0,
        }
    }
}

/// The answer to dismissing a reporter's open reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DismissedView {
    /// How many were dismissed.
    pub dismissed: u64,
}
