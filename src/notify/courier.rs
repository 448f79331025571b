//! The courier: each webhook has its own rounds, concurrent with those of others. A round retries what is due and then sends
//! what is new, in lanes: events of one lane go in order, lanes run concurrently. A slow or failing receiver delays only
//! itself.
//!
//! Local to the node: the rounds under way. The node that holds the lease of the outbox sends; what another takes over lies in the
//! store, so it may be sent twice.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    stream::{self, FuturesUnordered},
};
use reqwest::{Client, redirect::Policy};
use standardwebhooks::Webhook as Signer;
use tokio::time::Instant;

use super::Reach;
use crate::{
    desk::{Desk, DeskError, EgressPolicy as _, views::EventView},
    id::WebhookId,
    record::{Delivery, Event, EventKind, Webhook},
    time::Timestamp,
};

/// How often the outbox is checked for new events.
const POLL_EVERY: Duration = Duration::from_millis(250);
/// The timeout of one attempt, and of its connection.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A receiver that takes longer than this counts as failing even if it accepts, and is left alone for a while.
const SLOW: Duration = Duration::from_secs(5);
/// After this a round starts no more attempts; the rest waits for the next.
const ROUND_MAX: Duration = Duration::from_secs(30);
/// How many lanes of one webhook are served concurrently.
const LANES_MAX: usize = 8;
/// How many new events are taken in one round.
const NEW_EVENTS_MAX: usize = 100;
/// How many failed deliveries of one webhook are read in one round.
const WAITING_MAX: usize = 5_000;
/// How long a failing webhook is left alone, at first and at most; the pause doubles each time.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How much of an error message is kept.
const ERROR_CHARS_MAX: usize = 200;

/// The key of events that must be delivered in order: what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Lane(String);

impl Lane {
    fn of(event: &Event) -> Self {
        Self(match &event.kind {
            EventKind::Comment(id) => format!("c{id}"),
            EventKind::SanctionImposed(member, _) | EventKind::SanctionRevoked(member, _) => {
                format!("m{member}")
            }
            EventKind::Report(id) => format!("r{id}"),
            EventKind::Appeal(id) => format!("a{id}"),
        })
    }
}

/// A delivery to attempt now.
struct Due {
    event: Event,
    /// The earlier failed attempts, if there were any.
    previous: Option<Delivery>,
}

/// The result of a round.
#[derive(Default)]
struct Outcome {
    failed: Vec<Delivery>,
    done: Vec<u64>,
    attempts: usize,
    accepted: usize,
    slow: usize,
}

impl Outcome {
    fn add(&mut self, lane: Self) {
        self.failed.extend(lane.failed);
        self.done.extend(lane.done);
        self.attempts += lane.attempts;
        self.accepted += lane.accepted;
        self.slow += lane.slow;
    }
}

/// How the receiver responded in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// Nothing was sent.
    Idle,
    /// It accepted something, and nothing slowly.
    Healthy,
    /// It accepted nothing, or was slow.
    Failing,
}

/// The courier's state of one webhook.
struct Endpoint {
    is_busy: bool,
    paused_until: Instant,
    /// How long the next pause is.
    pause: Duration,
}

