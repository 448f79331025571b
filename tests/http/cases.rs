//! The queue over HTTP: list, claim, rule, undo, audit.

use banzhu::access::Role;
use serde_json::json;

use crate::app::{TestApp, steady};

#[tokio::test]
async fn a_case_from_flag_to_undo() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    board.post_comment("c-1", "你這個白痴").await;
    let queue = amy.get("/v1/cases").await;
    insta::assert_json_snapshot!(steady(queue.json));
    let held = amy.bare("POST", "/v1/cases/next").await;
    assert_eq!(
        (held.status, &held.json["claim"]["by"]),
        (200, &json!("amy"))
    );
    let id = held.json["id"].as_str().unwrap().to_owned();
    let ruling = amy
        .send(
            "POST",
            &format!("/v1/cases/{id}/rulings"),
            json!({"decision": "remove", "version": 1, "note": "辱罵"}),
        )
        .await;
    assert_eq!(ruling.status, 201, "{}", ruling.text);
    assert_eq!(ruling.json["comment"]["verdict"], "remove");
    insta::assert_json_snapshot!(steady(ruling.json.clone()), {".comment" => "[comment]"});
    assert_eq!(
        board.get("/v1/comments/c-1").await.json["decided_by"],
        "moderator"
    );
    let undo = amy
        .bare(
            "POST",
            &format!("/v1/rulings/{}/undo", ruling.json["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!((undo.status, &undo.json["version"]), (200, &json!(3)));
    assert_eq!(board.get("/v1/comments/c-1").await.json["verdict"], "flag");
    let audit = amy.get("/v1/audit?subject=comment:c-1").await.json;
    let actions: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "ruling.undone",
            "ruling.made",
            "case.claimed",
            "case.opened",
            "comment.judged"
        ]
    );
    app.end().await;
}

#[tokio::test]
async fn the_second_of_two_moderators_is_told_and_shown_the_newer_state() {
    let app = TestApp::start().await;
    let (board, amy, ben) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ben", Role::Moderator).await,
    );
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}", flagged["case_id"].as_str().unwrap());
    assert_eq!(amy.bare("POST", &format!("{path}/claim")).await.status, 200);
    let refused = ben
        .send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "approve", "version": 1}),
        )
        .await;
    assert_eq!(
        (refused.problem(), &refused.json["claim"]["by"]),
        ((409, "case-claimed"), &json!("amy"))
    );
    assert_eq!(
        ben.bare("POST", &format!("{path}/claim")).await.problem(),
        (409, "case-claimed")
    );
    assert_eq!(
        ben.bare("DELETE", &format!("{path}/claim")).await.problem(),
        (409, "case-claimed")
    );
    assert_eq!(
        amy.bare("DELETE", &format!("{path}/claim")).await.status,
        204
    );
    assert_eq!(
        ben.send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "approve", "version": 1})
        )
        .await
        .status,
        201
    );
    let late = amy
        .send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "remove", "version": 1}),
        )
        .await;
    assert_eq!(
        (late.problem(), &late.json["case"]["version"]),
        ((409, "case-changed"), &json!(2))
    );
    app.end().await;
}

#[tokio::test]
async fn fifty_callers_never_get_the_same_case() {
    let app = TestApp::start().await;
    let (board, reviewer) = (app.board().await, app.key("review").await);
    for n in 0..19 {
        board.post_comment(&format!("c-{n}"), "你這個白痴").await;
    }
    let mut people = Vec::new();
    for n in 0..3 {
        people.push(app.person(&format!("mod-{n}"), Role::Moderator).await);
    }

    let calls = (0..50).map(|n| {
        let who = if n % 2 == 0 {
            reviewer.clone()
        } else {
            people[n % 3].clone()
        };
        async move { who.bare("POST", "/v1/cases/next").await }
    });
    let answers = futures_util::future::join_all(calls).await;
    let mut ids: Vec<_> = answers
        .iter()
        .filter(|told| told.status == 200)
        .map(|told| told.json["id"].to_string())
        .collect();
    let handed_out = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), handed_out), (19, 19));
    assert!(answers.iter().all(|told| matches!(told.status, 200 | 204)));
    app.end().await;
}

#[tokio::test]
async fn a_ruling_needs_what_it_needs() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", flagged["case_id"].as_str().unwrap());
    let case = async |body: serde_json::Value, pointer: &str, code: &str| {
        let told = amy.send("POST", &path, body.clone()).await;
        assert_eq!(
            told.faults(),
            [(pointer.to_owned(), code.to_owned())],
            "{body} {}",
            told.text
        );
    };
    case(json!({"version": 1}), "/decision", "missing-field").await;
    case(json!({"decision": "approve"}), "/version", "missing-field").await;
    case(
        json!({"decision": "perhaps", "version": 1}),
        "/decision",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "escalate", "version": 1}),
        "/note",
        "missing-field",
    )
    .await;
    case(
        json!({"decision": "remove_tags", "version": 1}),
        "/tags",
        "missing-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "code": "flood"}),
        "/code",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "note": "長".repeat(2_001)}),
        "/note",
        "note-too-long",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "sanction": {"kind": "warn"}}),
        "/sanction",
        "unknown-field",
    )
    .await;
    app.end().await;
}
