//! The console's pages about comments, members, rules and the service, without a browser: what each role is shown, what its
//! forms do, and what members' words and full lists make of a page.

use banzhu::record::Role;
use serde_json::json;

use super::{
    app::{TestApp, Who, comment},
    console::{Browser, Page},
};

/// What a member may write to break a page.
const HOSTILE: &str = "你這個白痴<script>alert(1)</script>\"'&\u{202E}txt.exe";
const TEXTS: [&str; 4] = [
    "寫得好，謝謝記者",
    "你這個白痴",
    "幹 你 娘",
    "這篇報導很清楚",
];

/// A board with a few comments, a report, an appeal and a sanction.
async fn filled(app: &TestApp) -> Who {
    let board = app.key("moderate,report,review").await;
    for number in 0..8 {
        let mut post = comment(&format!("c-{number}"), TEXTS[number % TEXTS.len()]);
        post["member"] = json!({"id": format!("m-{}", number % 3), "nickname": "南港阿明"});
        board.send("POST", "/v1/moderations", post).await;
    }
    let report = json!({"reporter_id": "r/1", "code": "insult", "note": "太過分了"});
    let told = board.send("POST", "/v1/comments/c-0/reports", report).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let appeal = json!({"member_id": "m-2", "statement": "我沒有罵人<b>"});
    let told = board.send("POST", "/v1/comments/c-2/appeals", appeal).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let sanction = json!({"kind": "watch", "days": 30, "reason": "多次筆戰"});
    board
        .send("POST", "/v1/members/m-1/sanctions", sanction)
        .await;
    board
}

/// Pages, and the lowest role that may open them.
const PAGES: &[(&str, Role)] = &[
    ("/console/comments", Role::Viewer),
    ("/console/comments/c-1", Role::Viewer),
    ("/console/members", Role::Viewer),
    ("/console/members/m-1", Role::Viewer),
    ("/console/appeals", Role::Viewer),
    ("/console/appeals?status=resolved", Role::Viewer),
    ("/console/reports", Role::Viewer),
    ("/console/reports?reporter_id=r%2F1", Role::Viewer),
    ("/console/audit", Role::Moderator),
    ("/console/word-health", Role::Viewer),
    ("/console/word-health?by=form", Role::Viewer),
    ("/console/statistics", Role::Viewer),
    ("/console/statistics?days=60", Role::Viewer),
    ("/console/model", Role::Viewer),
    ("/console/try", Role::Viewer),
    ("/console/health", Role::Viewer),
    ("/console/webhooks", Role::Admin),
    ("/console/account", Role::Viewer),
    ("/console/words", Role::Viewer),
    ("/console/words?of=exception", Role::Viewer),
    ("/console/words?of=example", Role::Viewer),
    ("/console/words/steps", Role::Viewer),
    ("/console/words/suggestions", Role::Viewer),
    ("/console/comments/rejudge", Role::Admin),
    ("/console/replies", Role::Viewer),
    ("/console/accounts", Role::Admin),
    ("/console/keys", Role::Admin),
];

/// Pages that another of the same entry of the menu leads to.
const BELOW: &[&str] = &["/console/keys"];

/// Forms, the lowest role that may send them, and what they hold.
type Form = (&'static str, Role, &'static [(&'static str, &'static str)]);

const FORMS: &[Form] = &[
    (
        "/console/comments/c-3/case",
        Role::Moderator,
        &[("code", "insult"), ("note", "請看一下")],
    ),
    (
        "/console/comments/c-1/hold",
        Role::Moderator,
        &[("reason", "警方調閱")],
    ),
    ("/console/comments/c-1/release", Role::Moderator, &[]),
    (
        "/console/members/m-0/sanctions",
        Role::Moderator,
        &[("kind", "warn"), ("reason", "請注意用詞")],
    ),
    (
        "/console/reports/mute",
        Role::Moderator,
        &[("reporter_id", "r/1"), ("days", "30"), ("reason", "濫用")],
    ),
    (
        "/console/reports/unmute",
        Role::Moderator,
        &[("reporter_id", "r/1")],
    ),
    (
        "/console/account/settings",
        Role::Viewer,
        &[("language", "en"), ("blur", "1"), ("density", "compact")],
    ),
    (
        "/console/webhooks",
        Role::Admin,
        &[("url", "http://127.0.0.1:9/hook")],
    ),
    (
        "/console/accounts",
        Role::Admin,
        &[
            ("name", "cleo"),
            ("role", "viewer"),
            ("password", "four horses walk"),
        ],
    ),
    (
        "/console/accounts/vivi",
        Role::Admin,
        &[("role", "moderator"), ("disabled", "1")],
    ),
    (
        "/console/accounts/cleo/delete",
        Role::Admin,
        &[("sure", "1")],
    ),
];

#[tokio::test]
async fn every_page_is_shown_to_those_who_may_open_it() {
    let app = TestApp::start().await;
    filled(&app).await;
    for role in [Role::Viewer, Role::Moderator, Role::Admin] {
        let mut browser = Browser::signed_in(&app, role.name(), role).await;
        for (path, lowest) in PAGES {
            let page = browser.get(path).await;
            let wanted = if role >= *lowest { 200 } else { 403 };
            assert_eq!(
                page.status,
                wanted,
                "{path} for {}: {}",
                role.name(),
                page.html
            );
            // What one may not open is not in the menu.
            let is_entry = path.matches('/').count() == 2 && !path.contains('?');
            if is_entry && !BELOW.contains(path) {
                let href = format!("<a href=\"{path}\"");
                let menu = browser.get("/console/queue").await;
                assert_eq!(menu.html.contains(&href), role >= *lowest, "{path}");
            }
        }
    }
    app.end().await;
}

