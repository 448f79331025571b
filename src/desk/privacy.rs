//! Privacy: texts go when their time is over; what is held, or waits for a ruling, stays.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent, idempotency::Completion, retried,
    views::HoldView,
};
use crate::{
    access::Caller,
    id::CommentId,
    intake::Purge,
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Case, Comment, Event, LegalHold, PurgeCause,
        StoredAnswer,
    },
    store::Commit,
    time::Timestamp,
};

/// How many comments are looked at in one go, and how many lose their text in one commit.
const LOOKED_AT: usize = 500;
pub(super) const PURGED_MAX: usize = 50;
/// How many reports and appeals go with a comment.
pub(super) const HEARD_MAX: usize = 1_000;

/// Up to which comment the purge has looked.
#[derive(Debug, Default)]
pub(super) struct PurgedUpTo(AtomicU64);

impl Desk {
    /// Looks at some comments, oldest first, and takes the text of those whose time is over. Whether any are left to look
    /// at in this round; the next round begins anew.
    /// Where the clock has jumped nothing is looked at.
    pub async fn purge_some(&self) -> Result<bool, DeskError> {
        let from = self.purged_up_to.0.load(Ordering::Relaxed);
        let found = self.store.comments_from(from, LOOKED_AT).await?;
        let now = self.clock.now();
        if self.clock_jump().is_some() {
            return Ok(false);
        }
        let due: Vec<Comment> = found
            .iter()
            .map(|(_, comment)| comment)
            .filter(|comment| self.settings.retention.is_over(comment, now))
            .cloned()
            .collect();
        for comments in due.chunks(PURGED_MAX) {
            self.purge(
                comments,
                &Actor::System,
                AuditSubject::Comments,
                PurgeCause::Retention,
            )
            .await?;
        }
        let next = found.last().map_or(0, |(number, _)| number + 1);
        self.purged_up_to.0.store(next, Ordering::Relaxed);
        if next == 0 {
            self.purge_events(now).await?;
        }
        Ok(next > 0)
    }

    async fn purge_events(&self, now: Timestamp) -> Result<(), DeskError> {
        let before = now.plus_ms(-self.settings.event_poll_ms);
        loop {
            let news = self.store.events(0, LOOKED_AT).await?;
            let Some((first, last)) = expired_events(&news, before, now) else {
                return Ok(());
            };
            self.store.commit(Commit::DropNews { first, last }).await?;
            if news.last().is_none_or(|news| news.number != last) {
                return Ok(());
            }
        }
    }

