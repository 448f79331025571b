//! The batch: a line in, a line out.

use std::time::Duration;

use banzhu::access::Caller;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::app::{TestApp, Told, Who, comment};

async fn batch(who: &Who, query: &str, body: String) -> Vec<Value> {
    let request = who.request("POST", &format!("/v1/moderations/batch{query}"));
    let told = Told::of(
        request
            .header("content-type", "application/x-ndjson")
            .body(body)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(told.status, 200, "{}", told.text);
    told.text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn answers_come_in_order_and_a_bad_line_stops_nobody() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let mut lines: Vec<String> = (0..200)
        .map(|n| comment(&format!("c-{n}"), "早安").to_string())
        .collect();
    lines[1] = "{oops".to_owned();
    lines[2] = String::new();
    lines[3] = json!({"comment_id": "c-3"}).to_string();
    let answers = batch(&board, "", lines.join("\n")).await;
    assert_eq!(answers.len(), 199);
    assert_eq!(
        (
            &answers[1]["code"],
            &answers[1]["line"],
            &answers[1]["status"]
        ),
        (&json!("malformed-json"), &json!(2), &json!(400))
    );
    let detail = answers[1]["detail"].as_str().unwrap();
    assert!(detail.contains("第 2 行第 2 欄"), "{detail}");
    assert_eq!(
        (&answers[2]["errors"][0]["code"], &answers[2]["line"]),
        (&json!("no-surface"), &json!(4))
    );
    for (place, answer) in answers.iter().enumerate().skip(3) {
        assert_eq!(answer["comment_id"], format!("c-{}", place + 1));
    }
    app.end().await;
}

#[tokio::test]
async fn lines_of_one_comment_act_in_order() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let lines: Vec<String> = (0..30)
        .map(|n| comment("c-1", &format!("第{n}版")).to_string())
        .collect();
    let answers = batch(&board, "", lines.join("\n")).await;
    let revisions: Vec<u64> = answers
        .iter()
        .map(|answer| answer["revision"].as_u64().unwrap())
        .collect();
    assert_eq!(revisions, (1..=30).collect::<Vec<_>>());
    app.end().await;
}

#[tokio::test]
async fn history_opens_no_case_and_a_dry_run_stores_nothing() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let line = comment("c-1", "你這個白痴").to_string();
    let dry = batch(&board, "?dry_run=true", line.clone()).await;
    assert_eq!(
        (&dry[0]["verdict"], &dry[0]["id"]),
        (&json!("flag"), &json!(null))
    );
    let history = batch(&board, "?backfill=true", line).await;
    assert_eq!(
        (&history[0]["verdict"], &history[0]["case_id"]),
        (&json!("flag"), &json!(null))
    );
    let queue = app.key("read").await.get("/v1/cases").await;
    assert_eq!(queue.json["items"], json!([]));
    app.end().await;
}

#[tokio::test]
async fn answers_flow_while_lines_still_come() {
    use futures_util::StreamExt as _;
    let app = TestApp::start().await;
    let board = app.board().await;
    let (lines, body) = tokio::sync::mpsc::channel::<String>(4);
    let body = futures_util::stream::unfold(body, |mut body| async {
        body.recv()
            .await
            .map(|line| (Ok::<_, std::io::Error>(line), body))
    });
    let request = board
        .request("POST", "/v1/moderations/batch")
        .header("content-type", "application/x-ndjson");
    lines
        .send(format!("{}\n", comment("c-1", "早安")))
        .await
        .unwrap();
    let response = request
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .unwrap();
    let mut answers = response.bytes_stream();
    let first = answers.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("\"c-1\""));
    lines
        .send(format!("{}\n", comment("c-2", "晚安")))
        .await
        .unwrap();
    let second = answers.next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&second).contains("\"c-2\""));
    drop(lines);
    assert!(answers.next().await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_line_too_long_is_a_problem_of_its_own() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let long = comment("c-1", &"x".repeat(1 << 20)).to_string();
    let answers = batch(&board, "", format!("{long}\n{}\n", comment("c-2", "早安"))).await;
    assert_eq!(
        (&answers[0]["code"], &answers[0]["line"]),
        (&json!("too-large"), &json!(1))
    );
    assert_eq!(answers[1]["comment_id"], "c-2");
    app.end().await;
}

