//! The console, without a browser: what a browser would send, and the pages that come back.

use std::collections::BTreeMap;

use banzhu::{desk::SettingsDraft, record::Role};
use reqwest::{Client, Method, Response, header::HeaderMap, redirect::Policy};

use super::app::{TestApp, Who, comment};

/// A browser without a script: cookies, forms, and no redirect followed unasked.
pub struct Browser {
    client: Client,
    url: String,
    cookies: BTreeMap<String, String>,
    language: &'static str,
}

/// A page that came.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    /// Where a redirect leads.
    pub fn to(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    /// The form token in it.
    pub fn token(&self) -> String {
        let rest = self.html.split("name=\"token\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn has(&self, text: &str) {
        assert!(self.html.contains(text), "{text} is not in {}", self.html);
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) {
        assert!(!self.html.contains(text), "{text} is in {}", self.html);
    }
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        Self {
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            url: format!("http://{}", app.address),
            cookies: BTreeMap::new(),
            language: "en",
        }
    }

    /// Somebody of this role, signed in.
    pub async fn signed_in(app: &TestApp, name: &str, role: Role) -> Self {
        let password = app.user(name, role).await;
        let mut browser = Self::new(app);
        let fields = [("name", name), ("password", &password)];
        let page = browser.post("/console/sign-in", &fields).await;
        assert_eq!((page.status, page.to()), (303, "/console"), "{}", page.html);
        browser
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self
            .client
            .request(Method::GET, format!("{}{path}", self.url));
        let response = request
            .header("cookie", self.cookie())
            .header("accept-language", self.language)
            .send()
            .await
            .unwrap();
        self.page(response).await
    }

    /// Posts a form as a page of ours does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = self.url.clone();
        self.post_from(path, fields, Some(&origin)).await
    }

    pub async fn post_from(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        origin: Option<&str>,
    ) -> Page {
        let mut body = String::new();
        for (name, value) in fields {
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body += &format!("{name}={encoded}&");
        }
        let mut request = self
            .client
            .request(Method::POST, format!("{}{path}", self.url))
            .header("cookie", self.cookie())
            .header("accept-language", self.language)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.send().await.unwrap();
        self.page(response).await
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    async fn page(&mut self, response: Response) -> Page {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(
                set.contains("HttpOnly") && set.contains("SameSite=Lax"),
                "{set}"
            );
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let html = response.text().await.unwrap();
        if headers
            .get("content-type")
            .is_some_and(|media| media.to_str().unwrap().starts_with("text/html"))
        {
            check(&headers, &html);
        }
        Page {
            status,
            headers,
            html,
        }
    }
}

/// What holds for every page.
fn check(headers: &HeaderMap, html: &str) {
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(html.len() < 100 << 10, "{} bytes", html.len());
    // The policy would stop them: none is there by mistake.
    for inline in [" style=", " onclick=", "<style", "<script>", "javascript:"] {
        assert!(!html.contains(inline), "{inline} in {html}");
    }
}

#[tokio::test]
async fn signing_in_and_out_by_forms() {
    let app = TestApp::start().await;
    let password = app.user("amei", Role::Moderator).await;
    let mut browser = Browser::new(&app);
    let asked = browser.get("/console/queue?source=appeal").await;
    let to = "/console/sign-in?to=%2Fconsole%2Fqueue%3Fsource%3Dappeal";
    assert_eq!((asked.status, asked.to()), (303, to));
    browser
        .get(to)
        .await
        .has("value=\"/console/queue?source=appeal\"");
    let fields = [("name", "amei"), ("password", "not this one")];
    let wrong = browser.post("/console/sign-in", &fields).await;
    assert_eq!(wrong.status, 401);
    wrong.has("The name or password is not right.");
    wrong.has("value=\"amei\"");
    wrong.lacks("not this one");
    let fields = [
        ("name", "amei"),
        ("password", password.as_str()),
        ("to", "/console/queue?source=appeal"),
    ];
    let right = browser.post("/console/sign-in", &fields).await;
    assert_eq!(
        (right.status, right.to()),
        (303, "/console/queue?source=appeal")
    );
    let queue = browser.get("/console/queue").await;
    assert_eq!(queue.status, 200);
    queue.has("amei");
    let token = queue.token();
    let out = browser
        .post("/console/sign-out", &[("token", &token)])
        .await;
    assert_eq!((out.status, out.to()), (303, "/console/sign-in"));
    browser
        .get("/console/sign-in")
        .await
        .has("You are signed out.");
    browser
        .get("/console/sign-in")
        .await
        .lacks("You are signed out.");
    assert_eq!(browser.get("/console/queue").await.status, 303);
    app.end().await;
}

