//! The server beside a bare echo: what a decision costs, and what a durable one does.
//!
//! Four things are driven in turns by the same client over 64 connections: a bare echo, the service's dry run, a bare
//! durable echo (`echo.rs`), and the service's durable comment. Each server is a process of its own, so that its CPU time
//! (from `/proc/PID/stat`: user and system, all threads) is told apart from the client's. Then the folder is filled, and
//! weighed: bytes on disk, resident memory, and the time from `serve` to ready after a clean stop and after a kill.
//!
//! `cargo bench --bench service` takes half a minute; `-- --requests 500 --comments 2000` is a short form, `-- --comments 0`
//! fills nothing, and `-- --only "durable comment"` drives that alone, for a profiler.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod echo;

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The binary's: the echoes are to have no other reason to be cheap than doing less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that are kept open and busy.
const CONNECTIONS: u64 = 64;
/// Turns of each contender; the middle rate is told, and the CPU time of all of them.
const ROUNDS: usize = 5;
/// What a decision may cost, against an echo that promises as much.
const RATIO_AIM: f64 = 2.5;
/// Comments of dry runs are numbered from here: none of them is stored.
const DRY_RUNS_FROM: u64 = 1_000_000_000;
/// What `/proc/PID/stat` counts in: 100 a second on every Linux that we know.
const TICK: Duration = Duration::from_millis(10);

fn main() {
    if let Some(dir) = text_argument("--serve-durable-echo") {
        return echo::durable(Path::new(&dir));
    }
    if std::env::args().any(|argument| argument == "--serve-echo") {
        return echo::bare();
    }
    let requests = argument("--requests", 20_000);
    let comments = argument("--comments", 100_000);
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let service = Server::of_service(&data);
    let stored = race(&service, &dir.path().join("echo"), requests);
    if comments > 0 {
        let left = comments.saturating_sub(stored.load(Ordering::Relaxed));
        if left > 0 {
            let filled = service.drive("/v1/moderations", left, &stored);
            println!("filled at {:.0} comments/s", filled.rate);
        }
        weigh(service, &data, stored.load(Ordering::Relaxed));
    }
}

/// Drives all four in turns and prints what they cost. Tells how many comments the service has stored.
fn race(service: &Server, dir: &Path, requests: u64) -> Arc<AtomicU64> {
    let bare = Server::of_bench(&["--serve-echo"]);
    let durable = Server::of_bench(&["--serve-durable-echo", dir.to_str().unwrap()]);
    let mut contenders = [
        Contender::new("echo", &bare, "/echo", 0),
        Contender::new(
            "dry run",
            service,
            "/v1/moderations?dry_run=true",
            DRY_RUNS_FROM,
        ),
        Contender::new("durable echo", &durable, "/echo", 0),
        Contender::new("durable comment", service, "/v1/moderations", 0),
    ];
    println!("{CONNECTIONS} connections, {requests} comments a turn, {ROUNDS} turns each");
    let only = text_argument("--only");
    for turn in 0..=ROUNDS {
        for contender in &mut contenders {
            if only.as_ref().is_some_and(|only| only != contender.name) {
                continue;
            }
            // The first turn of each only warms up.
            contender.take_turn(requests, turn > 0);
        }
    }
    println!(
        "| | comments/s | answered in, ms: half | 99 % | server's CPU, µs a comment | of it in the kernel |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let driven = contenders.iter().filter(|one| !one.turns.is_empty());
    driven.for_each(Contender::print);
    let [echo, dry_run, durable_echo, comment] = &contenders;
    if only.is_none() {
        print_ratio("dry run / echo", dry_run, echo);
        print_ratio("durable comment / durable echo", comment, durable_echo);
    }
    Arc::clone(&contenders[3].next)
}

/// A server, what it is asked, and what that cost so far.
struct Contender<'s> {
    name: &'static str,
    server: &'s Server,
    path: &'static str,
    next: Arc<AtomicU64>,
    turns: Vec<Turn>,
}

/// What one turn took.
struct Turn {
    requests: u64,
    /// Comments answered a second.
    rate: f64,
    /// How long each answer took.
    waits: Vec<Duration>,
    cpu: CpuTime,
}

/// CPU time of a process, all threads together.
#[derive(Clone, Copy)]
struct CpuTime {
    user: Duration,
    system: Duration,
}

impl<'s> Contender<'s> {
    fn new(name: &'static str, server: &'s Server, path: &'static str, first: u64) -> Self {
        Self {
            name,
            server,
            path,
            next: Arc::new(AtomicU64::new(first)),
            turns: Vec::new(),
        }
    }

    fn take_turn(&mut self, requests: u64, counts: bool) {
        let turn = self.server.drive(self.path, requests, &self.next);
        if counts {
            self.turns.push(turn);
        }
    }

    /// Microseconds of CPU a comment: of user and system together, and of system alone.
    fn cpu_us(&self) -> (f64, f64) {
        let requests: u64 = self.turns.iter().map(|turn| turn.requests).sum();
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let each = |all: Duration| all.as_secs_f64() * 1e6 / requests as f64;
        let user = self.turns.iter().map(|turn| turn.cpu.user).sum();
        let system = self.turns.iter().map(|turn| turn.cpu.system).sum();
        (each(user) + each(system), each(system))
    }

