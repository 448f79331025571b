//! Judging a stored comment again: a later decision beside those before, with all that follows from it.
//!
//! Texts are judged by today's rulebook, but nothing gets harsher by that: where today's would say more against any
//! surface, the earlier decision stands but for what has changed, and that is counted. Rulings lie over the later decision as they
//! lay over the first.

use super::{
    filing::indexed_tags,
    moderate::{CaseOrigin, FilingBuilder},
};
use crate::{
    member::{MemberStanding, SanctionKind},
    policy::{AuthorSignals, Findings, Rulebook, decide, decide::redecide},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, Change, ChangeBuilder, Comment,
        Decision, EventKind, FanOutProgress, MemberRecord, Precondition, ReasonCode, RejudgeCause,
        Rejudgement, Report, SubjectRecord, Tally, TallyOf, Write,
    },
    review::{Background, CaseContext, EffectiveDecision, effective_verdict, tallies_of_decision},
    time::IdSource,
};

/// A comment with a later decision, and all that is written for it. Only [`rejudge`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "named and described as in `Filing`")]
pub struct Rejudged {
    pub comment: Comment,
    pub cases: Vec<Case>,
    pub subjects: Vec<SubjectRecord>,
    /// Reports that were right at once since it was removed, and wait for a person now.
    pub reports: Vec<Report>,
    pub audit: Vec<AuditDraft>,
    /// What the board is told: nothing where a ruling leaves all as it was.
    pub event: Option<EventKind>,
    pub tallies: Vec<(TallyOf, Tally)>,
    pub expects: Vec<Precondition>,
}

impl Rejudged {
    fn into_builder(self) -> ChangeBuilder {
        let comment = Write::Comment {
            tags: indexed_tags(self.comment.decision(), &self.expects),
            comment: self.comment,
            archived: None,
            judged: false,
        };
        ChangeBuilder::new()
            .require(self.expects)
            .write([comment])
            .write(self.cases.into_iter().map(Write::Case))
            .write(self.subjects.into_iter().map(Write::Subject))
            .write(self.reports.into_iter().map(Write::Report))
            .audit(self.audit)
            .events(self.event)
            .count(self.tallies, None)
    }
}

/// The next step of a fan-out: the events that it makes, the comment that it judged again, and how far it has come; where
/// nothing is left of it, `is_done`.
pub fn fan_out_step(
    progress: FanOutProgress,
    events: Vec<EventKind>,
    rejudged: Option<Rejudged>,
    is_done: bool,
) -> Change {
    rejudged
        .map_or_else(ChangeBuilder::new, Rejudged::into_builder)
        .write([Write::FanOut(progress, is_done)])
        .events(events)
        .build()
}

/// What is to be known of who wrote a comment when it is judged again, since sanctions that blocked it have become void, or
/// hold again. None where the latest decision goes by what is known already.
pub fn known_otherwise(
    comment: &Comment,
    member: &MemberRecord,
    cause: RejudgeCause,
) -> Option<AuthorSignals> {
    let (newest, latest) = (&comment.newest, comment.decision());
    let said = standing_of(latest);
    // what was not seen then is not held against it now
    let known = member.stood(newest.at).min(standing_of(&newest.decision));
    let due = match cause {
        _ if known < said => member.was_wronged(newest.at),
        RejudgeCause::Undone(_) => known > said,
        RejudgeCause::Overturned(_) | RejudgeCause::Restored(_) => false,
    };
    due.then(|| AuthorSignals {
        verified: newest.verified,
        standing: match known {
            None | Some(SanctionKind::Warn) => MemberStanding::Good,
            Some(SanctionKind::Watch) => MemberStanding::Watched,
            Some(SanctionKind::Suspend) => MemberStanding::Suspended(newest.at),
            Some(SanctionKind::Terminate) => MemberStanding::Terminated,
        },
        is_new: latest.gives(ReasonCode::MemberNew),
        floods: latest.gives(ReasonCode::Flood),
    })
}

/// The sanction that a decision goes by.
fn standing_of(decision: &Decision) -> Option<SanctionKind> {
    let kinds = [
        (ReasonCode::MemberTerminated, SanctionKind::Terminate),
        (ReasonCode::MemberSuspended, SanctionKind::Suspend),
        (ReasonCode::MemberWatched, SanctionKind::Watch),
    ];
    let given = kinds.into_iter().find(|(code, _)| decision.gives(*code));
    given.map(|(_, kind)| kind)
}

