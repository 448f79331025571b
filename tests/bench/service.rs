//! The server beside a bare echo: what a durable decision costs.
//!
//! The real binary on a free port with a fresh folder, and an actix server that parses the same JSON and sends it back,
//! are driven in turns by the same client over 64 connections. Then the folder is filled, and weighed: bytes on disk,
//! resident memory, and the time from `serve` to ready after a clean stop and after a kill.
//!
//! `cargo bench --bench service` takes a minute or two; `-- --requests 500 --comments 2000` is a short form.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Connections that are kept open and busy.
const CONNECTIONS: u64 = 64;
/// Turns of each server; the middle one is told.
const ROUNDS: usize = 5;

fn main() {
    let (requests, comments) = (
        argument("--requests", 20_000),
        argument("--comments", 100_000),
    );
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut service = Service::start(&data);
    let echo = echo();
    let next = Arc::new(AtomicU64::new(0));
    println!("{CONNECTIONS} connections, {requests} comments a turn, {ROUNDS} turns each");
    let (mut echoed, mut moderated) = (Vec::new(), Vec::new());
    // The first turn of each only warms up.
    for turn in 0..=ROUNDS {
        let now = drive(echo, "/echo", "", requests, &Arc::new(AtomicU64::new(0)));
        let then = service.drive(requests, &next);
        println!("  turn {turn}: echo {now:.0}/s, banzhu {then:.0}/s");
        if turn > 0 {
            echoed.push(now);
            moderated.push(then);
        }
    }
    let (echoed, moderated) = (median(&mut echoed), median(&mut moderated));
    println!("echo     {echoed:>8.0} comments/s");
    println!("banzhu   {moderated:>8.0} comments/s, each on disk before it is answered");
    println!("ratio    {:>8.2}", moderated / echoed);

    let left = comments.saturating_sub(next.load(Ordering::Relaxed));
    if left > 0 {
        println!("filled at {:.0} comments/s", service.drive(left, &next));
    }
    weigh(&mut service, &data, next.load(Ordering::Relaxed));
}

/// What is told after the last comment: disk, memory, starts.
fn weigh(service: &mut Service, data: &Path, comments: u64) {
    println!("with {comments} comments:");
    let each = |bytes: u64| bytes / comments.max(1);
    let resident = resident_bytes(service.child.id());
    println!("  resident memory    {:>7.1} MB", megabytes(resident));
    service.end("TERM");
    let (file, folder) = (bytes_in(&data.join("db")), bytes_in(data));
    println!(
        "  database on disk   {:>7.1} MB ({} bytes a comment)",
        megabytes(file),
        each(file)
    );
    println!(
        "  the whole folder   {:>7.1} MB (its reserve for a full disk included)",
        megabytes(folder)
    );
    let begun = Instant::now();
    *service = Service::start(data);
    println!(
        "  serve to ready     {:>7.0} ms after a clean stop",
        milliseconds(begun)
    );
    println!(
        "  resident at start  {:>7.1} MB",
        megabytes(resident_bytes(service.child.id()))
    );
    service.end("KILL");
    let begun = Instant::now();
    *service = Service::start(data);
    println!(
        "  serve to ready     {:>7.0} ms after a kill",
        milliseconds(begun)
    );
    service.end("TERM");
}

/// The real binary, until it says where it listens and answers that it is ready.
struct Service {
    child: Child,
    address: SocketAddr,
    key: String,
}

