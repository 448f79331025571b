//! News by `/v1/changes` and by webhook, live events: over HTTP, against a board that fails as boards do.

use std::{
    net::TcpListener as StdListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use banzhu::{notify, record::Role};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::app::{TestApp, Who};

/// Whether the board fails at what it got.
type Fails = Box<dyn FnMut(&Value) -> bool + Send>;

/// A board that takes webhooks: each request as it came, and the status that the next gets.
#[derive(Clone)]
struct Board {
    url: String,
    got: Arc<Mutex<Vec<(String, Value)>>>,
    fails: Arc<Mutex<Fails>>,
}

impl Board {
    async fn start() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let board = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            got: Arc::default(),
            fails: Arc::new(Mutex::new(Box::new(|_| false))),
        };
        let listener = TcpListener::from_std(listener).unwrap();
        let serving = board.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let board = serving.clone();
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    loop {
                        let mut part = [0; 4_096];
                        let read = stream.read(&mut part).await.unwrap_or(0);
                        if read == 0 {
                            return;
                        }
                        bytes.extend_from_slice(&part[..read]);
                        let Some((head, body)) = whole(&bytes) else {
                            continue;
                        };
                        let json: Value = serde_json::from_slice(&body).unwrap();
                        let fails = (board.fails.lock().unwrap())(&json);
                        let status = if fails { "500 Oh" } else { "204 Fine" };
                        if !fails {
                            board.got.lock().unwrap().push((head, json));
                        }
                        let answer = format!(
                            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        );
                        let _ = stream.write_all(answer.as_bytes()).await;
                        return;
                    }
                });
            }
        });
        board
    }

    fn fail(&self, fails: impl FnMut(&Value) -> bool + Send + 'static) {
        *self.fails.lock().unwrap() = Box::new(fails);
    }

    async fn got(&self, count: usize) -> Vec<(String, Value)> {
        for _ in 0..300 {
            let got = self.got.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} were awaited: {:#?}", self.got.lock().unwrap());
    }
}

/// Head and body, once both are there.
fn whole(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec())
        .ok()?
        .to_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)?
        .lines()
        .next()?
        .parse::<usize>()
        .ok()?;
    (bytes.len() >= end + length).then(|| (head, bytes[end..end + length].to_vec()))
}

fn header(head: &str, name: &str) -> String {
    let start = format!("{name}: ");
    let line = head.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("{name} in {head}"))
        .to_owned()
}

async fn ruled(board: &Who, amy: &Who, id: &str, decision: &str) {
    let posted = board.post_comment(id, "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", posted["case_id"].as_str().unwrap());
    let told = amy
        .send("POST", &path, json!({"decision": decision, "version": 1}))
        .await;
    assert_eq!(told.status, 201, "{}", told.text);
}

fn courier(app: &TestApp) {
    let reach = notify::Reach::new(vec!["127.0.0.1".to_owned()]);
    tokio::spawn(notify::run(Arc::clone(&app.desk), reach));
}

/// A receiver that takes what it is sent and never answers.
async fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    url
}

#[tokio::test]
async fn issue_21_a_slow_webhook_delays_no_other_and_is_seen_to_be_behind() {
    let app = TestApp::start().await;
    let (board, amy, ada) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    let (slow, receiver) = (silent().await, Board::start().await);
    for url in [&slow, &receiver.url] {
        let made = ada.send("POST", "/v1/webhooks", json!({"url": url}));
        assert_eq!(made.await.status, 201);
    }
    courier(&app);
    let begun = std::time::Instant::now();
    for number in 0..24 {
        ruled(&board, &amy, &format!("c-{number}"), "remove").await;
    }
    receiver.got(24).await;
    // The silent one's first try alone lasts fifteen seconds.
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let hooks = ada.get("/v1/webhooks").await.json;
    let of = |url: &str, field: &str| {
        let mut hooks = hooks["items"].as_array().unwrap().iter();
        hooks.find(|hook| hook["url"] == url).unwrap()[field]
            .as_i64()
            .unwrap()
    };
    assert_eq!(
        (of(&slow, "waiting"), of(&receiver.url, "waiting")),
        (24, 0)
    );
    assert!(of(&slow, "lag_seconds") >= 1);
    assert_eq!(of(&receiver.url, "lag_seconds"), 0);
    app.end().await;
}

