//! From a submission and what is known about it to what is filed.

use super::{
    filing::{Filing, NicknameFiling, Withdrawal},
    submission::Submission,
};
use crate::{
    id::{CaseId, CommentId, MemberId, ReceiptId},
    policy::{Findings, Rulebook, Rules, decide},
    record::{
        Actor, Article, AuditAction, AuditDraft, AuditSubject, Case, CaseArticle, CaseCause,
        CaseMember, CaseState, Comment, Decision, DecisionPoint, Excerpt, MemberRecord,
        Precondition, Reason, ReasonCode, Report, ReportTotals, Resolution, Revision, Source,
        Subject, SubjectRecord, Verdict, state_name,
    },
    review::{
        Background, CaseEvent, EffectiveDecision, TransitionRefused, case_article, case_reason,
        effective_verdict, step,
    },
    text::{Disguises, Surface, SurfaceTexts},
    time::{IdSource, Timestamp},
};

/// How a submission is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mode {
    /// Decide as usual, store nothing.
    pub dry_run: bool,
    /// It is history: no cases, no news.
    pub backfill: bool,
    /// It came along with a report, by a caller that may hand in reports alone: judged, but nothing that is told of its
    /// article and member is written as theirs.
    pub provisional: bool,
}

/// What a submission is to what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionKind {
    /// The first that is heard of it.
    New,
    /// Word for word what is stored.
    Repeat,
    /// Other words by the same member in the same place.
    Edit,
    /// The id belongs to another comment.
    Conflict,
    /// The member took it back.
    Withdrawn,
    /// What is stored only came along with a report: the board's own post takes its place.
    Replaces,
    /// It only came along with a report, and what is stored stays.
    Known,
}

/// Compares a submission with the stored comment. `url`, `posted_at` and `verified` are not compared.
///
/// What comes along with a report never takes the place of anything, and whatever came along gives way to the board's own
/// post: the board meets no conflict over it.
pub fn classify(submission: &Submission, stored: Option<&Comment>, mode: Mode) -> SubmissionKind {
    let Some(comment) = stored else {
        return SubmissionKind::New;
    };
    let same_place = is_same_place(submission, comment);
    match (comment.purged_at.is_some(), mode.provisional) {
        // Whose it was is known although its text is gone.
        (true, true) if !same_place && !comment.provisional => return SubmissionKind::Conflict,
        (true, _) => return SubmissionKind::New,
        (false, true) => return SubmissionKind::Known,
        (false, false) => {}
    }
    if comment.provisional {
        return match comment.withdrawn_at {
            Some(_) => SubmissionKind::Withdrawn,
            None => SubmissionKind::Replaces,
        };
    }
    match (
        same_place,
        comment.withdrawn_at,
        has_same_words(submission, comment),
    ) {
        (false, _, _) => SubmissionKind::Conflict,
        (true, Some(_), _) => SubmissionKind::Withdrawn,
        (true, None, true) => SubmissionKind::Repeat,
        (true, None, false) => SubmissionKind::Edit,
    }
}

fn is_same_place(submission: &Submission, comment: &Comment) -> bool {
    comment.member.as_ref() == submission.member()
        && comment.article == submission.article
        && comment.parent == submission.parent
}

fn has_same_words(submission: &Submission, comment: &Comment) -> bool {
    let newest = &comment.newest;
    newest.body == submission.body
        && newest.nickname.as_deref() == submission.nickname()
        && newest.tags == submission.tags
}

/// What a comment that came along with a report is to the one that is filed in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replaced {
    /// Nothing is replaced.
    Nothing,
    /// The board says the same: what was ruled holds.
    Confirmed,
    /// The board says something else: what was ruled was about other words, or somebody else's.
    Refuted,
}

