//! Readers' reports: what one weighs by how its reporter's earlier ones ended, and how it is filed.

use std::collections::HashMap;

use super::{
    CaseEvent, CaseHistory, TransitionRefused,
    case_history::{marks_reporter, outcome_of_report},
    case_opening::CaseContext,
};
use crate::{
    id::{CaseId, CommentId, ReportId, ReporterId, RulingId},
    policy::Rules,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, CaseCause, CaseState, Change,
        ChangeBuilder, Comment, DecisionPoint, Dismissal, EventKind, Mute, Precondition,
        ReasonCode, Report, ReportOutcome, ReporterRecord, Resolution, Ruling, Source, Subject,
        Tally, TallyOf, Verdict, Write,
    },
    text::Surface,
    time::{IdSource, Timestamp},
};

/// What a report by an unknown reporter weighs; all weights are in hundredths.
pub const WEIGHT_NEUTRAL: u32 = 100;
/// A reporter's upheld share counts once this many of their reports have ended.
const ENDED_MIN: u32 = 5;
/// The upheld share, in hundredths, above which a report weighs more.
const SHARE_FAIR: u32 = 70;
/// What a report weighs at least if its reporter is not muted.
const WEIGHT_MIN: u32 = 10;
/// What a report from a brigade keeps of its weight: a tenth.
const COORDINATED_DIVISOR: u32 = 10;

/// How many of a reporter's newest reports are compared when looking for a brigade.
const COMPARED_MAX: usize = 12;
/// Two reporters who share this many other reported comments count as a brigade.
const SHARED_MIN: usize = 3;

/// The comments by which a reporter is compared with the others who reported the same comment: those of their newest other
/// reports. `None` if there are too few to show a brigade.
pub fn compared_comments(others: &[Report]) -> Option<Vec<&CommentId>> {
    let newest = others.iter().take(COMPARED_MAX);
    let comments: Vec<_> = newest.map(|report| &report.comment).collect();
    (comments.len() >= SHARED_MIN).then_some(comments)
}

/// Whether two reporters who both reported a comment belong to a brigade, if they share this many of the
/// [`compared_comments`].
pub const fn is_brigade(shared: usize) -> bool {
    shared >= SHARED_MIN
}

/// How a reporter's reports ended so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackRecord {
    /// Reports whose end says something.
    pub ended: u32,
    /// Those of them that were right.
    pub upheld: u32,
}

impl TrackRecord {
    /// Counts a report, if how it ended says something about its reporter.
    pub fn count(&mut self, report: &Report, history: Option<&CaseHistory>) {
        if marks_reporter(report, history) {
            let is_upheld = outcome_of_report(report, history) == ReportOutcome::Upheld;
            self.ended += 1;
            self.upheld += u32::from(is_upheld);
        }
    }

    /// What a report weighs, in hundredths: 100 until five have ended; then up to 200 the larger the upheld share, and
    /// less than 100 below seventy in a hundred.
    pub const fn weight(self) -> u32 {
        if self.ended < ENDED_MIN {
            return WEIGHT_NEUTRAL;
        }
        let share = self.upheld * 100 / self.ended;
        let weight = if share >= SHARE_FAIR {
            WEIGHT_NEUTRAL + (share - SHARE_FAIR) * WEIGHT_NEUTRAL / (100 - SHARE_FAIR)
        } else {
            share * WEIGHT_NEUTRAL / SHARE_FAIR
        };
        if weight < WEIGHT_MIN {
            WEIGHT_MIN
        } else {
            weight
        }
    }

    /// Whether the reporter has shown to be right: then reporting the same comments as others is no sign of a brigade.
    pub const fn is_proven(self) -> bool {
        self.ended >= ENDED_MIN && self.upheld * 100 >= self.ended * SHARE_FAIR
    }
}

/// The weight of a report in hundredths: nothing from a muted reporter, a tenth from a brigade.
pub const fn weight_of(track: TrackRecord, muted: bool, coordinated: bool) -> u32 {
    match (muted, coordinated) {
        (true, _) => 0,
        (false, true) => track.weight() / COORDINATED_DIVISOR,
        (false, false) => track.weight(),
    }
}

