//! Half a character in a body, and an article of a title alone: what must not stop a post.

use serde_json::{Value, json};

use crate::app::{TestApp, Told, Who};

/// A body as it stands, not as a JSON writer would mend it.
async fn raw(by: &Who, method: &str, path: &str, body: &str) -> Told {
    let media = if path.contains("batch") {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let request = by.request(method, path).header("content-type", media);
    Told::of(request.body(body.to_owned()).send().await.unwrap()).await
}

const LONE: &str = "lone-surrogate";

#[tokio::test]
async fn a_cut_emoji_blocks_no_post_and_is_told() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let body = r#"{"comment_id":"c-1","member":{"id":"m-1","nickname":"阿明\ud83d"},"body":"早安\ud83d","tags":["好\ude00"]}"#;
    let told = raw(&board, "POST", "/v1/moderations", body).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let warned = |pointer: &str| json!({"pointer": pointer, "code": LONE});
    let all = [
        warned("/member/nickname"),
        warned("/body"),
        warned("/tags/0"),
    ];
    assert_eq!(told.json["warnings"], json!(all));
    let stored = board.get("/v1/comments/c-1").await.json;
    assert_eq!(stored["revisions"][0]["body"], "早安\u{fffd}");
    assert_eq!(stored.get("warnings"), None);

    // elsewhere, too; and in a batch each line tells its own
    let told = raw(
        &board,
        "PUT",
        "/v1/articles/a-1",
        r#"{"title":"頭\ud83d","body":"文"}"#,
    )
    .await;
    assert_eq!(
        (told.status, &told.json["warnings"][0]),
        (201, &warned("/title"))
    );
    let report = r#"{"reporter_id":"r-1","code":"insult","note":"他\udc00"}"#;
    let told = raw(&board, "POST", "/v1/comments/c-1/reports", report).await;
    assert_eq!(
        (told.status, &told.json["warnings"][0]),
        (201, &warned("/note"))
    );
    let lines = "{\"comment_id\":\"b-1\",\"body\":\"早\\ud83d\"}\n{\"comment_id\":\"b-2\",\"body\":\"早\"}\n{\"comment_id\":\"b\\ud83d\",\"body\":\"早\"}\n";
    let told = raw(&board, "POST", "/v1/moderations/batch", lines).await;
    let lines: Vec<Value> = told
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["warnings"], json!([warned("/body")]));
    assert_eq!(lines[1].get("warnings"), None);
    assert_eq!(
        (&lines[2]["status"], &lines[2]["line"]),
        (&json!(422), &json!(3))
    );
    app.end().await;
}

#[tokio::test]
async fn in_an_id_half_a_character_is_refused_and_a_replay_tells_it_again() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for (body, pointer) in [
        (r#"{"comment_id":"c\ud83d","body":"早"}"#, "/comment_id"),
        (
            r#"{"comment_id":"c-1","member":{"id":"\udc00"},"body":"早"}"#,
            "/member/id",
        ),
    ] {
        let told = raw(&board, "POST", "/v1/moderations", body).await;
        assert_eq!(told.status, 422);
        assert_eq!(
            told.faults(),
            [(pointer.to_owned(), "invalid-field".to_owned())]
        );
    }
    for _ in 0..2 {
        let request = board
            .request("POST", "/v1/moderations")
            .header("content-type", "application/json")
            .header("idempotency-key", "k-1")
            .body(r#"{"comment_id":"c-1","body":"早\ud83d"}"#);
        let told = Told::of(request.send().await.unwrap()).await;
        assert_eq!(
            (told.status, &told.json["warnings"][0]["code"]),
            (200, &json!(LONE))
        );
    }
    app.end().await;
}

#[tokio::test]
async fn an_article_may_be_a_title_alone() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for (body, status) in [
        (json!({"title": "影片:北約統帥訪日"}), 201),
        (json!({"title": "影片:北約統帥訪日", "body": ""}), 200),
        (json!({"title": "影片:北約統帥訪日", "body": null}), 200),
        (json!({"title": "影片:北約統帥訪日", "body": " "}), 422),
        (json!({"body": "沒有標題"}), 422),
    ] {
        let told = board.send("PUT", "/v1/articles/a-1", body.clone()).await;
        assert_eq!(told.status, status, "{body}: {}", told.text);
    }
    assert_eq!(board.get("/v1/articles/a-1").await.json["body"], "");
    let comment =
        json!({"comment_id": "c-1", "article_id": "a-1", "body": "早安", "tags": ["北約"]});
    let told = board.send("POST", "/v1/moderations", comment).await.json;
    assert_eq!(
        told["surfaces"]["tags"][0]["evidence"], "in-title",
        "{told}"
    );
    app.end().await;
}
