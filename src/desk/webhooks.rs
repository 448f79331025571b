//! Webhooks: registering them, and looking after their deliveries.

use super::{
    error::DeskError,
    fields::Faults,
    idempotency::{Completion, IdempotencyRequest, Idempotent, Once},
    outbox::Outbox,
    page::{List, PageQuery, cut_page},
    retried::retried,
    views::{DeliveryView, NewWebhookView, WebhookLag, WebhookView},
};
use crate::{
    access::Caller,
    id::WebhookId,
    intake::FieldFault,
    record::{
        AuditAction, AuditDraft, AuditSubject, Delivery, EventKind, WEBHOOKS_MAX, Webhook,
        WebhookSecret,
    },
    review::{delivery_replayed, webhook_changed},
};

/// The longest URL, in bytes.
const URL_BYTES_MAX: usize = 2_000;
/// Random bytes in a signing secret.
const SECRET_BYTES: usize = 32;

/// A webhook's fields as an admin sent them, unchecked; in a change, absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct WebhookDraft {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub active: Option<bool>,
    pub rotate_secret: bool,
}

impl Outbox {
    fn check_webhook_draft(&self, draft: &WebhookDraft, url_needed: bool) -> Result<(), DeskError> {
        let mut faults = Faults::default();
        let reach = &self.base.settings.webhook_reach;
        let check = |url: String| {
            if url.len() > URL_BYTES_MAX {
                let (zh_tw, en) = (
                    "網址過長，最多 2000 位元組",
                    "an address has at most 2,000 bytes",
                );
                return Err(FieldFault::invalid("/url", zh_tw, en));
            }
            let refused = |(zh_tw, en)| FieldFault::invalid("/url", zh_tw, en);
            reach.check(&url).map_err(refused)
        };
        if url_needed {
            faults.required(draft.url.clone(), "/url", check);
        } else {
            faults.optional(draft.url.clone(), check);
        }
        for (index, event) in draft.events.iter().flatten().enumerate() {
            if !EventKind::NAMES.contains(&event.as_str()) {
                faults.push(FieldFault::invalid(
                    format!("/events/{index}"),
                    format!("沒有這種事件：{event}"),
                    format!(
                        "no such event: {event}; one of {}",
                        EventKind::NAMES.join(", ")
                    ),
                ));
            }
        }
        faults.finish(Some(()))
    }

    fn new_webhook_secret(&self) -> String {
        let mut bytes = [0; SECRET_BYTES];
        self.base.clock.random_bytes(&mut bytes);
        format!("whsec_{}", data_encoding::BASE64.encode(&bytes))
    }

    /// Creates a webhook for events from now on. Its secret is shown once.
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        draft: WebhookDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewWebhookView>, DeskError> {
        self.check_webhook_draft(&draft, true)?;
        self.base
            .once(idempotency, |once| {
                self.try_create_webhook(caller, draft.clone(), once)
            })
            .await
    }

    async fn try_create_webhook(
        &self,
        caller: &Caller,
        draft: WebhookDraft,
        once: Once<'_>,
    ) -> Result<NewWebhookView, DeskError> {
        if self.existing_webhooks().await?.len() >= WEBHOOKS_MAX {
            return Err(DeskError::field(FieldFault::invalid(
                "/url",
                format!("最多 {WEBHOOKS_MAX} 個 webhook"),
                format!("there are at most {WEBHOOKS_MAX} webhooks"),
            )));
        }
        let mut ids = self.base.id_source();
        let secret = self.new_webhook_secret();
        let webhook = Webhook {
            id: WebhookId(ids.id()),
            url: draft.url.unwrap_or_default(),
            events: draft.events.unwrap_or_default(),
            secrets: vec![WebhookSecret {
                text: secret.clone(),
                until: None,
            }],
            active: draft.active.unwrap_or(true),
            created_at: ids.now,
            cursor: 0,
            deleted_at: None,
            row_version: 1,
        };
        let view = NewWebhookView {
            webhook: WebhookView::of(&webhook, WebhookLag::default()),
            secret: Some(secret),
        };
        // The stored answer has no secret: it is shown once, and a replayed request must not show it again.
        let without_secret = NewWebhookView {
            secret: None,
            ..view.clone()
        };
        let stored_answer = once.answer(Completion::Created, &without_secret, ids.now)?;
        let subject = AuditSubject::Webhook(webhook.id.to_string());
        let audit = AuditDraft::new(
            ids.now,
            &caller.actor(),
            AuditAction::WebhookCreated,
            subject,
        )
        .to(&webhook.url);
        self.base
            .commit(webhook_changed(webhook, audit).remembering(stored_answer))
            .await?;
        Ok(view)
    }

