//! Builds everything from a [`Config`] and runs it. The system's clock and randomness are read here and nowhere else.

mod clock;

use std::{
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::Config,
    control,
    desk::{
        Desk, DeskError, DeskSettings, ExampleSource, InitialAccess, LearningSettings,
        PasswordCost, Retention,
    },
    http::{
        self, ConnectionLimits, HttpSettings, HttpState, KeyRate, Tls, TlsError, TlsFiles,
        TrustedProxies,
    },
    notify,
    reload::{self, Cause, LoadError, Loaded, Reloader},
    score::Example,
    sources::{self, LastGoodFiles, Sources},
    store::{OpenError, OpenOptions, SledStore, Store, has_database},
    telemetry::{self, GaugeReadings, Metrics, ModelReadings, ReloadReadings},
    time::{Clock, ClockJump, DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};

pub use clock::{ClockBefore1970, SystemClock};

/// How often last uses are written and the security log is flushed.
const MAINTENANCE_EVERY: Duration = Duration::from_secs(60);
/// How often fan-outs and due QA reviews are worked on.
const FAN_OUT_EVERY: Duration = Duration::from_millis(500);
/// How often the posts of other nodes are taken in.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// How often the board's own words are taken in, where another node has changed them.
const FOLLOW_WORDS_EVERY: Duration = Duration::from_secs(1);
/// How often pending erasures are continued.
const ERASE_EVERY: Duration = Duration::from_secs(5);
/// The pause between two batches of the purge, and between two rounds over all comments.
const PURGE_EVERY: Duration = Duration::from_millis(200);
const PURGE_ROUND_EVERY: Duration = Duration::from_secs(600);
/// How often it is looked whether the score is to be fitted to the rulings.
const LEARNING_EVERY: Duration = Duration::from_secs(60);
/// The pause between two segments of the search index, and between two looks for one that is missing.
const INDEX_PAUSE: Duration = Duration::from_millis(50);
const INDEX_EVERY: Duration = Duration::from_secs(2);
/// The pause after a segment that could not be built.
const INDEX_RETRY_EVERY: Duration = Duration::from_secs(60);
/// The pause after a fit that failed.
const LEARNING_RETRY_EVERY: Duration = Duration::from_secs(600);
/// How often the metrics are updated.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// The time is recorded in the data folder every this many rounds of maintenance.
const CLOCK_KEPT_EVERY: u32 = 10;
/// How long the server may take to stop once the database has failed.
const BROKEN_STOP: Duration = Duration::from_secs(5);

/// Why the service does not start, or has to end.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum AppError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Clock(#[from] ClockBefore1970),
    #[error(
        "資料夾 {dir} 不存在；請以 --data 指定，或先執行 banzhu init 建立 / there is no folder {dir}: name it by --data, or make it by `banzhu init`"
    )]
    NoFolder { dir: String },
    #[error("{dir} 中沒有資料庫 / there is no database in {dir}")]
    NoDatabase { dir: String },
    #[error("無法讀取資料夾 {dir} / the folder {dir} cannot be read: {error}")]
    Unreadable { dir: String, error: io::Error },
    #[error("無法監聽 {address} / cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{}", control::error_text(.0))]
    Desk(#[from] DeskError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("資料庫已無法使用，服務結束：{0} / the database broke and the service ends: {0}")]
    Broken(String),
}

/// A desk over an opened data folder, with what it was built from.
pub struct OpenedDesk {
    /// The use cases.
    pub desk: Arc<Desk>,
    /// Reads the lists and rules again.
    pub reloader: Reloader,
    loaded: Loaded,
    clock: Arc<SystemClock>,
}

impl OpenedDesk {
    /// Records the time for the next start to compare with, unless the clock is in doubt.
    pub fn keep_time(&self) {
        self.clock.keep(self.desk.operations.newest_at());
    }
}

/// Loads the rulebook and opens the data folder. Blocks. If the lists have faults, the data folder is not touched.
pub fn open(config: &Config) -> Result<OpenedDesk, AppError> {
    let reloader = Reloader::new(Sources::of(config), LastGoodFiles::within(&config.data));
    let opened = open_with(config, reloader)?;
    opened.reloader.keep_loaded(&opened.loaded);
    Ok(opened)
}

