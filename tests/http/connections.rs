//! Many, slow and broken connections: what holds for each, and that the board comes through.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use banzhu::http::{ConnectionLimits, HttpSettings, KeyRate};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::app::{TestApp, Told, Who, comment};

const BOARD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
const SECOND: Duration = Duration::from_secs(1);

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        head_timeout: SECOND,
        body_timeout: SECOND,
        answer_timeout: SECOND,
        idle_timeout: SECOND,
        ..ConnectionLimits::default()
    }
}

async fn app(limits: ConnectionLimits) -> TestApp {
    TestApp::start_http(HttpSettings {
        workers: Some(2),
        board_addresses: vec!["127.0.0.9/32".parse().unwrap()],
        limits,
        ..HttpSettings::default()
    })
    .await
}

async fn connect(app: &TestApp, from: Ipv4Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(app.address).await.unwrap()
}

async fn sent(app: &TestApp, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(app, Ipv4Addr::LOCALHOST).await;
    // it may be answered and closed before all is sent
    let _ = stream.write_all(bytes).await;
    stream
}

/// Everything that comes until the other side ends it.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    while let Ok(Ok(read @ 1..)) = timeout(SECOND * 10, stream.read(&mut chunk)).await {
        bytes.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8(bytes).unwrap()
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let read = timeout(Duration::from_millis(300), stream.read(&mut [0; 64])).await;
    matches!(read, Ok(Ok(0) | Err(_)))
}

fn check_problem(answer: &str, status: u16, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    assert!(
        head.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer:?}"
    );
    assert!(
        head.contains("content-type: application/problem+json"),
        "{answer:?}"
    );
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["code"], code, "{answer:?}");
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
}

