//! What the member would be told of each decision: each is made without being stored.

use super::{case_actions::ruling_request, ruling::RulingBasis};
use crate::{
    access::Caller,
    desk::{
        base::Base,
        views::{NoticePreviewView, SanctionChoice},
    },
    policy::ProposedSanction,
    record::{Authority, Case, Comment, RulingDecision},
    review::{Background, RulingContext, RulingSubject, SanctionRequest, rule},
};

/// What the notices about a case depend on.
#[derive(Clone, Copy)]
pub struct PreviewContext<'a> {
    pub case: &'a Case,
    pub basis: &'a RulingBasis,
    /// The comment that brought the case and its background, without what a blind reviewer must not see.
    pub comment: Option<(&'a Comment, &'a Background)>,
    /// What the penalty schedule proposes.
    pub proposed: Option<ProposedSanction>,
    pub caller: &'a Caller,
}

impl Base {
    /// The notice of each decision that can be made about the case, whoever has it open.
    pub fn notice_previews(&self, of: PreviewContext<'_>) -> Vec<NoticePreviewView> {
        let proposed = of
            .proposed
            .map(|proposed| (RulingDecision::Remove, Some(proposed)));
        let plain = [
            RulingDecision::Approve,
            RulingDecision::Remove,
            RulingDecision::RemoveTags,
            RulingDecision::Escalate,
        ];
        let plain = plain.map(|decision| (decision, None));
        let all = plain.into_iter().chain(proposed);
        all.filter_map(|(decision, sanction)| self.notice_preview(of, decision, sanction))
            .collect()
    }

    fn notice_preview(
        &self,
        of: PreviewContext<'_>,
        decision: RulingDecision,
        proposed: Option<ProposedSanction>,
    ) -> Option<NoticePreviewView> {
        let subject = shown_subject(of);
        let sanction = proposed.map(|proposed| SanctionRequest {
            kind: proposed.kind,
            days: proposed.days,
            reason: None,
        });
        let request = ruling_request(of.case, &subject, decision, sanction);
        // As whoever may rule would: the notice is the same for all.
        let case = Case {
            claim: None,
            conflicted_reviewer: None,
            ..of.case.clone()
        };
        let authority = Authority {
            by: of.caller.actor(),
            is_admin: true,
        };
        let context = RulingContext {
            superseded: None,
            ..self.ruling_context(of.basis)
        };
        let mut ids = self.id_source();
        let (ruling, change) =
            rule(&case, &subject, request, context, &authority, &mut ids).ok()?;
        let comment = of.comment.map(|(stored, background)| {
            let comment = change.comment().unwrap_or(stored);
            let state = self.state_after(&ruling, &change, comment, background.clone());
            state.comment_view(comment, &[])
        });
        let imposed = change
            .member()
            .and_then(|member| member.sanction_by(ruling.id));
        let explains_appeal = comment.as_ref().is_some_and(|comment| comment.appealable);
        let notice = comment.and_then(|comment| comment.notice);
        Some(NoticePreviewView {
            decision,
            code: ruling.code,
            tags: ruling.tags.clone(),
            sanction: proposed.map(SanctionChoice::from),
            notice: self.notice_of_ruling(imposed, notice, explains_appeal),
        })
    }
}

/// What the case is about, as its reviewer may see it.
fn shown_subject(of: PreviewContext<'_>) -> RulingSubject {
    match (&of.basis.subject, of.comment) {
        (RulingSubject::Comment(_), Some((comment, _))) => {
            RulingSubject::Comment(Box::new(comment.clone()))
        }
        (subject, _) => subject.clone(),
    }
}