/// Creates the data folder, with the first admin and a board key. Returns the lines that show them, once.
pub async fn init(config: &Config) -> Result<Vec<String>, AppError> {
    let opened = open_for_accounts(config)?;
    let initial = opened.desk.accounts.create_initial_access().await;
    opened.keep_time();
    opened.desk.close().await;
    // Only now, so that the store is closed after a failure too.
    let initial = initial?;
    let admin = initial
        .admin
        .map(|(name, password)| format!("admin {name} {password}"));
    let key = initial.key.map(|key| format!("key {key}"));
    Ok(admin.into_iter().chain(key).collect())
}

/// Checks that a command may work on the data folder: it contains a database, or is empty.
pub fn check_folder(config: &Config) -> Result<(), AppError> {
    let name = || config.data.display().to_string();
    let mut entries = match std::fs::read_dir(&config.data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AppError::NoFolder { dir: name() });
        }
        Err(error) => return Err(AppError::Unreadable { dir: name(), error }),
    };
    if entries.next().is_none() || has_database(&config.data) {
        Ok(())
    } else {
        Err(AppError::NoDatabase { dir: name() })
    }
}

/// Opens the data folder for a command about keys and users. Reads no lists from the config folder and keeps none, because
/// the rulebook is the service's business.
pub fn open_for_accounts(config: &Config) -> Result<OpenedDesk, AppError> {
    open_with(
        config,
        Reloader::new(Sources::default(), LastGoodFiles::within(&config.data)),
    )
}

fn open_with(config: &Config, reloader: Reloader) -> Result<OpenedDesk, AppError> {
    SystemClock::check()?;
    let clock = Arc::new(SystemClock::default());
    // Before the store is opened, so that faults in the lists leave the data folder untouched.
    let loaded = reloader.load(clock.now())?;
    let store = SledStore::open(open_options(config), Arc::clone(&clock) as _)?;
    // Before anything is written: a record written now would be dated by a clock that may have jumped.
    clock.watch(&config.data, clock_jump_ms(config), store.found_at());
    let opened = OpenedDesk {
        desk: desk(config, store, Arc::clone(&clock) as _, &loaded),
        loaded,
        reloader,
        clock,
    };
    log_clock_jump(opened.desk.operations.clock_jump());
    Ok(opened)
}

fn clock_jump_ms(config: &Config) -> i64 {
    i64::from(config.clock_jump_hours) * HOUR_MS
}

/// Logs that the clock has jumped, and what to do about it.
fn log_clock_jump(jump: Option<ClockJump>) {
    let Some(ClockJump { ahead_ms }) = jump else {
        return;
    };
    let hours = ahead_ms.abs() / HOUR_MS;
    let relation = if ahead_ms > 0 {
        "ahead of the last time that was known to be right"
    } else {
        "behind the last time that was stored or known to be right"
    };
    tracing::error!(
        ahead_ms,
        "the system's clock is {hours} hours {relation}: nothing is purged, compacted or dropped. Set it right, or, if it is right, run `banzhu clock accept`"
    );
}

/// How long a start may still take whenever a conversion tells how far it has come: its last part, in which all is read once
/// more, tells nothing.
const STARTING_USEC: u32 = 900_000_000;

fn open_options(config: &Config) -> OpenOptions {
    OpenOptions {
        dir: config.data.clone(),
        cache_bytes: config.store.cache_mb << 20,
        free_bytes_min: config.store.free_mb_min << 20,
        time_zone: config.time_zone.clone(),
        flush_observer: Some(Arc::new(telemetry::observe_flush)),
        conversion_observer: Some(Arc::new(|_, _| {
            notify_supervisor(NotifyState::ExtendTimeoutUsec(STARTING_USEC));
        })),
        ..OpenOptions::default()
    }
}

fn desk(
    config: &Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    loaded: &Loaded,
) -> Arc<Desk> {
    let desk = Arc::new(Desk::new(
        store,
        clock,
        loaded.rulebook.clone(),
        desk_settings(config),
    ));
    if !loaded.faults.is_empty() {
        desk.operations.reject_rulebook(loaded.faults.clone());
    }
    desk
}

