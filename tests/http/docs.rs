//! For operators and for whoever reads the documents.

use banzhu::{access::Requirement, http::calls};

use crate::app::TestApp;

#[tokio::test]
async fn the_document_has_every_call_and_nothing_is_loaded_from_elsewhere() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let document = nobody.get("/openapi.json").await.json;
    for call in calls() {
        let operation = &document["paths"][call.path][call.method.to_lowercase()];
        assert!(operation.is_object(), "{} {}", call.method, call.path);
        let for_operators = operation["tags"][0] == "operators";
        assert_eq!(
            for_operators,
            !call.path.starts_with("/v1/"),
            "{}",
            call.path
        );
    }
    let described = document["paths"].as_object().unwrap().values();
    let operations: usize = described.map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(operations, calls().count(), "nothing but the calls");
    for page in ["/docs", "/docs/"] {
        let page = nobody.get(page).await;
        assert_eq!(page.status, 200);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
    }
    for path in ["/docs", "/docs/", "/docs/swagger-ui.css"] {
        let told = nobody.bare("POST", path).await;
        assert_eq!(told.problem(), (405, "method-not-allowed"), "{path}");
        assert_eq!(told.headers["allow"], "GET, HEAD");
    }
    assert_eq!(
        nobody.get("/docs/nothing.js").await.problem(),
        (404, "not-found")
    );
    let page = nobody.get("/docs").await;
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        let told = nobody.get(&format!("/docs/{file}")).await;
        assert_eq!(told.status, 200, "{file}");
    }
    let asked = page.text.split('"').filter(|part| {
        part.starts_with("http://") || part.starts_with("https://") || part.starts_with("//")
    });
    assert_eq!(asked.collect::<Vec<_>>(), Vec::<&str>::new());
    app.end().await;
}

#[tokio::test]
async fn the_document_says_what_a_call_needs_and_how_it_refuses() {
    let app = TestApp::start().await;
    let document = app.nobody().get("/openapi.json").await.json;
    insta::assert_json_snapshot!(document["paths"]["/v1/moderations"]["post"]);
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["PostComment"]["required"],
        serde_json::json!(["comment_id"])
    );
    for call in calls() {
        let responses = &document["paths"][call.path][call.method.to_lowercase()]["responses"];
        let guarded = !matches!(call.requirement, Requirement::Open);
        assert!(
            !guarded || (responses["401"].is_object() && responses["403"].is_object()),
            "{} {}",
            call.method,
            call.path
        );
    }
    app.end().await;
}

/// What clients rely on, in a form that shows in a diff which call has changed.
#[test]
fn the_calls_and_their_answers() {
    let document = banzhu::http::document();
    let operations: Vec<String> = calls()
        .map(|call| {
            let operation = &document["paths"][call.path][call.method.to_lowercase()];
            let responses = operation["responses"].as_object().unwrap();
            let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
            let key = operation.to_string().contains("Idempotency-Key");
            let key = if key { ", keyed" } else { "" };
            let (method, path, name) = (call.method, call.path, call.name);
            format!("{method} {path} {name}{key}: {}", statuses.join(" "))
        })
        .collect();
    insta::assert_json_snapshot!(operations);
}

#[tokio::test]
async fn health_is_open_and_figures_need_a_key() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    assert_eq!(nobody.get("/healthz").await.json["status"], "ok");
    assert_eq!(nobody.get("/readyz").await.json["ready"], true);
    assert_eq!(
        nobody.get("/metrics").await.problem(),
        (401, "no-credentials")
    );
    assert!(
        app.key("read")
            .await
            .get("/metrics")
            .await
            .text
            .starts_with("# metrics")
    );
    let told = nobody
        .request("GET", "/healthz")
        .header("x-request-id", "my-id")
        .send()
        .await
        .unwrap();
    assert_eq!(told.headers()["x-request-id"], "my-id");
    assert_eq!(
        nobody.get("/healthz").await.headers["x-request-id"].len(),
        26
    );
    app.end().await;
}
