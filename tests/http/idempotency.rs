//! Asked twice, done once.

use banzhu::record::Role;
use serde_json::json;

use crate::app::{TestApp, Told, Who, comment};

async fn ask(who: &Who, path: &str, key: &str, body: &serde_json::Value) -> Told {
    Told::of(
        who.request("POST", path)
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .await
            .unwrap(),
    )
    .await
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let first = ask(&board, "/v1/moderations", "k-1", &comment("c-1", "早安")).await;
    let again = ask(&board, "/v1/moderations", "k-1", &comment("c-1", "早安")).await;
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert!(first.headers.get("idempotent-replayed").is_none());
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = ask(&board, "/v1/moderations", "k-1", &comment("c-1", "晚安")).await;
    assert_eq!(other.problem(), (422, "idempotency-key-reused"));
    let elsewhere = app.key("moderate").await;
    assert_eq!(
        ask(
            &elsewhere,
            "/v1/moderations",
            "k-1",
            &comment("c-2", "晚安")
        )
        .await
        .status,
        200
    );
    let long = ask(
        &board,
        "/v1/moderations",
        &"k".repeat(256),
        &comment("c-3", "晚安"),
    )
    .await;
    assert_eq!(long.problem(), (422, "invalid-fields"));
    app.end().await;
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let app = TestApp::start().await;
    let board = app.board().await;
    assert_eq!(
        ask(
            &board,
            "/v1/moderations",
            "k-1",
            &json!({"comment_id": "c-1"})
        )
        .await
        .status,
        422
    );
    assert_eq!(
        ask(&board, "/v1/moderations", "k-1", &comment("c-1", "早安"))
            .await
            .status,
        200
    );
    app.end().await;
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let app = TestApp::start().await;
    let admin = app.person("ada", Role::Admin).await;
    let body = json!({"name": "site", "scopes": ["moderate"]});
    let first = ask(&admin, "/v1/keys", "k-1", &body).await;
    assert!(first.json["key"].as_str().unwrap().starts_with("bz_"));
    let again = ask(&admin, "/v1/keys", "k-1", &body).await;
    assert_eq!(
        (again.status, &again.json["id"], &again.json["key"]),
        (201, &first.json["id"], &json!(null))
    );
    app.end().await;
}

#[tokio::test]
async fn a_ruling_sent_twice_is_one_ruling() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", flagged["case_id"].as_str().unwrap());
    let body = json!({"decision": "approve", "version": 1});
    let first = ask(&amy, &path, "k-1", &body).await;
    let again = ask(&amy, &path, "k-1", &body).await;
    assert_eq!(
        (first.status, again.status, &again.text),
        (201, 201, &first.text)
    );
    app.end().await;
}

#[tokio::test]
async fn twenty_at_once_with_one_key_make_one_thing() {
    let app = TestApp::start().await;
    let admin = app.person("ada", Role::Admin).await;
    let body = json!({"name": "site", "scopes": ["moderate"]});
    let calls = (0..20).map(|_| ask(&admin, "/v1/keys", "k-1", &body));
    let answers = futures_util::future::join_all(calls).await;
    for told in &answers {
        let in_use = told.problem() == (409, "idempotency-key-in-use");
        assert!(told.status == 201 || in_use, "{}", told.text);
    }
    let secrets = answers.iter().filter(|told| told.json["key"].is_string());
    assert_eq!(secrets.count(), 1, "the secret is told once");
    let keys = admin.get("/v1/keys").await.json;
    assert_eq!(keys["items"].as_array().unwrap().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_key_has_both_borders_and_holds_for_one_path() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let post =
        async |key: &str, path: &str, id: &str| ask(&board, path, key, &comment(id, "早安")).await;
    let longest = "~".repeat(255);
    assert_eq!(post(&longest, "/v1/moderations", "c-1").await.status, 200);
    for bad in ["", "has space", &"k".repeat(256)] {
        let told = post(bad, "/v1/moderations", "c-1").await;
        assert_eq!(
            told.faults(),
            [("Idempotency-Key".to_owned(), "invalid-field".to_owned())],
            "{bad:?}"
        );
    }
    let dry = "/v1/moderations?dry_run=true";
    assert_eq!(post("k-1", dry, "c-2").await.status, 200);
    assert_eq!(post("has space", dry, "c-2").await.status, 200);
    let first = post("k-1", "/v1/moderations", "c-3").await;
    assert!(first.headers.get("idempotent-replayed").is_none());
    let put = board
        .request("PUT", "/v1/articles/a-1")
        .header("Idempotency-Key", "has space")
        .json(&json!({"title": "颱風假", "body": "明天停班停課。"}));
    assert_eq!(put.send().await.unwrap().status(), 201);
    app.end().await;
}

#[tokio::test]
async fn that_none_waited_is_an_answer_too() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let next = async |key: &str| ask(&amy, "/v1/cases/next", key, &json!({})).await;
    let first = next("k-1").await;
    assert_eq!(
        (first.status, first.headers.get("idempotent-replayed")),
        (204, None)
    );
    board.post_comment("c-1", "你這個白痴").await;
    let again = next("k-1").await;
    assert_eq!((again.status, again.text.as_str()), (204, ""));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(next("k-2").await.status, 200);
    app.end().await;
}
