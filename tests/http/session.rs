//! Sign-in by cookie, and what a foreign page cannot do.

use banzhu::access::Role;
use serde_json::json;

use crate::app::{TestApp, Told};

#[tokio::test]
async fn a_cookie_opens_what_the_role_opens_and_changes_need_our_own_page() {
    let app = TestApp::start().await;
    let password = app.user("amy", Role::Moderator).await;
    let nobody = app.nobody();
    let signed_in = nobody
        .send(
            "POST",
            "/v1/session",
            json!({"name": "amy", "password": password}),
        )
        .await;
    assert_eq!(
        (signed_in.status, &signed_in.json["role"]),
        (200, &json!("moderator"))
    );
    let set = signed_in.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"),
        "{set}"
    );
    let cookie = set.split(';').next().unwrap().to_owned();
    let with = |method: &str, path: &str, origin: Option<String>| {
        let request = nobody.request(method, path).header("cookie", &cookie);
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    let told =
        |request: reqwest::RequestBuilder| async { Told::of(request.send().await.unwrap()).await };
    assert_eq!(told(with("GET", "/v1/cases", None)).await.status, 200);
    let own = format!("http://{}", app.address);
    assert_eq!(
        told(with("POST", "/v1/cases/next", None)).await.problem(),
        (403, "forbidden")
    );
    assert_eq!(
        told(with(
            "POST",
            "/v1/cases/next",
            Some("http://evil.example".to_owned())
        ))
        .await
        .problem(),
        (403, "forbidden")
    );
    assert_eq!(
        told(with("POST", "/v1/cases/next", Some(own.clone())))
            .await
            .status,
        204
    );
    let form = with("POST", "/v1/cases/next", Some(own.clone()))
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(told(form).await.problem(), (403, "forbidden"));
    assert_eq!(
        told(with("DELETE", "/v1/session", Some(own))).await.status,
        204
    );
    assert_eq!(
        told(with("GET", "/v1/cases", None)).await.problem(),
        (401, "bad-credentials")
    );
    app.end().await;
}

#[tokio::test]
async fn ten_wrong_guesses_close_the_door_for_a_while() {
    let app = TestApp::start().await;
    app.user("amy", Role::Moderator).await;
    let nobody = app.nobody();
    let guess = json!({"name": "amy", "password": "a wrong guess"});
    for _ in 0..10 {
        assert_eq!(
            nobody
                .send("POST", "/v1/session", guess.clone())
                .await
                .problem(),
            (401, "bad-credentials")
        );
    }
    let closed = nobody.send("POST", "/v1/session", guess).await;
    assert_eq!(closed.problem(), (429, "rate-limited"));
    assert!(
        closed.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 0
    );
    app.end().await;
}