impl Service {
    fn start(data: &Path) -> Self {
        let key_file = data.with_extension("key");
        let mut child = Command::new(env!("CARGO_BIN_EXE_banzhu"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("BANZHU_LOG_LEVEL", "warn")
            .current_dir(data.parent().unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the service did not start").unwrap();
            if let Some(key) = line.strip_prefix("key ") {
                fs::write(&key_file, key).unwrap();
            }
            if let Some(url) = line.strip_prefix("listening on http://") {
                break url.parse().unwrap();
            }
        };
        let key = fs::read_to_string(key_file).unwrap();
        let ready = one_request(
            address,
            "GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned(),
        );
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        Self {
            child,
            address,
            key,
        }
    }

    fn drive(&self, requests: u64, next: &Arc<AtomicU64>) -> f64 {
        drive(self.address, "/v1/moderations", &self.key, requests, next)
    }

    fn end(&mut self, signal: &str) {
        let kill = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bare actix server that parses a comment and sends it back.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let app = || App::new().route("/echo", web::post().to(sent_back));
    let server = move || {
        HttpServer::new(app)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run()
    };
    thread::spawn(move || actix_web::rt::System::new().block_on(async { server().await }));
    address
}

async fn sent_back(comment: web::Json<Value>) -> HttpResponse {
    HttpResponse::Ok().json(comment.into_inner())
}

/// Posts `requests` comments over all connections and tells how many were answered a second. Every answer must be 200.
fn drive(
    address: SocketAddr,
    path: &'static str,
    key: &str,
    requests: u64,
    next: &Arc<AtomicU64>,
) -> f64 {
    let key = key.to_owned();
    let end = next.load(Ordering::Relaxed) + requests;
    let begun = Instant::now();
    on_this_thread(async move {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                tokio::task::spawn_local(client(address, path, key.clone(), Arc::clone(next), end))
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    });
    next.store(end, Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = requests as f64 / begun.elapsed().as_secs_f64();
    rate
}

async fn client(
    address: SocketAddr,
    path: &'static str,
    key: String,
    next: Arc<AtomicU64>,
    end: u64,
) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return;
        }
        let body = comment(number).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream, &mut buffer).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// Reads one answer, head and body; our servers say how long it is.
async fn answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> std::borrow::Cow<'b, str> {
    buffer.clear();
    loop {
        assert_ne!(
            stream.read_buf(buffer).await.unwrap(),
            0,
            "the connection was closed"
        );
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let length = String::from_utf8_lossy(&buffer[..head])
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse::<usize>()
                    .ok()
            })
            .expect("no content-length");
        while buffer.len() < head + 4 + length {
            assert_ne!(
                stream.read_buf(buffer).await.unwrap(),
                0,
                "the connection was closed"
            );
        }
        return String::from_utf8_lossy(buffer);
    }
}

fn one_request(address: SocketAddr, request: String) -> String {
    on_this_thread(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        answer(&mut stream, &mut Vec::new()).await.into_owned()
    })
}

fn on_this_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// Ordinary traffic: of twenty comments one is flagged and one removed; a quarter bring tags, all stand under articles.
fn comment(number: u64) -> Value {
    const ORDINARY: [&str; 6] = [
        "這篇整理得很清楚,謝謝記者。",
        "十六個領域合作很務實,希望台灣也能參與網路安全的交流。",
        "預算花得太浮濫,應該先把國內的事情做好再說,不然選舉的時候大家會記得。",
        "推",
        "歐洲自顧不暇,還能管到印太?我持保留態度,看看明年的演訓規模就知道了。",
        "樓上說的有道理,不過數字是哪裡來的?請附上出處,不要用猜的。",
    ];
    let ordinary = ORDINARY[usize::try_from(number % 6).unwrap()];
    let body = match number % 20 {
        7 => format!("你這個白痴,第{number}次了"),
        13 => format!("幹 你 娘 {number}"),
        _ => format!("{ordinary} {number}"),
    };
    let tags = if number.is_multiple_of(4) {
        json!(["北約"])
    } else {
        json!([])
    };
    let article = number % 500;
    json!({
        "comment_id": format!("c-{number}"), "article_id": format!("story-{article}"),
        "article": {"title": format!("北約最高統帥首度訪日 {article}"), "body": "雙方同意在十六個領域加強合作。"},
        "member": {"id": format!("m-{}", number % 9_973), "nickname": "南港阿明"}, "body": body, "tags": tags
    })
}

fn argument(name: &str, usual: u64) -> u64 {
    let given = std::env::args()
        .skip_while(|argument| argument != name)
        .nth(1);
    given.map_or(usual, |given| given.parse().expect("a number"))
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn resident_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

/// Bytes that a folder takes on the disk.
fn bytes_in(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let facts = fs::symlink_metadata(path).unwrap();
    let own = facts.blocks() * 512;
    if !facts.is_dir() {
        return own;
    }
    own + fs::read_dir(path)
        .unwrap()
        .map(|entry| bytes_in(&entry.unwrap().path()))
        .sum::<u64>()
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn milliseconds(since: Instant) -> f64 {
    Duration::as_secs_f64(&since.elapsed()) * 1e3
}