/// The contract lets a client send a thousand lines before it reads the first answer.
#[tokio::test]
async fn a_thousand_lines_may_be_sent_before_the_first_answer_is_read() {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpSocket,
    };
    let app = TestApp::start().await;
    let board = app.board().await;
    // Neither a thousand such lines nor their answers fit into what the kernel keeps for a slow reader.
    let words = "幹你娘,王八蛋,去死,白痴,智障,低能,腦殘,廢物,垃圾,人渣,敗類,婊子,賤人,雜種,畜生,混蛋,媽的,雞掰,";
    let body = words.repeat(4);
    let lines: String = (0..1_000)
        .map(|n| format!("{}{:10000}\n", comment(&format!("c-{n}"), &body), ""))
        .collect();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    socket.set_send_buffer_size(8 << 10).unwrap();
    let mut stream = socket.connect(app.address).await.unwrap();
    let head = format!(
        "POST /v1/moderations/batch?dry_run=true HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        board.secret_text(),
        lines.len()
    );
    // A busy machine is slow; a server that waits for its client to read takes nothing at all any more.
    for part in [head.as_bytes()]
        .into_iter()
        .chain(lines.as_bytes().chunks(16 << 10))
    {
        timeout(Duration::from_secs(60), stream.write_all(part))
            .await
            .expect("nobody waits for the client to read")
            .unwrap();
    }
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!(
        answers
            .matches("\"verdict\":\"remove\",\"decided_by\"")
            .count(),
        1_000
    );
    app.end().await;
}

#[tokio::test]
async fn lines_that_move_one_case_all_get_through() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let line = |n: usize| {
        let mut line = comment(&format!("c-{n}"), "早安");
        line["member"]["nickname"] = json!(format!("版主本人{n}"));
        line["posted_at"] = json!(format!("2026-01-01T{:02}:{:02}:00Z", n / 60, n % 60));
        line.to_string()
    };
    let lines: Vec<String> = (0..100).map(line).collect();
    let answers = batch(&board, "", lines.join("\n")).await;
    let case = &answers[0]["case_id"];
    assert!(case.is_string(), "{}", answers[0]);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(
            (&answer["comment_id"], &answer["case_id"]),
            (&json!(format!("c-{n}")), case)
        );
    }
    app.end().await;
}

/// A batch whose lines a test sends one by one.
async fn open_batch(who: &Who) -> (tokio::sync::mpsc::Sender<String>, reqwest::Response) {
    let (lines, body) = tokio::sync::mpsc::channel::<String>(4);
    let body = futures_util::stream::unfold(body, |mut body| async {
        let line = body.recv().await?;
        Some((Ok::<_, std::io::Error>(line), body))
    });
    let request = who
        .request("POST", "/v1/moderations/batch")
        .header("content-type", "application/x-ndjson")
        .body(reqwest::Body::wrap_stream(body));
    let line = format!("{}\n", comment("c-1", "早安"));
    lines.send(line).await.unwrap();
    (lines, request.send().await.unwrap())
}

async fn revoke_first_key(app: &TestApp) {
    let keys = app.desk.accounts.keys().await.unwrap();
    let done = app.desk.accounts.revoke_key(&Caller::Operator, keys[0].id);
    done.await.unwrap();
}

#[tokio::test]
async fn a_revoked_key_stores_no_more_through_an_open_batch() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let (lines, response) = open_batch(&board).await;
    revoke_first_key(&app).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    // It may be over by now, so that nobody takes the line.
    let _ = lines.send(format!("{}\n", comment("c-2", "晚安"))).await;
    let text = timeout(Duration::from_secs(5), response.text());
    let text = text.await.unwrap().unwrap();
    let answers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 2, "{text}");
    assert_eq!(answers[0]["comment_id"], "c-1");
    assert_eq!(
        (&answers[1]["code"], &answers[1]["line"]),
        (&json!("bad-credentials"), &json!(null))
    );
    let told = app.key("read").await.get("/v1/comments/c-2").await;
    assert_eq!(told.problem(), (404, "not-found"));
    app.end().await;
}

#[tokio::test]
async fn a_batch_that_only_waits_ends_with_its_key() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let (_lines, response) = open_batch(&board).await;
    revoke_first_key(&app).await;
    let text = timeout(Duration::from_secs(5), response.text());
    let text = text.await.expect("it ends by itself").unwrap();
    assert!(
        text.lines().last().unwrap().contains("bad-credentials"),
        "{text}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_file_of_the_audit_breaks_off_with_its_key() {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpSocket,
    };
    let app = TestApp::start().await;
    let auditor = app.key("review").await;
    // More than the kernel keeps for a slow reader.
    let why = "這是很長的理由，".repeat(200);
    let laid = |n: usize| {
        let body = json!({"kind": "warn", "code": "insult", "reason": why});
        let path = format!("/v1/members/m-{n}/sanctions");
        let auditor = auditor.clone();
        async move { auditor.send("POST", &path, body).await.status }
    };
    for some in 0..30 {
        let told = futures_util::future::join_all((0..50).map(|n| laid(some * 50 + n))).await;
        assert!(told.iter().all(|status| *status == 201), "{told:?}");
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let mut stream = socket.connect(app.address).await.unwrap();
    let head = format!(
        "GET /v1/audit?format=ndjson HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        auditor.secret_text()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 1_024];
    stream.read_exact(&mut first).await.unwrap();
    revoke_first_key(&app).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let mut rest = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut rest));
    let _ = read.await.expect("the connection ends");
    let told = String::from_utf8_lossy(&rest)
        .matches("\"number\":")
        .count();
    assert!(told < 1_400, "{told} entries were told");
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it does not look whole");
    app.end().await;
}
