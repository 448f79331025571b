//! A board's service, driven from outside alone, by HTTP and by commands, so that any version's binary will do. `faketime` moves
//! the clock of a start: a year can pass between two of them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// How long something in the background may take.
const WAIT_MAX: Duration = Duration::from_secs(180);
/// A port on which nobody listens: what is sent there does not arrive.
pub const NOBODY: &str = "http://127.0.0.1:9/hook";

/// A running service.
pub struct Service {
    child: Child,
    pub url: String,
    /// What it printed before it listened.
    lines: Vec<String>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                let url = url.to_owned();
                return Self { child, url, lines };
            }
            lines.push(line);
        }
        panic!("the service did not start: {:?}", child.wait());
    }

    /// Sends a signal by its name.
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub fn stop(mut self) {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Lists of a few words: what is kept matters here, not what is found. These are flagged, 幹你娘 is removed.
const INSULTS: [&str; 2] = ["白痴", "豬頭"];
const PROFANITY: &str = "幹你娘\t4\t\t\t\t\t\t\town knowledge\n";
const TERMS: &str = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";

/// Somebody who calls.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pub board: String,
    pub readers: String,
    pub admin: String,
    pub amy: String,
    pub ben: String,
}

/// A folder, a binary that works on it, and the day on which it does.
pub struct Board {
    binary: PathBuf,
    /// What `faketime` puts between a program and the clock.
    preloaded: String,
    dir: tempfile::TempDir,
    days_ago: u32,
    settings: &'static [(&'static str, &'static str)],
    service: Option<Service>,
    client: Client,
    pub secrets: Secrets,
}

