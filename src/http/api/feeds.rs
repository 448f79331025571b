//! What happens: changes for the board, live events for moderators, statistics for everybody.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use futures_util::stream;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{Answer, State, audit::is_csv};
use crate::{
    access::Requirement,
    desk::{
        FeedMessage, LiveEvent, StatsQuery, Subscription,
        views::{EventList, StatsItem, StatsView},
    },
    http::{auth::LongLivedAuth, call::Call, csv, problem::Problem, shape::Shape},
    intake::FieldFault,
};

/// How often a comment line is sent, so that no proxy takes the stream for dead.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// A stream ends after this time, and the client connects again: no connection lasts for ever.
const STREAM_MAX: Duration = Duration::from_secs(3_600);
/// Tells the client how long to wait before it connects again, in milliseconds.
const COME_AGAIN: &str = "retry: 2000\n\n";
const LAST_EVENT: &str = "Last-Event-ID";

/// The calls of this file.
pub static CALLS: &[&Call] = &[&CHANGES, &EVENTS, &STATS];

static CHANGES: Call = Call::get("/v1/changes", Requirement::MODERATE)
    .named("GetChanges", "List events for the board, in order")
    .query(&["after", "limit"])
    .ok::<EventList>()
    .to(|| web::route().to(changes));

async fn changes(state: State, request: HttpRequest) -> Answer {
    let mut query = state.read(&CHANGES, &request).await?.query;
    let (after, limit) = (query.take("after"), query.take("limit"));
    Ok(CHANGES.json(&state.desk.outbox.events_since(after, limit).await?))
}

static STATS: Call = Call::get("/v1/stats", Requirement::READ)
    .named("GetStats", "Get statistics by day")
    .query(&["from", "to", "by", "day_of", "each", "format"])
    .ok::<StatsView>()
    .files(&[Shape::text("text/csv")])
    .to(|| web::route().to(stats));

async fn stats(state: State, request: HttpRequest) -> Answer {
    let mut query = state.read(&STATS, &request).await?.query;
    let filters = StatsQuery {
        from: query.take("from"),
        to: query.take("to"),
        by: query.take("by"),
        day_of: query.take("day_of"),
        each: query.take("each"),
    };
    let each_day = filters.each.is_some();
    let as_file = is_csv(query.take("format"))?;
    let view = state.desk.figures.stats(filters).await?;
    if !as_file {
        return Ok(STATS.json(&view));
    }
    // The day stands last, and only where it is asked for.
    let day = |item: &StatsItem| each_day.then(|| item.day.clone().unwrap_or_default());
    let rows = view.items.iter();
    let rows = rows.map(|item| csv::line(item.row().into_iter().chain(day(item))));
    let columns = StatsItem::COLUMNS.into_iter();
    let columns: Vec<&str> = columns.chain(each_day.then_some("day")).collect();
    let text: String = std::iter::once(csv::head(&columns, state.settings.csv_bom))
        .chain(rows)
        .collect();
    Ok(csv::answer("stats").body(text))
}

static EVENTS: Call = Call::get("/v1/events", Requirement::READ)
    .named("GetEvents", "Stream live events of the queue")
    .ok_as(Shape::text("text/event-stream"))
    .not_a_use()
    .to(|| web::route().to(events));

async fn events(state: State, request: HttpRequest) -> Answer {
    let identity = state.identity(&request, &EVENTS).await?;
    EVENTS.read_query(&request)?;
    let watching = state.desk.live.subscribe_events(last_event(&request)?);
    let first = first_of(&watching);
    let begun = Instant::now();
    let listener = EventStream {
        next: watching.next,
        standing: LongLivedAuth::new(state, identity, &EVENTS),
        ends_at: begun + STREAM_MAX,
        beats_at: begun + HEARTBEAT_EVERY,
    };
    let rest = stream::unfold(listener, |mut listener| async move {
        let line = listener.line().await?;
        Some((line, listener))
    });
    let lines = futures_util::StreamExt::chain(stream::iter([first]), rest);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(futures_util::StreamExt::map(
            lines,
            Ok::<_, std::convert::Infallible>,
        )))
}

/// A stream of live events. It ends when the client leaves, after [`STREAM_MAX`], or when the caller loses the right.
struct EventStream {
    next: Receiver<FeedMessage>,
    standing: LongLivedAuth,
    ends_at: Instant,
    beats_at: Instant,
}

impl EventStream {
    /// The next line; `None` at the end of the stream.
    async fn line(&mut self) -> Option<Bytes> {
        loop {
            let wait_until = self.beats_at.min(self.standing.next_look().into());
            let received = timeout_at(wait_until, self.next.recv()).await;
            // Checked before anything is sent: a disabled person sees no further excerpt.
            self.standing.holds().await.ok()?;
            let now = Instant::now();
            if now >= self.ends_at {
                return None;
            }
            let line = match received {
                Err(_) if now < self.beats_at => continue,
                Err(_) => Bytes::from_static(b": still here\n\n"),
                Ok(Ok(FeedMessage::Event(event))) => lines_of(&event),
                Ok(Ok(FeedMessage::Reset) | Err(RecvError::Lagged(_))) => reset(),
                Ok(Ok(FeedMessage::End) | Err(RecvError::Closed)) => return None,
            };
            self.beats_at = now + HEARTBEAT_EVERY;
            return Some(line);
        }
    }
}

/// The number of the last event that the client has seen.
fn last_event(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(value) = request.headers().get(LAST_EVENT) else {
        return Ok(None);
    };
    let raw = value.to_str().unwrap_or("");
    if raw.is_empty() {
        return Ok(None);
    }
    raw.parse().map(Some).map_err(|_| {
        Problem::field(FieldFault::invalid(
            LAST_EVENT,
            "不是事件的編號",
            "not the number of an event",
        ))
    })
}

fn first_of(watching: &Subscription) -> Bytes {
    let mut text = Vec::from(COME_AGAIN.as_bytes());
    if watching.reset {
        text.extend_from_slice(&reset());
    }
    for event in &watching.missed {
        text.extend_from_slice(&lines_of(event));
    }
    Bytes::from(text)
}

fn lines_of(event: &LiveEvent) -> Bytes {
    Bytes::from(format!(
        "id: {}\nevent: {}\ndata: {}\n\n",
        event.number, event.name, event.data
    ))
}

fn reset() -> Bytes {
    Bytes::from_static(b"event: reset\ndata: {}\n\n")
}
