//! `POST /v1/moderations`, articles, comments, `try`.

use serde_json::json;

use crate::app::{TestApp, comment, steady};

#[tokio::test]
async fn the_whole_answer_about_a_disguised_curse_and_its_tags() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let told = board
        .send(
            "POST",
            "/v1/moderations",
            json!({
                "comment_id": "c-1001", "url": "https://example.org/c-1001", "article_id": "story-1",
                "article": {"title": "北約最高統帥首度訪日", "body": "雙方談了十六個領域的合作。", "section": "國際"},
                "member": {"id": "m-9", "nickname": "南港阿明", "verified": false},
                "body": "說真的,幹 你 娘", "tags": ["北約", "頭香", "美食"], "parent_id": null, "posted_at": "2026-11-23T03:00:00Z"
            }),
        )
        .await;
    assert_eq!(told.status, 200);
    insta::assert_json_snapshot!(steady(told.json));
    let now = board.get("/v1/comments/c-1001").await;
    insta::assert_json_snapshot!(steady(now.json));
    app.end().await;
}

#[tokio::test]
async fn an_ordinary_comment_is_allowed_and_repeats_answer_the_same() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let first = board
        .post_comment("c-1", "這篇整理得很清楚,謝謝記者。")
        .await;
    assert_eq!(first["verdict"], "allow");
    assert_eq!(first["notice"], json!(null));
    assert_eq!(
        board
            .post_comment("c-1", "這篇整理得很清楚,謝謝記者。")
            .await,
        first
    );
    let edit = board.post_comment("c-1", "你這個白痴").await;
    assert_eq!(
        (&edit["revision"], &edit["verdict"]),
        (&json!(2), &json!("flag"))
    );
    app.end().await;
}

#[tokio::test]
async fn an_id_with_everything_in_it_is_found_again() {
    let app = TestApp::start().await;
    let board = app.board().await;
    board.post_comment("板/貼文 1?%#", "早安").await;
    let path = "/v1/comments/%E6%9D%BF%2F%E8%B2%BC%E6%96%87%201%3F%25%23";
    let told = board.get(path).await;
    assert_eq!(
        (told.status, told.json["comment_id"].as_str()),
        (200, Some("板/貼文 1?%#"))
    );
    assert_eq!(board.bare("DELETE", path).await.status, 204);
    assert_eq!(board.bare("DELETE", path).await.status, 204);
    assert_eq!(
        board.bare("DELETE", "/v1/comments/c-none").await.problem(),
        (404, "not-found")
    );
    let after = board
        .send("POST", "/v1/moderations", comment("板/貼文 1?%#", "又來"))
        .await;
    assert_eq!(after.problem(), (409, "comment-withdrawn"));
    app.end().await;
}

#[tokio::test]
async fn spans_count_code_points_across_emoji_and_marks() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let answer = board.post_comment("c-1", "👨‍👩‍👧 é̈ 你這個白痴").await;
    let reason = &answer["reasons"][0];
    let text: Vec<char> = "👨‍👩‍👧 é̈ 你這個白痴".chars().collect();
    let (start, end) = (
        reason["start"].as_u64().unwrap() as usize,
        reason["end"].as_u64().unwrap() as usize,
    );
    assert_eq!(text[start..end].iter().collect::<String>(), "白痴");
    app.end().await;
}

