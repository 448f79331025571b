//! Each webhook has rounds of its own, beside those of the others: what is due again, then what is new; each lane in order,
//! lanes beside each other. One that is slow or fails holds up nobody but itself.

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

/// How often it is looked for news.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long one try may take, and how long its connection.
const TRY_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// A receiver that takes longer than this is failing, even where it answers well in the end: it is left alone for a while.
const SLOW: Duration = Duration::from_secs(5);
/// After this a round tries nothing more: what it did is kept, and the rest waits for the next.
const ROUND_MAX: Duration = Duration::from_secs(30);
/// How many lanes of one webhook are served at a time.
const LANES_MAX: usize = 8;
/// How much new news is taken in one round.
const NEWS_MAX: usize = 100;
/// How many undelivered lines of one webhook are looked at in one round.
const WAITING_MAX: usize = 5_000;
/// How long a webhook that fails is left alone, at first and at most.
const REST_MIN: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);
/// How much of an answer's error is kept.
const SAID_CHARS_MAX: usize = 200;

/// What one lane is about: its lines go in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Lane(String);

impl Lane {
    fn of(event: &Event) -> Self {
        Self(match &event.of {
            EventKind::Comment(id) => format!("c{id}"),
            EventKind::Sanctioned(member, _) | EventKind::Lifted(member, _) => format!("m{member}"),
            EventKind::Report(id) => format!("r{id}"),
            EventKind::Appeal(id) => format!("a{id}"),
        })
    }
}

/// A line that is to be tried now.
struct Due {
    event: Event,
    before: Option<Delivery>,
}

/// What came of a round.
#[derive(Default)]
struct Outcome {
    failed: Vec<Delivery>,
    done: Vec<u64>,
    tried: usize,
    arrived: usize,
    slow: usize,
}

impl Outcome {
    fn add(&mut self, of_lane: Self) {
        self.failed.extend(of_lane.failed);
        self.done.extend(of_lane.done);
        self.tried += of_lane.tried;
        self.arrived += of_lane.arrived;
        self.slow += of_lane.slow;
    }
}

/// How the receiver did in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// There was nothing to bring.
    Idle,
    /// It took something, and none of it slowly.
    Well,
    /// It took nothing, or took too long.
    Failing,
}

/// How one webhook stands with the courier.
struct Endpoint {
    at_work: bool,
    rest_until: Instant,
    /// How long it is left alone when it fails next.
    pause: Duration,
}

