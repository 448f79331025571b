//! The queue over HTTP: list, claim, rule, undo, audit.

use banzhu::record::Role;
use serde_json::json;

use crate::app::{TestApp, comment, steady};

#[tokio::test]
async fn a_case_from_flag_to_undo() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    board.post_comment("c-1", "你這個白痴").await;
    let queue = amy.get("/v1/cases").await;
    insta::assert_json_snapshot!(steady(queue.json));
    let held = amy.bare("POST", "/v1/cases/next").await;
    assert_eq!(
        (held.status, &held.json["claim"]["by"]),
        (200, &json!("amy"))
    );
    let id = held.json["id"].as_str().unwrap().to_owned();
    let ruling = amy
        .send(
            "POST",
            &format!("/v1/cases/{id}/rulings"),
            json!({"decision": "remove", "version": 1, "note": "辱罵"}),
        )
        .await;
    assert_eq!(ruling.status, 201, "{}", ruling.text);
    assert_eq!(ruling.json["comment"]["verdict"], "remove");
    insta::assert_json_snapshot!(steady(ruling.json.clone()), {".comment" => "[comment]"});
    assert_eq!(
        board.get("/v1/comments/c-1").await.json["decided_by"],
        "moderator"
    );
    let undo = amy
        .bare(
            "POST",
            &format!("/v1/rulings/{}/undo", ruling.json["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!((undo.status, &undo.json["version"]), (200, &json!(3)));
    assert_eq!(board.get("/v1/comments/c-1").await.json["verdict"], "flag");
    let audit = amy.get("/v1/audit?subject=comment:c-1").await.json;
    let actions: Vec<_> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "ruling.undone",
            "ruling.made",
            "case.claimed",
            "case.opened",
            "comment.judged"
        ]
    );
    app.end().await;
}

#[tokio::test]
async fn the_second_of_two_moderators_is_told_and_shown_the_newer_state() {
    let app = TestApp::start().await;
    let (board, amy, ben) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ben", Role::Moderator).await,
    );
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}", flagged["case_id"].as_str().unwrap());
    assert_eq!(amy.bare("POST", &format!("{path}/claim")).await.status, 200);
    let refused = ben
        .send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "approve", "version": 1}),
        )
        .await;
    assert_eq!(
        (refused.problem(), &refused.json["claim"]["by"]),
        ((409, "case-claimed"), &json!("amy"))
    );
    assert_eq!(
        ben.bare("POST", &format!("{path}/claim")).await.problem(),
        (409, "case-claimed")
    );
    assert_eq!(
        ben.bare("DELETE", &format!("{path}/claim")).await.problem(),
        (409, "case-claimed")
    );
    assert_eq!(
        amy.bare("DELETE", &format!("{path}/claim")).await.status,
        204
    );
    assert_eq!(
        ben.send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "approve", "version": 1})
        )
        .await
        .status,
        201
    );
    let late = amy
        .send(
            "POST",
            &format!("{path}/rulings"),
            json!({"decision": "remove", "version": 1}),
        )
        .await;
    assert_eq!(
        (late.problem(), &late.json["case"]["version"]),
        ((409, "case-changed"), &json!(2))
    );
    app.end().await;
}

#[tokio::test]
async fn fifty_callers_never_get_the_same_case() {
    let app = TestApp::start().await;
    let (board, reviewer) = (app.board().await, app.key("review").await);
    for n in 0..19 {
        board.post_comment(&format!("c-{n}"), "你這個白痴").await;
    }
    let mut people = Vec::new();
    for n in 0..3 {
        people.push(app.person(&format!("mod-{n}"), Role::Moderator).await);
    }

    let calls = (0..50).map(|n| {
        let who = if n % 2 == 0 {
            reviewer.clone()
        } else {
            people[n % 3].clone()
        };
        async move { who.bare("POST", "/v1/cases/next").await }
    });
    let answers = futures_util::future::join_all(calls).await;
    let mut ids: Vec<_> = answers
        .iter()
        .filter(|told| told.status == 200)
        .map(|told| told.json["id"].to_string())
        .collect();
    let handed_out = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), handed_out), (19, 19));
    for told in &answers {
        assert!(matches!(told.status, 200 | 204), "{}", told.text);
    }
    app.end().await;
}

