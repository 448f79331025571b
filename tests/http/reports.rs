//! Reports, appeals, cases taken up, many rulings at once, statistics: over HTTP.

use banzhu::record::Role;
use serde_json::{Value, json};

use crate::app::{TestApp, comment};

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_report_is_made_counted_once_and_told_of() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let readers = app.key("report").await;
    board.post_comment("c-1", "祝大家早安").await;
    let body = json!({"reporter_id": "r-1", "code": "insult", "note": "他在罵人"});
    let made = readers
        .send("POST", "/v1/comments/c-1/reports", body.clone())
        .await;
    assert_eq!(
        (made.status, &made.json["status"]),
        (201, &json!("open")),
        "{}",
        made.text
    );
    let again = readers.send("POST", "/v1/comments/c-1/reports", body).await;
    assert_eq!((again.status, &again.json["id"]), (200, &made.json["id"]));
    let unknown = json!({"reporter_id": "r-1", "code": "insult"});
    assert_eq!(
        readers
            .send("POST", "/v1/comments/c-9/reports", unknown)
            .await
            .problem(),
        (404, "not-found")
    );
    let along = json!({"reporter_id": "r-1", "code": "insult", "comment": comment("c-9", "早")});
    assert_eq!(
        readers
            .send("POST", "/v1/comments/c-9/reports", along)
            .await
            .status,
        201
    );
    let wrong =
        json!({"reporter_id": "r-1", "code": "flood", "surface": "hat", "comment": {"body": " "}});
    let faults = readers
        .send("POST", "/v1/comments/c-8/reports", wrong)
        .await
        .faults();
    assert!(
        faults.contains(&("/comment/body".to_owned(), "comment-empty".to_owned())),
        "{faults:?}"
    );

    let case = amy.bare("POST", "/v1/cases/next").await.json;
    assert_eq!(
        (&case["reports"], &case["source"]),
        (&json!(1), &json!("report"))
    );
    assert_eq!(case["reported"]["items"][0]["note"], "他在罵人");
    let path = format!("/v1/cases/{}/rulings", text(&case["id"]));
    let ruling = json!({"decision": "remove", "version": case["version"], "code": "insult"});
    assert_eq!(amy.send("POST", &path, ruling).await.status, 201);
    let told = readers
        .get(&format!("/v1/reports/{}", text(&made.json["id"])))
        .await
        .json;
    assert_eq!(told["status"], "upheld");
    assert!(
        told["ended_at"].is_string() && told["notice"]["zh-TW"].as_str().unwrap().contains("感謝")
    );
    let list = readers.get("/v1/reports?reporter_id=r-1").await.json;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let muted = amy
        .send(
            "POST",
            "/v1/reporters/r-1/mute",
            json!({"days": 3, "reason": "測試"}),
        )
        .await;
    assert_eq!((muted.status, &muted.json["weight"]), (200, &json!(0.0)));
    assert_eq!(
        amy.bare("DELETE", "/v1/reporters/r-1/mute").await.status,
        204
    );
    assert_eq!(
        amy.bare("DELETE", "/v1/reporters/r-1/mute").await.status,
        204
    );
    let unheard = json!({"days": 3, "reason": "他處來的檢舉機器人"});
    let muted = amy.send("POST", "/v1/reporters/r-new/mute", unheard).await;
    assert_eq!(
        (muted.status, &muted.json["weight"]),
        (200, &json!(0.0)),
        "{}",
        muted.text
    );
    let never = "/v1/reporters/r-never/mute";
    assert_eq!(
        amy.bare("DELETE", never).await.problem(),
        (404, "not-found")
    );
    let dismissed = amy
        .send(
            "POST",
            "/v1/reporters/r-1/dismiss",
            json!({"reason": "惡意"}),
        )
        .await;
    assert_eq!(
        (dismissed.status, &dismissed.json["dismissed"]),
        (200, &json!(1))
    );
    app.end().await;
}

#[tokio::test]
async fn a_report_sent_twice_with_a_key_is_one_answer() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let readers = app.key("report").await;
    board.post_comment("c-1", "祝大家早安").await;
    let send = async || {
        let request = readers
            .request("POST", "/v1/comments/c-1/reports")
            .header("Idempotency-Key", "k-1");
        let response = request
            .json(&json!({"reporter_id": "r-1", "code": "insult"}))
            .send()
            .await
            .unwrap();
        crate::app::Told::of(response).await
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(
        (first.status, second.status, &first.json),
        (201, 201, &second.json)
    );
    assert_eq!(second.headers["Idempotent-Replayed"], "true");
    app.end().await;
}