impl Replaced {
    fn by(submission: &Submission, background: &Background) -> Self {
        let stored = background.comment.as_ref();
        let came_along = |stored: &&Comment| stored.provisional && stored.purged_at.is_none();
        match stored.filter(came_along) {
            None => Self::Nothing,
            Some(stored)
                if is_same_place(submission, stored) && has_same_words(submission, stored) =>
            {
                Self::Confirmed
            }
            Some(_) => Self::Refuted,
        }
    }
}

/// Judges a new comment or an edit, and says what is filed for it. `article` is the one to judge by: the one that came
/// along, else the stored one; it is filed where it is new.
pub fn moderate(
    submission: &Submission,
    findings: &Findings,
    background: &Background,
    rulebook: &Rulebook,
    mode: Mode,
    by: &Actor,
    ids: &mut IdSource,
) -> Filing {
    let decision = decide(submission.surfaces(), findings, rulebook);
    let article = new_article(submission, background, ids.now).filter(|_| !mode.provisional);
    let verified = submission.verified();
    let replaced = Replaced::by(submission, background);
    let vouched = findings.author.verified;
    let revision = revision(submission, vouched, decision, background, mode, ids);
    let mut comment = comment(submission, revision, background, replaced, mode);
    let mut standing =
        background.standing(comment.newest.nickname.as_deref(), &comment.newest.tags);
    standing.effect = comment.effect.as_ref();
    let now_in_force = effective_verdict(&comment.newest.decision, &standing);

    let mut builder = FilingBuilder::new(background, by, ids);
    builder.tell_judgement(&comment, article.as_ref(), &now_in_force);
    let case_article = article.as_ref().or(background.article.as_ref());
    builder.comment_case(
        &mut comment,
        case_article,
        &now_in_force,
        rulebook,
        mode,
        replaced,
    );
    if !mode.backfill && !mode.provisional {
        let origin = CaseOrigin::of(&comment, case_article);
        builder.nickname_case(&origin, &now_in_force, rulebook);
        builder.tag_cases(&origin, &now_in_force, rulebook);
    }
    let (cases, subjects, audit) = (builder.cases, builder.subjects, builder.audit);
    let member = noted(&comment.newest, verified, background).filter(|_| !mode.provisional);
    let archived = background
        .comment
        .as_ref()
        .filter(|stored| stored.purged_at.is_none() && replaced == Replaced::Nothing)
        .map(|stored| stored.newest.clone());
    Filing {
        preconditions: expects(background, &comment),
        comment,
        archived,
        article,
        cases,
        subjects,
        member,
        audit,
    }
}

/// Judges a nickname without a comment, and says what is filed for it. `verified` is the board's word, if it says.
pub fn judge_nickname(
    nickname: &str,
    verified: Option<bool>,
    findings: &Findings,
    background: &Background,
    rulebook: &Rulebook,
    by: &Actor,
    ids: &mut IdSource,
) -> NicknameFiling {
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
        verified: findings.author.verified,
        backfill: false,
        body: None,
        nickname: Some(nickname.to_owned()),
        tags: Vec::new(),
        decision: decide(surfaces, findings, rulebook),
    };
    let now_in_force = effective_verdict(
        &revision.decision,
        &background.standing(Some(nickname), &[]),
    );
    let mut builder = FilingBuilder::new(background, by, ids);
    let origin = CaseOrigin {
        revision: &revision,
        decision: &revision.decision,
        comment: None,
        member: background.member.as_ref().map(|who| &who.id),
        article: None,
    };
    builder.nickname_case(&origin, &now_in_force, rulebook);
    let (cases, subjects, audit) = (builder.cases, builder.subjects, builder.audit);
    NicknameFiling {
        member: noted(&revision, verified, background),
        expects: background.preconditions().collect(),
        decision: revision.decision,
        cases,
        subjects,
        audit,
    }
}

/// The member's record, where they come with another nickname or the board says something else of them.
fn noted(
    revision: &Revision,
    verified: Option<bool>,
    background: &Background,
) -> Option<MemberRecord> {
    let verdict = revision.decision.nickname.unwrap_or_default();
    let nickname = revision.nickname.as_deref().map(|name| (name, verdict));
    let who = background.member.as_ref()?;
    who.seen(nickname, verified, revision.at)
}