#[tokio::test]
async fn every_form_wants_its_role_and_its_token() {
    let app = TestApp::start().await;
    filled(&app).await;
    let mut viewer = Browser::signed_in(&app, "vivi", Role::Viewer).await;
    let mut moderator = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let tokens = [
        viewer.get("/console/queue").await.token(),
        moderator.get("/console/queue").await.token(),
        admin.get("/console/queue").await.token(),
    ];
    let browsers = [&mut viewer, &mut moderator, &mut admin];
    let all: Vec<_> = browsers
        .into_iter()
        .zip(tokens)
        .zip([Role::Viewer, Role::Moderator, Role::Admin])
        .collect();
    for ((browser, token), role) in all {
        for (path, lowest, fields) in FORMS {
            let before = app.desk.figures.store_stats().await.unwrap().audit_entries;
            let mut wrong = fields.to_vec();
            wrong.push(("token", "0"));
            assert_eq!(browser.post(path, &wrong).await.status, 403, "{path}");
            let mut right = fields.to_vec();
            right.push(("token", &token));
            if role < *lowest {
                assert_eq!(browser.post(path, &right).await.status, 403, "{path}");
            }
            let after = app.desk.figures.store_stats().await.unwrap().audit_entries;
            assert_eq!(before, after, "{path} changed something");
            if role == *lowest {
                let page = browser.post(path, &right).await;
                // What shows a secret once answers itself.
                let wanted = if *path == "/console/webhooks" {
                    200
                } else {
                    303
                };
                assert_eq!(page.status, wanted, "{path}: {}", page.html);
                let after = app.desk.figures.store_stats().await.unwrap().audit_entries;
                assert!(after > before, "{path} changed nothing");
            }
        }
    }
    app.end().await;
}

#[tokio::test]
async fn comments_are_found_by_the_filters_of_the_address() {
    let app = TestApp::start().await;
    filled(&app).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Viewer).await;
    let found = |page: &Page| page.html.matches("comment-row").count();
    assert_eq!(found(&browser.get("/console/comments").await), 8);
    let removed = browser
        .get("/console/comments?decided_by=filter&verdict=remove")
        .await;
    assert_eq!(found(&removed), 2);
    removed.has("aria-current=\"true\">What the filter removed");
    removed.has("<mark class=\"hit sev-4\"");
    let text = browser.get("/console/comments?q=%E7%99%BD%E7%97%B4").await;
    assert_eq!(found(&text), 2);
    text.has("value=\"白痴\"");
    let member = browser
        .get("/console/comments?member=m-1&verdict=&q=")
        .await;
    assert_eq!(found(&member), 3);
    // A day of the board, both ends included.
    let day = "/console/comments?from=2000-01-01&to=2000-01-02";
    browser.get(day).await.has("No comment matches");
    let first = browser.get("/console/comments?limit=3").await;
    assert_eq!(found(&first), 3);
    let next = first.html.split("rel=\"next\" href=\"").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(found(&browser.get(&next).await), 3);
    let wrong = browser.get("/console/comments?verdict=none").await;
    assert_eq!(wrong.status, 422);
    app.end().await;
}

#[tokio::test]
async fn an_empty_board_says_what_to_do_next() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    for (path, text) in [
        ("/console/comments", "No comment has arrived yet"),
        ("/console/appeals", "No appeal is waiting"),
        ("/console/reports", "No report is waiting"),
        (
            "/console/members/nobody",
            "Nothing is stored about this member",
        ),
        (
            "/console/reports?reporter_id=x",
            "This reader has reported nothing",
        ),
    ] {
        browser.get(path).await.has(text);
    }
    app.end().await;
}

#[tokio::test]
async fn a_comment_shows_its_revisions_and_a_case_is_opened_from_it() {
    let app = TestApp::start().await;
    let board = filled(&app).await;
    let mut edited = comment("c-3", "這篇報導很清楚，但你這個白痴");
    edited["member"] = json!({"id": "m-0", "nickname": "南港阿明"});
    board.send("POST", "/v1/moderations", edited).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get("/console/comments/c-3").await;
    page.has("All revisions");
    page.has("<mark class=\"hit");
    let older = browser.get("/console/comments/c-3?revision=1").await;
    older.lacks("<mark class=\"hit");
    older.has("這篇報導很清楚");
    let plain = browser.get("/console/comments/c-4").await;
    let token = plain.token();
    let path = "/console/comments/c-4/case";
    let wrong = browser
        .post(path, &[("token", &token), ("note", "看來是廣告")])
        .await;
    assert_eq!(wrong.status, 422);
    wrong.has("看來是廣告");
    wrong.has("class=\"fault\"");
    let fields = [("token", token.as_str()), ("code", "scam")];
    let opened = browser.post(path, &fields).await;
    assert_eq!(opened.status, 303, "{}", opened.html);
    assert!(
        opened.to().starts_with("/console/cases/"),
        "{}",
        opened.to()
    );
    app.end().await;
}

#[tokio::test]
async fn a_member_is_sanctioned_after_a_question_and_the_sanction_lifted() {
    let app = TestApp::start().await;
    filled(&app).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let found = browser.get("/console/members?id=m-0").await;
    assert_eq!((found.status, found.to()), (303, "/console/members/m%2D0"));
    let page = browser.get("/console/members/m-0").await;
    page.has("南港阿明");
    page.has("太過分了");
    let token = page.token();
    let path = "/console/members/m-0/sanctions";
    let suspend = [
        ("token", token.as_str()),
        ("kind", "suspend"),
        ("days", "7"),
        ("reason", "連續<洗版>"),
    ];
    let asked = browser.post(path, &suspend).await;
    assert_eq!(asked.status, 200);
    asked.has("Impose this sanction?");
    asked.has("name=\"reason\" value=\"連續&#60;洗版&#62;\"");
    browser.get("/console/members/m-0").await.has(">Good<");
    let mut sure = suspend.to_vec();
    sure.push(("sure", "1"));
    let done = browser.post(path, &sure).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = browser.get("/console/members/m-0").await;
    page.has("Suspended");
    let id = page
        .html
        .split("name=\"sanction\" value=\"")
        .nth(1)
        .unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let lift = "/console/members/m-0/lift";
    let without = [("token", token.as_str()), ("sanction", &id)];
    assert_eq!(browser.post(lift, &without).await.status, 422);
    let with = [
        ("token", token.as_str()),
        ("sanction", &id),
        ("lift_reason", "已道歉"),
    ];
    assert_eq!(browser.post(lift, &with).await.status, 303);
    let page = browser.get("/console/members/m-0").await;
    page.has(">Good<");
    page.has("已道歉");
    // Days that are no number, and a kind without days that needs them.
    let odd = [
        ("token", token.as_str()),
        ("kind", "watch"),
        ("days", "x"),
        ("reason", "a"),
    ];
    let refused = browser.post(path, &odd).await;
    assert_eq!(refused.status, 422);
    refused.has("class=\"fault\"");
    app.end().await;
}

