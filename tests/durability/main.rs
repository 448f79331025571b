//! The real binary, killed while it works, again and again, and on a disk that is full: what it acknowledged is there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cuts;
mod damage;
mod index;
mod steps;
mod trace;

use std::{
    fs,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

/// How often the service is killed.
const ROUNDS: u64 = 20;
/// How many clients post at once.
const CLIENTS: u64 = 8;

struct Service {
    child: Child,
    url: String,
    key: Option<String>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lists of a few words, quickly compiled: what is kept matters here, not what is found.
fn short_lists(to: &Path) {
    let lists = to.join("wordlists");
    fs::create_dir(&lists).unwrap();
    let terms = "term\tseverity\tsurfaces\tmatch\tvariants\tspellings\tcontext\tnote\tsource\n";
    for (name, rows) in [
        ("insult.tsv", "白痴\t3\t\t\t\t\t\t\town knowledge\n"),
        ("profanity.tsv", "幹你娘\t4\t\t\t\t\t\t\town knowledge\n"),
    ] {
        fs::write(lists.join(name), format!("{terms}{rows}")).unwrap();
    }
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

fn start(data: &Path) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data);
    started(command, data)
}

fn environment<'c>(command: &'c mut Command, data: &Path) -> &'c mut Command {
    command
        .env("BANZHU_WATCH", "false")
        // a second look would give a removal a case after it was answered
        .env("BANZHU_REVIEW_SAMPLE_REMOVALS_PERMILLE", "0")
        .env("BANZHU_PASSWORD_MEMORY_KIB", "64")
        .current_dir(data.parent().unwrap());
    if command
        .get_envs()
        .all(|(name, _)| name != "BANZHU_LOG_LEVEL")
    {
        command.env("BANZHU_LOG_LEVEL", "error");
    }
    command
}

fn started(command: Command, data: &Path) -> Service {
    try_started(command, data).expect("the service did not start")
}

/// The service, where it starts.
fn try_started(mut command: Command, data: &Path) -> Option<Service> {
    let mut child = environment(&mut command, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut key = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(made) = line.strip_prefix("key ") {
            key = Some(made.to_owned());
        }
        if let Some(url) = line.strip_prefix("listening on ") {
            return Some(Service {
                child,
                url: url.to_owned(),
                key,
            });
        }
    }
    println!("the service did not start: {:?}", child.wait());
    None
}

/// Numbers that follow from the seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn comment(number: u64) -> Value {
    let body = match number % 5 {
        0 => "你這個白痴",
        1 => "幹 你 娘",
        _ => "這篇整理得很清楚,謝謝記者。",
    };
    json!({
        "comment_id": format!("c-{number}"), "article_id": format!("story-{}", number % 7), "body": body,
        "article": {"title": "北約統帥訪日", "body": "雙方談了合作。"}, "tags": ["北約", "美食"],
        "member": {"id": format!("m-{}", number % 97), "nickname": "南港阿明"}
    })
}

#[tokio::test]
async fn what_was_acknowledged_survives_twenty_kills() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    short_lists(dir.path());
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .subsec_nanos();
    println!("seed {seed}");
    let mut dice = Dice(u64::from(seed));
    let acknowledged: Arc<Mutex<Vec<Value>>> = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    let (mut key, mut compactions) = (None, 0);
    for round in 0..ROUNDS {
        let mut service = start(&data);
        key = key.or(service.key.take());
        let secret = key.clone().unwrap();
        check(
            &service.url,
            &secret,
            &acknowledged,
            if round == 0 { 0 } else { 200 },
        )
        .await;
        let over = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (url, secret, over) = (service.url.clone(), secret.clone(), Arc::clone(&over));
                let (next, acknowledged) = (Arc::clone(&next), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    let client = client();
                    while !over.load(Ordering::Relaxed) {
                        // Everybody's comment is sent a second time, while the first is at work: a repeat is
                        // answered as durably.
                        let number = next.fetch_add(1, Ordering::Relaxed) / 2;
                        let request = client
                            .post(format!("{url}/v1/moderations"))
                            .bearer_auth(&secret)
                            .json(&comment(number));
                        let Ok(response) = request.send().await else {
                            continue;
                        };
                        let status = response.status();
                        if status != 200 {
                            let why = response.text().await;
                            panic!("comment {number} was answered {status}: {why:?}");
                        }
                        // An answer that the kill cut in two was sent nevertheless; only a whole one can be compared.
                        if let Ok(answer) = response.json().await {
                            acknowledged.lock().unwrap().push(answer);
                        }
                    }
                })
            })
            .collect();
        let compaction = compact_on_and_on(&data, Arc::clone(&over));
        tokio::time::sleep(Duration::from_millis(100 + dice.below(500))).await;
        service.child.kill().unwrap();
        service.child.wait().unwrap();
        over.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.unwrap();
        }
        compactions += compaction.await.unwrap();
    }
    let mut service = start(&data);
    check(&service.url, &key.unwrap(), &acknowledged, usize::MAX).await;
    let count = acknowledged.lock().unwrap().len();
    println!("{count} acknowledged decisions were found again after {ROUNDS} kills");
    println!("{compactions} compactions ended before the kill");
    assert!(count > 100, "there was hardly any load: {count}");
    assert!(compactions > 0);
    Command::new("kill")
        .arg(service.child.id().to_string())
        .status()
        .unwrap();
    assert!(
        service.child.wait().unwrap().success(),
        "SIGTERM ends it cleanly"
    );
    let verify = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["verify", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        verify.status.success(),
        "{}",
        String::from_utf8_lossy(&verify.stdout)
    );
}

