//! The board's outbox: where events go, and how far they have come.

use crate::{
    id::WebhookId,
    record::{
        AuditDraft, Change, ChangeBuilder, Delivery, Precondition, WEBHOOKS_MAX, Webhook, Write,
    },
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
