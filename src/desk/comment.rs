//! Where a comment stands now: read back, taken back.

use super::{
    Desk, DeskError,
    notice::blocking,
    retried,
    views::{
        CommentView, HoldView, ModerationView, NoticeView, ReasonView, RevisionView, SurfacesView,
        occasions,
    },
};
use crate::{
    access::Caller,
    id::{CaseId, CommentId, RulingId},
    intake::{Background, withdraw},
    policy::{Rulebook, notice::NoticeContext},
    record::{Comment, Revision, RulingEffect, Verdict},
    review::{EffectiveDecision, effective_verdict},
    store::{BackgroundQuery, Commit},
    time::Timestamp,
};

/// A comment as it stands now, with all that lies over it.
pub(super) struct CommentState {
    now: EffectiveDecision,
    case: Option<CaseId>,
    tag_cases: Vec<Option<CaseId>>,
    ruling: Option<RulingId>,
    notice: Option<NoticeView>,
    appeal_until: Option<Timestamp>,
    standing: &'static str,
}

impl CommentState {
    /// Lays what the background knows over the comment. The background's own copy of the comment is not looked at.
    fn of(
        comment: &Comment,
        background: &Background,
        rulebook: &Rulebook,
        at: Timestamp,
        context: &NoticeContext<'_>,
    ) -> Self {
        let (newest, decision) = (&comment.newest, comment.decision());
        let mut standing = background.standing(newest.nickname.as_deref(), &newest.tags);
        standing.effect = comment.effect.as_ref();
        let now = effective_verdict(decision, &standing);
        let mark = comment
            .effect
            .as_ref()
            .filter(|mark| mark.holds_for(decision));
        let given = mark
            .filter(|_| now.verdict == Verdict::Remove)
            .and_then(|mark| mark.code);
        let mut occasions = occasions(&now, decision, given);
        let who = background.member.as_ref();
        for occasion in occasions.iter_mut().filter(|occasion| occasion.member) {
            occasion.sanction = who.and_then(|who| blocking(who, newest.at));
        }
        let notice = rulebook
            .notices
            .statement(&occasions, context)
            .map(NoticeView::from);
        let nickname_case = background
            .nickname_record
            .as_ref()
            .and_then(|record| record.case);
        let on_nickname = now.nickname == Some(Verdict::Flag) || standing.nickname.is_some();
        let tag_cases = tag_cases(comment, background, &now);
        let ruling = mark
            .map(|mark: &RulingEffect| mark.ruling)
            .or_else(|| standing.nickname.map(|ruling| ruling.ruling));
        Self {
            case: comment.case.or(nickname_case.filter(|_| on_nickname)),
            tag_cases,
            ruling,
            notice,
            appeal_until: context.appeal_until,
            standing: background.member_standing(at).name(),
            now,
        }
    }

    /// The answer about a comment.
    pub(super) fn answer(self, comment: &Comment) -> ModerationView {
        let (newest, decision) = (&comment.newest, comment.decision());
        ModerationView {
            id: Some(newest.receipt),
            comment_id: Some(comment.id.clone()),
            revision: Some(newest.number),
            verdict: self.now.verdict,
            decided_by: self.now.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(&self.now, &self.tag_cases),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            case_id: self.case,
            member_standing: self.standing,
            rulebook: decision.rulebook.to_string(),
            notice: self.notice,
        }
    }

    /// The whole comment.
    pub(super) fn view(self, comment: &Comment, older: &[Revision]) -> CommentView {
        let (newest, decision) = (&comment.newest, comment.decision());
        CommentView {
            comment_id: comment.id.clone(),
            id: newest.receipt,
            article_id: comment.article.clone(),
            member_id: comment.member.clone(),
            parent_id: comment.parent.clone(),
            url: comment.url.clone(),
            revision: newest.number,
            verdict: self.now.verdict,
            decided_by: self.now.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(&self.now, &self.tag_cases),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            case_id: self.case,
            ruling_id: self.ruling,
            notice: self.notice,
            appealable: self.appeal_until.is_some(),
            appeal_until: self.appeal_until,
            revisions: older
                .iter()
                .chain([newest])
                .map(|revision| RevisionView::of(revision, &comment.rejudged))
                .collect(),
            member_standing: self.standing,
            rulebook: decision.rulebook.to_string(),
            withdrawn_at: comment.withdrawn_at,
            hold: comment.legal_hold.as_ref().map(HoldView::from),
            purged_at: comment.purged_at,
            provisional: comment.provisional,
        }
    }
}

/// A tag off topic has a case of its own; one that holds listed words belongs to the comment's.
fn tag_cases(
    comment: &Comment,
    background: &Background,
    now: &EffectiveDecision,
) -> Vec<Option<CaseId>> {
    let decision = comment.decision();
    let case_of = |(tag, filter): (&crate::review::EffectiveTag, &crate::record::TagDecision)| {
        let record = background.tag(&tag.tag);
        let ruled = record.is_some_and(|record| record.ruling(&tag.tag).is_some());
        if ruled || (filter.off_topic && tag.verdict == Verdict::Flag) {
            return record.and_then(|record| record.case);
        }
        comment.case.filter(|_| tag.verdict == Verdict::Flag)
    };
    now.tags.iter().zip(&decision.tags).map(case_of).collect()
}

impl Desk {
    /// Where a comment stands now.
    pub async fn comment(&self, id: &CommentId) -> Result<CommentView, DeskError> {
        let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
        let background = self.background_of(&comment).await?;
        self.comment_view(&comment, &background).await
    }

    /// The member took a comment back. Again is nothing new.
    pub async fn withdraw(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried!(self.try_withdraw(caller, id).await)
    }

    /// What is known around a stored comment.
    pub(super) async fn background_of(&self, comment: &Comment) -> Result<Background, DeskError> {
        let query = BackgroundQuery {
            comment: Some(&comment.id),
            article: comment.article.as_ref(),
            member: comment.member.as_ref(),
            tags: &comment.newest.tags,
            posts_max: 0,
        };
        Ok(self.store.background(query).await?)
    }

    /// A comment as it stands over this background, told by this rulebook's statements.
    pub(super) fn present(
        &self,
        comment: &Comment,
        background: &Background,
        rulebook: &Rulebook,
        at: Timestamp,
    ) -> CommentState {
        let context = self.notice_context(self.appealable_until(comment, background));
        CommentState::of(comment, background, rulebook, at, &context)
    }

    /// The whole view of a comment over this background.
    pub(super) async fn comment_view(
        &self,
        comment: &Comment,
        background: &Background,
    ) -> Result<CommentView, DeskError> {
        let older = if comment.newest.number > 1 {
            self.store.older_revisions(&comment.id).await?
        } else {
            Vec::new()
        };
        let present = self.present(comment, background, &self.rules(), self.clock.now());
        Ok(present.view(comment, &older))
    }

    async fn try_withdraw(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
        let case = match comment.case {
            Some(case) => self.store.case(case).await?,
            None => None,
        };
        let done = withdraw(&comment, case.as_ref(), &caller.actor(), self.clock.now());
        match done.map_err(|refused| DeskError::Internal(refused.to_string()))? {
            None => Ok(()),
            Some(withdrawal) => {
                self.store.commit(Commit::Withdraw(withdrawal)).await?;
                Ok(())
            }
        }
    }
}