#[tokio::test]
async fn a_member_is_erased_by_an_admin_who_types_the_id() {
    let app = TestApp::start().await;
    filled(&app).await;
    let path = "/console/members/m-0/erase";
    let mut moderator = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = moderator.get("/console/members/m-0").await;
    page.lacks("/erase");
    let token = page.token();
    let refused = moderator.post(path, &[("token", &token)]).await;
    assert_eq!(refused.status, 403);
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let page = admin.get("/console/members/m-0").await;
    page.has("/erase");
    page.has("href=\"/v1/members/m%2D0/data\"");
    let token = page.token();
    let asked = admin.post(path, &[("token", &token)]).await;
    asked.has("Type this to confirm");
    let wrong = [("token", token.as_str()), ("sure", "1"), ("typed", "m-1")];
    assert_eq!(admin.post(path, &wrong).await.status, 422);
    admin.get("/console/members/m-0").await.has("南港阿明");
    let right = [("token", token.as_str()), ("sure", "1"), ("typed", "m-0")];
    let done = admin.post(path, &right).await;
    assert_eq!(done.status, 200);
    done.has("<dt>Comments</dt>");
    admin
        .get("/console/members/m-0")
        .await
        .lacks("這篇報導很清楚");
    app.end().await;
}

#[tokio::test]
async fn appeals_and_a_reporters_record_are_shown_and_answered_by_the_api_too() {
    let app = TestApp::start().await;
    let board = filled(&app).await;
    let read = app.key("read").await;
    let appeals = read.get("/v1/appeals").await;
    assert_eq!(appeals.json["items"][0]["statement"], "我沒有罵人<b>");
    assert_eq!(appeals.json["next_cursor"], json!(null));
    let record = read.get("/v1/reporters/r%2F1").await;
    assert_eq!(record.json["reporter_id"], "r/1");
    assert_eq!(read.get("/v1/reporters/nobody").await.status, 404);
    let history = read.get("/v1/members/m-0/history").await;
    assert_eq!(history.json["reported"][0]["note"], "太過分了");
    assert_eq!(history.json["erasure"], json!(null));
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get("/console/appeals").await;
    page.has("我沒有罵人&#60;b&#62;");
    page.lacks("我沒有罵人<b>");
    let page = browser.get("/console/reports?reporter_id=r%2F1").await;
    let token = page.token();
    let path = "/console/reports/dismiss";
    let fields = [
        ("token", token.as_str()),
        ("reporter_id", "r/1"),
        ("dismiss_reason", "惡意檢舉"),
    ];
    browser
        .post(path, &fields)
        .await
        .has("Dismiss every open report");
    let mut sure = fields.to_vec();
    sure.push(("sure", "1"));
    assert_eq!(browser.post(path, &sure).await.status, 303);
    let report = board.get("/v1/reports?reporter_id=r%2F1").await;
    assert_eq!(report.json["items"][0]["status"], "dismissed");
    app.end().await;
}

#[tokio::test]
async fn the_audit_is_filtered_and_its_entries_hold_together() {
    let app = TestApp::start().await;
    filled(&app).await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let page = browser.get("/console/audit").await;
    page.has("Comment judged");
    page.has("href=\"/v1/audit?format=csv\"");
    page.has("on this page match");
    let one = browser.get("/console/audit?action=sanction.laid").await;
    assert_eq!(one.html.matches("<tr>").count(), 2);
    one.has("href=\"/v1/audit?action=sanction.laid&#38;format=csv\"");
    one.has("/console/members/m%2D1");
    browser
        .get("/console/audit?actor=nobody")
        .await
        .has("No entry matches");
    app.end().await;
}

#[tokio::test]
async fn hostile_words_stay_words_on_every_page() {
    let app = TestApp::start().await;
    let board = app.key("moderate,report,review").await;
    let mut post = comment("c\"<x>", HOSTILE);
    post["member"] = json!({"id": "m\"<x>", "nickname": "<b class=x>\u{202E}"});
    post["tags"] = json!(["<i class=x>"]);
    post["url"] = json!("https://board.example/\"><script>");
    let told = board.send("POST", "/v1/moderations", post).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let report = json!({"reporter_id": "r\"<x>", "code": "insult", "note": HOSTILE});
    let path = "/v1/comments/c%22%3Cx%3E/reports";
    board.send("POST", path, report).await;
    let mut browser = Browser::signed_in(&app, "root", Role::Admin).await;
    for path in [
        "/console/comments",
        "/console/comments?q=%3Cscript%3E",
        "/console/comments/c%22%3Cx%3E",
        "/console/members/m%22%3Cx%3E",
        "/console/reports?reporter_id=r%22%3Cx%3E",
        "/console/reports",
        "/console/audit",
        "/console/audit?subject=%22%3E%3Cscript%3E",
        "/console/word-health?q=%22%3E%3Cscript%3E",
        "/console/words?q=%22%3E%3Cscript%3E",
        "/console/comments/rejudge?q=%22%3E%3Cscript%3E",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for part in ["<script>", "<b class", "<i class", "\"<x>", "\u{202E}"] {
            assert!(!page.html.contains(part), "{part} on {path}: {}", page.html);
        }
    }
    app.end().await;
}

#[tokio::test]
async fn full_lists_stay_small() {
    let app = TestApp::start().await;
    let board = app.key("moderate,report").await;
    let text = format!("你這個白痴{}", "這是一則很長的留言，幹你娘，".repeat(60));
    for number in 0..45 {
        let mut post = comment(&format!("c-{number}"), &format!("{number} {text}"));
        post["member"] =
            json!({"id": "m-1", "nickname": "一位名字很長很長很長的會員某某某先生女士"});
        post["tags"] = json!(["頭香", "第二個標籤", "第三個標籤"]);
        board.send("POST", "/v1/moderations", post).await;
        for reader in 0..3 {
            let note = "這則留言實在太過分了，請版主處理。".repeat(6);
            let report =
                json!({"reporter_id": format!("r-{reader}"), "code": "insult", "note": note});
            let path = format!("/v1/comments/c-{number}/reports");
            board.send("POST", &path, report).await;
        }
    }
    let mut browser = Browser::signed_in(&app, "amei", Role::Admin).await;
    // `get` holds the size of each.
    for path in [
        "/console/comments",
        "/console/comments/c-1",
        "/console/members/m-1",
        "/console/reports",
        "/console/reports?reporter_id=r-1",
        "/console/audit",
        "/console/word-health",
        "/console/words",
        "/console/words?of=exception",
        "/console/statistics?days=60",
    ] {
        assert_eq!(browser.get(path).await.status, 200);
    }
    app.end().await;
}

