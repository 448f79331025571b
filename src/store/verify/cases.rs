//! Cases, and their reports and appeals.

use super::{Walk, any_missing, look_case};
use crate::{
    record::{Appeal, AppealOutcome, Case, Comment, Report, ReportOutcome, ReportTotals},
    review::{CaseHistory, outcome_of_appeal, outcome_of_report},
    store::{
        Result,
        engine::{Range, Reads},
        rows::Rows,
        tables::{Index, Key, Keyed as _, Table, Value},
    },
};

impl<E: Reads> Walk<'_, E> {
    /// What a case says of its reports and its appeal is what those say.
    pub(super) async fn cases(&mut self) -> Result<()> {
        let mut rows = Rows::of(Table::Cases);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                self.report.cases += 1;
                let Some(case) = self.read_keyed::<Case>(&row) else {
                    continue;
                };
                self.report.unresolved += u64::from(case.state.is_unresolved());
                let named = case.rulings.len();
                let history = self.history(case).await?;
                if history.rulings.len() < named {
                    self.found_at(
                        Table::Cases,
                        &row.key,
                        "a case with a ruling that is not there",
                    );
                }
                if history.case.reported != self.waiting_reports(&history).await? {
                    self.found_at(
                        Table::Cases,
                        &row.key,
                        "its reports are others than it says",
                    );
                }
                if !self.appeal_waits(&history).await? {
                    self.found_at(Table::Cases, &row.key, "its appeal is another than it says");
                }
            }
        }
        Ok(())
    }

    async fn history(&self, case: Case) -> Result<CaseHistory> {
        let keys = case.rulings.iter().map(|id| vec![Value::Id(id.0.0)]);
        let rulings = self.fetched(keys).await?;
        Ok(CaseHistory { case, rulings })
    }

    async fn waiting_reports(&mut self, history: &CaseHistory) -> Result<ReportTotals> {
        let heard = Range::along(Index::ReportsOfCase).under(history.case.key());
        let (mut rows, mut waiting) = (Rows::along(heard), ReportTotals::default());
        while let Some(rows) = rows.next(self.engine).await? {
            let reports = rows.iter().filter_map(|row| row.read::<Report>().ok());
            for report in
                reports.filter(|one| outcome_of_report(one, Some(history)) == ReportOutcome::Open)
            {
                waiting = waiting.and(ReportTotals {
                    count: 1,
                    weight: report.weight,
                    coordinated: u32::from(report.coordinated),
                });
            }
        }
        Ok(waiting)
    }

    /// Whether the appeal that the case names, if any, waits in it.
    async fn appeal_waits(&self, history: &CaseHistory) -> Result<bool> {
        let Some(id) = history.case.appeal else {
            return Ok(true);
        };
        let found: Vec<Appeal> = self.fetched([vec![Value::Id(id.0.0)]]).await?;
        Ok(found.first().is_some_and(|appeal| {
            appeal.decision_point.case == history.case.id
                && outcome_of_appeal(appeal, history) == AppealOutcome::Open
        }))
    }

    /// A reader's way from a comment leads to the last report, unless the comment's text is gone: then it may be reported anew.
    pub(super) async fn reports(&mut self) -> Result<()> {
        let missing = "is heard in a case that is not there";
        let case = |report: &Report| {
            let point = report.decision_point;
            point
                .map(|point| look_case(point.case))
                .into_iter()
                .collect()
        };
        self.each_with(case, |_, found| any_missing(found, missing))
            .await?;
        let (mut reports, mut current) = (Rows::of(Table::Reports), 0);
        while let Some(rows) = reports.next(self.engine).await? {
            // reported above if they cannot be read
            for report in rows.iter().filter_map(|row| row.read::<Report>().ok()) {
                let way: Key = vec![(&report.comment).into(), (&report.reporter).into()];
                let leads_to = self.engine.get(Table::CurrentReports, way).await?;
                if leads_to.is_some_and(|row| row.record == report.id.0.0.to_be_bytes()) {
                    current += 1;
                } else {
                    self.reported_apart(&report).await?;
                }
            }
        }
        if self
            .engine
            .count(Range::along(Table::CurrentReports))
            .await?
            != current
        {
            self.found_in(
                Table::Reports,
                "there are ways to reports that are not there",
            );
        }
        Ok(())
    }

    async fn reported_apart(&mut self, report: &Report) -> Result<()> {
        let by_id = vec![Value::from(&report.comment)];
        let Some(row) = self.engine.find(Index::CommentById, by_id).await? else {
            return Ok(());
        };
        if row
            .read()
            .is_ok_and(|comment: Comment| comment.purged_through == 0)
        {
            self.found_at(
                Table::Comments,
                &row.key,
                "does not lead to a report about it",
            );
        }
        Ok(())
    }

    /// An appeal that waits is the one that its case names.
    pub(super) async fn appeals(&mut self) -> Result<()> {
        let mut rows = Rows::of(Table::Appeals);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                let Some(appeal) = self.read_keyed::<Appeal>(&row) else {
                    continue;
                };
                let key = vec![Value::Id(appeal.decision_point.case.0.0)];
                let case: Vec<Case> = self.fetched([key]).await?;
                let Some(case) = case.into_iter().next() else {
                    self.found_at(
                        Table::Appeals,
                        &row.key,
                        "is heard in a case that is not there",
                    );
                    continue;
                };
                let history = self.history(case).await?;
                let waits = outcome_of_appeal(&appeal, &history) == AppealOutcome::Open;
                if waits && history.case.appeal != Some(appeal.id) {
                    self.found_at(
                        Table::Cases,
                        &history.case.key(),
                        "its appeal is another than it says",
                    );
                }
            }
        }
        Ok(())
    }
}
