//! The command line, as people and scripts use it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn banzhu(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command
        .current_dir(dir)
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .env("BANZHU_LOG_LEVEL", "warn");
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    banzhu(dir).args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A running service, ended with the test.
struct Service {
    child: Child,
    lines: Vec<String>,
}

impl Service {
    fn start(dir: &Path, arguments: &[&str]) -> Self {
        let mut command = banzhu(dir);
        command.args(arguments).stderr(Stdio::null());
        Self::started(command)
    }

    fn started(mut command: Command) -> Self {
        let mut child = command
            .args(["--listen", ":0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().unwrap().starts_with("docs ") {
                break;
            }
        }
        Self { child, lines }
    }

    /// The service, with all that it logs in a file.
    fn start_logged(dir: &Path, log: &Path) -> Self {
        let mut command = banzhu(dir);
        command
            .arg("serve")
            .env("BANZHU_LOG_LEVEL", "info")
            .stderr(fs::File::create(log).unwrap());
        Self::started(command)
    }

    fn value(&self, name: &str) -> Option<String> {
        self.lines
            .iter()
            .find_map(|line| line.strip_prefix(&format!("{name} ")))
            .map(str::to_owned)
    }

    fn url(&self) -> String {
        self.value("listening on").unwrap()
    }

    fn stop(mut self) {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn get(url: &str, secret: &str, path: &str) -> (u16, serde_json::Value) {
    let response = client()
        .get(format!("{url}{path}"))
        .bearer_auth(secret)
        .send()
        .await
        .unwrap();
    (
        response.status().as_u16(),
        response.json().await.unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_first_start_makes_an_admin_and_a_key_and_a_second_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let first = Service::start(dir.path(), &["serve"]);
    let kinds: Vec<_> = first
        .lines
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        ["admin", "key", "curl", "listening", "console", "docs"]
    );
    let (url, key) = (first.url(), first.value("key").unwrap());
    assert!(first.value("curl").unwrap().contains(&key));
    assert_eq!(get(&url, &key, "/v1/codes").await.0, 200);
    assert_eq!(get(&url, &key, "/v1/cases").await.0, 403);
    assert!(dir.path().join("data/rulebook/counter").is_file());
    first.stop();
    let second = Service::start(dir.path(), &["serve"]);
    let kinds: Vec<_> = second
        .lines
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["listening", "console", "docs"]);
    assert_eq!(get(&second.url(), &key, "/v1/codes").await.0, 200);
    second.stop();
    assert_eq!(run(dir.path(), &["verify"]).status.code(), Some(0));
}

#[tokio::test]
async fn keys_and_users_are_kept_with_and_without_a_running_service() {
    let dir = tempfile::tempdir().unwrap();
    let fresh = out(&run(dir.path(), &["init"]));
    assert!(fresh.starts_with("admin admin ") && fresh.contains("\nkey bz_"));
    let named = ["key", "new", "--scopes", "read,moderate", "--name", "mine"];
    let made = run(dir.path(), &named);
    let key = out(&made).trim().to_owned();
    assert!(
        made.status.success() && key.starts_with("bz_") && out(&made).lines().count() == 1,
        "{}",
        err(&made)
    );
    let service = Service::start(dir.path(), &["serve"]);
    assert_eq!(service.value("key"), None, "a key exists already");
    let url = service.url();
    assert_eq!(get(&url, &key, "/v1/cases").await.0, 200);
    let added = run(dir.path(), &["user", "add", "amy", "--role", "moderator"]);
    assert!(
        added.status.success() && out(&added).trim().len() >= 20,
        "{}",
        err(&added)
    );
    let token = out(&run(dir.path(), &["user", "token", "amy"]))
        .trim()
        .to_owned();
    assert_eq!(get(&url, &token, "/v1/audit").await.0, 200);
    let taken = run(dir.path(), &["user", "add", "amy", "--role", "viewer"]);
    assert_eq!(
        (
            taken.status.code(),
            err(&taken).contains("the name is taken")
        ),
        (Some(1), true)
    );
    assert!(out(&run(dir.path(), &["user", "list"])).contains("amy\tmoderator\tactive"));
    assert!(
        run(dir.path(), &["user", "disable", "amy"])
            .status
            .success()
    );
    assert_eq!(get(&url, &token, "/v1/audit").await.0, 401);
    assert!(out(&run(dir.path(), &["key", "list"])).contains("read,moderate\tlive"));
    assert!(run(dir.path(), &["key", "revoke", "mine"]).status.success());
    assert_eq!(get(&url, &key, "/v1/cases").await.0, 401);
    let verify = run(dir.path(), &["verify"]);
    assert_eq!(
        verify.status.code(),
        Some(2),
        "the service runs: {}",
        err(&verify)
    );
    service.stop();
    let mut child = banzhu(dir.path())
        .args(["user", "password", "amy", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"a password of my own\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    let bad = run(dir.path(), &["key", "new", "--scopes", "everything"]);
    assert_eq!(
        (bad.status.code(), err(&bad).contains("scopes/0")),
        (Some(1), true)
    );
}

#[test]
fn a_wrong_setting_is_one_line_and_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = banzhu(dir.path())
        .arg("check")
        .env("BANZHU_REVIEW_CLAIM_MINUTES", "abc")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        err(&wrong).starts_with("review.claim_minutes (BANZHU_REVIEW_CLAIM_MINUTES): "),
        "{}",
        err(&wrong)
    );
    assert_eq!(err(&wrong).lines().count(), 1);
    let unknown = banzhu(dir.path())
        .arg("check")
        .env("BANZHU_NONSENSE", "1")
        .output()
        .unwrap();
    assert_eq!(unknown.status.code(), Some(0));
    assert!(err(&unknown).contains("BANZHU_NONSENSE"));
    let listen = run(dir.path(), &["serve", "--listen", "nowhere"]);
    assert_eq!(
        (
            listen.status.code(),
            err(&listen).starts_with("listen (--listen): ")
        ),
        (Some(2), true)
    );
    assert!(!dir.path().join("data").exists(), "nothing was made");
}

fn shipped_lists(to: &Path) -> PathBuf {
    let lists = to.join("wordlists");
    fs::create_dir(&lists).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), lists.join(entry.file_name())).unwrap();
        }
    }
    lists
}