fn desk_settings(config: &Config) -> DeskSettings {
    DeskSettings {
        claim_ms: i64::from(config.review.claim_minutes) * MINUTE_MS,
        claims_max: config.review.claims_max,
        undo_ms: i64::from(config.review.undo_minutes) * MINUTE_MS,
        appeal_ms: i64::from(config.review.appeal_days) * DAY_MS,
        retention: Retention {
            allowed_ms: i64::from(config.retention.allowed_days) * DAY_MS,
            others_ms: i64::from(config.retention.removed_days) * DAY_MS,
            forms_ms: i64::from(config.retention.forms_days) * DAY_MS,
        },
        event_poll_ms: i64::from(config.retention.news_days) * DAY_MS,
        compact_percent: config.retention.compact_percent,
        reports_reopen_min: config.review.reports_reopen_min,
        sample_rulings_permille: config.review.sample_rulings_permille,
        sample_removals_permille: config.review.sample_removals_permille,
        time_zone: config.time_zone.clone(),
        webhook_reach: Arc::new(notify::Reach::new(config.webhooks_allow_hosts.clone())),
        answers_ms: i64::from(config.answers_keep_hours) * HOUR_MS,
        session_ms: i64::from(config.session_hours) * HOUR_MS,
        session_idle_ms: i64::from(config.session_idle_minutes) * MINUTE_MS,
        learning: LearningSettings {
            first: config.learning.first,
            every: config.learning.every,
        },
        examples: Arc::new(ConfiguredExamples(Sources::of(config))),
        password_cost: PasswordCost {
            memory_kib: config.password.memory_kib,
            rounds: config.password.rounds,
        },
    }
}

/// Runs until SIGTERM or SIGINT. `first` runs once everything is up, before the address is printed.
pub fn serve(
    config: &Config,
    first: impl AsyncFnOnce(&Arc<Desk>, &str) -> Result<Vec<String>, AppError>,
) -> Result<(), AppError> {
    SystemClock::check()?;
    let metrics = Metrics::start();
    let tls = tls(config)?;
    // A port in use is told before the database is opened, which may take long.
    let listener = TcpListener::bind(config.listen).map_err(|error| AppError::Listen {
        address: config.listen,
        error,
    })?;
    let address = listener.local_addr()?;
    let opened = open(config)?;
    actix_web::rt::System::new().block_on(run(
        config,
        opened,
        (listener, tls),
        address,
        metrics,
        first,
    ))
}

/// However it ends, the store is closed, so that everything accepted is on disk and the folder is clean.
async fn run(
    config: &Config,
    opened: OpenedDesk,
    listener: (TcpListener, Option<Tls>),
    address: SocketAddr,
    metrics: Metrics,
    first: impl AsyncFnOnce(&Arc<Desk>, &str) -> Result<Vec<String>, AppError>,
) -> Result<(), AppError> {
    opened.desk.comments.warm_up().await;
    // Before the first request, as nothing may be judged without the board's own words.
    opened.desk.words.follow().await?;
    follow_learned(&opened.desk).await;
    let result = serve_until_signal(config, &opened, listener, address, metrics, first).await;
    // Before the folder is unlocked: a socket found there afterwards belongs to another process.
    let _ = std::fs::remove_file(control::socket_of(&config.data));
    opened.keep_time();
    if matches!(result, Err(AppError::Broken(_))) {
        // There is nothing left to close, and waiting for the broken writer might never end.
        return result;
    }
    opened.desk.close().await;
    tracing::info!("stopped; everything is on disk");
    result
}

