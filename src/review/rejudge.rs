//! Rejudging a stored comment: a later decision beside the earlier ones, with its consequences.
//!
//! Texts are judged by today's rulebook, but no decision gets harsher by that: where today's rulebook would say more against
//! any surface, the earlier decision stands but for what has changed, and that is counted. Rulings apply to the later decision
//! as they applied to the first.

use super::{
    Background, CaseContext, CaseOrigin, EffectiveDecision, FilterCases,
    counting::{negated, tallies_of_decision},
};
use crate::{
    member::{MemberStanding, SanctionKind},
    policy::{AuthorSignals, Findings, Rulebook, decide, decide::redecide},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, Comment, Covered,
        Decision, EventKind, MemberRecord, Precondition, ReasonCode, RejudgeCause, Rejudgement,
        Report, Write,
    },
    time::IdSource,
};

/// What is to be known about the author when a comment is judged again, because sanctions that blocked it have become void or
/// hold again. `None` if the latest decision goes by what is known already, or the comment is gone.
pub fn changed_signals(
    comment: &Comment,
    member: &MemberRecord,
    cause: RejudgeCause,
) -> Option<AuthorSignals> {
    if comment.withdrawn_at.is_some() || comment.purged_at.is_some() {
        return None;
    }
    let (newest, latest) = (&comment.newest, comment.decision());
    let decided_by = sanction_behind(latest);
    // A sanction that was not known at first is not held against the comment now.
    let known = member
        .sanction_at(newest.at)
        .min(sanction_behind(&newest.decision));
    let is_due = match cause {
        _ if known < decided_by => member.was_wrongly_sanctioned(newest.at),
        RejudgeCause::Undone(_) => known > decided_by,
        RejudgeCause::Overturned(_) | RejudgeCause::Restored(_) | RejudgeCause::Rulebook(_) => {
            false
        }
    };
    is_due.then(|| signals_with(comment, known))
}

/// What the latest decision knew about the author: another rulebook knows nothing else.
pub fn known_signals(comment: &Comment) -> AuthorSignals {
    signals_with(comment, sanction_behind(comment.decision()))
}

/// What is known about the author, with this sanction.
fn signals_with(comment: &Comment, known: Option<SanctionKind>) -> AuthorSignals {
    let (newest, latest) = (&comment.newest, comment.decision());
    AuthorSignals {
        verified: newest.verified,
        standing: match known {
            None | Some(SanctionKind::Warn) => MemberStanding::Good,
            Some(SanctionKind::Watch) => MemberStanding::Watched,
            Some(SanctionKind::Suspend) => MemberStanding::Suspended(newest.at),
            Some(SanctionKind::Terminate) => MemberStanding::Terminated,
        },
        is_new: latest.gives(ReasonCode::MemberNew),
        floods: latest.gives(ReasonCode::Flood),
    }
}

/// What today's rulebook says of a stored comment, beside the decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reassessment {
    /// The same of each surface.
    Same,
    /// More against one of them: nobody is to be punished by a rule that came later.
    Harsher,
    /// Less against one of them, and more against none.
    Milder(Box<Decision>),
}

/// Judges a comment by today's rulebook, with what was known about its author.
pub fn reassess(comment: &Comment, findings: &Findings, rulebook: &Rulebook) -> Reassessment {
    let before = comment.decision();
    let today = decide(comment.newest.surfaces(), findings, rulebook);
    if today.is_harsher_than(before) || today.unattached > before.unattached {
        Reassessment::Harsher
    } else if before.is_harsher_than(&today) || before.unattached > today.unattached {
        Reassessment::Milder(Box::new(today))
    } else {
        Reassessment::Same
    }
}

