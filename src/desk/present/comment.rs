//! Comments in their current state: the filter's decision with the rulings that override it.

use super::notice::sanction_notice;
use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{
            CommentView, HoldView, ModerationView, NoticeView, ReasonView, RevisionView,
            SurfacesView, occasions,
        },
    },
    id::{CaseId, CommentId, RulingId},
    member::MemberStanding,
    policy::{
        Notice, Rulebook,
        notice::{NoticeContext, NoticeOccasion},
    },
    record::{Comment, Covered, Revision, RulingEffect, Verdict, Words},
    review::{
        Background, CaseContext, EffectiveDecision, SubjectRulings, appealable_until,
        effective_verdict,
    },
    store::BackgroundQuery,
    time::Timestamp,
};

/// A comment's current state: the filter's decision with the rulings that override it.
pub struct CommentState {
    effective: EffectiveDecision,
    case: Option<CaseId>,
    tag_cases: Vec<Option<CaseId>>,
    ruling: Option<RulingId>,
    notice: Option<Notice>,
    appeal_until: Option<Timestamp>,
    standing: MemberStanding,
}

impl CommentState {
    /// Combines the comment with its background. The background's own copy of the comment is ignored.
    fn of(
        comment: &Comment,
        background: &Background,
        rulebook: &Rulebook,
        at: Timestamp,
        context: &NoticeContext<'_>,
    ) -> Self {
        let (newest, decision) = (&comment.newest, comment.decision());
        let rulings = background.rulings_on(comment);
        let effective = effective_verdict(decision, &rulings);
        let effect = comment.effect_in_force();
        let code = effect
            .filter(|_| effective.verdict == Verdict::Remove)
            .and_then(|effect| effect.code);
        let mut occasions = occasions(&effective, decision, code);
        let member = background.member.as_ref();
        for occasion in occasions.iter_mut().filter(|occasion| occasion.member) {
            occasion.sanction = member
                .and_then(|member| member.blocking_sanction(newest.at))
                .map(sanction_notice);
        }
        for occasion in &mut occasions {
            occasion.replies = replies_about(occasion, effect, &rulings);
        }
        let notice = rulebook.notices.statement(&occasions, context);
        let nickname_case = background
            .nickname_record
            .as_ref()
            .and_then(|record| record.case);
        let has_nickname_case =
            effective.nickname == Some(Verdict::Flag) || rulings.nickname.is_some();
        let tag_cases = tag_cases(comment, background, &effective);
        let ruling = effect
            .map(|effect: &RulingEffect| effect.ruling)
            .or_else(|| rulings.nickname.map(|ruling| ruling.ruling));
        Self {
            case: comment.case.or(nickname_case.filter(|_| has_nickname_case)),
            tag_cases,
            ruling,
            notice,
            appeal_until: context.appeal_until,
            standing: background.member_standing(at),
            effective,
        }
    }

    /// The answer to a submission.
    fn moderation_view(self, comment: &Comment) -> ModerationView {
        let (newest, decision) = (&comment.newest, comment.decision());
        ModerationView {
            id: Some(newest.receipt),
            comment_id: Some(comment.id.clone()),
            revision: Some(newest.number),
            surfaces: SurfacesView::of(&self.effective, &self.tag_cases),
            case_id: self.case,
            ..ModerationView::of(decision, &self.effective, self.standing, self.notice)
        }
    }

    /// The comment with all its revisions.
    pub fn comment_view(self, comment: &Comment, older: &[Covered<Revision>]) -> CommentView {
        let (newest, decision) = (&comment.newest, comment.decision());
        CommentView {
            comment_id: comment.id.clone(),
            id: newest.receipt,
            article_id: comment.article.clone(),
            member_id: comment.member.clone(),
            parent_id: comment.parent.clone(),
            url: comment.url.clone(),
            revision: newest.number,
            verdict: self.effective.verdict,
            decided_by: self.effective.decided_by,
            would_be: decision.would_be,
            surfaces: SurfacesView::of(&self.effective, &self.tag_cases),
            reasons: decision.reasons.iter().map(ReasonView::from).collect(),
            score: Some(decision.score),
            model: decision.model.as_ref().map(ToString::to_string),
            case_id: self.case,
            ruling_id: self.ruling,
            notice: self.notice.map(NoticeView::from),
            appealable: self.appeal_until.is_some(),
            appeal_until: self.appeal_until,
            revisions: older
                .iter()
                .chain([newest])
                .map(|revision| RevisionView::of(revision, &comment.rejudged))
                .collect(),
            member_standing: self.standing.name(),
            rulebook: decision.rulebook.to_string(),
            withdrawn_at: comment.withdrawn_at,
            hold: comment.legal_hold.as_ref().map(HoldView::from),
            purged_at: comment.purged_at,
            provisional: comment.provisional,
        }
    }
}