async fn serve_until_signal(
    config: &Config,
    opened: &OpenedDesk,
    (listener, tls): (TcpListener, Option<Tls>),
    address: SocketAddr,
    metrics: Metrics,
    first: impl AsyncFnOnce(&Arc<Desk>, &str) -> Result<Vec<String>, AppError>,
) -> Result<(), AppError> {
    let desk = &opened.desk;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    // First: from here on a SIGTERM leads to an orderly close.
    let signals = Signals::new()?;
    let mut lines = set_up_lines(&desk.accounts.create_initial_access().await?, &url);
    warn_of_look_alikes(desk).await?;
    lines.extend(first(desk, &url).await?);
    let server = http::bind(listener, http_state(config, desk, &metrics, tls.clone()))?;
    spawn_background(config, opened, metrics);
    lines.extend([
        format!("listening on {url}"),
        format!("console {url}/console"),
        format!("docs {url}/docs"),
    ]);
    if let Err(error) = print(&lines) {
        // Whoever started the service has stopped reading; that is no reason to end.
        tracing::warn!(%error, "standard output is closed: {error}");
    }
    tracing::info!(listen = %address, "serving on {address}");
    notify_supervisor(NotifyState::Ready);
    let handle = server.handle();
    let mut serving = tokio::task::spawn(server);
    tokio::select! {
        ended = &mut serving => return ended.map_err(io::Error::other)?.map_err(AppError::Io),
        () = signals.until_signal(&opened.reloader, desk, tls) => {}
        what = desk.operations.store_ended() => {
            // Requests in progress cannot be finished; end, so that the supervisor restarts the service.
            tracing::error!("the database broke and will not come back by itself: {what}");
            desk.live.end_subscriptions();
            let _ = tokio::time::timeout(BROKEN_STOP, handle.stop(false)).await;
            return Err(AppError::Broken(what));
        }
    }
    tracing::info!("stopping: requests at work are finished first");
    notify_supervisor(NotifyState::Stopping);
    desk.live.end_subscriptions();
    // Streams of subscribers would never end by themselves, so they were ended just before.
    handle.stop(true).await;
    serving
        .await
        .map_err(io::Error::other)?
        .map_err(AppError::Io)
}

/// Starts the background tasks: control socket, maintenance, metrics, file watching, deliveries.
fn spawn_background(config: &Config, opened: &OpenedDesk, metrics: Metrics) {
    let desk = || Arc::clone(&opened.desk);
    if let Some(control) = control::open(&config.data) {
        tokio::task::spawn(control::serve(control, desk(), opened.reloader.clone()));
    }
    tokio::task::spawn(telemetry::report_suppressed());
    tokio::task::spawn(maintain(desk(), Arc::clone(&opened.clock)));
    tokio::task::spawn(watch_clock(desk()));
    tokio::task::spawn(fan_out_events(desk()));
    tokio::task::spawn(follow_posts(desk()));
    tokio::task::spawn(follow_model(desk()));
    tokio::task::spawn(follow_words(desk()));
    tokio::task::spawn(learn(desk()));
    tokio::task::spawn(build_index(desk()));
    let feed = desk();
    tokio::task::spawn(async move { feed.live.feed_events().await });
    let reach = notify::Reach::new(config.webhooks_allow_hosts.clone());
    tokio::task::spawn(notify::run(desk(), reach));
    tokio::task::spawn(erase(desk()));
    if config.retention.purge {
        tokio::task::spawn(purge(desk()));
    }
    tokio::task::spawn(update_metrics(desk(), metrics));
    if config.watch {
        tokio::task::spawn(reload::watch(opened.reloader.clone(), desk()));
    }
}

/// Notifies systemd, if it started the service and expects to be notified.
fn notify_supervisor(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the supervisor cannot be told: {error}");
    }
}

/// SIGTERM and SIGINT end the service, SIGHUP reloads the files.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn until_signal(mut self, reloader: &Reloader, desk: &Desk, tls: Option<Tls>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => {
                    reload_tls(tls.clone()).await;
                    reloader.reload(desk, Cause::Signal).await;
                }
            }
        }
    }
}

/// Reads certificate and key, if TLS is configured.
fn tls(config: &Config) -> Result<Option<Tls>, TlsError> {
    let files = config
        .http
        .tls
        .clone()
        .map(|(certificate, key)| TlsFiles { certificate, key });
    files.map(Tls::open).transpose()
}

/// Reloads the certificate for new connections. If it cannot be used, the last good one stays in use.
async fn reload_tls(tls: Option<Tls>) {
    let Some(tls) = tls else { return };
    match tokio::task::spawn_blocking(move || tls.reload()).await {
        Ok(Ok(())) => tracing::info!("the certificate was read again"),
        Ok(Err(error)) => {
            tracing::error!(%error, "the last good certificate stays in use: {error}")
        }
        Err(error) => tracing::error!(%error, "the certificate was not read again: {error}"),
    }
}