#[tokio::test]
async fn a_ruling_needs_what_it_needs() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", flagged["case_id"].as_str().unwrap());
    let case = async |body: serde_json::Value, pointer: &str, code: &str| {
        let told = amy.send("POST", &path, body.clone()).await;
        assert_eq!(
            told.faults(),
            [(pointer.to_owned(), code.to_owned())],
            "{body} {}",
            told.text
        );
    };
    case(json!({"version": 1}), "/decision", "missing-field").await;
    case(json!({"decision": "approve"}), "/version", "missing-field").await;
    case(
        json!({"decision": "perhaps", "version": 1}),
        "/decision",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "escalate", "version": 1}),
        "/note",
        "missing-field",
    )
    .await;
    case(
        json!({"decision": "remove_tags", "version": 1}),
        "/tags",
        "missing-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "code": "flood"}),
        "/code",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "note": "長".repeat(2_001)}),
        "/note",
        "note-too-long",
    )
    .await;
    case(
        json!({"decision": "approve", "version": 1, "sanction": {"kind": "warn"}}),
        "/sanction",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "sanction": {"kind": "suspend"}}),
        "/sanction/days",
        "invalid-field",
    )
    .await;
    case(
        json!({"decision": "remove", "version": 1, "sanction": {"kind": "warn", "why": "x"}}),
        "/sanction/why",
        "unknown-field",
    )
    .await;
    app.end().await;
}

#[tokio::test]
async fn the_queue_is_filtered_and_turned_page_by_page() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    for n in 0..5 {
        let mut flagged = comment(&format!("c-{n}"), "你這個白痴");
        flagged["article_id"] = json!(format!("story-{}", n % 2));
        let told = board.send("POST", "/v1/moderations", flagged).await;
        assert_eq!(told.json["verdict"], "flag", "{}", told.text);
    }
    let ids = async |query: &str| {
        let told = amy.get(&format!("/v1/cases{query}")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        let items = told.json["items"].as_array().unwrap().clone();
        let id = |item: &serde_json::Value| item["subject"]["id"].as_str().unwrap().to_owned();
        (items.iter().map(id).collect::<Vec<_>>(), told.json)
    };
    let (all, first) = ids("?sort=oldest").await;
    assert_eq!(all, ["c-0", "c-1", "c-2", "c-3", "c-4"]);
    assert_eq!(first["counts"]["status"]["open"], 5);
    let (page, told) = ids("?sort=newest&limit=3").await;
    assert_eq!(page, ["c-4", "c-3", "c-2"]);
    let cursor = told["next_cursor"].as_str().unwrap();
    let (page, told) = ids(&format!("?sort=newest&limit=3&cursor={cursor}")).await;
    assert_eq!(
        (page, &told["next_cursor"]),
        (vec!["c-1".to_owned(), "c-0".to_owned()], &json!(null))
    );
    assert_eq!(ids("?article=story-1").await.0.len(), 2);
    assert_eq!(ids("?article=story-1&code=insult,slur").await.0.len(), 2);
    assert_eq!(ids("?code=slur,threat").await.0.len(), 0);
    assert_eq!(ids("?q=%E7%99%BD%E7%97%B4&member=m-1").await.0.len(), 5);
    let held = amy.bare("POST", "/v1/cases/next").await;
    assert_eq!(held.status, 200);
    assert_eq!(ids("?assignee=me").await.0.len(), 1);
    assert_eq!(ids("?assignee=none").await.0.len(), 4);
    assert_eq!(ids("?status=claimed&assignee=amy").await.0.len(), 1);
    for (query, pointer) in [
        ("?status=lost", "?status"),
        ("?code=nonsense", "?code"),
        ("?sort=best", "?sort"),
        ("?surface=title", "?surface"),
        ("?q=x", "?q"),
    ] {
        let told = amy.get(&format!("/v1/cases{query}")).await;
        let expected = [(pointer.to_owned(), "invalid-field".to_owned())];
        assert_eq!(told.faults(), expected, "{query}");
    }
    let bad = amy
        .send("POST", "/v1/cases/next", json!({"status": "lost"}))
        .await;
    assert_eq!(
        bad.faults(),
        [("/status".to_owned(), "invalid-field".to_owned())]
    );
    app.end().await;
}

#[tokio::test]
async fn what_was_escalated_is_for_admins() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let (amy, ada) = (
        app.person("amy", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}", flagged["case_id"].as_str().unwrap());
    let rulings = format!("{path}/rulings");
    let escalate = json!({"decision": "escalate", "version": 1, "note": "請長官決定"});
    assert_eq!(amy.send("POST", &rulings, escalate).await.status, 201);
    let approve = json!({"decision": "approve", "version": 2});
    assert_eq!(
        amy.send("POST", &rulings, approve.clone()).await.problem(),
        (409, "case-escalated")
    );
    assert_eq!(
        amy.bare("POST", &format!("{path}/claim")).await.problem(),
        (409, "case-escalated")
    );
    assert_eq!(ada.send("POST", &rulings, approve).await.status, 201);
    app.end().await;
}