/// The member takes a comment back. `None` where that was done before.
pub fn withdraw(
    stored: &Comment,
    case: Option<&Case>,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<Withdrawal>, TransitionRefused> {
    if stored.withdrawn_at.is_some() {
        return Ok(None);
    }
    let comment = Comment {
        withdrawn_at: Some(now),
        row_version: stored.row_version + 1,
        ..stored.clone()
    };
    let mut audit = vec![AuditDraft::new(
        now,
        by,
        AuditAction::CommentWithdrawn,
        AuditSubject::Comment(comment.id.clone()),
    )];
    let mut expects = vec![Precondition::Comment(
        comment.id.clone(),
        stored.row_version,
    )];
    // A decided case closes too: nobody rules, or takes back a ruling, about what is there no more.
    let case = case.map(|case| {
        expects.push(Precondition::Case(case.id, case.row_version));
        let state = step(case.state, CaseEvent::Withdraw)?;
        audit.push(AuditDraft {
            from: Some(state_name(case.state)),
            to: Some(state_name(state)),
            ..AuditDraft::new(
                now,
                by,
                AuditAction::CaseWithdrawn,
                AuditSubject::from(&case.subject),
            )
        });
        let (version, edition) = (case.version + 1, case.row_version + 1);
        let closed = Case {
            state,
            version,
            row_version: edition,
            claim: None,
            changed_at: now,
            ..case.clone()
        };
        Ok(closed.answered())
    });
    let case = case.transpose()?;
    Ok(Some(Withdrawal {
        comment,
        case,
        audit,
        expects,
    }))
}

fn new_article(
    submission: &Submission,
    background: &Background,
    now: Timestamp,
) -> Option<Article> {
    let (id, content) = (
        submission.article.as_ref()?,
        submission.article_content.as_ref()?,
    );
    let known = background
        .article
        .as_ref()
        .is_some_and(|stored| stored.content == *content);
    (!known).then(|| Article::new(id.clone(), content.clone(), now))
}

fn revision(
    submission: &Submission,
    verified: bool,
    decision: Decision,
    background: &Background,
    mode: Mode,
    ids: &mut IdSource,
) -> Revision {
    let number = background
        .comment
        .as_ref()
        .map_or(1, |stored| stored.newest.number.saturating_add(1));
    Revision {
        number,
        receipt: ReceiptId(ids.id()),
        at: ids.now,
        posted_at: submission.posted_at.map(|posted| posted.min(ids.now)),
        verified,
        backfill: mode.backfill,
        body: submission.body.clone(),
        nickname: submission.nickname().map(str::to_owned),
        tags: submission.tags.clone(),
        decision,
    }
}

fn comment(
    submission: &Submission,
    newest: Revision,
    background: &Background,
    replaced: Replaced,
    mode: Mode,
) -> Comment {
    let member = submission.member().cloned();
    let known = background.comment.as_ref();
    // What lay on a text that was purged says nothing of the new one.
    let stored = known.filter(|known| known.purged_at.is_none());
    // Nor does what was ruled of words that the board never sent.
    let holds = stored.filter(|_| replaced != Replaced::Refuted);
    let gone = stored.filter(|_| replaced != Replaced::Nothing);
    Comment {
        id: submission.comment.clone(),
        article: submission.article.clone(),
        member,
        parent: submission.parent.clone(),
        url: submission
            .url
            .clone()
            .or_else(|| holds.and_then(|stored| stored.url.clone())),
        newest,
        rejudged: stored
            .filter(|_| gone.is_none())
            .map_or_else(Vec::new, |stored| stored.rejudged.clone()),
        effect: holds.and_then(|stored| stored.effect.clone()),
        case: stored.and_then(|stored| stored.case),
        appeals: stored.map_or_else(Vec::new, |stored| stored.appeals.clone()),
        legal_hold: stored.and_then(|stored| stored.legal_hold.clone()),
        withdrawn_at: None,
        purged_at: None,
        purged_through: gone
            .map(|gone| gone.newest.number)
            .or(known.map(|known| known.purged_through))
            .unwrap_or(0),
        row_version: known.map_or(1, |known| known.row_version + 1),
        provisional: mode.provisional,
    }
}

fn expects(background: &Background, comment: &Comment) -> Vec<Precondition> {
    let stored = background
        .comment
        .as_ref()
        .map_or(0, |stored| stored.row_version);
    std::iter::once(Precondition::Comment(comment.id.clone(), stored))
        .chain(background.preconditions())
        .collect()
}

/// Where a case comes from: what was judged, and what it stands beside.
pub(super) struct CaseOrigin<'a> {
    revision: &'a Revision,
    /// The latest that was decided about it.
    decision: &'a Decision,
    comment: Option<&'a CommentId>,
    member: Option<&'a MemberId>,
    article: Option<CaseArticle>,
}

