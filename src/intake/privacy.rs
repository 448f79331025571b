//! What is left of a comment when its text goes: who ruled what and when, and nothing that anybody wrote.

use crate::{
    record::{
        Actor, Appeal, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Comment, Decision,
        Dismissal, Excerpt, Note, Precondition, Rejudgement, Report, ReportOutcome, ReportTotals,
        Revision, Ruling, Write,
    },
    review::{CaseHistory, outcome_of_report},
    text::{Span, Surface},
    time::Timestamp,
};

/// How long texts are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of comments that were allowed and that nobody ruled.
    pub allowed_ms: i64,
    /// Of all others.
    pub others_ms: i64,
}

impl Retention {
    /// Whether a comment's text has been kept for long enough. What is held is kept.
    pub fn is_over(&self, comment: &Comment, now: Timestamp) -> bool {
        let newest = &comment.newest;
        let plain = comment.decision().is_plain_allow()
            && comment.effect.is_none()
            && comment.case.is_none();
        let kept_ms = if plain {
            self.allowed_ms
        } else {
            self.others_ms
        };
        comment.purged_at.is_none()
            && comment.legal_hold.is_none()
            && now.ms_since(newest.at) >= kept_ms
    }
}

/// A comment with all that was written about it, to be purged together.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each names the records that lose their text")]
pub struct Purge {
    pub comment: Comment,
    pub case: Option<Case>,
    pub rulings: Vec<Ruling>,
    pub reports: Vec<Report>,
    pub appeals: Vec<Appeal>,
    pub notes: Vec<Note>,
    /// What must still hold.
    pub expects: Vec<Precondition>,
}

/// Purges these comments, in one audited change.
pub fn purged(purges: Vec<Purge>, audit: AuditDraft) -> Change {
    let count = purges.len() as u64;
    let change = ChangeBuilder::new().audit([audit]).texts_purged(count);
    purges
        .into_iter()
        .fold(change, |change, purge| purge.add_to(change))
        .build()
}

/// A legal hold that was placed on a comment, or released.
pub fn hold_changed(comment: Comment, audit: AuditDraft) -> Change {
    ChangeBuilder::new()
        .updated_comment(comment)
        .audit([audit])
        .build()
}

impl Purge {
    fn add_to(self, change: ChangeBuilder) -> ChangeBuilder {
        let id = self.comment.id.clone();
        let revisions = 1..=self.comment.purged_through;
        let revisions = revisions.map(|number| Write::DeleteRevision(id.clone(), number));
        // What comes under this id later is new, and can be reported anew.
        let reports = self.reports.into_iter().flat_map(|report| {
            let way = Write::DeleteReportIndex(report.comment.clone(), report.reporter.clone());
            [Write::Report(report), way]
        });
        change
            .require(self.expects)
            .write(revisions)
            .write([Write::Redact(AuditSubject::Comment(id.clone()), None)])
            .write(self.notes.into_iter().map(Write::Note))
            .comment(self.comment)
            .write(self.case.map(Write::Case))
            .write(self.rulings.into_iter().map(Write::Ruling))
            .write(reports)
            .write(self.appeals.into_iter().map(Write::Appeal))
    }

    /// Takes older revisions of a comment away, up to this one: the newest came after its member asked for erasure.
    pub fn older(comment: &Comment, through: u32) -> Self {
        let mut rejudged = comment.rejudged.clone();
        for later in rejudged.iter_mut().filter(|one| one.revision <= through) {
            later.decision = blank_decision(&later.decision);
        }
        Self {
            expects: vec![Precondition::Comment(
                comment.id.clone(),
                comment.row_version,
            )],
            comment: Comment {
                rejudged,
                purged_through: through,
                row_version: comment.row_version + 1,
                ..comment.clone()
            },
            case: None,
            rulings: Vec::new(),
            reports: Vec::new(),
            appeals: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Takes the text out of everything.
    pub fn of(
        comment: &Comment,
        case: Option<&Case>,
        rulings: Vec<Ruling>,
        reports: Vec<Report>,
        appeals: Vec<Appeal>,
        notes: Vec<Note>,
        now: Timestamp,
    ) -> Self {
        let expects = std::iter::once(Precondition::Comment(
            comment.id.clone(),
            comment.row_version,
        ))
        .chain(case.map(|case| Precondition::Case(case.id, case.row_version)))
        .collect();
        let history = case.map(|case| CaseHistory {
            case: case.clone(),
            rulings: rulings.clone(),
        });
        // What still waits beside a decided case has waited in vain, and says nothing of who reported.
        let ended = |report: Report| {
            let history = history.as_ref();
            // what another case hears, about the nickname, ends with that
            let here = report.decision_point.is_none_or(|hearing| {
                history.is_some_and(|history| history.case.id == hearing.case)
            });
            let waits = here && outcome_of_report(&report, history) == ReportOutcome::Open;
            let over = || Dismissal {
                by: Actor::System,
                at: now,
                reason: "retention".to_owned(),
            };
            Report {
                note: None,
                tag: None,
                dismissal: report.dismissal.clone().or_else(|| waits.then(over)),
                ..report
            }
        };
        let reports: Vec<Report> = reports.into_iter().map(ended).collect();
        Self {
            comment: without_text(comment, now),
            case: case.map(|case| Case {
                // a ruling about what is gone is not taken back
                version: case.version + 1,
                row_version: case.row_version + 1,
                reported: ReportTotals::default(),
                ..blank(case)
            }),
            rulings: rulings.into_iter().map(blank_ruling).collect(),
            reports,
            appeals: appeals
                .into_iter()
                .map(|appeal| Appeal {
                    statement: String::new(),
                    ..appeal
                })
                .collect(),
            notes: notes
                .into_iter()
                .map(|note| Note {
                    text: String::new(),
                    ..note
                })
                .collect(),
            expects,
        }
    }
}

fn without_text(comment: &Comment, now: Timestamp) -> Comment {
    let newest = &comment.newest;
    let mark = comment.effect.clone().map(|mut mark| {
        mark.tags.clear();
        mark
    });
    let rejudged = comment.rejudged.iter().map(|later| Rejudgement {
        decision: blank_decision(&later.decision),
        ..later.clone()
    });
    Comment {
        newest: Revision {
            body: None,
            nickname: None,
            tags: Vec::new(),
            decision: blank_decision(&newest.decision),
            ..newest.clone()
        },
        rejudged: rejudged.collect(),
        url: None,
        effect: mark,
        purged_at: Some(now),
        purged_through: newest.number,
        row_version: comment.row_version + 1,
        ..comment.clone()
    }
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
pub(super) fn blank(case: &Case) -> Case {
    let mut case = case.clone();
    case.excerpt = Excerpt {
        surface: Surface::Body,
        text: String::new(),
        span: Span { start: 0, end: 0 },
    };
    case.term = None;
    if let Some(member) = &mut case.member {
        member.nickname = None;
    }
    case
}

pub(super) fn blank_ruling(mut ruling: Ruling) -> Ruling {
    ruling.undo_snapshot.case = blank(&ruling.undo_snapshot.case);
    ruling.tags.clear();
    ruling.note = None;
    if let Some(mark) = &mut ruling.undo_snapshot.effect {
        mark.tags.clear();
    }
    if let Some(subject) = &mut ruling.undo_snapshot.subject {
        subject.text.clear();
    }
    ruling
}