#[test]
fn check_tells_every_fault_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let lists = shipped_lists(dir.path());
    let clean = run(dir.path(), &["check"]);
    assert_eq!(clean.status.code(), Some(0), "{}", err(&clean));
    let told = format!("{}{}", out(&clean), err(&clean));
    assert!(!told.contains("warning:"), "what ships is silent: {told}");
    let header = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
    let faulty = format!(
        "{header}一\t9\t\t\t\t\t\t\town knowledge\n二二\t3\tbdy\t\t\t\t\t\town knowledge\n"
    );
    fs::write(lists.join("slur.tsv"), faulty).unwrap();
    fs::create_dir(dir.path().join("config")).unwrap();
    fs::write(
        dir.path().join("config/rules.toml"),
        "[codes.nonsense]\nenforce = true\n",
    )
    .unwrap();
    let told = run(dir.path(), &["check"]);
    assert_eq!(told.status.code(), Some(1));
    for place in ["slur.tsv:2: ", "slur.tsv:3: ", "rules.toml:1: "] {
        assert!(
            err(&told).lines().any(|line| line.starts_with(place)),
            "{place} in {}",
            err(&told)
        );
    }
    let refused = run(dir.path(), &["serve", "--listen", ":0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("slur.tsv:2: "));
    assert!(
        !dir.path().join("data").exists(),
        "a first start with faulty lists makes nothing"
    );
}

#[tokio::test]
async fn changed_lists_are_picked_up_and_faulty_ones_keep_the_last_good() {
    let dir = tempfile::tempdir().unwrap();
    let lists = shipped_lists(dir.path());
    let service = Service::start(dir.path(), &["serve"]);
    let key = out(&run(dir.path(), &["key", "new", "--scopes", "read"]))
        .trim()
        .to_owned();
    let url = service.url();
    let version = async || get(&url, &key, "/v1/rulebook").await.1;
    let first = version().await["version"].as_str().unwrap().to_owned();
    let until = async |wanted: &dyn Fn(&serde_json::Value) -> bool| {
        let begun = Instant::now();
        loop {
            let now = version().await;
            if wanted(&now) {
                return now;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "never came: {now}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let path = lists.join("exceptions.tsv");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        format!("{good}\u{10FFFD}好詞\tadded\town knowledge\n"),
    )
    .unwrap();
    let second = until(&|now| now["version"] != first.as_str()).await;
    assert!(
        second["version"].as_str().unwrap().starts_with("r-2-"),
        "{second}"
    );
    fs::write(&path, format!("{good}broken\n")).unwrap();
    let refused = until(&|now| {
        now["faults"]
            .as_array()
            .is_some_and(|faults| !faults.is_empty())
    })
    .await;
    assert_eq!(
        (&refused["version"], &refused["faults"][0]["file"]),
        (&second["version"], &"exceptions.tsv".into())
    );
    service.stop();
    let again = Service::start(dir.path(), &["serve"]);
    let kept = get(&again.url(), &key, "/v1/rulebook").await.1;
    assert_eq!(
        (
            &kept["version"],
            kept["faults"].as_array().unwrap().is_empty()
        ),
        (&second["version"], false),
        "the last good one was kept"
    );
    fs::write(&path, good).unwrap();
    Command::new("kill")
        .args(["-HUP", &again.child.id().to_string()])
        .status()
        .unwrap();
    let url = again.url();
    let begun = Instant::now();
    while !get(&url, &key, "/v1/rulebook").await.1["faults"]
        .as_array()
        .unwrap()
        .is_empty()
    {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    again.stop();
}

#[test]
fn try_explains_on_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let told = out(&run(dir.path(), &["try", "說真的,幹 你 娘"]));
    assert!(told.starts_with("判定 / verdict: remove\n"), "{told}");
    assert!(
        told.contains("「幹 你 娘」= 幹你娘 (profanity, 4) [separators] 命中 / hit"),
        "{told}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&out(&run(dir.path(), &["try", "--json", "早安"]))).unwrap();
    assert_eq!(json["verdict"], "allow");
}

/// Lists of a few words, quickly compiled: for tests that start the service many times.
fn short_lists(to: &Path) {
    let lists = to.join("wordlists");
    fs::create_dir(&lists).unwrap();
    let terms = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
    let insult = format!("{terms}白痴\t3\t\t\t\t\t\t\town knowledge\n");
    fs::write(lists.join("insult.tsv"), insult).unwrap();
    let tags = "tag\tmatch\tnote\tsource\n頭香\twhole\t\town knowledge\n";
    fs::write(lists.join("meaningless_tags.tsv"), tags).unwrap();
    without_other_lists(to);
}

/// Switches all lists off that are not there.
fn without_other_lists(dir: &Path) {
    let shipped = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("wordlists")).unwrap();
    let names = shipped.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| name.ends_with(".tsv"));
    let off: Vec<String> = names
        .filter(|name| !dir.join("wordlists").join(name).exists())
        .collect();
    fs::create_dir(dir.join("config")).unwrap();
    let rules = format!("disabled = {off:?}\n");
    fs::write(dir.join("config/rules.toml"), rules).unwrap();
}

/// A stopped service's folder with some comments, in `dir`.
async fn stopped_folder(dir: &Path) -> PathBuf {
    short_lists(dir);
    let service = Service::start(dir, &["serve"]);
    let (url, key) = (service.url(), service.value("key").unwrap());
    for number in 0..30 {
        let body = if number % 5 == 0 {
            "你這個白痴"
        } else {
            "早安"
        };
        let comment = serde_json::json!({"comment_id": format!("c-{number}"), "body": format!("{body} {number}")});
        let response = client()
            .post(format!("{url}/v1/moderations"))
            .bearer_auth(&key)
            .json(&comment)
            .send();
        assert_eq!(response.await.unwrap().status(), 200);
    }
    service.stop();
    dir.join("data")
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    let at = at % bytes.len();
    bytes[at] ^= 0x41;
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_or_rolled_back_folder_is_named_and_not_served() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        run(dir.path(), &["verify"]).status.code(),
        Some(2),
        "there is nothing"
    );
    let data = stopped_folder(dir.path()).await;
    let earlier = dir.path().join("earlier");
    copied(&data, &earlier);
    let service = Service::start(dir.path(), &["serve"]);
    let made = run(dir.path(), &["key", "new", "--scopes", "read"]);
    assert!(made.status.success(), "{}", err(&made));
    service.stop();
    let database = |data: &Path| data.join("db/db");
    let length = usize::try_from(fs::metadata(database(&data)).unwrap().len()).unwrap();
    let cut = |data: &Path, length: usize| {
        let file = fs::OpenOptions::new().write(true).open(data.join("db/db"));
        file.unwrap().set_len(length as u64).unwrap();
    };
    let earlier_database = |data: &Path| {
        fs::remove_dir_all(data.join("db")).unwrap();
        copied(&earlier.join("db"), &data.join("db"));
    };
    let compact = |data: &Path| {
        let path = data.to_str().unwrap();
        let compacted = run(dir.path(), &["compact", "--data", path]);
        assert!(compacted.status.success(), "{}", err(&compacted));
        assert!(data.join("db-1/db").exists() && !data.join("db").exists());
    };
    type Damage<'a> = Box<dyn Fn(&Path) + 'a>;
    let mut damages: Vec<(String, Damage<'_>)> = vec![
        (
            "cut in half".to_owned(),
            Box::new(|data| cut(data, length / 2)),
        ),
        (
            "one byte short".to_owned(),
            Box::new(|data| cut(data, length - 1)),
        ),
        ("emptied".to_owned(), Box::new(|data| cut(data, 0))),
        (
            "no database".to_owned(),
            Box::new(|data| fs::remove_dir_all(data.join("db")).unwrap()),
        ),
        (
            "no mark".to_owned(),
            Box::new(|data| fs::remove_file(data.join("mark")).unwrap()),
        ),
        (
            "no database, no mark".to_owned(),
            Box::new(|data| {
                fs::remove_dir_all(data.join("db")).unwrap();
                fs::remove_file(data.join("mark")).unwrap();
            }),
        ),
        (
            "another mark".to_owned(),
            Box::new(|data| flip(&data.join("mark"), 1)),
        ),
        ("rolled back".to_owned(), Box::new(earlier_database)),
        (
            "compacted, no mark".to_owned(),
            Box::new(|data| {
                compact(data);
                fs::remove_file(data.join("mark")).unwrap();
            }),
        ),
        (
            "compacted, the mark of before".to_owned(),
            Box::new(|data| {
                let before = fs::read(data.join("mark")).unwrap();
                compact(data);
                fs::write(data.join("mark"), before).unwrap();
            }),
        ),
    ];
    for part in 0..12 {
        let at = length / 12 * part + 5;
        let flipped: Damage<'_> = Box::new(move |data| flip(&database(data), at));
        damages.push((format!("a byte at {at}"), flipped));
    }
    for (number, (name, damage)) in damages.into_iter().enumerate() {
        // A start takes a while; that it looks at every byte is seen by a few of them.
        let commands = match number {
            ..13 => vec![&["verify"][..], &["serve", "--listen", ":0"]],
            _ => vec![&["verify"][..]],
        };
        for command in commands {
            let copy = dir.path().join("copy");
            let _ = fs::remove_dir_all(&copy);
            copied(&data, &copy);
            damage(&copy);
            let told = banzhu(dir.path())
                .args(command)
                .args(["--data", "copy"])
                .output()
                .unwrap();
            assert_eq!(
                told.status.code(),
                Some(if command[0] == "serve" { 4 } else { 1 }),
                "{name}: {command:?} {}{}",
                out(&told),
                err(&told)
            );
            assert!(
                out(&told).contains("findings") || err(&told).contains("is not served"),
                "{name}: {}{}",
                out(&told),
                err(&told)
            );
        }
    }
    assert_eq!(
        run(dir.path(), &["verify"]).status.code(),
        Some(0),
        "the folder itself is sound"
    );
    Service::start(dir.path(), &["serve"]).stop();
}

#[tokio::test]
async fn what_a_start_cannot_open_stays_as_it_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let data = stopped_folder(dir.path()).await;
    let mut service = Service::start(dir.path(), &["serve"]);
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    let database = data.join("db/db");
    fs::OpenOptions::new()
        .write(true)
        .open(&database)
        .unwrap()
        .set_len(700)
        .unwrap();
    let found = fs::read(&database).unwrap();
    for _ in 0..2 {
        // Again and again, as a supervisor would: it is a copy that is opened.
        let refused = run(dir.path(), &["serve", "--listen", ":0"]);
        assert_eq!(refused.status.code(), Some(4), "{}", err(&refused));
        assert_eq!(fs::read(&database).unwrap(), found);
        assert!(!data.join("db-1").exists());
    }
}

