//! A board's whole life, in which every kind of record is written and the audit tells of every action. It begins more than a
//! year ago, so that texts are purged, and ends today.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::board::{Board, NOBODY, Secrets};

/// The settings of most starts: a year passes between two of them, which counts as no jump.
const USUAL: &[(&str, &str)] = &[("BANZHU_CLOCK_JUMP_HOURS", "8760")];
/// Texts go when their time is over.
const PURGING: &[(&str, &str)] = &[("BANZHU_RETENTION_PURGE", "true")];
/// Each ruling and each removal comes to a second look.
const SAMPLING: &[(&str, &str)] = &[
    ("BANZHU_CLOCK_JUMP_HOURS", "8760"),
    ("BANZHU_REVIEW_SAMPLE_RULINGS_PERMILLE", "1000"),
    ("BANZHU_REVIEW_SAMPLE_REMOVALS_PERMILLE", "1000"),
];

/// A life lived by a binary: the folder as a stop left it, and as a kill did.
pub struct Lived {
    /// Of the stopped one.
    pub board: Board,
    pub killed: tempfile::TempDir,
}

/// Lets a binary live it; none where `faketime` is not there.
pub async fn live(binary: &Path) -> Option<Lived> {
    let mut board = Board::new(binary)?;
    board.start(420, USUAL);
    found(&mut board).await;
    accounts(&board).await;
    sessions(&board).await;
    long_ago(&board).await;
    board.stop();

    board.start(30, &[]);
    upkeep(&board).await;
    board.stop();
    board.start(30, PURGING);
    board.until_audited("comments.purged", 1).await;
    board.stop();

    board.start(29, SAMPLING);
    sampled(&board).await;
    board.stop();

    board.start(3, USUAL);
    board.until_audited("case.sampled", 1).await;
    submissions(&board).await;
    tags_and_nicknames(&board).await;
    cases(&board).await;
    reports(&board).await;
    appeals(&board).await;
    sanctions(&board).await;
    judged_again(&board).await;
    webhooks(&board).await;
    holds_and_erasures(&board).await;
    board.until_quiet().await;
    board.stop();

    board.start(0, SAMPLING);
    today(&board).await;
    board.stop();
    board.start(0, USUAL);
    under_way(&board).await;
    // Before the background comes to it; a command that opens the folder leaves it as a stop does.
    board.kill();
    board.run(&["user", "list"]);

    let killed = killed(&mut board).await;
    Some(Lived { board, killed })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A comment by a member of its own nickname.
fn comment(id: &str, member: &str, body: &str) -> Value {
    json!({
        "comment_id": id, "body": body, "url": format!("https://board.example/{id}"),
        "member": {"id": member, "nickname": format!("網友{member}")},
    })
}

async fn post(board: &Board, comment: Value) -> Value {
    let by = &board.secrets.board;
    board.send(by, "POST", "/v1/moderations", comment).await
}

/// Posts what opens a case, and gives the case.
async fn flagged(board: &Board, id: &str, member: &str) -> String {
    let told = post(board, comment(id, member, "你這個白痴")).await;
    assert_eq!(told["verdict"], "flag", "{told}");
    text(&told["case_id"])
}

/// Rules a case as it stands now.
async fn rule(board: &Board, by: &str, case: &str, mut ruling: Value) -> Value {
    let now = board.get(&format!("/v1/cases/{case}")).await;
    ruling["version"] = now["version"].clone();
    let path = format!("/v1/cases/{case}/rulings");
    board.send(by, "POST", &path, ruling).await
}

async fn report(board: &Board, by: &str, comment: &str, reporter: &str, more: Value) -> String {
    let mut body = json!({"reporter_id": reporter, "code": "insult", "note": "他在罵人"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let path = format!("/v1/comments/{comment}/reports");
    text(&board.send(by, "POST", &path, body).await["id"])
}

async fn appeal(board: &Board, on: &str, member: &str) -> Value {
    let body = json!({"member_id": member, "statement": "我不是故意的"});
    let path = format!("/v1/{on}/appeals");
    board.send(&board.secrets.board, "POST", &path, body).await
}

/// The admin, the board's key, and the people of the desk.
async fn found(board: &mut Board) {
    let key = board.printed("key ");
    let admin = board.run(&["user", "token", "admin"]);
    board.secrets = Secrets {
        board: key,
        admin,
        ..Secrets::default()
    };
    for name in ["amy", "ben"] {
        let user = json!({"name": name, "role": "moderator"});
        board
            .send(&board.secrets.admin, "POST", "/v1/users", user)
            .await;
    }
    let readers = json!({"name": "readers", "scopes": ["report"]});
    let readers = board
        .send(&board.secrets.admin, "POST", "/v1/keys", readers)
        .await;
    board.secrets.readers = text(&readers["key"]);
    board.secrets.amy = board.run(&["user", "token", "amy"]);
    board.secrets.ben = board.run(&["user", "token", "ben"]);
}

/// Users, keys and tokens come, change and go; some end by themselves.
async fn accounts(board: &Board) {
    let admin = &board.secrets.admin;
    for name in ["vic", "zoe"] {
        let user = json!({"name": name, "role": "viewer", "password": "四匹馬在南港散步2026"});
        board.send(admin, "POST", "/v1/users", user).await;
    }
    for change in [json!({"disabled": true}), json!({"disabled": false})] {
        board.send(admin, "PATCH", "/v1/users/vic", change).await;
    }
    board
        .send(admin, "DELETE", "/v1/users/zoe", Value::Null)
        .await;
    board.run(&["user", "token", "vic", "--days", "1"]);
    board.run(&["key", "new", "--scopes", "read,admin", "--days", "1"]);
    let token = json!({"name": "script"});
    let token = board
        .send(&board.secrets.amy, "POST", "/v1/tokens", token)
        .await;
    let path = format!("/v1/tokens/{}", text(&token["id"]));
    board
        .send(&board.secrets.amy, "DELETE", &path, Value::Null)
        .await;
    let key = json!({"name": "import", "scopes": ["moderate"]});
    let key = board.send(admin, "POST", "/v1/keys", key).await;
    let path = format!("/v1/keys/{}", text(&key["id"]));
    board.send(admin, "DELETE", &path, Value::Null).await;
}

/// Sign-ins: one that ends, one that changes the password, one that ends all, one refused, one that stays.
async fn sessions(board: &Board) {
    let (old, new) = ("四匹馬在南港散步2026", "五匹馬在內湖散步2026");
    let first = board.sign_in("vic", old).await;
    board
        .by_cookie(&first, ("DELETE", "/v1/session"), Value::Null)
        .await;
    let second = board.sign_in("vic", old).await;
    let change = json!({"current": old, "password": new});
    board
        .by_cookie(&second, ("PUT", "/v1/session/password"), change)
        .await;
    let third = board.sign_in("vic", new).await;
    let everywhere = ("DELETE", "/v1/session?everywhere=true");
    board.by_cookie(&third, everywhere, Value::Null).await;
    board.sign_in("vic", new).await;
    let guess = json!({"name": "vic", "password": "a wrong guess"});
    let refused = board.request("", ("POST", "/v1/session"), &guess, &[]);
    assert_eq!(refused.await.status(), 401);
}

/// What is purged later, and what keeps its text: held, waiting for a ruling.
async fn long_ago(board: &Board) {
    let Secrets {
        board: key,
        amy,
        ben,
        ..
    } = &board.secrets;
    let article = json!({"title": "北約統帥訪日", "body": "雙方談了合作。", "section": "國際"});
    board
        .send(key, "PUT", "/v1/articles/story-old", article)
        .await;
    post(
        board,
        comment("c-old-allowed", "m-1", "這篇整理得很清楚，謝謝記者。"),
    )
    .await;
    post(board, comment("c-old-edited", "m-1", "這篇整理得清楚。")).await;
    post(board, comment("c-old-edited", "m-1", "這篇整理得很清楚。")).await;
    post(board, comment("c-old-removed", "m-2", "幹你娘")).await;
    flagged(board, "c-old-open", "m-3").await;
    post(board, comment("c-old-held", "m-4", "我在這裡等你。")).await;
    let reason = json!({"reason": "警方來函"});
    board
        .send(amy, "POST", "/v1/comments/c-old-held/hold", reason)
        .await;
    let case = flagged(board, "c-old-ruled", "m-5").await;
    report(board, key, "c-old-ruled", "r-1", json!({})).await;
    let note = json!({"text": "同一人上週也貼過"});
    board
        .send(amy, "POST", &format!("/v1/cases/{case}/notes"), note)
        .await;
    let ruling = json!({"decision": "remove", "note": "人身攻擊", "sanction": {"kind": "warn"}});
    rule(board, amy, &case, ruling).await;
    appeal(board, "comments/c-old-ruled", "m-5").await;
    rule(board, ben, &case, json!({"decision": "remove"})).await;
}

/// A year later: the clock counts as having jumped and is accepted, lists change, the database is copied.
async fn upkeep(board: &Board) {
    board.run(&["clock", "accept"]);
    let more: Vec<String> = (0..40).map(|n| format!("笨蛋{n}號")).collect();
    board.write_lists(&more);
    board.hang_up();
    board.until_audited("rulebook.loaded", 1).await;
    board.write_lists(&[]);
    board.hang_up();
    board.run(&["check", "--accept", &refused_lists(board).await]);
    board.until_audited("rulebook.accepted", 1).await;
    board.run(&["compact"]);
    board.run(&["backup", "backup"]);
    fs::remove_dir_all(board.path().join("backup")).unwrap();
}

/// The hash by which lists are accepted that lost too much.
async fn refused_lists(board: &Board) -> String {
    loop {
        let told = board.get("/v1/rulebook").await["faults"][0]["en"].clone();
        if let Some((_, hash)) = text(&told).split_once("--accept ") {
            return hash.trim().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Second looks: one begins at once, one waits until its ruling cannot be taken back any more.
async fn sampled(board: &Board) {
    post(board, comment("c-sampled-removed", "m-6", "幹你娘")).await;
    let case = flagged(board, "c-sampled-ruled", "m-7").await;
    rule(
        board,
        &board.secrets.amy,
        &case,
        json!({"decision": "approve"}),
    )
    .await;
    let opened = "case.opened&subject=comment:c-sampled-removed";
    board.until_audited(opened, 1).await;
}

/// Comments as they come: allowed, edited, flagged, removed, withdrawn, in a batch, long.
async fn submissions(board: &Board) {
    let key = &board.secrets.board;
    let long = json!({"title": "長文", "body": "雙方談了合作。".repeat(1_500), "tags": ["合作"]});
    board
        .send(key, "PUT", "/v1/articles/story-long", long)
        .await;
    let article = json!({"title": "北約統帥訪日", "body": "雙方談了合作。", "section": "國際"});
    board
        .send(key, "PUT", "/v1/articles/story-1", article)
        .await;
    let along = json!({"title": "美食專欄", "body": "今天談小籠包。"});
    let mut first = comment("c-allowed", "m-10", "這篇整理得很清楚，謝謝記者。");
    first["article_id"] = json!("story-2");
    first["article"] = along;
    post(board, first).await;
    let mut reply = comment("c-reply", "m-11", "同意樓上。");
    reply["parent_id"] = json!("c-allowed");
    reply["posted_at"] = json!("2026-01-01T00:00:00Z");
    post(board, reply).await;
    post(board, comment("c-edited", "m-12", "這篇不錯。")).await;
    post(board, comment("c-edited", "m-12", "這篇不錯，你這個白痴。")).await;
    post(
        board,
        comment("c-edited", "m-12", "這篇不錯，你這個白痴豬頭。"),
    )
    .await;
    post(board, comment("c-removed", "m-13", "幹 你 娘")).await;
    post(board, comment("c-long", "m-14", &"謝謝記者。".repeat(900))).await;
    flagged(board, "c-withdrawn", "m-15").await;
    report(board, key, "c-withdrawn", "r-2", json!({})).await;
    board
        .send(key, "DELETE", "/v1/comments/c-withdrawn", Value::Null)
        .await;
    for n in 0..3 {
        let mut old = comment(&format!("c-history-{n}"), "m-17", "舊文一則，你這個白痴");
        old["posted_at"] = json!("2025-01-01T00:00:00Z");
        let path = "/v1/moderations/batch?backfill=true";
        let headers = [("content-type", "application/x-ndjson")];
        let told = board.request(key, ("POST", path), &old, &headers).await;
        assert_eq!(told.status(), 200);
        told.text().await.unwrap();
    }
    flood(board).await;
}

/// More than one member posts in a minute, with a case for each that is too much.
async fn flood(board: &Board) {
    for n in 0..14 {
        let body = format!("第{n}則，祝大家平安順心。");
        post(board, comment(&format!("c-flood-{n}"), "m-18", &body)).await;
    }
}

/// Cases about a tag and a nickname, and rulings that hold for many.
async fn tags_and_nicknames(board: &Board) {
    let amy = &board.secrets.amy;
    let mut cases = Vec::new();
    for n in 0..3 {
        let mut tagged = comment(&format!("c-tagged-{n}"), &format!("m-2{n}"), "早安您好");
        tagged["article_id"] = json!("story-1");
        tagged["tags"] = json!(["北約", "美食", "頭香"]);
        let told = post(board, tagged).await;
        cases.push(text(&told["surfaces"]["tags"][1]["case_id"]));
    }
    rule(
        board,
        amy,
        &cases[0],
        json!({"decision": "approve", "note": "可以"}),
    )
    .await;
    let mut named = comment("c-named", "m-24", "早安各位");
    named["member"]["nickname"] = json!("副版主小明");
    let case = text(&post(board, named).await["case_id"]);
    rule(board, amy, &case, json!({"decision": "remove"})).await;
    let mut both = comment("c-both", "m-25", "你這個白痴");
    both["article_id"] = json!("story-1");
    both["tags"] = json!(["北約"]);
    let case = text(&post(board, both).await["case_id"]);
    let ruling = json!({"decision": "remove_tags", "tags": ["北約"], "code": "tag-false"});
    rule(board, amy, &case, ruling).await;
    let nickname = json!({"nickname": "版主本人", "verified": true});
    let key = &board.secrets.board;
    board.send(key, "PUT", "/v1/members/m-26", nickname).await;
}

/// The queue: claims, skips, notes, cases that a moderator takes up, rulings one by one and many at once.
async fn cases(board: &Board) {
    let Secrets {
        admin, amy, ben, ..
    } = &board.secrets;
    let nothing = || Value::Null;
    let case = flagged(board, "c-claimed", "m-30").await;
    let claim = format!("/v1/cases/{case}/claim");
    board.send(amy, "POST", &claim, nothing()).await;
    board
        .send(admin, "POST", &format!("{claim}?take_over=true"), nothing())
        .await;
    board.send(admin, "DELETE", &claim, nothing()).await;
    let case = flagged(board, "c-skipped", "m-31").await;
    let skip = format!("/v1/cases/{case}/skip");
    board.send(amy, "POST", &skip, nothing()).await;
    board.send(ben, "POST", &skip, nothing()).await;
    let case = flagged(board, "c-escalated", "m-32").await;
    let ruling = json!({"decision": "escalate", "note": "請管理者看"});
    rule(board, amy, &case, ruling).await;
    rule(board, admin, &case, json!({"decision": "approve"})).await;
    post(board, comment("c-taken-up", "m-33", "加我的群組一起賺")).await;
    let up = json!({"comment_id": "c-taken-up", "code": "scam", "note": "看來是廣告"});
    board.send(amy, "POST", "/v1/cases", up).await;
    let up = json!({"member_id": "m-33", "code": "nickname-infringement"});
    board.send(amy, "POST", "/v1/cases", up).await;
    let mut items = Vec::new();
    for n in 0..3 {
        let case = flagged(board, &format!("c-bulk-{n}"), &format!("m-4{n}")).await;
        items.push(json!({"case_id": case, "decision": "remove", "version": 1}));
    }
    board
        .send(ben, "POST", "/v1/rulings/bulk", json!({"items": items}))
        .await;
    let case = flagged(board, "c-ruled-again", "m-43").await;
    let first = json!({"decision": "remove", "sanction": {"kind": "watch", "days": 30}});
    rule(board, amy, &case, first).await;
    rule(board, ben, &case, json!({"decision": "approve"})).await;
    post(board, comment("c-ruled-again", "m-43", "你這個白痴豬頭")).await;
}

/// Readers report; some of them too much.
async fn reports(board: &Board) {
    let Secrets {
        board: key,
        readers,
        amy,
        ..
    } = &board.secrets;
    post(board, comment("c-reported", "m-50", "講話小心一點")).await;
    report(board, key, "c-reported", "r-3", json!({"surface": "body"})).await;
    report(
        board,
        key,
        "c-reported",
        "r-4",
        json!({"surface": "nickname"}),
    )
    .await;
    let along = json!({"comment": {
        "article_id": "story-unknown", "article": {"title": "假新聞", "body": "沒有這回事。"},
        "member": {"id": "m-51", "nickname": "阿明"}, "body": "幹你娘", "tags": ["美食"],
    }});
    report(board, readers, "c-along", "r-5", along).await;
    report(board, key, "c-removed", "r-6", json!({})).await;
    let case = flagged(board, "c-reported-ruled", "m-52").await;
    report(board, key, "c-reported-ruled", "r-7", json!({})).await;
    rule(board, amy, &case, json!({"decision": "remove"})).await;
    report(board, key, "c-reported-ruled", "r-8", json!({})).await;
    let case = flagged(board, "c-settled", "m-54").await;
    rule(board, amy, &case, json!({"decision": "approve"})).await;
    for reporter in ["r-12", "r-13", "r-14"] {
        report(board, key, "c-settled", reporter, json!({})).await;
    }
    for n in 0..3 {
        let id = format!("c-bad-faith-{n}");
        post(board, comment(&id, "m-53", &format!("今天第{n}次來看"))).await;
        report(board, key, &id, "r-9", json!({})).await;
    }
    let reason = json!({"reason": "多次不實檢舉"});
    board
        .send(amy, "POST", "/v1/reporters/r-9/dismiss", reason)
        .await;
    let mute = json!({"days": 300, "reason": "多次不實檢舉"});
    for reporter in ["r-9", "r-10"] {
        let path = format!("/v1/reporters/{reporter}/mute");
        board.send(amy, "POST", &path, mute.clone()).await;
    }
    board
        .send(amy, "DELETE", "/v1/reporters/r-10/mute", Value::Null)
        .await;
}

/// Appeals: one that is right, one that is not, one that waits; against a filter's removal and a sanction, too.
async fn appeals(board: &Board) {
    let Secrets { amy, ben, .. } = &board.secrets;
    for (id, member, end) in [
        ("c-right", "m-60", Some("approve")),
        ("c-wrong", "m-61", Some("remove")),
        ("c-waits", "m-62", None),
    ] {
        let case = flagged(board, id, member).await;
        rule(board, amy, &case, json!({"decision": "remove"})).await;
        appeal(board, &format!("comments/{id}"), member).await;
        if let Some(decision) = end {
            rule(board, ben, &case, json!({"decision": decision})).await;
        }
    }
    post(board, comment("c-filtered", "m-63", "幹你娘")).await;
    appeal(board, "comments/c-filtered", "m-63").await;
    let case = flagged(board, "c-sanctioned", "m-64").await;
    let ruling = json!({"decision": "remove", "sanction": {"kind": "suspend", "days": 60, "reason": "屢勸不聽"}});
    let ruling = rule(board, amy, &case, ruling).await;
    let sanction = text(&ruling["sanction"]["id"]);
    appeal(board, &format!("sanctions/{sanction}"), "m-64").await;
}

async fn sanction(board: &Board, by: &str, member: &str, sanction: Value) -> String {
    let path = format!("/v1/members/{member}/sanctions");
    text(&board.send(by, "POST", &path, sanction).await["id"])
}

/// Sanctions outside of cases: laid, lifted, what they blocked restored later.
async fn sanctions(board: &Board) {
    let Secrets { admin, amy, .. } = &board.secrets;
    for (member, kind) in [
        ("m-70", json!({"kind": "warn", "reason": "請注意用語"})),
        (
            "m-71",
            json!({"kind": "terminate", "reason": "多次詐騙", "code": "scam"}),
        ),
        (
            "m-72",
            json!({"kind": "watch", "days": 90, "reason": "連續洗版"}),
        ),
    ] {
        post(
            board,
            comment(&format!("c-of-{member}"), member, "大家好啊"),
        )
        .await;
        sanction(board, admin, member, kind).await;
    }
    post(board, comment("c-of-m-73", "m-73", "大家早啊")).await;
    let suspend = json!({"kind": "suspend", "days": 90, "reason": "連續洗版"});
    let id = sanction(board, amy, "m-73", suspend).await;
    post(board, comment("c-blocked", "m-73", "我又來了喔")).await;
    let path = format!("/v1/sanctions/{id}/lift");
    board
        .send(amy, "POST", &path, json!({"reason": "已道歉"}))
        .await;
    let restore = json!({"reason": "查明無誤", "restore": true});
    board.send(amy, "POST", &path, restore).await;
    board.until_audited("comment.rejudged", 1).await;
}

/// Later decisions: a sanction that blocked comments goes with an undo, with an appeal, by being lifted. One of them opens a case
/// again that had been resolved.
async fn judged_again(board: &Board) {
    let Secrets { amy, ben, .. } = &board.secrets;
    let ruling = json!({"decision": "remove", "sanction": {"kind": "suspend", "days": 90}});
    let case = flagged(board, "c-undone", "m-80").await;
    let ruled = rule(board, amy, &case, ruling.clone()).await;
    post(board, comment("c-undone-next", "m-80", "為什麼停權啊")).await;
    let undo = format!("/v1/rulings/{}/undo", text(&ruled["id"]));
    board.send(amy, "POST", &undo, Value::Null).await;
    board.until_audited("comment.rejudged", 2).await;
    let case = flagged(board, "c-overturned", "m-81").await;
    rule(board, amy, &case, ruling.clone()).await;
    post(board, comment("c-overturned-next", "m-81", "為什麼停權呢")).await;
    appeal(board, "comments/c-overturned", "m-81").await;
    rule(board, ben, &case, json!({"decision": "approve"})).await;
    board.until_audited("comment.rejudged", 3).await;
    let case = flagged(board, "c-approved", "m-82").await;
    rule(board, amy, &case, json!({"decision": "approve"})).await;
    let suspend = json!({"kind": "suspend", "days": 90, "reason": "連續洗版"});
    let id = sanction(board, amy, "m-82", suspend).await;
    post(board, comment("c-approved", "m-82", "你這個白痴豬頭")).await;
    let restore = json!({"reason": "查明無誤", "restore": true});
    let path = format!("/v1/sanctions/{id}/lift");
    board.send(amy, "POST", &path, restore).await;
    let reopened = "case.reopened&subject=comment:c-approved";
    board.until_audited(reopened, 1).await;
}

/// Webhooks of which nothing arrives; one is changed, one is removed.
async fn webhooks(board: &Board) {
    let admin = &board.secrets.admin;
    let mut ids = Vec::new();
    for events in [json!(["comment.ruled", "appeal.resolved"]), json!([])] {
        let hook = json!({"url": NOBODY, "events": events});
        let made = board.send(admin, "POST", "/v1/webhooks", hook).await;
        ids.push(text(&made["id"]));
    }
    let rotate = json!({"rotate_secret": true});
    let path = format!("/v1/webhooks/{}", ids[0]);
    board.send(admin, "PATCH", &path, rotate).await;
    let path = format!("/v1/webhooks/{}", ids[1]);
    board.send(admin, "DELETE", &path, Value::Null).await;
    let case = flagged(board, "c-told", "m-85").await;
    rule(
        board,
        &board.secrets.amy,
        &case,
        json!({"decision": "remove"}),
    )
    .await;
    until_undelivered(board).await;
}

async fn until_undelivered(board: &Board) -> (String, Value) {
    let hooks = board.get("/v1/webhooks").await;
    let path = format!("/v1/webhooks/{}/deliveries", text(&hooks["items"][0]["id"]));
    loop {
        let lines = board.get(&path).await;
        if let Some(line) = lines["items"].as_array().and_then(|lines| lines.first()) {
            return (path, line.clone());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A hold that ends, and members who ask that their words go: all go in time, some wait for a ruling, some are held.
async fn holds_and_erasures(board: &Board) {
    let Secrets { admin, amy, .. } = &board.secrets;
    for (id, member, body) in [
        ("c-let-go", "m-90", "我在這裡等著"),
        ("c-goes", "m-91", "我要離開這裡"),
        ("c-stays", "m-93", "我也在這裡等"),
    ] {
        post(board, comment(id, member, body)).await;
    }
    post(board, comment("c-goes", "m-91", "我要離開這裡了")).await;
    flagged(board, "c-open", "m-92").await;
    report(board, &board.secrets.board, "c-open", "m-91", json!({})).await;
    let reason = json!({"reason": "警方來函"});
    for id in ["c-let-go", "c-stays"] {
        let path = format!("/v1/comments/{id}/hold");
        board.send(amy, "POST", &path, reason.clone()).await;
    }
    board
        .send(amy, "DELETE", "/v1/comments/c-let-go/hold", Value::Null)
        .await;
    for member in ["m-10", "m-92", "m-93"] {
        let path = format!("/v1/members/{member}/data");
        board.send(admin, "DELETE", &path, Value::Null).await;
    }
}

/// Three days later: an erasure has come to its end, a line that nobody took is sent again, somebody is at work; and a second
/// look to come will find nothing to look at.
async fn today(board: &Board) {
    let Secrets {
        board: key,
        admin,
        amy,
        ben,
        ..
    } = &board.secrets;
    board.until_audited("erasure.finished", 1).await;
    let (path, line) = until_undelivered(board).await;
    let path = format!("{path}/{}/replay", line["id"]);
    board.send(admin, "POST", &path, Value::Null).await;
    board.send(ben, "POST", "/v1/cases/next", Value::Null).await;
    board
        .send(admin, "DELETE", "/v1/members/m-91/data", Value::Null)
        .await;
    let asked_twice = comment("c-twice", "m-16", "早安");
    for _ in 0..2 {
        let call = ("POST", "/v1/moderations");
        let headers = [("idempotency-key", "again")];
        let told = board.request(key, call, &asked_twice, &headers).await;
        assert_eq!(told.status(), 200);
    }
    let case = flagged(board, "c-last", "m-95").await;
    let ruled = rule(board, amy, &case, json!({"decision": "approve"})).await;
    let undo = format!("/v1/rulings/{}/undo", text(&ruled["id"]));
    board.send(amy, "POST", &undo, Value::Null).await;
}

/// Rulings that hold for many, who are yet to be told.
async fn under_way(board: &Board) {
    let Secrets {
        board: key, admin, ..
    } = &board.secrets;
    let mut named = comment("c-named-last", "m-96", "早安大家");
    named["member"]["nickname"] = json!("版主小華");
    let nickname = text(&post(board, named).await["case_id"]);
    let mut tagged = comment("c-tagged-last", "m-97", "早安大家好");
    tagged["article_id"] = json!("story-1");
    tagged["tags"] = json!(["小籠包"]);
    let tag = text(&post(board, tagged).await["surfaces"]["tags"][0]["case_id"]);
    let reported = flagged(board, "c-reported-last", "m-98").await;
    report(board, key, "c-reported-last", "r-11", json!({})).await;
    let hooks = board.get("/v1/webhooks").await;
    let path = format!("/v1/webhooks/{}", text(&hooks["items"][0]["id"]));
    let rest = json!({"active": false});
    board.send(admin, "PATCH", &path, rest).await;
    for case in [nickname, tag, reported] {
        rule(board, admin, &case, json!({"decision": "approve"})).await;
    }
}

/// The folder of a service that was killed while it worked, with comments to be judged again; the stopped one stays as it is.
async fn killed(board: &mut Board) -> tempfile::TempDir {
    let (data, stopped) = (board.data(), board.path().join("stopped"));
    copy(&data, &stopped);
    board.start(0, USUAL);
    let amy = board.secrets.amy.clone();
    let suspend = json!({"kind": "suspend", "days": 90, "reason": "連續洗版"});
    let id = sanction(board, &amy, "m-10", suspend).await;
    for n in 0..20 {
        let id = format!("c-killed-{n}");
        post(board, comment(&id, "m-10", &format!("第{n}句話"))).await;
    }
    let restore = json!({"reason": "查明無誤", "restore": true});
    let path = format!("/v1/sanctions/{id}/lift");
    board.send(&amy, "POST", &path, restore).await;
    board.kill();
    let killed = tempfile::tempdir().unwrap();
    copy(&data, killed.path());
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&stopped, &data).unwrap();
    killed
}

/// A folder with all that is in it, but for sockets.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let to = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &to);
        } else if kind.is_file() {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}
