//! Cases that open or change because the filter judged something: a comment, a nickname, tags that do not belong to their
//! article.

use super::{
    Background, CaseEvent, EffectiveDecision,
    case_opening::{case_article, case_reason, continued, excerpt},
    step,
};
use crate::{
    id::{CaseId, CommentId, MemberId},
    policy::{Rulebook, Rules},
    record::{
        Actor, Article, AuditAction, AuditDraft, Case, CaseArticle, CaseCause, CaseMember,
        CaseReason, ChangeBuilder, Comment, Decision, DecisionPoint, Excerpt, Reason, ReasonCode,
        Report, Resolution, Revision, Source, Subject, SubjectRecord, Verdict, Write,
    },
    text::Surface,
    time::IdSource,
};

/// What became of a comment that came along with a report, now that the board's own post takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// Nothing is replaced.
    Nothing,
    /// The board says the same: what was ruled holds.
    Confirmed,
    /// The board says something else: what was ruled was about other words, or somebody else's.
    Refuted,
}

/// What was judged, and what a case about it shows with it.
pub struct CaseOrigin<'a> {
    revision: &'a Revision,
    /// The latest decision about it.
    decision: &'a Decision,
    comment: Option<&'a CommentId>,
    member: Option<&'a MemberId>,
    article: Option<CaseArticle>,
}

impl<'a> CaseOrigin<'a> {
    /// A comment.
    pub fn of_comment(comment: &'a Comment, article: Option<&Article>) -> Self {
        Self {
            revision: &comment.newest,
            decision: comment.decision(),
            comment: Some(&comment.id),
            member: comment.member.as_ref(),
            article: case_article(comment, article),
        }
    }

    /// A nickname without a comment.
    pub const fn of_nickname(revision: &'a Revision, member: Option<&'a MemberId>) -> Self {
        Self {
            revision,
            decision: &revision.decision,
            comment: None,
            member,
            article: None,
        }
    }

    fn case_member(&self) -> Option<CaseMember> {
        self.member.map(|id| CaseMember {
            id: id.clone(),
            nickname: self.revision.nickname.clone(),
        })
    }
}

/// Collects the cases that open or change, with the records that name them and the audit entries.
pub struct FilterCases<'a> {
    background: &'a Background,
    rulebook: &'a Rulebook,
    ids: &'a mut IdSource,
    cases: Vec<Case>,
    subjects: Vec<SubjectRecord>,
    audit: Vec<AuditDraft>,
}