#[tokio::test]
async fn commands_about_keys_leave_the_last_good_rulebook_alone() {
    let dir = tempfile::tempdir().unwrap();
    let lists = shipped_lists(dir.path());
    let path = lists.join("exceptions.tsv");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        format!("{good}\u{10FFFD}好詞\tadded\town knowledge\n"),
    )
    .unwrap();
    Service::start(dir.path(), &["serve"]).stop();
    let kept = || {
        let counter = fs::read_to_string(dir.path().join("data/rulebook/counter")).unwrap();
        (
            counter,
            fs::read_to_string(dir.path().join("data/rulebook/exceptions.tsv")).unwrap(),
        )
    };
    let before = kept();
    let elsewhere = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let made = banzhu(elsewhere.path())
        .args(["key", "new", "--scopes", "read", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", err(&made));
    assert_eq!(kept(), before);
    // Nor do faulty lists keep an admin from a new password.
    fs::write(&path, "broken\n").unwrap();
    let password = run(dir.path(), &["user", "password", "admin"]);
    assert_eq!(
        (password.status.code(), out(&password).trim().len()),
        (Some(0), 20),
        "{}",
        err(&password)
    );
    assert_eq!(kept(), before);
}

#[tokio::test]
async fn demo_fills_a_fresh_folder_and_refuses_another() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut command = banzhu(dir.path());
    command
        .arg("demo")
        .env("BANZHU_LOG_LEVEL", "debug")
        .stderr(fs::File::create(&log).unwrap());
    let service = Service::started(command);
    let curls: Vec<_> = service
        .lines
        .iter()
        .filter(|line| line.starts_with("curl -s '"))
        .collect();
    assert!(curls.len() >= 4, "{:?}", service.lines);
    let key = curls[0]
        .split("Bearer ")
        .nth(1)
        .unwrap()
        .trim_end_matches('\'')
        .to_owned();
    let queue = get(&service.url(), &key, "/v1/cases").await.1;
    assert!(queue["items"].as_array().unwrap().len() >= 4, "{queue}");
    assert_eq!(
        queue["items"][0]["code"], "self-harm",
        "somebody may need help: first"
    );
    let page: serde_json::Value =
        serde_json::from_str(include_str!("cases/udn_page.json")).unwrap();
    for comment in page["comments"].as_array().unwrap() {
        let id = comment["id"].as_str().unwrap();
        let now = get(&service.url(), &key, &format!("/v1/comments/{id}"))
            .await
            .1;
        let filter = &now["revisions"][0];
        assert_eq!(
            filter["verdict"], comment["expect"],
            "{id} {comment} {}",
            now["reasons"]
        );
        assert!(filter["posted_at"].is_string(), "{filter}");
        if let Some(expected) = comment["expect_tags"].as_array() {
            let tags = now["surfaces"]["tags"].as_array().unwrap().iter();
            let verdicts: Vec<_> = tags.map(|tag| tag["verdict"].clone()).collect();
            assert_eq!(verdicts, *expected, "{id}");
        }
    }
    let link = service.value("console").unwrap();
    // Not for whoever comes through a proxy; and once.
    let far = open(&link, Some("192.0.2.7")).await;
    assert_eq!(far, (303, "/console/sign-in".to_owned(), false));
    assert_eq!(open(&link, None).await, (303, "/console".to_owned(), true));
    assert_eq!(open(&link, None).await, far);
    service.stop();
    let secret = link.rsplit('/').next().unwrap();
    let logged = fs::read_to_string(&log).unwrap();
    assert!(!logged.is_empty() && !logged.contains(secret));
    assert_eq!(
        run(dir.path(), &["demo", "--listen", ":0"]).status.code(),
        Some(1)
    );
    assert_eq!(run(dir.path(), &["verify"]).status.code(), Some(0));
}