#[tokio::test]
async fn guesses_at_a_password_are_throttled_as_at_the_api() {
    let app = TestApp::start().await;
    app.user("amei", Role::Moderator).await;
    let mut browser = Browser::new(&app);
    let mut last = 0;
    for _ in 0..20 {
        let fields = [("name", "amei"), ("password", "a guess of many")];
        let page = browser.post("/console/sign-in", &fields).await;
        last = page.status;
        if last == 429 {
            assert!(page.headers.contains_key("retry-after"));
            page.has("Try again in");
            break;
        }
    }
    assert_eq!(last, 429);
    app.end().await;
}

#[tokio::test]
async fn nobody_is_led_elsewhere_after_signing_in() {
    let app = TestApp::start().await;
    let password = app.user("amei", Role::Moderator).await;
    for to in [
        "//evil.example/console",
        "https://evil.example",
        "/v1/session",
    ] {
        let mut browser = Browser::new(&app);
        let fields = [
            ("name", "amei"),
            ("password", password.as_str()),
            ("to", to),
        ];
        let page = browser.post("/console/sign-in", &fields).await;
        assert_eq!((page.status, page.to()), (303, "/console"));
    }
    app.end().await;
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let mut other = Browser::signed_in(&app, "bela", Role::Moderator).await;
    let theirs = other.get("/console/queue").await.token();
    for token in ["", "0", theirs.as_str()] {
        let page = browser.post("/console/sign-out", &[("token", token)]).await;
        assert_eq!(page.status, 403);
        page.has("nothing was changed");
    }
    let mine = browser.get("/console/queue").await.token();
    let foreign = Some("https://evil.example");
    let page = browser
        .post_from("/console/sign-out", &[("token", &mine)], foreign)
        .await;
    assert_eq!(page.status, 403);
    assert_eq!(browser.get("/console/queue").await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn no_other_site_signs_anybody_in() {
    let app = TestApp::start().await;
    let password = app.user("amei", Role::Moderator).await;
    let mut browser = Browser::new(&app);
    let fields = [("name", "amei"), ("password", password.as_str())];
    let foreign = Some("https://evil.example");
    let page = browser
        .post_from("/console/sign-in", &fields, foreign)
        .await;
    assert_eq!(page.status, 403);
    assert!(browser.cookies.is_empty());
    app.end().await;
}

#[tokio::test]
async fn a_key_opens_no_page() {
    let app = TestApp::start().await;
    let key = app.key("admin").await;
    let response = key.request("GET", "/console/queue").send().await.unwrap();
    assert!(response.url().path().ends_with("/sign-in"));
    app.end().await;
}

#[tokio::test]
async fn errors_are_pages_with_a_way_on() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    for path in [
        "/console/nothing",
        "/console/cases/01J8ZQ4V7Q3M2K5T9XWB6C1D0E/x",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 404);
        page.has("This page does not exist");
        page.has(page.headers["x-request-id"].to_str().unwrap());
        page.has("href=\"/console\"");
    }
    let page = browser.get("/console/queue?status=none").await;
    assert_eq!(page.status, 422);
    page.has("?status");
    let page = browser.post("/console/queue", &[]).await;
    assert_eq!(page.status, 405);
    app.end().await;
}