#[tokio::test]
async fn personal_tokens_are_made_listed_and_revoked() {
    let app = TestApp::start().await;
    let amy = app.person("amy", Role::Moderator).await;
    let made = amy
        .send("POST", "/v1/tokens", json!({"name": "script"}))
        .await;
    assert_eq!(made.status, 201);
    let script = app.who(made.json["token"].as_str().map(str::to_owned));
    assert_eq!(script.get("/v1/cases").await.status, 200);
    assert_eq!(
        amy.get("/v1/tokens").await.json["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let path = format!("/v1/tokens/{}", made.json["id"].as_str().unwrap());
    assert_eq!(amy.bare("DELETE", &path).await.status, 204);
    assert_eq!(amy.bare("DELETE", &path).await.status, 204);
    assert_eq!(
        script.get("/v1/cases").await.problem(),
        (401, "bad-credentials")
    );
    app.end().await;
}

#[tokio::test]
async fn admins_keep_users_and_keys() {
    let app = TestApp::start().await;
    let ada = app.person("ada", Role::Admin).await;
    let made = ada
        .send(
            "POST",
            "/v1/users",
            json!({"name": "ben", "role": "viewer"}),
        )
        .await;
    assert_eq!(made.status, 201);
    assert!(made.json["password"].as_str().unwrap().len() >= 20);
    assert_eq!(
        ada.send(
            "POST",
            "/v1/users",
            json!({"name": "ben", "role": "viewer"})
        )
        .await
        .problem(),
        (409, "name-taken")
    );
    assert_eq!(
        ada.send("PATCH", "/v1/users/ben", json!({"role": "moderator"}))
            .await
            .json["role"],
        "moderator"
    );
    assert_eq!(
        ada.send("PATCH", "/v1/users/ada", json!({"disabled": true}))
            .await
            .problem(),
        (409, "last-admin")
    );
    assert_eq!(ada.bare("DELETE", "/v1/users/ben").await.status, 204);
    assert_eq!(
        ada.bare("DELETE", "/v1/users/none").await.problem(),
        (404, "not-found")
    );
    let key = ada
        .send(
            "POST",
            "/v1/keys",
            json!({"name": "site", "scopes": ["moderate"], "expires_at": "2099-01-01T00:00:00Z"}),
        )
        .await;
    assert_eq!(key.status, 201);
    let site = app.who(key.json["key"].as_str().map(str::to_owned));
    assert_eq!(site.post_comment("c-1", "早安").await["verdict"], "allow");
    assert_eq!(
        ada.bare(
            "DELETE",
            &format!("/v1/keys/{}", key.json["id"].as_str().unwrap())
        )
        .await
        .status,
        204
    );
    assert_eq!(
        site.get("/v1/codes").await.problem(),
        (401, "bad-credentials")
    );
    app.end().await;
}

#[tokio::test]
async fn nobody_is_signed_in_from_a_foreign_page() {
    let app = TestApp::start().await;
    let password = app.user("amy", Role::Moderator).await;
    let sign_in = |origin: &str| {
        let request = app.nobody().request("POST", "/v1/session");
        let body = json!({"name": "amy", "password": password});
        request.header("origin", origin).json(&body).send()
    };
    let foreign = Told::of(sign_in("http://evil.example").await.unwrap()).await;
    assert_eq!(foreign.problem(), (403, "forbidden"));
    let own = sign_in(&format!("http://{}", app.address)).await.unwrap();
    assert_eq!(own.status(), 200);
    let missing = app.nobody().send("POST", "/v1/session", json!({})).await;
    let expected =
        ["/name", "/password"].map(|field| (field.to_owned(), "missing-field".to_owned()));
    assert_eq!(missing.faults(), expected);
    app.end().await;
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let app = TestApp::start().await;
    let password = app.user("amy", Role::Viewer).await;
    let nobody = app.nobody();
    let sign_in = async |password: &str| {
        let body = json!({"name": "amy", "password": password});
        nobody.send("POST", "/v1/session", body).await
    };
    let cookie = |told: &Told| {
        let set = told.headers["set-cookie"].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    };
    let first = cookie(&sign_in(&password).await);
    let second = cookie(&sign_in(&password).await);
    let change = async |current: &str, new: &str| {
        let request = nobody
            .request("PUT", "/v1/session/password")
            .header("cookie", &first)
            .header("origin", format!("http://{}", app.address))
            .json(&json!({"current": current, "password": new}));
        Told::of(request.send().await.unwrap()).await
    };
    assert_eq!(change("wrong", "a new password").await.status, 422);
    let changed = change(&password, "a new password").await;
    assert_eq!(
        (changed.status, &changed.json["name"]),
        (200, &json!("amy"))
    );
    assert_eq!(sign_in(&password).await.problem(), (401, "bad-credentials"));
    assert_eq!(sign_in("a new password").await.status, 200);
    let old = nobody.request("GET", "/v1/tokens").header("cookie", second);
    let old = Told::of(old.send().await.unwrap()).await;
    assert_eq!(old.problem(), (401, "bad-credentials"));
    app.end().await;
}

#[tokio::test]
async fn a_token_ends_no_sign_in_of_another() {
    let app = TestApp::start().await;
    let password = app.user("ben", Role::Viewer).await;
    let amy = app.person("amy", Role::Viewer).await;
    let body = json!({"name": "ben", "password": password});
    let signed_in = app.nobody().send("POST", "/v1/session", body).await;
    let set = signed_in.headers["set-cookie"].to_str().unwrap().to_owned();
    let cookie = set.split(';').next().unwrap();
    let out = amy
        .request("DELETE", "/v1/session")
        .header("cookie", cookie);
    assert_eq!(out.send().await.unwrap().status(), 204);
    let still = app
        .nobody()
        .request("GET", "/v1/codes")
        .header("cookie", cookie);
    assert_eq!(still.send().await.unwrap().status(), 200);
    let auditor = app.key("review").await;
    let audit = auditor.get("/v1/audit?action=session.ended").await;
    assert_eq!(
        audit.json["items"],
        json!([]),
        "nothing ended, nothing is told"
    );
    app.end().await;
}

#[tokio::test]
async fn lists_of_accounts_are_turned_page_by_page() {
    let app = TestApp::start().await;
    let ada = app.person("ada", Role::Admin).await;
    for name in ["ben", "cleo", "dora"] {
        app.user(name, Role::Viewer).await;
    }
    let names = |told: &Told| {
        let items = told.json["items"].as_array().unwrap();
        let name = |user: &serde_json::Value| user["name"].as_str().unwrap().to_owned();
        items.iter().map(name).collect::<Vec<_>>()
    };
    let first = ada.get("/v1/users?limit=3").await;
    assert_eq!(names(&first), ["ada", "ben", "cleo"]);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let last = ada.get(&format!("/v1/users?limit=3&cursor={cursor}")).await;
    assert_eq!(
        (names(&last), &last.json["next_cursor"]),
        (vec!["dora".to_owned()], &json!(null))
    );
    for list in ["users", "keys", "tokens", "codes"] {
        let whole = ada.get(&format!("/v1/{list}?limit=200")).await;
        assert_eq!(
            (whole.status, &whole.json["next_cursor"]),
            (200, &json!(null)),
            "{list}"
        );
        let none = ada.get(&format!("/v1/{list}?limit=0&cursor=x")).await;
        let expected = [("?limit", "invalid-field"), ("?cursor", "bad-cursor")];
        let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
        assert_eq!(none.faults(), expected, "{list}");
        let other = ada.get(&format!("/v1/{list}?order=x")).await;
        assert_eq!(
            other.faults(),
            [("?order".to_owned(), "unknown-field".to_owned())],
            "{list}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn every_fault_of_a_new_user_is_told_at_once() {
    let app = TestApp::start().await;
    let ada = app.person("ada", Role::Admin).await;
    let pointers = |told: &Told| {
        told.faults()
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect::<Vec<_>>()
    };
    let bad = json!({"name": "a b", "role": "boss", "password": "short"});
    let told = ada.send("POST", "/v1/users", bad).await;
    assert_eq!(pointers(&told), ["/name", "/role", "/password"]);
    let bad = json!({"role": "boss", "password": "short"});
    let told = ada.send("PATCH", "/v1/users/nobody", bad).await;
    assert_eq!(pointers(&told), ["/role", "/password"]);
    let told = ada
        .send("PATCH", "/v1/users/nobody", json!({"role": ""}))
        .await;
    assert_eq!(told.problem(), (404, "not-found"));
    app.end().await;
}
