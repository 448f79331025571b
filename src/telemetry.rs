//! Logs on standard error, and the numbers behind `/metrics`.
//!
//! Logs contain ids, counts and durations, never what members wrote, secrets, names or addresses; only the lines under
//! `banzhu::security`, about refusals, contain the name given and the address. Lines of one kind are rate limited: an error
//! that happens ten thousand times a second is logged a few times, with a count of the rest. Every metric is described here,
//! so that `/metrics` explains itself. Nothing here knows what the numbers are about.

mod repeats;

use std::{io::IsTerminal as _, time::Duration};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// Upper bounds of the histograms' buckets, in seconds: from the fraction of a millisecond that a dry run takes to a client's
/// longest timeout. Buckets, unlike quantiles, can be summed over several processes.
const BUCKETS_S: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Upper bounds of the buckets of scores.
const SCORE_BUCKETS: [f64; 10] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0];

/// How often suppressed lines are reported.
const REPORT_SUPPRESSED_EVERY: Duration = Duration::from_secs(1);

/// Sets up logging for this process. Idempotent.
pub fn start_logs(config: &LogConfig) {
    // At trace level sled logs its keys, which contain ids of comments.
    let filter = EnvFilter::new(format!("{},sled=warn", config.level));
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // It would log with `eprintln!`, which panics if standard error is closed.
        .log_internal_errors(false);
    let started = tracing_subscriber::registry().with(filter);
    // A second start, as in tests, keeps the first subscriber.
    let _ = match config.format {
        LogFormat::Pretty => {
            let logs = logs.with_target(false).with_filter(repeats::of_process());
            started.with(logs).try_init()
        }
        LogFormat::Json => {
            let logs = logs.json().flatten_event(true);
            started
                .with(logs.with_filter(repeats::of_process()))
                .try_init()
        }
    };
}

/// Reports once a second how many lines of which kind were suppressed.
pub async fn report_suppressed() {
    loop {
        tokio::time::sleep(REPORT_SUPPRESSED_EVERY).await;
        repeats::of_process().report_suppressed();
    }
}

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

/// Gauges that are read from the store in regular intervals.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GaugeReadings {
    /// Cases that wait for a moderator.
    pub open_cases: u64,
    /// The age of the oldest of them.
    pub oldest_open_case_seconds: f64,
    /// Comments stored.
    pub comments: u64,
    /// Bytes free on the disk of the data folder.
    pub free_disk_bytes: u64,
    /// The size of the database file.
    pub database_bytes: u64,
    /// The age of the oldest event that a webhook has not received.
    pub webhook_lag_seconds: f64,
}

/// The state of the last reload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReloadReadings {
    /// The time since files were last read and accepted.
    pub seconds_since_good: f64,
    /// Whether the last reload accepted them.
    pub ok: bool,
}

impl Metrics {
    /// Starts collecting metrics in this process. Only the first call takes effect.
    pub fn start() -> Self {
        let score = Matcher::Full("banzhu_score".to_owned());
        let buckets = PrometheusBuilder::new()
            .set_buckets(&BUCKETS_S)
            .and_then(|builder| builder.set_buckets_for_metric(score, &SCORE_BUCKETS));
        let recorder = match buckets {
            Ok(builder) => builder.build_recorder(),
            Err(_) => PrometheusBuilder::new().build_recorder(),
        };
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics were started already");
        }
        describe();
        // An alert on a counter needs the counter to exist before the first event.
        metrics::counter!("banzhu_stale_retries_total").increment(0);
        Self { handle }
    }

    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Drains collected histogram samples; to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl GaugeReadings {
    /// Sets the gauges.
    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    pub fn show(&self) {
        gauge!("banzhu_open_cases").set(self.open_cases as f64);
        gauge!("banzhu_oldest_open_case_seconds").set(self.oldest_open_case_seconds);
        gauge!("banzhu_stored_comments").set(self.comments as f64);
        gauge!("banzhu_free_disk_bytes").set(self.free_disk_bytes as f64);
        gauge!("banzhu_database_bytes").set(self.database_bytes as f64);
        gauge!("banzhu_webhook_lag_seconds").set(self.webhook_lag_seconds);
    }
}

impl ReloadReadings {
    /// Sets the gauges.
    pub fn show(&self) {
        gauge!("banzhu_seconds_since_good_reload").set(self.seconds_since_good);
        gauge!("banzhu_reload_ok").set(f64::from(u8::from(self.ok)));
    }
}

/// The model in force, and how the newest fit measured.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ModelReadings {
    /// The counter of the model in force.
    pub version: u32,
    /// The rulings that the newest fit learned from.
    pub examples: u32,
    /// Its loss on rulings held out.
    pub board_loss: f64,
    /// Its loss on shipped examples.
    pub shipped_loss: f64,
}

