//! Turns raw settings into a checked [`Config`], once, at start.
//!
//! Settings come from the shipped `default.toml`, overridden by the administrator's, then by `BANZHU_*` variables, then by
//! flags. Every setting is read and checked in one place. All faults are reported at once, a line each, with the setting and
//! where it was set. Nothing here starts anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use toml::Value;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// The shipped settings.
const SHIPPED: &str = include_str!("../config/default.toml");
/// The settings file in the config folder.
pub const SETTINGS_FILE: &str = "default.toml";
/// The prefix of our environment variables.
const PREFIX: &str = "BANZHU_";
/// The folders used if none is given.
const CONFIG_DIR: &str = "./config";
const WORDLISTS_DIR: &str = "./wordlists";

/// All settings.
const KEYS: [&str; 47] = [
    "listen",
    "data",
    "config",
    "wordlists",
    "watch",
    "log.format",
    "log.level",
    "http.trusted_proxies",
    "http.public_url",
    "http.workers",
    "http.csv_bom",
    "http.board_addresses",
    "http.connections_max",
    "http.connections_per_address_max",
    "http.bodies_mb_max",
    "http.head_timeout_s",
    "http.body_timeout_s",
    "http.answer_timeout_s",
    "http.idle_timeout_s",
    "http.key_requests_per_second",
    "http.tls_certificate",
    "http.tls_key",
    "board.time_zone",
    "clock.jump_hours",
    "review.claim_minutes",
    "review.undo_minutes",
    "review.claims_max",
    "review.appeal_days",
    "review.reports_reopen_min",
    "review.sample_rulings_permille",
    "review.sample_removals_permille",
    "learning.first",
    "learning.every",
    "webhooks.allow_hosts",
    "retention.purge",
    "retention.allowed_days",
    "retention.removed_days",
    "retention.forms_days",
    "retention.news_days",
    "retention.compact_percent",
    "answers.keep_hours",
    "session.hours",
    "session.idle_minutes",
    "password.memory_kib",
    "password.rounds",
    "store.cache_mb",
    "store.free_mb_min",
];

/// Variables with our prefix that are meant for the board's own scripts.
const CLIENT_VARIABLES: [&str; 1] = ["key"];

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The log's level and format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// Directives for an `EnvFilter`, checked.
    pub level: String,
}

/// The HTTP service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Networks of proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The URL by which the board reaches the service, if that differs from `listen`.
    pub public_url: Option<String>,
    /// Number of worker threads; 0: one per core.
    pub workers: usize,
    /// Whether CSV files begin with a byte order mark, for spreadsheets.
    pub csv_bom: bool,
    /// Networks of the board's own programs.
    pub board_addresses: Vec<IpNet>,
    /// The most connections in all.
    pub connections_max: usize,
    /// The most connections from one address.
    pub connections_per_address_max: usize,
    /// The most memory for request bodies in progress.
    pub bodies_mb_max: usize,
    /// How long a request's head may take to arrive.
    pub head_timeout_s: u64,
    /// How long a request's body may take to arrive.
    pub body_timeout_s: u64,
    /// How long a client may stop reading its answer.
    pub answer_timeout_s: u64,
    /// How long a connection may be idle.
    pub idle_timeout_s: u64,
    /// The rate limit of one key; 0: none.
    pub key_requests_per_second: u32,
    /// The files of the TLS certificate and its key; `None`: plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// Times and limits of moderation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewConfig {
    /// How long a claim lasts.
    pub claim_minutes: u32,
    /// How long a ruling can be undone.
    pub undo_minutes: u32,
    /// How many cases a moderator may have claimed.
    pub claims_max: usize,
    /// How long a removal or a sanction can be appealed.
    pub appeal_days: u32,
    /// How many reports since an approval reopen the case.
    pub reports_reopen_min: u32,
    /// How many of a thousand rulings get a QA review.
    pub sample_rulings_permille: u32,
    /// How many of a thousand removals by the filter get a QA review.
    pub sample_removals_permille: u32,
}

/// When the score is fitted to the board's rulings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearningConfig {
    /// From how many rulings on; 0: never.
    pub first: u32,
    /// After how many more again.
    pub every: u32,
}

