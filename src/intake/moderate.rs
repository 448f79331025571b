//! From a submission and what is known about it to the change that stores it.

use super::{
    classify::{Mode, replaced_by},
    submission::Submission,
};
use crate::{
    id::ReceiptId,
    policy::{Findings, Rulebook, decide},
    record::{
        Actor, Article, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, Comment,
        Covered, Decision, Form, MemberRecord, Precondition, Reason, ReasonCode, Revision, Verdict,
        Write,
    },
    review::{
        Background, CaseOrigin, EffectiveDecision, FilterCases, Replaced, effective_verdict,
        forms_of_decision, sample_of_removal, tallies_of_decision,
    },
    text::SurfaceTexts,
    time::IdSource,
};

/// What a comment or a nickname is judged by.
#[derive(Debug, Clone, Copy)]
pub struct ModerationContext<'a> {
    /// What was found in the text.
    pub findings: &'a Findings,
    /// What is stored around it.
    pub background: &'a Background,
    /// The rules in force.
    pub rulebook: &'a Rulebook,
    /// Who hands it in.
    pub by: &'a Actor,
}

/// Judges a new comment or an edit. Out of a thousand of the filter's removals, `sample_permille` get a QA review.
pub fn moderate(
    submission: &Submission,
    context: ModerationContext<'_>,
    mode: Mode,
    sample_permille: u32,
    ids: &mut IdSource,
) -> Change {
    let ModerationContext {
        background,
        rulebook,
        ..
    } = context;
    let replaced = replaced_by(submission, background.comment.as_ref());
    let revision = new_revision(submission, context, mode, ids);
    let mut comment = comment_with(submission, revision, background, replaced, mode);
    let effective = background.effective(&comment);
    let article = submission.new_article(background.article.as_ref(), ids.now);
    // A reporter's version of an article is not stored: only the board's own is.
    let article = article.filter(|_| !mode.provisional);
    let audit = judgement_audit(&comment, article.as_ref(), &effective, context, ids);
    let mut cases = FilterCases::new(background, rulebook, ids);
    let case_article = article.as_ref().or(background.article.as_ref());
    cases.comment_case(&mut comment, case_article, &effective, replaced);
    // These cases concern other comments, too, so neither history nor a reporter's version opens them.
    if !mode.backfill && !mode.provisional {
        let origin = CaseOrigin::of_comment(&comment, case_article);
        cases.nickname_case(&origin, &effective);
        cases.tag_cases(&origin, &effective);
    }
    let sample = sample_of_removal(&comment, !cases.is_empty(), sample_permille);
    let member = updated_member(&comment.newest, submission.verified(), background);
    let member = member.filter(|_| !mode.provisional);
    let change = judged_comment(comment, replaced, background)
        .write(article.map(Write::Article))
        .audit(audit);
    cases
        .add_to(change)
        .write(member.map(Write::Member))
        .write(sample.map(Write::QaSample))
        .build()
}

/// The comment as judged, what must still hold, and what is counted.
fn judged_comment(comment: Comment, replaced: Replaced, background: &Background) -> ChangeBuilder {
    let stored = background.comment.as_ref();
    let version = stored.map_or(0, |stored| stored.row_version);
    let has_text = |stored: &&Comment| stored.purged_at.is_none();
    let archived = stored.filter(|_| replaced == Replaced::Nothing);
    let newest = &comment.newest;
    // What came along with a report is counted when the board hands it in.
    let is_counted = !newest.backfill && !comment.provisional;
    let tallies = is_counted.then(|| tallies_of_decision(&newest.decision));
    let forms = forms_of_decision(&newest.decision, comment.member.as_ref(), newest.at);
    let forms: Vec<Form> = forms.into_iter().filter(|_| is_counted).collect();
    let posted_at = newest.posted_at;
    ChangeBuilder::new()
        .require([Precondition::Comment(comment.id.clone(), version)])
        .require(background.preconditions())
        .count(tallies.into_iter().flatten(), posted_at)
        .count(forms.iter().map(Form::tally), posted_at)
        .write(forms.into_iter().map(Write::Form))
        .write([Write::Comment {
            tags: background.indexed_tags(&newest.decision),
            archived: archived
                .filter(has_text)
                .map(|stored| stored.newest.clone()),
            comment,
            judged: true,
        }])
}

/// Judges a nickname without a comment. `verified` is the board's word, if it says.
pub fn judge_nickname(
    nickname: &str,
    verified: Option<bool>,
    context: ModerationContext<'_>,
    ids: &mut IdSource,
) -> (Decision, Change) {
    let background = context.background;
    let surfaces = SurfaceTexts {
        body: None,
        nickname: Some(nickname),
        tags: &[],
    };
    let revision = Revision {
        number: 1,
        receipt: ReceiptId(ids.id()),
        at: ids.now,
        posted_at: None,
        verified: context.findings.author.verified,
        backfill: false,
        body: None,
        nickname: Some(nickname.to_owned()),
        tags: Vec::new(),
        decision: decide(surfaces, context.findings, context.rulebook),
    };
    let rulings = background.rulings_on_nickname(nickname);
    let effective = effective_verdict(&revision.decision, &rulings);
    let mut cases = FilterCases::new(background, context.rulebook, ids);
    let member = background.member.as_ref().map(|member| &member.id);
    cases.nickname_case(&CaseOrigin::of_nickname(&revision, member), &effective);
    let member = updated_member(&revision, verified, background);
    let change = ChangeBuilder::new()
        .require(background.preconditions())
        .write(member.map(Write::Member));
    (revision.decision, cases.add_to(change).build())
}

