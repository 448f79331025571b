//! The board's outbox: where events go, and how far they have come.

use crate::{
    id::WebhookId,
    record::{
        AuditDraft, Change, ChangeBuilder, Comment, Delivery, Event, EventKind, FanOut,
        FanOutProgress, Precondition, WEBHOOKS_MAX, Webhook, Write,
    },
    time::Timestamp,
};

/// A webhook that was made or changed.
pub fn webhook_changed(webhook: Webhook, audit: AuditDraft) -> Change {
    let is_new = webhook.row_version == 1;
    let before = Precondition::Webhook(webhook.id, webhook.row_version - 1);
    ChangeBuilder::new()
        .require([before])
        .require(is_new.then_some(Precondition::WebhooksBelow(WEBHOOKS_MAX)))
        .write([Write::Webhook(webhook)])
        .audit([audit])
        .build()
}

/// A delivery that an admin wants tried again.
pub fn delivery_replayed(delivery: Delivery, audit: AuditDraft) -> Change {
    ChangeBuilder::new()
        .write([Write::Delivery(delivery)])
        .audit([audit])
        .build()
}

/// What came of a round of deliveries: the webhook's new cursor, those that failed, and the numbers of the events that
/// arrived or are given up.
pub fn deliveries_recorded(
    webhook: WebhookId,
    cursor: u64,
    failed: Vec<Delivery>,
    done: Vec<u64>,
) -> Change {
    let done = done.into_iter();
    ChangeBuilder::new()
        .write([Write::WebhookCursor(webhook, cursor)])
        .write(failed.into_iter().map(Write::Delivery))
        .write(done.map(|event| Write::DeleteDelivery(webhook, event)))
        .build()
}

/// Events past their retention, from the first number to the last.
pub fn events_dropped(first: u64, last: u64) -> Change {
    ChangeBuilder::new()
        .write((first..=last).map(Write::DeleteEvent))
        .build()
}

/// The numbers of the first and last event to drop: those older than `before`. Only the start of the list is dropped, so an
/// event dated in the future (written while the clock was ahead) would block all after it; it goes together with the next
/// expired event. Days `10, 900, 69, 80` with `before` 70 and `now` 100 drop the first three.
pub fn expired_events(events: &[Event], before: Timestamp, now: Timestamp) -> Option<(u64, u64)> {
    let first = events.first()?.number;
    let is_droppable = |event: &&Event| event.at < before || event.at > now;
    let last = events
        .iter()
        .take_while(is_droppable)
        .filter(|event| event.at < before)
        .last()?;
    Some((first, last.number))
}

/// Whether a ruling on a nickname or tag reaches this comment.
pub fn is_reached(fan_out: &FanOut, comment: &Comment) -> bool {
    let newest = &comment.newest;
    let has_subject = match fan_out {
        FanOut::Nickname(_, nickname) => newest.nickname.as_ref() == Some(nickname),
        FanOut::Tag(_, tag) => newest.tags.contains(tag),
        FanOut::Reports(_) | FanOut::Rejudge(_) => false,
    };
    has_subject && comment.withdrawn_at.is_none()
}

/// The next step of a fan-out: the events that it makes, the change of the comment that it judged again, and how far it has
/// come; where nothing is left of it, `is_done`.
pub fn fan_out_step(
    progress: FanOutProgress,
    events: Vec<EventKind>,
    rejudged: Option<Change>,
    is_done: bool,
) -> Change {
    ChangeBuilder::from_change(rejudged.unwrap_or_default())
        .write([Write::FanOut(progress, is_done)])
        .events(events)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

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
