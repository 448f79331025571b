//! What comes along with a report: by a key that may hand in reports alone nothing of it is written as the board's.

use banzhu::record::Role;
use serde_json::{Value, json};

use crate::app::{TestApp, Who};

/// A whole comment under an article that nobody has stored, by a member who is not known.
fn along(body: &str) -> Value {
    json!({
        "article_id": "story-1",
        "article": {"title": "假新聞", "body": "沒有這回事。"},
        "member": {"id": "m-9", "nickname": "幹你娘", "verified": true},
        "body": body,
        "tags": ["美食"],
    })
}

fn report(comment: Value) -> Value {
    json!({"reporter_id": "r-1", "code": "insult", "comment": comment})
}

async fn hand_in(by: &Who, id: &str, body: Value) -> Value {
    let told = by
        .send("POST", &format!("/v1/comments/{id}/reports"), body)
        .await;
    assert_eq!(told.status, 201, "{}", told.text);
    told.json
}

/// What is known of the member and the article: names, whether vouched for, comments that count, the article.
async fn written(app: &TestApp, admin: &Who) -> (Value, Value, u16) {
    let member = admin.get("/v1/members/m-9").await.json;
    let history = admin.get("/v1/members/m-9/history").await.json;
    let article = app.board().await.get("/v1/articles/story-1").await.status;
    (
        member["verified"].clone(),
        history["nicknames"].clone(),
        article,
    )
}