impl<'a> CaseOrigin<'a> {
    pub(super) fn of(comment: &'a Comment, article: Option<&Article>) -> Self {
        Self {
            revision: &comment.newest,
            decision: comment.decision(),
            comment: Some(&comment.id),
            member: comment.member.as_ref(),
            article: case_article(comment, article),
        }
    }

    fn case_member(&self) -> Option<CaseMember> {
        self.member.map(|id| CaseMember {
            id: id.clone(),
            nickname: self.revision.nickname.clone(),
        })
    }
}

/// Collects what one filing changes beside the comment.
pub(super) struct FilingBuilder<'a> {
    background: &'a Background,
    by: &'a Actor,
    ids: &'a mut IdSource,
    pub(super) cases: Vec<Case>,
    pub(super) subjects: Vec<SubjectRecord>,
    pub(super) audit: Vec<AuditDraft>,
}

impl<'a> FilingBuilder<'a> {
    pub(super) const fn new(
        background: &'a Background,
        by: &'a Actor,
        ids: &'a mut IdSource,
    ) -> Self {
        Self {
            background,
            by,
            ids,
            cases: Vec::new(),
            subjects: Vec::new(),
            audit: Vec::new(),
        }
    }

    /// A first revision that was merely allowed is told by the store, with all others of its batch.
    fn tell_judgement(
        &mut self,
        comment: &Comment,
        article: Option<&Article>,
        now: &EffectiveDecision,
    ) {
        if let Some(article) = article {
            self.audit.push(AuditDraft::new(
                self.ids.now,
                self.by,
                AuditAction::ArticleStored,
                AuditSubject::Article(article.id.clone()),
            ));
        }
        let edit = comment.newest.number > comment.purged_through + 1;
        if comment.newest.decision.is_plain_allow() && !edit && !comment.provisional {
            return;
        }
        let codes = counting_codes(&comment.newest.decision);
        let (by, action) = match (comment.provisional, edit) {
            (true, _) => (self.by, AuditAction::CommentCameAlong(codes)),
            (false, true) => (self.by, AuditAction::CommentEdited(codes)),
            (false, false) => (&Actor::System, AuditAction::CommentJudged(codes)),
        };
        let before = self
            .background
            .comment
            .as_ref()
            .map(|stored| stored.decision().verdict.name().to_owned());
        self.audit.push(AuditDraft {
            from: before,
            to: Some(now.verdict.name().to_owned()),
            ..AuditDraft::new(
                self.ids.now,
                by,
                action,
                AuditSubject::Comment(comment.id.clone()),
            )
        });
    }

