//! For operators and for whoever reads the documents.

use banzhu::access::CALLS;

use crate::app::TestApp;

#[tokio::test]
async fn the_document_has_every_call_and_nothing_is_loaded_from_elsewhere() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let document = nobody.get("/openapi.json").await.json;
    for row in &CALLS {
        assert!(
            document["paths"][row.path][row.method.to_lowercase()].is_object(),
            "{} {}",
            row.method,
            row.path
        );
    }
    let page = nobody.get("/docs").await;
    assert_eq!(page.status, 200);
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