#[tokio::test]
async fn an_appeal_from_removal_to_outcome() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let readers = app.key("report").await;
    board.post_comment("c-1", "幹你娘").await;
    let path = "/v1/comments/c-1/appeals";
    let body = |member: &str| json!({"member_id": member, "statement": "那是引用"});
    assert_eq!(
        readers.send("POST", path, body("m-2")).await.faults(),
        [("/member_id".to_owned(), "invalid-field".to_owned())]
    );
    let made = readers.send("POST", path, body("m-1")).await;
    assert_eq!(
        (made.status, &made.json["status"]),
        (201, &json!("open")),
        "{}",
        made.text
    );
    assert_eq!(
        readers.send("POST", path, body("m-1")).await.problem(),
        (409, "already-appealed")
    );
    let case = amy
        .get(&format!("/v1/cases/{}", text(&made.json["case_id"])))
        .await
        .json;
    assert_eq!(case["appeal"]["statement"], "那是引用");
    let ruling = json!({"decision": "approve", "version": case["version"]});
    let path = format!("/v1/cases/{}/rulings", text(&case["id"]));
    assert_eq!(
        amy.send("POST", &path, ruling).await.json["comment"]["decided_by"],
        "appeal"
    );
    let told = readers
        .get(&format!("/v1/appeals/{}", text(&made.json["id"])))
        .await
        .json;
    assert_eq!(told["status"], "overturned");
    board.post_comment("c-2", "早安").await;
    assert_eq!(
        readers
            .send("POST", "/v1/comments/c-2/appeals", body("m-1"))
            .await
            .problem(),
        (409, "nothing-to-appeal")
    );
    app.end().await;
}

#[tokio::test]
async fn a_case_is_taken_up_noted_skipped_and_released_on_sign_out() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let ben = app.person("ben", Role::Moderator).await;
    board.post_comment("c-1", "祝大家早安").await;
    let body = json!({"comment_id": "c-1", "code": "knowingly-false", "note": "請查證"});
    let case = amy.send("POST", "/v1/cases", body.clone()).await;
    assert_eq!(
        (case.status, &case.json["claim"]["by"], &case.json["source"]),
        (201, &json!("amy"), &json!("moderator"))
    );
    assert_eq!(
        ben.send("POST", "/v1/cases", body).await.problem(),
        (409, "case-claimed")
    );
    let both = json!({"comment_id": "c-1", "member_id": "m-1", "code": "other"});
    assert_eq!(amy.send("POST", "/v1/cases", both).await.problem().0, 422);
    let id = text(&case.json["id"]);
    let note = amy
        .send(
            "POST",
            &format!("/v1/cases/{id}/notes"),
            json!({"text": "看起來是真的"}),
        )
        .await;
    assert_eq!((note.status, &note.json["by"]), (201, &json!("amy")));
    let skipped = amy.bare("POST", &format!("/v1/cases/{id}/skip")).await;
    assert_eq!(
        (
            skipped.status,
            &skipped.json["skips"],
            &skipped.json["claim"]
        ),
        (200, &json!(1), &Value::Null)
    );
    assert_eq!(skipped.json["notes"].as_array().unwrap().len(), 2);
    assert_eq!(amy.bare("POST", "/v1/cases/next").await.status, 204);
    assert_eq!(
        ben.bare("POST", "/v1/cases/next").await.json["id"].as_str(),
        Some(id.as_str())
    );
    assert_eq!(ben.bare("DELETE", "/v1/session").await.status, 204);
    assert_eq!(
        amy.get(&format!("/v1/cases/{id}")).await.json["claim"],
        Value::Null,
        "who goes leaves nothing locked"
    );
    app.end().await;
}