/// Retention periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionConfig {
    /// Whether texts are purged when their time is over.
    pub purge: bool,
    /// For the text of comments that were allowed.
    pub allowed_days: u32,
    /// For the text of comments that were flagged, removed or ruled on.
    pub removed_days: u32,
    /// For written forms that one member alone wrote and nobody ruled on.
    pub forms_days: u32,
    /// For events of the board's outbox.
    pub news_days: u32,
    /// The percentage of purged comments from which the database is compacted; 0: never.
    pub compact_percent: u32,
}

/// The argon2 cost of password hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordConfig {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Rounds.
    pub rounds: u32,
}

/// The store's use of memory and disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreConfig {
    /// The size of the database's cache.
    pub cache_mb: u64,
    /// Writes are refused when less disk space than this is free.
    pub free_mb_min: u64,
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address that the service listens on.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The folder of `rules.toml` and `notices.toml`; `None`: those in the binary.
    pub config: Option<PathBuf>,
    /// The folder of the wordlists; `None`: those in the binary.
    pub wordlists: Option<PathBuf>,
    /// Whether changed files are reloaded while the service runs.
    pub watch: bool,
    /// Logging.
    pub log: LogConfig,
    /// The HTTP service.
    pub http: HttpConfig,
    /// The board's time zone, for the days of statistics.
    pub time_zone: jiff::tz::TimeZone,
    /// How far the clock may jump before deletions stop until an operator accepts it.
    pub clock_jump_hours: u32,
    /// Times and limits of moderation.
    pub review: ReviewConfig,
    /// When the score is fitted to rulings.
    pub learning: LearningConfig,
    /// Private hosts that events may be sent to.
    pub webhooks_allow_hosts: Vec<String>,
    /// Retention periods.
    pub retention: RetentionConfig,
    /// How long answers are kept for idempotent retries.
    pub answers_keep_hours: u32,
    /// How long a sign-in lasts.
    pub session_hours: u32,
    /// How long a sign-in lasts without being used.
    pub session_idle_minutes: u32,
    /// Password hashing.
    pub password: PasswordConfig,
    /// The store.
    pub store: StoreConfig,
    /// Warnings that do not prevent a start, a line each.
    pub warnings: Vec<String>,
}

/// Settings from the command line; they override all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the flags")]
pub struct Flags {
    pub listen: Option<String>,
    pub data: Option<PathBuf>,
    pub config: Option<PathBuf>,
    pub wordlists: Option<PathBuf>,
}

/// A setting with an invalid value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting, such as `review.claim_minutes`.
    pub key: String,
    /// Where it was set: a variable, a flag or a file.
    pub place: String,
    /// What it must be, in Traditional Chinese.
    pub zh_tw: String,
    /// What it must be, in English, with what was found.
    pub en: String,
}

impl fmt::Display for SettingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}): {} / {}",
            self.key, self.place, self.zh_tw, self.en
        )
    }
}

impl Config {
    /// Reads the settings of this process from file, variables and flags.
    pub fn load(flags: &Flags) -> Result<Self, Vec<SettingFault>> {
        let ours = |(name, value): (OsString, OsString)| {
            let name = name.to_str()?.strip_prefix(PREFIX)?.to_lowercase();
            Some((name, value.to_string_lossy().into_owned()))
        };
        Self::from_sources(flags, std::env::vars_os().filter_map(ours).collect())
    }

    /// Reads settings from flags, variables (names in lower case, without the prefix) and the file that these point to.
    pub fn from_sources(
        flags: &Flags,
        variables: Vec<(String, String)>,
    ) -> Result<Self, Vec<SettingFault>> {
        let mut reader = SettingsReader::new(flags, variables);
        let config = reader.config();
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(reader.faults)
        }
    }
}