/// What the rulings that remove something of this say to its author, each once.
fn replies_about<'c>(
    occasion: &NoticeOccasion<'_>,
    effect: Option<&'c RulingEffect>,
    rulings: &SubjectRulings<'c>,
) -> Vec<&'c Words> {
    let of_comment = effect.filter(|_| occasion.body || !occasion.tags.is_empty());
    let nickname = rulings.nickname.filter(|_| occasion.nickname);
    let tags = rulings.tags.iter().flatten();
    let tags = tags.filter(|ruling| occasion.tags.contains(&ruling.text.as_str()));
    let shared = nickname.into_iter().chain(tags.copied());
    let of_comment = of_comment.and_then(|effect| effect.reply.as_ref());
    let all = of_comment.into_iter();
    let mut replies: Vec<&Words> = Vec::new();
    for reply in all.chain(shared.filter_map(|ruling| ruling.reply.as_ref())) {
        if !replies.contains(&reply) {
            replies.push(reply);
        }
    }
    replies
}

/// The case of each tag. An off-topic or ruled tag has a case of its own; a tag flagged for listed words belongs to the
/// comment's case.
fn tag_cases(
    comment: &Comment,
    background: &Background,
    effective: &EffectiveDecision,
) -> Vec<Option<CaseId>> {
    let decision = comment.decision();
    let case_of = |(tag, filter): (&crate::review::EffectiveTag, &crate::record::TagDecision)| {
        let record = background.tag(&tag.tag);
        let is_ruled = record.is_some_and(|record| record.ruling(&tag.tag).is_some());
        if is_ruled || (filter.off_topic && tag.verdict == Verdict::Flag) {
            return record.and_then(|record| record.case);
        }
        comment.case.filter(|_| tag.verdict == Verdict::Flag)
    };
    effective
        .tags
        .iter()
        .zip(&decision.tags)
        .map(case_of)
        .collect()
}

impl Base {
    /// A comment in its current state.
    pub async fn comment_by_id(&self, id: &CommentId) -> Result<CommentView, DeskError> {
        let comment = self.comment(id).await?;
        let background = self.background_of(&comment).await?;
        self.comment_view(&comment, &background).await
    }

    /// The stored records that a comment's state depends on.
    pub async fn background_of(&self, comment: &Comment) -> Result<Background, DeskError> {
        let query = BackgroundQuery {
            comment: Some(&comment.id),
            article: comment.article.as_ref(),
            member: comment.member.as_ref(),
            tags: &comment.newest.tags,
            posts_max: 0,
        };
        Ok(self.store.background(query).await?)
    }

    /// The answer to a submission: the comment as it is at this time.
    pub fn moderation_view(
        &self,
        comment: &Comment,
        background: &Background,
        rulebook: &Rulebook,
        at: Timestamp,
    ) -> ModerationView {
        let state = self.comment_state(comment, background, rulebook, at);
        state.moderation_view(comment)
    }

    /// A comment's state over this background, with statements by this rulebook.
    pub fn comment_state(
        &self,
        comment: &Comment,
        background: &Background,
        rulebook: &Rulebook,
        at: Timestamp,
    ) -> CommentState {
        let case_context = CaseContext {
            comment,
            background,
        };
        let until = appealable_until(case_context, self.settings.appeal_ms, self.clock.now());
        let context = self.notice_context(until);
        CommentState::of(comment, background, rulebook, at, &context)
    }

    /// A comment over this background.
    pub async fn comment_view(
        &self,
        comment: &Comment,
        background: &Background,
    ) -> Result<CommentView, DeskError> {
        let older = if comment.newest.number > 1 {
            self.store.older_revisions(&comment.id).await?
        } else {
            Vec::new()
        };
        let state = self.comment_state(comment, background, &self.rules(), self.clock.now());
        Ok(state.comment_view(comment, &older))
    }
}