/// The service on a small disk of its own, which is there as long as it runs; none where the system does not allow it.
/// Copies the database anew, again and again. How often it was done.
fn compact_on_and_on(data: &Path, over: Arc<AtomicBool>) -> tokio::task::JoinHandle<u32> {
    let data = data.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut done = 0;
        while !over.load(Ordering::Relaxed) {
            let mut compact = Command::new(env!("CARGO_BIN_EXE_banzhu"));
            compact
                .args(["compact", "--data"])
                .arg(&data)
                .current_dir(data.parent().unwrap());
            // Where the kill came between, the command may have opened the folder itself, or been told of the end.
            let output = compact.output().unwrap();
            done += u32::from(output.status.success());
        }
        done
    })
}

fn start_on_a_small_disk(disk: &Path) -> Option<Service> {
    let script = "mount -t tmpfs -o size=48m tmpfs \"$1\" && exec \"$2\" serve --listen 127.0.0.1:0 --data \"$1/data\"";
    let allowed = Command::new("unshare")
        .args([
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=1m tmpfs \"$1\"",
            "sh",
        ])
        .arg(disk)
        .output();
    if !allowed.is_ok_and(|tried| tried.status.success()) {
        return None;
    }
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", script, "sh"])
        .args([disk, Path::new(env!("CARGO_BIN_EXE_banzhu"))])
        .env("BANZHU_STORE_FREE_MB_MIN", "1");
    Some(started(command, disk))
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_room_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    short_lists(dir.path());
    let disk = dir.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let Some(mut service) = start_on_a_small_disk(&disk) else {
        println!(
            "skipped: a small disk of its own needs `unshare -rm` and tmpfs, which this system does not allow"
        );
        return;
    };
    let (url, key) = (service.url.clone(), service.key.take().unwrap());
    let client = client();
    let acknowledged: Mutex<Vec<Value>> = Mutex::default();
    let post = async |number: u64| {
        let request = client
            .post(format!("{url}/v1/moderations"))
            .bearer_auth(&key);
        let response = request.json(&comment(number)).send().await.unwrap();
        let status = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        if status == 200 {
            acknowledged.lock().unwrap().push(answer.clone());
        }
        (status, answer)
    };
    for number in 0..30 {
        assert_eq!(post(number).await.0, 200);
    }
    let filler = Path::new("/proc")
        .join(service.child.id().to_string())
        .join("root")
        .join(disk.strip_prefix("/").unwrap())
        .join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while io::Write::write(&mut file, &[7; 64 * 1024]).is_ok_and(|written| written > 0) {}
    drop(file);
    let mut number = 30;
    let refused = loop {
        let (status, answer) = post(number).await;
        number += 1;
        assert!(number < 5_000, "the disk never filled");
        if status != 200 {
            break (status, answer);
        }
    };
    assert_eq!(refused.0, 503, "{}", refused.1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (status, answer) = post(number).await;
    assert_eq!((status, &answer["code"]), (503, &json!("storage-full")));
    fs::remove_file(&filler).unwrap();
    let mut tries = 0;
    while post(number).await.0 != 200 {
        tries += 1;
        assert!(tries < 200, "room did not end it");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    check(&url, &key, &acknowledged, usize::MAX).await;
    Command::new("kill")
        .arg(service.child.id().to_string())
        .status()
        .unwrap();
    assert!(service.child.wait().unwrap().success());
}

/// Asks for the newest `count` acknowledged decisions again: a repeat answers what is stored.
async fn check(url: &str, secret: &str, acknowledged: &Mutex<Vec<Value>>, count: usize) {
    let known: Vec<Value> = acknowledged
        .lock()
        .unwrap()
        .iter()
        .rev()
        .take(count)
        .cloned()
        .collect();
    let client = client();
    for answer in known {
        let id = answer["comment_id"].as_str().unwrap();
        let response = client
            .get(format!("{url}/v1/comments/{id}"))
            .bearer_auth(secret)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{id} was acknowledged and is gone");
        let now: Value = response.json().await.unwrap();
        for field in [
            "id", "revision", "verdict", "reasons", "score", "case_id", "rulebook", "notice",
        ] {
            assert_eq!(now[field], answer[field], "{id} {field}");
        }
    }
}

/// What a board got: the number and the comment of each line of news.
type Got = Arc<Mutex<Vec<(u64, String)>>>;

/// Takes webhooks at this address until the test ends.
fn receive(address: std::net::SocketAddr) -> Got {
    let got: Got = Arc::default();
    let kept = Arc::clone(&got);
    let listener = std::net::TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                let lower = line.to_lowercase();
                if let Some(rest) = lower.strip_prefix("content-length:") {
                    length = rest.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            if io::Read::read_exact(&mut reader, &mut body).is_err() {
                continue;
            }
            let news: Value = serde_json::from_slice(&body).unwrap();
            let number = news["sequence"].as_u64().unwrap();
            let comment = news["data"]["comment_id"].as_str().unwrap_or("").to_owned();
            kept.lock().unwrap().push((number, comment));
            let answer = "HTTP/1.1 204 Fine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = io::Write::write_all(&mut reader.into_inner(), answer.as_bytes());
        }
    });
    got
}

