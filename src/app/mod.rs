//! Builds everything from a [`Config`] and runs it until a signal comes.
//!
//! The order is fixed: rulebook (a faulty one refuses before anything is made), store, desk, port, first accounts,
//! server. The end is the same backwards: nothing is taken any more, requests at work end, the store closes cleanly.
//! Lines for people and scripts go to standard output, logs to standard error.

mod clock;
mod say;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

pub use clock::SystemClock;
pub use say::say;

use crate::{
    config::Config,
    control::Control,
    demo,
    desk::{AuditQuery, Desk, DeskError, DeskSettings, LoadedRulebook, PasswordCost, SetUp},
    http::{self, HttpSettings, HttpState, TrustedProxies},
    policy::{Fault, Rulebook, RulebookFiles},
    reload::{self, Keep, Places, Prepared, Reloader},
    store::{OpenError, OpenOptions, SledStore},
    telemetry::{self, Metrics, Readings, ReloadReadings},
    time::{Clock as _, HOUR_MS, MINUTE_MS, Timestamp},
};

/// How often it is written down when keys were last used.
const FLUSH_KEYS_EVERY: Duration = Duration::from_secs(60);
/// How often measurements are drained.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// How long requests at work may take to end at a stop.
const STOP_WITHIN: Duration = Duration::from_secs(25);
/// Reloads asked for and not begun; more ask for the same.
const RELOADS_MAX: usize = 1;

/// Why the service did not start, or ended.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum StartError {
    #[error("{}", told(.0))]
    Faults(Vec<Fault>),
    #[error("{0}")]
    Store(#[from] OpenError),
    #[error("無法在 {address} 接受連線:{error} / cannot listen on {address}: {error}")]
    Listen {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("無法準備資料 / the data cannot be set up: {0}")]
    Desk(#[from] DeskError),
    #[error("{0}")]
    Demo(#[from] demo::DemoError),
    #[error("系統錯誤 / the system says: {0}")]
    System(#[from] io::Error),
    #[error("服務意外結束 / the service ended by itself")]
    Ended,
}

/// What a service is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A board.
    Serve,
    /// A look around: a fresh folder is filled first.
    Demo,
}

/// Where lists and rules are, by the settings.
pub fn places(config: &Config) -> Places {
    Places {
        wordlists: config.wordlists.clone(),
        config: config.config.clone(),
    }
}

/// Runs the service until SIGTERM or SIGINT.
pub async fn run(config: &Config, purpose: Purpose) -> Result<(), StartError> {
    let metrics = Metrics::start();
    let clock = Arc::new(SystemClock::default());
    let keep = Keep::in_data(&config.data);
    let prepared = reload::prepare(&places(config), &keep).map_err(StartError::Faults)?;
    let store = open_store(config, &clock)?;
    prepared.keep(&keep);
    prepared.tell();
    let loaded = prepared.loaded(clock.now());
    let desk = Arc::new(desk_over(config, store, &clock, loaded));
    let ended = run_desk(config, purpose, &metrics, &clock, &desk, prepared).await;
    desk.close().await;
    tracing::info!("stopped; everything that was taken is on disk");
    ended
}

/// Opens the data folder for one command, without a service.
pub async fn with_desk<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Desk) -> T,
) -> Result<T, StartError> {
    let clock = Arc::new(SystemClock::default());
    let rulebook = Rulebook::compile(&RulebookFiles::default(), 0).map_err(StartError::Faults)?;
    let store = open_store(config, &clock)?;
    let loaded = LoadedRulebook {
        rulebook: Arc::new(rulebook),
        loaded_at: clock.now(),
        source: String::new(),
    };
    let desk = desk_over(config, store, &clock, loaded);
    keep_time(&clock, &desk).await;
    let done = work(&desk).await;
    desk.close().await;
    Ok(done)
}

async fn run_desk(
    config: &Config,
    purpose: Purpose,
    metrics: &Metrics,
    clock: &SystemClock,
    desk: &Arc<Desk>,
    prepared: Prepared,
) -> Result<(), StartError> {
    keep_time(clock, desk).await;
    if !prepared.faults.is_empty() {
        desk.reject_rulebook(prepared.faults.clone());
    }
    let mut signals = Signals::listen()?;
    let (listener, address) = listen(config.listen)?;
    let url = url_of(address);
    match purpose {
        Purpose::Serve => announce(&desk.set_up().await?, &url),
        Purpose::Demo => demo::fill(desk, &url).await?,
    }
    let (ask_reload, asked) = mpsc::channel(RELOADS_MAX);
    let mut beside = JoinSet::new();
    let reloader = Reloader::new(
        Arc::clone(desk),
        places(config),
        Keep::in_data(&config.data),
        &prepared,
    );
    beside.spawn(reload::watch(reloader, config.watch, asked));
    beside.spawn(maintain(Arc::clone(desk), metrics.clone()));
    match Control::open(&config.data) {
        Ok(control) => {
            beside.spawn(control.serve(Arc::clone(desk)));
        }
        Err(error) => tracing::error!(
            %error,
            "no control socket, `key` and `user` cannot reach this service: {error}"
        ),
    }
    let server = http::bind(listener, http_state(config, metrics, desk))?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    say(&format!("listening on {url}"));
    say(&format!("docs {url}/docs"));
    tracing::info!(%address, "listening on {url}");
    let ended = tokio::select! {
        _ = &mut server => Err(StartError::Ended),
        () = signals.stop(&ask_reload) => Ok(()),
    };
    if ended.is_ok() && timeout(STOP_WITHIN, handle.stop(true)).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
    beside.shutdown().await;
    ended
}