#[tokio::test]
async fn a_ruling_is_sent_signed_and_read_by_number() {
    let app = TestApp::start().await;
    let (board, amy, ada) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    let receiver = Board::start().await;
    ruled(&board, &amy, "c-before", "remove").await;
    let private = ada
        .send("POST", "/v1/webhooks", json!({"url": "http://10.0.0.1/"}))
        .await;
    assert_eq!(
        private.faults(),
        [("/url".to_owned(), "invalid-field".to_owned())]
    );
    let made = ada
        .send(
            "POST",
            "/v1/webhooks",
            json!({"url": receiver.url, "events": ["comment.ruled"]}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let secret = made.json["secret"].as_str().unwrap().to_owned();
    courier(&app);
    ruled(&board, &amy, "c-1", "remove").await;
    let (head, body) = receiver.got(1).await.remove(0);
    assert_eq!(
        (
            &body["type"],
            &body["data"]["comment_id"],
            &body["data"]["verdict"]
        ),
        (&json!("comment.ruled"), &json!("c-1"), &json!("remove"))
    );
    let signer = standardwebhooks::Webhook::new(&secret).unwrap();
    let at: i64 = header(&head, "webhook-timestamp").parse().unwrap();
    let raw = serde_json::to_vec(&body).unwrap();
    // the board hands on the bytes as they came; here the JSON is written again, keys in order
    let _ = signer.sign(&header(&head, "webhook-id"), at, &raw).unwrap();
    assert!(header(&head, "webhook-signature").starts_with("v1,"));

    let changes = board.get("/v1/changes").await.json;
    let ids: Vec<_> = changes["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["data"]["comment_id"].clone())
        .collect();
    assert_eq!(ids, [json!("c-before"), json!("c-1")]);
    let after = changes["next_after"].as_str().unwrap();
    let none = board.get(&format!("/v1/changes?after={after}")).await.json;
    assert_eq!(
        (&none["items"], &none["next_after"]),
        (&json!([]), &changes["next_after"])
    );
    assert_eq!(board.get("/v1/changes?after=soon").await.problem().0, 422);

    let rotated = ada
        .send(
            "PATCH",
            &format!("/v1/webhooks/{}", made.json["id"].as_str().unwrap()),
            json!({"rotate_secret": true}),
        )
        .await;
    assert_ne!(rotated.json["secret"], made.json["secret"]);
    ruled(&board, &amy, "c-2", "remove").await;
    let (head, _) = receiver.got(2).await.remove(1);
    assert_eq!(
        header(&head, "webhook-signature").split(' ').count(),
        2,
        "the old secret signs, too"
    );
    let list = ada.get("/v1/webhooks").await;
    assert!(!list.text.contains("whsec_"), "shown once");
    let path = format!("/v1/webhooks/{}", made.json["id"].as_str().unwrap());
    assert_eq!(ada.bare("DELETE", &path).await.status, 204);
    assert_eq!(ada.bare("DELETE", &path).await.status, 204);
    app.end().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_in_order_and_holds_nobody_else_up() {
    let app = TestApp::start().await;
    let (board, amy, ada) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    let receiver = Board::start().await;
    let mut left = 1;
    receiver.fail(move |body| {
        let fails = body["data"]["comment_id"] == "c-bad" && left > 0;
        left -= i32::from(fails);
        fails
    });
    let made = ada
        .send("POST", "/v1/webhooks", json!({"url": receiver.url}))
        .await;
    ruled(&board, &amy, "c-bad", "approve").await;
    courier(&app);
    let path = format!(
        "/v1/webhooks/{}/deliveries",
        made.json["id"].as_str().unwrap()
    );
    let mut waiting = Value::Null;
    for _ in 0..100 {
        waiting = ada.get(&path).await.json;
        if !waiting["items"].as_array().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        (
            &waiting["items"][0]["status"],
            &waiting["items"][0]["attempts"]
        ),
        (&json!("waiting"), &json!(1)),
        "{waiting}"
    );
    let case = board.get("/v1/comments/c-bad").await.json["case_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = amy
        .send(
            "POST",
            &format!("/v1/cases/{case}/rulings"),
            json!({"decision": "remove", "version": 2}),
        )
        .await;
    assert_eq!(again.status, 201, "{}", again.text);
    ruled(&board, &amy, "c-good", "remove").await;
    let first = receiver.got(1).await;
    assert_eq!(
        first[0].1["data"]["comment_id"], "c-good",
        "it waits for nobody"
    );
    let news = waiting["items"][0]["id"].as_u64().unwrap();
    let replayed = ada.bare("POST", &format!("{path}/{news}/replay")).await;
    assert_eq!(replayed.status, 200, "{}", replayed.text);
    let got = receiver.got(3).await;
    let of_bad: Vec<u64> = got
        .iter()
        .filter(|(_, body)| body["data"]["comment_id"] == "c-bad")
        .map(|(_, body)| body["sequence"].as_u64().unwrap())
        .collect();
    assert!(of_bad.len() == 2 && of_bad.is_sorted(), "{of_bad:?}");
    assert_eq!(
        ada.bare("POST", &format!("{path}/999/replay"))
            .await
            .problem(),
        (404, "not-found")
    );
    app.end().await;
}

/// Reads events until so many came: (id, name, data).
async fn read_events(who: &Who, last: Option<&str>, count: usize) -> Vec<(String, String, Value)> {
    let mut request = who.request("GET", "/v1/events");
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut stream, mut text, mut events) = (response.bytes_stream(), String::new(), Vec::new());
    while events.len() < count {
        let part = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        text += std::str::from_utf8(&part.unwrap().unwrap().unwrap()).unwrap();
        while let Some((block, rest)) = text.clone().split_once("\n\n") {
            let field = |name: &str| {
                block
                    .lines()
                    .find_map(|line| line.strip_prefix(name))
                    .unwrap_or("")
                    .to_owned()
            };
            if !field("event: ").is_empty() {
                let data = serde_json::from_str(&field("data: ")).unwrap();
                events.push((field("id: "), field("event: "), data));
            }
            text = rest.to_owned();
        }
    }
    events
}

#[tokio::test]
async fn events_flow_and_are_taken_up_again() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let watcher = amy.clone();
    let watching = tokio::spawn(async move { read_events(&watcher, None, 3).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let posted = board.post_comment("c-1", "你這個白痴").await;
    let case = amy.bare("POST", "/v1/cases/next").await.json;
    let path = format!("/v1/cases/{}/rulings", case["id"].as_str().unwrap());
    amy.send("POST", &path, json!({"decision": "approve", "version": 1}))
        .await;
    let events = watching.await.unwrap();
    let names: Vec<&str> = events.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["case.opened", "case.claimed", "case.resolved"]);
    assert_eq!(events[0].2["id"], posted["case_id"]);
    assert_eq!(events[1].2["claim"]["by"], "amy");
    let missed = read_events(&amy, Some(&events[0].0), 2).await;
    assert_eq!(missed[0].1, "case.claimed");
    let wrong = amy
        .request("GET", "/v1/events")
        .header("Last-Event-ID", "x")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 422);
    app.end().await;
}

#[tokio::test]
async fn a_disabled_persons_stream_shows_no_more_and_ends() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let response = amy.request("GET", "/v1/events").send().await.unwrap();
    assert_eq!(response.status(), 200);
    board.post_comment("c-1", "你這個白痴").await;
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    while !text.contains("case.opened") {
        let part = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        text += std::str::from_utf8(&part.unwrap().unwrap().unwrap()).unwrap();
    }
    let ada = app.person("ada", Role::Admin).await;
    let told = ada
        .send("PATCH", "/v1/users/amy", json!({"disabled": true}))
        .await;
    assert_eq!(told.status, 200, "{}", told.text);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    board.post_comment("c-2", "你是豬頭").await;
    let mut rest = String::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while let Some(Ok(part)) = stream.next().await {
            rest += std::str::from_utf8(&part).unwrap();
        }
    });
    ended.await.expect("the stream ends by itself");
    assert!(!rest.contains("data:"), "{rest}");
    app.end().await;
}