#[tokio::test]
async fn many_rulings_each_for_itself() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let mut items = Vec::new();
    for n in 0..3 {
        let posted = board.post_comment(&format!("c-{n}"), "你這個白痴").await;
        items.push(json!({"case_id": posted["case_id"], "decision": "remove", "version": 1}));
    }
    items[1]["version"] = json!(9);
    items
        .push(json!({"case_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "decision": "remove", "version": 1}));
    items.push(json!({"decision": "perhaps", "version": 1}));
    let told = amy
        .send("POST", "/v1/rulings/bulk", json!({"items": items}))
        .await;
    assert_eq!(told.status, 200, "{}", told.text);
    let done = told.json["items"].as_array().unwrap();
    assert!(done[0]["ruling"]["id"].is_string() && done[2]["ruling"]["id"].is_string());
    let code = |n: usize| done[n]["problem"]["code"].as_str();
    assert_eq!(
        (code(1), code(3), code(4)),
        (
            Some("case-changed"),
            Some("not-found"),
            Some("invalid-fields")
        )
    );
    let bare = amy
        .send(
            "POST",
            "/v1/rulings/bulk",
            json!([{"case_id": done[1]["case_id"], "decision": "approve", "version": 1}]),
        )
        .await;
    assert!(
        bare.json["items"][0]["ruling"]["id"].is_string(),
        "{}",
        bare.text
    );
    assert_eq!(
        amy.send("POST", "/v1/rulings/bulk", json!({"items": []}))
            .await
            .problem()
            .0,
        422
    );
    app.end().await;
}

#[tokio::test]
async fn statistics_by_every_kind_and_as_a_file() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let posted = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", text(&posted["case_id"]));
    amy.send("POST", &path, json!({"decision": "approve", "version": 1}))
        .await;
    let total = amy.get("/v1/stats").await.json["total"].clone();
    assert_eq!(
        (
            &total["received"],
            &total["verdicts"]["flag"],
            &total["ruled"]["approve"]
        ),
        (&json!(1), &json!(1), &json!(1))
    );
    for (by, key) in [
        ("rule", "abuse"),
        ("code", "insult"),
        ("moderator", "amy"),
        ("term", "白痴"),
    ] {
        let items = amy.get(&format!("/v1/stats?by={by}")).await.json["items"].clone();
        assert!(
            items
                .as_array()
                .unwrap()
                .iter()
                .any(|item| item["key"] == key),
            "{by} {items}"
        );
    }
    let term = amy.get("/v1/stats?by=term").await.json["items"][0].clone();
    assert_eq!((&term["hits"], &term["dismissed"]), (&json!(1), &json!(1)));
    let file = amy.get("/v1/stats?by=term&format=csv").await;
    assert!(
        file.text.starts_with("key,received,") && file.text.contains("白痴,"),
        "{}",
        file.text
    );
    let columns = |line: &str| line.split(',').count();
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(columns(lines[0]), columns(lines[1]));
    assert_eq!(amy.get("/v1/stats?by=weather").await.problem().0, 422);
    assert_eq!(
        amy.get("/v1/stats?from=2026-02-01&to=2026-01-01")
            .await
            .problem()
            .0,
        422
    );
    app.end().await;
}

#[tokio::test]
async fn a_member_is_exported_and_erased_by_admins() {
    let app = TestApp::start().await;
    let (board, ada) = (app.board().await, app.person("ada", Role::Admin).await);
    board.post_comment("c-1", "祝大家早安").await;
    board.post_comment("c-2", "祝大家晚安").await;
    let held = ada
        .send(
            "POST",
            "/v1/comments/c-2/hold",
            json!({"reason": "警方調閱"}),
        )
        .await;
    assert_eq!(held.status, 200, "{}", held.text);
    let data = ada.get("/v1/members/m-1/data").await.json;
    assert_eq!(data["comments"].as_array().unwrap().len(), 2);
    let told = ada.bare("DELETE", "/v1/members/m-1/data").await;
    assert_eq!(
        (told.status, &told.json["erased"]["comments"]),
        (200, &json!(1))
    );
    let kept = &told.json["erasure"]["kept"][0];
    assert_eq!(
        (&kept["what"], &kept["why"]),
        (&json!("comment:c-2"), &json!("hold"))
    );
    let data = ada.get("/v1/members/m-1/data").await.json;
    assert_eq!(data["erasure"], told.json["erasure"]);
    let first = board.get("/v1/comments/c-1").await;
    assert!(
        first.json["purged_at"].is_string() && !first.text.contains("早安"),
        "{}",
        first.text
    );
    assert!(board.get("/v1/comments/c-2").await.text.contains("晚安"));
    assert_eq!(
        ada.bare("DELETE", "/v1/comments/c-2/hold").await.status,
        204
    );
    app.desk.privacy.erase_pending().await.unwrap();
    assert!(!board.get("/v1/comments/c-2").await.text.contains("晚安"));
    assert_eq!(
        ada.get("/v1/members/m-never/data").await.problem(),
        (404, "not-found")
    );
    app.end().await;
}