/// A report, its fields checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    /// Who reports; the board's id.
    pub reporter: ReporterId,
    /// What for; a code that people may give.
    pub code: ReasonCode,
    /// In the reader's own words.
    pub note: Option<String>,
    /// The part of the comment that is meant; `None`: all of it.
    pub surface: Option<Surface>,
    /// The tag that is meant.
    pub tag: Option<String>,
}

/// What a report weighs, worked out before it is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportWeight {
    /// In hundredths.
    pub weight: u32,
    /// Its reporter belongs to a brigade.
    pub coordinated: bool,
    /// It makes enough reports since the last approval for somebody to look again.
    pub reopens: bool,
}

impl ReportWeight {
    /// What a report weighs in `case`, the one that would decide it; `reopen_min` reports since an approval open it again.
    pub fn new(
        track: TrackRecord,
        is_muted: bool,
        coordinated: bool,
        case: Option<&Case>,
        reopen_min: u32,
    ) -> Self {
        let weight = weight_of(track, is_muted, coordinated);
        Self {
            weight,
            coordinated,
            reopens: case.is_none_or(|case| reopens(case, weight, reopen_min)),
        }
    }
}

/// Whether a report with this weight reopens an approved case: it does once it brings the reports since the approval,
/// coordinated ones left out, to `reopen_min`. With a minimum of 3 and four coordinated reports out of five, one counts; this
/// report makes two and reopens nothing.
fn reopens(case: &Case, weight: u32, reopen_min: u32) -> bool {
    let counted = case
        .reported
        .count
        .saturating_sub(case.reported.coordinated);
    match case.state {
        CaseState::Resolved(Resolution::Approved | Resolution::TagsRemoved) => {
            weight > 0 && counted + 1 >= reopen_min
        }
        CaseState::Resolved(Resolution::Removed | Resolution::Withdrawn)
        | CaseState::Open
        | CaseState::Escalated => false,
    }
}

impl CaseContext<'_> {
    /// Whether what a report is about is removed already.
    pub fn is_removed(&self, surface: Option<Surface>, tag: Option<&str>) -> bool {
        let effective = self.effective();
        let are_tags_removed = || {
            let tags = effective.tags.iter();
            let mut meant = tags
                .filter(|known| tag.is_none_or(|tag| known.tag == tag))
                .peekable();
            meant.peek().is_some() && meant.all(|tag| tag.verdict == Verdict::Remove)
        };
        effective.verdict == Verdict::Remove
            || match surface {
                Some(Surface::Nickname) => effective.nickname == Some(Verdict::Remove),
                Some(Surface::Tags) => are_tags_removed(),
                Some(Surface::Body) | None => false,
            }
    }

    /// The ruling without which what a report is about would not be removed; `None` where the filter removes it by itself.
    pub fn removed_by(&self, surface: Option<Surface>, tag: Option<&str>) -> Option<RulingId> {
        let (comment, decision) = (self.comment, self.comment.decision());
        if decision.verdict == Verdict::Remove {
            return None;
        }
        let effect = self.effect();
        let rulings = self.background.rulings_on(comment);
        let of_comment = effect.filter(|effect| effect.resolution == Resolution::Removed);
        let of_nickname = rulings.nickname.filter(|ruling| !ruling.approved);
        let of_tag = || {
            let wanted = tag.filter(|_| surface == Some(Surface::Tags))?;
            let place = comment.newest.tags.iter().position(|tag| tag == wanted)?;
            if decision.tags.get(place)?.verdict == Verdict::Remove {
                return None;
            }
            let effect = effect.filter(|effect| effect.tags.iter().any(|tag| tag == wanted));
            let shared = rulings.tags.get(place).copied().flatten();
            let shared = shared.filter(|ruling| !ruling.approved);
            effect
                .map(|effect| effect.ruling)
                .or(shared.map(|ruling| ruling.ruling))
        };
        of_comment
            .map(|effect| effect.ruling)
            .or(of_nickname.map(|ruling| ruling.ruling))
            .or_else(of_tag)
    }

    /// What a report is about: a nickname is its member's, unless only the board could say whether they bear it.
    fn reported_subject(&self, surface: Option<Surface>) -> Subject {
        match &self.comment.member {
            Some(member) if surface == Some(Surface::Nickname) && !self.comment.provisional => {
                Subject::Nickname(member.clone())
            }
            _ => Subject::Comment(self.comment.id.clone()),
        }
    }
}