/// Rulings are acknowledged and the service is killed at once, while nobody takes the news: after each start all of it
/// arrives.
#[tokio::test]
async fn what_was_ruled_reaches_the_board_whatever_is_killed_between() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    short_lists(dir.path());
    fs::create_dir(&data).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_banzhu"))
        .args(["key", "new", "--name", "all", "--scopes", "admin", "--data"])
        .arg(&data)
        .current_dir(dir.path())
        .output()
        .unwrap();
    let key = String::from_utf8(made.stdout).unwrap();
    let key = key
        .split_whitespace()
        .find(|word| word.starts_with("bz_"))
        .unwrap()
        .to_owned();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let serve = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .env("BANZHU_WEBHOOKS_ALLOW_HOSTS", "127.0.0.1");
        started(command, &data)
    };
    let post = async |url: &str, path: &str, body: Value| {
        let sent = client()
            .post(format!("{url}{path}"))
            .bearer_auth(&key)
            .json(&body);
        let response = sent.send().await.unwrap();
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        response.json::<Value>().await.unwrap()
    };
    let mut service = serve();
    let hook = json!({"url": format!("http://{address}/"), "events": ["comment.ruled"]});
    post(&service.url, "/v1/webhooks", hook).await;
    for round in 0..5 {
        let body = json!({"comment_id": format!("c-{round}"), "body": "你這個白痴"});
        let posted = post(&service.url, "/v1/moderations", body).await;
        let path = format!("/v1/cases/{}/rulings", posted["case_id"].as_str().unwrap());
        post(
            &service.url,
            &path,
            json!({"decision": "remove", "version": 1}),
        )
        .await;
        service.child.kill().unwrap();
        service.child.wait().unwrap();
        service = serve();
    }
    let got = receive(address);
    for _ in 0..600 {
        let numbers: std::collections::BTreeSet<u64> = got
            .lock()
            .unwrap()
            .iter()
            .map(|(number, _)| *number)
            .collect();
        if numbers.len() == 5 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not all arrived: {:?}", got.lock().unwrap());
}

/// A client; the TLS that it could speak is ours.
fn client() -> reqwest::Client {
    banzhu::notify::choose_tls();
    reqwest::Client::new()
}