#[tokio::test]
async fn an_admin_takes_a_claim_over_and_a_moderator_does_not() {
    let app = TestApp::start().await;
    let board = app.board().await;
    let (amy, ben, ada) = (
        app.person("amy", Role::Moderator).await,
        app.person("ben", Role::Moderator).await,
        app.person("ada", Role::Admin).await,
    );
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let claim = format!("/v1/cases/{}/claim", flagged["case_id"].as_str().unwrap());
    assert_eq!(amy.bare("POST", &claim).await.status, 200);
    let take_over = format!("{claim}?take_over=true");
    assert_eq!(
        ben.bare("POST", &take_over).await.problem(),
        (403, "forbidden")
    );
    let taken = ada.bare("POST", &take_over).await;
    assert_eq!(
        (taken.status, &taken.json["claim"]["by"]),
        (200, &json!("ada"))
    );
    assert_eq!(
        amy.bare("POST", &claim).await.problem(),
        (409, "case-claimed")
    );
    app.end().await;
}

#[tokio::test]
async fn a_rulings_fields_are_checked_before_its_case() {
    let app = TestApp::start().await;
    let (board, amy, ben) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("ben", Role::Moderator).await,
    );
    let mut flagged = comment("c-1", "你這個白痴");
    flagged["tags"] = json!(["颱風", "停班"]);
    let told = board.send("POST", "/v1/moderations", flagged).await.json;
    let case = format!("/v1/cases/{}", told["case_id"].as_str().unwrap());
    assert_eq!(ben.bare("POST", &format!("{case}/claim")).await.status, 200);
    let nowhere = "/v1/cases/01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (body, pointer, code) in [
        (
            json!({"decision": "escalate", "version": 9}),
            "/note",
            "missing-field",
        ),
        (
            json!({"decision": "remove_tags", "version": 9}),
            "/tags",
            "missing-field",
        ),
        (
            json!({"decision": "approve", "version": 9, "tags": ["颱風"]}),
            "/tags",
            "invalid-field",
        ),
        (
            json!({"decision": "remove", "version": 9, "code": "member-new"}),
            "/code",
            "invalid-field",
        ),
        (
            json!({"decision": "remove_tags", "version": 9, "tags": (0..21).map(|n| n.to_string()).collect::<Vec<_>>()}),
            "/tags",
            "too-many-tags",
        ),
    ] {
        for path in [&case, nowhere] {
            let told = amy
                .send("POST", &format!("{path}/rulings"), body.clone())
                .await;
            assert_eq!(
                told.faults(),
                [(pointer.to_owned(), code.to_owned())],
                "{body}"
            );
        }
    }
    assert_eq!(
        ben.bare("DELETE", &format!("{case}/claim")).await.status,
        204
    );
    let twice = json!({"decision": "remove_tags", "version": 1, "tags": vec!["停班"; 300]});
    let ruled = ben.send("POST", &format!("{case}/rulings"), twice).await;
    assert_eq!(ruled.status, 201, "{}", ruled.text);
    let rulings = amy.get(&case).await.json["rulings"].clone();
    assert_eq!(rulings[0]["tags"], json!(["停班"]));
    app.end().await;
}

#[tokio::test]
async fn what_takes_no_body_refuses_one_that_says_something() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let claim = format!("/v1/cases/{}/claim", flagged["case_id"].as_str().unwrap());
    let undo = "/v1/rulings/01ARZ3NDEKTSV4RRFFQ69G5FAV/undo";
    for path in [claim.as_str(), undo] {
        let told = amy.send("POST", path, json!({"minutes": 60})).await;
        assert_eq!(
            told.faults(),
            [("/minutes".to_owned(), "unknown-field".to_owned())]
        );
        let text = amy
            .request("POST", path)
            .header("content-type", "text/plain")
            .body("x");
        let told = crate::app::Told::of(text.send().await.unwrap()).await;
        assert_eq!(told.problem(), (415, "unsupported-media-type"));
    }
    assert_eq!(amy.send("POST", &claim, json!({})).await.status, 200);
    assert_eq!(amy.bare("POST", &claim).await.status, 200);
    let not_mine = "/v1/cases/nonsense/claim?take_over=true";
    assert_eq!(
        amy.bare("POST", not_mine).await.problem(),
        (403, "forbidden")
    );
    app.end().await;
}

