//! Appeals with their outcome.

use crate::{
    desk::{
        base::Base,
        error::DeskError,
        views::{AppealView, NoticeView},
    },
    id::AppealId,
    policy::notice::{AppealText, Notice},
    record::{Appeal, AppealOutcome, AppealedDecision, RulingDecision},
    review::{CaseHistory, end_of_appeal, outcome_of_appeal},
};

impl Base {
    /// An appeal with its outcome.
    pub async fn appeal_by_id(&self, id: AppealId) -> Result<AppealView, DeskError> {
        let appeal = self.store.appeal(id).await?.ok_or(DeskError::NotFound)?;
        self.appeal_view(&appeal).await
    }

    /// An appeal with its outcome.
    pub async fn appeal_view(&self, appeal: &Appeal) -> Result<AppealView, DeskError> {
        let history = self
            .case_history(appeal.decision_point.case)
            .await?
            .ok_or(DeskError::NotFound)?;
        let told = Notice::from(self.appeal_notice(text_of(appeal, &history)));
        // What whoever decided it says to the author comes behind.
        let ruling = history.decisive(appeal.decision_point);
        let reply = ruling.and_then(|ruling| ruling.reply.as_ref());
        let reply = reply.map(|reply| Notice::from(&reply.text));
        let told = Notice::joined(std::iter::once(told).chain(reply).collect());
        Ok(AppealView::of(
            appeal,
            outcome_of_appeal(appeal, &history),
            end_of_appeal(appeal, &history),
            NoticeView::from(told.unwrap_or_default()),
        ))
    }

    /// The notice to an author about their appeal.
    pub fn appeal_notice(&self, text: AppealText) -> NoticeView {
        NoticeView::from(self.rules().notices.of_appeal(text))
    }
}

/// What the author is told about their appeal. The text mentions another moderator only if another one did decide.
fn text_of(appeal: &Appeal, history: &CaseHistory) -> AppealText {
    let by_filter = matches!(appeal.appealed, AppealedDecision::Filter(_));
    match (
        outcome_of_appeal(appeal, history),
        history.decisive(appeal.decision_point),
    ) {
        (AppealOutcome::Open, _) => AppealText::Open,
        (AppealOutcome::Overturned, Some(ruling))
            if ruling.decision == RulingDecision::RemoveTags =>
        {
            AppealText::OverturnedPartly
        }
        (AppealOutcome::Overturned, _) => AppealText::Overturned,
        (AppealOutcome::Denied, None) => AppealText::Withdrawn,
        (_, Some(ruling)) if ruling.reviewed_own || by_filter => AppealText::UpheldSame,
        (AppealOutcome::Denied, Some(_)) => AppealText::Upheld,
    }
}