#[tokio::test]
async fn only_who_may_hand_in_comments_writes_by_what_comes_along() {
    for (scopes, writes) in [
        ("report", false),
        ("report,read", false),
        ("report,review", false),
        ("report,moderate", true),
        ("admin", true),
    ] {
        let app = TestApp::start().await;
        let (key, admin) = (app.key(scopes).await, app.key("admin").await);
        hand_in(&key, "c-1", report(along("祝大家早安"))).await;
        let (_, nicknames, article) = written(&app, &admin).await;
        let has_names = nicknames.as_array().is_some_and(|names| !names.is_empty());
        assert_eq!(has_names, writes, "{scopes}: {nicknames}");
        assert_eq!(article == 200, writes, "{scopes}");
        let comment = admin.get("/v1/comments/c-1").await.json;
        assert_eq!(comment["provisional"] == json!(true), !writes, "{scopes}");
        // judged with the article that came along
        assert_eq!(
            comment["surfaces"]["tags"][0]["verdict"], "flag",
            "{comment}"
        );
        // no case about the nickname or the tag, which others share
        let cases = admin.get("/v1/cases").await.json;
        let kinds: Vec<&Value> = cases["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|case| &case["subject"]["kind"])
            .filter(|kind| *kind != "comment")
            .collect();
        assert_eq!(kinds.is_empty(), !writes, "{scopes}: {kinds:?}");
        app.end().await;
    }
}

#[tokio::test]
async fn what_the_board_says_of_itself_is_not_overwritten() {
    let app = TestApp::start().await;
    let (board, readers) = (app.board().await, app.key("report").await);
    let admin = app.key("admin").await;
    let article = json!({"title": "北約統帥訪日", "body": "雙方談了合作。"});
    board
        .send("PUT", "/v1/articles/story-1", article.clone())
        .await;
    let named = json!({"nickname": "南港阿明", "verified": false});
    board.send("PUT", "/v1/members/m-9", named).await;
    hand_in(&readers, "c-1", report(along("祝大家早安"))).await;
    let stored = board.get("/v1/articles/story-1").await.json;
    assert_eq!(stored["title"], article["title"]);
    let history = admin.get("/v1/members/m-9/history").await.json;
    let names: Vec<&Value> = history["nicknames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| &name["nickname"])
        .collect();
    assert_eq!(names, ["南港阿明"], "{history}");
    app.end().await;
}

#[tokio::test]
async fn the_boards_own_post_takes_the_place_of_what_came_along() {
    let app = TestApp::start().await;
    let (board, readers) = (app.board().await, app.key("report").await);
    let amy = app.person("amy", Role::Moderator).await;
    for id in ["same", "other"] {
        hand_in(&readers, id, report(along("你這個白痴"))).await;
    }
    // a second report brings nothing that would change it
    let again = json!({"reporter_id": "r-2", "code": "insult", "comment": {"body": "別的", "member": {"id": "m-2"}}});
    hand_in(&readers, "same", again).await;
    assert_eq!(
        board.get("/v1/comments/same").await.json["member_id"],
        "m-9"
    );

    // a ruling about it binds the comment, and strikes nobody
    let mut cases = Vec::new();
    for id in ["same", "other"] {
        let case = board.get(&format!("/v1/comments/{id}")).await.json["case_id"].clone();
        let path = format!("/v1/cases/{}", case.as_str().unwrap());
        let seen = amy.get(&path).await.json;
        assert_eq!(seen["proposed_sanction"], Value::Null, "{seen}");
        let version = &seen["version"];
        let struck = json!({"decision": "remove", "version": version, "code": "insult", "sanction": {"kind": "terminate"}});
        let told = amy.send("POST", &format!("{path}/rulings"), struck).await;
        assert_eq!(
            told.faults(),
            [("/sanction".to_owned(), "invalid-field".to_owned())]
        );
        let ruling = json!({"decision": "remove", "version": version, "code": "insult"});
        let told = amy.send("POST", &format!("{path}/rulings"), ruling).await;
        assert_eq!(told.status, 201, "{}", told.text);
        cases.push(path);
    }
    assert_eq!(amy.get("/v1/members/m-9").await.json["strikes"], json!([]));

    // word for word the same: the ruling holds, and now it is the member's
    let mut own = along("你這個白痴");
    own["comment_id"] = json!("same");
    let told = board.send("POST", "/v1/moderations", own).await;
    assert_eq!(
        (told.status, &told.json["verdict"]),
        (200, &json!("remove")),
        "{}",
        told.text
    );
    assert_eq!(told.json["decided_by"], "moderator");
    let comment = board.get("/v1/comments/same").await.json;
    assert_eq!(comment.get("provisional"), None);
    assert_eq!(comment["revisions"].as_array().unwrap().len(), 1);
    assert_eq!(board.get("/v1/articles/story-1").await.status, 200);
    assert_eq!(amy.get(&cases[0]).await.json["status"], "resolved");

    // other words by somebody else elsewhere: nothing of what came along is left, and the case waits again
    let own = json!({"comment_id": "other", "member": {"id": "m-3", "nickname": "阿華"}, "body": "祝大家早安"});
    let told = board.send("POST", "/v1/moderations", own.clone()).await;
    assert_eq!(
        (told.status, &told.json["verdict"]),
        (200, &json!("allow")),
        "{}",
        told.text
    );
    let comment = board.get("/v1/comments/other").await.json;
    assert_eq!(
        (&comment["member_id"], &comment["ruling_id"]),
        (&json!("m-3"), &Value::Null)
    );
    assert!(!comment.to_string().contains("白痴"), "{comment}");
    let case = amy.get(&cases[1]).await.json;
    assert_eq!(
        (&case["status"], &case["member"]["id"]),
        (&json!("open"), &json!("m-3"))
    );
    assert_eq!(
        board.send("POST", "/v1/moderations", own).await.json["revision"],
        told.json["revision"]
    );
    let history = amy.get("/v1/members/m-9/history").await.json;
    assert_eq!(
        history["comments"].as_array().unwrap().len(),
        1,
        "{history}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_key_for_both_takes_the_place_at_once_and_a_purged_one_keeps_its_author() {
    let app = TestApp::start().await;
    let (board, readers) = (app.board().await, app.key("report").await);
    let admin = app.key("admin").await;
    hand_in(&readers, "c-1", report(along("祝大家早安"))).await;
    let body = json!({"reporter_id": "r-2", "code": "insult", "comment": along("大家晚安")});
    hand_in(&board, "c-1", body).await;
    let comment = board.get("/v1/comments/c-1").await.json;
    assert_eq!(comment.get("provisional"), None);
    assert_eq!(comment["revisions"][0]["body"], "大家晚安");

    board.post_comment("c-2", "祝大家早安").await;
    admin.bare("DELETE", "/v1/members/m-1/data").await;
    assert!(board.get("/v1/comments/c-2").await.json["purged_at"].is_string());
    let told = readers
        .send("POST", "/v1/comments/c-2/reports", report(along("騙你的")))
        .await;
    assert_eq!(told.problem(), (409, "comment-conflict"));
    app.end().await;
}

#[tokio::test]
async fn a_report_of_a_nickname_that_came_along_opens_no_case_about_the_member() {
    let app = TestApp::start().await;
    let (readers, amy) = (
        app.key("report").await,
        app.person("amy", Role::Moderator).await,
    );
    let mut comment = along("早安");
    comment["member"]["nickname"] = json!("南港阿明");
    let body = json!({"reporter_id": "r-1", "code": "nickname-abuse", "surface": "nickname", "comment": comment});
    let made = hand_in(&readers, "c-1", body).await;
    let case = amy
        .get(&format!("/v1/cases/{}", made["case_id"].as_str().unwrap()))
        .await
        .json;
    assert_eq!(case["subject"], json!({"kind": "comment", "id": "c-1"}));
    app.end().await;
}
