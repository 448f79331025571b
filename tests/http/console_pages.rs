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
];

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
            if !path.contains(['?']) && path.matches('/').count() == 2 && *path != "/console/words"
            {
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
                assert_eq!(page.status, 303, "{path}: {}", page.html);
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
    ] {
        assert_eq!(browser.get(path).await.status, 200);
    }
    app.end().await;
}