impl Endpoint {
    fn new(now: Instant) -> Self {
        Self {
            at_work: false,
            rest_until: now,
            pause: REST_MIN,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        !self.at_work && now >= self.rest_until
    }

    fn after_round(&mut self, receiver: Receiver, now: Instant) {
        self.at_work = false;
        match receiver {
            Receiver::Idle => {}
            Receiver::Well => self.pause = REST_MIN,
            Receiver::Failing => {
                self.rest_until = now + self.pause;
                self.pause = (self.pause * 2).min(REST_MAX);
            }
        }
    }
}

/// What is needed to send.
struct Courier {
    desk: Arc<Desk>,
    client: Client,
    reach: Reach,
}

/// Brings news until the process ends.
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
        match courier.desk.active_webhooks().await {
            Ok(hooks) => {
                for hook in hooks {
                    let now = Instant::now();
                    let endpoint = endpoints
                        .entry(hook.id)
                        .or_insert_with(|| Endpoint::new(now));
                    if endpoint.is_due(now) {
                        endpoint.at_work = true;
                        rounds.push(courier.round(hook));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "webhooks wait: {error}"),
        }
        let next_look = tokio::time::sleep(LOOK_EVERY);
        tokio::pin!(next_look);
        loop {
            tokio::select! {
                () = &mut next_look => break,
                Some((id, receiver)) = rounds.next() => {
                    if let Some(endpoint) = endpoints.get_mut(&id) {
                        endpoint.after_round(receiver, Instant::now());
                    }
                }
            }
        }
    }
}

/// Chooses who does the cryptography of TLS in this process. Another library may have chosen already; either does.
pub fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that follows no redirection and resolves no name to where it may not go.
fn client(reach: Reach) -> Result<Client, reqwest::Error> {
    choose_tls();
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(Arc::new(reach))
        .no_proxy()
        .timeout(TRY_MAX)
        .connect_timeout(CONNECT_MAX)
        .user_agent(concat!("banzhu/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Courier {
    /// One round of one webhook.
    async fn round(&self, hook: Webhook) -> (WebhookId, Receiver) {
        let receiver = match self.serve(&hook).await {
            Ok(Outcome { tried: 0, .. }) => Receiver::Idle,
            Ok(outcome) if outcome.arrived > 0 && outcome.slow == 0 => Receiver::Well,
            Ok(_) => Receiver::Failing,
            Err(error) => {
                tracing::warn!(webhook = %hook.id, %error, "a webhook waits: {error}");
                Receiver::Failing
            }
        };
        (hook.id, receiver)
    }

    async fn serve(&self, hook: &Webhook) -> Result<Outcome, DeskError> {
        let (desk, begun) = (&self.desk, Instant::now());
        let now = desk.now();
        let mut lanes: BTreeMap<Lane, Vec<Due>> = BTreeMap::new();
        let mut held: HashSet<Lane> = HashSet::new();
        let mut outcome = Outcome::default();
        for delivery in desk.undelivered(hook.id, WAITING_MAX).await? {
            let Some(event) = desk.event(delivery.event).await? else {
                outcome.done.push(delivery.event);
                continue;
            };
            let lane = Lane::of(&event);
            let due = delivery.is_due(now);
            // What comes behind a line that still waits, waits.
            if held.contains(&lane) {
                continue;
            }
            if due {
                let line = Due {
                    event,
                    before: Some(delivery),
                };
                lanes.entry(lane).or_default().push(line);
            } else {
                held.insert(lane);
            }
        }
        let fresh = desk.events_after(hook.cursor, NEWS_MAX).await?;
        let cursor = fresh.last().map_or(hook.cursor, |event| event.number);
        for event in fresh {
            if !hook.wants(event.of.name()) {
                continue;
            }
            let lane = Lane::of(&event);
            if held.contains(&lane) {
                outcome.failed.push(behind(hook.id, event.number, now));
            } else {
                let line = Due {
                    event,
                    before: None,
                };
                lanes.entry(lane).or_default().push(line);
            }
        }
        if lanes.is_empty() && cursor == hook.cursor && outcome.done.is_empty() {
            return Ok(outcome);
        }
        let mut served = stream::iter(
            lanes
                .into_values()
                .map(|lane| self.serve_lane(hook, lane, begun)),
        )
        .buffer_unordered(LANES_MAX);
        while let Some(of_lane) = served.next().await {
            outcome.add(of_lane?);
        }
        drop(served);
        let (failed, done) = (
            std::mem::take(&mut outcome.failed),
            std::mem::take(&mut outcome.done),
        );
        desk.record_deliveries((hook.id, cursor), failed, done)
            .await?;
        Ok(outcome)
    }

    /// Tries the lines of one lane in order; where one fails, those behind it wait.
    async fn serve_lane(
        &self,
        hook: &Webhook,
        lane: Vec<Due>,
        begun: Instant,
    ) -> Result<Outcome, DeskError> {
        let desk = &self.desk;
        let mut outcome = Outcome::default();
        let mut stuck = false;
        for line in lane {
            let now = desk.now();
            if stuck || begun.elapsed() > ROUND_MAX {
                let waits = line
                    .before
                    .is_none()
                    .then(|| behind(hook.id, line.event.number, now));
                outcome.failed.extend(waits);
                continue;
            }
            let told = desk.event_view(&line.event).await?;
            let sent_at = Instant::now();
            let sent = self.send(hook, &told, now).await;
            outcome.tried += 1;
            outcome.slow += usize::from(sent_at.elapsed() > SLOW);
            match sent {
                Ok(()) => {
                    count("arrived");
                    outcome.arrived += 1;
                    outcome.done.extend(line.before.map(|_| line.event.number));
                }
                Err(what) => {
                    count("failed");
                    let before = line.before.as_ref().filter(|before| before.attempts > 0);
                    let failed = Delivery::failed(
                        before,
                        hook.id,
                        line.event.number,
                        what,
                        desk.jitter(),
                        now,
                    );
                    if failed.is_dead() {
                        tracing::warn!(webhook = %hook.id, event = failed.event, "a delivery is given up after a day: {}", failed.last);
                    }
                    // A dead letter holds nothing up.
                    stuck = !failed.is_dead();
                    outcome.failed.push(failed);
                }
            }
        }
        Ok(outcome)
    }

    /// Sends one line, signed by every secret that is in use. Any 2xx is an arrival. An address that may not be reached any
    /// more, since the settings changed, is not.
    async fn send(&self, hook: &Webhook, told: &EventView, now: Timestamp) -> Result<(), String> {
        self.reach.check(&hook.url).map_err(|(_, en)| en)?;
        let body = serde_json::to_vec(told).map_err(|error| error.to_string())?;
        let id = format!("msg_{}", told.sequence);
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
            Ok(answer) => Err(answer.status().to_string()),
            Err(error) => Err(cause_of(&error).chars().take(SAID_CHARS_MAX).collect()),
        }
    }
}

/// A line that waits behind another of its lane, untried.
const fn behind(webhook: WebhookId, event: u64, now: Timestamp) -> Delivery {
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

/// The innermost of what went wrong, which says most.
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
    fn who_fails_is_left_alone_for_longer_each_time_and_who_does_well_again_is_not() {
        let begun = Instant::now();
        let mut endpoint = Endpoint::new(begun);
        assert!(endpoint.is_due(begun));
        let mut rests = Vec::new();
        for _ in 0..8 {
            endpoint.at_work = true;
            assert!(!endpoint.is_due(begun + REST_MAX * 2), "it is at work");
            endpoint.after_round(Receiver::Failing, begun);
            rests.push(endpoint.rest_until - begun);
        }
        assert_eq!(
            (rests[0], rests[1], rests[7]),
            (REST_MIN, REST_MIN * 2, REST_MAX)
        );
        assert!(!endpoint.is_due(begun) && endpoint.is_due(begun + REST_MAX));
        endpoint.after_round(Receiver::Well, begun + REST_MAX);
        endpoint.after_round(Receiver::Idle, begun + REST_MAX);
        assert!(endpoint.is_due(begun + REST_MAX));
        assert_eq!(endpoint.pause, REST_MIN);
    }
}
