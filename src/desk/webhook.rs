//! Webhooks: where news goes, what did not arrive, and what the courier needs to bring it.

use super::{
    Desk, DeskError, IdempotencyRequest, Idempotent, List, PageQuery,
    access::account_audit,
    idempotency::{Completion, Once},
    page::written,
    retried,
    views::{DeliveryView, NewWebhookView, WebhookLag, WebhookView},
};
use crate::{
    access::Caller,
    id::WebhookId,
    intake::FieldFault,
    record::{
        AuditAction, AuditSubject, Delivery, Event, EventKind, WEBHOOKS_MAX, Webhook, WebhookSecret,
    },
    store::Commit,
    time::SECOND_MS,
};

/// The longest address, in bytes.
const URL_BYTES_MAX: usize = 2_000;
/// How many undelivered events of a webhook are counted.
const WAITING_TOLD_MAX: usize = 1_000;
/// Bytes of chance in a secret.
const SECRET_BYTES: usize = 32;

/// A webhook as an admin hands it in, unchecked; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct WebhookDraft {
    pub url: Option<String>,
    pub events: Option<Vec<String>>,
    pub active: Option<bool>,
    pub rotate_secret: bool,
}

/// Which addresses news may go to.
pub trait EgressPolicy: Send + Sync {
    /// Why an address cannot be used, in Traditional Chinese and English.
    fn check(&self, url: &str) -> Result<(), (String, String)>;
}