#[tokio::test]
async fn the_language_is_chosen_by_a_click() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    browser
        .get("/console/queue")
        .await
        .has("<html lang=\"en\">");
    let chosen = browser
        .get("/console/language?to=zh-TW&back=%2Fconsole%2Fqueue%3Fq%3Dab")
        .await;
    assert_eq!((chosen.status, chosen.to()), (303, "/console/queue?q=ab"));
    let page = browser.get("/console/queue").await;
    page.has("<html lang=\"zh-TW\">");
    page.has("歡迎使用版主");
    browser.language = "zh-TW";
    let page = browser
        .get("/console/language?to=en&back=//evil.example")
        .await;
    assert_eq!(page.to(), "/console");
    browser.get("/console/queue").await.has("Welcome to Banzhu");
    app.end().await;
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_pages_never() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/console/sign-in").await;
    for (part, media) in [
        ("rel=\"stylesheet\" href=\"", "text/css; charset=utf-8"),
        ("script src=\"", "text/javascript; charset=utf-8"),
        ("rel=\"icon\" href=\"", "image/svg+xml"),
    ] {
        let path = page
            .html
            .split(part)
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let asset = browser.get(path).await;
        assert_eq!(asset.status, 200);
        assert_eq!(asset.headers["content-type"], media);
        let kept = asset.headers["cache-control"].to_str().unwrap();
        assert!(kept.contains("immutable"), "{kept}");
    }
    assert_eq!(
        browser.get("/console/assets/console.0.css").await.status,
        404
    );
    app.end().await;
}

/// What a member may write to break a page: markup, a turned direction, marks that pile up, and no blank in 5,000 characters.
fn hostile() -> String {
    let zalgo = format!("z{}", "\u{301}".repeat(40));
    format!(
        "你這個白痴<script>alert(1)</script>\"'&\u{202E}txt.exe{zalgo}{}",
        "長".repeat(4_000)
    )
}

#[tokio::test]
async fn members_words_are_never_html() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let mut post = comment("c-1", &hostile());
    post["member"]["nickname"] = "<b class=x>\u{202E}".into();
    let told = board.send("POST", "/v1/moderations", post).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let queue = browser.get("/console/queue").await;
    queue.lacks("<script>alert");
    queue.lacks("<b class");
    assert!(!queue.html.contains('\u{202E}'));
    queue.has(">RLO</span>");
    queue.has("<mark class=\"hit sev-");
    app.end().await;
}

#[tokio::test]
async fn a_full_page_of_the_queue_stays_small() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let text = format!("你這個白痴{}", "這是一則很長的留言，".repeat(60));
    for number in 0..60 {
        let mut post = comment(&format!("c-{number}"), &format!("{number} {text}"));
        post["member"] = serde_json::json!({"id": format!("m-{number}"), "nickname": "一位名字很長很長很長的會員某某某先生女士"});
        board.send("POST", "/v1/moderations", post).await;
    }
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    // `check` holds the size.
    let page = browser.get("/console/queue").await;
    assert_eq!(page.html.matches("class=\"row\"").count(), 50);
    let strict = browser.get("/console/queue?score_min=1").await;
    assert_eq!(strict.html.matches("class=\"row\"").count(), 0);
    assert!(page.html.contains("href=\"/console/queue?score_min=0.9\""));
    let next = page.html.split("rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    let page = browser.get(&next).await;
    assert!(page.html.matches("class=\"row\"").count() >= 10);
    app.end().await;
}

/// A flagged comment: the id of its case.
async fn flagged(board: &Who, id: &str, member: &str, body: &str) -> String {
    let post = serde_json::json!({
        "comment_id": id, "member": {"id": member, "nickname": "南港阿明"}, "body": body
    });
    let told = board.send("POST", "/v1/moderations", post).await;
    told.json["case_id"].as_str().unwrap().to_owned()
}