/// Opens a link: the status, where it leads, and whether it signs in.
async fn open(link: &str, forwarded: Option<&str>) -> (u16, String, bool) {
    banzhu::notify::choose_tls();
    let client = reqwest::Client::builder();
    let client = client.redirect(reqwest::redirect::Policy::none());
    let mut request = client.build().unwrap().get(link);
    if let Some(address) = forwarded {
        request = request.header("x-forwarded-for", address);
    }
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|it| it.to_str().unwrap());
    let signs_in = header("set-cookie").is_some_and(|set| set.starts_with("banzhu_session="));
    let to = header("location").unwrap_or("").to_owned();
    (response.status().as_u16(), to, signs_in)
}

/// A client; the TLS that it could speak is ours.
fn client() -> reqwest::Client {
    banzhu::notify::choose_tls();
    reqwest::Client::new()
}

#[test]
fn whoever_reads_no_more_ends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    for arguments in [
        &["init"][..],
        &["check"],
        &["try", "幹你娘"],
        &["user", "add", "ming", "--role", "admin"],
        &["user", "list"],
        &["key", "new", "--scopes", "read"],
        &["key", "list"],
        &["compact"],
        &["verify"],
    ] {
        let status = banzhu(dir.path())
            .args(arguments)
            .stdout(closed())
            .stderr(closed())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
    let wrong = ["verify", "--data", "no-such-folder"];
    let mut verify = banzhu(dir.path());
    let status = verify
        .args(wrong)
        .stdout(closed())
        .stderr(closed())
        .status();
    assert_eq!(status.unwrap().code(), Some(2));
}

