//! What is wrong, and in which order it is told.

use serde_json::json;

use crate::app::{TestApp, Told, comment};

#[tokio::test]
async fn each_check_comes_before_the_next() {
    let app = TestApp::start().await;
    let (board, reader, nobody) = (app.board().await, app.key("read").await, app.nobody());
    let garbage = "{".repeat(2 << 20);
    let post = |who: &crate::app::Who, path: &str, media: &str, body: &str| {
        who.request("POST", path)
            .header("content-type", media.to_owned())
            .body(body.to_owned())
    };
    let told =
        |request: reqwest::RequestBuilder| async { Told::of(request.send().await.unwrap()).await };
    assert_eq!(
        told(post(&nobody, "/v1/nothing", "text/plain", "x"))
            .await
            .problem(),
        (404, "no-such-route")
    );
    assert_eq!(
        told(nobody.request("PATCH", "/v1/moderations"))
            .await
            .problem(),
        (405, "method-not-allowed")
    );
    assert_eq!(
        told(post(&nobody, "/v1/moderations", "text/plain", "x"))
            .await
            .problem(),
        (401, "no-credentials")
    );
    assert_eq!(
        told(post(
            &app.who(Some("bz_none".to_owned())),
            "/v1/moderations",
            "text/plain",
            "x"
        ))
        .await
        .problem(),
        (401, "bad-credentials")
    );
    assert_eq!(
        told(post(&reader, "/v1/moderations", "text/plain", "x"))
            .await
            .problem(),
        (403, "forbidden")
    );
    assert_eq!(
        told(post(&board, "/v1/moderations", "text/plain", "x"))
            .await
            .problem(),
        (415, "unsupported-media-type")
    );
    let packed = post(&board, "/v1/moderations", "application/json", "{}");
    assert_eq!(
        told(packed.header("content-encoding", "gzip"))
            .await
            .problem(),
        (415, "unsupported-media-type")
    );
    assert_eq!(
        told(post(
            &board,
            "/v1/moderations",
            "application/json",
            &garbage
        ))
        .await
        .problem(),
        (413, "too-large")
    );
    assert_eq!(
        told(post(
            &board,
            "/v1/moderations?x=1",
            "application/json",
            "{\n oops"
        ))
        .await
        .problem(),
        (400, "malformed-json")
    );
    assert_eq!(
        told(post(
            &board,
            "/v1/moderations?x=1",
            "application/json",
            "{}"
        ))
        .await
        .faults(),
        [("?x".to_owned(), "unknown-field".to_owned())]
    );
    app.end().await;
}

#[tokio::test]
async fn a_405_lists_what_is_allowed_and_a_401_how() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    assert_eq!(
        nobody.bare("POST", "/v1/comments/c-1").await.headers["allow"],
        "GET, HEAD, DELETE"
    );
    assert!(
        nobody.get("/v1/comments/c-1").await.headers["www-authenticate"]
            .to_str()
            .unwrap()
            .starts_with("Bearer")
    );
    app.end().await;
}

#[tokio::test]
async fn malformed_json_names_line_and_column() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let request = board
        .request("POST", "/v1/moderations")
        .header("content-type", "application/json")
        .body("{\"comment_id\": \"c\",\n  oops}");
    let told = Told::of(request.send().await.unwrap()).await;
    assert_eq!(
        (told.json["line"].as_u64(), told.json["column"].as_u64()),
        (Some(2), Some(3))
    );
    assert_eq!(told.headers["content-language"], "zh-TW");
    assert!(told.json["detail"].as_str().unwrap().contains("第 2 行"));
    app.end().await;
}