/// The member's record, if they come with another nickname or the board says something else of them.
fn updated_member(
    revision: &Revision,
    verified: Option<bool>,
    background: &Background,
) -> Option<MemberRecord> {
    let verdict = revision.decision.nickname.unwrap_or_default();
    let nickname = revision.nickname.as_deref().map(|name| (name, verdict));
    let known = background.member.as_ref()?;
    known.with_profile(nickname, verified, revision.at)
}

fn new_revision(
    submission: &Submission,
    context: ModerationContext<'_>,
    mode: Mode,
    ids: &mut IdSource,
) -> Revision {
    let stored = context.background.comment.as_ref();
    Revision {
        number: stored.map_or(1, |stored| stored.newest.number.saturating_add(1)),
        receipt: ReceiptId(ids.id()),
        at: ids.now,
        posted_at: submission.posted_at.map(|posted| posted.min(ids.now)),
        verified: context.findings.author.verified,
        backfill: mode.backfill,
        body: submission.body.clone(),
        nickname: submission.nickname().map(str::to_owned),
        tags: submission.tags.clone(),
        decision: decide(submission.surfaces(), context.findings, context.rulebook),
    }
}

fn comment_with(
    submission: &Submission,
    newest: Revision,
    background: &Background,
    replaced: Replaced,
    mode: Mode,
) -> Comment {
    let known = background.comment.as_ref();
    // What was decided about a purged text says nothing about the new one.
    let stored = known.filter(|known| known.purged_at.is_none());
    // Nor does a ruling on words that the board never sent.
    let confirmed = stored.filter(|_| replaced != Replaced::Refuted);
    let edited = stored.filter(|_| replaced == Replaced::Nothing);
    let replaced = stored.filter(|_| replaced != Replaced::Nothing);
    let url = || confirmed.and_then(|stored| stored.url.clone());
    let rejudged = edited.map(|stored| stored.rejudged.clone());
    let appeals = stored.map(|stored| stored.appeals.clone());
    Comment {
        id: submission.comment.clone(),
        article: submission.article.clone(),
        member: submission.member().cloned(),
        parent: submission.parent.clone(),
        url: submission.url.clone().or_else(url),
        newest: Covered::new(newest),
        rejudged: rejudged.unwrap_or_default(),
        effect: confirmed.and_then(|stored| stored.effect.clone()),
        case: stored.and_then(|stored| stored.case),
        appeals: appeals.unwrap_or_default(),
        legal_hold: stored.and_then(|stored| stored.legal_hold.clone()),
        withdrawn_at: None,
        purged_at: None,
        purged_through: replaced
            .map(|replaced| replaced.newest.number)
            .or(known.map(|known| known.purged_through))
            .unwrap_or(0),
        row_version: known.map_or(1, |known| known.row_version + 1),
        provisional: mode.provisional,
    }
}

/// The audit entries about a judgement. A first revision that was merely allowed has none of its own: the store writes one entry
/// for all of those in a batch. 200 allowed comments committed together take one entry, with 200 digests.
fn judgement_audit(
    comment: &Comment,
    article: Option<&Article>,
    effective: &EffectiveDecision,
    context: ModerationContext<'_>,
    ids: &IdSource,
) -> Vec<AuditDraft> {
    let article = article.map(|article| {
        let subject = AuditSubject::Article(article.id.clone());
        AuditDraft::new(ids.now, context.by, AuditAction::ArticleStored, subject)
    });
    let decision = &comment.newest.decision;
    let is_edit = comment.newest.number > comment.purged_through + 1;
    if decision.is_plain_allow() && !is_edit && !comment.provisional {
        return article.into_iter().collect();
    }
    let codes = counting_codes(decision);
    let (by, action) = match (comment.provisional, is_edit) {
        (true, _) => (context.by, AuditAction::CommentCameAlong(codes)),
        (false, true) => (context.by, AuditAction::CommentEdited(codes)),
        (false, false) => (&Actor::System, AuditAction::CommentJudged(codes)),
    };
    let stored = context.background.comment.as_ref();
    let judgement = AuditDraft {
        from: stored.map(|stored| stored.decision().verdict.name().to_owned()),
        to: Some(effective.verdict.name().to_owned()),
        ..AuditDraft::new(
            ids.now,
            by,
            action,
            AuditSubject::Comment(comment.id.clone()),
        )
    };
    article.into_iter().chain([judgement]).collect()
}

/// The codes of the reasons that count, without repeating one that follows itself.
fn counting_codes(decision: &Decision) -> Vec<ReasonCode> {
    let counts = |reason: &&Reason| reason.verdict > Verdict::Allow;
    let counting = decision.reasons.iter().filter(counts);
    let mut codes: Vec<ReasonCode> = counting.map(|reason| reason.code).collect();
    codes.dedup();
    codes
}
