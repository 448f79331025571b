//! The case of a report, an appeal, a moderator or a QA review: the existing one is continued, or a new one opens.

use super::{Background, CaseEvent, EffectiveDecision, TransitionRefused, step};
use crate::{
    id::CaseId,
    record::{
        Actor, Article, AuditAction, AuditDraft, Case, CaseArticle, CaseCause, CaseMember,
        CaseReason, CaseState, ChangeBuilder, Comment, Excerpt, MemberRecord, Reason, ReasonCode,
        Revision, Source, Subject, SubjectRecord, Verdict,
    },
    text::{Span, Surface},
    time::{IdSource, Timestamp},
};

/// A comment and its background.
#[derive(Debug, Clone, Copy)]
pub struct CaseContext<'a> {
    /// The comment.
    pub comment: &'a Comment,
    /// What is known around it.
    pub background: &'a Background,
}

impl<'a> CaseContext<'a> {
    /// What is in force on it.
    pub fn effective(&self) -> EffectiveDecision {
        self.background.effective(self.comment)
    }

    /// The record that names the case about `subject`; `None` where the comment itself names it.
    fn subject_record(&self, subject: &Subject) -> Option<&'a SubjectRecord> {
        match subject {
            Subject::Comment(_) => None,
            Subject::Nickname(_) => self.background.nickname_record.as_ref(),
            Subject::Tag { tag, .. } => self.background.tag(tag),
        }
    }

    /// The case that is continued. A resolved case about a nickname or tag is not: the next one is new.
    fn case(&self, subject: &Subject) -> Option<&'a Case> {
        match self.subject_record(subject) {
            None => self.background.case(self.comment.case),
            Some(record) => self
                .background
                .case(record.case)
                .filter(|case| case.state.is_unresolved()),
        }
    }

    /// Why a person opens a case; the excerpt is from the beginning of the surface.
    pub(super) fn reason(
        &self,
        code: ReasonCode,
        severity: u8,
        surface: Option<Surface>,
        tag: Option<&str>,
    ) -> CaseReason {
        let newest = &self.comment.newest;
        let tag = tag.or_else(|| newest.tags.first().map(String::as_str));
        CaseReason {
            code,
            surface,
            severity,
            term: None,
            excerpt: excerpt(newest, surface, tag, None),
        }
    }

    /// What a case about `subject` shows of a removal: the gravest reason that the filter gave for it.
    pub(super) fn removal_reason(&self, subject: &Subject) -> CaseReason {
        let comment = self.comment;
        let is_about = |reason: &Reason| match subject {
            Subject::Comment(_) => reason.surface != Some(Surface::Nickname),
            Subject::Nickname(_) => reason.surface == Some(Surface::Nickname),
            Subject::Tag { tag, .. } => reason.tag.as_ref() == Some(tag),
        };
        let counts = |reason: &Reason| reason.verdict > Verdict::Allow && is_about(reason);
        if let Some(gravest) = comment.decision().gravest(counts) {
            return case_reason(gravest, &comment.newest);
        }
        let (surface, tag) = match subject {
            Subject::Comment(_) => (Surface::Body, None),
            Subject::Nickname(_) => (Surface::Nickname, None),
            Subject::Tag { tag, .. } => (Surface::Tags, Some(tag.as_str())),
        };
        self.reason(ReasonCode::Other, 1, Some(surface), tag)
    }

    /// The case about `subject` after `event`; `reason` is shown where the case was not open.
    pub(super) fn transition(
        &self,
        subject: Subject,
        event: CaseEvent,
        reason: CaseReason,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<CaseTransition, TransitionRefused> {
        if let Some(known) = self.case(&subject) {
            let mut case = continued(known, event, source, ids.now)?;
            if case.state != known.state {
                case.set_reason(reason);
            }
            return Ok(CaseTransition::of_known(known, case));
        }
        let comment = self.comment;
        let (record, id) = (self.subject_record(&subject), CaseId(ids.id()));
        let case = Case {
            score: comment.decision().score,
            comment: Some(comment.id.clone()),
            article: case_article(comment, self.background.article.as_ref()),
            member: comment.member.as_ref().map(|member| CaseMember {
                id: member.clone(),
                nickname: comment.newest.nickname.clone(),
            }),
            ..Case::opened(id, subject, reason, source, ids.now)
        };
        Ok(CaseTransition {
            before: None,
            // A case about a nickname or tag is named by its record instead.
            comment: record.is_none().then(|| Comment {
                case: Some(id),
                ..comment.next()
            }),
            subject: record.map(|record| record.naming(id)),
            case,
        })
    }
}