#[tokio::test]
async fn fields_at_fault_are_named_by_pointer_and_code() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = async |body: serde_json::Value, faults: &[(&str, &str)]| {
        let told = board.send("POST", "/v1/moderations", body.clone()).await;
        let expected: Vec<_> = faults
            .iter()
            .map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned()))
            .collect();
        assert_eq!((told.status, told.faults()), (422, expected), "{body}");
    };
    case(json!({}), &[("/comment_id", "missing-field")]).await;
    case(json!({"comment_id": "c"}), &[("", "no-surface")]).await;
    case(
        json!({"comment_id": "c", "body": " \u{200b}"}),
        &[("/body", "comment-empty")],
    )
    .await;
    case(
        json!({"comment_id": "c", "body": "字".repeat(5_001)}),
        &[("/body", "comment-too-long")],
    )
    .await;
    case(
        json!({"comment_id": "c", "tags": vec!["a"; 21]}),
        &[("/tags", "too-many-tags")],
    )
    .await;
    case(
        json!({"comment_id": "c", "tags": ["好", "長".repeat(41)]}),
        &[("/tags/1", "tag-too-long")],
    )
    .await;
    case(
        json!({"comment_id": "c", "member": {"id": "m", "nickname": "長".repeat(41)}}),
        &[("/member/nickname", "nickname-too-long")],
    )
    .await;
    case(
        json!({"comment_id": "c", "member": {"nickname": "阿明"}}),
        &[("/member/id", "missing-field")],
    )
    .await;
    case(
        json!({"comment_id": "c", "body": 7}),
        &[("/body", "invalid-field")],
    )
    .await;
    case(
        json!({"comment_id": "c", "tags": ["a", 7]}),
        &[("/tags/1", "invalid-field")],
    )
    .await;
    case(
        json!({"comment_id": "c", "member": {"id": "m", "age": 7}}),
        &[("/member/age", "unknown-field"), ("", "no-surface")],
    )
    .await;
    case(
        json!({"comment_id": "c\n", "body": "x", "posted_at": "soon"}),
        &[
            ("/comment_id", "invalid-field"),
            ("/posted_at", "invalid-field"),
        ],
    )
    .await;
    case(
        json!({"comment_id": "c", "body": "x", "article": {"title": "t", "body": "b"}}),
        &[("/article_id", "missing-field")],
    )
    .await;
    case(json!([]), &[("", "invalid-field")]).await;
    case(json!(null), &[("", "invalid-field")]).await;
    case(
        json!(["c", null, null, null, null, "x", null, null, null]),
        &[("", "invalid-field")],
    )
    .await;
    case(
        json!({"comment_id": "c", "member": ["m", "阿明", true]}),
        &[("/member", "invalid-field")],
    )
    .await;
    case(
        json!({"comment_id": "c", "body": "x", "a/b~c": 1}),
        &[("/a~1b~0c", "unknown-field")],
    )
    .await;
    app.end().await;
}

#[tokio::test]
async fn absent_null_and_empty_mean_the_same() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for nothing in [json!(null), json!("")] {
        let told = board
            .send(
                "POST",
                "/v1/moderations",
                json!({
                    "comment_id": "c-1", "body": "早安", "url": nothing, "article_id": nothing, "article": nothing,
                    "member": {"id": "m-1", "nickname": nothing, "verified": nothing}, "tags": nothing,
                    "parent_id": nothing, "posted_at": nothing
                }),
            )
            .await;
        assert_eq!((told.status, &told.json["revision"]), (200, &json!(1)));
    }
    app.end().await;
}

