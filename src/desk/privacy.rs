//! Retention: comments lose their text when their time is over, unless a legal hold or an open case still needs it.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::reason,
    idempotency::{Completion, IdempotencyRequest, Idempotent},
    off_workers::run_off_workers,
    present::{ATTACHED_MAX, MemberData},
    retried::retried,
    state::PurgedUpTo,
    views::HoldView,
};
use crate::{
    access::Caller,
    id::{CommentId, MemberId},
    record::{
        Actor, AuditSubject, Change, Comment, Form, LeaseName, LegalHold, PurgeCause, TallyOf,
    },
    review::{
        CommentRecords, events_dropped, expired_events, form_tallies_dropped, forms_dropped,
        is_purgeable, place_hold, purge, release_hold,
    },
    time::Timestamp,
};

/// How many comments are checked at a time, and how many lose their text in one commit.
const CHECKED_MAX: usize = 500;
pub(super) const PURGED_MAX: usize = 50;

/// Retention, legal holds, erasure, and export of what is stored about a member.
pub struct Privacy {
    pub(super) base: Arc<Base>,
    pub(super) purged_up_to: PurgedUpTo,
}

impl Privacy {
    /// Checks some comments, oldest first, and purges the text of those whose retention has ended. Returns whether this round has
    /// comments left to check; after that, the next round starts from the oldest again. Does nothing if the clock has jumped.
    pub async fn purge_next_batch(&self) -> Result<bool, DeskError> {
        let batch = self.purge_batch();
        let purged = self.base.under_lease(LeaseName::Purge, batch).await?;
        Ok(purged.unwrap_or(false))
    }

    async fn purge_batch(&self) -> Result<bool, DeskError> {
        let from = self.purged_up_to.get();
        let comments = self.base.store.comments_from(from, CHECKED_MAX).await?;
        let now = self.base.clock.now();
        if self.base.clock_jump().is_some() {
            return Ok(false);
        }
        let due: Vec<Comment> = comments
            .iter()
            .map(|(_, comment)| comment)
            .filter(|comment| self.base.settings.retention.is_over(comment, now))
            .cloned()
            .collect();
        for batch in due.chunks(PURGED_MAX) {
            self.purge(
                batch,
                &Actor::System,
                AuditSubject::Comments,
                PurgeCause::Retention,
            )
            .await?;
        }
        let next = comments.last().map_or(0, |(number, _)| number + 1);
        self.purged_up_to.set(next);
        if next == 0 {
            self.purge_events(now).await?;
            self.purge_forms(now).await?;
            self.purge_form_tallies(now).await?;
        }
        Ok(next > 0)
    }

    async fn purge_events(&self, now: Timestamp) -> Result<(), DeskError> {
        let before = now.plus_ms(-self.base.settings.event_poll_ms);
        loop {
            let events = self.base.store.events(0, CHECKED_MAX).await?;
            let Some((first, last)) = expired_events(&events, before, now) else {
                return Ok(());
            };
            self.base.commit(events_dropped(first, last)).await?;
            if events.last().is_none_or(|event| event.number != last) {
                return Ok(());
            }
        }
    }

    async fn purge_forms(&self, now: Timestamp) -> Result<(), DeskError> {
        let retention = self.base.settings.retention;
        self.drop_forms(|page| forms_dropped(page, retention, now))
            .await
    }

    /// Goes through all written forms, and drops what `dropped` says of each page.
    pub(super) async fn drop_forms(
        &self,
        dropped: impl Fn(&[Form]) -> Option<Change>,
    ) -> Result<(), DeskError> {
        let mut after = None;
        loop {
            let page = self.base.store.forms_after(after, CHECKED_MAX).await?;
            if let Some(change) = dropped(&page) {
                self.base.commit(change).await?;
            }
            after = page.last().map(Form::key);
            if page.len() < CHECKED_MAX {
                return Ok(());
            }
        }
    }

    /// What was counted of written forms, day by day, ends with the texts: beside terms, which a list bounds, forms are without end.
    async fn purge_form_tallies(&self, now: Timestamp) -> Result<(), DeskError> {
        let day = |at: Timestamp| at.day_in(&self.base.settings.time_zone);
        let through = day(now.plus_ms(-self.base.settings.retention.others_ms)) - 1;
        let form = TallyOf::Form(String::new());
        for of in [form.clone(), TallyOf::Posted(Box::new(form))] {
            let over = self.base.store.tallies(0, through, &of).await?;
            for some in over.chunks(CHECKED_MAX) {
                if let Some(change) = form_tallies_dropped(some.to_vec()) {
                    self.base.commit(change).await?;
                }
            }
        }
        Ok(())
    }

