//! Purging a comment's text: who ruled what and when remains, and nothing that anybody wrote.

use super::{CaseHistory, outcome_of_report};
use crate::{
    record::{
        Actor, Appeal, AuditAction, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Comment,
        Covered, Decision, Dismissal, Excerpt, Note, PurgeCause, Rejudgement, Report,
        ReportOutcome, ReportTotals, Revision, Ruling, RulingEffect, Write,
    },
    text::{Span, Surface},
    time::Timestamp,
};

/// How long texts are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of comments that were allowed and that nobody ruled on.
    pub allowed_ms: i64,
    /// Of all others; and of what was counted of written forms.
    pub others_ms: i64,
    /// Of a written form that one member alone wrote and nobody ruled on.
    pub forms_ms: i64,
}

impl Retention {
    /// Whether a comment's text has been kept for long enough. Under a legal hold it is kept on.
    pub fn is_over(&self, comment: &Comment, now: Timestamp) -> bool {
        let is_plain = comment.decision().is_plain_allow()
            && comment.effect.is_none()
            && comment.case.is_none();
        let kept_ms = if is_plain {
            self.allowed_ms
        } else {
            self.others_ms
        };
        is_purgeable(comment) && now.ms_since(comment.newest.at) >= kept_ms
    }
}

/// Whether the comment has a text that no legal hold keeps.
pub const fn is_purgeable(comment: &Comment) -> bool {
    comment.purged_at.is_none() && comment.legal_hold.is_none()
}

/// A comment with everything that was written about it.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each names the records that lose their text")]
pub struct CommentRecords {
    pub comment: Comment,
    pub case: Option<Case>,
    pub rulings: Vec<Ruling>,
    pub reports: Vec<Report>,
    pub appeals: Vec<Appeal>,
    pub notes: Vec<Note>,
}

/// Purges comments with everything that was written about them, in one audited change.
pub fn purge(
    comments: Vec<CommentRecords>,
    cause: PurgeCause,
    subject: AuditSubject,
    by: &Actor,
    now: Timestamp,
) -> Change {
    let change = purge_audited(comments.len(), cause, subject, by, now);
    let comments = comments.into_iter();
    comments
        .fold(change, |change, records| add_purge(change, records, now))
        .build()
}

fn purge_audited(
    count: usize,
    cause: PurgeCause,
    subject: AuditSubject,
    by: &Actor,
    now: Timestamp,
) -> ChangeBuilder {
    let audit = AuditDraft::new(now, by, AuditAction::CommentsPurged(cause), subject).to(count);
    ChangeBuilder::new()
        .audit([audit])
        .texts_purged(count as u64)
}

fn add_purge(change: ChangeBuilder, records: CommentRecords, now: Timestamp) -> ChangeBuilder {
    let history = records.case.clone().map(|case| CaseHistory {
        case,
        rulings: records.rulings.clone(),
    });
    let reports = records.reports.into_iter().flat_map(|report| {
        // A comment that comes under this id later is new, and can be reported anew.
        let index = Write::DeleteReportIndex(report.comment.clone(), report.reporter.clone());
        [
            Write::Report(blank_report(report, history.as_ref(), now)),
            index,
        ]
    });
    let reports: Vec<Write> = reports.collect();
    let appeals = records.appeals.into_iter().map(blank_appeal);
    let rulings = records.rulings.into_iter().map(blank_ruling);
    let case = records.case.map(|case| Case {
        // A ruling about what is gone is not undone.
        version: case.version + 1,
        row_version: case.row_version + 1,
        reported: ReportTotals::default(),
        ..blank_case(&case)
    });
    let comment = blank_comment(&records.comment, now);
    add_redactions(change, &comment)
        .write(records.notes.into_iter().map(blank_note).map(Write::Note))
        .updated_comment(comment)
        .updated_case(case)
        .write(rulings.map(Write::Ruling))
        .write(reports)
        .write(appeals.map(Write::Appeal))
}