#[tokio::test]
async fn bodies_have_a_limit_on_both_sides_whatever_their_head_says() {
    let app = TestApp::start().await;
    let (board, admin) = (app.board().await, app.key("admin").await);
    let padded = |bytes: usize| {
        let body = comment("c-1", "早安").to_string();
        body.clone() + &" ".repeat(bytes - body.len())
    };
    let send = async |who: &crate::app::Who, path: &str, body: reqwest::Body| {
        let request = who.request("POST", path).body(body);
        let request = request.header("content-type", "application/json");
        Told::of(request.send().await.unwrap()).await
    };
    let streamed = |text: String| {
        let chunks: Vec<Result<Vec<u8>, std::io::Error>> = text
            .into_bytes()
            .chunks(60_000)
            .map(|chunk| Ok(chunk.to_vec()))
            .collect();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    let moderations = "/v1/moderations";
    let most = 1 << 20;
    assert_eq!(
        send(&board, moderations, padded(most).into()).await.status,
        200
    );
    assert_eq!(
        send(&board, moderations, streamed(padded(most)))
            .await
            .status,
        200
    );
    assert_eq!(
        send(&board, moderations, padded(most + 1).into())
            .await
            .problem(),
        (413, "too-large")
    );
    assert_eq!(
        send(&board, moderations, streamed(padded(most + 1)))
            .await
            .problem(),
        (413, "too-large")
    );
    let keys = |bytes: usize| "{}".to_owned() + &" ".repeat(bytes - 2);
    let most = 256 << 10;
    assert_eq!(
        send(&admin, "/v1/keys", keys(most).into()).await.problem(),
        (422, "invalid-fields")
    );
    assert_eq!(
        send(&admin, "/v1/keys", keys(most + 1).into())
            .await
            .problem(),
        (413, "too-large")
    );
    app.end().await;
}

#[tokio::test]
async fn nothing_of_a_body_is_read_before_the_callers_right_is_known() {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };
    let app = TestApp::start().await;
    let reader = app.key("read").await;
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // The body never comes.
    let head = format!(
        "POST /v1/moderations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 1000\r\n\r\n",
        reader.secret_text()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    drop(stream);
    app.end().await;
}

#[tokio::test]
async fn garbage_of_every_kind_is_refused_and_the_server_lives() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let nested = "[".repeat(100_000);
    let deep = format!("{{\"comment_id\":{}", "{\"a\":".repeat(50_000));
    let bodies: [&[u8]; 9] = [
        b"",
        b"\xEF\xBB\xBF{}",
        b"{\"comment_id\": \"\xFF\"}",
        b"{\"comment_id\": \"c\"} {}",
        b"{'comment_id': 'c'}",
        b"{\"comment_id\": NaN}",
        b"\0\0\0",
        nested.as_bytes(),
        deep.as_bytes(),
    ];
    for body in bodies {
        let request = board
            .request("POST", "/v1/moderations")
            .header("content-type", "application/json")
            .body(body.to_vec());
        let told = Told::of(request.send().await.unwrap()).await;
        assert_eq!(
            told.problem(),
            (400, "malformed-json"),
            "{:?}",
            &body[..body.len().min(40)]
        );
        assert!(told.json["line"].as_u64() >= Some(1) && told.json["column"].as_u64() >= Some(1));
    }
    for body in [
        r#"{"comment_id": "\ud800", "body": "x"}"#,
        r#"{"comment_id": "c", "body": 1e999}"#,
        r#"{"comment_id": "c", "comment_id": "c", "body": "x"}"#,
        r#"{"comment_id": "\u0000", "body": "x"}"#,
    ] {
        let request = board
            .request("POST", "/v1/moderations")
            .header("content-type", "application/json")
            .body(body);
        let told = Told::of(request.send().await.unwrap()).await;
        assert_eq!(told.problem(), (422, "invalid-fields"), "{body}");
    }
    assert_eq!(board.post_comment("c-1", "早安").await["verdict"], "allow");
    app.end().await;
}

#[tokio::test]
async fn what_is_open_takes_no_parameters_either_and_answers_are_kept_nowhere() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/problems/too-large",
    ] {
        assert_eq!(
            nobody.get(&format!("{path}?x=1")).await.faults(),
            [("?x".to_owned(), "unknown-field".to_owned())],
            "{path}"
        );
    }
    let codes = app.board().await.get("/v1/codes").await;
    assert_eq!(codes.headers["cache-control"], "no-store");
    app.end().await;
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_the_body() {
    let app = TestApp::start().await;
    let (nobody, reader, board) = (app.nobody(), app.key("read").await, app.board().await);
    board.post_comment("c-1", "早安").await;
    for path in [
        "/healthz",
        "/docs/",
        "/openapi.json",
        "/v1/comments/c-1",
        "/v1/comments/c-2",
        "/v1/cases",
        "/v1/audit?x=1",
        "/v1/events",
    ] {
        for who in [&nobody, &reader] {
            let (head, get) = (who.bare("HEAD", path).await, who.get(path).await);
            assert_eq!(
                (head.status, head.text.as_str()),
                (get.status, ""),
                "{path}"
            );
            for name in ["content-type", "content-length", "cache-control", "allow"] {
                assert_eq!(head.headers.get(name), get.headers.get(name), "{path}");
            }
        }
    }
    assert_eq!(board.bare("HEAD", "/v1/moderations").await.status, 405);
    app.end().await;
}