    fn print(&self) {
        let mut rates: Vec<f64> = self.turns.iter().map(|turn| turn.rate).collect();
        let (cpu, system) = self.cpu_us();
        let rate = median(&mut rates);
        let mut waits: Vec<Duration> = self
            .turns
            .iter()
            .flat_map(|turn| &turn.waits)
            .copied()
            .collect();
        waits.sort_unstable();
        let within = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        let (half, most) = (within(50), within(99));
        println!(
            "| {} | {rate:.0} | {half:.2} | {most:.2} | {cpu:.1} | {system:.1} |",
            self.name
        );
    }
}

fn print_ratio(what: &str, ours: &Contender<'_>, echo: &Contender<'_>) {
    let ratio = ours.cpu_us().0 / echo.cpu_us().0;
    let verdict = if ratio <= RATIO_AIM { "met" } else { "missed" };
    println!("CPU, {what}: {ratio:.2} (aim: at most {RATIO_AIM}, {verdict})");
}

/// What is told after the last comment: disk, memory, starts.
fn weigh(mut service: Server, data: &Path, comments: u64) {
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
    service = Server::of_service(data);
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
    service = Server::of_service(data);
    println!(
        "  serve to ready     {:>7.0} ms after a kill",
        milliseconds(begun)
    );
    service.end("TERM");
}

/// A server in a process of its own.
struct Server {
    child: Child,
    address: SocketAddr,
    /// The board's key; empty for the echoes, which ask for none.
    key: String,
    /// Held open, or the server's next line would fail.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// The real binary, once it is ready.
    fn of_service(data: &Path) -> Self {
        let key_file = data.with_extension("key");
        let mut command = Command::new(env!("CARGO_BIN_EXE_banzhu"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("BANZHU_LOG_LEVEL", "warn")
            .current_dir(data.parent().unwrap());
        let mut server = Self::start(command);
        if server.key.is_empty() {
            server.key = fs::read_to_string(key_file).unwrap();
        } else {
            fs::write(key_file, &server.key).unwrap();
        }
        let ready = one_request(
            server.address,
            "GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n".to_owned(),
        );
        assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
        server
    }

    /// This very program as one of its echoes.
    fn of_bench(arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(arguments);
        Self::start(command)
    }

    /// Starts a server and waits until it says where it listens.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut key = String::new();
        let address = loop {
            let line = lines.next().expect("the server did not start").unwrap();
            if let Some(shown) = line.strip_prefix("key ") {
                key = shown.to_owned();
            }
            if let Some(url) = line.strip_prefix("listening on http://") {
                break url.parse().unwrap();
            }
        };
        Self {
            child,
            address,
            key,
            _stdout: lines,
        }
    }

    fn drive(&self, path: &'static str, requests: u64, next: &Arc<AtomicU64>) -> Turn {
        let before = cpu_time(self.child.id());
        let (rate, waits) = drive(self.address, path, &self.key, requests, next);
        let after = cpu_time(self.child.id());
        Turn {
            requests,
            rate,
            waits,
            cpu: CpuTime {
                user: after.user.saturating_sub(before.user),
                system: after.system.saturating_sub(before.system),
            },
        }
    }

    fn end(&mut self, signal: &str) {
        let kill = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts `requests` comments over all connections and tells how many were answered a second, and after what time each. Every
/// answer must be 200.
fn drive(
    address: SocketAddr,
    path: &'static str,
    key: &str,
    requests: u64,
    next: &Arc<AtomicU64>,
) -> (f64, Vec<Duration>) {
    let key = key.to_owned();
    let end = next.load(Ordering::Relaxed) + requests;
    let begun = Instant::now();
    let waits = on_this_thread(async move {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                tokio::task::spawn_local(client(address, path, key.clone(), Arc::clone(next), end))
            })
            .collect();
        let mut waits = Vec::new();
        for client in clients {
            waits.extend(client.await.unwrap());
        }
        waits
    });
    next.store(end, Ordering::Relaxed);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = requests as f64 / begun.elapsed().as_secs_f64();
    (rate, waits)
}

async fn client(
    address: SocketAddr,
    path: &'static str,
    key: String,
    next: Arc<AtomicU64>,
    end: u64,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return waits;
        }
        let body = comment(number).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream, &mut buffer).await;
        waits.push(begun.elapsed());
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
    let member = number % 9_973;
    json!({
        "comment_id": format!("c-{number}"), "article_id": format!("story-{article}"),
        "article": {"title": format!("北約最高統帥首度訪日 {article}"), "body": "雙方同意在十六個領域加強合作。"},
        "member": {"id": format!("m-{member}"), "nickname": format!("南港阿明{member}")}, "body": body, "tags": tags
    })
}

fn argument(name: &str, usual: u64) -> u64 {
    let given = text_argument(name);
    given.map_or(usual, |given| given.parse().expect("a number"))
}

fn text_argument(name: &str) -> Option<String> {
    std::env::args()
        .skip_while(|argument| argument != name)
        .nth(1)
}

fn median(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// The CPU time of a process so far, its ended threads included.
fn cpu_time(process: u32) -> CpuTime {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is the program's name in brackets and may hold anything; the 14th and 15th are counted behind it.
    let (_, behind_name) = stat.rsplit_once(") ").unwrap();
    let mut fields = behind_name.split(' ').skip(11);
    let mut ticks = || TICK * fields.next().unwrap().parse::<u32>().unwrap();
    CpuTime {
        user: ticks(),
        system: ticks(),
    }
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
