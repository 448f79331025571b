//! TLS of our own: what changes with it, and a certificate that is renewed while the service runs.

use std::path::{Path, PathBuf};

use banzhu::http::{HttpSettings, Tls, TlsFiles};
use reqwest::{Certificate, Client};
use serde_json::json;

use crate::app::TestApp;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tls")
        .join(name)
}

/// A client that trusts this certificate only.
fn client_of(certificate: &str) -> Client {
    let pem = std::fs::read(kept(certificate)).unwrap();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&pem).unwrap()])
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_certificate_is_used_renewed_and_kept_where_the_new_one_is_bad() {
    banzhu::notify::choose_tls();
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles {
        certificate: dir.path().join("certificate.pem"),
        key: dir.path().join("key.pem"),
    };
    let put = |certificate: &str, key: &str| {
        std::fs::copy(kept(certificate), &files.certificate).unwrap();
        std::fs::copy(kept(key), &files.key).unwrap();
    };
    assert!(Tls::open(files.clone()).is_err(), "there are none");
    put("first.pem", "second.key");
    let told = Tls::open(files.clone()).unwrap_err().to_string();
    assert!(told.contains("key.pem"), "{told}");
    put("first.key", "first.key");
    assert!(Tls::open(files.clone()).is_err(), "no certificate");
    put("first.pem", "first.key");
    let tls = Tls::open(files.clone()).unwrap();
    let app = TestApp::start_http(HttpSettings {
        tls: Some(tls.clone()),
        ..HttpSettings::default()
    })
    .await;
    let url = format!("https://{}/healthz", app.address);
    let asked = async |certificate: &str| {
        let response = client_of(certificate).get(&url).send().await;
        response.is_ok_and(|response| {
            assert_eq!(
                response.headers()["strict-transport-security"],
                "max-age=31536000"
            );
            response.status() == 200
        })
    };
    assert!(asked("first.pem").await && !asked("second.pem").await);
    put("second.pem", "first.key");
    assert!(tls.reload().is_err());
    assert!(asked("first.pem").await, "the last good one stays");
    put("second.pem", "second.key");
    tls.reload().unwrap();
    assert!(asked("second.pem").await && !asked("first.pem").await);
    app.end().await;
}

#[tokio::test]
async fn by_https_the_cookie_is_this_hosts_alone() {
    banzhu::notify::choose_tls();
    let files = TlsFiles {
        certificate: kept("first.pem"),
        key: kept("first.key"),
    };
    let app = TestApp::start_http(HttpSettings {
        tls: Some(Tls::open(files).unwrap()),
        ..HttpSettings::default()
    })
    .await;
    let password = app.user("ming", banzhu::record::Role::Admin).await;
    let url = format!("https://{}/v1/session", app.address);
    let client = client_of("first.pem");
    let signed_in = client
        .post(&url)
        .json(&json!({"name": "ming", "password": password}))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 200);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-banzhu_session=")
            && cookie.contains("Secure")
            && cookie.contains("Path=/")
            && !cookie.contains("Domain"),
        "{cookie}"
    );
    let value = cookie.split(';').next().unwrap().to_owned();
    let me = async |cookie: &str| {
        let tokens = format!("https://{}/v1/tokens", app.address);
        let response = client.get(&tokens).header("cookie", cookie).send().await;
        response.unwrap().status().as_u16()
    };
    assert_eq!(me(&value).await, 200);
    assert_eq!(me(value.trim_start_matches("__Host-")).await, 401);
    app.end().await;
}