/// A member, and the case about what they did.
#[derive(Debug, Clone, Copy)]
pub struct MemberCaseContext<'a> {
    /// The member.
    pub member: &'a MemberRecord,
    /// What is kept about their nickname.
    pub record: &'a SubjectRecord,
    /// The case, open or resolved: the one in which a sanction was ruled, else the one about the member.
    pub case: Option<&'a Case>,
}

impl MemberCaseContext<'_> {
    /// Why a person opens a case about the member.
    pub(super) fn reason(&self, code: ReasonCode, severity: u8) -> CaseReason {
        let nickname = self.member.nickname().map_or("", |nickname| &nickname.text);
        CaseReason {
            code,
            surface: Some(Surface::Nickname),
            severity,
            term: None,
            excerpt: Excerpt::around(Surface::Nickname, nickname, None),
        }
    }

    /// The case after `event`. A resolved case about the member stays resolved: the next one is new.
    pub(super) fn transition(
        &self,
        event: CaseEvent,
        reason: CaseReason,
        source: Source,
        ids: &mut IdSource,
    ) -> Result<CaseTransition, TransitionRefused> {
        let about_member = |case: &&Case| matches!(case.subject, Subject::Nickname(_));
        let goes_on = |case: &&Case| !about_member(case) || case.state.is_unresolved();
        if let Some(known) = self.case.filter(goes_on) {
            let case = continued(known, event, source, ids.now)?;
            return Ok(CaseTransition::of_known(known, case));
        }
        let (member, id) = (self.member, CaseId(ids.id()));
        let subject = Subject::Nickname(member.id.clone());
        let case = Case {
            member: Some(CaseMember {
                id: member.id.clone(),
                nickname: member.nickname().map(|nickname| nickname.text.clone()),
            }),
            ..Case::opened(id, subject, reason, source, ids.now)
        };
        Ok(CaseTransition {
            before: None,
            comment: None,
            subject: Some(self.record.naming(id)),
            case,
        })
    }
}

/// A continued or new case, and the record that has to name a new one.
pub(super) struct CaseTransition {
    /// The state before; `None` for a new case.
    before: Option<CaseState>,
    pub case: Case,
    pub comment: Option<Comment>,
    subject: Option<SubjectRecord>,
}

impl CaseTransition {
    const fn of_known(known: &Case, case: Case) -> Self {
        Self {
            before: Some(known.state),
            case,
            comment: None,
            subject: None,
        }
    }

    /// Raises the version of a continued case, so that nobody rules without having seen what was added.
    pub fn raise_version(&mut self) {
        self.case.version += u32::from(self.before.is_some());
    }

    /// The audit entry of a case that opened, or opened again.
    pub fn audit(&self, cause: CaseCause, by: &Actor) -> Option<AuditDraft> {
        let action = match self.before {
            None => AuditAction::CaseOpened(cause),
            Some(before) if before != self.case.state => AuditAction::CaseReopened(cause),
            Some(_) => return None,
        };
        Some(AuditDraft::of_state(&self.case, self.before, by, action))
    }

    /// The change that writes it.
    pub fn into_builder(self) -> ChangeBuilder {
        ChangeBuilder::new()
            .updated_case(self.case)
            .updated_comment(self.comment)
            .updated_subject(self.subject)
    }
}

/// A known case after `event`. One that opens again counts as opened now.
pub(super) fn continued(
    known: &Case,
    event: CaseEvent,
    source: Source,
    now: Timestamp,
) -> Result<Case, TransitionRefused> {
    let state = step(known.state, event)?;
    let mut case = Case {
        state,
        ..known.next(now)
    };
    if state != known.state {
        case.opened_at = now;
    }
    if case.state.is_unresolved() {
        case.opened_by(source);
    }
    Ok(case)
}

/// The article that a case about this comment shows; its title only if it is the article that is known.
pub fn case_article(comment: &Comment, article: Option<&Article>) -> Option<CaseArticle> {
    let id = comment.article.clone()?;
    let known = article.filter(|article| article.id == id);
    let title = known.map(|article| article.content.title.clone());
    Some(CaseArticle { id, title })
}

/// Why a case is opened for one of the filter's reasons.
pub fn case_reason(reason: &Reason, revision: &Revision) -> CaseReason {
    CaseReason {
        code: reason.code,
        surface: reason.surface,
        severity: reason.severity,
        term: reason.term.clone(),
        excerpt: excerpt(revision, reason.surface, reason.tag.as_deref(), reason.span),
    }
}

pub(super) fn excerpt(
    revision: &Revision,
    surface: Option<Surface>,
    tag: Option<&str>,
    span: Option<Span>,
) -> Excerpt {
    let surface = surface.unwrap_or(Surface::Body);
    let text = match surface {
        Surface::Nickname => revision.nickname.as_deref(),
        Surface::Tags => tag,
        Surface::Body => revision.body.as_deref(),
    };
    Excerpt::around(surface, text.unwrap_or(""), span)
}