impl<'a> FilterCases<'a> {
    /// None yet. The background is that of what was judged.
    pub const fn new(
        background: &'a Background,
        rulebook: &'a Rulebook,
        ids: &'a mut IdSource,
    ) -> Self {
        Self {
            background,
            rulebook,
            ids,
            cases: Vec::new(),
            subjects: Vec::new(),
            audit: Vec::new(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The change with all of them.
    pub fn add_to(self, change: ChangeBuilder) -> ChangeBuilder {
        change
            .write(self.cases.into_iter().map(Write::Case))
            .write(self.subjects.into_iter().map(Write::Subject))
            .audit(self.audit)
    }

    /// The case about a new revision of a comment: its own words, and tags that hold listed terms. Imported history opens none,
    /// but raises the version of an existing one: nobody rules on a text that they have not seen.
    pub fn comment_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        effective: &EffectiveDecision,
        replaced: Replaced,
    ) {
        let need = ReviewNeed::of(comment, effective, &self.rulebook.rules);
        let origin = CaseOrigin::of_comment(comment, article);
        let case = match self.background.case(comment.case) {
            Some(stored) => self.edited_comment_case(stored, &origin, &need, replaced),
            None => {
                let gravest = need.gravest.filter(|_| need.is_flagged);
                let gravest = gravest.filter(|_| !comment.newest.backfill);
                gravest.map(|reason| {
                    let subject = Subject::Comment(comment.id.clone());
                    self.opened(subject, case_reason(reason, &comment.newest), &origin)
                })
            }
        };
        self.keep_case_of(comment, case);
    }

    fn edited_comment_case(
        &mut self,
        stored: &Case,
        origin: &CaseOrigin<'_>,
        need: &ReviewNeed<'_>,
        replaced: Replaced,
    ) -> Option<Case> {
        let is_known = stored.state.is_unresolved() || !need.is_flagged;
        if replaced == Replaced::Confirmed && is_known {
            return None;
        }
        let needs_review =
            need.is_flagged || need.is_removed_by_person || replaced == Replaced::Refuted;
        let reopens = needs_review && !origin.revision.backfill;
        let case = self.edited(stored, reopens, origin.revision, need.gravest)?;
        Some(match replaced {
            Replaced::Nothing => case,
            Replaced::Confirmed | Replaced::Refuted => Case {
                member: origin.case_member(),
                article: origin.article.clone(),
                ..case
            },
        })
    }

    fn keep_case_of(&mut self, comment: &mut Comment, case: Option<Case>) {
        if let Some(case) = case {
            comment.case = Some(case.id);
            self.cases.push(case);
        }
    }

    /// The case about a comment that was judged again and is flagged now. A case that is open stays as it is.
    pub fn rejudged_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        effective: &EffectiveDecision,
    ) {
        let need = ReviewNeed::of(comment, effective, &self.rulebook.rules);
        let Some(reason) = need.gravest.filter(|_| need.is_flagged) else {
            return;
        };
        let reason = case_reason(reason, &comment.newest);
        let case = match self.background.case(comment.case) {
            Some(stored) if stored.state.is_unresolved() => None,
            Some(stored) => self.reopened(stored, reason),
            None => Some(self.opened_for(comment, article, reason)),
        };
        self.keep_case_of(comment, case);
    }

    /// The case that decides these reports on a comment which is not removed any more: the open one, else a new one.
    pub fn reported_case(
        &mut self,
        comment: &mut Comment,
        article: Option<&Article>,
        reports: &mut [Report],
    ) {
        let Some(first) = reports.first() else {
            return;
        };
        let reason = reported_reason(first, &comment.newest, &self.rulebook.rules);
        // A case that this change has touched already is continued, so that it is not written twice.
        let mut collected = self.cases.iter();
        let collected = collected.position(|case| Some(case.id) == comment.case);
        let case = match (collected, self.background.case(comment.case)) {
            (Some(place), _) => Some(self.cases.remove(place)),
            (None, Some(stored)) if stored.state.is_unresolved() => Some(stored.next(self.ids.now)),
            (None, Some(stored)) => self.reopened(stored, reason),
            (None, None) => Some(self.opened_for(comment, article, reason)),
        };
        let Some(mut case) = case else { return };
        case.add_report_source();
        for report in reports {
            report.decision_point = Some(DecisionPoint::of(&case));
            case.reported = case.reported.and(report.totals());
        }
        self.keep_case_of(comment, Some(case));
    }

    /// The case about a flagged nickname. While it is open it is about the gravest of the spellings that came, the newest of
    /// equal ones: a milder nickname does not take a graver one out of sight.
    pub fn nickname_case(&mut self, origin: &CaseOrigin<'_>, effective: &EffectiveDecision) {
        let revision = origin.revision;
        let background = self.background;
        let (Some(record), Some(verdict)) = (&background.nickname_record, effective.nickname)
        else {
            return;
        };
        let on_nickname = |reason: &Reason| reason.surface == Some(Surface::Nickname);
        let Some(reason) = origin.decision.gravest(on_nickname) else {
            return;
        };
        let nickname = revision.nickname.as_deref();
        let is_ruled = nickname.is_some_and(|name| record.ruling(name).is_some());
        if !needs_case(verdict, is_ruled, reason, &self.rulebook.rules) {
            return;
        }
        match self.open_case_of(record) {
            Some(case) if has_nickname(case, revision) || reason.severity < case.severity => {}
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
            None => self.open_named(record, reason, origin),
        }
    }

    /// One case for each tag that is flagged because it does not belong to the article.
    pub fn tag_cases(&mut self, origin: &CaseOrigin<'_>, effective: &EffectiveDecision) {
        let decision = origin.decision;
        // The background does not know the cases opened here, so a tag listed twice would get two.
        let mut opened: Vec<&str> = Vec::new();
        for (tag, filter) in effective.tags.iter().zip(&decision.tags) {
            let name = tag.tag.as_str();
            let Some(record) = self.background.tag(name) else {
                continue;
            };
            let off_topic = |reason: &Reason| {
                reason.code == ReasonCode::TagOffTopic && reason.tag.as_deref() == Some(name)
            };
            let is_due = filter.off_topic && !opened.contains(&name);
            let Some(reason) = decision.gravest(off_topic).filter(|_| is_due) else {
                continue;
            };
            let is_ruled = record.ruling(name).is_some();
            let is_needed = needs_case(tag.verdict, is_ruled, reason, &self.rulebook.rules);
            if is_needed && self.open_case_of(record).is_none() {
                opened.push(name);
                self.open_named(record, reason, origin);
            }
        }
    }

    /// The case that a nickname's or tag's record names, while it is open.
    fn open_case_of(&self, record: &SubjectRecord) -> Option<&'a Case> {
        let case = self.background.case(record.case);
        case.filter(|case| case.state.is_unresolved())
    }

    fn open_named(&mut self, record: &SubjectRecord, reason: &Reason, origin: &CaseOrigin<'_>) {
        let reason = case_reason(reason, origin.revision);
        let case = self.opened(record.subject.clone(), reason, origin);
        self.subjects.push(record.naming(case.id));
        self.cases.push(case);
    }

    fn opened_for(
        &mut self,
        comment: &Comment,
        article: Option<&Article>,
        reason: CaseReason,
    ) -> Case {
        let origin = CaseOrigin::of_comment(comment, article);
        self.opened(Subject::Comment(comment.id.clone()), reason, &origin)
    }