/// The version that a case's page names.
fn version(page: &Page) -> String {
    let rest = page.html.split("data-version=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The verdict in effect, by the API.
async fn verdict(board: &Who, comment: &str) -> String {
    let told = board.get(&format!("/v1/comments/{comment}")).await;
    told.json["verdict"].as_str().unwrap().to_owned()
}

impl Browser {
    /// Rules as the form on a case's page does.
    async fn rule(&mut self, case: &str, seen: &Page, fields: &[(&str, &str)]) -> Page {
        let (token, version) = (seen.token(), version(seen));
        let own = [("token", token.as_str()), ("version", version.as_str())];
        let fields: Vec<_> = own.iter().chain(fields).copied().collect();
        self.post(&format!("/console/cases/{case}/ruling"), &fields)
            .await
    }
}

#[tokio::test]
async fn a_ruling_without_a_script_leads_to_the_next_case() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let first = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let second = flagged(&board, "c-2", "m-2", "你這個笨蛋白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser
        .get(&format!("/console/cases/{first}?sort=oldest"))
        .await;
    assert_eq!(page.status, 200);
    for part in [
        "class=\"hit sev-",
        "Why it was caught",
        "Insult",
        "id=\"approve\"",
        "id=\"remove-confirm\"",
    ] {
        page.has(part);
    }
    page.has(&format!(
        "data-next=\"/console/cases/{second}?sort=oldest\""
    ));
    let (token, version) = (page.token(), version(&page));
    let fields = [
        ("token", token.as_str()),
        ("version", version.as_str()),
        ("decision", "approve"),
    ];
    let ruled = browser
        .post(
            &format!("/console/cases/{first}/ruling?sort=oldest"),
            &fields,
        )
        .await;
    let next = format!("/console/cases/{second}?sort=oldest");
    assert_eq!((ruled.status, ruled.to()), (303, next.as_str()));
    assert_eq!(verdict(&board, "c-1").await, "allow");
    let page = browser.get(&next).await;
    page.has("Yours");
    page.has("id=\"undo\"");
    let ruled = browser
        .rule(&second, &page, &[("decision", "approve")])
        .await;
    assert_eq!(ruled.to(), "/console/queue");
    browser
        .get("/console/queue")
        .await
        .has("No case is waiting. Time for a break.");
    app.end().await;
}

#[tokio::test]
async fn a_removal_brings_the_proposed_sanction_and_can_be_undone() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has("Proposed: ");
    let field = |name: &str| {
        let rest = page.html.split(&format!("name=\"{name}\" value=\"")).nth(1);
        rest.map_or("", |rest| rest.split('"').next().unwrap())
            .to_owned()
    };
    let (kind, days) = (field("proposed_kind"), field("proposed_days"));
    let fields = [
        ("decision", "remove"),
        ("sanction", "proposed"),
        ("proposed_kind", kind.as_str()),
        ("proposed_days", days.as_str()),
    ];
    let ruled = browser.rule(&case, &page, &fields).await;
    assert_eq!(ruled.status, 303, "{}", ruled.html);
    assert_eq!(verdict(&board, "c-1").await, "remove");
    let queue = browser.get("/console/queue").await;
    queue.has("Removed");
    let action = queue
        .html
        .split("action=\"/console/rulings/")
        .nth(1)
        .unwrap();
    let undo = format!("/console/rulings/{}", action.split('"').next().unwrap());
    let done = browser.post(&undo, &[("token", &queue.token())]).await;
    assert_eq!(
        (done.status, done.to()),
        (303, format!("/console/cases/{case}").as_str())
    );
    assert_eq!(verdict(&board, "c-1").await, "flag");
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has("(undone by amei)");
    page.lacks("id=\"undo\"");
    app.end().await;
}

#[tokio::test]
async fn a_lost_race_shows_the_others_ruling_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut amei = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let mut bela = Browser::signed_in(&app, "bela", Role::Moderator).await;
    let path = format!("/console/cases/{case}");
    let (seen, theirs) = (amei.get(&path).await, bela.get(&path).await);
    let won = bela.rule(&case, &theirs, &[("decision", "approve")]).await;
    assert_eq!(won.status, 303);
    let fields = [
        ("decision", "remove"),
        ("code", "slur"),
        ("sanction", "other"),
        ("kind", "suspend"),
        ("days", "7"),
        ("note", "三度 <提醒> 過"),
    ];
    let lost = amei.rule(&case, &seen, &fields).await;
    assert_eq!(lost.status, 409);
    for part in [
        "Another moderator has just ruled on this case",
        "<strong>bela</strong> · Approved",
        "三度 &#60;提醒&#62; 過</textarea>",
        "<option value=\"slur\" selected>",
        "<option value=\"suspend\" selected>",
        "value=\"7\"",
        "value=\"other\" checked",
    ] {
        lost.has(part);
    }
    assert_eq!(verdict(&board, "c-1").await, "allow");
    // With the newer version, it can still be ruled anew.
    let again = amei.rule(&case, &lost, &fields).await;
    assert_eq!(again.status, 303, "{}", again.html);
    assert_eq!(verdict(&board, "c-1").await, "remove");
    app.end().await;
}