#[test]
fn a_log_level_that_is_none_is_a_fault_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    let told = banzhu(dir.path())
        .arg("verify")
        .env("BANZHU_LOG_LEVEL", "banana")
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(2));
    assert!(err(&told).starts_with("log.level (BANZHU_LOG_LEVEL): "));
}

#[tokio::test]
async fn a_clock_that_jumped_is_told_and_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let data = stopped_folder(dir.path()).await;
    // To a folder that was last right 800 days ago, as to a backup of then, this clock is 800 days ahead.
    let last = fs::read_to_string(data.join("clock")).unwrap();
    let then = last.replacen("20", "19", 1);
    fs::write(data.join("clock"), &then).unwrap();
    let clock_of = async |service: &Service| {
        let ready = get(&service.url(), "", "/readyz").await;
        (
            ready.0,
            ready.1["checks"]["clock"].as_str().unwrap().to_owned(),
        )
    };
    let jumped = (200, "jumped".to_owned());
    for _ in 0..2 {
        let service = Service::start(dir.path(), &["serve"]);
        assert_eq!(clock_of(&service).await, jumped);
        let refused = run(dir.path(), &["compact"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            err(&refused).contains("banzhu clock accept"),
            "{}",
            err(&refused)
        );
        service.stop();
        assert_eq!(fs::read_to_string(data.join("clock")).unwrap(), then);
    }
    let service = Service::start(dir.path(), &["serve"]);
    let accepted = run(dir.path(), &["clock", "accept"]);
    assert!(accepted.status.success() && out(&accepted).contains(" → "));
    assert_eq!(clock_of(&service).await, (200, "ok".to_owned()));
    let again = run(dir.path(), &["clock", "accept"]);
    assert!(out(&again).contains("has not jumped"), "{}", out(&again));
    service.stop();
    // The same without a service.
    fs::write(data.join("clock"), then).unwrap();
    let accepted = run(dir.path(), &["clock", "accept"]);
    assert!(accepted.status.success(), "{}", err(&accepted));
    let service = Service::start(dir.path(), &["serve"]);
    assert_eq!(clock_of(&service).await, (200, "ok".to_owned()));
    let key = out(&run(dir.path(), &["key", "new", "--scopes", "read,admin"]));
    let audit = get(
        &service.url(),
        key.trim(),
        "/v1/audit?action=clock.accepted",
    )
    .await
    .1;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(2), "{audit}");
    service.stop();
    assert_eq!(run(dir.path(), &["verify"]).status.code(), Some(0));
}