    fn opened(&mut self, subject: Subject, reason: CaseReason, origin: &CaseOrigin<'_>) -> Case {
        let (id, now) = (CaseId(self.ids.id()), self.ids.now);
        let case = Case {
            score: origin.decision.score,
            comment: origin.comment.cloned(),
            article: origin.article.clone(),
            member: origin.case_member(),
            ..Case::opened(id, subject, reason, Source::Filter, now)
        };
        self.audit_state(
            &case,
            None,
            AuditAction::CaseOpened(CaseCause::Code(case.code)),
        );
        case
    }

    /// The resolved case after what it is about was judged again; `None` where the member withdrew it.
    fn reopened(&mut self, stored: &Case, reason: CaseReason) -> Option<Case> {
        let (event, now) = (CaseEvent::Rejudge, self.ids.now);
        let mut case = Case {
            version: stored.version + 1,
            ..continued(stored, event, Source::Filter, now).ok()?
        };
        case.set_reason(reason);
        self.audit_state(
            &case,
            Some(stored),
            AuditAction::CaseReopened(CaseCause::Rejudged),
        );
        Some(case)
    }

    /// The case after the member changed what it is about; `None` where the member withdrew it.
    fn edited(
        &mut self,
        stored: &Case,
        reopens: bool,
        revision: &Revision,
        gravest: Option<&Reason>,
    ) -> Option<Case> {
        let now = self.ids.now;
        let mut case = Case {
            state: step(stored.state, CaseEvent::Edit { reopens }).ok()?,
            version: stored.version + 1,
            score: revision.decision.score,
            ..stored.next(now)
        };
        if let Some(reason) = gravest {
            case.set_reason(case_reason(reason, revision));
        } else if let Some(body) = &revision.body {
            case.excerpt = Excerpt::around(Surface::Body, body, None);
        }
        if case.state != stored.state {
            case.opened_by(Source::Edit);
            case.opened_at = now;
            self.audit_state(
                &case,
                Some(stored),
                AuditAction::CaseReopened(CaseCause::Edit),
            );
        }
        Some(case)
    }

    fn audit_state(&mut self, case: &Case, before: Option<&Case>, action: AuditAction) {
        let before = before.map(|before| before.state);
        let entry = AuditDraft::of_state(case, before, &Actor::System, action);
        self.audit.push(entry);
    }
}

/// Why a case opens for a reader's report.
fn reported_reason(report: &Report, revision: &Revision, rules: &Rules) -> CaseReason {
    let surface = report.surface.or(Some(Surface::Body));
    CaseReason {
        code: report.code,
        surface,
        severity: rules.row(report.code).severity,
        term: None,
        excerpt: excerpt(revision, surface, report.tag.as_deref(), None),
    }
}

/// Whether a person has to look at a comment, by the latest decision about it.
struct ReviewNeed<'c> {
    /// It is flagged, or the board wants a case for what is removed.
    is_flagged: bool,
    is_removed_by_person: bool,
    /// The gravest reason that a case about the comment is for.
    gravest: Option<&'c Reason>,
}

impl<'c> ReviewNeed<'c> {
    fn of(comment: &'c Comment, effective: &EffectiveDecision, rules: &Rules) -> Self {
        let decision = comment.decision();
        let own = effective.body.unwrap_or(decision.unattached);
        // A tag off topic has a case of its own.
        let mut tags = effective.tags.iter().zip(&decision.tags);
        let has_flagged_tag =
            tags.any(|(tag, filter)| !filter.off_topic && tag.verdict == Verdict::Flag);
        let of_comment = |reason: &Reason| {
            let on_tags = reason.surface == Some(Surface::Tags);
            decision.is_of_comment(reason) || (on_tags && wants_case(reason, rules))
        };
        let gravest = decision.gravest(of_comment);
        let ruled = comment.effect_in_force();
        let is_wanted = ruled.is_none() && gravest.is_some_and(|reason| wants_case(reason, rules));
        Self {
            is_flagged: own == Verdict::Flag || has_flagged_tag || is_wanted,
            is_removed_by_person: ruled
                .is_some_and(|effect| effect.resolution == Resolution::Removed),
            gravest,
        }
    }
}

/// Whether a nickname or tag needs a case: it is flagged, or removed by the filter for a reason that wants one.
fn needs_case(verdict: Verdict, is_ruled: bool, reason: &Reason, rules: &Rules) -> bool {
    let is_removed_by_filter = verdict == Verdict::Remove && !is_ruled;
    verdict == Verdict::Flag || (is_removed_by_filter && wants_case(reason, rules))
}

/// Whether the board wants a case for what this reason removes.
fn wants_case(reason: &Reason, rules: &Rules) -> bool {
    reason.verdict == Verdict::Remove && rules.row(reason.code).case_on_remove
}

fn has_nickname(case: &Case, revision: &Revision) -> bool {
    let member = case.member.as_ref();
    member.and_then(|member| member.nickname.as_ref()) == revision.nickname.as_ref()
}