#[tokio::test]
async fn a_case_that_another_holds_is_shown_and_not_ruled() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut amei = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let mut bela = Browser::signed_in(&app, "bela", Role::Moderator).await;
    let path = format!("/console/cases/{case}");
    let seen = amei.get(&path).await;
    let token = bela.get(&path).await.token();
    let claimed = bela
        .post(&format!("{path}/claim"), &[("token", &token)])
        .await;
    assert_eq!((claimed.status, claimed.to()), (303, path.as_str()));
    let refused = amei.rule(&case, &seen, &[("decision", "approve")]).await;
    assert_eq!(refused.status, 409);
    refused.has("Held by bela");
    let page = amei.get(&path).await;
    page.has("Not possible now: somebody else has claimed the case");
    page.lacks("id=\"approve\"");
    page.lacks("id=\"take-over\"");
    let released = bela
        .post(&format!("{path}/release"), &[("token", &token)])
        .await;
    assert_eq!(released.to(), "/console/queue");
    bela.get("/console/queue")
        .await
        .has("The case was released.");
    assert_eq!(
        amei.rule(&case, &seen, &[("decision", "approve")])
            .await
            .status,
        303
    );
    app.end().await;
}

#[tokio::test]
async fn a_viewer_sees_and_changes_nothing() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "vera", Role::Viewer).await;
    let queue = browser.get("/console/queue").await;
    queue.has(&case);
    queue.lacks("id=\"next-form\"");
    queue.lacks("type=\"checkbox\"");
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has("Not possible now: for moderators");
    for part in ["/ruling", "/claim", "/skip", "/notes"] {
        page.lacks(&format!("{part}\""));
        let path = format!("/console/cases/{case}{part}");
        let posted = browser.post(&path, &[("token", &page.token())]).await;
        assert_eq!(posted.status, 403, "{part}");
    }
    for path in ["/console/next", "/console/bulk", "/console/bulk/undo"] {
        assert_eq!(
            browser.post(path, &[("token", &page.token())]).await.status,
            403
        );
    }
    app.end().await;
}

#[tokio::test]
async fn a_ruling_without_its_token_changes_nothing() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let fields = [("token", "0"), ("version", "1"), ("decision", "approve")];
    let page = browser
        .post(&format!("/console/cases/{case}/ruling"), &fields)
        .await;
    assert_eq!(page.status, 403);
    assert_eq!(verdict(&board, "c-1").await, "flag");
    app.end().await;
}

#[tokio::test]
async fn what_a_form_lacks_is_said_beside_what_it_has() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get(&format!("/console/cases/{case}")).await;
    let refused = browser
        .rule(&case, &page, &[("decision", "escalate")])
        .await;
    assert_eq!(refused.status, 422);
    refused.has("Some fields need a change");
    refused.has("id=\"escalate-panel\" open");
    let note = [("decision", "escalate"), ("note", "看不懂")];
    assert_eq!(browser.rule(&case, &page, &note).await.status, 303);
    browser.get("/console/queue").await.has("Escalated");
    app.end().await;
}

