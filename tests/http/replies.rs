//! Saved replies, and judging again, over HTTP.

use banzhu::record::Role;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn moderators_keep_replies_and_rule_with_them() {
    let app = TestApp::start().await;
    let (board, amy, vic) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("vic", Role::Viewer).await,
    );
    let reply = json!({"title": "請理性討論", "text": {"zh-TW": "請就事論事。{rules}"}});
    assert_eq!(
        vic.send("POST", "/v1/replies", reply.clone()).await.status,
        403
    );
    let made = amy.send("POST", "/v1/replies", reply.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json["text"]["en"], "請就事論事。{rules}", "for both");
    let again = amy.send("POST", "/v1/replies", reply).await;
    assert_eq!(again.problem(), (409, "name-taken"));
    let bad = json!({"title": "題", "text": {"zh-TW": "{member}"}});
    let bad = amy.send("POST", "/v1/replies", bad).await;
    assert_eq!(bad.problem(), (422, "invalid-fields"));
    assert_eq!(bad.json["errors"][0]["pointer"], "/text/zh-TW");
    let path = format!("/v1/replies/{}", made.json["id"].as_str().unwrap());
    let better = json!({"title": "就事論事", "text": {"zh-TW": "請就事論事。", "en": "Be fair."}});
    let put = amy.send("PUT", &path, better).await;
    assert_eq!(
        (put.status, &put.json["text"]["en"]),
        (200, &json!("Be fair."))
    );
    assert_eq!(
        vic.get("/v1/replies").await.json["items"],
        json!([put.json])
    );
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let ruling = amy
        .send(
            "POST",
            &format!("/v1/cases/{}/rulings", flagged["case_id"].as_str().unwrap()),
            json!({"decision": "remove", "version": 1, "reply": put.json["id"]}),
        )
        .await;
    assert_eq!(ruling.status, 201, "{}", ruling.text);
    assert!(
        ruling.json["notice"]["zh-TW"]
            .as_str()
            .unwrap()
            .contains("請就事論事。")
    );
    let told = board.get("/v1/comments/c-1").await.json;
    assert_eq!(told["notice"], ruling.json["comment"]["notice"]);
    for status in [204, 204] {
        assert_eq!(amy.bare("DELETE", &path).await.status, status);
    }
    let unknown = amy
        .bare("DELETE", "/v1/replies/01J8ZQ4V7Q3M2K5T9XWB6C1D0E")
        .await;
    assert_eq!(unknown.problem(), (404, "not-found"));
    app.end().await;
}

#[tokio::test]
async fn judging_again_needs_a_preview_and_an_admin() {
    let app = TestApp::start().await;
    let (board, amy, ada) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    board.post_comment("c-1", "你這個白痴").await;
    let path = "/v1/comments/rejudge";
    let dry = format!("{path}?dry_run=true");
    assert_eq!(amy.send("POST", &dry, json!({})).await.status, 403);
    let preview = ada.send("POST", &dry, json!({"code": "insult"})).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert_eq!(
        (
            &preview.json["state"],
            &preview.json["counts"]["judged"],
            &preview.json["comments"]
        ),
        (&json!("previewed"), &json!(1), &json!(0))
    );
    assert_eq!(preview.json["samples"], json!([]));
    for (body, pointer) in [
        (json!({}), "/preview"),
        (json!({"code": "insult"}), "/preview"),
        (
            json!({"preview": preview.json["id"], "code": "insult"}),
            "/preview",
        ),
    ] {
        let refused = ada.send("POST", path, body).await;
        assert_eq!(refused.problem(), (422, "invalid-fields"));
        assert_eq!(refused.json["errors"][0]["pointer"], pointer);
    }
    let both = ada
        .send("POST", &dry, json!({"preview": preview.json["id"]}))
        .await;
    assert_eq!(both.problem(), (422, "invalid-fields"));
    let unknown = ada.send(
        "POST",
        path,
        json!({"preview": "01J8ZQ4V7Q3M2K5T9XWB6C1D0E"}),
    );
    assert_eq!(unknown.await.problem(), (404, "not-found"));
    let begun = ada
        .send("POST", path, json!({"preview": preview.json["id"]}))
        .await;
    assert_eq!(
        (begun.status, &begun.json["state"]),
        (200, &json!("running"))
    );
    let progress = format!("/v1/rejudgements/{}", preview.json["id"].as_str().unwrap());
    let told = ada.get(&progress).await;
    assert_eq!((told.status, &told.json["id"]), (200, &preview.json["id"]));
    assert_eq!(
        ada.get("/v1/rejudgements").await.json["items"][0]["id"],
        told.json["id"]
    );
    assert_eq!(amy.get(&progress).await.status, 403);
    app.end().await;
}