#[tokio::test]
async fn the_audit_goes_out_as_a_file() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    for n in 0..130 {
        board.post_comment(&format!("c,{n}"), "你這個白痴").await;
    }
    let page = amy.get("/v1/audit?limit=200").await.json;
    assert!(page["next_cursor"].is_string(), "more than a page");
    let lines = amy.get("/v1/audit?format=ndjson").await;
    assert_eq!(lines.headers["content-type"], "application/x-ndjson");
    let entries: Vec<serde_json::Value> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries[..200], page["items"].as_array().unwrap()[..]);
    let numbers: Vec<u64> = entries
        .iter()
        .map(|entry| entry["number"].as_u64().unwrap())
        .collect();
    assert!(
        numbers.iter().rev().copied().eq(1..=numbers.len() as u64),
        "{numbers:?}"
    );
    let table = amy
        .get("/v1/audit?format=csv&subject=comment:c,7")
        .await
        .text;
    let rows: Vec<&str> = table.split("\r\n").collect();
    assert!(rows[0].starts_with("number,at,actor,action,subject_kind,subject_id,"));
    assert!(
        rows[1].contains(",case.opened,comment,\"c,7\",,open,insult,"),
        "{table}"
    );
    assert_eq!((rows.len(), rows[3]), (4, ""));
    board.post_comment("=cmd|x", "你這個白痴").await;
    let table = amy.get("/v1/audit?format=csv&subject=%3Dcmd%7Cx").await;
    assert!(table.text.contains(",'=cmd|x,"), "{}", table.text);
    assert_eq!(
        table.headers["content-disposition"],
        "attachment; filename=\"banzhu-audit.csv\""
    );
    board.post_comment("a:b", "你這個白痴").await;
    for subject in ["a:b", "comment:a:b"] {
        let told = amy.get(&format!("/v1/audit?subject={subject}")).await.json;
        assert_eq!(told["items"].as_array().unwrap().len(), 2, "{subject}");
    }
    let one = amy.get("/v1/audit?format=ndjson&limit=1").await.text;
    assert_eq!(one.lines().count(), 1);
    let bad = amy.get("/v1/audit?format=xml").await;
    assert_eq!(
        bad.faults(),
        [("?format".to_owned(), "invalid-field".to_owned())]
    );
    app.end().await;
}

#[tokio::test]
async fn the_versions_of_the_score_are_shown_and_only_admins_go_back() {
    let app = TestApp::start().await;
    let view = app.key("read").await.get("/v1/model").await.json;
    assert_eq!(view["versions"], json!([]));
    assert_eq!(view["pinned"], json!(false));
    // these lists have no weights to start from
    assert_eq!(view["next_fit_after"], json!(null));
    assert_eq!(view["in_force"], view["shipped"]);
    let back = json!({"version": view["shipped"], "reason": "試試看"});
    let path = "/v1/model/rollback";
    let refused = app
        .key("review")
        .await
        .send("POST", path, back.clone())
        .await;
    assert_eq!(refused.status, 403);
    let admin = app.key("admin").await;
    let done = admin.send("POST", path, back.clone()).await;
    assert_eq!((done.status, &done.json["pinned"]), (200, &json!(true)));
    let missing = admin.send("POST", path, json!({"reason": "試試看"})).await;
    assert_eq!(
        missing.faults(),
        [("/version".to_owned(), "missing-field".to_owned())]
    );
    let unknown = json!({"version": "m-7-0000000000000000", "reason": "試試看"});
    assert_eq!(admin.send("POST", path, unknown.clone()).await.status, 422);
    let released = json!({"version": null, "reason": "好了"});
    assert_eq!(
        admin.send("POST", path, released.clone()).await.json["pinned"],
        json!(false)
    );
    let audit = app
        .key("review")
        .await
        .get("/v1/audit?action=model.rolled-back")
        .await
        .json;
    assert_eq!(audit["items"][0]["reason"], json!("試試看"));
    app.end().await;
}