    /// Takes the text of these, but for what waits for a ruling. How many lost it.
    pub(super) async fn purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: AuditSubject,
        why: PurgeCause,
    ) -> Result<usize, DeskError> {
        retried!(self.try_purge(comments, by, &subject, why).await)
    }

    async fn try_purge(
        &self,
        comments: &[Comment],
        by: &Actor,
        subject: &AuditSubject,
        why: PurgeCause,
    ) -> Result<usize, DeskError> {
        let now = self.clock.now();
        let mut purges = Vec::new();
        for comment in comments {
            // It may have been edited, held, reported meanwhile.
            let Some(newest) = self.store.comment(&comment.id).await? else {
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
        self.store.commit(Commit::Purge(purges, audit)).await?;
        Ok(count)
    }

    /// What goes with a comment's text; none where somebody has to look at it first.
    async fn purge_of(
        &self,
        comment: &Comment,
        now: Timestamp,
    ) -> Result<Option<Purge>, DeskError> {
        let case = match comment.case {
            Some(id) => self.store.case(id).await?,
            None => None,
        };
        if case.as_ref().is_some_and(|case| case.state.is_unresolved())
            || self.is_needed(comment).await?
        {
            return Ok(None);
        }
        let mut rulings = Vec::new();
        for id in case.iter().flat_map(|case| &case.rulings) {
            rulings.extend(self.store.ruling(*id).await?);
        }
        let reports = self.store.reports_on(&comment.id, HEARD_MAX).await?;
        let mut appeals = Vec::new();
        for (_, id) in &comment.appeals {
            appeals.extend(self.store.appeal(*id).await?);
        }
        let notes = match &case {
            Some(case) => self.store.notes(case.id, HEARD_MAX).await?,
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

    /// Whether a case about its nickname or a tag, which it brought, waits.
    pub(super) async fn is_needed(&self, comment: &Comment) -> Result<bool, DeskError> {
        let background = self.background_of(comment).await?;
        let waits =
            |case: &Case| case.state.is_unresolved() && case.comment.as_ref() == Some(&comment.id);
        Ok(background.cases.iter().any(waits))
    }

    /// Keeps a comment from purge and erasure.
    pub async fn place_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        raw_reason: Option<String>,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<HoldView>, DeskError> {
        let mut faults = Vec::new();
        let Some(reason) = super::member::reason(raw_reason, &mut faults) else {
            return Err(DeskError::Fields(faults));
        };
        let now = self.clock.now();
        let hold = LegalHold {
            by: caller.actor(),
            at: now,
            reason,
        };
        let hold = &hold;
        self.once(idempotency, |once| async move {
            let view = HoldView::from(hold);
            let kept = once.answer(Completion::Done, &view, now)?;
            self.try_set_hold(caller, id, Some(hold.clone()), kept)
                .await?;
            Ok(view)
        })
        .await
    }

    /// Lets a comment age as others do.
    pub async fn release_hold(&self, caller: &Caller, id: &CommentId) -> Result<(), DeskError> {
        retried!(self.try_set_hold(caller, id, None, None).await)
    }

    async fn try_set_hold(
        &self,
        caller: &Caller,
        id: &CommentId,
        hold: Option<LegalHold>,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        let comment = self.store.comment(id).await?.ok_or(DeskError::NotFound)?;
        if hold.is_none() && comment.legal_hold.is_none() {
            return Ok(());
        }
        let audit = AuditDraft {
            words: hold.as_ref().map(|hold| hold.reason.clone()),
            ..AuditDraft::new(
                self.clock.now(),
                &caller.actor(),
                if hold.is_some() {
                    AuditAction::CommentHeld
                } else {
                    AuditAction::CommentReleased
                },
                AuditSubject::Comment(id.clone()),
            )
        };
        let after = Comment {
            legal_hold: hold,
            row_version: comment.row_version + 1,
            ..comment
        };
        self.store
            .commit(Commit::Hold(after, audit, answer))
            .await?;
        Ok(())
    }
}

/// The first and the last news that go: those from before a time. What is yet to come was told while the clock was ahead; it
/// goes with what was told after it.
fn expired_events(news: &[Event], before: Timestamp, now: Timestamp) -> Option<(u64, u64)> {
    let first = news.first()?.number;
    let goes = |news: &&Event| news.at < before || news.at > now;
    let last = news
        .iter()
        .take_while(goes)
        .filter(|news| news.at < before)
        .last()?;
    Some((first, last.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::EventKind;

    #[test]
    fn news_told_under_a_clock_that_was_ahead_holds_nothing_up() {
        let at = |days: &[i64]| -> Vec<Event> {
            let news = (1..).zip(days).map(|(number, day)| Event {
                number,
                at: Timestamp::from_ms(*day),
                of: EventKind::Report(crate::id::ReportId(ulid::Ulid::nil())),
            });
            news.collect()
        };
        let old = |days: &[i64]| {
            let (before, now) = (Timestamp::from_ms(70), Timestamp::from_ms(100));
            expired_events(&at(days), before, now)
        };
        assert_eq!(old(&[]), None);
        assert_eq!(old(&[70, 80]), None);
        assert_eq!(old(&[10, 69, 70, 20]), Some((1, 2)));
        assert_eq!(old(&[10, 900, 900, 69, 80]), Some((1, 4)));
        assert_eq!(old(&[10, 900, 900, 80]), Some((1, 1)));
        assert_eq!(old(&[900, 900]), None);
    }
}