#[tokio::test]
async fn notes_are_added_and_cases_skipped() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    // A second reviewer: a case that all have skipped is escalated.
    app.user("bela", Role::Moderator).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let path = format!("/console/cases/{case}");
    let token = browser.get(&path).await.token();
    let note = [("token", token.as_str()), ("note", "<i>同一人</i>")];
    let noted = browser.post(&format!("{path}/notes"), &note).await;
    assert_eq!((noted.status, noted.to()), (303, path.as_str()));
    browser
        .get(&path)
        .await
        .has("&#60;i&#62;同一人&#60;/i&#62;");
    let skipped = browser
        .post(&format!("{path}/skip"), &[("token", &token)])
        .await;
    assert_eq!(skipped.to(), "/console/queue");
    browser.get("/console/queue").await.has("Skipped");
    app.end().await;
}

#[tokio::test]
async fn many_are_ruled_as_one_after_a_preview_and_undone_as_one() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let mut cases = Vec::new();
    for number in 0..3 {
        let (id, member) = (format!("c-{number}"), format!("m-{number}"));
        let words = "你這個白痴，快來加入我們的群組一起賺大錢，名額有限";
        cases.push(flagged(&board, &id, &member, words).await);
    }
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let queue = browser.get("/console/queue").await;
    let group = queue.html.split("data-group=\"").nth(1).unwrap();
    let group = format!("/console/groups/{}", group.split('"').next().unwrap());
    let group = browser.get(&group).await;
    for case in &cases {
        group.has(&format!("value=\"{case}.1\" checked"));
    }
    let token = group.token();
    let chosen: Vec<String> = cases.iter().map(|case| format!("{case}.1")).collect();
    let mut fields = vec![("token", token.as_str()), ("decision", "remove")];
    fields.extend(chosen.iter().map(|case| ("case", case.as_str())));
    let preview = browser.post("/console/bulk", &fields).await;
    preview.has("id=\"bulk-confirm\"");
    assert_eq!(verdict(&board, "c-0").await, "flag");
    // One of them has changed meanwhile: only that one fails.
    let bela = app.person("bela", Role::Moderator).await;
    let ruling = serde_json::json!({"decision": "approve", "version": 1});
    bela.send("POST", &format!("/v1/cases/{}/rulings", cases[2]), ruling)
        .await;
    fields.push(("confirm", "1"));
    let done = browser.post("/console/bulk", &fields).await;
    done.has("data-done=\"2\" data-failed=\"1\"");
    done.has(&cases[2]);
    let ruled = [verdict(&board, "c-0").await, verdict(&board, "c-2").await];
    assert_eq!(ruled, ["remove", "allow"]);
    let rulings: Vec<String> = done
        .html
        .split("name=\"ruling\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let mut fields = vec![("token", token.as_str())];
    fields.extend(rulings.iter().map(|ruling| ("ruling", ruling.as_str())));
    let undone = browser.post("/console/bulk/undo", &fields).await;
    assert_eq!((undone.status, undone.to()), (303, "/console/queue"));
    assert_eq!(verdict(&board, "c-1").await, "flag");
    let nothing = [("token", token.as_str()), ("decision", "remove")];
    assert_eq!(browser.post("/console/bulk", &nothing).await.status, 422);
    app.end().await;
}

#[tokio::test]
async fn chosen_tags_go_and_the_rest_stays() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let post = serde_json::json!({
        "comment_id": "c-1", "member": {"id": "m-1"}, "body": "你這個白痴", "tags": ["頭香", "<b>天氣"]
    });
    let told = board.send("POST", "/v1/moderations", post).await;
    let case = told.json["case_id"].as_str().unwrap().to_owned();
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has("value=\"&#60;b&#62;天氣\"");
    let fields = [("decision", "remove_tags"), ("tags", "<b>天氣")];
    let ruled = browser.rule(&case, &page, &fields).await;
    assert_eq!(ruled.status, 303, "{}", ruled.html);
    let comment = board.get("/v1/comments/c-1").await.json;
    let tags = comment["surfaces"]["tags"].as_array().unwrap();
    let gone = tags.iter().find(|tag| tag["tag"] == "<b>天氣").unwrap();
    assert_eq!(gone["verdict"], "remove");
    app.end().await;
}

