//! Sign-in by cookie, and what a foreign page cannot do.

use banzhu::{access::Caller, desk::NewToken, record::Role};
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

/// A person signed in by cookie: their page.
struct Page<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl<'a> Page<'a> {
    async fn sign_in(app: &'a TestApp, name: &str, password: &str, old: Option<&Page<'_>>) -> Self {
        let mut request = app.nobody().request("POST", "/v1/session");
        if let Some(old) = old {
            request = request.header("cookie", &old.cookie);
        }
        let body = json!({"name": name, "password": password});
        let told = Told::of(request.json(&body).send().await.unwrap()).await;
        assert_eq!(told.status, 200, "{}", told.text);
        let set = told.headers["set-cookie"].to_str().unwrap();
        let cookie = set.split(';').next().unwrap().to_owned();
        Self { app, cookie }
    }

    async fn send(&self, method: &str, path: &str, body: Option<serde_json::Value>) -> Told {
        let own = format!("http://{}", self.app.address);
        let request = self.app.nobody().request(method, path);
        let request = request.header("cookie", &self.cookie).header("origin", own);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Told::of(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn every_caller_is_told_who_they_are_and_what_they_may() {
    let app = TestApp::start().await;
    let board = app.board().await.get("/v1/session").await.json;
    assert_eq!(
        (&board["by"], &board["name"]),
        (&json!("key"), &json!("key-1"))
    );
    assert_eq!(board["scopes"], json!(["moderate", "report"]));
    assert_eq!(
        (&board["role"], &board["recent_until"]),
        (&json!(null), &json!(null))
    );
    let may =
        |who: &serde_json::Value, call: &str| who["may"].as_array().unwrap().contains(&json!(call));
    assert!(may(&board, "PostModeration") && !may(&board, "ListCases"));
    let amy = app
        .person("amy", Role::Moderator)
        .await
        .get("/v1/session")
        .await
        .json;
    assert_eq!(
        (&amy["by"], &amy["role"]),
        (&json!("token"), &json!("moderator"))
    );
    assert!(may(&amy, "RuleCase") && !may(&amy, "CreateKey"));
    let password = app.user("ben", Role::Viewer).await;
    let page = Page::sign_in(&app, "ben", &password, None).await;
    let ben = page.send("GET", "/v1/session", None).await.json;
    assert_eq!(
        (&ben["by"], &ben["name"]),
        (&json!("session"), &json!("ben"))
    );
    assert!(ben["idle_at"].is_string() && ben["recent_until"].is_string());
    let nobody = app.nobody().get("/v1/session").await;
    assert_eq!(nobody.problem(), (401, "no-credentials"));
    app.end().await;
}

#[tokio::test]
async fn ones_own_sign_ins_are_listed_and_ended() {
    let app = TestApp::start().await;
    let password = app.user("amy", Role::Viewer).await;
    let first = Page::sign_in(&app, "amy", &password, None).await;
    let second = Page::sign_in(&app, "amy", &password, None).await;
    let listed = first.send("GET", "/v1/sessions", None).await.json;
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(
        items.iter().all(|one| one["address"] == "127.0.0.1"),
        "{listed}"
    );
    let other = items.iter().find(|one| one["current"] == false).unwrap();
    let path = format!("/v1/sessions/{}", other["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(first.send("DELETE", &path, None).await.status, 204);
    }
    let told = second.send("GET", "/v1/sessions", None).await;
    assert_eq!(told.problem(), (401, "bad-credentials"));
    let ben = app.person("ben", Role::Admin).await;
    assert_eq!(
        ben.bare("DELETE", &path).await.problem(),
        (404, "not-found")
    );
    let wrong = first.send("DELETE", "/v1/sessions/x", None).await;
    assert_eq!(wrong.status, 422);
    app.end().await;
}

#[tokio::test]
async fn what_gives_rights_away_needs_a_recent_sign_in() {
    let app = TestApp::start().await;
    let password = app.user("ada", Role::Admin).await;
    app.user("ben", Role::Viewer).await;
    let bearer = app.who(
        app.desk
            .accounts
            .create_token_for(&Caller::Operator, "ada", NewToken::default())
            .await
            .unwrap()
            .token,
    );
    let page = Page::sign_in(&app, "ada", &password, None).await;
    let guarded = [
        ("POST", "/v1/tokens", json!({})),
        ("POST", "/v1/keys", json!({"scopes": ["read"]})),
        ("POST", "/v1/users", json!({"name": "eve", "role": "admin"})),
        ("PATCH", "/v1/users/ben", json!({"role": "admin"})),
        (
            "PATCH",
            "/v1/users/ben",
            json!({"password": "a new password"}),
        ),
        ("PATCH", "/v1/users/ben", json!({"disabled": false})),
    ];
    app.clock.pass(10 * 60_000 + 1);
    for (method, path, body) in &guarded {
        let told = page.send(method, path, Some(body.clone())).await;
        assert_eq!(
            told.problem(),
            (403, "sign-in-again"),
            "{method} {path} {body}"
        );
    }
    // What gives nothing away goes on.
    let viewer = json!({"name": "cleo", "role": "viewer"});
    let told = page.send("POST", "/v1/users", Some(viewer)).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let told = page
        .send("PATCH", "/v1/users/ben", Some(json!({"disabled": true})))
        .await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(
        bearer.send("POST", "/v1/tokens", json!({})).await.status,
        201
    );
    // Signing in again on the same page is enough, and the sign-in before is replaced.
    let again = Page::sign_in(&app, "ada", &password, Some(&page)).await;
    for (method, path, body) in &guarded {
        let told = again.send(method, path, Some(body.clone())).await;
        assert!(told.status < 300, "{method} {path} {}", told.text);
    }
    let old = page.send("GET", "/v1/users", None).await;
    assert_eq!(old.problem(), (401, "bad-credentials"));
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_ends_idle_though_its_page_listens() {
    let app = TestApp::start().await;
    let password = app.user("amy", Role::Moderator).await;
    let page = Page::sign_in(&app, "amy", &password, None).await;
    for (minutes, status) in [(60, 200), (59, 200), (1, 401)] {
        app.clock.pass(minutes * 60_000);
        let told = page.send("GET", "/v1/events", None).await;
        assert_eq!(told.status, status, "{minutes} minutes later");
    }
    let told = page.send("GET", "/v1/cases", None).await;
    assert_eq!(told.problem(), (401, "bad-credentials"));
    app.end().await;
}

#[tokio::test]
async fn a_body_that_takes_long_is_the_callers_who_may_still() {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        time::{Duration, sleep},
    };
    let app = TestApp::start().await;
    let board = app.board().await;
    let body = crate::app::comment("c-1", "早安").to_string();
    let head = format!(
        "POST /v1/moderations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        board.secret_text(),
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let (first, rest) = body.as_bytes().split_at(10);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first).await.unwrap();
    sleep(Duration::from_millis(1_200)).await;
    let keys = app.desk.accounts.keys().await.unwrap();
    app.desk
        .accounts
        .revoke_key(&Caller::Operator, keys[0].id)
        .await
        .unwrap();
    stream.write_all(rest).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    app.end().await;
}

#[tokio::test]
async fn everybody_has_settings_of_their_own() {
    let app = TestApp::start().await;
    let (amy, ben) = (
        app.person("amy", Role::Moderator).await,
        app.person("ben", Role::Viewer).await,
    );
    let path = "/v1/session/settings";
    let shipped = amy.get(path).await.json;
    assert_eq!(
        (
            &shipped["language"],
            &shipped["keys"],
            &shipped["gravest_in_a_row"]
        ),
        (&json!(null), &json!(true), &json!(null))
    );
    let wanted = json!({"language": "zh-TW", "blur": true, "break_minutes": 50});
    let put = amy.send("PUT", path, wanted).await;
    assert_eq!((put.status, &put.json["break_minutes"]), (200, &json!(50)));
    assert_eq!(amy.get(path).await.json, put.json);
    assert_eq!(
        ben.get(path).await.json["blur"],
        false,
        "another's are another's"
    );
    let bad = amy.send("PUT", path, json!({"gravest_in_a_row": 0, "font": "serif"}));
    assert_eq!(bad.await.problem(), (422, "invalid-fields"));
    assert_eq!(amy.get(path).await.json, put.json);
    let key = app.key("admin").await;
    assert_eq!(key.get(path).await.problem(), (403, "forbidden"));
    app.end().await;
}
