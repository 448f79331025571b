//! Retention: comments lose their text when their time is over, unless a legal hold or an open case still needs it.

use std::sync::Arc;

use super::{
    base::Base,
    error::DeskError,
    fields::required_reason,
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
    intake::{Purge, hold_changed, purged},
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, Comment, Event, LegalHold, PurgeCause,
        StoredAnswer,
    },
    review::events_dropped,
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
            self.base.store.commit(events_dropped(first, last)).await?;
            if events.last().is_none_or(|event| event.number != last) {
                return Ok(());
            }
        }
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
        let mut purges = Vec::new();
        for comment in comments {
            // It may have been edited, put under legal hold or reported meanwhile.
            let Some(newest) = self.base.store.comment(&comment.id).await? else {
                continue;
            };
            if newest.legal_hold.is_some()
                || newest.purged_at.is_some()
                || newest.newest.number != comment.newest.number
            {
                continue;
            }
            purges.extend(self.purge_of(&newest, now).await?);
        }
        if purges.is_empty() {
            return Ok(0);
        }
        let count = purges.len();
        let audit = AuditDraft {
            to: Some(count.to_string()),
            ..AuditDraft::new(now, by, AuditAction::CommentsPurged(why), subject.clone())
        };
        self.base.store.commit(purged(purges, audit)).await?;
        Ok(count)
    }

    /// Everything that is purged with a comment's text; `None` if an open case needs it first.
    async fn purge_of(
        &self,
        comment: &Comment,
        now: Timestamp,
    ) -> Result<Option<Purge>, DeskError> {
        let case = match comment.case {
            Some(id) => self.base.store.case(id).await?,
            None => None,
        };
        if case.as_ref().is_some_and(|case| case.state.is_unresolved())
            || self.is_needed_by_open_case(comment).await?
        {
            return Ok(None);
        }
        let mut rulings = Vec::new();
        for id in case.iter().flat_map(|case| &case.rulings) {
            rulings.extend(self.base.store.ruling(*id).await?);
        }
        let reports = self
            .base
            .store
            .reports_on(&comment.id, ATTACHED_MAX)
            .await?;
        let mut appeals = Vec::new();
        for (_, id) in &comment.appeals {
            appeals.extend(self.base.store.appeal(*id).await?);
        }
        let notes = match &case {
            Some(case) => self.base.store.notes(case.id, ATTACHED_MAX).await?,
            None => Vec::new(),
        };
        Ok(Some(Purge::of(
            comment,
            case.as_ref(),
            rulings,
            reports,
            appeals,
            notes,
            now,
        )))
    }

    /// Whether a case about the nickname or a tag that this comment introduced is still open.
    pub(super) async fn is_needed_by_open_case(
        &self,
        comment: &Comment,
    ) -> Result<bool, DeskError> {
        let background = self.base.background_of(comment).await?;
        let is_open =
            |case: &Case| case.state.is_unresolved() && case.comment.as_ref() == Some(&comment.id);
        Ok(background.cases.iter().any(is_open))
    }

    /// Puts a comment under legal hold: neither retention nor erasure removes it.
    pub async fn place_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        raw_reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<HoldView>, DeskError> {
        let mut faults = Vec::new();
        let Some(reason) = required_reason(raw_reason, &mut faults) else {
            return Err(DeskError::Fields(faults));
        };
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
                self.try_set_hold(caller, id, Some(hold.clone()), stored_answer)
                    .await?;
                Ok(view)
            })
            .await
    }

    /// Releases a legal hold.
    pub async fn release_hold(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried(|| self.try_set_hold(caller, id, None, None)).await
    }

    async fn try_set_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        hold: Option<LegalHold>,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        let comment = self
            .base
            .store
            .comment(id)
            .await?
            .ok_or(DeskError::NotFound)?;
        if hold.is_none() && comment.legal_hold.is_none() {
            return Ok(());
        }
        let audit = AuditDraft {
            words: hold.as_ref().map(|hold| hold.reason.clone()),
            ..AuditDraft::new(
                self.base.clock.now(),
                &caller.actor(),
                if hold.is_some() {
                    AuditAction::CommentHeld
                } else {
                    AuditAction::CommentReleased
                },
                AuditSubject::Comment(id.clone()),
            )
        };
        let updated = Comment {
            legal_hold: hold,
            row_version: comment.row_version + 1,
            ..comment
        };
        self.base
            .store
            .commit(hold_changed(updated, audit).remembering(answer))
            .await?;
        Ok(())
    }

    /// Gathers everything stored about a member and converts it with `make`. That may be a lot, so both run beside the workers.
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

/// The numbers of the first and last event to drop: those older than `before`. Only the start of the list is dropped, so an
/// event dated in the future (written while the clock was ahead) would block all after it; it goes together with the next
/// expired event. Days `10, 900, 69, 80` with `before` 70 and `now` 100 drop the first three.
fn expired_events(events: &[Event], before: Timestamp, now: Timestamp) -> Option<(u64, u64)> {
    let first = events.first()?.number;
    let is_droppable = |event: &&Event| event.at < before || event.at > now;
    let last = events
        .iter()
        .take_while(is_droppable)
        .filter(|event| event.at < before)
        .last()?;
    Some((first, last.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::EventKind;

    #[test]
    fn events_from_a_clock_that_was_ahead_do_not_block_expiry() {
        let events_at = |days: &[i64]| -> Vec<Event> {
            let events = (1..).zip(days).map(|(number, day)| Event {
                number,
                at: Timestamp::from_ms(*day),
                kind: EventKind::Report(crate::id::ReportId(ulid::Ulid::nil())),
            });
            events.collect()
        };
        let expired = |days: &[i64]| {
            let (before, now) = (Timestamp::from_ms(70), Timestamp::from_ms(100));
            expired_events(&events_at(days), before, now)
        };
        assert_eq!(expired(&[]), None);
        assert_eq!(expired(&[70, 80]), None);
        assert_eq!(expired(&[10, 69, 70, 20]), Some((1, 2)));
        assert_eq!(expired(&[10, 900, 900, 69, 80]), Some((1, 4)));
        assert_eq!(expired(&[10, 900, 900, 80]), Some((1, 1)));
        assert_eq!(expired(&[900, 900]), None);
    }
}