    /// The case about the comment itself: its body, and tags that hold listed words. History opens none, but moves the
    /// version of one that is there: nobody rules a text that they have not seen.
    fn comment_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        now: &EffectiveDecision,
        rulebook: &Rulebook,
        mode: Mode,
        replaced: Replaced,
    ) {
        let look = ReviewNeed::of(comment, now, rulebook);
        let stored = self.background.case(comment.case);
        let case = match stored {
            // Nothing is new to who looks at it.
            Some(stored)
                if replaced == Replaced::Confirmed
                    && (stored.state.is_unresolved() || !look.flagged) =>
            {
                None
            }
            Some(stored) => {
                let refuted = replaced == Replaced::Refuted;
                let reopens = !mode.backfill && (look.flagged || look.removed_by_person || refuted);
                let edited = self.edited(stored, reopens, &comment.newest, look.gravest);
                let origin = CaseOrigin::of(comment, article);
                edited.map(|case| match replaced {
                    Replaced::Nothing => case,
                    Replaced::Confirmed | Replaced::Refuted => Case {
                        member: origin.case_member(),
                        article: origin.article,
                        ..case
                    },
                })
            }
            None if look.flagged && !mode.backfill => look.gravest.map(|reason| {
                let subject = Subject::Comment(comment.id.clone());
                self.opened(subject, reason, &CaseOrigin::of(comment, article))
            }),
            None => None,
        };
        if let Some(case) = case {
            comment.case = Some(case.id);
            self.cases.push(case);
        }
    }

    /// The case about a comment that was judged again, where it is flagged now. One that waits already goes on waiting.
    pub(super) fn rejudged_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        now: &EffectiveDecision,
        rulebook: &Rulebook,
    ) {
        let look = ReviewNeed::of(comment, now, rulebook);
        let Some(reason) = look.gravest.filter(|_| look.flagged) else {
            return;
        };
        let case = match self.background.case(comment.case) {
            Some(stored) if stored.state.is_unresolved() => None,
            Some(stored) => self.reopened(stored, &comment.newest, reason),
            None => {
                let subject = Subject::Comment(comment.id.clone());
                Some(self.opened(subject, reason, &CaseOrigin::of(comment, article)))
            }
        };
        if let Some(case) = case {
            comment.case = Some(case.id);
            self.cases.push(case);
        }
    }

    /// The case that hears reports on a comment which is removed no longer: the one that waits, else a new one.
    pub(super) fn reported_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        reports: &mut [Report],
        rules: &Rules,
    ) {
        let Some(first) = reports.first() else {
            return;
        };
        let reason = reported(first, rules);
        let mut written = self.cases.iter();
        let written = written.position(|case| Some(case.id) == comment.case);
        let stored = self.background.case(comment.case);
        let reopened = match (written, stored) {
            (Some(place), _) => Some(self.cases.remove(place)),
            (None, Some(stored)) if stored.state.is_unresolved() => Some(stored.next(self.ids.now)),
            (None, Some(stored)) => self.reopened(stored, &comment.newest, &reason),
            (None, None) => {
                let subject = Subject::Comment(comment.id.clone());
                Some(self.opened(subject, &reason, &CaseOrigin::of(comment, article)))
            }
        };
        let Some(mut case) = reopened else {
            return;
        };
        case.is_reported();
        for report in reports {
            report.decision_point = Some(DecisionPoint::of(&case));
            case.reported = case.reported.and(ReportTotals {
                count: 1,
                weight: report.weight,
                coordinated: u32::from(report.coordinated),
            });
        }
        comment.case = Some(case.id);
        self.cases.push(case);
    }

    /// The resolved case after what it is about was judged again; none where it was withdrawn.
    fn reopened(&mut self, stored: &Case, revision: &Revision, reason: &Reason) -> Option<Case> {
        let state = step(stored.state, CaseEvent::Rejudge).ok()?;
        let now = self.ids.now;
        let mut case = Case {
            state,
            version: stored.version + 1,
            opened_at: now,
            ..stored.next(now)
        };
        case.grounded(case_reason(reason, revision));
        case.opened_by(Source::Filter);
        self.audit.push(AuditDraft {
            from: Some(state_name(stored.state)),
            to: Some(state_name(state)),
            ..AuditDraft::new(
                now,
                &Actor::System,
                AuditAction::CaseReopened(CaseCause::Rejudged),
                AuditSubject::from(&case.subject),
            )
        });
        Some(case)
    }

    /// The case about the member, where the nickname is flagged. It is about the gravest of the spellings that came
    /// while it was open, the newest of equal ones: a milder nickname does not take a graver one out of sight.
    pub(super) fn nickname_case(
        &mut self,
        origin: &CaseOrigin<'_>,
        now: &EffectiveDecision,
        rulebook: &Rulebook,
    ) {
        let revision = origin.revision;
        let (Some(record), Some(verdict)) =
            (self.background.nickname_record.as_ref(), now.nickname)
        else {
            return;
        };
        let on_nickname = |reason: &Reason| reason.surface == Some(Surface::Nickname);
        let Some(reason) = origin.decision.gravest(on_nickname) else {
            return;
        };
        let ruled = revision
            .nickname
            .as_deref()
            .is_some_and(|name| record.ruling(name).is_some());
        let wanted = verdict == Verdict::Flag
            || (verdict == Verdict::Remove && !ruled && asks_for_case(reason, rulebook));
        if !wanted {
            return;
        }
        let open = self
            .background
            .case(record.case)
            .filter(|case| case.state.is_unresolved());
        match open {
            Some(case) if same_nickname(case, revision) || reason.severity < case.severity => {}
            Some(case) => {
                if let Some(case) = self.edited(case, true, revision, Some(reason)) {
                    self.cases.push(Case {
                        comment: origin.comment.cloned(),
                        article: origin.article.clone(),
                        member: origin.case_member(),
                        ..case
                    });
                }
            }
            None => self.open_for(record, reason, origin),
        }
    }

    /// One case for each tag that is flagged because it does not belong to the article.
    pub(super) fn tag_cases(
        &mut self,
        origin: &CaseOrigin<'_>,
        now: &EffectiveDecision,
        rulebook: &Rulebook,
    ) {
        let decision = origin.decision;
        let mut done: Vec<&str> = Vec::new();
        for (tag, filter) in now.tags.iter().zip(&decision.tags) {
            let Some(record) = self.background.tag(&tag.tag) else {
                continue;
            };
            let reason = decision.gravest(|reason| {
                reason.code == ReasonCode::TagOffTopic
                    && reason.tag.as_deref() == Some(tag.tag.as_str())
            });
            let Some(reason) =
                reason.filter(|_| filter.off_topic && !done.contains(&tag.tag.as_str()))
            else {
                continue;
            };
            let ruled = record.ruling(&tag.tag).is_some();
            let wanted = tag.verdict == Verdict::Flag
                || (tag.verdict == Verdict::Remove && !ruled && asks_for_case(reason, rulebook));
            let open = self
                .background
                .case(record.case)
                .is_some_and(|case| case.state.is_unresolved());
            if wanted && !open {
                done.push(&tag.tag);
                self.open_for(record, reason, origin);
            }
        }
    }

    fn open_for(&mut self, record: &SubjectRecord, reason: &Reason, origin: &CaseOrigin<'_>) {
        let case = self.opened(record.subject.clone(), reason, origin);
        self.subjects.push(SubjectRecord {
            case: Some(case.id),
            row_version: record.row_version + 1,
            ..record.clone()
        });
        self.cases.push(case);
    }

    fn opened(&mut self, subject: Subject, reason: &Reason, origin: &CaseOrigin<'_>) -> Case {
        let now = self.ids.now;
        self.audit.push(AuditDraft {
            to: Some(state_name(CaseState::Open)),
            ..AuditDraft::new(
                now,
                &Actor::System,
                AuditAction::CaseOpened(CaseCause::Code(reason.code)),
                AuditSubject::from(&subject),
            )
        });
        let ground = case_reason(reason, origin.revision);
        Case {
            score: origin.decision.score,
            comment: origin.comment.cloned(),
            article: origin.article.clone(),
            member: origin.case_member(),
            ..Case::opened(CaseId(self.ids.id()), subject, ground, Source::Filter, now)
        }
    }

    /// The case after the member changed what it is about; none where it was withdrawn.
    fn edited(
        &mut self,
        stored: &Case,
        reopens: bool,
        revision: &Revision,
        gravest: Option<&Reason>,
    ) -> Option<Case> {
        let state = step(stored.state, CaseEvent::Edit { reopens }).ok()?;
        let mut case = Case {
            state,
            version: stored.version + 1,
            row_version: stored.row_version + 1,
            changed_at: self.ids.now,
            ..stored.clone()
        };
        case.score = revision.decision.score;
        if let Some(reason) = gravest {
            case.grounded(case_reason(reason, revision));
        } else if let Some(body) = &revision.body {
            case.excerpt = Excerpt::around(Surface::Body, body, None);
        }
        if state != stored.state {
            case.opened_by(Source::Edit);
            case.opened_at = self.ids.now;
            self.audit.push(AuditDraft {
                from: Some(state_name(stored.state)),
                to: Some(state_name(state)),
                ..AuditDraft::new(
                    self.ids.now,
                    &Actor::System,
                    AuditAction::CaseReopened(CaseCause::Edit),
                    AuditSubject::from(&case.subject),
                )
            });
        }
        Some(case)
    }
}