    /// Purges the text of these comments, except those that an open case needs. Returns how many were purged.
    pub(super) async fn purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: AuditSubject,
        why: PurgeCause,
    ) -> Result<usize, DeskError> {
        retried(|| self.try_purge(comments, by, &subject, why)).await
    }

    async fn try_purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: &AuditSubject,
        why: PurgeCause,
    ) -> Result<usize, DeskError> {
        let now = self.base.clock.now();
        let mut records = Vec::new();
        for comment in comments {
            // It may have been edited, put under legal hold or reported meanwhile.
            let newest = self.base.store.comment(&comment.id).await?;
            let is_same = |newest: &Comment| newest.newest.number == comment.newest.number;
            if let Some(newest) = newest.filter(|newest| is_purgeable(newest) && is_same(newest)) {
                records.extend(self.records_to_purge(newest).await?);
            }
        }
        if records.is_empty() {
            return Ok(0);
        }
        let count = records.len();
        let change = purge(records, why, subject.clone(), by, now);
        self.base.commit(change).await?;
        Ok(count)
    }

    /// A comment with everything that is purged with its text; `None` if an open case needs it first.
    async fn records_to_purge(
        &self,
        comment: Comment,
    ) -> Result<Option<CommentRecords>, DeskError> {
        let case = self.base.case_if(comment.case).await?;
        if case.as_ref().is_some_and(|case| case.state.is_unresolved())
            || self.base.is_needed_by_open_case(&comment).await?
        {
            return Ok(None);
        }
        let rulings = match &case {
            Some(case) => self.base.rulings_of(case).await?,
            None => Vec::new(),
        };
        let reports = self.base.store.reports_on(&comment.id, ATTACHED_MAX);
        let reports = reports.await?;
        let mut appeals = Vec::new();
        for (_, id) in &comment.appeals {
            appeals.extend(self.base.store.appeal(*id).await?);
        }
        let notes = match &case {
            Some(case) => self.base.store.notes(case.id, ATTACHED_MAX).await?,
            None => Vec::new(),
        };
        Ok(Some(CommentRecords {
            comment,
            case,
            rulings,
            reports,
            appeals,
            notes,
        }))
    }

    /// Puts a comment under legal hold: neither retention nor erasure removes it.
    pub async fn place_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        raw_reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<HoldView>, DeskError> {
        let reason = reason(raw_reason)?;
        let now = self.base.clock.now();
        let hold = LegalHold {
            by: caller.actor(),
            at: now,
            reason,
        };
        let hold = &hold;
        self.base
            .once(idempotency, |once| async move {
                let view = HoldView::from(hold);
                let stored_answer = once.answer(Completion::Done, &view, now)?;
                let comment = self.comment_to_hold(id).await?;
                let change = place_hold(&comment, hold.clone(), self.base.clock.now());
                self.base.commit(change.remembering(stored_answer)).await?;
                Ok(view)
            })
            .await
    }

    /// Releases a legal hold.
    pub async fn release_hold(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried(|| self.try_release_hold(caller, id)).await
    }

    async fn try_release_hold(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        let comment = self.comment_to_hold(id).await?;
        let change = release_hold(&comment, &caller.actor(), self.base.clock.now());
        if let Some(change) = change {
            self.base.commit(change).await?;
        }
        Ok(())
    }

    async fn comment_to_hold(&self, id: &CommentId) -> Result<Comment, DeskError> {
        let comment = self.base.store.comment(id).await?;
        comment.ok_or(DeskError::NotFound)
    }

    /// Gathers everything stored about a member and converts it with `make`. That may be a lot, so both run off the worker threads.
    pub async fn export_member_as<T: Send + 'static>(
        &self,
        id: &MemberId,
        make: impl FnOnce(MemberData) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let (base, id) = (Arc::clone(&self.base), id.clone());
        let gather = async move { Ok(make(base.export_member(&id).await?)) };
        run_off_workers(gather).await?
    }

    /// Everything stored about a member.
    pub async fn export_member(&self, id: &MemberId) -> Result<MemberData, DeskError> {
        self.base.export_member(id).await
    }
}
