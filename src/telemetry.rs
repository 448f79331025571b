//! Logs on standard error, and the numbers behind `/metrics`.
//!
//! Logs tell ids, counts and durations, never what members wrote, secrets, names or addresses; only the lines under
//! `banzhu::security`, about what was refused, say whose name was given and from where. Lines of one kind are bounded:
//! whatever goes wrong ten thousand times a second is written a few times, with a count of the rest. Every metric is
//! described here, so that the list in `/metrics` explains itself. Nothing here knows what the numbers are about.

mod repeats;

use std::{io::IsTerminal as _, time::Duration};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{
    EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// Upper bounds of the histograms' buckets, in seconds: from a dry run's fraction of a millisecond to the longest that a
/// client waits. Buckets of several processes can be added up; quantiles cannot.
const BUCKETS_S: [f64; 16] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// How often it is told how many lines were left out.
const TELL_LEFT_OUT_EVERY: Duration = Duration::from_secs(1);

/// Sets up logs for this process; again is nothing new.
pub fn start_logs(config: &LogConfig) {
    // sled tells keys at trace, and ids of comments are keys.
    let filter = EnvFilter::new(format!("{},sled=warn", config.level));
    let logs = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // it would tell by `eprintln!`, which panics where standard error is closed
        .log_internal_errors(false);
    let started = tracing_subscriber::registry().with(filter);
    // a second start, as in tests, keeps the first
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

/// Tells, second by second, how many lines of which kind were left out.
pub async fn report_suppressed() {
    loop {
        tokio::time::sleep(TELL_LEFT_OUT_EVERY).await;
        repeats::of_process().report_suppressed();
    }
}

/// The numbers of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

/// What is looked up when somebody asks for the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GaugeReadings {
    /// Cases that wait for a person.
    pub open_cases: u64,
    /// For how long the oldest of them waits.
    pub oldest_open_case_seconds: f64,
    /// Comments stored.
    pub comments: u64,
    /// Bytes free on the disk of the data folder.
    pub free_disk_bytes: u64,
    /// The database file.
    pub database_bytes: u64,
    /// For how long the oldest event that a webhook has not got has waited.
    pub webhook_lag_seconds: f64,
}

/// How the last reload went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReloadReadings {
    /// Since files were last read and found good.
    pub seconds_since_good: f64,
    /// Whether the last reading found them good.
    pub ok: bool,
}

impl Metrics {
    /// Starts counting in this process. The first start wins; a later one counts into the void.
    pub fn start() -> Self {
        let recorder = match PrometheusBuilder::new().set_buckets(&BUCKETS_S) {
            Ok(builder) => builder.build_recorder(),
            Err(_) => PrometheusBuilder::new().build_recorder(),
        };
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics were started already");
        }
        describe();
        // An alert on a counter needs it to be there before the first time.
        metrics::counter!("banzhu_stale_retries_total").increment(0);
        Self { handle }
    }

    /// All numbers in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Drains what was measured; to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl GaugeReadings {
    /// Shows these numbers from now on.
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
    /// Shows these numbers from now on.
    pub fn show(&self) {
        gauge!("banzhu_seconds_since_good_reload").set(self.seconds_since_good);
        gauge!("banzhu_reload_ok").set(f64::from(u8::from(self.ok)));
    }
}

/// Shows by how many milliseconds the clock has jumped, 0 where it counts as right.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub fn show_clock_jump(ahead_ms: i64) {
    gauge!("banzhu_clock_jump_seconds").set(ahead_ms as f64 / 1_000.0);
}

/// Shows how much memory this process holds, where the system tells.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
pub fn show_resident_memory() {
    if let Some(bytes) = resident_bytes() {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
}

/// Notes how long a group commit took to reach the disk.
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
    // there from the start, so that an alert can watch it
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
