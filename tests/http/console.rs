//! The console, without a browser: what a browser would send, and the pages that come back.

use std::collections::BTreeMap;

use banzhu::record::Role;
use reqwest::{Client, Method, Response, header::HeaderMap, redirect::Policy};

use super::app::{TestApp, comment};

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
    page.has("沒有待審的案件");
    browser.language = "zh-TW";
    let page = browser
        .get("/console/language?to=en&back=//evil.example")
        .await;
    assert_eq!(page.to(), "/console");
    browser
        .get("/console/queue")
        .await
        .has("No case is waiting");
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
    let next = page.html.split("rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    let page = browser.get(&next).await;
    assert!(page.html.matches("class=\"row\"").count() >= 10);
    app.end().await;
}