#[tokio::test]
async fn figures_are_drawn_with_their_numbers_and_their_files() {
    let app = TestApp::start().await;
    let board = filled(&app).await;
    let cases = board.get("/v1/cases?code=insult").await;
    for case in cases.json["items"].as_array().unwrap() {
        let ruling = json!({"decision": "approve", "version": case["version"]});
        let path = format!("/v1/cases/{}/rulings", case["id"].as_str().unwrap());
        board.send("POST", &path, ruling).await;
    }
    let mut browser = Browser::signed_in(&app, "amei", Role::Viewer).await;
    let page = browser.get("/console/statistics").await;
    page.has("<rect class=\"s0\"");
    page.has("<polyline class=\"s1\"");
    page.has("role=\"img\" aria-labelledby=\"volume\"");
    let zone = &app.desk.operations.settings().time_zone;
    let today = banzhu::time::date_of_day(app.desk.operations.now().day_in(zone));
    page.has(&format!("<th scope=\"row\">{today}</th>"));
    // The links beside the charts are calls of the API, which a sign-in may make.
    for part in page.html.split("href=\"/v1/stats").skip(1) {
        let path = part.split('"').next().unwrap().replace("&#38;", "&");
        let file = browser.get(&format!("/v1/stats{path}")).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.html.contains("key,received"), "{}", file.html);
    }
    let words = browser.get("/console/word-health?sort=hits").await;
    words.has("白痴</bdi>");
    words.has("100 %");
    let some = browser.get("/console/word-health?q=%E5%B9%B9").await;
    some.lacks("白痴</bdi>");
    let forms = browser.get("/console/word-health?by=form").await;
    assert_eq!(forms.status, 200);
    app.end().await;
}

#[tokio::test]
async fn statistics_tell_each_day_for_itself() {
    let app = TestApp::start().await;
    filled(&app).await;
    let read = app.key("read").await;
    let today = read.get("/v1/stats").await.json["to"].clone();
    let each = read.get("/v1/stats?by=rule&each=day").await;
    let items = each.json["items"].as_array().unwrap();
    assert!(
        items.iter().all(|item| item["day"] == today),
        "{}",
        each.text
    );
    let abuse = items.iter().find(|item| item["key"] == "abuse").unwrap();
    let sum = read.get("/v1/stats?by=rule").await;
    let all = sum.json["items"].as_array().unwrap();
    let whole = all.iter().find(|item| item["key"] == "abuse").unwrap();
    assert_eq!(abuse["verdicts"], whole["verdicts"]);
    assert!(whole.get("day").is_none());
    let file = read.get("/v1/stats?by=rule&each=day&format=csv").await;
    let head = file.text.lines().next().unwrap();
    assert!(head.ends_with("dismissed,day"), "{head}");
    for wrong in ["each=week", "by=form&each=day"] {
        let told = read.get(&format!("/v1/stats?{wrong}")).await;
        assert_eq!(told.status, 422, "{wrong}");
    }
    app.end().await;
}

#[tokio::test]
async fn a_text_is_tried_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "vivi", Role::Viewer).await;
    let token = browser.get("/console/try").await.token();
    let before = app.desk.figures.store_stats().await.unwrap();
    let fields = [
        ("token", token.as_str()),
        ("body", "幹部辛苦了，幹 你 娘<script>"),
        ("nickname", "<b class=x>"),
        ("tags", "頭香，北約"),
        ("title", "北約峰會"),
        ("article_body", "北約領袖開會。"),
    ];
    let page = browser.post("/console/try", &fields).await;
    assert_eq!(page.status, 200, "{}", page.html);
    page.has("<mark class=\"hit sev-4\"");
    page.has("separators");
    page.has("The words around it do not fit");
    page.has("In the title");
    page.lacks("<script>");
    page.lacks("<b class");
    let after = app.desk.figures.store_stats().await.unwrap();
    assert_eq!(before.audit_entries, after.audit_entries);
    let nothing = browser.post("/console/try", &[("token", &token)]).await;
    assert_eq!(nothing.status, 422);
    let long = "幹你娘".repeat(1_600);
    let fields = [("token", token.as_str()), ("body", long.as_str())];
    assert_eq!(browser.post("/console/try", &fields).await.status, 200);
    let foreign = [("token", "0"), ("body", "a")];
    assert_eq!(browser.post("/console/try", &foreign).await.status, 403);
    app.end().await;
}

#[tokio::test]
async fn the_model_is_rolled_back_with_a_reason() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "root", Role::Admin).await;
    let page = browser.get("/console/model").await;
    let token = page.token();
    let shipped = page.html.split("<code>m-").nth(1).unwrap();
    let shipped = format!("m-{}", shipped.split('<').next().unwrap());
    let path = "/console/model/rollback";
    let none = browser
        .post(path, &[("token", &token), ("reason", "x")])
        .await;
    assert_eq!(none.status, 422);
    let without = [("token", token.as_str()), ("version", &shipped)];
    assert_eq!(browser.post(path, &without).await.status, 422);
    let with = [
        ("token", token.as_str()),
        ("version", &shipped),
        ("reason", "誤傷太多"),
    ];
    let done = browser.post(path, &with).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let page = browser.get("/console/model").await;
    page.has("Chosen by an admin");
    let release = [
        ("token", token.as_str()),
        ("version", "release"),
        ("reason", "再學"),
    ];
    assert_eq!(browser.post(path, &release).await.status, 303);
    browser
        .get("/console/model")
        .await
        .lacks("Chosen by an admin");
    let mut moderator = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let token = moderator.get("/console/queue").await.token();
    let theirs = [
        ("token", token.as_str()),
        ("version", &shipped),
        ("reason", "x"),
    ];
    assert_eq!(moderator.post(path, &theirs).await.status, 403);
    app.end().await;
}