impl ModelReadings {
    /// Sets the gauges.
    pub fn show(&self) {
        gauge!("banzhu_model_version").set(f64::from(self.version));
        gauge!("banzhu_model_examples").set(f64::from(self.examples));
        gauge!("banzhu_model_log_loss", "set" => "board").set(self.board_loss);
        gauge!("banzhu_model_log_loss", "set" => "shipped").set(self.shipped_loss);
    }
}

/// Sets by how many milliseconds the clock has jumped; 0 if it has not.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub fn show_clock_jump(ahead_ms: i64) {
    gauge!("banzhu_clock_jump_seconds").set(ahead_ms as f64 / 1_000.0);
}

/// Sets the memory used by this process, where the system reports it.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub fn show_resident_memory() {
    if let Some(bytes) = resident_bytes() {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
}

/// Records how long a group commit took to reach the disk.
pub fn observe_flush(duration: std::time::Duration) {
    metrics::histogram!("banzhu_commit_flush_seconds").record(duration.as_secs_f64());
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

fn describe() {
    describe_gauge!("banzhu_open_cases", "Cases that wait for a person");
    describe_gauge!(
        "banzhu_oldest_open_case_seconds",
        Unit::Seconds,
        "For how long the oldest open case has waited; 0 where none is open"
    );
    describe_gauge!("banzhu_stored_comments", "Comments in the store");
    describe_gauge!(
        "banzhu_free_disk_bytes",
        Unit::Bytes,
        "Bytes free on the disk of the data folder"
    );
    describe_gauge!("banzhu_database_bytes", Unit::Bytes, "The database file");
    describe_gauge!(
        "banzhu_webhook_lag_seconds",
        Unit::Seconds,
        "For how long the oldest event that an active webhook has not got has waited; 0 where none does"
    );
    describe_gauge!(
        "banzhu_seconds_since_good_reload",
        Unit::Seconds,
        "Since lists and rules were last read and found good"
    );
    describe_gauge!(
        "banzhu_reload_ok",
        "1 where the last reading of lists and rules found no fault, else 0"
    );
    describe_gauge!(
        "banzhu_clock_jump_seconds",
        Unit::Seconds,
        "How far the clock has jumped ahead (or, below 0, back) and nobody has accepted it; 0 where it counts as right"
    );
    describe_gauge!(
        "process_resident_memory_bytes",
        Unit::Bytes,
        "Memory that this process holds"
    );
    describe_counter!(
        "banzhu_comments_total",
        "Comments decided, by verdict; repeats and dry runs apart"
    );
    describe_histogram!(
        "banzhu_score",
        "Scores of comments decided, 0 to 1; repeats and dry runs apart"
    );
    describe_gauge!(
        "banzhu_model_version",
        "The counter of the model in force; 0 for the rulebook's own weights"
    );
    describe_gauge!(
        "banzhu_model_examples",
        "The rulings that the newest fit of the model learned from"
    );
    describe_gauge!(
        "banzhu_model_log_loss",
        "The log loss of the newest fit, by set: board (rulings held out) and shipped (examples); less is better"
    );
    describe_counter!("banzhu_rulings_total", "Rulings, by decision");
    describe_counter!(
        "banzhu_webhook_deliveries_total",
        "Deliveries of events that were tried, by outcome: arrived or failed"
    );
    describe_counter!(
        "banzhu_rejudged_total",
        "Comments judged again; harsher: today's rulebook would have said more, and was not heard"
    );
    describe_counter!(
        "banzhu_http_requests_total",
        "Requests answered, by method, route and status"
    );
    describe_gauge!("banzhu_http_connections", "Connections that are open");
    describe_counter!(
        "banzhu_http_connections_refused_total",
        "Connections refused, by the limit that was reached: all, address"
    );
    describe_counter!(
        "banzhu_http_connections_dropped_total",
        "Connections that lay idle and made room for others"
    );
    describe_histogram!(
        "banzhu_http_request_duration_seconds",
        Unit::Seconds,
        "How long requests took, by route"
    );
    // Initialised, so that an alert can watch it.
    counter!("banzhu_stale_retries_total").increment(0);
    describe_counter!(
        "banzhu_stale_retries_total",
        "Requests begun again because something moved between reading and writing"
    );
    for what in [
        "sign-in-failed",
        "password-change-failed",
        "credential-refused",
        "call-refused",
    ] {
        counter!("banzhu_refused_total", "what" => what).increment(0);
    }
    describe_counter!(
        "banzhu_refused_total",
        "Failed sign-ins and password changes, credentials that do not hold, calls beyond a caller's right"
    );
    describe_histogram!(
        "banzhu_commit_flush_seconds",
        Unit::Seconds,
        "How long a group commit took until it was on disk"
    );
}