#[tokio::test]
async fn a_case_full_of_hostile_words_stays_small_and_escaped() {
    let app = TestApp::start().await;
    let board = app.board().await;
    for number in 0..12 {
        let other = comment(&format!("o-{number}"), &format!("{number} {}", hostile()));
        board.send("POST", "/v1/moderations", other).await;
    }
    let mut post = comment("c-1", &hostile());
    post["member"]["nickname"] = "<b class=x>\u{202E}".into();
    post["tags"] = serde_json::json!(["\"><img src=x>", "標\u{200B}籤"]);
    let case = board.send("POST", "/v1/moderations", post.clone()).await;
    let case = case.json["case_id"].as_str().unwrap().to_owned();
    post["body"] = format!("改 {}", hostile()).into();
    board.send("POST", "/v1/moderations", post).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    // `check` holds the size.
    let page = browser.get(&format!("/console/cases/{case}")).await;
    assert_eq!(page.status, 200);
    for raw in ["<script>alert", "<b class", "<img src=x", "\u{202E}"] {
        page.lacks(raw);
    }
    for sign in [">RLO</span>", ">ZWSP</span>", "<ins>", "id=\"edits\""] {
        page.has(sign);
    }
    app.end().await;
}

#[tokio::test]
async fn a_case_that_there_is_not_is_a_page_too() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    for id in ["01J8ZQ4V7Q3M2K5T9XWB6C1D0E", "nonsense"] {
        assert_eq!(
            browser.get(&format!("/console/cases/{id}")).await.status,
            404
        );
    }
    app.end().await;
}

#[tokio::test]
async fn pages_look_as_everybody_has_chosen() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get("/console/queue").await;
    page.has("<html lang=\"en\">");
    for shipped in ["data-keys=", "data-break-minutes=", "id=\"today\""] {
        page.lacks(shipped);
    }
    let caller = app
        .desk
        .identities
        .caller_of_cookie(&browser.cookies["banzhu_session"])
        .await
        .unwrap();
    let settings = SettingsDraft {
        language: Some("zh-TW".to_owned()),
        blur: Some(true),
        density: Some("compact".to_owned()),
        keys: Some(false),
        break_minutes: Some(50),
        gravest_in_a_row: None,
    };
    let personal = &app.desk.personal;
    personal.change_settings(&caller, settings).await.unwrap();
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has("<html lang=\"zh-TW\" class=\"blur compact\">");
    page.has("data-keys=\"off\" data-break-minutes=\"50\"");
    browser.rule(&case, &page, &[("decision", "approve")]).await;
    let page = browser.get("/console/queue").await;
    let today = page.html.split("id=\"today\"").nth(1).unwrap();
    assert!(today.split("</span>").next().unwrap().ends_with("今日 1"));
    app.end().await;
}

#[tokio::test]
async fn a_saved_reply_goes_into_the_notice() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let writer = app.person("bela", Role::Moderator).await;
    let reply = serde_json::json!({"title": "就事<論>事", "text": {"zh-TW": "請就事論事。", "en": "Be fair."}});
    let saved = writer.send("POST", "/v1/replies", reply).await.json;
    let id = saved["id"].as_str().unwrap();
    let case = flagged(&board, "c-1", "m-1", "你這個白痴").await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get(&format!("/console/cases/{case}")).await;
    page.has(&format!(
        "<option value=\"{id}\" title=\"Be fair.\">就事&#60;論&#62;事</option>"
    ));
    let fields = [("decision", "remove"), ("sanction", "none"), ("reply", id)];
    let ruled = browser.rule(&case, &page, &fields).await;
    assert_eq!(ruled.status, 303, "{}", ruled.html);
    let comment = board.get("/v1/comments/c-1").await.json;
    let notice = comment["notice"]["en"].as_str().unwrap();
    assert!(notice.contains("Be fair."), "{notice}");
    app.end().await;
}