#[tokio::test]
async fn accounts_are_made_changed_and_ended_and_a_password_is_shown_once() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "root", Role::Admin).await;
    let token = browser.get("/console/accounts").await.token();
    let new = [
        ("token", token.as_str()),
        ("name", "cleo"),
        ("role", "moderator"),
    ];
    let made = browser.post("/console/accounts", &new).await;
    assert_eq!(made.status, 200);
    let password = secret(&made);
    browser.get("/console/accounts").await.lacks(&password);
    let mut cleo = Browser::new(&app);
    let sign_in = [("name", "cleo"), ("password", password.as_str())];
    assert_eq!(cleo.post("/console/sign-in", &sign_in).await.status, 303);
    let again = browser.post("/console/accounts", &new).await;
    assert_eq!(again.status, 409);
    again.has("value=\"cleo\"");
    let last = [
        ("token", token.as_str()),
        ("role", "viewer"),
        ("of", "root"),
    ];
    let last = browser.post("/console/accounts/root", &last).await;
    assert_eq!(last.status, 409);
    let off = [
        ("token", token.as_str()),
        ("role", "moderator"),
        ("disabled", "1"),
    ];
    let off = browser.post("/console/accounts/cleo", &off).await;
    assert_eq!(off.status, 303);
    assert_eq!(cleo.get("/console/queue").await.status, 303);
    let path = "/console/accounts/cleo/delete";
    let asked = browser.post(path, &[("token", &token)]).await;
    asked.has("Delete this account?");
    let sure = [("token", token.as_str()), ("sure", "1")];
    assert_eq!(browser.post(path, &sure).await.status, 303);
    browser.get("/console/accounts").await.lacks("cleo");
    app.end().await;
}

#[tokio::test]
async fn keys_are_made_and_revoked_and_shown_once() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "root", Role::Admin).await;
    let token = browser.get("/console/keys").await.token();
    let key = [
        ("token", token.as_str()),
        ("name", "board"),
        ("scopes", "moderate"),
        ("scopes", "report"),
        ("expires_at", "2999-12-31"),
    ];
    let made = browser.post("/console/keys", &key).await;
    assert_eq!(made.status, 200, "{}", made.html);
    let key = secret(&made);
    assert!(key.starts_with("bz_"), "{key}");
    let page = browser.get("/console/keys").await;
    page.lacks(&key);
    page.has("<code>moderate</code> <code>report</code>");
    page.has("2999-12-31 23:59");
    let revoke = page.html.split("action=\"/console/keys/").nth(1).unwrap();
    let revoke = format!("/console/keys/{}", revoke.split('"').next().unwrap());
    let asked = browser.post(&revoke, &[("token", &token)]).await;
    asked.has("Revoke this key?");
    let sure = [("token", token.as_str()), ("sure", "1")];
    assert_eq!(browser.post(&revoke, &sure).await.status, 303);
    browser.get("/console/keys").await.has("Revoked");
    let none = [("token", token.as_str()), ("name", "other")];
    let refused = browser.post("/console/keys", &none).await;
    assert_eq!(refused.status, 422);
    refused.has("class=\"fault\"");
    // Who signed in long ago signs in again before making a key.
    app.clock.pass(20 * 60_000);
    let key = [
        ("token", token.as_str()),
        ("name", "late"),
        ("scopes", "read"),
    ];
    let refused = browser.post("/console/keys", &key).await;
    assert_eq!(refused.status, 403);
    refused.has("/console/sign-in?to=/console/keys");
    app.end().await;
}

#[tokio::test]
async fn webhooks_are_made_changed_and_deleted() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "root", Role::Admin).await;
    let page = browser.get("/console/webhooks").await;
    page.has("There is no webhook yet");
    let token = page.token();
    let wrong = [("token", token.as_str()), ("url", "ftp://x")];
    let refused = browser.post("/console/webhooks", &wrong).await;
    assert_eq!(refused.status, 422);
    refused.has("value=\"ftp://x\"");
    let new = [
        ("token", token.as_str()),
        ("url", "http://127.0.0.1:9/hook"),
        ("events", "comment.ruled"),
    ];
    let made = browser.post("/console/webhooks", &new).await;
    assert_eq!(made.status, 200, "{}", made.html);
    let first = secret(&made);
    assert!(first.starts_with("whsec_"), "{first}");
    let list = browser.get("/console/webhooks").await;
    list.lacks(&first);
    let path = list.html.split("href=\"/console/webhooks/").nth(1).unwrap();
    let path = format!("/console/webhooks/{}", path.split('"').next().unwrap());
    let page = browser.get(&path).await;
    page.has("Everything has arrived.");
    page.has("value=\"comment.ruled\" checked");
    let change = [
        ("token", token.as_str()),
        ("url", "http://127.0.0.1:9/other"),
    ];
    assert_eq!(browser.post(&path, &change).await.status, 303);
    let page = browser.get(&path).await;
    page.has("http://127.0.0.1:9/other");
    page.has(">Paused<");
    page.lacks("value=\"comment.ruled\" checked");
    let only = [("token", token.as_str())];
    let rotated = browser.post(&format!("{path}/rotate"), &only).await;
    assert_ne!(secret(&rotated), first);
    let delete = format!("{path}/delete");
    browser
        .post(&delete, &only)
        .await
        .has("Delete this webhook?");
    let sure = [("token", token.as_str()), ("sure", "1")];
    assert_eq!(browser.post(&delete, &sure).await.status, 303);
    assert_eq!(browser.get(&path).await.status, 404);
    app.end().await;
}