/// The comment's revisions up to the one through which it is purged go, and what people wrote of it in the audit.
fn add_redactions(change: ChangeBuilder, comment: &Comment) -> ChangeBuilder {
    let revisions = 1..=comment.purged_through;
    let revisions = revisions.map(|number| Write::DeleteRevision(comment.id.clone(), number));
    let audited = AuditSubject::Comment(comment.id.clone());
    change
        .write(revisions)
        .write([Write::Redact(audited, None)])
}

/// Purges the revisions of a comment up to `through`: the newest came after its member asked for erasure.
pub fn purge_older_revisions(
    comment: &Comment,
    through: u32,
    subject: AuditSubject,
    by: &Actor,
    now: Timestamp,
) -> Change {
    let mut after = Comment {
        purged_through: through,
        ..comment.next()
    };
    let older = after.rejudged.iter_mut();
    for later in older.filter(|later| later.revision <= through) {
        *later = blank_rejudgement(later);
    }
    let change = purge_audited(1, PurgeCause::Erasure, subject, by, now);
    add_redactions(change, &after)
        .updated_comment(after)
        .build()
}

/// Reports that are still open are closed undecided; nothing is counted for or against their reporters.
fn blank_report(report: Report, history: Option<&CaseHistory>, now: Timestamp) -> Report {
    // A report that another case decides, about the nickname, ends with that case.
    let is_decided_here = report
        .decision_point
        .is_none_or(|point| history.is_some_and(|history| history.case.id == point.case));
    let waits = is_decided_here && outcome_of_report(&report, history) == ReportOutcome::Open;
    let ended = || Dismissal {
        by: Actor::System,
        at: now,
        reason: "retention".to_owned(),
    };
    Report {
        note: None,
        tag: None,
        dismissal: report.dismissal.clone().or_else(|| waits.then(ended)),
        ..report
    }
}

pub(super) fn blank_appeal(appeal: Appeal) -> Appeal {
    Appeal {
        statement: String::new(),
        ..appeal
    }
}

pub(super) fn blank_note(note: Note) -> Note {
    Note {
        text: String::new(),
        ..note
    }
}

fn blank_comment(comment: &Comment, now: Timestamp) -> Comment {
    let newest = &comment.newest;
    Comment {
        newest: Covered::new(Revision {
            body: None,
            nickname: None,
            tags: Vec::new(),
            decision: blank_decision(&newest.decision),
            ..Revision::clone(newest)
        }),
        rejudged: comment.rejudged.iter().map(blank_rejudgement).collect(),
        url: None,
        effect: comment.effect.clone().map(blank_effect),
        purged_at: Some(now),
        purged_through: newest.number,
        ..comment.next()
    }
}

/// Tags are the author's words, and so is what a ruling had seen.
fn blank_effect(effect: RulingEffect) -> RulingEffect {
    RulingEffect {
        tags: Vec::new(),
        seen_terms: Vec::new(),
        ..effect
    }
}

fn blank_rejudgement(later: &Covered<Rejudgement>) -> Covered<Rejudgement> {
    Covered::new(Rejudgement {
        decision: blank_decision(&later.decision),
        ..Rejudgement::clone(later)
    })
}

fn blank_decision(decision: &Decision) -> Decision {
    Decision {
        body: None,
        nickname: None,
        tags: Vec::new(),
        reasons: Vec::new(),
        shadow: Vec::new(),
        ..decision.clone()
    }
}

/// A case that shows nothing of what it was about.
pub(super) fn blank_case(case: &Case) -> Case {
    let mut case = without_nickname(case);
    case.excerpt = Excerpt {
        surface: Surface::Body,
        text: String::new(),
        span: Span { start: 0, end: 0 },
    };
    case.term = None;
    case
}

pub(super) fn without_nickname(case: &Case) -> Case {
    let mut case = case.clone();
    if let Some(member) = &mut case.member {
        member.nickname = None;
    }
    case
}

pub(super) fn blank_ruling(mut ruling: Ruling) -> Ruling {
    let before = &mut ruling.undo_snapshot;
    before.case = blank_case(&before.case);
    before.effect = before.effect.take().map(blank_effect);
    ruling.tags.clear();
    ruling.forms.clear();
    ruling.note = None;
    if let Some(subject) = &mut ruling.undo_snapshot.subject {
        subject.text.clear();
    }
    ruling
}
