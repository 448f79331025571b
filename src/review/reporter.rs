//! What moderators do about a reporter: mute them, or dismiss their open reports.

use std::collections::HashMap;

use super::{TrackRecord, weight_of};
use crate::{
    id::CaseId,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Dismissal,
        EventKind, Mute, Report, ReporterRecord, Write,
    },
    time::Timestamp,
};

/// The reports of one reporter that wait for a ruling, and the cases that decide them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReports {
    /// The reports.
    pub reports: Vec<Report>,
    /// The cases, each once.
    pub cases: Vec<Case>,
}

/// Mutes a reporter, or with `None` ends their mute: their open reports get another weight. `None` if they were not muted
/// anyway.
pub fn mute(
    record: &ReporterRecord,
    mute: Option<Mute>,
    track: TrackRecord,
    open: OpenReports,
    by: &Actor,
    now: Timestamp,
) -> Option<Change> {
    let updated = record.with(mute);
    let is_muted = updated.is_muted(now);
    if !is_muted && !record.is_muted(now) {
        return None;
    }
    let action = if is_muted {
        AuditAction::ReporterMuted
    } else {
        AuditAction::ReporterUnmuted
    };
    let mute = updated.muted.as_ref();
    let audit = AuditDraft {
        to: mute.map(|mute| mute.until.to_string()),
        words: mute.map(|mute| mute.dismissal.reason.clone()),
        ..AuditDraft::new(now, by, action, AuditSubject::Reporter(record.id.clone()))
    };
    let change = ChangeBuilder::new().updated_reporter(updated);
    let changed = open.write_changed(change, now, |report| {
        let weight = weight_of(track, is_muted, report.coordinated);
        (report.weight != weight).then(|| Report {
            weight,
            ..report.clone()
        })
    });
    Some(changed.audit([audit]).build())
}

/// Dismisses all open reports of one reporter as made in bad faith.
pub fn dismiss(record: &ReporterRecord, dismissal: &Dismissal, open: OpenReports) -> Change {
    let subject = AuditSubject::Reporter(record.id.clone());
    let action = AuditAction::ReporterDismissed;
    let audit = AuditDraft {
        to: Some(open.reports.len().to_string()),
        words: Some(dismissal.reason.clone()),
        ..AuditDraft::new(dismissal.at, &dismissal.by, action, subject)
    };
    let ended: Vec<_> = open
        .reports
        .iter()
        .map(|report| EventKind::Report(report.id))
        .collect();
    let dismissed = |report: &Report| {
        Some(Report {
            dismissal: Some(dismissal.clone()),
            weight: 0,
            ..report.clone()
        })
    };
    let change = ChangeBuilder::new().updated_reporter(record.with(record.muted.clone()));
    open.write_changed(change, dismissal.at, dismissed)
        .events(ended)
        .audit([audit])
        .build()
}

impl OpenReports {
    /// Writes the reports that `change` changes, and what is left of them in their cases. A case that no report supports any
    /// more stays in the queue with a lower priority.
    fn write_changed(
        self,
        mut builder: ChangeBuilder,
        now: Timestamp,
        change: impl Fn(&Report) -> Option<Report>,
    ) -> ChangeBuilder {
        let mut cases: HashMap<CaseId, (Case, bool)> = self
            .cases
            .into_iter()
            .map(|case| (case.id, (case, false)))
            .collect();
        for before in &self.reports {
            let Some(after) = change(before) else {
                continue;
            };
            let case = before
                .decision_point
                .and_then(|point| cases.get_mut(&point.case));
            if let Some((case, is_changed)) = case {
                case.reported = case.reported.without(before.totals()).and(after.totals());
                *is_changed = true;
            }
            builder = builder.write([Write::Report(after)]);
        }
        let changed = cases.into_values().filter(|(_, is_changed)| *is_changed);
        changed.fold(builder, |builder, (case, _)| {
            builder.updated_case(case.next(now))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        id::ReporterId,
        record::ReportTotals,
        review::examples::{self, NOW, actor, case},
    };

    #[test]
    fn a_mute_takes_weight_from_the_case_and_its_end_gives_it_back() {
        let open = |weight| OpenReports {
            reports: vec![examples::report(1, weight), examples::report(2, weight)],
            cases: vec![Case {
                reported: ReportTotals {
                    count: 3,
                    weight: 2 * weight + 40,
                    coordinated: 1,
                },
                ..case()
            }],
        };
        let record = ReporterRecord::new(ReporterId::parse("r1").unwrap());
        let dismissal = Dismissal {
            by: actor("amy"),
            at: NOW,
            reason: "報復".to_owned(),
        };
        let until = Mute {
            until: NOW.plus_ms(1),
            dismissal: dismissal.clone(),
        };
        let track = TrackRecord::default();
        let reported = |change: &Change| change.case().map(|case| case.reported);
        let totals = |count, weight| {
            Some(ReportTotals {
                count,
                weight,
                coordinated: 1,
            })
        };
        let muted = mute(&record, Some(until), track, open(100), &actor("amy"), NOW).unwrap();
        assert_eq!(reported(&muted), totals(3, 40));
        let record = muted.reporter().unwrap().clone();
        let unmuted = mute(&record, None, track, open(0), &actor("amy"), NOW).unwrap();
        assert_eq!(reported(&unmuted), totals(3, 240));
        let record = unmuted.reporter().unwrap().clone();
        assert_eq!(
            mute(&record, None, track, open(100), &actor("amy"), NOW),
            None
        );
        let dismissed = dismiss(&record, &dismissal, open(100));
        assert_eq!(reported(&dismissed), totals(1, 40));
    }
}