/// Reads the settings and collects faults.
struct SettingsReader {
    /// The value of each setting; a later source overwrites an earlier one.
    values: BTreeMap<&'static str, Value>,
    /// The settings from variables and flags, with where each was set.
    given: Vec<(&'static str, String)>,
    file: Option<PathBuf>,
    faults: Vec<SettingFault>,
    warnings: Vec<String>,
}

impl SettingsReader {
    fn new(flags: &Flags, variables: Vec<(String, String)>) -> Self {
        let mut reader = Self {
            values: BTreeMap::new(),
            given: Vec::new(),
            file: None,
            faults: Vec::new(),
            warnings: Vec::new(),
        };
        // Each overrides the one before: the shipped file, the administrator's file, variables, flags.
        reader.add_table(&toml::from_str(SHIPPED).unwrap_or_default());
        let known = reader.known_variables(variables);
        reader.add_file(flags, &known);
        for (key, value) in known {
            reader.add(
                key,
                format!("{PREFIX}{}", variable_of(key).to_uppercase()),
                value,
            );
        }
        for (key, value) in flags.given() {
            // `display` put this character for bytes that are not UTF-8: the text names another path now.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                reader.faults.push(SettingFault {
                    key: key.to_owned(),
                    place: format!("--{key}"),
                    zh_tw: "必須是 UTF-8 編碼".to_owned(),
                    en: format!("must be UTF-8, found {value:?}"),
                });
            }
            reader.add(key, format!("--{key}"), value);
        }
        reader
    }

    /// The variables that name a setting; others with our prefix are warned about.
    fn known_variables(&mut self, variables: Vec<(String, String)>) -> Vec<(&'static str, String)> {
        let mut known = Vec::new();
        for (name, value) in variables {
            match KEYS.into_iter().find(|key| variable_of(key) == name) {
                Some(key) => known.push((key, value)),
                None if CLIENT_VARIABLES.contains(&name.as_str()) => {}
                None => self.warnings.push(unknown_variable(&name)),
            }
        }
        known
    }

    /// Reads the administrator's file; it overrides the shipped one.
    fn add_file(&mut self, flags: &Flags, variables: &[(&'static str, String)]) {
        // Read ahead of the other variables: it decides which file is read, and they override that file.
        let from_variable = variables.iter().find(|(key, _)| *key == "config");
        let dir = match (&flags.config, from_variable) {
            (Some(dir), _) => dir.clone(),
            (None, Some((_, dir))) => PathBuf::from(dir),
            (None, None) => match self.default_folder(CONFIG_DIR) {
                Some(dir) => dir,
                None => return,
            },
        };
        let path = dir.join(SETTINGS_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.fault_of_file(&path, "無法讀取設定檔", &error.to_string()),
        };
        match toml::from_str::<toml::Table>(&text) {
            Ok(table) => {
                // Unknown settings are faults: a misspelt one would silently leave the default in place.
                self.check_keys(&path, &table);
                self.add_table(&table);
            }
            Err(error) => {
                let line = error.span().map_or(1, |span| line_at(&text, span.start));
                let what = format!("line {line}: {}", error.message());
                return self.fault_of_file(&path, &format!("第 {line} 行不符合 TOML 格式"), &what);
            }
        }
        self.file = Some(path);
    }

    fn check_keys(&mut self, path: &Path, table: &toml::Table) {
        for key in keys_of(table, "") {
            // `config` names the folder of this very file, so it makes no sense inside.
            if !KEYS.contains(&key.as_str()) || key == "config" {
                self.faults.push(SettingFault {
                    key,
                    place: path.display().to_string(),
                    zh_tw: "沒有這個設定".to_owned(),
                    en: "there is no such setting".to_owned(),
                });
            }
        }
    }

    fn add_table(&mut self, table: &toml::Table) {
        for key in KEYS {
            if let Some(value) = value_at(table, key) {
                self.values.insert(key, value.clone());
            }
        }
    }

    fn add(&mut self, key: &'static str, place: String, value: String) {
        self.values.insert(key, Value::String(value));
        self.given.retain(|(given, _)| *given != key);
        self.given.push((key, place));
    }

    fn config(&mut self) -> Config {
        Config {
            listen: self.listen(),
            data: self.data(),
            config: self.folder("config", CONFIG_DIR),
            wordlists: self.folder("wordlists", WORDLISTS_DIR),
            watch: self.flag("watch"),
            log: self.log(),
            http: self.http(),
            time_zone: self.time_zone(),
            clock_jump_hours: self.number("clock.jump_hours", 1, 8_760),
            review: ReviewConfig {
                claim_minutes: self.number("review.claim_minutes", 1, 1_440),
                undo_minutes: self.number("review.undo_minutes", 1, 1_440),
                claims_max: self.number("review.claims_max", 1, 1_000),
                appeal_days: self.number("review.appeal_days", 1, 3_650),
                reports_reopen_min: self.number("review.reports_reopen_min", 1, 1_000),
                sample_rulings_permille: self.number("review.sample_rulings_permille", 0, 1_000),
                sample_removals_permille: self.number("review.sample_removals_permille", 0, 1_000),
            },
            learning: LearningConfig {
                first: self.number("learning.first", 0, 1_000_000),
                every: self.number("learning.every", 1, 1_000_000),
            },
            webhooks_allow_hosts: self.hosts("webhooks.allow_hosts"),
            retention: RetentionConfig {
                purge: self.flag("retention.purge"),
                allowed_days: self.number("retention.allowed_days", 1, 36_500),
                removed_days: self.number("retention.removed_days", 1, 36_500),
                forms_days: self.number("retention.forms_days", 1, 36_500),
                news_days: self.number("retention.news_days", 1, 36_500),
                compact_percent: self.number("retention.compact_percent", 0, 100),
            },
            answers_keep_hours: self.number("answers.keep_hours", 24, 8_760),
            session_hours: self.number("session.hours", 1, 720),
            session_idle_minutes: self.number("session.idle_minutes", 5, 43_200),
            password: PasswordConfig {
                memory_kib: self.number("password.memory_kib", 64, 4_194_304),
                rounds: self.number("password.rounds", 1, 100),
            },
            store: StoreConfig {
                cache_mb: self.number("store.cache_mb", 8, 65_536),
                free_mb_min: self.number("store.free_mb_min", 1, 1_048_576),
            },
            warnings: std::mem::take(&mut self.warnings),
        }
    }

    fn listen(&mut self) -> SocketAddr {
        let raw = self.text("listen");
        raw.parse().unwrap_or_else(|_| {
            let (zh_tw, en) = (
                "必須是位址與連接埠，例如 127.0.0.1:8080",
                "must be an address and a port, such as 127.0.0.1:8080",
            );
            self.fault("listen", zh_tw, en);
            // A stand-in so that all faults are found in one run; a configuration with faults is never used.
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    fn data(&mut self) -> PathBuf {
        let dir = self.text("data");
        if dir.is_empty() {
            self.fault("data", "必須是資料夾", "must be a folder");
        }
        PathBuf::from(dir)
    }

    fn log(&mut self) -> LogConfig {
        let format = match self.text("log.format").as_str() {
            "pretty" => LogFormat::Pretty,
            "json" => LogFormat::Json,
            _ => {
                let (zh_tw, en) = ("必須是 pretty 或 json", "must be pretty or json");
                self.fault("log.format", zh_tw, en);
                LogFormat::Pretty
            }
        };
        let level = self.text("log.level");
        if !is_log_filter(&level) {
            let (zh_tw, en) = (
                "必須是 off、error、warn、info、debug 或 trace，也可加上 target=等級，多個以逗號分隔",
                "must be off, error, warn, info, debug or trace, or target=level, separated by commas",
            );
            self.fault("log.level", zh_tw, en);
        }
        LogConfig { format, level }
    }

    fn http(&mut self) -> HttpConfig {
        let url = self.text("http.public_url");
        let public_url = (!url.is_empty()).then(|| url.trim_end_matches('/').to_owned());
        if public_url
            .as_deref()
            .is_some_and(|url| !is_web_address(url))
        {
            let (zh_tw, en) = (
                "必須以 http:// 或 https:// 開頭",
                "must begin with http:// or https://",
            );
            self.fault("http.public_url", zh_tw, en);
        }
        HttpConfig {
            trusted_proxies: self.networks("http.trusted_proxies"),
            public_url,
            workers: self.number("http.workers", 0, 256),
            csv_bom: self.flag("http.csv_bom"),
            board_addresses: self.networks("http.board_addresses"),
            connections_max: self.number("http.connections_max", 16, 1_000_000),
            connections_per_address_max: self.number(
                "http.connections_per_address_max",
                1,
                1_000_000,
            ),
            bodies_mb_max: self.number("http.bodies_mb_max", 2, 65_536),
            head_timeout_s: self.number("http.head_timeout_s", 1, 3_600),
            body_timeout_s: self.number("http.body_timeout_s", 1, 3_600),
            answer_timeout_s: self.number("http.answer_timeout_s", 1, 3_600),
            idle_timeout_s: self.number("http.idle_timeout_s", 1, 3_600),
            key_requests_per_second: self.number("http.key_requests_per_second", 0, 1_000_000),
            tls: self.tls(),
        }
    }

    /// Both files or neither.
    fn tls(&mut self) -> Option<(PathBuf, PathBuf)> {
        let (certificate, key) = (self.text("http.tls_certificate"), self.text("http.tls_key"));
        if certificate.is_empty() != key.is_empty() {
            let missing = if key.is_empty() {
                "http.tls_key"
            } else {
                "http.tls_certificate"
            };
            let (zh_tw, en) = (
                "tls_certificate 與 tls_key 必須同時設定",
                "tls_certificate and tls_key go together",
            );
            self.fault(missing, zh_tw, en);
        }
        (!certificate.is_empty() && !key.is_empty())
            .then(|| (PathBuf::from(certificate), PathBuf::from(key)))
    }

    fn time_zone(&mut self) -> jiff::tz::TimeZone {
        let name = self.text("board.time_zone");
        jiff::tz::TimeZone::get(&name).unwrap_or_else(|_| {
            let (zh_tw, en) = (
                "必須是時區名稱，例如 Asia/Taipei",
                "must be a time zone such as Asia/Taipei",
            );
            self.fault("board.time_zone", zh_tw, en);
            jiff::tz::TimeZone::UTC
        })
    }

    /// The default folder, if it exists. One that this user may not read (the command may have been run from anywhere) is
    /// skipped with a warning.
    fn default_folder(&mut self, dir: &str) -> Option<PathBuf> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let dir = PathBuf::from(dir);
        match std::fs::read_dir(&dir) {
            Ok(_) => Some(dir),
            Err(error) => {
                let warning = format!(
                    "{}: 無法讀取，不使用 / it cannot be read, and is not used: {error}",
                    dir.display()
                );
                let is_there = !matches!(error.kind(), NotFound | NotADirectory);
                if is_there && !self.warnings.contains(&warning) {
                    self.warnings.push(warning);
                }
                None
            }
        }
    }

    /// A configured folder, which must exist; or the default folder, which may.
    fn folder(&mut self, key: &'static str, usual: &str) -> Option<PathBuf> {
        match self.value(key) {
            None => self.default_folder(usual),
            Some(value) => {
                let dir = PathBuf::from(shown(value));
                if !dir.is_dir() {
                    self.fault(key, "必須是已存在的資料夾", "must be a folder that exists");
                }
                Some(dir)
            }
        }
    }

    /// Several texts, as a TOML list or as one text separated by commas.
    fn texts(&mut self, key: &'static str) -> Vec<String> {
        match self.value(key) {
            Some(Value::Array(items)) => items.iter().map(shown).collect(),
            Some(value) => shown(value)
                .split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect(),
            None => Vec::new(),
        }
    }

    fn networks(&mut self, key: &'static str) -> Vec<IpNet> {
        let raw = self.texts(key);
        let network = |text: &String| {
            text.parse()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        };
        let parsed: Result<Vec<_>, _> = raw.iter().map(network).collect();
        parsed.unwrap_or_else(|_| {
            let (zh_tw, en) = (
                "必須是 IP 位址或網段，多個以逗號分隔",
                "must be IP addresses or networks, separated by commas",
            );
            self.fault(key, zh_tw, en);
            Vec::new()
        })
    }

    fn hosts(&mut self, key: &'static str) -> Vec<String> {
        let raw = self.texts(key);
        let is_named = |host: &String| {
            let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            !host.is_empty() && host.chars().all(part)
        };
        let is_host = |host: &String| is_named(host) || host.parse::<IpAddr>().is_ok();
        if !raw.iter().all(is_host) {
            let (zh_tw, en) = (
                "必須是主機名稱或 IP 位址，不含連接埠，多個以逗號分隔",
                "must be host names or IP addresses without ports, separated by commas",
            );
            self.fault(key, zh_tw, en);
        }
        raw
    }

    fn number<T: TryFrom<i128> + Default>(&mut self, key: &'static str, min: i128, max: i128) -> T {
        let value = self.value(key);
        let found = value.and_then(|value| shown(value).trim().parse::<i128>().ok());
        let fits = found.filter(|found| (min..=max).contains(found));
        fits.and_then(|found| T::try_from(found).ok())
            .unwrap_or_else(|| {
                let zh_tw = format!("必須是 {min} 到 {max}");
                self.fault(key, &zh_tw, &format!("must be {min} to {max}"));
                T::default()
            })
    }

    fn flag(&mut self, key: &'static str) -> bool {
        match self.text(key).as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.fault(key, "必須是 true 或 false", "must be true or false");
                false
            }
        }
    }

    fn text(&self, key: &'static str) -> String {
        self.value(key).map(shown).unwrap_or_default()
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    fn fault(&mut self, key: &'static str, zh_tw: &str, en: &str) {
        let found = self.text(key);
        self.faults.push(SettingFault {
            key: key.to_owned(),
            place: self.place_of(key),
            zh_tw: zh_tw.to_owned(),
            en: format!("{en}, found {found:?}"),
        });
    }

    fn fault_of_file(&mut self, path: &Path, zh_tw: &str, en: &str) {
        self.faults.push(SettingFault {
            key: SETTINGS_FILE.to_owned(),
            place: path.display().to_string(),
            zh_tw: zh_tw.to_owned(),
            en: en.to_owned(),
        });
    }

    fn place_of(&self, key: &str) -> String {
        let given = self.given.iter().find(|(given, _)| *given == key);
        match (given, &self.file) {
            (Some((_, place)), _) => place.clone(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => SETTINGS_FILE.to_owned(),
        }
    }
}

impl Flags {
    fn given(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let all = [
            ("listen", self.listen.clone()),
            ("data", path(&self.data)),
            ("config", path(&self.config)),
            ("wordlists", path(&self.wordlists)),
        ];
        all.into_iter()
            .filter_map(|(key, value)| value.map(|value| (key, value)))
            .collect()
    }
}

/// The variable of a setting, in lower case and without the prefix.
fn variable_of(key: &str) -> String {
    key.replace('.', "_")
}

fn unknown_variable(name: &str) -> String {
    let name = format!("{PREFIX}{}", name.to_uppercase());
    format!("{name}: 沒有這個設定，已忽略 / there is no such setting, ignored")
}

/// Whether all directives are levels, or targets with a level. `EnvFilter` would take a bare word that is not a level for a
/// target, and log nothing else: `banana` would silence the service.
fn is_log_filter(text: &str) -> bool {
    let bare_is_level = |directive: &str| {
        directive.contains(['=', '[']) || directive.parse::<LevelFilter>().is_ok()
    };
    text.split(',').map(str::trim).all(bare_is_level) && text.parse::<EnvFilter>().is_ok()
}

fn is_web_address(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// The dotted names of everything that a file sets.
fn keys_of(table: &toml::Table, under: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (name, value) in table {
        let key = format!("{under}{name}");
        match value {
            toml::Value::Table(inner) if !KEYS.contains(&key.as_str()) => {
                keys.extend(keys_of(inner, &format!("{key}.")));
            }
            _ => {
                keys.insert(key);
            }
        }
    }
    keys
}

/// The value of a dotted name in a table.
fn value_at<'a>(table: &'a toml::Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((first, rest)) => value_at(table.get(first)?.as_table()?, rest),
    }
}

/// A value as a person would write it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Table(_) => "{…}".to_owned(),
        Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Datetime(_) => {
            value.to_string()
        }
    }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.get(..byte).unwrap_or(text).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(variables: &[(&str, &str)], flags: Flags) -> Result<Config, Vec<String>> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::from_sources(&flags, variables)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    fn in_folder(file: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(SETTINGS_FILE), file).unwrap();
        let flags = Flags {
            config: Some(dir.path().to_owned()),
            ..Flags::default()
        };
        let result = read(variables, flags);
        result.map_err(|faults| {
            let place = dir.path().display().to_string();
            faults
                .iter()
                .map(|fault| fault.replace(&place, "CONFIG"))
                .collect()
        })
    }

    #[test]
    fn webhook_hosts_must_be_host_names() {
        let hosts = |raw: &str| {
            let config = in_folder("", &[("webhooks_allow_hosts", raw)]);
            config.map(|config| config.webhooks_allow_hosts)
        };
        assert_eq!(
            hosts("board.internal, 10.0.0.8,::1"),
            Ok(["board.internal", "10.0.0.8", "::1"]
                .map(str::to_owned)
                .to_vec())
        );
        for wrong in [
            r#"["board.internal"]"#,
            "http://board.internal",
            "board.internal:80",
        ] {
            let faults = hosts(wrong).unwrap_err();
            assert_eq!(faults.len(), 1);
            assert!(faults[0].contains("webhooks.allow_hosts"), "{faults:?}");
        }
    }

    #[test]
    fn the_shipped_settings_are_valid_and_name_every_key() {
        let config = in_folder(SHIPPED, &[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        let shipped = keys_of(&toml::from_str(SHIPPED).unwrap(), "");
        for key in KEYS {
            assert!(
                shipped.contains(key) || ["config", "wordlists"].contains(&key),
                "{key}"
            );
        }
    }

    #[test]
    fn flags_override_variables_and_variables_override_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[review]\nclaim_minutes = 3\nundo_minutes = 4\n";
        let config = in_folder(file, &[("review_claim_minutes", "7")]).unwrap();
        assert_eq!(
            (config.review.claim_minutes, config.review.undo_minutes),
            (7, 4)
        );
        let flags = Flags {
            listen: Some("127.0.0.1:3".to_owned()),
            ..Flags::default()
        };
        let config = read(&[("listen", "127.0.0.1:2")], flags).unwrap();
        assert_eq!(config.listen.port(), 3);
    }

    #[test]
    fn an_invalid_setting_is_reported_in_one_line_with_its_name() {
        assert_eq!(
            in_folder("", &[("review_claim_minutes", "abc")]).unwrap_err(),
            [
                "review.claim_minutes (BANZHU_REVIEW_CLAIM_MINUTES): 必須是 1 到 1440 / must be 1 to 1440, found \"abc\""
            ]
        );
        assert_eq!(
            in_folder(
                "[answers]\nkeep_hours = 23\n[reviw]\nclaim_minutes = 1\n",
                &[]
            )
            .unwrap_err(),
            [
                "reviw.claim_minutes (CONFIG/default.toml): 沒有這個設定 / there is no such setting",
                "answers.keep_hours (CONFIG/default.toml): 必須是 24 到 8760 / must be 24 to 8760, found \"23\"",
            ]
        );
        let faults = in_folder("listen = \n", &[]).unwrap_err();
        assert!(
            faults[0].starts_with("default.toml (CONFIG/default.toml): 第 1 行"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_log_level_must_not_be_a_bare_target() {
        let with_level = |level: &str| in_folder("", &[("log_level", level)]);
        for right in [
            "info",
            "WARN",
            "off",
            "warn,banzhu=debug",
            "banzhu::desk=trace",
        ] {
            assert_eq!(with_level(right).unwrap().log.level, right);
        }
        for wrong in [
            "banana",
            "info,banana",
            "banzhu",
            "banzhu=banana",
            "5 o'clock",
        ] {
            let faults = with_level(wrong).unwrap_err();
            assert!(
                faults[0].starts_with("log.level (BANZHU_LOG_LEVEL): "),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn a_folder_name_must_be_nonempty_utf8() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
        let faults = in_folder("", &[("data", "")]).unwrap_err();
        assert_eq!(
            faults,
            ["data (BANZHU_DATA): 必須是資料夾 / must be a folder, found \"\""]
        );
        let flags = Flags {
            data: Some(PathBuf::from(OsStr::from_bytes(b"data\xff"))),
            ..Flags::default()
        };
        let faults = read(&[], flags).unwrap_err();
        assert!(faults[0].starts_with("data (--data): "), "{faults:?}");
    }

    #[test]
    fn an_unknown_variable_gives_a_warning_except_the_clients_key() {
        let config = in_folder("", &[("kye", "1"), ("key", "bz_1")]).unwrap();
        assert_eq!(config.warnings.len(), 1);
        assert!(config.warnings[0].starts_with("BANZHU_KYE: "));
    }

    #[test]
    fn certificate_and_key_must_be_set_together() {
        let tls = |variables: &[_]| in_folder("", variables).map(|config| config.http.tls);
        assert_eq!(tls(&[]), Ok(None));
        let both = [("http_tls_certificate", "c.pem"), ("http_tls_key", "k.pem")];
        assert_eq!(tls(&both), Ok(Some(("c.pem".into(), "k.pem".into()))));
        let faults = tls(&both[..1]).unwrap_err();
        assert!(faults[0].starts_with("http.tls_key ("), "{faults:?}");
    }

    #[test]
    fn lists_are_read_from_files_and_variables() {
        let file = "[http]\ntrusted_proxies = [\"10.0.0.5\", \"::1\"]\n";
        assert_eq!(in_folder(file, &[]).unwrap().http.trusted_proxies.len(), 2);
        let config = in_folder("", &[("http_trusted_proxies", "10.0.0.5, ::1")]).unwrap();
        assert_eq!(config.http.trusted_proxies.len(), 2);
    }
}