#[test]
fn no_command_but_init_makes_a_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 6] = [
        &["user", "list"],
        &["user", "add", "amy", "--role", "moderator"],
        &["key", "new", "--scopes", "read"],
        &["compact"],
        &["clock", "accept"],
        &["check", "--accept", "0000000000000000"],
    ];
    for command in commands {
        let refused = run(dir.path(), command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}");
        assert!(err(&refused).contains("banzhu init"), "{}", err(&refused));
        assert!(!dir.path().join("data").exists(), "{command:?}");
    }
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter.txt"), "not ours").unwrap();
    let refused = run(dir.path(), &["user", "list", "--data", "other"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("there is no database"));
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    // A folder that somebody made for it is one to begin in.
    fs::create_dir(dir.path().join("empty")).unwrap();
    let added = ["user", "add", "amy", "--role", "admin", "--data", "empty"];
    assert!(run(dir.path(), &added).status.success());
    let made = run(dir.path(), &["init"]);
    assert_eq!(out(&made).lines().count(), 2, "{}", err(&made));
    let again = run(dir.path(), &["init"]);
    assert!(again.status.success() && out(&again).contains("nothing was changed"));
    assert!(out(&run(dir.path(), &["user", "list"])).contains("admin\tadmin\tactive"));
}

#[test]
fn folders_that_nobody_asked_for_and_nobody_can_enter_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    // Root may enter any folder; a link to itself nobody can follow.
    for name in ["config", "wordlists"] {
        std::os::unix::fs::symlink(name, dir.path().join(name)).unwrap();
    }
    let made = run(dir.path(), &["init"]);
    assert!(made.status.success(), "{}", err(&made));
    assert!(err(&made).contains("it cannot be read, and is not used"));
    assert_eq!(run(dir.path(), &["check"]).status.code(), Some(0));
    for flag in ["--config", "--wordlists"] {
        let name = flag.trim_start_matches("--");
        let asked = run(dir.path(), &["check", flag, name]);
        assert_eq!(asked.status.code(), Some(2), "{}", err(&asked));
    }
}