fn limits(config: &Config) -> ConnectionLimits {
    let http = &config.http;
    ConnectionLimits {
        connections_max: http::connections_that_fit(http.connections_max),
        connections_per_address_max: http.connections_per_address_max,
        bodies_bytes_max: http.bodies_mb_max << 20,
        head_timeout: Duration::from_secs(http.head_timeout_s),
        body_timeout: Duration::from_secs(http.body_timeout_s),
        answer_timeout: Duration::from_secs(http.answer_timeout_s),
        idle_timeout: Duration::from_secs(http.idle_timeout_s),
    }
}

fn http_state(config: &Config, desk: &Arc<Desk>, metrics: &Metrics, tls: Option<Tls>) -> HttpState {
    let metrics = metrics.clone();
    HttpState {
        desk: Arc::clone(desk),
        metrics: Arc::new(move || metrics.render()),
        settings: HttpSettings {
            trusted_proxies: TrustedProxies::new(config.http.trusted_proxies.clone()),
            // 0 leaves the number to actix.
            workers: Some(config.http.workers).filter(|workers| *workers > 0),
            csv_bom: config.http.csv_bom,
            public_url: config.http.public_url.clone(),
            board_addresses: config.http.board_addresses.clone(),
            limits: limits(config),
            tls,
            key_rate: KeyRate::per_second(config.http.key_requests_per_second),
        },
    }
}

/// Warns of users whose names look alike, from before such names were refused.
async fn warn_of_look_alikes(desk: &Desk) -> Result<(), AppError> {
    for group in desk.accounts.look_alike_users().await? {
        let names = group.join(", ");
        tracing::warn!(names, "users whose names look alike: {names}");
    }
    Ok(())
}

/// The first credentials of a fresh folder, shown once.
fn set_up_lines(initial: &InitialAccess, url: &str) -> Vec<String> {
    let admin = initial
        .admin
        .iter()
        .map(|(name, password)| format!("admin {name} {password}"));
    let key = initial
        .key
        .iter()
        .flat_map(|key| [format!("key {key}"), curl_line(key, url)]);
    admin.chain(key).collect()
}

/// A command that posts a first comment, ready to paste.
fn curl_line(key: &str, url: &str) -> String {
    let comment = r#"{"comment_id":"c-1","member":{"id":"m-1","nickname":"南港阿明"},"body":"這篇寫得好，幹 你 娘","tags":["頭香"]}"#;
    format!(
        "curl -s {url}/v1/moderations -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{comment}'"
    )
}

/// Prints lines to standard output, for people and for scripts that wait for them.
fn print(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

async fn maintain(desk: Arc<Desk>, clock: Arc<SystemClock>) {
    for round in 0_u32.. {
        if round.is_multiple_of(CLOCK_KEPT_EVERY) {
            clock.keep(desk.operations.newest_at());
        }
        tokio::time::sleep(MAINTENANCE_EVERY).await;
        desk.identities.flush_last_uses().await;
        desk.identities.flush_security().await;
    }
}

/// Shows how far the clock has jumped, and logs each jump once.
async fn watch_clock(desk: Arc<Desk>) {
    // A jump found at start was logged by `open_with` already.
    let mut was_logged = desk.operations.clock_jump().is_some();
    loop {
        let jump = desk.operations.clock_jump();
        telemetry::show_clock_jump(jump.map_or(0, |jump| jump.ahead_ms));
        match jump {
            Some(_) if !was_logged => log_clock_jump(jump),
            None if was_logged => tracing::info!("the clock counts as right again"),
            Some(_) | None => {}
        }
        was_logged = jump.is_some();
        tokio::time::sleep(UPKEEP_EVERY).await;
    }
}

/// Runs fan-outs and opens QA reviews that are due.
async fn fan_out_events(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(FAN_OUT_EVERY).await;
        if let Err(error) = desk.background.run_background().await {
            tracing::warn!(%error, "events and QA reviews wait: {error}");
        }
    }
}

/// Takes in what other nodes have stored, where there are any.
async fn follow_posts(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(FOLLOW_EVERY).await;
        if let Err(error) = desk.comments.follow_posts().await {
            tracing::warn!(%error, "the posts of other nodes wait: {error}");
        }
    }
}

/// Takes in which model is in force, where another node has changed it.
async fn follow_model(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        if let Err(error) = desk.models.follow().await {
            tracing::warn!(%error, "the model in force cannot be read: {error}");
        }
    }
}

