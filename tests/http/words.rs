//! Words over HTTP: who may, what is refused where, and in force on the next request.

use banzhu::record::Role;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn an_admin_adds_changes_retires_and_rolls_back() {
    let app = TestApp::start().await;
    let (board, ada) = (app.board().await, app.person("ada", Role::Admin).await);
    let body = "你這個臭芋泥";
    assert_eq!(board.post_comment("c-1", body).await["verdict"], "allow");
    let new = json!({"code": "insult", "term": "臭芋泥", "severity": 3, "reason": "新的罵法"});
    let added = ada.send("POST", "/v1/terms", new.clone()).await;
    assert_eq!(added.status, 201, "{}", added.json);
    let judged = board.post_comment("c-2", body).await;
    assert_eq!(judged["verdict"], "flag");
    assert_eq!(judged["reasons"][0]["term"], "臭芋泥");

    let twice = ada.send("POST", "/v1/terms", new).await;
    assert_eq!(twice.status, 422);
    assert_eq!(twice.faults()[0].0, "/term");
    let path = format!("/v1/terms/{}", added.json["id"].as_str().unwrap());
    let milder =
        json!({"code": "insult", "term": "臭芋泥", "severity": 1, "reason": "太兇", "expect": 1});
    assert_eq!(ada.send("PUT", &path, milder).await.json["severity"], 1);
    assert_eq!(board.post_comment("c-3", body).await["verdict"], "allow");
    let gone = ada.send("DELETE", &path, json!({"reason": "不用了"})).await;
    assert_eq!((gone.status, &gone.json["retired"]), (200, &json!(true)));
    let steps = ada.get("/v1/rulebook/steps").await.json;
    assert_eq!(steps["items"].as_array().unwrap().len(), 3);
    let tried = json!({"retire": added.json["id"], "newest": 100});
    let tried = ada.send("POST", "/v1/rulebook/preview", tried).await;
    assert_eq!(
        (tried.status, &tried.json["tried"]),
        (200, &json!(3)),
        "{}",
        tried.json
    );
    let two = json!({"retire": added.json["id"], "rollback": 1});
    let two = ada.send("POST", "/v1/rulebook/preview", two).await;
    assert_eq!(two.faults()[0].0, "");
    let back = json!({"version": 1, "reason": "還是要"});
    let back = ada.send("POST", "/v1/rulebook/rollback", back).await;
    assert_eq!((back.status, &back.json["version"]), (200, &json!(4)));
    assert_eq!(board.post_comment("c-4", body).await["verdict"], "flag");
    let listed = ada.get("/v1/terms?origin=added&q=芋泥").await.json;
    assert_eq!(listed["items"][0]["severity"], 3);
    assert_eq!(ada.get("/v1/rulebook").await.json["words"], 4);
    let suggested = ada.get("/v1/suggestions").await;
    assert_eq!(
        (suggested.status, &suggested.json["items"]),
        (200, &json!([]))
    );
    let unknown = json!({"decision": "take", "reason": "常見"});
    let unknown = ada.send("POST", "/v1/suggestions/0123", unknown).await;
    assert_eq!(unknown.problem(), (404, "not-found"));
    let example = json!({"text": "第一行\n第二行", "label": "harmless", "reason": "只是聊天"});
    let example = ada.send("POST", "/v1/examples", example).await;
    assert_eq!(
        (example.status, &example.json["text"]),
        (201, &json!("第一行\n第二行"))
    );
    app.end().await;
}

#[tokio::test]
async fn moderators_read_words_and_change_none() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let listed = amy.get("/v1/exceptions?limit=3").await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 3);
    let id = listed.json["items"][0]["id"].as_str().unwrap().to_owned();
    let new = json!({"phrase": "臭芋泥蛋糕", "reason": "蛋糕"});
    for (method, path) in [
        ("POST", "/v1/exceptions".to_owned()),
        ("PUT", format!("/v1/exceptions/{id}")),
    ] {
        let refused = amy.send(method, &path, new.clone()).await;
        assert_eq!(refused.problem(), (403, "forbidden"), "{method} {path}");
    }
    assert_eq!(board.get("/v1/terms").await.status, 403);
    assert_eq!(amy.get("/v1/terms?colour=red").await.status, 422);
    app.end().await;
}
