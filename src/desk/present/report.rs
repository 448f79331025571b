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
    review::{CaseHistory, TrackRecord, end_of_report, outcome_of_report, reported_codes},
};

/// How many of a reporter's newest reports their track record counts.
const TRACKED_MAX: usize = 50;
/// How many reports are read at a time.
const REPORTS_PAGE: usize = 200;
/// How many of a case's reports are asked which code they give.
const ASKED_MAX: usize = 1_000;

impl Base {
    /// A report with its outcome.
    pub async fn report_view(&self, report: &Report) -> Result<ReportView, DeskError> {
        let mut histories = CaseHistories::default();
        let history = self.history_of(report, &mut histories).await?;
        Ok(self.report_view_of(report, history))
    }

    /// Reports with their outcomes.
    pub async fn report_views(&self, reports: &[Report]) -> Result<Vec<ReportView>, DeskError> {
        let mut views = Vec::with_capacity(reports.len());
        let mut histories = CaseHistories::default();
        for report in reports {
            let history = self.history_of(report, &mut histories).await?;
            views.push(self.report_view_of(report, history));
        }
        Ok(views)
    }

    /// A report with its outcome by the history of its case.
    pub fn report_view_of(&self, report: &Report, history: Option<&CaseHistory>) -> ReportView {
        ReportView::of(
            report,
            outcome_of_report(report, history),
            end_of_report(report, history),
            self.report_notice(text_of(report, history)),
        )
    }

    /// The notice to a reporter.
    fn report_notice(&self, text: ReportText) -> NoticeView {
        NoticeView::from(self.rules().notices.of_report(text))
    }

    /// The codes that the reports of a case give.
    pub async fn reported_codes(&self, case: &Case) -> Result<Vec<ReasonCode>, DeskError> {
        let reports = self.store.reports_of_case(case.id, 0, ASKED_MAX).await?;
        let history = self.case_history(case.id).await?;
        Ok(reported_codes(&reports, history.as_ref()))
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
            track.count(report, history);
        }
        Ok((track, reports))
    }

    /// The records of the first `max` who made these reports, each once.
    pub async fn reporters_of(
        &self,
        reports: &[ReportView],
        max: usize,
    ) -> Result<Vec<ReporterView>, DeskError> {
        let mut views: Vec<ReporterView> = Vec::new();
        for report in reports {
            let is_known = |view: &ReporterView| view.reporter_id == report.reporter_id;
            if views.len() < max && !views.iter().any(is_known) {
                views.extend(self.reporter_view(&report.reporter_id).await?);
            }
        }
        Ok(views)
    }

    /// A reader's record as a reporter; `None` if they never reported and were never muted.
    pub async fn reporter_view(&self, id: &ReporterId) -> Result<Option<ReporterView>, DeskError> {
        let record = self.store.reporter(id).await?;
        let (track, reports) = self.track_record(id).await?;
        if record.row_version == 0 && reports.is_empty() {
            return Ok(None);
        }
        Ok(Some(ReporterView::of(&record, track, self.clock.now())))
    }

    /// The newest reports by the reader with a member's id, at most `max`: boards use one id for both.
    pub async fn reports_by(
        &self,
        id: &MemberId,
        max: usize,
    ) -> Result<Vec<ReportView>, DeskError> {
        let (mut views, mut before) = (Vec::new(), None);
        let Ok(reporter) = ReporterId::parse(id.as_str()) else {
            return Ok(views);
        };
        loop {
            let page_size = REPORTS_PAGE.min(max - views.len());
            let page = self.store.reports_of(&reporter, before, page_size).await?;
            views.extend(self.report_views(&page).await?);
            let has_more = page.len() == page_size && views.len() < max;
            match page.last().filter(|_| has_more) {
                Some(last) => before = Some(last.id),
                None => return Ok(views),
            }
        }
    }
}

/// What the reporter is told about their report. A report that nobody examined is not described as unfounded.
fn text_of(report: &Report, history: Option<&CaseHistory>) -> ReportText {
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