#[tokio::test]
async fn everybody_has_settings_tokens_sign_ins_and_a_password() {
    let app = TestApp::start().await;
    let password = app.user("amei", Role::Viewer).await;
    let sign_in = [("name", "amei"), ("password", password.as_str())];
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    for one in [&mut browser, &mut other] {
        assert_eq!(one.post("/console/sign-in", &sign_in).await.status, 303);
    }
    let page = browser.get("/console/account").await;
    page.has("This browser");
    let token = page.token();
    let settings = "/console/account/settings";
    let odd = [("token", token.as_str()), ("break_minutes", "soon")];
    let refused = browser.post(settings, &odd).await;
    assert_eq!(refused.status, 422);
    refused.has("class=\"fault\"");
    let set = [
        ("token", token.as_str()),
        ("language", "zh-TW"),
        ("blur", "1"),
        ("density", "compact"),
        ("break_minutes", "50"),
    ];
    assert_eq!(browser.post(settings, &set).await.status, 303);
    let page = browser.get("/console/account").await;
    page.has("<html lang=\"zh-TW\" class=\"blur compact\">");
    page.has("name=\"blur\" value=\"1\" checked");
    page.lacks("name=\"keys\" value=\"1\" checked");
    page.has("max=\"480\" value=\"50\"");
    // The other sign-in is ended, by its id.
    let end = page.html.split("sessions/end").nth(1).unwrap();
    let end = end.split("name=\"id\" value=\"").nth(1).unwrap();
    let end = [
        ("token", token.as_str()),
        ("id", end.split('"').next().unwrap()),
    ];
    let ended = browser.post("/console/account/sessions/end", &end).await;
    assert_eq!(ended.status, 303);
    assert_eq!(other.get("/console/queue").await.status, 303);
    let new = [("token", token.as_str()), ("name", "我的程式")];
    let made = browser.post("/console/account/tokens", &new).await;
    assert!(secret(&made).starts_with("bzt_"), "{}", made.html);
    let page = browser.get("/console/account").await;
    page.has("我的程式");
    let id = page.html.split("tokens/revoke").nth(1).unwrap();
    let id = id.split("name=\"id\" value=\"").nth(1).unwrap();
    let revoke = [
        ("token", token.as_str()),
        ("id", id.split('"').next().unwrap()),
    ];
    let revoked = browser
        .post("/console/account/tokens/revoke", &revoke)
        .await;
    assert_eq!(revoked.status, 303);
    let change = "/console/account/password";
    let new = "four horses walk";
    let wrong = [
        ("token", token.as_str()),
        ("current", "not this one"),
        ("password", new),
        ("again", new),
    ];
    let refused = browser.post(change, &wrong).await;
    assert_eq!(refused.status, 422);
    refused.has("目前的密碼不正確");
    refused.lacks(new);
    let mut apart = wrong;
    apart[3].1 = "five horses walk";
    browser
        .post(change, &apart)
        .await
        .has("兩次輸入的新密碼不同");
    let mut right = wrong;
    right[1].1 = &password;
    let changed = browser.post(change, &right).await;
    assert_eq!((changed.status, changed.to()), (303, "/console/sign-in"));
    assert_eq!(browser.get("/console/account").await.status, 303);
    let sign_in = [("name", "amei"), ("password", new)];
    assert_eq!(browser.post("/console/sign-in", &sign_in).await.status, 303);
    app.end().await;
}

/// The secret that a page shows once.
fn secret(page: &Page) -> String {
    let rest = page.html.split("id=\"secret\">").nth(1).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn words_are_added_changed_retired_and_put_back() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let mut viewer = Browser::signed_in(&app, "vivi", Role::Viewer).await;
    let seen = viewer.get("/console/words?q=%E7%99%BD%E7%97%B4").await;
    seen.has("白痴</bdi>");
    seen.lacks("/console/words/edit");
    let token = admin.get("/console/words").await.token();
    let new = [
        ("token", token.as_str()),
        ("of", "term"),
        ("term", "超級爛咖王"),
        ("code", "insult"),
        ("severity", "3"),
    ];
    let without = admin.post("/console/words", &new).await;
    assert_eq!(without.status, 422);
    without.has("value=\"超級爛咖王\"");
    let mut with = new.to_vec();
    with.push(("reason", "罵人的新詞"));
    board.post_comment("c-0", "這個超級爛咖王").await;
    let tried = admin.post("/console/words/preview", &with).await;
    assert_eq!(tried.status, 200, "{}", tried.html);
    tried.has("Newly hit 1");
    tried.has("超級爛咖王</mark>");
    tried.has("value=\"超級爛咖王\"");
    let added = admin.post("/console/words", &with).await;
    assert_eq!(added.status, 303, "{}", added.html);
    let told = board.post_comment("c-1", "這個超級爛咖王").await;
    assert_eq!(told["verdict"], "flag");
    let list = admin.get(added.to()).await;
    list.has("罵人的新詞");
    let edit = list
        .html
        .split("href=\"/console/words/edit")
        .nth(1)
        .unwrap();
    let edit = edit.split('"').next().unwrap().replace("&#38;", "&");
    let edit = format!("/console/words/edit{edit}");
    let page = admin.get(&edit).await;
    let field = |name: &str| {
        let rest = page.html.split(&format!("name=\"{name}\" value=\"")).nth(1);
        rest.unwrap().split('"').next().unwrap().to_owned()
    };
    let (id, version) = (field("id"), field("expect"));
    let change = [
        ("token", token.as_str()),
        ("of", "term"),
        ("id", &id),
        ("expect", &version),
        ("term", "超級爛咖王"),
        ("code", "insult"),
        ("severity", "1"),
        ("reason", "太重了"),
    ];
    let changed = admin.post("/console/words/change", &change).await;
    assert_eq!(changed.status, 303, "{}", changed.html);
    let told = board.post_comment("c-2", "這個超級爛咖王").await;
    assert_eq!(told["verdict"], "allow");
    // Made from what has moved meanwhile.
    let late = admin.post("/console/words/change", &change).await;
    assert_eq!(late.status, 422);
    let page = admin.get(&edit).await;
    let version = page.html.split("name=\"expect\" value=\"").nth(1).unwrap();
    let retire = [
        ("token", token.as_str()),
        ("of", "term"),
        ("id", &id),
        ("expect", version.split('"').next().unwrap()),
        ("reason", "誤判"),
    ];
    let retired = admin.post("/console/words/retire", &retire).await;
    assert_eq!(retired.status, 303, "{}", retired.html);
    admin
        .get("/console/words?retired=true")
        .await
        .has("超級爛咖王");
    let steps = viewer.get("/console/words/steps").await;
    steps.has("誤判");
    steps.lacks("/console/words/rollback");
    let back = [
        ("token", token.as_str()),
        ("version", "1"),
        ("reason", "其實沒錯"),
    ];
    let path = "/console/words/rollback";
    admin
        .post(path, &back)
        .await
        .has("Go back to this version?");
    let mut sure = back.to_vec();
    sure.push(("sure", "1"));
    assert_eq!(admin.post(path, &sure).await.status, 303);
    admin
        .get("/console/words/steps")
        .await
        .has("Back to version 1");
    let told = board.post_comment("c-3", "這個超級爛咖王").await;
    assert_eq!(told["verdict"], "flag");
    for (path, fields) in [
        ("/console/words", &with),
        ("/console/words/change", &change.to_vec()),
        ("/console/words/retire", &retire.to_vec()),
        ("/console/words/preview", &with),
        (path, &sure),
    ] {
        let theirs = viewer.get("/console/queue").await.token();
        let mut fields = fields.clone();
        fields[0].1 = &theirs;
        assert_eq!(viewer.post(path, &fields).await.status, 403, "{path}");
        fields[0].1 = "0";
        assert_eq!(admin.post(path, &fields).await.status, 403, "{path}");
    }
    app.end().await;
}

