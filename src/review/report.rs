//! Readers' reports: what is reported, and how a report is filed.

use super::{CaseEvent, ReportWeight, TransitionRefused, case_opening::CaseContext};
use crate::{
    id::{ReportId, ReporterId, RulingId},
    policy::Rules,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, CaseCause, Change, ChangeBuilder,
        Comment, DecisionPoint, EventKind, Precondition, ReasonCode, Report, Resolution, Ruling,
        Source, Subject, Tally, TallyOf, Verdict, Write,
    },
    text::Surface,
    time::IdSource,
};

/// A report, its fields checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRequest {
    /// Who reports; the board's id.
    pub reporter: ReporterId,
    /// What for; a code that people may give.
    pub code: ReasonCode,
    /// In the reader's own words.
    pub note: Option<String>,
    /// The reported part of the comment; `None`: all of it.
    pub surface: Option<Surface>,
    /// The reported tag.
    pub tag: Option<String>,
}

impl CaseContext<'_> {
    /// Whether what a report is about is removed already.
    pub fn is_removed(&self, surface: Option<Surface>, tag: Option<&str>) -> bool {
        let effective = self.effective();
        let are_tags_removed = || {
            let tags = effective.tags.iter();
            let mut reported = tags
                .filter(|known| tag.is_none_or(|tag| known.tag == tag))
                .peekable();
            reported.peek().is_some() && reported.all(|tag| tag.verdict == Verdict::Remove)
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
        let effect = comment.effect_in_force();
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
    let first = Precondition::FirstReport(report.comment.clone(), report.reporter.clone());
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
    // Only for as long as it is removed is the report right at once, so the comment must not have changed.
    let seen = Precondition::Comment(comment.id.clone(), comment.row_version);
    let decided = ChangeBuilder::new()
        .require([seen])
        .events([EventKind::Report(report.id)]);
    let Some((mut ruling, mut case)) = removal else {
        return decided.write([Write::Report(report)]);
    };
    report.decision_point = Some(DecisionPoint {
        case: case.id,
        // The version that the ruling decided: a ruling raises its case's version by one.
        version: ruling.version.saturating_sub(1),
    });
    ruling.late_reports = ruling.late_reports.and(report.totals());
    case.row_version += 1;
    case.add_report_source();
    decided
        .updated_case(case)
        .write([Write::Report(report), Write::Ruling(ruling)])
}