impl Endpoint {
    fn new(now: Instant) -> Self {
        Self {
            is_busy: false,
            paused_until: now,
            pause: PAUSE_MIN,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        !self.is_busy && now >= self.paused_until
    }

    fn after_round(&mut self, receiver: Receiver, now: Instant) {
        self.is_busy = false;
        match receiver {
            // Says nothing about the receiver, so the pause it has earned stays.
            Receiver::Idle => {}
            Receiver::Healthy => self.pause = PAUSE_MIN,
            Receiver::Failing => {
                self.paused_until = now + self.pause;
                self.pause = (self.pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

/// What a round needs.
struct Courier {
    desk: Arc<Desk>,
    client: Client,
    reach: Reach,
}

/// Delivers events until the process ends.
pub async fn run(desk: Arc<Desk>, reach: Reach) {
    let client = match client(reach.clone()) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no webhook can be reached: {error}");
            return;
        }
    };
    let courier = Courier {
        desk,
        client,
        reach,
    };
    let mut endpoints: HashMap<WebhookId, Endpoint> = HashMap::new();
    let mut rounds = FuturesUnordered::new();
    loop {
        match courier.desk.outbox.webhooks_to_serve().await {
            Ok(hooks) => {
                for hook in hooks {
                    let now = Instant::now();
                    let endpoint = endpoints
                        .entry(hook.id)
                        .or_insert_with(|| Endpoint::new(now));
                    if endpoint.is_due(now) {
                        endpoint.is_busy = true;
                        rounds.push(courier.round(hook));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "webhooks wait: {error}"),
        }
        // Rounds advance only while they are polled, so waiting for the next look has to poll them too.
        let next_poll = tokio::time::sleep(POLL_EVERY);
        tokio::pin!(next_poll);
        loop {
            tokio::select! {
                () = &mut next_poll => break,
                Some((id, receiver)) = rounds.next() => {
                    if let Some(endpoint) = endpoints.get_mut(&id) {
                        endpoint.after_round(receiver, Instant::now());
                    }
                }
            }
        }
    }
}

/// Chooses the TLS cryptography of this process. If a library has chosen already, that is just as good.
pub fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that follows no redirects (they could lead to a private host) and resolves only to allowed addresses.
fn client(reach: Reach) -> Result<Client, reqwest::Error> {
    choose_tls();
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(Arc::new(reach))
        // A proxy from the environment would resolve names itself, past `reach`.
        .no_proxy()
        .timeout(ATTEMPT_MAX)
        .connect_timeout(CONNECT_MAX)
        .user_agent(concat!("banzhu/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Courier {
    /// One round of one webhook, and how its receiver responded.
    async fn round(&self, hook: Webhook) -> (WebhookId, Receiver) {
        let receiver = match self.serve(&hook).await {
            Ok(Outcome { attempts: 0, .. }) => Receiver::Idle,
            // One accepted delivery is enough: a single bad event must not pause all lanes.
            Ok(outcome) if outcome.accepted > 0 && outcome.slow == 0 => Receiver::Healthy,
            Ok(_) => Receiver::Failing,
            Err(error) => {
                tracing::warn!(webhook = %hook.id, %error, "a webhook waits: {error}");
                Receiver::Failing
            }
        };
        (hook.id, receiver)
    }

    async fn serve(&self, hook: &Webhook) -> Result<Outcome, DeskError> {
        let (desk, began) = (&self.desk, Instant::now());
        let now = desk.operations.now();
        let mut lanes: BTreeMap<Lane, Vec<Due>> = BTreeMap::new();
        let mut blocked: HashSet<Lane> = HashSet::new();
        let mut outcome = Outcome::default();
        // Undelivered events are older than the cursor, so they enter their lanes before the new ones.
        for delivery in desk.outbox.undelivered(hook.id, WAITING_MAX).await? {
            let Some(event) = desk.outbox.event(delivery.event).await? else {
                outcome.done.push(delivery.event);
                continue;
            };
            let lane = Lane::of(&event);
            let due = delivery.is_due(now);
            // An earlier event of this lane is not due yet, so this one has to wait as well.
            if blocked.contains(&lane) {
                continue;
            }
            if due {
                let next = Due {
                    event,
                    previous: Some(delivery),
                };
                lanes.entry(lane).or_default().push(next);
            } else {
                blocked.insert(lane);
            }
        }
        let new_events = desk
            .outbox
            .events_after(hook.cursor, NEW_EVENTS_MAX)
            .await?;
        // The cursor passes blocked and failed events as well: each is stored as a delivery of its own below.
        let cursor = new_events.last().map_or(hook.cursor, |event| event.number);
        for event in new_events {
            if !hook.wants(event.kind.name()) {
                continue;
            }
            let lane = Lane::of(&event);
            if blocked.contains(&lane) {
                outcome
                    .failed
                    .push(queued_behind(hook.id, event.number, now));
            } else {
                let next = Due {
                    event,
                    previous: None,
                };
                lanes.entry(lane).or_default().push(next);
            }
        }
        if lanes.is_empty() && cursor == hook.cursor && outcome.done.is_empty() {
            return Ok(outcome);
        }
        let mut served = stream::iter(
            lanes
                .into_values()
                .map(|lane| self.serve_lane(hook, lane, began)),
        )
        .buffer_unordered(LANES_MAX);
        while let Some(lane) = served.next().await {
            outcome.add(lane?);
        }
        // It borrows `self` and the lanes, and its results are all in `outcome`.
        drop(served);
        let (failed, done) = (
            std::mem::take(&mut outcome.failed),
            std::mem::take(&mut outcome.done),
        );
        desk.outbox
            .record_deliveries((hook.id, cursor), failed, done)
            .await?;
        Ok(outcome)
    }

    /// Attempts the deliveries of one lane in order. After a failure the rest waits.
    async fn serve_lane(
        &self,
        hook: &Webhook,
        lane: Vec<Due>,
        began: Instant,
    ) -> Result<Outcome, DeskError> {
        let desk = &self.desk;
        let mut outcome = Outcome::default();
        let mut is_blocked = false;
        for next in lane {
            let now = desk.operations.now();
            if is_blocked || began.elapsed() > ROUND_MAX {
                // An earlier failure is stored already and stays as it is; only a new event needs a record.
                let waiting = next
                    .previous
                    .is_none()
                    .then(|| queued_behind(hook.id, next.event.number, now));
                outcome.failed.extend(waiting);
                continue;
            }
            let view = desk.outbox.event_view(&next.event).await?;
            let sent_at = Instant::now();
            let sent = self.send(hook, &view, now).await;
            outcome.attempts += 1;
            outcome.slow += usize::from(sent_at.elapsed() > SLOW);
            match sent {
                Ok(()) => {
                    count("arrived");
                    outcome.accepted += 1;
                    // A new event that arrives at once never had a record, and the cursor covers it.
                    outcome
                        .done
                        .extend(next.previous.map(|_| next.event.number));
                }
                Err(error) => {
                    count("failed");
                    let previous = next
                        .previous
                        .as_ref()
                        .filter(|previous| previous.attempts > 0);
                    // A record that only queued behind others is no earlier failure, hence the filter above.
                    let failed = Delivery::failed(
                        previous,
                        hook.id,
                        next.event.number,
                        error,
                        desk.outbox.jitter(),
                        now,
                    );
                    if failed.is_dead() {
                        tracing::warn!(webhook = %hook.id, event = failed.event, "a delivery is given up after a day: {}", failed.last);
                    }
                    // A dead letter does not block its lane.
                    is_blocked = !failed.is_dead();
                    outcome.failed.push(failed);
                }
            }
        }
        Ok(outcome)
    }

    /// Sends one event, signed with every active secret. Any 2xx counts as accepted. The URL is checked again, because the
    /// settings may have changed since the webhook was created.
    async fn send(&self, hook: &Webhook, view: &EventView, now: Timestamp) -> Result<(), String> {
        self.reach.check(&hook.url).map_err(|(_, en)| en)?;
        let body = serde_json::to_vec(view).map_err(|error| error.to_string())?;
        // The same for every attempt, so that a receiver can drop what arrives twice.
        let id = format!("msg_{}", view.sequence);
        let at = now.as_ms() / 1_000;
        let mut signatures = Vec::new();
        for secret in hook.signing(now) {
            let signer = Signer::new(secret).map_err(|error| error.to_string())?;
            signatures.push(
                signer
                    .sign(&id, at, &body)
                    .map_err(|error| error.to_string())?,
            );
        }
        let sent = self
            .client
            .post(&hook.url)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signatures.join(" "))
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            // The body is not read: it may be endless, and the status says enough.
            Ok(answer) => Err(answer.status().to_string()),
            Err(error) => Err(cause_of(&error).chars().take(ERROR_CHARS_MAX).collect()),
        }
    }
}

/// A delivery that waits behind an earlier one of its lane, not attempted yet.
const fn queued_behind(webhook: WebhookId, event: u64, now: Timestamp) -> Delivery {
    Delivery {
        webhook,
        event,
        attempts: 0,
        first_at: now,
        last_at: now,
        next_at: Some(now),
        last: String::new(),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("banzhu_webhook_deliveries_total", "outcome" => outcome).increment(1);
}

/// The innermost cause, which is the most specific.
fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_timeout() {
        return format!("timed out: {cause}");
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_receiver_is_paused_for_longer_each_time_until_it_recovers() {
        let began = Instant::now();
        let mut endpoint = Endpoint::new(began);
        assert!(endpoint.is_due(began));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            endpoint.is_busy = true;
            assert!(!endpoint.is_due(began + PAUSE_MAX * 2), "it is busy");
            endpoint.after_round(Receiver::Failing, began);
            pauses.push(endpoint.paused_until - began);
        }
        assert_eq!(
            (pauses[0], pauses[1], pauses[7]),
            (PAUSE_MIN, PAUSE_MIN * 2, PAUSE_MAX)
        );
        assert!(!endpoint.is_due(began) && endpoint.is_due(began + PAUSE_MAX));
        endpoint.after_round(Receiver::Healthy, began + PAUSE_MAX);
        endpoint.after_round(Receiver::Idle, began + PAUSE_MAX);
        assert!(endpoint.is_due(began + PAUSE_MAX));
        assert_eq!(endpoint.pause, PAUSE_MIN);
    }
}