/// The signals that this process minds.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the signal to stop; SIGHUP asks for a reload meanwhile.
    async fn stop(&mut self, ask_reload: &mpsc::Sender<()>) {
        loop {
            tokio::select! {
                _ = self.term.recv() => return tracing::info!("SIGTERM: stopping"),
                _ = self.int.recv() => return tracing::info!("SIGINT: stopping"),
                _ = self.hup.recv() => {
                    // one that waits already asks for the same
                    let _ = ask_reload.try_send(());
                }
            }
        }
    }
}

fn open_store(config: &Config, clock: &Arc<SystemClock>) -> Result<Arc<SledStore>, StartError> {
    let options = OpenOptions {
        dir: config.data.clone(),
        cache_bytes: config.store.cache_mb << 20,
        free_bytes_min: config.store.free_mb_min << 20,
        flush_observer: Some(Arc::new(|took, _requests| telemetry::observe_flush(took))),
        ..OpenOptions::default()
    };
    Ok(SledStore::open(options, Arc::clone(clock) as _)?)
}

fn desk_over(
    config: &Config,
    store: Arc<SledStore>,
    clock: &Arc<SystemClock>,
    loaded: LoadedRulebook,
) -> Desk {
    let settings = DeskSettings {
        claim_ms: i64::from(config.review.claim_minutes) * MINUTE_MS,
        claims_max: config.review.claims_max,
        undo_ms: i64::from(config.review.undo_minutes) * MINUTE_MS,
        answers_ms: i64::from(config.answers_keep_hours) * HOUR_MS,
        session_ms: i64::from(config.session_hours) * HOUR_MS,
        password_cost: PasswordCost {
            memory_kib: config.password.memory_kib,
            rounds: config.password.rounds,
        },
    };
    Desk::new(store, Arc::clone(clock) as _, loaded, settings)
}

/// Holds the clock at the newest stored time, if the system's was set back since.
async fn keep_time(clock: &SystemClock, desk: &Desk) {
    let newest = AuditQuery {
        limit: Some("1".to_owned()),
        ..AuditQuery::default()
    };
    let Ok(page) = desk.audit(newest).await else {
        return;
    };
    if let Some(entry) = page.items.first() {
        let ahead_ms = entry.at.ms_since(clock.now());
        if ahead_ms > 0 {
            tracing::warn!(
                ahead_ms,
                "the system's clock is behind what was stored; time stands still until it catches up"
            );
        }
        clock.not_before(entry.at);
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let cannot = |error| StartError::Listen { address, error };
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let taken = listener.local_addr().map_err(cannot)?;
    Ok((listener, taken))
}

/// The address to type; one that means "all of ours" is reached by the loopback.
fn url_of(address: SocketAddr) -> String {
    let mut typed = address;
    if address.ip().is_unspecified() {
        typed.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{typed}")
}

/// Says what was made for a folder that had none.
fn announce(made: &SetUp, url: &str) {
    if let Some((name, password)) = &made.admin {
        say(&format!("admin {name} {password}"));
    }
    if let Some(key) = &made.key {
        say(&format!("key {key}"));
        say(&format!(
            "curl -sS '{url}/v1/moderations' -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
             -d '{{\"comment_id\":\"c-1\",\"member\":{{\"id\":\"m-1\",\"nickname\":\"南港阿明\"}},\"body\":\"這篇報導寫得很清楚\"}}'"
        ));
    }
}

fn http_state(config: &Config, metrics: &Metrics, desk: &Arc<Desk>) -> HttpState {
    let proxies = config.http.trusted_proxies.iter().map(String::as_str);
    let (metrics, seen) = (metrics.clone(), Arc::clone(desk));
    HttpState {
        desk: Arc::clone(desk),
        metrics: Arc::new(move || {
            read_numbers(&seen);
            metrics.render()
        }),
        settings: HttpSettings {
            trusted_proxies: TrustedProxies::parse(proxies).unwrap_or_default(),
            workers: (config.http.workers > 0).then_some(config.http.workers),
            public_url: config.http.public_url.clone(),
        },
    }
}

/// Looks up what only the desk knows, when somebody asks for the numbers.
fn read_numbers(desk: &Desk) {
    let now = desk.now();
    // counts stand in memory, so they are there at once; if they ever are not, the last ones stay
    if let Some(Ok(facts)) = desk.facts().now_or_never() {
        let readings = Readings {
            open_cases: facts.unresolved_cases,
            oldest_open_case_seconds: facts.oldest_case.map_or(0.0, |at| seconds(now, at)),
            comments: facts.comments,
            free_disk_bytes: facts.free_bytes,
            database_bytes: facts.database_bytes,
        };
        readings.show();
    }
    let reload = desk.reload_state();
    let readings = ReloadReadings {
        seconds_since_good: seconds(now, reload.good_at),
        ok: reload.rejected_at.is_none(),
    };
    readings.show();
    telemetry::show_resident_memory();
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
fn seconds(now: Timestamp, since: Timestamp) -> f64 {
    now.ms_since(since).max(0) as f64 / 1_000.0
}

/// What is done every now and then. Never returns.
async fn maintain(desk: Arc<Desk>, metrics: Metrics) {
    let mut keys = interval(FLUSH_KEYS_EVERY);
    let mut upkeep = interval(UPKEEP_EVERY);
    keys.set_missed_tick_behavior(MissedTickBehavior::Delay);
    upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = keys.tick() => desk.flush_used_keys().await,
            _ = upkeep.tick() => metrics.upkeep(),
        }
    }
}

fn told(faults: &[Fault]) -> String {
    let mut lines = vec![
        "詞表或規則有誤,且沒有先前可用的版本 / lists or rules are faulty, and there is no earlier rulebook"
            .to_owned(),
    ];
    lines.extend(faults.iter().map(ToString::to_string));
    lines.join("\n")
}
