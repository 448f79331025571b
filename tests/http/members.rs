//! Members over HTTP: nicknames judged alone, standing, history, sanctions and who may lay them.

use banzhu::record::Role;
use serde_json::json;

use crate::app::{TestApp, steady};

#[tokio::test]
async fn a_nickname_alone_and_how_the_member_stands() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let told = board
        .send("PUT", "/v1/members/m-9", json!({"nickname": "幹你娘"}))
        .await;
    assert_eq!(told.status, 201);
    insta::assert_json_snapshot!(steady(told.json));
    let again = board
        .send(
            "PUT",
            "/v1/members/m-9",
            json!({"nickname": "阿明", "verified": true}),
        )
        .await;
    assert_eq!(
        (again.status, &again.json["verdict"]),
        (200, &json!("allow"))
    );
    let member = board.get("/v1/members/m-9").await;
    assert_eq!(member.status, 200);
    insta::assert_json_snapshot!(steady(member.json));
    let unknown = board.get("/v1/members/m-never").await;
    assert_eq!(
        (unknown.status, &unknown.json["standing"]),
        (200, &json!("good"))
    );
    app.end().await;
}

#[tokio::test]
async fn a_nickname_needs_what_it_needs() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for (body, pointer, code) in [
        (json!({}), "/nickname", "missing-field"),
        (
            json!({"nickname": " \u{200b}"}),
            "/nickname",
            "invalid-field",
        ),
        (
            json!({"nickname": "長".repeat(41)}),
            "/nickname",
            "nickname-too-long",
        ),
        (
            json!({"nickname": "阿明", "verified": "yes"}),
            "/verified",
            "invalid-field",
        ),
        (
            json!({"nickname": "阿明", "tags": []}),
            "/tags",
            "unknown-field",
        ),
    ] {
        let told = board.send("PUT", "/v1/members/m-9", body.clone()).await;
        assert_eq!(
            told.faults(),
            [(pointer.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn sanctions_are_laid_lifted_and_audited() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let path = "/v1/members/m-1/sanctions";
    let asked = json!({"kind": "suspend", "days": 7, "code": "insult", "reason": "屢勸不聽"});
    assert_eq!(board.send("POST", path, asked.clone()).await.status, 403);
    for (body, pointer, code) in [
        (json!({"kind": "warn"}), "/reason", "missing-field"),
        (
            json!({"kind": "suspend", "reason": "x"}),
            "/days",
            "invalid-field",
        ),
        (
            json!({"kind": "warn", "reason": "x", "code": "flood"}),
            "/code",
            "invalid-field",
        ),
    ] {
        let told = amy.send("POST", path, body.clone()).await;
        assert_eq!(
            told.faults(),
            [(pointer.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    let laid = amy.send("POST", path, asked).await;
    assert_eq!(laid.status, 201);
    insta::assert_json_snapshot!(steady(laid.json.clone()));
    let held = board.post_comment("c-1", "大家早安").await;
    assert_eq!(
        (&held["verdict"], &held["member_standing"]),
        (&json!("remove"), &json!("suspended"))
    );

    let lift = format!("/v1/sanctions/{}/lift", laid.json["id"].as_str().unwrap());
    let told = amy.send("POST", &lift, json!({})).await;
    assert_eq!(
        told.faults(),
        [("/reason".to_owned(), "missing-field".to_owned())]
    );
    let body = json!({"reason": "查明無誤", "restore": "yes"});
    let told = amy.send("POST", &lift, body).await;
    assert_eq!(
        told.faults(),
        [("/restore".to_owned(), "invalid-field".to_owned())]
    );
    let lifted = amy.send("POST", &lift, json!({"reason": "查明無誤"})).await;
    assert_eq!(
        (lifted.status, &lifted.json["lifted"]["reason"]),
        (200, &json!("查明無誤"))
    );
    assert_eq!(board.get("/v1/members/m-1").await.json["standing"], "good");
    let audit = amy.get("/v1/audit?subject=member:m-1").await.json;
    let actions: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["action"].clone())
        .collect();
    assert_eq!(actions, ["sanction.lifted", "sanction.laid"]);
    let history = amy.get("/v1/members/m-1/history").await;
    assert_eq!(history.status, 200);
    assert_eq!(history.json["comments"][0]["comment_id"], "c-1");
    // what it blocked comes back when that is asked for
    assert_eq!(
        board.get("/v1/comments/c-1").await.json["verdict"],
        "remove"
    );
    let body = json!({"reason": "查明無誤", "restore": true});
    let restored = amy.send("POST", &lift, body).await;
    assert_eq!(
        (restored.status, &restored.json["restored"]),
        (200, &json!(true))
    );
    app.desk.background.run_background().await.unwrap();
    let verdict = &board.get("/v1/comments/c-1").await.json["verdict"];
    assert_eq!(verdict, "allow");
    let nothing = "/v1/sanctions/01ARZ3NDEKTSV4RRFFQ69G5FAV/lift";
    assert_eq!(
        amy.send("POST", nothing, json!({"reason": "x"}))
            .await
            .problem(),
        (404, "not-found")
    );
    app.end().await;
}
