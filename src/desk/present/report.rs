//! Reports with their outcome, and the track record of who made them.

use super::case_history::CaseHistories;
use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{NoticeView, ReportView, ReporterView},
    },
    id::{MemberId, ReporterId},
    policy::notice::ReportText,
    record::{Actor, Case, Dismissal, ReasonCode, Report, ReportOutcome},
    review::{CaseHistory, TrackRecord, marks_reporter, outcome_of_report, weight_of},
};

/// How many of a reporter's newest reports their track record counts.
const TRACKED_MAX: usize = 50;
/// How many reports are read at a time.
const REPORTS_PAGE: usize = 200;
/// How many of a case's reports are asked which code they give.
const ASKED_MAX: usize = 1_000;

impl Base {
    /// A report with its outcome.
    pub async fn report_view(
        &self,
        report: &Report,
        histories: &mut CaseHistories,
    ) -> Result<ReportView, DeskError> {
        let history = self.history_of(report, histories).await?;
        let outcome = outcome_of_report(report, history);
        let decided = report
            .decision_point
            .zip(history)
            .and_then(|(decision_point, history)| history.decisive(decision_point))
            .map(|ruling| ruling.at.max(report.at));
        let closed = history.map(|history| history.case.changed_at);
        let dismissed = report.dismissal.as_ref().map(|dismissal| dismissal.at);
        let without_decision = report.decision_point.is_none().then_some(report.at);
        let ended_at = without_decision
            .or(dismissed)
            .or(decided)
            .or(closed)
            .filter(|_| outcome != ReportOutcome::Open);
        Ok(ReportView::of(
            report,
            outcome,
            ended_at,
            self.report_notice(text_of(report, history)),
        ))
    }

    pub fn report_notice(&self, text: ReportText) -> NoticeView {
        NoticeView::from(self.rules().notices.of_report(text))
    }

    /// The codes that the reports of a case give: those of open reports, or of all of them once they are decided. Reports
    /// without weight (muted or dismissed) count only if there are no others.
    pub async fn reported_codes(&self, case: &Case) -> Result<Vec<ReasonCode>, DeskError> {
        let reports = self.store.reports_of_case(case.id, 0, ASKED_MAX).await?;
        let history = self.case_history(case.id).await?;
        let is_open =
            |report: &&Report| outcome_of_report(report, history.as_ref()) == ReportOutcome::Open;
        let has_weight = |report: &&Report| report.weight > 0;
        let is_not_dismissed = |report: &&Report| report.dismissal.is_none();
        let open: Vec<&Report> = reports.iter().filter(is_open).collect();
        let weighing: Vec<&Report> = open.iter().copied().filter(has_weight).collect();
        let counted = match (weighing.is_empty(), open.is_empty()) {
            (false, _) => weighing,
            (true, false) => open,
            (true, true) => reports.iter().filter(is_not_dismissed).collect(),
        };
        let mut codes: Vec<ReasonCode> = Vec::new();
        for report in counted {
            if !codes.contains(&report.code) {
                codes.push(report.code);
            }
        }
        Ok(codes)
    }

    /// The reporter's track record, and the newest reports it is taken from.
    pub async fn track_record(
        &self,
        reporter: &ReporterId,
    ) -> Result<(TrackRecord, Vec<Report>), DeskError> {
        let reports = self.store.reports_of(reporter, None, TRACKED_MAX).await?;
        let (mut track, mut histories) = (TrackRecord::default(), CaseHistories::default());
        for report in &reports {
            let history = self.history_of(report, &mut histories).await?;
            if marks_reporter(report, history) {
                track.count(outcome_of_report(report, history) == ReportOutcome::Upheld);
            }
        }
        Ok((track, reports))
    }

    /// A reader's record as a reporter; `None` if they never reported and were never muted.
    pub async fn reporter_view(&self, id: &ReporterId) -> Result<Option<ReporterView>, DeskError> {
        let record = self.store.reporter(id).await?;
        let (track, reports) = self.track_record(id).await?;
        if record.row_version == 0 && reports.is_empty() {
            return Ok(None);
        }
        let now = self.clock.now();
        let weight = weight_of(track, record.is_muted(now), false);
        let ended = (track.ended, track.upheld);
        Ok(Some(ReporterView::of(&record, ended, weight, now)))
    }

    pub async fn all_reports(
        &self,
        id: &MemberId,
        max: usize,
    ) -> Result<Vec<ReportView>, DeskError> {
        let (mut reports, mut histories) = (Vec::new(), CaseHistories::default());
        let Ok(reporter) = ReporterId::parse(id.as_str()) else {
            return Ok(reports);
        };
        let mut before = None;
        loop {
            let page_size = REPORTS_PAGE.min(max - reports.len());
            let page = self.store.reports_of(&reporter, before, page_size).await?;
            for report in &page {
                reports.push(self.report_view(report, &mut histories).await?);
            }
            let is_full = page.len() == page_size && reports.len() < max;
            match page.last().filter(|_| is_full) {
                Some(last) => before = Some(last.id),
                None => return Ok(reports),
            }
        }
    }
}

/// What the reporter is told about their report. A report that nobody examined is not described as unfounded.
pub fn text_of(report: &Report, history: Option<&CaseHistory>) -> ReportText {
    let by_person = |dismissal: &Dismissal| dismissal.by != Actor::System;
    let ruled = report
        .decision_point
        .zip(history)
        .is_some_and(|(decision_point, history)| history.decisive(decision_point).is_some());
    match outcome_of_report(report, history) {
        ReportOutcome::Open => ReportText::Open,
        ReportOutcome::Upheld => ReportText::Upheld,
        ReportOutcome::Dismissed if report.dismissal.as_ref().is_some_and(by_person) => {
            ReportText::SetAside
        }
        ReportOutcome::Dismissed if ruled && report.dismissal.is_none() => ReportText::Dismissed,
        ReportOutcome::Dismissed => ReportText::Withdrawn,
    }
}