#[tokio::test]
async fn phrases_and_examples_are_added_too() {
    let app = TestApp::start().await;
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let token = admin.get("/console/words?of=exception").await.token();
    let phrase = [
        ("token", token.as_str()),
        ("of", "exception"),
        ("phrase", "白痴，水果盤"),
        ("reason", "書名"),
    ];
    assert_eq!(admin.post("/console/words", &phrase).await.status, 303);
    let told = app
        .board()
        .await
        .post_comment("c-1", "你這個白痴，水果盤")
        .await;
    assert_eq!(told["verdict"], "allow");
    let example = [
        ("token", token.as_str()),
        ("of", "example"),
        ("text", "這家店的服務真的要加油"),
        ("label", "harmless"),
        ("reason", "講店家"),
    ];
    assert_eq!(admin.post("/console/words", &example).await.status, 303);
    let page = admin.get("/console/words?of=example").await;
    page.has("這家店的服務真的要加油");
    page.has("講店家");
    app.end().await;
}

#[tokio::test]
async fn comments_are_judged_again_after_a_dry_run() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let told = board.post_comment("c-1", "你這個白痴，水果盤").await;
    assert_eq!(told["verdict"], "flag");
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let token = admin.get("/console/words").await.token();
    let phrase = [
        ("token", token.as_str()),
        ("of", "exception"),
        ("phrase", "白痴，水果盤"),
        ("reason", "書名"),
    ];
    assert_eq!(admin.post("/console/words", &phrase).await.status, 303);
    let search = admin.get("/console/comments?code=insult").await;
    search.has("/console/comments/rejudge?code=insult");
    let path = "/console/comments/rejudge";
    let page = admin.get("/console/comments/rejudge?code=insult").await;
    page.has("name=\"code\" value=\"insult\"");
    let dry = [("token", token.as_str()), ("code", "insult")];
    let found = admin.post(path, &dry).await;
    assert_eq!(found.status, 200, "{}", found.html);
    found.has("你這個白痴，水果盤");
    let id = found
        .html
        .split("name=\"preview\" value=\"")
        .nth(1)
        .unwrap();
    let begin = [
        ("token", token.as_str()),
        ("preview", id.split('"').next().unwrap()),
    ];
    let begun = admin.post("/console/comments/rejudge/begin", &begin).await;
    assert_eq!((begun.status, begun.to()), (303, path));
    app.desk.background.run_background().await.unwrap();
    admin.get(path).await.has(">Done<");
    let mut moderator = Browser::signed_in(&app, "amei", Role::Moderator).await;
    assert_eq!(moderator.get(path).await.status, 403);
    moderator.get("/console/comments").await.lacks(path);
    app.end().await;
}

#[tokio::test]
async fn replies_are_saved_changed_and_deleted() {
    let app = TestApp::start().await;
    let mut browser = Browser::signed_in(&app, "amei", Role::Moderator).await;
    let token = browser.get("/console/replies").await.token();
    let new = [
        ("token", token.as_str()),
        ("title", "請勿人身攻擊"),
        ("zh_tw", "請就事論事<b>。"),
    ];
    assert_eq!(browser.post("/console/replies", &new).await.status, 303);
    let again = browser.post("/console/replies", &new).await;
    assert_eq!(again.status, 409);
    let page = browser.get("/console/replies").await;
    page.has("請就事論事&#60;b&#62;。");
    let id = page.html.split("name=\"id\" value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    let change = [
        ("token", token.as_str()),
        ("id", id),
        ("title", "請冷靜"),
        ("zh_tw", "請冷靜。"),
    ];
    let changed = browser.post("/console/replies/change", &change).await;
    assert_eq!(changed.status, 303, "{}", changed.html);
    browser.get("/console/replies").await.has("請冷靜。");
    let path = "/console/replies/delete";
    let delete = [("token", token.as_str()), ("id", id)];
    browser.post(path, &delete).await.has("Delete this reply?");
    let sure = [("token", token.as_str()), ("id", id), ("sure", "1")];
    assert_eq!(browser.post(path, &sure).await.status, 303);
    browser.get("/console/replies").await.lacks("請冷靜。");
    let mut viewer = Browser::signed_in(&app, "vivi", Role::Viewer).await;
    let page = viewer.get("/console/replies").await;
    page.lacks("action=\"/console/replies\"");
    let theirs = viewer.get("/console/queue").await.token();
    let mut new = new;
    new[0].1 = &theirs;
    assert_eq!(viewer.post("/console/replies", &new).await.status, 403);
    app.end().await;
}