/// The sanction that a decision rests on.
fn sanction_behind(decision: &Decision) -> Option<SanctionKind> {
    let kinds = [
        (ReasonCode::MemberTerminated, SanctionKind::Terminate),
        (ReasonCode::MemberSuspended, SanctionKind::Suspend),
        (ReasonCode::MemberWatched, SanctionKind::Watch),
    ];
    let given = kinds.into_iter().find(|(code, _)| decision.gives(*code));
    given.map(|(_, kind)| kind)
}

/// The decision when a comment is judged again, and whether today's rulebook by itself would have said more against it.
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

/// Adds a later decision to a stored comment. The background is the comment's; `reports` are those on it.
pub fn rejudge(
    stored: &Comment,
    (decision, cause): (Decision, RejudgeCause),
    reports: Vec<Report>,
    background: &Background,
    rulebook: &Rulebook,
    ids: &mut IdSource,
) -> Change {
    let later = Covered::new(Rejudgement {
        revision: stored.newest.number,
        at: ids.now,
        cause,
        decision,
    });
    let action = AuditAction::CommentRejudged {
        cause,
        decision: later.digest_hex(),
    };
    let mut comment = stored.next();
    comment.rejudged.push(later);
    let (before, after) = (background.effective(stored), background.effective(&comment));
    let is_ruled = comment.effect_in_force().is_some();
    let subject = AuditSubject::Comment(comment.id.clone());
    let audit = AuditDraft::new(ids.now, &Actor::System, action, subject)
        .changed(before.verdict.name(), after.verdict.name());
    let mut cases = FilterCases::new(background, rulebook, ids);
    // A person has looked at a comment with a ruling, so its reports stay as they are.
    let mut reopened = if is_ruled || comment.newest.backfill {
        Vec::new()
    } else {
        not_removed(&comment, background, reports)
    };
    open_cases(&mut comment, &mut reopened, &after, background, &mut cases);
    let is_changed = !is_ruled || before != after;
    let change = rejudged_comment(stored, comment, background)
        .audit([audit])
        .events(is_changed.then(|| EventKind::Comment(stored.id.clone())));
    let change = cases.add_to(change);
    change
        .write(reopened.into_iter().map(Write::Report))
        .build()
}

/// The cases that are open about the comment after it was judged again, one of which decides these reports.
fn open_cases(
    comment: &mut Comment,
    reports: &mut [Report],
    effective: &EffectiveDecision,
    background: &Background,
    cases: &mut FilterCases<'_>,
) {
    if comment.newest.backfill {
        return;
    }
    let article = background.article.as_ref();
    cases.rejudged_case(comment, article, effective);
    cases.reported_case(comment, article, reports);
    if !comment.provisional {
        let origin = CaseOrigin::of_comment(comment, article);
        cases.nickname_case(&origin, effective);
        cases.tag_cases(&origin, effective);
    }
}

/// The comment with its later decision. What counted for the earlier decision counts for the later one.
fn rejudged_comment(stored: &Comment, comment: Comment, background: &Background) -> ChangeBuilder {
    let earlier = tallies_of_decision(stored.decision());
    let later = tallies_of_decision(comment.decision());
    ChangeBuilder::new()
        .require([Precondition::Comment(stored.id.clone(), stored.row_version)])
        .require(background.preconditions())
        .count(negated(earlier).chain(later), None)
        .write([Write::Comment {
            tags: background.indexed_tags(comment.decision()),
            comment,
            archived: None,
            judged: false,
        }])
}

/// The reports that were upheld at once because their subject was removed, and no longer is: no person has reviewed it yet.
fn not_removed(comment: &Comment, background: &Background, reports: Vec<Report>) -> Vec<Report> {
    let context = CaseContext {
        comment,
        background,
    };
    let upheld_at_once =
        |report: &Report| report.decision_point.is_none() && report.dismissal.is_none();
    let is_removed = |report: &Report| context.is_removed(report.surface, report.tag.as_deref());
    let reports = reports.into_iter();
    let reopened = reports.filter(|report| upheld_at_once(report) && !is_removed(report));
    reopened.collect()
}