    /// Changes a webhook. A replaced secret keeps signing for one more day beside the new one, so that receivers can switch.
    pub async fn update_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        draft: WebhookDraft,
    ) -> Result<NewWebhookView, DeskError> {
        self.check_webhook_draft(&draft, false)?;
        retried(|| self.try_update_webhook(caller, id, &draft)).await
    }

    async fn try_update_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        draft: &WebhookDraft,
    ) -> Result<NewWebhookView, DeskError> {
        let now = self.base.clock.now();
        let current = self.existing_webhook(id).await?;
        let secret = draft.rotate_secret.then(|| self.new_webhook_secret());
        let mut updated = match &secret {
            Some(secret) => current.rotated(secret.clone(), now),
            None => current.clone(),
        };
        let url = draft.url.clone().filter(|url| !url.is_empty());
        updated.url = url.unwrap_or(updated.url);
        updated.events = draft.events.clone().unwrap_or(updated.events);
        updated.active = draft.active.unwrap_or(updated.active);
        let view = NewWebhookView {
            webhook: WebhookView::of(&updated, self.webhook_lag(&updated).await?),
            secret,
        };
        // Before the row version is raised: a request that changes nothing is not written or audited.
        if updated == current {
            return Ok(view);
        }
        updated.row_version += 1;
        let subject = AuditSubject::Webhook(id.to_string());
        let audit = AuditDraft::new(now, &caller.actor(), AuditAction::WebhookChanged, subject)
            .to(&updated.url);
        self.base.commit(webhook_changed(updated, audit)).await?;
        Ok(view)
    }

    /// Deletes a webhook. Idempotent.
    pub async fn delete_webhook(&self, caller: &Caller, id: WebhookId) -> Result<(), DeskError> {
        retried(|| self.try_delete_webhook(caller, id)).await
    }

    async fn try_delete_webhook(&self, caller: &Caller, id: WebhookId) -> Result<(), DeskError> {
        let current = self
            .base
            .store
            .webhook(id)
            .await?
            .ok_or(DeskError::NotFound)?;
        if current.deleted_at.is_some() {
            return Ok(());
        }
        let now = self.base.clock.now();
        let deleted = Webhook {
            active: false,
            deleted_at: Some(now),
            row_version: current.row_version + 1,
            ..current
        };
        let audit = AuditDraft::new(
            now,
            &caller.actor(),
            AuditAction::WebhookRemoved,
            AuditSubject::Webhook(id.to_string()),
        );
        self.base.commit(webhook_changed(deleted, audit)).await
    }

    async fn existing_webhooks(&self) -> Result<Vec<Webhook>, DeskError> {
        let mut webhooks = self.base.store.webhooks().await?;
        webhooks.retain(|hook| hook.deleted_at.is_none());
        Ok(webhooks)
    }

    async fn existing_webhook(&self, id: WebhookId) -> Result<Webhook, DeskError> {
        let webhook = self.base.store.webhook(id).await?;
        webhook
            .filter(|hook| hook.deleted_at.is_none())
            .ok_or(DeskError::NotFound)
    }

    /// All webhooks, the oldest first.
    pub async fn webhooks(&self) -> Result<Vec<WebhookView>, DeskError> {
        let mut views = Vec::new();
        for hook in self.existing_webhooks().await? {
            views.push(WebhookView::of(&hook, self.webhook_lag(&hook).await?));
        }
        Ok(views)
    }

    /// Deliveries that did not succeed at first: waiting for a retry, or dead.
    pub async fn deliveries(
        &self,
        id: WebhookId,
        page: PageQuery,
    ) -> Result<List<DeliveryView>, DeskError> {
        let list = "deliveries";
        let (limit, after) = page.parsed(list, |raw| raw.parse().ok())?;
        self.existing_webhook(id).await?;
        let (after, max) = (after.unwrap_or(0), limit + 1);
        let mut deliveries = self.base.store.deliveries(id, false, after, max).await?;
        // Each kind is read to a full page: the next page's worth may all be waiting, or all dead.
        deliveries.extend(self.base.store.deliveries(id, true, after, max).await?);
        deliveries.sort_by_key(|delivery| delivery.event);
        let name = |delivery: &Delivery| delivery.event.to_string();
        let (deliveries, next_cursor) = cut_page(list, deliveries, limit, name);
        let mut items = Vec::with_capacity(deliveries.len());
        for delivery in &deliveries {
            items.push(self.delivery_view(delivery).await?);
        }
        Ok(List { items, next_cursor })
    }

    async fn delivery_view(&self, delivery: &Delivery) -> Result<DeliveryView, DeskError> {
        let event = self.event(delivery.event).await?;
        Ok(DeliveryView::of(
            delivery,
            event.as_ref().map(|event| event.kind.name()),
        ))
    }

    /// A failed delivery, waiting or dead.
    async fn delivery(&self, id: WebhookId, event: u64) -> Result<Option<Delivery>, DeskError> {
        // The list starts after `before`: its first entry is the wanted one, if there is such a delivery.
        let before = event.saturating_sub(1);
        let mut deliveries = self.base.store.deliveries(id, false, before, 1).await?;
        deliveries.extend(self.base.store.deliveries(id, true, before, 1).await?);
        Ok(deliveries
            .into_iter()
            .find(|delivery| delivery.event == event))
    }

    /// Retries a delivery now, with a full day of further attempts.
    pub async fn replay_delivery(
        &self,
        caller: &Caller,
        id: WebhookId,
        event: u64,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<DeliveryView>, DeskError> {
        self.base
            .once(idempotency, |once| self.try_replay(caller, id, event, once))
            .await
    }

    async fn try_replay(
        &self,
        caller: &Caller,
        id: WebhookId,
        event: u64,
        once: Once<'_>,
    ) -> Result<DeliveryView, DeskError> {
        self.existing_webhook(id).await?;
        let failed = self.delivery(id, event).await?.ok_or(DeskError::NotFound)?;
        let now = self.base.clock.now();
        let retried = Delivery {
            attempts: 0,
            first_at: now,
            next_at: Some(now),
            ..failed
        };
        let view = self.delivery_view(&retried).await?;
        let subject = AuditSubject::Webhook(id.to_string());
        let action = AuditAction::WebhookReplayed;
        let audit = AuditDraft::new(now, &caller.actor(), action, subject).to(event);
        let stored_answer = once.answer(Completion::Done, &view, now)?;
        self.base
            .commit(delivery_replayed(retried, audit).remembering(stored_answer))
            .await?;
        Ok(view)
    }
}
