//! One round after the other: what is due again, then what is new; each lane in order, lanes beside each other.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use reqwest::{Client, redirect::Policy};
use standardwebhooks::Webhook as Signer;

use super::Reach;
use crate::{
    desk::{Desk, DeskError, views::NewsView},
    id::WebhookId,
    review::{Delivery, News, NewsOf, Webhook},
    time::Timestamp,
};

/// How often it is looked for news.
const ROUND_EVERY: Duration = Duration::from_millis(250);
/// How long one try may take, and how long its connection.
const TRY_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How many lanes of one webhook are served at a time.
const LANES_MAX: usize = 8;
/// How much new news is taken in one round.
const NEWS_MAX: usize = 100;
/// How many undelivered lines of one webhook are looked at in one round.
const WAITING_MAX: usize = 5_000;
/// How long a webhook that answers nothing at all is left alone, at first and at most.
const REST_MIN: Duration = Duration::from_secs(1);
const REST_MAX: Duration = Duration::from_secs(60);
/// How much of an answer's error is kept.
const SAID_CHARS_MAX: usize = 200;

/// What one lane is about: its lines go in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Lane(String);

impl Lane {
    fn of(news: &News) -> Self {
        Self(match &news.of {
            NewsOf::Comment(id) => format!("c{id}"),
            NewsOf::Sanctioned(member, _) | NewsOf::Lifted(member, _) => format!("m{member}"),
            NewsOf::Report(id) => format!("r{id}"),
            NewsOf::Appeal(id) => format!("a{id}"),
        })
    }
}

/// A line that is to be tried now.
struct Due {
    news: News,
    before: Option<Delivery>,
}

/// What came of a round.
#[derive(Default)]
struct Outcome {
    failed: Vec<Delivery>,
    done: Vec<u64>,
    arrived: usize,
}

/// How long a webhook is left alone.
#[derive(Debug, Clone, Copy)]
struct Rest {
    until: tokio::time::Instant,
    pause: Duration,
}

/// Brings news until the process ends.
pub async fn run(desk: Arc<Desk>, reach: Reach) {
    let client = match client(reach) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no webhook can be reached: {error}");
            return;
        }
    };
    let mut resting: HashMap<WebhookId, Rest> = HashMap::new();
    loop {
        if let Err(error) = round(&desk, &client, &mut resting).await {
            tracing::warn!(%error, "webhooks wait: {error}");
        }
        tokio::time::sleep(ROUND_EVERY).await;
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

async fn round(
    desk: &Desk,
    client: &Client,
    resting: &mut HashMap<WebhookId, Rest>,
) -> Result<(), DeskError> {
    for hook in desk.active_webhooks().await? {
        let now = tokio::time::Instant::now();
        if resting.get(&hook.id).is_some_and(|rest| now < rest.until) {
            continue;
        }
        let (tried, arrived) = serve(desk, client, &hook).await?;
        if tried > 0 && arrived == 0 {
            let pause = resting
                .get(&hook.id)
                .map_or(REST_MIN, |rest| (rest.pause * 2).min(REST_MAX));
            resting.insert(
                hook.id,
                Rest {
                    until: now + pause,
                    pause,
                },
            );
        } else if arrived > 0 {
            resting.remove(&hook.id);
        }
    }
    Ok(())
}

/// One round of one webhook: how many lines were tried, and how many arrived.
async fn serve(desk: &Desk, client: &Client, hook: &Webhook) -> Result<(usize, usize), DeskError> {
    let now = desk.now();
    let mut lanes: BTreeMap<Lane, Vec<Due>> = BTreeMap::new();
    let mut held: HashSet<Lane> = HashSet::new();
    let mut outcome = Outcome::default();
    for delivery in desk.undelivered(hook.id, WAITING_MAX).await? {
        let Some(news) = desk.one_news(delivery.news).await? else {
            outcome.done.push(delivery.news);
            continue;
        };
        let lane = Lane::of(&news);
        let due = delivery.next_at.is_some_and(|at| at <= now);
        // What comes behind a line that still waits, waits.
        if held.contains(&lane) {
            continue;
        }
        if due {
            let line = Due {
                news,
                before: Some(delivery),
            };
            lanes.entry(lane).or_default().push(line);
        } else {
            held.insert(lane);
        }
    }
    let fresh = desk.news_after(hook.cursor, NEWS_MAX).await?;
    let cursor = fresh.last().map_or(hook.cursor, |news| news.number);
    for news in fresh {
        if !hook.wants(news.of.name()) {
            continue;
        }
        let lane = Lane::of(&news);
        if held.contains(&lane) {
            outcome.failed.push(behind(hook.id, news.number, now));
        } else {
            let line = Due { news, before: None };
            lanes.entry(lane).or_default().push(line);
        }
    }
    let tried: usize = lanes.values().map(Vec::len).sum();
    if tried == 0 && cursor == hook.cursor && outcome.done.is_empty() {
        return Ok((0, 0));
    }
    let mut served = stream::iter(
        lanes
            .into_values()
            .map(|lane| serve_lane(desk, client, hook, lane)),
    )
    .buffer_unordered(LANES_MAX);
    while let Some(of_lane) = served.next().await {
        let of_lane = of_lane?;
        outcome.failed.extend(of_lane.failed);
        outcome.done.extend(of_lane.done);
        outcome.arrived += of_lane.arrived;
    }
    drop(served);
    desk.delivered((hook.id, cursor), outcome.failed, outcome.done)
        .await?;
    Ok((tried, outcome.arrived))
}

/// A line that waits behind another of its lane, untried.
const fn behind(webhook: WebhookId, news: u64, now: Timestamp) -> Delivery {
    Delivery {
        webhook,
        news,
        attempts: 0,
        first_at: now,
        last_at: now,
        next_at: Some(now),
        last: String::new(),
    }
}

/// Tries the lines of one lane in order; where one fails, those behind it wait.
async fn serve_lane(
    desk: &Desk,
    client: &Client,
    hook: &Webhook,
    lane: Vec<Due>,
) -> Result<Outcome, DeskError> {
    let mut outcome = Outcome::default();
    let mut stuck = false;
    for line in lane {
        let now = desk.now();
        if stuck {
            let waits = line
                .before
                .is_none()
                .then(|| behind(hook.id, line.news.number, now));
            outcome.failed.extend(waits);
            continue;
        }
        let told = desk.news_view(&line.news).await?;
        match send(client, hook, &told, now).await {
            Ok(()) => {
                metrics::counter!("banzhu_webhook_deliveries_total", "outcome" => "arrived")
                    .increment(1);
                outcome.arrived += 1;
                outcome.done.extend(line.before.map(|_| line.news.number));
            }
            Err(what) => {
                metrics::counter!("banzhu_webhook_deliveries_total", "outcome" => "failed")
                    .increment(1);
                let before = line.before.as_ref().filter(|before| before.attempts > 0);
                let failed =
                    Delivery::failed(before, hook.id, line.news.number, what, desk.jitter(), now);
                if failed.is_dead() {
                    tracing::warn!(webhook = %hook.id, news = failed.news, "a delivery is given up after a day: {}", failed.last);
                }
                // A dead letter holds nothing up.
                stuck = !failed.is_dead();
                outcome.failed.push(failed);
            }
        }
    }
    Ok(outcome)
}

/// Sends one line, signed by every secret that is in use. Any 2xx is an arrival.
async fn send(
    client: &Client,
    hook: &Webhook,
    told: &NewsView,
    now: Timestamp,
) -> Result<(), String> {
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
    let sent = client
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