/// What is decided when a comment is judged again, and whether today's rulebook by itself would have said more against it.
pub fn decide_again(
    comment: &Comment,
    findings: &Findings,
    rulebook: &Rulebook,
) -> (Decision, bool) {
    let before = redecide(comment.decision(), findings.author, rulebook);
    let today = decide(comment.newest.surfaces(), findings, rulebook);
    if today.is_harsher_than(&before) {
        (before, true)
    } else {
        (today, false)
    }
}

/// Lays a later decision beside those before. The background is that of the stored comment; `reports` are those on it.
pub fn rejudge(
    stored: &Comment,
    (decision, cause): (Decision, RejudgeCause),
    reports: Vec<Report>,
    background: &Background,
    rulebook: &Rulebook,
    ids: &mut IdSource,
) -> Result<Rejudged, postcard::Error> {
    let later = Rejudgement {
        revision: stored.newest.number,
        at: ids.now,
        cause,
        decision,
    };
    let digest = later.digest()?;
    let tallies = moved(stored.decision(), &later.decision);
    let before = force(stored, background);
    let mut comment = Comment {
        row_version: stored.row_version + 1,
        ..stored.clone()
    };
    comment.rejudged.push(later);
    let after = force(&comment, background);
    let told = AuditDraft {
        from: Some(before.verdict.name().to_owned()),
        to: Some(after.verdict.name().to_owned()),
        ..AuditDraft::new(
            ids.now,
            &Actor::System,
            AuditAction::CommentRejudged {
                cause,
                decision: digest,
            },
            AuditSubject::Comment(comment.id.clone()),
        )
    };
    let mut builder = FilingBuilder::new(background, &Actor::System, ids);
    builder.audit.push(told);
    let article = background.article.as_ref();
    let mark = comment.effect.as_ref();
    let ruled = mark.is_some_and(|mark| mark.holds_for(comment.decision()));
    let mut heard = Vec::new();
    if !comment.newest.backfill {
        builder.rejudged_case(&mut comment, article, &after, rulebook);
        if !ruled {
            heard = unheard(&comment, background, reports);
            builder.reported_case(&mut comment, article, &mut heard, &rulebook.rules);
        }
    }
    if !comment.newest.backfill && !comment.provisional {
        let origin = CaseOrigin::of(&comment, article);
        builder.nickname_case(&origin, &after, rulebook);
        builder.tag_cases(&origin, &after, rulebook);
    }
    let (cases, subjects, audit) = (builder.cases, builder.subjects, builder.audit);
    let expects = std::iter::once(Precondition::Comment(
        comment.id.clone(),
        stored.row_version,
    ))
    .chain(background.preconditions())
    .collect();
    Ok(Rejudged {
        event: (!ruled || before != after).then(|| EventKind::Comment(comment.id.clone())),
        comment,
        cases,
        subjects,
        reports: heard,
        audit,
        tallies,
        expects,
    })
}

/// The reports that were right with their making, on what is removed no longer: nobody has looked at it yet.
fn unheard(comment: &Comment, background: &Background, reports: Vec<Report>) -> Vec<Report> {
    let scene = CaseContext {
        comment,
        background,
    };
    let at_once = |report: &Report| report.decision_point.is_none() && report.dismissal.is_none();
    let stands = |report: &Report| !scene.is_removed(report.surface, report.tag.as_deref());
    let reports = reports.into_iter();
    reports
        .filter(|report| at_once(report) && stands(report))
        .collect()
}

fn force(comment: &Comment, background: &Background) -> EffectiveDecision {
    let newest = &comment.newest;
    let mut standing = background.standing(newest.nickname.as_deref(), &newest.tags);
    standing.effect = comment.effect.as_ref();
    effective_verdict(comment.decision(), &standing)
}

/// What counted for the earlier decision counts for the later one; it was received once.
fn moved(earlier: &Decision, later: &Decision) -> Vec<(TallyOf, Tally)> {
    let taken_back = tallies_of_decision(earlier).into_iter().map(|(of, tally)| {
        let mut back = Tally::default();
        back.add(&tally, -1);
        (of, back)
    });
    let counted = tallies_of_decision(later);
    taken_back.chain(counted).collect()
}