#[tokio::test]
async fn a_case_says_over_http_what_was_seen_and_what_the_caller_may_do() {
    let app = TestApp::start().await;
    let (board, amy, vic) = (
        app.board().await,
        app.person("amy", Role::Moderator).await,
        app.person("vic", Role::Viewer).await,
    );
    let flagged = board.post_comment("c-1", "你這個白 痴").await;
    let path = format!("/v1/cases/{}", flagged["case_id"].as_str().unwrap());
    let seen = amy.get(&path).await.json;
    let hit = &seen["hits"][0];
    assert_eq!(
        (&hit["term"], &hit["matched"], &hit["folded"]),
        (&json!("白痴"), &json!("白 痴"), &json!("白 痴"))
    );
    assert_eq!(
        hit["pieces"][1],
        json!({"start": 4, "end": 5, "written": " ", "folded": " ", "term": ""})
    );
    assert_eq!(seen["code_names"]["insult"]["zh-TW"], "辱罵");
    assert_eq!(seen["proposed_sanction"]["kind"], "warn");
    assert_eq!(seen["proposed_sanction"]["because"]["worth"], 1);
    let allowed = |case: &serde_json::Value, name: &str| {
        let actions = case["actions"].as_array().unwrap().iter();
        let mut named = actions.filter(|action| action["action"] == name);
        named.next().unwrap().clone()
    };
    assert_eq!(
        allowed(&seen, "approve"),
        json!({"action": "approve", "allowed": true, "refusal": null, "needs": []})
    );
    let looked = vic.get(&path).await.json;
    assert_eq!(allowed(&looked, "approve")["refusal"]["code"], "forbidden");
    app.end().await;
}

#[tokio::test]
async fn a_proposed_sanction_is_named_as_it_was_seen() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    let flagged = board.post_comment("c-1", "你這個白痴").await;
    let path = format!("/v1/cases/{}/rulings", flagged["case_id"].as_str().unwrap());
    let rule = |sanction: serde_json::Value| {
        let ruling = json!({"decision": "remove", "version": 1, "sanction": sanction});
        amy.send("POST", &path, ruling)
    };
    let pointers = |told: &serde_json::Value| -> Vec<String> {
        let errors = told["errors"].as_array().unwrap().iter();
        errors
            .map(|error| error["pointer"].as_str().unwrap().to_owned())
            .collect()
    };
    for (sanction, pointer) in [
        (json!({"kind": "proposed"}), "/sanction/expect"),
        (
            json!({"kind": "proposed", "expect": {}}),
            "/sanction/expect/kind",
        ),
        (
            json!({"kind": "proposed", "expect": {"kind": "suspend"}}),
            "/sanction/expect/days",
        ),
        (
            json!({"kind": "proposed", "days": 7, "expect": {"kind": "warn"}}),
            "/sanction/days",
        ),
        (
            json!({"kind": "warn", "expect": {"kind": "warn"}}),
            "/sanction/expect",
        ),
        (json!({"kind": "prison"}), "/sanction/kind"),
    ] {
        let refused = rule(sanction.clone()).await;
        assert_eq!(refused.problem(), (422, "invalid-fields"), "{sanction}");
        assert_eq!(pointers(&refused.json), [pointer], "{sanction}");
    }
    let moved = rule(json!({"kind": "proposed", "expect": {"kind": "suspend", "days": 7}})).await;
    assert_eq!(moved.problem(), (409, "proposal-changed"));
    assert_eq!(moved.json["proposed_sanction"]["kind"], "warn");
    assert_eq!(moved.json["no_proposal"], json!(null));
    let ruled = rule(json!({"kind": "proposed", "expect": {"kind": "warn"}})).await;
    assert_eq!(
        (ruled.status, &ruled.json["sanction"]["kind"]),
        (201, &json!("warn"))
    );
    app.end().await;
}

#[tokio::test]
async fn the_queue_is_narrowed_to_high_scores_and_long_waits() {
    let app = TestApp::start().await;
    let (board, amy) = (app.board().await, app.person("amy", Role::Moderator).await);
    board.post_comment("c-1", "你這個白痴").await;
    let found = async |query: &str| {
        let queue = amy.get(&format!("/v1/cases?{query}")).await;
        queue.json["items"].as_array().unwrap().len()
    };
    // a sure hit of severity 3 counts at least .6
    assert_eq!(found("score_min=0.6").await, 1);
    assert_eq!(found("score_min=1").await, 0);
    assert_eq!(found("waiting_minutes=0").await, 1);
    assert_eq!(found("waiting_minutes=5").await, 0);
    for (query, pointer) in [
        ("score_min=1.2", "?score_min"),
        ("score_min=NaN", "?score_min"),
        ("waiting_minutes=-1", "?waiting_minutes"),
    ] {
        let refused = amy.get(&format!("/v1/cases?{query}")).await;
        assert_eq!(refused.status, 422, "{query}");
        assert_eq!(refused.json["errors"][0]["pointer"], pointer);
    }
    app.end().await;
}