/// A comment handed in from an address of the board.
async fn board_posts(app: &TestApp, board: &Who, id: &str) -> String {
    let mut stream = connect(app, BOARD).await;
    let body = comment(id, "早安").to_string();
    let request = format!(
        "POST /v1/moderations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        board.secret_text(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

#[tokio::test]
async fn what_is_no_request_is_told_so() {
    let app = app(ConnectionLimits::default()).await;
    let get = "GET /healthz HTTP/1.1\r\nhost: x\r\n";
    for wrong in [
        "nonsense\r\n\r\n".to_owned(),
        "GET /healthz HTTP/9.9\r\n\r\n".to_owned(),
        format!("{get}content-length: x\r\n\r\n"),
        format!("{get}content-length: 1\r\ncontent-length: 2\r\n\r\n"),
    ] {
        let answer = rest(&mut sent(&app, wrong.as_bytes()).await).await;
        check_problem(&answer, 400, "malformed-request");
    }
    // what went well before it is answered as ever
    let answer = rest(&mut sent(&app, format!("{get}\r\nnonsense\r\n\r\n").as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    check_problem(
        &answer[answer.find("HTTP/1.1 400").unwrap()..],
        400,
        "malformed-request",
    );
    let long = format!("{get}x-long: {}", "x".repeat(200_000));
    let answer = rest(&mut sent(&app, long.as_bytes()).await).await;
    check_problem(&answer, 431, "head-too-large");
    app.end().await;
}

#[tokio::test]
async fn heads_bodies_and_idle_connections_have_their_time() {
    let app = app(limits()).await;
    let board = app.board().await;
    let begun = Instant::now();
    let mut idle = connect(&app, Ipv4Addr::LOCALHOST).await;
    let mut half_head = sent(&app, b"GET /healthz HTTP/1.1\r\nhost:").await;
    let get = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut idle_again = sent(&app, get).await;
    let mut second_head = sent(&app, get).await;
    let read = second_head.read(&mut [0; 4_096]).await.unwrap();
    assert!(read > 0);
    second_head.write_all(b"GET /he").await.unwrap();
    let post = format!(
        "POST /v1/moderations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        board.secret_text()
    );
    let mut half_body = sent(&app, post.as_bytes()).await;
    check_problem(&rest(&mut half_head).await, 408, "request-timeout");
    let answer = rest(&mut half_body).await;
    check_problem(&answer, 408, "request-timeout");
    check_problem(&rest(&mut second_head).await, 408, "request-timeout");
    assert_eq!(rest(&mut idle).await, "");
    assert!(rest(&mut idle_again).await.starts_with("HTTP/1.1 200"));
    assert!(begun.elapsed() < SECOND * 8);
    // what is at work stays: a stream without news is no idle connection
    let reader = app.key("read").await;
    let get = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        reader.secret_text()
    );
    let mut events = sent(&app, get.as_bytes()).await;
    tokio::time::sleep(SECOND * 2).await;
    let read = events.read(&mut [0; 4_096]).await.unwrap();
    assert!(read > 0 && !is_closed(&mut events).await);
    drop(events);
    app.end().await;
}

#[tokio::test]
async fn an_answer_that_is_not_read_ends() {
    let app = app(limits()).await;
    let get = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(16);
    let mut streams = Vec::new();
    for _ in 0..4 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(app.address).await.unwrap();
        // enough that no buffer on the way holds it
        for _ in 0..20 {
            let _ = timeout(SECOND / 10, stream.write_all(get.as_bytes())).await;
        }
        streams.push(stream);
    }
    tokio::time::sleep(SECOND * 3).await;
    for mut stream in streams {
        let mut total = 0;
        let mut chunk = vec![0; 65_536];
        while let Ok(Ok(read @ 1..)) = timeout(SECOND, stream.read(&mut chunk)).await {
            total += read;
        }
        assert!(total < 16 * 20 * 100_000, "all of it came: {total}");
    }
    app.end().await;
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_the_board_any_number() {
    let app = app(ConnectionLimits {
        connections_per_address_max: 4,
        ..ConnectionLimits::default()
    })
    .await;
    let reader = app.key("read").await;
    let get = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        reader.secret_text()
    );
    let watch = async |from| {
        let mut stream = connect(&app, from).await;
        stream.write_all(get.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        let _ = stream.read_exact(&mut start).await;
        (stream, String::from_utf8_lossy(&start).into_owned())
    };
    let mut held = Vec::new();
    for _ in 0..4 {
        let (stream, answer) = watch(Ipv4Addr::new(127, 0, 0, 2)).await;
        assert_eq!(answer, "HTTP/1.1 200");
        held.push(stream);
    }
    let (_, answer) = watch(Ipv4Addr::new(127, 0, 0, 2)).await;
    assert_ne!(answer, "HTTP/1.1 200");
    for from in [
        BOARD,
        BOARD,
        BOARD,
        BOARD,
        BOARD,
        Ipv4Addr::new(127, 0, 0, 3),
    ] {
        let (stream, answer) = watch(from).await;
        assert_eq!(answer, "HTTP/1.1 200");
        held.push(stream);
    }
    drop(held);
    app.end().await;
}

#[tokio::test]
async fn idle_and_half_sent_connections_lock_nobody_out() {
    let app = app(ConnectionLimits {
        connections_max: 40,
        connections_per_address_max: 1_000,
        ..ConnectionLimits::default()
    })
    .await;
    let board = app.board().await;
    let sign_in = "POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    let mut held = Vec::new();
    for n in 0..120 {
        let mut stream = connect(&app, Ipv4Addr::new(127, 0, 1, n)).await;
        if n % 2 == 0 {
            stream.write_all(sign_in.as_bytes()).await.unwrap();
        }
        held.push(stream);
        if n % 20 == 0 {
            let answer = board_posts(&app, &board, &format!("c-{n}")).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
    }
    // a stranger comes through, too
    assert_eq!(app.nobody().get("/healthz").await.status, 200);
    let mut open = 0;
    for stream in &mut held {
        open += usize::from(!is_closed(stream).await);
    }
    assert!(open <= 36, "{open} of 40 are strangers'");
    app.end().await;
}

#[tokio::test]
async fn bodies_under_way_are_bounded_in_all() {
    let app = app(ConnectionLimits {
        bodies_bytes_max: 400_000,
        ..ConnectionLimits::default()
    })
    .await;
    let board = app.board().await;
    let half = |bytes: usize| {
        let head = format!(
            "POST /v1/moderations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n",
            board.secret_text()
        );
        head + &" ".repeat(bytes)
    };
    let first = sent(&app, half(300_000).as_bytes()).await;
    tokio::time::sleep(SECOND / 5).await;
    let answer = rest(&mut sent(&app, half(300_000).as_bytes()).await).await;
    check_problem(&answer, 503, "overloaded");
    assert!(answer.contains("retry-after: "));
    // small ones still come through, and when the large one is gone all is as before
    board.post_comment("c-1", "早安").await;
    drop(first);
    tokio::time::sleep(SECOND / 5).await;
    let told = board
        .request("POST", "/v1/moderations")
        .header("content-type", "application/json")
        .body(" ".repeat(300_000) + &comment("c-2", "早安").to_string());
    assert_eq!(Told::of(told.send().await.unwrap()).await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn where_nobody_is_signed_in_bodies_are_small() {
    let app = app(ConnectionLimits::default()).await;
    let sign_in = async |bytes: usize| {
        let body = json!({"name": "ming", "password": "x"}).to_string();
        let request = app
            .nobody()
            .request("POST", "/v1/session")
            .header("content-type", "application/json")
            .body(body.clone() + &" ".repeat(bytes - body.len()));
        Told::of(request.send().await.unwrap()).await.status
    };
    assert_eq!(sign_in(4 << 10).await, 401);
    assert_eq!(sign_in((4 << 10) + 1).await, 413);
    app.end().await;
}

#[tokio::test]
async fn a_key_asks_as_often_as_it_may_and_a_batch_waits() {
    let app = TestApp::start_http(HttpSettings {
        key_rate: KeyRate::per_second(5),
        ..HttpSettings::default()
    })
    .await;
    let (one, other) = (app.board().await, app.board().await);
    let mut refused = None;
    for _ in 0..10 {
        let told = one.get("/v1/codes").await;
        if told.status != 200 {
            refused = Some(told);
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.problem(), (429, "rate-limited"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(other.get("/v1/codes").await.status, 200);
    let lines: String = (0..12)
        .map(|n| comment(&format!("c-{n}"), "早安").to_string() + "\n")
        .collect();
    let begun = Instant::now();
    tokio::time::sleep(SECOND).await;
    let batch = other
        .request("POST", "/v1/moderations/batch")
        .header("content-type", "application/x-ndjson")
        .body(lines);
    let told = Told::of(batch.send().await.unwrap()).await;
    assert_eq!(told.text.matches("\"comment_id\":").count(), 12);
    assert!(begun.elapsed() > SECOND * 2, "{:?}", begun.elapsed());
    app.end().await;
}