/// A flagged comment by a member of its own, ruled on.
async fn ruled(board: &Who, amy: &Who, id: &str, body: &str, decision: &str) {
    let mut post = comment(id, body);
    post["member"] = json!({"id": format!("by-{id}"), "nickname": "阿明"});
    let flagged = board.send("POST", "/v1/moderations", post).await;
    let case = flagged.json["case_id"].as_str();
    let case = case.unwrap_or_else(|| panic!("{body}: {}", flagged.text));
    let ruling = json!({"decision": decision, "version": 1});
    let path = format!("/v1/cases/{case}/rulings");
    let made = amy.send("POST", &path, ruling).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

/// A board whose rulings suggest a term and an innocent phrase.
async fn suggesting(app: &TestApp) {
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let hostile = format!("{HOSTILE}，又是破麻糬");
    for (nth, body) in ["你這個白痴，破麻糬", &hostile, "破麻糬，你這個白痴"]
        .into_iter()
        .enumerate()
    {
        ruled(&board, &amy, &format!("r-{nth}"), body, "remove").await;
    }
    for (nth, body) in ["你這個白痴果好吃", "你的白痴果", "你們白痴果多少錢"]
        .into_iter()
        .enumerate()
    {
        ruled(&board, &amy, &format!("a-{nth}"), body, "approve").await;
    }
    let stood = ["天氣真好", "今天放假", "下雨了", "記得帶傘", "晚安"];
    for (nth, body) in stood.into_iter().enumerate() {
        board.post_comment(&format!("s-{nth}"), body).await;
    }
}

/// The id in the form of the suggestion with these words.
fn suggestion_id(page: &Page, words: &str) -> String {
    let found = page
        .html
        .split("<li id=\"s-")
        .find(|part| part.contains(&format!("<strong data-abuse><bdi>{words}</bdi>")));
    found.unwrap().split('"').next().unwrap().to_owned()
}

const SUGGESTIONS: &str = "/console/words/suggestions";

#[tokio::test]
async fn suggestions_are_seen_by_all_and_decided_by_admins() {
    let app = TestApp::start().await;
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let mut moderator = Browser::signed_in(&app, "amei", Role::Moderator).await;
    admin
        .get("/console/words")
        .await
        .lacks("the rulings suggest");
    admin.get(SUGGESTIONS).await.has("Nothing is suggested now");
    suggesting(&app).await;
    app.clock.pass(11 * 60_000);
    // The page of the words works nothing out: it tells what is known.
    let words = admin.get("/console/words").await;
    words.lacks("the rulings suggest");
    let page = admin.get(SUGGESTIONS).await;
    page.has("Comments removed 3 · Comments that stood 0");
    page.has("Comments removed 0 · Comments that stood 3");
    page.has("破麻糬</mark>");
    page.lacks("<script>alert");
    page.has("&#60;script&#62;");
    page.lacks("\u{202E}");
    let (token, id) = (page.token(), suggestion_id(&page, "破麻糬"));
    let seen = moderator.get(SUGGESTIONS).await;
    seen.has("破麻糬</mark>");
    seen.lacks("name=\"decision\"");
    let preview = format!("{SUGGESTIONS}/preview");
    let theirs = moderator.get("/console/queue").await.token();
    for path in [SUGGESTIONS, &preview] {
        let mut take = [
            ("token", theirs.as_str()),
            ("id", &id),
            ("decision", "take"),
            ("reason", "常見"),
        ];
        assert_eq!(moderator.post(path, &take).await.status, 403, "{path}");
        take[0].1 = "0";
        assert_eq!(admin.post(path, &take).await.status, 403, "{path}");
    }
    let mut unknown = [
        ("token", token.as_str()),
        ("id", "0123"),
        ("decision", "take"),
        ("reason", "常見"),
    ];
    assert_eq!(admin.post(SUGGESTIONS, &unknown).await.status, 404);
    assert_eq!(admin.post(&preview, &unknown).await.status, 404);
    unknown[1].1 = &id;
    unknown[2].1 = "perhaps";
    let refused = admin.post(SUGGESTIONS, &unknown).await;
    assert_eq!(refused.status, 422);
    refused.has("take or refuse");
    // Nothing of this has decided anything.
    let words = admin.get("/console/words").await;
    words.has("<a href=\"/console/words/suggestions\">Words that the rulings suggest (2)</a>");
    app.end().await;
}

#[tokio::test]
async fn a_suggestion_is_tried_and_taken_and_another_refused() {
    let app = TestApp::start().await;
    suggesting(&app).await;
    let mut admin = Browser::signed_in(&app, "root", Role::Admin).await;
    let page = admin.get(SUGGESTIONS).await;
    let (token, term) = (page.token(), suggestion_id(&page, "破麻糬"));
    let phrase = suggestion_id(&page, "白痴果");
    page.has("value=\"Suggested from rulings: 3 removed, 0 stood\"");
    let mut take = [
        ("token", token.as_str()),
        ("id", &term),
        ("severity", "3"),
        ("reason", "常見的罵法"),
        ("decision", "take"),
    ];
    let preview = format!("{SUGGESTIONS}/preview");
    let tried = admin.post(&preview, &take[..4]).await;
    assert_eq!(tried.status, 200, "{}", tried.html);
    tried.has("Newly hit 3");
    tried.has("<option value=\"3\" selected>");
    tried.has("value=\"常見的罵法\"");
    tried.lacks("<script>alert");
    let board = app.board().await;
    let before = board.post_comment("n-1", "你破麻糬").await;
    assert_eq!(before["verdict"], "allow");
    for (field, wrong) in [(2, "9"), (2, "much"), (3, "")] {
        let mut wrongly = take;
        wrongly[field].1 = wrong;
        let refused = admin.post(SUGGESTIONS, &wrongly).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.html);
        refused.has("class=\"fault\"");
    }
    let taken = admin.post(SUGGESTIONS, &take).await;
    assert_eq!((taken.status, taken.to()), (303, SUGGESTIONS));
    let words = admin.get("/console/words").await;
    words.has("Words that the rulings suggest (1)");
    let after = board.post_comment("n-2", "你破麻糬").await;
    assert_eq!(after["verdict"], "flag");
    let reader = app.key("read").await;
    let listed = reader.get("/v1/terms?origin=added").await.json;
    assert_eq!(listed["items"][0]["severity"], 3);
    assert_eq!(listed["items"][0]["reason"], "常見的罵法");
    // Whoever comes second is told.
    let late = admin.post(SUGGESTIONS, &take).await;
    assert_eq!(late.status, 404);
    late.has("A colleague has decided this suggestion");
    (take[1].1, take[4].1) = (&phrase, "refuse");
    let tried = admin.post(&preview, &take[..4]).await;
    tried.has("No longer hit 3");
    let refused = admin.post(SUGGESTIONS, &take).await;
    assert_eq!(refused.status, 303, "{}", refused.html);
    let flagged = board.post_comment("n-3", "你這個白痴果真好吃").await;
    assert_eq!(flagged["verdict"], "flag");
    app.clock.pass(3_600_000);
    admin.get(SUGGESTIONS).await.has("Nothing is suggested now");
    let retired = "/console/words?of=exception&retired=true";
    admin.get(retired).await.has("白痴果");
    app.end().await;
}
