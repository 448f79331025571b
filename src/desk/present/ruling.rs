//! Rulings: what one is made from, and what it makes of the comment and tells the member.

use std::sync::Arc;

use super::comment::CommentState;
use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{CommentView, NoticeView},
    },
    id::RulingId,
    policy::{Notice, Rulebook},
    record::{
        Case, Change, Comment, CountedForm, FormKey, MemberRecord, Ruling, Sanction, Subject,
    },
    review::{Background, RulingContext, RulingSubject, form_of_nickname, has_single_reviewer},
};

/// What a ruling on a case is made from, as stored.
pub struct RulingBasis {
    /// What the case is about.
    pub subject: RulingSubject,
    /// Whom it is about; `None` if the board named nobody.
    pub member: Option<MemberRecord>,
    /// The ruling in force on the subject.
    pub superseded: Option<Ruling>,
    /// The form on which a case about a nickname rests, where it was guessed at: then it is remembered.
    pub guessed: Option<CountedForm>,
    /// Whether at most two people may rule.
    pub has_single_reviewer: bool,
    /// The rules in force.
    pub rulebook: Arc<Rulebook>,
}

impl Base {
    /// What a ruling on this case is made from.
    pub async fn ruling_basis(&self, case: &Case) -> Result<RulingBasis, DeskError> {
        let subject = self.subject_of(case).await?;
        Ok(RulingBasis {
            member: self.member_ruled(case, &subject).await?,
            superseded: self.ruling_if(subject.ruling_in_force(case)).await?,
            guessed: self.guessed_nickname(case).await?,
            has_single_reviewer: case.conflicted_reviewer.is_some()
                && has_single_reviewer(&self.store.users().await?),
            rulebook: self.rules(),
            subject,
        })
    }

    /// The same with the settings, as the core takes it.
    pub fn ruling_context<'b>(&self, basis: &'b RulingBasis) -> RulingContext<'b> {
        RulingContext {
            member: basis.member.as_ref(),
            schedule: basis.rulebook.rules.penalty_schedule(),
            has_single_reviewer: basis.has_single_reviewer,
            undo_ms: self.settings.undo_ms,
            sample_permille: self.settings.sample_rulings_permille,
            superseded: basis.superseded.as_ref(),
            guessed: basis.guessed.as_ref(),
        }
    }

    /// What a case is about, as stored.
    pub async fn subject_of(&self, case: &Case) -> Result<RulingSubject, DeskError> {
        match &case.subject {
            Subject::Comment(id) => {
                let comment = self.store.comment(id).await?;
                let comment = comment.ok_or_else(|| {
                    DeskError::Internal(format!(
                        "case {} is about a comment that is not there",
                        case.id
                    ))
                })?;
                Ok(RulingSubject::Comment(Box::new(comment)))
            }
            shared => Ok(RulingSubject::Shared(self.store.subject(shared).await?)),
        }
    }

    /// The record of the member on whom a ruling bears.
    pub async fn member_ruled(
        &self,
        case: &Case,
        subject: &RulingSubject,
    ) -> Result<Option<MemberRecord>, DeskError> {
        match subject.member(case) {
            Some(member) => Ok(Some(self.store.member(member).await?)),
            None => Ok(None),
        }
    }

    /// The ruling of an id that there may not be.
    pub async fn ruling_if(&self, id: Option<RulingId>) -> Result<Option<Ruling>, DeskError> {
        match id {
            Some(id) => Ok(self.store.ruling(id).await?),
            None => Ok(None),
        }
    }

    async fn guessed_nickname(&self, case: &Case) -> Result<Option<CountedForm>, DeskError> {
        let Some(form) = form_of_nickname(case) else {
            return Ok(None);
        };
        let key = FormKey::of(&form.term, &form.written);
        let known = self.store.forms(&[key]).await?;
        Ok((!known.is_empty()).then_some(form))
    }

    /// The comment that brought the case, as it will be after the ruling.
    pub async fn comment_after(
        &self,
        ruling: &Ruling,
        change: &Change,
    ) -> Result<Option<CommentView>, DeskError> {
        let stored = match (change.comment(), &ruling.undo_snapshot.case.comment) {
            (Some(comment), _) => Some(comment.clone()),
            (None, Some(id)) => self.store.comment(id).await?,
            (None, None) => None,
        };
        let Some(comment) = stored else {
            return Ok(None);
        };
        let background = self.background_of(&comment).await?;
        let older = self.store.older_revisions(&comment.id).await?;
        let state = self.state_after(ruling, change, &comment, background);
        Ok(Some(state.comment_view(&comment, &older)))
    }

    /// The state of a comment once the change of a ruling is stored; `comment` is as it is written then, the background as it
    /// was read.
    pub fn state_after(
        &self,
        ruling: &Ruling,
        change: &Change,
        comment: &Comment,
        mut background: Background,
    ) -> CommentState {
        // An answer is stored with the commit, so it is made before it: from the records as they will be.
        background.update(change);
        // Not before the ruling, even if the clock has gone back since.
        let at = ruling.at.max(self.clock.now());
        self.comment_state(comment, &background, &self.rules(), at)
    }

    /// The notice for the member: what happened to the comment, and the sanction imposed. How to appeal, and each rule, is stated
    /// only once.
    pub fn notice_of_ruling(
        &self,
        sanction: Option<&Sanction>,
        comment_notice: Option<NoticeView>,
        explains_appeal: bool,
    ) -> Option<NoticeView> {
        let comment_notice = comment_notice.map(Notice::from);
        let sanction_notice = sanction.map(|sanction| {
            let until = self.sanction_appealable_until(sanction);
            let earlier_text = comment_notice.clone().unwrap_or_default();
            Notice::from(self.sanction_notice(
                sanction,
                until.filter(|_| !explains_appeal),
                &earlier_text,
            ))
        });
        let notices = comment_notice.into_iter().chain(sanction_notice);
        Notice::joined(notices.collect()).map(NoticeView::from)
    }
}