impl Desk {
    fn webhook_faults(&self, draft: &WebhookDraft, url_needed: bool) -> Result<(), DeskError> {
        let mut faults = Vec::new();
        match draft.url.as_deref().filter(|url| !url.is_empty()) {
            None if url_needed => faults.push(FieldFault::missing("/url")),
            None => {}
            Some(url) if url.len() > URL_BYTES_MAX => faults.push(FieldFault::invalid(
                "/url",
                "網址過長，最多 2000 位元組",
                "an address has at most 2,000 bytes",
            )),
            Some(url) => {
                if let Err((zh_tw, en)) = self.settings.webhook_reach.check(url) {
                    faults.push(FieldFault::invalid("/url", zh_tw, en));
                }
            }
        }
        for (place, event) in draft.events.iter().flatten().enumerate() {
            if !EventKind::NAMES.contains(&event.as_str()) {
                faults.push(FieldFault::invalid(
                    format!("/events/{place}"),
                    format!("沒有這種事件：{event}"),
                    format!(
                        "no such news: {event}; one of {}",
                        EventKind::NAMES.join(", ")
                    ),
                ));
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(DeskError::Fields(faults))
        }
    }

    fn new_webhook_secret(&self) -> String {
        let mut bytes = [0; SECRET_BYTES];
        self.clock.random_bytes(&mut bytes);
        format!("whsec_{}", data_encoding::BASE64.encode(&bytes))
    }

    /// Makes a webhook; its secret is shown once. It is told of what happens from now on.
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        draft: WebhookDraft,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<NewWebhookView>, DeskError> {
        self.webhook_faults(&draft, true)?;
        self.once(idempotency, |once| {
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
        let known = self.store.webhooks().await?;
        if known
            .iter()
            .filter(|hook| hook.deleted_at.is_none())
            .count()
            >= WEBHOOKS_MAX
        {
            return Err(DeskError::field(FieldFault::invalid(
                "/url",
                format!("最多 {WEBHOOKS_MAX} 個 webhook"),
                format!("there are at most {WEBHOOKS_MAX} webhooks"),
            )));
        }
        let mut ids = self.id_source();
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
        let hidden = NewWebhookView {
            secret: None,
            ..view.clone()
        };
        let kept = once.answer(Completion::Created, &hidden, ids.now)?;
        let subject = AuditSubject::Webhook(webhook.id.to_string());
        let audit = account_audit(
            caller,
            ids.now,
            AuditAction::WebhookCreated,
            subject,
            Some(webhook.url.clone()),
        );
        self.store
            .commit(Commit::Webhook(webhook, Some(audit), kept))
            .await?;
        Ok(view)
    }

    /// Changes a webhook. A replaced secret signs for a day more.
    pub async fn update_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        draft: WebhookDraft,
    ) -> Result<NewWebhookView, DeskError> {
        self.webhook_faults(&draft, false)?;
        retried!(self.try_update_webhook(caller, id, &draft).await)
    }

    async fn try_update_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        draft: &WebhookDraft,
    ) -> Result<NewWebhookView, DeskError> {
        let now = self.clock.now();
        let known = self.known_webhook(id).await?;
        let secret = draft.rotate_secret.then(|| self.new_webhook_secret());
        let mut after = match &secret {
            Some(secret) => known.rotated(secret.clone(), now),
            None => known.clone(),
        };
        let url = draft.url.clone().filter(|url| !url.is_empty());
        after.url = url.unwrap_or(after.url);
        after.events = draft.events.clone().unwrap_or(after.events);
        after.active = draft.active.unwrap_or(after.active);
        let view = NewWebhookView {
            webhook: WebhookView::of(&after, self.webhook_lag(&after).await?),
            secret,
        };
        if after == known {
            return Ok(view);
        }
        after.row_version += 1;
        let subject = AuditSubject::Webhook(id.to_string());
        let audit = account_audit(
            caller,
            now,
            AuditAction::WebhookChanged,
            subject,
            Some(after.url.clone()),
        );
        self.store
            .commit(Commit::Webhook(after, Some(audit), None))
            .await?;
        Ok(view)
    }

    /// Removes a webhook; again is nothing new.
    pub async fn delete_webhook(&self, caller: &Caller, id: WebhookId) -> Result<(), DeskError> {
        retried!(self.try_delete_webhook(caller, id).await)
    }

    async fn try_delete_webhook(&self, caller: &Caller, id: WebhookId) -> Result<(), DeskError> {
        let known = self.store.webhook(id).await?.ok_or(DeskError::NotFound)?;
        if known.deleted_at.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        let after = Webhook {
            active: false,
            deleted_at: Some(now),
            row_version: known.row_version + 1,
            ..known
        };
        let audit = account_audit(
            caller,
            now,
            AuditAction::WebhookRemoved,
            AuditSubject::Webhook(id.to_string()),
            None,
        );
        self.store
            .commit(Commit::Webhook(after, Some(audit), None))
            .await?;
        Ok(())
    }

    async fn known_webhook(&self, id: WebhookId) -> Result<Webhook, DeskError> {
        let known = self.store.webhook(id).await?;
        known
            .filter(|hook| hook.deleted_at.is_none())
            .ok_or(DeskError::NotFound)
    }

    /// All webhooks, the oldest first.
    pub async fn webhooks(&self) -> Result<Vec<WebhookView>, DeskError> {
        let known = self.store.webhooks().await?;
        let mut views = Vec::new();
        for hook in known.iter().filter(|hook| hook.deleted_at.is_none()) {
            views.push(WebhookView::of(hook, self.webhook_lag(hook).await?));
        }
        Ok(views)
    }

    /// What a webhook has not got yet: what failed before, and what came since.
    async fn webhook_lag(&self, hook: &Webhook) -> Result<WebhookLag, DeskError> {
        let failed = self.store.deliveries(hook.id, false, 0, WAITING_TOLD_MAX);
        let failed = failed.await?;
        let mut fresh = self.store.events(hook.cursor, WAITING_TOLD_MAX).await?;
        fresh.retain(|event| hook.wants(event.of.name()));
        let oldest = match failed.first() {
            Some(delivery) => Some(delivery.first_at),
            None => fresh.first().map(|event| event.at),
        };
        let waited = oldest.map_or(0, |at| self.clock.now().ms_since(at).max(0));
        Ok(WebhookLag {
            waiting: (failed.len() + fresh.len()).min(WAITING_TOLD_MAX),
            seconds: waited / SECOND_MS,
        })
    }

    /// For how many seconds the oldest event that a webhook in use has not got has waited.
    pub async fn webhooks_lag_seconds(&self) -> Result<i64, DeskError> {
        let mut longest = 0;
        for hook in self.active_webhooks().await? {
            longest = longest.max(self.webhook_lag(&hook).await?.seconds);
        }
        Ok(longest)
    }

    /// What did not arrive at once: waiting, or dead.
    pub async fn deliveries(
        &self,
        id: WebhookId,
        page: PageQuery,
    ) -> Result<List<DeliveryView>, DeskError> {
        let list = "deliveries";
        let (limit, after) = page.asked(list, |raw| raw.parse().ok())?;
        self.known_webhook(id).await?;
        let (after, most) = (after.unwrap_or(0), limit + 1);
        let mut found = self.store.deliveries(id, false, after, most).await?;
        found.extend(self.store.deliveries(id, true, after, most).await?);
        found.sort_by_key(|delivery| delivery.event);
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| more);
        let next_cursor = last.map(|last| written(list, &last.event.to_string()));
        let mut items = Vec::with_capacity(found.len());
        for delivery in &found {
            items.push(self.delivery_view(delivery).await?);
        }
        Ok(List { items, next_cursor })
    }