#[tokio::test]
async fn the_longest_of_everything_is_taken() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let longest = json!({
        "comment_id": "c".repeat(128), "article_id": "a".repeat(128), "body": "字".repeat(5_000), "url": "u".repeat(2_000),
        "member": {"id": "m".repeat(128), "nickname": "名".repeat(40)}, "tags": vec!["籤".repeat(40); 20],
        "article": {"title": "題".repeat(300), "body": "文".repeat(50_000), "section": "版".repeat(40)}
    });
    let told = board.send("POST", "/v1/moderations", longest).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(
        board
            .get(&format!("/v1/comments/{}", "c".repeat(128)))
            .await
            .status,
        200
    );
    app.end().await;
}

#[tokio::test]
async fn paths_and_queries_are_checked_too() {
    let app = TestApp::start().await;
    let moderator = app.key("admin").await;
    assert_eq!(
        moderator.get("/v1/cases/not-a-ulid").await.faults(),
        [("{id}".to_owned(), "invalid-field".to_owned())]
    );
    assert_eq!(
        moderator
            .get("/v1/cases/01ARZ3NDEKTSV4RRFFQ69G5FAV")
            .await
            .problem(),
        (404, "not-found")
    );
    assert_eq!(
        moderator.get("/v1/comments/%FF").await.faults(),
        [("{id}".to_owned(), "invalid-field".to_owned())]
    );
    assert_eq!(
        moderator.get("/v1/cases?limit=0").await.faults(),
        [("?limit".to_owned(), "invalid-field".to_owned())]
    );
    assert_eq!(moderator.get("/v1/cases?limit=200").await.status, 200);
    assert_eq!(
        moderator.get("/v1/cases?limit=201").await.faults(),
        [("?limit".to_owned(), "invalid-field".to_owned())]
    );
    assert_eq!(
        moderator.get("/v1/cases?cursor=x").await.faults(),
        [("?cursor".to_owned(), "bad-cursor".to_owned())]
    );
    assert_eq!(
        moderator
            .get("/v1/cases?status=open&status=open")
            .await
            .faults(),
        [("?status".to_owned(), "invalid-field".to_owned())]
    );
    assert_eq!(
        moderator.get("/v1/audit?cursor=x").await.faults(),
        [("?cursor".to_owned(), "bad-cursor".to_owned())]
    );
    assert_eq!(
        moderator.get("/v1/codes?x").await.faults(),
        [("?x".to_owned(), "unknown-field".to_owned())]
    );
    assert_eq!(
        moderator
            .send("POST", "/v1/moderations?dry_run=maybe", comment("c", "x"))
            .await
            .faults(),
        [("?dry_run".to_owned(), "invalid-field".to_owned())]
    );
    app.end().await;
}

