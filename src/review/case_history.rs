//! A case with its rulings, and the outcome of the reports and appeals that these decide.

use crate::{
    record::{
        Appeal, AppealOutcome, Case, CaseState, DecisionPoint, ReasonCode, Report, ReportOutcome,
        Resolution, Ruling, RulingDecision,
    },
    text::Surface,
    time::Timestamp,
};

/// A case with its rulings: by these, reports and appeals are decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseHistory {
    /// The case.
    pub case: Case,
    /// The rulings that were not undone, oldest first.
    pub rulings: Vec<Ruling>,
}

impl CaseHistory {
    /// The newest ruling since `point` that ended the case: it decides.
    pub fn decisive(&self, point: DecisionPoint) -> Option<&Ruling> {
        let newest_first = self.rulings.iter().rev();
        newest_first
            .take_while(|ruling| ruling.version > point.version)
            .find(|ruling| ruling.decision != RulingDecision::Escalate)
    }

    fn is_withdrawn(&self) -> bool {
        self.case.state == CaseState::Resolved(Resolution::Withdrawn)
    }
}

/// The outcome of a report; `history` is that of the case that decides it, `None` if that is not stored.
pub fn outcome_of_report(report: &Report, history: Option<&CaseHistory>) -> ReportOutcome {
    let Some(point) = report.decision_point else {
        return ReportOutcome::Upheld;
    };
    if report.dismissal.is_some() {
        return ReportOutcome::Dismissed;
    }
    let Some(history) = history else {
        return ReportOutcome::Open;
    };
    match history.decisive(point) {
        Some(ruling) if upholds(ruling, report) => ReportOutcome::Upheld,
        Some(_) => ReportOutcome::Dismissed,
        None if history.is_withdrawn() => ReportOutcome::Dismissed,
        None => ReportOutcome::Open,
    }
}

/// When a report ended; `None` while it waits.
pub fn end_of_report(report: &Report, history: Option<&CaseHistory>) -> Option<Timestamp> {
    if outcome_of_report(report, history) == ReportOutcome::Open {
        return None;
    }
    let Some(point) = report.decision_point else {
        return Some(report.at);
    };
    let ruling = history.and_then(|history| history.decisive(point));
    let dismissed = report.dismissal.as_ref().map(|dismissal| dismissal.at);
    dismissed
        // A report made after the ruling was decided as it came.
        .or(ruling.map(|ruling| ruling.at.max(report.at)))
        .or(history.map(|history| history.case.changed_at))
}

/// The codes that the reports of a case give, each once: those of open reports, or of all of them once they are decided.
/// Reports without weight (muted or dismissed) count only if there are no others.
pub fn reported_codes(reports: &[Report], history: Option<&CaseHistory>) -> Vec<ReasonCode> {
    let is_open = |report: &&Report| outcome_of_report(report, history) == ReportOutcome::Open;
    let open: Vec<&Report> = reports.iter().filter(is_open).collect();
    let weighing: Vec<&Report> = open
        .iter()
        .copied()
        .filter(|report| report.weight > 0)
        .collect();
    let counted = match (weighing.is_empty(), open.is_empty()) {
        (false, _) => weighing,
        (true, false) => open,
        (true, true) => reports
            .iter()
            .filter(|report| report.dismissal.is_none())
            .collect(),
    };
    let mut codes: Vec<ReasonCode> = Vec::new();
    for report in counted {
        if !codes.contains(&report.code) {
            codes.push(report.code);
        }
    }
    codes
}

/// Whether the ruling removed what was reported: all of the comment, or those tags.
fn upholds(ruling: &Ruling, report: &Report) -> bool {
    match ruling.decision {
        RulingDecision::Remove => true,
        RulingDecision::RemoveTags => {
            let is_removed = |tag: &String| ruling.tags.contains(tag);
            report.surface == Some(Surface::Tags) && report.tag.as_ref().is_none_or(is_removed)
        }
        RulingDecision::Approve | RulingDecision::Escalate => false,
    }
}

/// The outcome of an appeal; `history` is that of the case that decides it. It is denied if the author withdraws the comment.
pub fn outcome_of_appeal(appeal: &Appeal, history: &CaseHistory) -> AppealOutcome {
    match history
        .decisive(appeal.decision_point)
        .map(|ruling| ruling.decision)
    {
        Some(RulingDecision::Approve | RulingDecision::RemoveTags) => AppealOutcome::Overturned,
        Some(RulingDecision::Remove | RulingDecision::Escalate) => AppealOutcome::Denied,
        None if history.is_withdrawn() => AppealOutcome::Denied,
        None => AppealOutcome::Open,
    }
}

/// When an appeal was decided; `None` while it waits.
pub fn end_of_appeal(appeal: &Appeal, history: &CaseHistory) -> Option<Timestamp> {
    let is_open = outcome_of_appeal(appeal, history) == AppealOutcome::Open;
    let ruling = history.decisive(appeal.decision_point);
    (!is_open).then(|| ruling.map_or(history.case.changed_at, |ruling| ruling.at))
}