#[tokio::test]
async fn lists_that_lose_a_tenth_are_taken_when_somebody_accepts_them() {
    let dir = tempfile::tempdir().unwrap();
    let lists = shipped_lists(dir.path());
    let log = dir.path().join("log");
    let service = Service::start_logged(dir.path(), &log);
    let logged = |what: &str| fs::read_to_string(&log).unwrap().matches(what).count();
    let key = out(&run(dir.path(), &["key", "new", "--scopes", "read,admin"]))
        .trim()
        .to_owned();
    let url = service.url();
    let until = async |is_refused: bool| {
        let begun = Instant::now();
        loop {
            let now = get(&url, &key, "/v1/rulebook").await.1;
            if now["faults"].as_array().unwrap().is_empty() != is_refused {
                return now;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{now}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let first = until(false).await["version"].clone();
    // A copy that broke off.
    let path = lists.join("insult.tsv");
    let good = fs::read_to_string(&path).unwrap();
    let half: String = good.split_inclusive('\n').take(1_000).collect();
    fs::write(&path, &half).unwrap();
    let refused = until(true).await;
    assert_eq!(refused["version"], first);
    let told = refused["faults"][0]["en"].as_str().unwrap().to_owned();
    let hash = told.split("--accept ").nth(1).unwrap();
    assert_eq!(logged("terms would be lost"), 1);
    Command::new("kill")
        .args(["-HUP", &service.child.id().to_string()])
        .status()
        .unwrap();
    let begun = Instant::now();
    while logged("terms would be lost") < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "a signal is answered"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        until(true).await["version"],
        first,
        "SIGHUP accepts nothing"
    );
    // Going back is told, too.
    fs::write(&path, &good).unwrap();
    assert_eq!(until(false).await["version"], first);
    assert_eq!(logged("the files are good, and are what is in use"), 1);
    fs::write(&path, &half).unwrap();
    until(true).await;
    let checked = run(dir.path(), &["check"]);
    assert!(
        checked.status.success() && out(&checked).contains(hash),
        "{}",
        out(&checked)
    );
    let wrong = run(dir.path(), &["check", "--accept", "0123456789abcdef"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(err(&wrong).contains(hash), "{}", err(&wrong));
    assert_eq!(until(true).await["version"], first);
    let accepted = run(dir.path(), &["check", "--accept", hash]);
    assert!(accepted.status.success(), "{}", err(&accepted));
    let now = until(false).await;
    assert_eq!(now["version"].as_str().unwrap(), format!("r-2-{hash}"));
    let audit = get(&url, &key, "/v1/audit?action=rulebook.accepted")
        .await
        .1;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit}");
    service.stop();
    // Nor does a start take what nobody accepted.
    let rest: String = half.split_inclusive('\n').take(500).collect();
    fs::write(&path, rest).unwrap();
    let again = Service::start(dir.path(), &["serve"]);
    let kept = get(&again.url(), &key, "/v1/rulebook").await.1;
    assert_eq!(
        (&kept["version"], kept["faults"].as_array().map(Vec::len)),
        (&now["version"], Some(1))
    );
    again.stop();
}