#[tokio::test]
async fn an_unknown_route_is_told_from_an_unknown_thing() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for path in [
        "/v1/coments/c-1",
        "/v1/comments/c-1/report",
        "/v2/stats",
        "/",
    ] {
        assert_eq!(board.get(path).await.problem(), (404, "no-such-route"));
    }
    for path in ["/v1/comments/c-1", "/v1/articles/a-1", "/problems/nonsense"] {
        assert_eq!(
            board.get(path).await.problem(),
            (404, "not-found"),
            "{path}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn what_is_not_allowed_is_told_with_what_is() {
    let app = TestApp::start().await;
    let (board, moderator) = (app.board().await, app.key("review").await);
    let viewer = app.person("vera", banzhu::record::Role::Viewer).await;
    let english = async |who: &crate::app::Who, method: &str, path: &str| {
        let request = who.request(method, path).header("accept-language", "en");
        Told::of(request.send().await.unwrap()).await.json
    };
    let told = english(&board, "GET", "/v1/cases").await;
    assert_eq!(
        told["detail"],
        "A key needs the scope read; a person needs the role viewer or a higher one."
    );
    assert_eq!(told["needs"], json!({"scopes": ["read"], "role": "viewer"}));
    let told = english(&viewer, "POST", "/v1/moderations").await;
    assert_eq!(told["needs"], json!({"scopes": ["moderate"], "role": null}));
    let told = english(&board, "POST", "/v1/tokens").await;
    assert_eq!(
        told["detail"],
        "This call is for people who signed in; a key cannot make it."
    );
    let allowed = async |query: &str| {
        let told = english(&moderator, "GET", &format!("/v1/cases?{query}")).await;
        told["errors"][0]["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        allowed("status=done").await,
        "not a valid value: done; one of open, claimed, escalated, resolved"
    );
    assert!(
        allowed("code=rude")
            .await
            .contains("one of threat, self-harm")
    );
    app.end().await;
}

#[tokio::test]
async fn all_faults_of_a_body_are_told_together() {
    let app = TestApp::start().await;
    let (board, admin) = (app.board().await, app.key("admin").await);
    let told = board
        .send(
            "POST",
            "/v1/moderations",
            json!({
                "colour": 1, "body": "字".repeat(5_001), "posted_at": "soon", "tags": "a",
                "member": {"nickname": "長".repeat(41), "age": 3}
            }),
        )
        .await;
    let mut faults = told.faults();
    faults.sort();
    let expected = [
        ("/body", "comment-too-long"),
        ("/colour", "unknown-field"),
        ("/comment_id", "missing-field"),
        ("/member/age", "unknown-field"),
        ("/member/id", "missing-field"),
        ("/member/nickname", "nickname-too-long"),
        ("/posted_at", "invalid-field"),
        ("/tags", "invalid-field"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned()))
        .collect();
    assert_eq!(faults, expected);
    let told = admin
        .send("POST", "/v1/users", json!({"nam": "ming"}))
        .await;
    let mut faults = told.faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            ("/nam".to_owned(), "unknown-field".to_owned()),
            ("/name".to_owned(), "missing-field".to_owned()),
            ("/role".to_owned(), "missing-field".to_owned()),
        ]
    );
    app.end().await;
}

#[tokio::test]
async fn another_member_place_or_parent_is_a_conflict() {
    let app = TestApp::start().await;
    let board = app.board().await;
    board.post_comment("c-1", "早安").await;
    let mut other = comment("c-1", "早安");
    other["member"]["id"] = json!("m-2");
    assert_eq!(
        board.send("POST", "/v1/moderations", other).await.problem(),
        (409, "comment-conflict")
    );
    app.end().await;
}

#[tokio::test]
async fn every_problem_explains_itself() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    for row in banzhu::http::PROBLEMS {
        let page = nobody.get(&format!("/problems/{}", row.code)).await;
        assert!(
            page.status == 200 && page.text.contains(row.zh_tw) && page.text.contains(row.en),
            "{}",
            row.code
        );
    }
    assert_eq!(
        nobody.get("/problems/nonsense").await.problem(),
        (404, "not-found")
    );
    let english = nobody
        .request("GET", "/v1/nothing")
        .header("accept-language", "en")
        .send()
        .await
        .unwrap();
    let told = Told::of(english).await;
    assert_eq!(
        (told.json["title"].as_str(), told.json["type"].as_str()),
        (Some("No such route"), Some("/problems/no-such-route"))
    );
    app.end().await;
}