    async fn delivery_view(&self, delivery: &Delivery) -> Result<DeliveryView, DeskError> {
        let event = self.event(delivery.event).await?;
        Ok(DeliveryView::of(
            delivery,
            event.as_ref().map(|event| event.of.name()),
        ))
    }

    /// A delivery, waiting or dead.
    async fn delivery(&self, id: WebhookId, event: u64) -> Result<Option<Delivery>, DeskError> {
        let before = event.saturating_sub(1);
        let mut found = self.store.deliveries(id, false, before, 1).await?;
        found.extend(self.store.deliveries(id, true, before, 1).await?);
        Ok(found.into_iter().find(|delivery| delivery.event == event))
    }

    /// The line of news of this number; none where it is not kept any more.
    pub async fn event(&self, number: u64) -> Result<Option<Event>, DeskError> {
        let found = self.store.events(number.saturating_sub(1), 1).await?;
        Ok(found
            .into_iter()
            .next()
            .filter(|event| event.number == number))
    }

    /// Tries a delivery again, at once and for another day.
    pub async fn replay(
        &self,
        caller: &Caller,
        id: WebhookId,
        event: u64,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<Idempotent<DeliveryView>, DeskError> {
        self.once(idempotency, |once| self.try_replay(caller, id, event, once))
            .await
    }

    async fn try_replay(
        &self,
        caller: &Caller,
        id: WebhookId,
        event: u64,
        once: Once<'_>,
    ) -> Result<DeliveryView, DeskError> {
        self.known_webhook(id).await?;
        let known = self.delivery(id, event).await?.ok_or(DeskError::NotFound)?;
        let now = self.clock.now();
        let again = Delivery {
            attempts: 0,
            first_at: now,
            next_at: Some(now),
            ..known
        };
        let view = self.delivery_view(&again).await?;
        let subject = AuditSubject::Webhook(id.to_string());
        let to = Some(event.to_string());
        let audit = account_audit(caller, now, AuditAction::WebhookReplayed, subject, to);
        let kept = once.answer(Completion::Done, &view, now)?;
        self.store
            .commit(Commit::Replay(again, audit, kept))
            .await?;
        Ok(view)
    }

    /// The webhooks that news is sent to.
    pub async fn active_webhooks(&self) -> Result<Vec<Webhook>, DeskError> {
        let mut hooks = self.store.webhooks().await?;
        hooks.retain(|hook| hook.active && hook.deleted_at.is_none());
        Ok(hooks)
    }

    /// News after a number, for the courier.
    pub async fn events_after(&self, number: u64, limit: usize) -> Result<Vec<Event>, DeskError> {
        Ok(self.store.events(number, limit).await?)
    }

    /// What a webhook still has to get, dead letters apart.
    pub async fn undelivered(
        &self,
        id: WebhookId,
        limit: usize,
    ) -> Result<Vec<Delivery>, DeskError> {
        Ok(self.store.deliveries(id, false, 0, limit).await?)
    }

    /// Keeps what came of deliveries.
    pub async fn delivered(
        &self,
        webhook: (WebhookId, u64),
        failed: Vec<Delivery>,
        done: Vec<u64>,
    ) -> Result<(), DeskError> {
        let commit = Commit::Delivered {
            webhook,
            failed,
            done,
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    /// Chance for the pause before a delivery is tried again.
    pub fn jitter(&self) -> u8 {
        let mut byte = [0; 1];
        self.clock.random_bytes(&mut byte);
        byte[0]
    }
}