/// What a reader says of a comment, as a case is opened for it.
fn reported(report: &Report, rules: &Rules) -> Reason {
    Reason {
        code: report.code,
        surface: report.surface.or(Some(Surface::Body)),
        tag: report.tag.clone(),
        term: None,
        matched: None,
        span: None,
        severity: rules.row(report.code).severity,
        how: Disguises::default(),
        other: None,
        verdict: Verdict::Flag,
    }
}

/// What of a comment, by the latest that was decided about it, asks for a person.
struct ReviewNeed<'c> {
    /// It is flagged, or the board wants a case for what is removed.
    flagged: bool,
    /// A person removed it.
    removed_by_person: bool,
    /// The gravest of what the case is about.
    gravest: Option<&'c Reason>,
}

impl<'c> ReviewNeed<'c> {
    fn of(comment: &'c Comment, now: &EffectiveDecision, rulebook: &Rulebook) -> Self {
        let decision = comment.decision();
        let body = now.body.unwrap_or(decision.unattached);
        let mut tags = now
            .tags
            .iter()
            .zip(&decision.tags)
            .filter(|(_, filter)| !filter.off_topic)
            .map(|(tag, _)| tag.verdict);
        let mark = comment.effect.as_ref();
        let ruled = mark.filter(|mark| mark.holds_for(decision));
        let of_comment = |reason: &Reason| {
            decision.is_of_comment(reason)
                || (reason.surface == Some(Surface::Tags) && asks_for_case(reason, rulebook))
        };
        let gravest = decision.gravest(of_comment);
        let asked_for =
            ruled.is_none() && gravest.is_some_and(|reason| asks_for_case(reason, rulebook));
        Self {
            flagged: body == Verdict::Flag
                || tags.any(|verdict| verdict == Verdict::Flag)
                || asked_for,
            removed_by_person: ruled.is_some_and(|mark| mark.resolution == Resolution::Removed),
            gravest,
        }
    }
}

fn asks_for_case(reason: &Reason, rulebook: &Rulebook) -> bool {
    reason.verdict == Verdict::Remove && rulebook.rules.row(reason.code).case_on_remove
}

fn same_nickname(case: &Case, revision: &Revision) -> bool {
    let member = case.member.as_ref();
    member.and_then(|member| member.nickname.as_ref()) == revision.nickname.as_ref()
}

/// The codes of the reasons that count, without repeating one that follows itself.
fn counting_codes(decision: &Decision) -> Vec<ReasonCode> {
    let counts = |reason: &&Reason| reason.verdict > Verdict::Allow;
    let counting = decision.reasons.iter().filter(counts);
    let mut codes: Vec<ReasonCode> = counting.map(|reason| reason.code).collect();
    codes.dedup();
    codes
}