impl Board {
    /// An empty folder; none where `faketime` is not there.
    pub fn new(binary: &Path) -> Option<Self> {
        let asked = Command::new("faketime")
            .args(["-f", "-1d", "printenv", "LD_PRELOAD"])
            .output()
            .ok()?;
        let preloaded = String::from_utf8(asked.stdout).unwrap().trim().to_owned();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        banzhu::notify::choose_tls();
        let board = Self {
            binary: binary.to_owned(),
            preloaded,
            dir,
            days_ago: 0,
            settings: &[],
            service: None,
            client: Client::new(),
            secrets: Secrets::default(),
        };
        board.write_lists(&[]);
        Some(board)
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the lists, with more insults in them, and switches off all others that ship.
    pub fn write_lists(&self, more: &[String]) {
        let mut insults: Vec<String> = INSULTS
            .into_iter()
            .chain(more.iter().map(String::as_str))
            .map(|term| format!("{term}\t3\t\t\t\t\t\t\town knowledge\n"))
            .collect();
        insults.sort();
        let insults = insults.concat();
        let (lists, config) = (self.path().join("wordlists"), self.path().join("config"));
        fs::create_dir_all(&lists).unwrap();
        fs::create_dir_all(&config).unwrap();
        fs::write(lists.join("insult.tsv"), format!("{TERMS}{insults}")).unwrap();
        fs::write(lists.join("profanity.tsv"), format!("{TERMS}{PROFANITY}")).unwrap();
        let tags = "tag\tmatch\tnote\tsource\n頭香\twhole\t\town knowledge\n";
        fs::write(lists.join("meaningless_tags.tsv"), tags).unwrap();
        let names = "name\tmatch\tnote\tsource\n版主\tanywhere\t\town knowledge\n";
        fs::write(lists.join("impersonation.tsv"), names).unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists");
        let shipped = fs::read_dir(shipped).unwrap();
        let mut off: Vec<_> = shipped
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".tsv") && !lists.join(name).exists())
            .collect();
        off.sort();
        // What the weights in the binary say of these texts changes with each fit of them.
        let score = "[codes.likely-abuse]\nenforce = false\n[codes.likely-scam]\nenforce = false\n";
        let rules = format!("disabled = {off:?}\n{score}");
        fs::write(config.join("rules.toml"), rules).unwrap();
    }

    fn banzhu(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(self.path())
            .env("LD_PRELOAD", &self.preloaded)
            .env("FAKETIME", format!("-{}d", self.days_ago))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1")
            .env("BANZHU_DATA", "data")
            .env("BANZHU_LISTEN", "127.0.0.1:0")
            .env("BANZHU_LOG_LEVEL", "off")
            .env("BANZHU_WATCH", "false")
            .env("BANZHU_RETENTION_PURGE", "false")
            .env("BANZHU_REVIEW_SAMPLE_RULINGS_PERMILLE", "0")
            .env("BANZHU_REVIEW_SAMPLE_REMOVALS_PERMILLE", "0")
            .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
            .env("BANZHU_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1")
            .envs(self.settings.iter().copied());
        command
    }

    /// Starts as on that day, with settings of its own.
    pub fn start(&mut self, days_ago: u32, settings: &'static [(&'static str, &'static str)]) {
        (self.days_ago, self.settings) = (days_ago, settings);
        let mut command = self.banzhu();
        command.arg("serve");
        self.service = Some(Service::started(command));
    }

    pub fn stop(&mut self) {
        self.service.take().unwrap().stop();
    }

    pub fn kill(&mut self) {
        self.service.take().unwrap().kill();
    }

    /// Has lists and rules read again.
    pub fn hang_up(&self) {
        self.service.as_ref().unwrap().signal("-HUP");
    }

    /// What the first start printed about this: `key`, `admin`.
    pub fn printed(&self, what: &str) -> String {
        let lines = &self.service.as_ref().unwrap().lines;
        let mut found = lines.iter().filter_map(|line| line.strip_prefix(what));
        found.next().unwrap().trim().to_owned()
    }

    /// Runs a command, which must succeed, and gives what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.banzhu().args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{arguments:?}: {stderr}");
        String::from_utf8(stdout).unwrap().trim().to_owned()
    }

    fn url(&self) -> &str {
        &self.service.as_ref().unwrap().url
    }

    /// A request by somebody; headers beside those that every request has.
    pub async fn request(
        &self,
        by: &str,
        call: (&str, &str),
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Response {
        let method: Method = call.0.parse().unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{}", self.url(), call.1));
        if !by.is_empty() {
            request = request.bearer_auth(by);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// The same, which must succeed.
    pub async fn send(&self, by: &str, method: &str, path: &str, body: Value) -> Value {
        let response = self.request(by, (method, path), &body, &[]).await;
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(&self.secrets.admin, "GET", path, Value::Null)
            .await
    }

    /// Signs in and gives the cookie.
    pub async fn sign_in(&self, name: &str, password: &str) -> String {
        let body = json!({"name": name, "password": password});
        let response = self.request("", ("POST", "/v1/session"), &body, &[]).await;
        assert_eq!(response.status(), 200, "{name}");
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Does something by a cookie, as a page would.
    pub async fn by_cookie(&self, cookie: &str, call: (&str, &str), body: Value) {
        let headers = [("cookie", cookie), ("origin", self.url())];
        let response = self.request("", call, &body, &headers).await;
        assert!(response.status().is_success(), "{call:?}: {response:?}");
    }

    /// How many entries of the audit tell of this: an action, or further filters behind it.
    async fn audited(&self, action: &str) -> usize {
        let path = format!("/v1/audit?limit=200&action={action}");
        let page = self.get(&path).await;
        page["items"].as_array().unwrap().len()
    }

    /// Waits until the background has done what the audit tells of.
    pub async fn until_audited(&self, action: &str, times: usize) {
        let begun = Instant::now();
        while self.audited(action).await < times {
            assert!(begun.elapsed() < WAIT_MAX, "no {action}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until nothing more comes of what one ruling changes for many.
    pub async fn until_quiet(&self) {
        let mut after = "0".to_owned();
        loop {
            tokio::time::sleep(Duration::from_millis(1_200)).await;
            let path = format!("/v1/changes?limit=200&after={after}");
            let board = &self.secrets.board;
            let news = self.send(board, "GET", &path, Value::Null).await;
            if news["items"].as_array().unwrap().is_empty() {
                return;
            }
            after = news["next_after"].as_str().unwrap().to_owned();
        }
    }
}