/// Files a reader's report. One on what is removed already is right at once: where a ruling removed it, `removal`, for as
/// long as that stands.
pub fn report(
    context: CaseContext<'_>,
    request: ReportRequest,
    weight: ReportWeight,
    removal: Option<(Ruling, Case)>,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<Change, TransitionRefused> {
    let report = Report {
        id: ReportId(ids.id()),
        comment: context.comment.id.clone(),
        reporter: request.reporter,
        code: request.code,
        note: request.note,
        surface: request.surface,
        tag: request.tag,
        at: ids.now,
        decision_point: None,
        dismissal: None,
        coordinated: weight.coordinated,
        weight: weight.weight,
    };
    let made = made(&report, by);
    // Each reader counts once, however many reports arrive at the same moment.
    let first = Precondition::Unreported(report.comment.clone(), report.reporter.clone());
    let (change, opened) = if context.is_removed(report.surface, report.tag.as_deref()) {
        (report_of_removed(context.comment, report, removal), None)
    } else {
        report_to_case(context, report, weight.reopens, rules, by, ids)?
    };
    let counted = Tally {
        reports: 1,
        ..Tally::default()
    };
    Ok(change
        .require([first])
        .audit([made])
        .audit(opened)
        .count([(TallyOf::Day, counted)], None)
        .build())
}

fn made(report: &Report, by: &Actor) -> AuditDraft {
    let action = AuditAction::ReportMade {
        report: report.id,
        reporter: report.reporter.clone(),
    };
    AuditDraft {
        to: Some(report.code.name().to_owned()),
        ..AuditDraft::new(
            report.at,
            by,
            action,
            AuditSubject::Comment(report.comment.clone()),
        )
    }
}

/// A report that waits for a ruling; and the audit entry of a case that opens for it.
fn report_to_case(
    context: CaseContext<'_>,
    mut report: Report,
    reopens: bool,
    rules: &Rules,
    by: &Actor,
    ids: &mut IdSource,
) -> Result<(ChangeBuilder, Option<AuditDraft>), TransitionRefused> {
    let severity = rules.row(report.code).severity;
    let reason = context.reason(report.code, severity, report.surface, report.tag.as_deref());
    let subject = context.reported_subject(report.surface);
    let event = CaseEvent::Report { reopens };
    let mut transition = context.transition(subject, event, reason, Source::Report, ids)?;
    transition.case.reported = transition.case.reported.and(report.totals());
    report.decision_point = Some(DecisionPoint::of(&transition.case));
    let opened = transition.audit(CaseCause::Code(report.code), by);
    let change = transition.into_builder().write([Write::Report(report)]);
    Ok((change, opened))
}

/// A report that is decided as it is made. If a ruling removed the comment, the report counts as made before it: it is right
/// with the ruling, and waits with the others once that is undone.
fn report_of_removed(
    comment: &Comment,
    mut report: Report,
    removal: Option<(Ruling, Case)>,
) -> ChangeBuilder {
    let seen = Precondition::Comment(comment.id.clone(), comment.row_version);
    let decided = ChangeBuilder::new()
        .require([seen])
        .events([EventKind::Report(report.id)]);
    let Some((mut ruling, mut case)) = removal else {
        return decided.write([Write::Report(report)]);
    };
    report.decision_point = Some(DecisionPoint {
        case: case.id,
        version: ruling.version.saturating_sub(1),
    });
    ruling.late_reports = ruling.late_reports.and(report.totals());
    case.row_version += 1;
    case.is_reported();
    decided
        .updated_case(case)
        .write([Write::Report(report), Write::Ruling(ruling)])
}

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
    use super::*;

    #[test]
    fn a_report_weighs_by_how_its_reporters_others_ended() {
        let weight = |ended, upheld| TrackRecord { ended, upheld }.weight();
        assert_eq!((weight(0, 0), weight(4, 0)), (100, 100));
        assert_eq!((weight(5, 5), weight(10, 7)), (200, 100));
        assert!(weight(10, 8) > 100 && weight(10, 6) < 100);
        assert_eq!(weight(50, 0), WEIGHT_MIN);
    }

    #[test]
    fn muted_weighs_nothing_and_a_brigade_a_tenth() {
        let track = TrackRecord::default();
        assert_eq!(weight_of(track, true, false), 0);
        assert_eq!(weight_of(track, false, true), 10);
        assert_eq!(weight_of(track, false, false), 100);
    }
}
