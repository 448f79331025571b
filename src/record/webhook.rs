//! Webhooks: a board's address, the secrets that sign what is sent there, and what did not arrive.

use crate::{
    id::WebhookId,
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

/// How many webhooks a board can have.
pub const WEBHOOKS_MAX: usize = 20;
/// How long a replaced secret still signs beside its successor, so that no delivery under way fails.
pub const OLD_SECRET_MS: i64 = DAY_MS;
/// For how long a delivery is tried again.
const TRIED_MS: i64 = DAY_MS;
/// The first pause, and the longest.
const PAUSE_MS_MIN: i64 = 5_000;
const PAUSE_MS_MAX: i64 = 180 * MINUTE_MS;

/// A secret that signs what is sent, as Standard Webhooks writes it: `whsec_` and base64.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct WebhookSecret {
    pub text: String,
    /// `None` until it is replaced; then it signs for a day more.
    pub until: Option<Timestamp>,
}

/// An address of the board's to which events are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Webhook {
    pub id: WebhookId,
    /// The address: http or https.
    pub url: String,
    /// The names of the events that are sent; empty: all.
    pub events: Vec<String>,
    /// The newest first.
    pub secrets: Vec<WebhookSecret>,
    pub active: bool,
    pub created_at: Timestamp,
    /// Every event up to this number was delivered, or is kept as a [`Delivery`] of its own.
    pub cursor: u64,
    pub deleted_at: Option<Timestamp>,
    /// Grows with each change by people; deliveries leave it alone.
    pub row_version: u64,
}

impl Webhook {
    /// Whether events of this name are sent to it.
    pub fn wants(&self, name: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|event| event == name)
    }

    /// The secrets that sign at `now`, the newest first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let signs = move |secret: &&WebhookSecret| secret.until.is_none_or(|until| now < until);
        self.secrets
            .iter()
            .filter(signs)
            .map(|secret| secret.text.as_str())
    }

    /// The webhook with a new secret; the old ones sign for a day more.
    #[must_use]
    pub fn rotated(&self, secret: String, now: Timestamp) -> Self {
        let mut after = self.clone();
        after
            .secrets
            .retain(|old| old.until.is_none_or(|until| now < until));
        for old in &mut after.secrets {
            old.until = old.until.or(Some(now.plus_ms(OLD_SECRET_MS)));
        }
        after.secrets.insert(
            0,
            WebhookSecret {
                text: secret,
                until: None,
            },
        );
        after
    }
}

/// An event that did not arrive at the first attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Delivery {
    pub webhook: WebhookId,
    /// The event's number.
    pub event: u64,
    pub attempts: u32,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// `None` once it is dead: it was tried for a day.
    pub next_at: Option<Timestamp>,
    /// What came of it last: an HTTP status, or what went wrong.
    pub last: String,
}

impl Delivery {
    /// Whether nothing more is tried by itself.
    pub const fn is_dead(&self) -> bool {
        self.next_at.is_none()
    }

    /// Whether it is to be tried at `now`. No pause is longer than a day: a longer one was set while the clock was ahead.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_at
            .is_some_and(|at| !(1..=TRIED_MS).contains(&at.ms_since(now)))
    }

    /// The delivery after one more failure: the pause doubles from five seconds to three hours, `jitter` (0 to 255)
    /// shortens it by up to a half, and after a day it is a dead letter.
    #[must_use]
    pub fn failed(
        before: Option<&Self>,
        webhook: WebhookId,
        event: u64,
        last: String,
        jitter: u8,
        now: Timestamp,
    ) -> Self {
        let attempts = before.map_or(1, |before| before.attempts.saturating_add(1));
        let first_at = before.map_or(now, |before| before.first_at);
        let doubled = PAUSE_MS_MIN << attempts.saturating_sub(1).min(20);
        let pause = doubled.min(PAUSE_MS_MAX);
        let pause = pause - pause / 2 * i64::from(jitter) / 255;
        let next = now.plus_ms(pause);
        Self {
            webhook,
            event,
            attempts,
            first_at,
            last_at: now,
            next_at: (next.ms_since(first_at) <= TRIED_MS).then_some(next),
            last,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn hook() -> Webhook {
        Webhook {
            id: WebhookId(ulid::Ulid(1)),
            url: "https://board.example/news".to_owned(),
            events: Vec::new(),
            secrets: Vec::new(),
            active: true,
            created_at: NOW,
            cursor: 0,
            deleted_at: None,
            row_version: 1,
        }
    }

    #[test]
    fn an_old_secret_signs_for_a_day_more() {
        let one = hook().rotated("a".to_owned(), NOW);
        let two = one.rotated("b".to_owned(), NOW);
        let signing = |hook: &Webhook, at| hook.signing(at).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(signing(&one, NOW), ["a"]);
        assert_eq!(signing(&two, NOW), ["b", "a"]);
        assert_eq!(signing(&two, NOW.plus_ms(DAY_MS)), ["b"]);
    }

    #[test]
    fn a_delivery_is_tried_for_a_day_and_then_dead() {
        let (mut now, mut last) = (NOW, None);
        let mut pauses = Vec::new();
        loop {
            let next = Delivery::failed(last.as_ref(), hook().id, 7, "500".to_owned(), 0, now);
            let Some(at) = next.next_at else { break };
            pauses.push(at.ms_since(now));
            (now, last) = (at, Some(next));
        }
        assert!(pauses.is_sorted() && pauses[0] == PAUSE_MS_MIN);
        assert!(now.ms_since(NOW) <= DAY_MS && now.ms_since(NOW) > DAY_MS / 2);
        let shortest = Delivery::failed(None, hook().id, 7, String::new(), 255, NOW);
        assert_eq!(shortest.next_at.unwrap().ms_since(NOW), PAUSE_MS_MIN / 2);
    }
}