#[tokio::test]
async fn articles_are_made_changed_and_left_alone() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let article = json!({"title": "颱風假", "body": "明天停班停課。", "tags": ["颱風"]});
    assert_eq!(
        board
            .send("PUT", "/v1/articles/story-1", article.clone())
            .await
            .status,
        201
    );
    let stored = board.get("/v1/articles/story-1").await.json;
    assert_eq!(
        board
            .send("PUT", "/v1/articles/story-1", article)
            .await
            .json,
        stored
    );
    let changed = json!({"title": "颱風假", "body": "明天正常上班。"});
    assert_eq!(
        board
            .send("PUT", "/v1/articles/story-1", changed)
            .await
            .status,
        200
    );
    assert_eq!(
        board.get("/v1/articles/story-1").await.json["body"],
        "明天正常上班。"
    );
    assert_eq!(
        board.get("/v1/articles/none").await.problem(),
        (404, "not-found")
    );
    let missing = board
        .send(
            "PUT",
            "/v1/articles/story-1",
            json!({"title": "", "section": "長".repeat(41)}),
        )
        .await;
    let faults = missing.faults();
    assert!(
        faults.contains(&("/title".to_owned(), "missing-field".to_owned())),
        "{faults:?}"
    );
    assert!(
        faults.contains(&("/section".to_owned(), "invalid-field".to_owned())),
        "{faults:?}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let told = board
        .send(
            "POST",
            "/v1/moderations?dry_run=true",
            comment("c-1", "你這個白痴"),
        )
        .await;
    assert_eq!(
        (
            &told.json["verdict"],
            &told.json["id"],
            &told.json["case_id"]
        ),
        (&json!("flag"), &json!(null), &json!(null))
    );
    assert_eq!(
        board.get("/v1/comments/c-1").await.problem(),
        (404, "not-found")
    );
    app.end().await;
}

#[tokio::test]
async fn try_explains_what_stands_and_what_was_dropped() {
    let app = TestApp::start().await;
    let reader = app.key("read").await;
    let told = reader
        .send(
            "POST",
            "/v1/try",
            json!({"body": "白痴造句法很好看", "tags": ["頭香"]}),
        )
        .await;
    assert_eq!((told.status, &told.json["verdict"]), (200, &json!("allow")));
    let dropped = told.json["candidates"].as_array().unwrap();
    assert!(
        dropped
            .iter()
            .any(|candidate| candidate["dropped"]["by"] == "exception"),
        "{dropped:?}"
    );
    assert_eq!(told.json["folded"][0]["text"], "白痴造句法很好看");
    let bad = reader
        .send("POST", "/v1/try", json!({"nickname": "長".repeat(41)}))
        .await;
    assert_eq!(
        bad.faults(),
        [("/nickname".to_owned(), "nickname-too-long".to_owned())]
    );
    app.end().await;
}

#[tokio::test]
async fn comments_are_found_by_what_was_guessed_and_by_verdict() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for (id, body) in [("c-1", "大家早安"), ("c-2", "幹你娘"), ("c-3", "趕你娘")] {
        board.post_comment(id, body).await;
    }
    let reader = app.key("read").await;
    let found = async |query: &str| {
        let told = reader.get(&format!("/v1/comments?{query}")).await.json;
        let items = told["items"].as_array().unwrap();
        let ids = items
            .iter()
            .map(|item| item["comment_id"].as_str().unwrap());
        (
            ids.collect::<Vec<_>>().join(" "),
            told["next_cursor"].clone(),
        )
    };
    let all = |ids: &str| (ids.to_owned(), json!(null));
    assert_eq!(found("").await, all("c-3 c-2 c-1"));
    assert_eq!(found("guessed=true").await, all("c-3"));
    assert_eq!(found("guessed=false&code=profanity").await, all("c-2"));
    assert_eq!(
        found("verdict=allow,remove&decided_by=filter").await,
        all("c-2 c-1")
    );
    assert_eq!(found("q=%E6%97%A9%E5%AE%89").await, all("c-1"));
    let (first, cursor) = found("limit=2").await;
    assert_eq!(first, "c-3 c-2");
    let rest = format!("limit=2&cursor={}", cursor.as_str().unwrap());
    assert_eq!(found(&rest).await, all("c-1"));
    let bad = reader.get("/v1/comments?guessed=maybe").await;
    assert_eq!(bad.status, 422);
    app.end().await;
}

#[tokio::test]
async fn codes_and_rulebook_are_told() {
    let app = TestApp::start().await;
    let codes = app.board().await.get("/v1/codes").await.json;
    assert_eq!(codes["items"].as_array().unwrap().len(), 27);
    assert_eq!(
        codes["items"][1],
        json!({"code": "self-harm", "rule": null, "name": {"zh-TW": "可能需要關懷", "en": "Somebody may need help"}, "given_by": "filter-or-people"})
    );
    let rulebook = app.key("read").await.get("/v1/rulebook").await.json;
    assert!(rulebook["counts"]["insult"].as_u64().unwrap() > 100);
    assert_eq!(rulebook["faults"], json!([]));
    app.end().await;
}