/// Takes in the board's own words, where another node has changed them.
async fn follow_words(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(FOLLOW_WORDS_EVERY).await;
        if let Err(error) = desk.words.follow().await {
            tracing::warn!(%error, "the board's own words cannot be read: {error}");
        }
    }
}

/// The same at start.
async fn follow_learned(desk: &Desk) {
    if let Err(error) = desk.models.follow().await {
        tracing::warn!(%error, "what the board learned cannot be read yet: {error}");
    }
}

/// Fits the score to the board's rulings whenever enough new ones are there.
async fn learn(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(LEARNING_EVERY).await;
        match desk.models.learn().await {
            Ok(None) => {}
            Ok(Some(model)) => match model.kept_back {
                None => {
                    tracing::info!(model.version = %model.version, examples = model.examples.all(), "the score was fitted to the rulings: model {} is taken", model.version);
                }
                Some(why) => {
                    tracing::info!(model.version = %model.version, "the score was fitted to the rulings, and stays as it is: {}", why.name());
                }
            },
            Err(error) => {
                tracing::warn!(%error, "the score could not be fitted to the rulings: {error}");
                tokio::time::sleep(LEARNING_RETRY_EVERY).await;
            }
        }
    }
}

/// Builds the index by which comments are searched, wherever it is missing.
async fn build_index(desk: Arc<Desk>) {
    loop {
        let pause = match desk.index.build_next().await {
            Ok(true) => INDEX_PAUSE,
            Ok(false) => INDEX_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the search index waits: {error}");
                INDEX_RETRY_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// The examples of the configured lists, for learning.
struct ConfiguredExamples(Sources);

impl ExampleSource for ConfiguredExamples {
    fn examples(&self) -> Vec<Example> {
        let files = self.0.examples();
        let examples = files.and_then(|files| sources::examples_of(&files));
        examples.unwrap_or_else(|faults| {
            for fault in faults {
                tracing::warn!("examples: {fault}");
            }
            Vec::new()
        })
    }
}

/// Continues pending erasures.
async fn erase(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(ERASE_EVERY).await;
        if let Err(error) = desk.privacy.erase_pending().await {
            tracing::warn!(%error, "what members asked to be erased waits: {error}");
        }
    }
}

/// Purges texts whose retention has ended, batch by batch, round after round.
async fn purge(desk: Arc<Desk>) {
    loop {
        let pause = match desk.privacy.purge_next_batch().await {
            Ok(true) => PURGE_EVERY,
            Ok(false) => {
                compact(&desk).await;
                PURGE_ROUND_EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "the purge waits: {error}");
                PURGE_ROUND_EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn compact(desk: &Desk) {
    if let Err(error) = desk.operations.compact_when_due().await {
        tracing::warn!(%error, "the room of purged texts is not given back: {error}");
    }
}

/// Updates the gauges in regular intervals.
async fn update_metrics(desk: Arc<Desk>, metrics: Metrics) {
    loop {
        update_gauges(&desk).await;
        metrics.upkeep();
        tokio::time::sleep(UPKEEP_EVERY).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
async fn update_gauges(desk: &Desk) {
    let now = desk.operations.now();
    let seconds_since = |then: Timestamp| now.ms_since(then).max(0) as f64 / 1_000.0;
    if let Ok(stats) = desk.figures.store_stats().await {
        GaugeReadings {
            open_cases: stats.unresolved_cases,
            oldest_open_case_seconds: stats.oldest_case.map_or(0.0, seconds_since),
            comments: stats.comments,
            free_disk_bytes: stats.free_bytes,
            database_bytes: stats.database_bytes,
            webhook_lag_seconds: desk.outbox.webhooks_lag_seconds().await.unwrap_or_default()
                as f64,
        }
        .show();
    }
    if let Ok(model) = desk.models.figures().await {
        ModelReadings {
            version: model.version,
            examples: model.examples,
            board_loss: model.board_loss,
            shipped_loss: model.shipped_loss,
        }
        .show();
    }
    let reload = desk.operations.reload_state();
    ReloadReadings {
        seconds_since_good: seconds_since(reload.good_at),
        ok: reload.faults.is_empty(),
    }
    .show();
    telemetry::show_resident_memory();
}
