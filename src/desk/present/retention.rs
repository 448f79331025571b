//! What an erasure has to retain, and why.

use super::case_history::CaseHistories;
use crate::{
    desk::{base::Base, error::DeskError},
    id::CommentId,
    record::{
        Appeal, AppealOutcome, Case, Comment, Erasure, Report, ReportOutcome, RetainedItem,
        RetentionReason,
    },
    review::{
        RetentionCause, case_retention, last_covered_revision, outcome_of_appeal,
        outcome_of_report, standing_retention,
    },
    time::Timestamp,
};

impl Base {
    /// Whether a retained record may have become free, or is retained for another reason now.
    pub async fn is_erasure_due(&self, erasure: &Erasure) -> Result<bool, DeskError> {
        if !erasure.first_pass_done {
            return Ok(true);
        }
        let now = self.clock.now();
        for retained in &erasure.retained {
            if retained.until.is_some_and(|until| now >= until)
                || self.current_retention(erasure, &retained.what, now).await?
                    != Some((retained.why, retained.until))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why a record is still retained; `None` once it can be erased.
    async fn current_retention(
        &self,
        erasure: &Erasure,
        what: &RetainedItem,
        now: Timestamp,
    ) -> Result<Option<RetentionCause>, DeskError> {
        match what {
            RetainedItem::Comment(id) => {
                self.comment_retention(id, erasure.requested_at, now).await
            }
            RetainedItem::Case(id) => match self.store.case(*id).await? {
                Some(case) => self.case_retention(&case, now).await,
                None => Ok(None),
            },
            RetainedItem::Report(id) => match self.store.report(*id).await? {
                Some(report) => {
                    self.report_retention(&report, &mut CaseHistories::default())
                        .await
                }
                None => Ok(None),
            },
            RetainedItem::Appeal(id) => match self.store.appeal(*id).await? {
                Some(appeal) => {
                    self.appeal_retention(&appeal, erasure.requested_at, now)
                        .await
                }
                None => Ok(None),
            },
            RetainedItem::Standing => {
                let member = self.store.member(&erasure.member).await?;
                Ok(standing_retention(&member, erasure.requested_at, now))
            }
            RetainedItem::Answers => {
                let until = self.answers_kept_until(erasure);
                Ok((now < until).then_some((RetentionReason::Retry, Some(until))))
            }
        }
    }

    /// Idempotent answers quote the member's texts. They are kept for retries and expire by themselves.
    pub fn answers_kept_until(&self, erasure: &Erasure) -> Timestamp {
        erasure.requested_at.plus_ms(self.settings.answers_ms)
    }

    /// Why a comment is retained; `None` if nothing retains it, or the erasure does not cover it.
    pub async fn comment_retention(
        &self,
        id: &CommentId,
        requested_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<RetentionCause>, DeskError> {
        let comment = self.store.comment(id).await?;
        let Some(comment) = comment.filter(|comment| comment.purged_at.is_none()) else {
            return Ok(None);
        };
        if comment.newest.at > requested_at
            && !self.has_covered_revision(&comment, requested_at).await?
        {
            return Ok(None);
        }
        if comment.legal_hold.is_some() {
            return Ok(Some((RetentionReason::Hold, None)));
        }
        let case = self.case_if(comment.case).await?;
        let retention = match &case {
            Some(case) => self.case_retention(case, now).await?,
            None => None,
        };
        if retention.is_none() && self.is_needed_by_open_case(&comment).await? {
            return Ok(Some((RetentionReason::CaseOpen, None)));
        }
        Ok(retention)
    }

    /// Whether a comment edited after the request still has a revision from before it.
    async fn has_covered_revision(
        &self,
        comment: &Comment,
        requested_at: Timestamp,
    ) -> Result<bool, DeskError> {
        if comment.newest.number <= comment.purged_through + 1 {
            return Ok(false);
        }
        let older = self.store.older_revisions(&comment.id).await?;
        Ok(last_covered_revision(&older, requested_at).is_some())
    }

    /// Why a case is retained, by its newest ruling.
    pub async fn case_retention(
        &self,
        case: &Case,
        now: Timestamp,
    ) -> Result<Option<RetentionCause>, DeskError> {
        let newest = match case.rulings.last() {
            Some(id) => self.store.ruling(*id).await?,
            None => None,
        };
        Ok(case_retention(case, newest.as_ref(), now))
    }

    /// Why an appeal is retained: for its comment, or because it is open.
    pub async fn appeal_retention(
        &self,
        appeal: &Appeal,
        requested_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<RetentionCause>, DeskError> {
        if let Some(comment) = &appeal.comment {
            return self.comment_retention(comment, requested_at, now).await;
        }
        let history = self.case_history(appeal.decision_point.case).await?;
        let is_open = history
            .is_some_and(|history| outcome_of_appeal(appeal, &history) == AppealOutcome::Open);
        Ok(is_open.then_some((RetentionReason::CaseOpen, None)))
    }

    /// Why a report is retained: because it is open.
    pub async fn report_retention(
        &self,
        report: &Report,
        histories: &mut CaseHistories,
    ) -> Result<Option<RetentionCause>, DeskError> {
        let history = self.history_of(report, histories).await?;
        let is_open = outcome_of_report(report, history) == ReportOutcome::Open;
        Ok(is_open.then_some((RetentionReason::CaseOpen, None)))
    }

    /// Whether a case about the nickname or a tag that this comment introduced is still open.
    pub async fn is_needed_by_open_case(&self, comment: &Comment) -> Result<bool, DeskError> {
        let background = self.background_of(comment).await?;
        Ok(background.has_open_case_from(&comment.id))
    }
}
