//! A case shows everything that whoever decides it needs: what was seen in the text and how, why a sanction is proposed, who
//! reports, what each decision would tell the member, and what the caller may do.

use banzhu::{
    access::Caller,
    desk::{
        DeskSettings, Idempotent, ReportDraft, RulingDraft, SanctionDraft,
        views::{ActionView, CaseView, HitView, NoticePreviewView},
    },
    id::{CaseId, CommentId},
    record::{Role, RulingDecision, UserName},
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, ben, board, comment};

fn viewer() -> Caller {
    Caller::Person {
        name: UserName::parse("vic").unwrap(),
        role: Role::Viewer,
    }
}

impl World {
    async fn seen(&self, by: &Caller, case: Option<CaseId>) -> CaseView {
        self.desk.queue.case(by, case.unwrap()).await.unwrap()
    }

    async fn said_by_reader(&self, on: &str, reader: &str) {
        let draft = ReportDraft {
            reporter_id: Some(reader.to_owned()),
            code: Some("insult".to_owned()),
            ..ReportDraft::default()
        };
        let id = CommentId::parse(on).unwrap();
        let by = board();
        let reported = self.desk.reports.report(&by, id, draft, None, None);
        assert!(matches!(reported.await.unwrap(), Idempotent::Fresh(_)));
    }

    /// Removes a new flagged comment of m-1.
    async fn removed(&self, id: &str, sanction: Option<SanctionDraft>) {
        let flagged = self.post(comment(id, "你這個白痴")).await;
        let case = self.case(flagged.case_id).await;
        let draft = RulingDraft {
            decision: Some("remove".to_owned()),
            version: Some(case.item.version),
            sanction,
            ..RulingDraft::default()
        };
        self.rule_with(&amy(), case.item.id, draft).await.unwrap();
    }
}

fn pieces(hit: &HitView) -> Vec<(&str, &str, Option<&str>)> {
    let pieces = hit.pieces.iter();
    pieces
        .map(|piece| {
            let term = piece.term.as_deref();
            (piece.written.as_str(), piece.folded.as_str(), term)
        })
        .collect()
}

fn action<'v>(view: &'v CaseView, name: &str) -> &'v ActionView {
    let named = |action: &&ActionView| serde_json::to_value(action.action).unwrap() == name;
    view.actions.iter().find(named).unwrap()
}

/// Why the caller may not: the refusal's name, or nothing.
fn refusal(view: &CaseView, name: &str) -> Option<&'static str> {
    let action = action(view, name);
    let code = action.refusal.as_ref().map(|refusal| refusal.code);
    assert_eq!(action.allowed, code.is_none(), "{name}");
    code
}

fn preview(view: &CaseView, decision: RulingDecision, sanctions: bool) -> &NoticePreviewView {
    let wanted = |preview: &&NoticePreviewView| {
        preview.decision == decision && preview.sanction.is_some() == sanctions
    };
    view.notice_previews.iter().find(wanted).unwrap()
}

fn told(preview: &NoticePreviewView) -> &str {
    preview.notice.as_ref().map_or("", |notice| &notice.zh_tw)
}

#[tokio::test]
async fn each_hit_stands_beside_the_folded_text() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白．癡,ＯＫ?")).await;
    let case = world.case(flagged.case_id).await;
    let hit = &case.hits[0];
    assert_eq!(
        (
            hit.reason.term.as_deref(),
            hit.name.zh_tw,
            hit.folded.as_str()
        ),
        (Some("白痴"), "辱罵", "白.痴")
    );
    assert_eq!(
        pieces(hit),
        [
            ("白", "白", Some("白")),
            ("．", ".", Some("")),
            ("癡", "痴", Some("痴"))
        ]
    );
    let body = &case.folded[0];
    assert_eq!(body.text, "你這個白.痴,ok?");
    let place = hit.folded_start as usize..hit.folded_end as usize;
    let there: String = body.text.chars().collect::<Vec<_>>()[place]
        .iter()
        .collect();
    assert_eq!(there, hit.folded);
    assert_eq!(case.code_names["insult"].en, hit.name.en);
    world.end().await;
}

#[tokio::test]
async fn a_nickname_that_came_without_a_comment_is_shown_with_its_hits_too() {
    let world = World::new();
    let draft = banzhu::desk::NicknameDraft {
        nickname: Some("Ｖ版主".to_owned()),
        verified: None,
    };
    let member = banzhu::id::MemberId::parse("m-1").unwrap();
    let by = board();
    let judged = world.desk.members.judge_nickname(&by, member, draft);
    let case = world.case(judged.await.unwrap().view.case_id).await;
    assert!(case.comment.is_none());
    assert_eq!(case.folded[0].text, "v版主");
    assert_eq!(case.hits[0].folded, "版主");
    world.end().await;
}

#[tokio::test]
async fn a_proposed_sanction_says_what_it_rests_on() {
    let world = World::new();
    world.removed("c-1", None).await;
    world.clock.pass(DAY_MS);
    let again = world.post(comment("c-2", "你這個白痴")).await;
    let case = world.case(again.case_id).await;
    let proposed = case.proposed_sanction.as_ref().unwrap();
    let because = &proposed.because;
    assert_eq!(
        (because.worth, because.strike_count, because.reached),
        (1, 1, 2)
    );
    assert_eq!(because.rule.unwrap().name(), "abuse");
    let strike = &because.strikes[0];
    assert_eq!(because.expires_at.ms_since(strike.expires_at), DAY_MS);
    assert!(case.no_proposal.is_none());
    let nameless = world
        .post(comment("c-3", "寧願死掉").by("m-2", "小華"))
        .await;
    let nameless = world.case(nameless.case_id).await;
    assert_eq!(nameless.no_proposal.unwrap().code, "no-points");
    assert!(nameless.proposed_sanction.is_none());
    world.end().await;
}

#[tokio::test]
async fn each_reporter_comes_with_their_record_once() {
    let world = World::new();
    world.post(comment("c-0", "早安")).await;
    world.said_by_reader("c-0", "r-1").await;
    let case = world.case(world.comment("c-0").await.case_id).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    world.post(comment("c-1", "你這個白痴")).await;
    world.said_by_reader("c-1", "r-1").await;
    world.said_by_reader("c-1", "r-2").await;
    let case = world.case(world.comment("c-1").await.case_id).await;
    let mut records: Vec<_> = case.reported.reporters.iter().collect();
    records.sort_by_key(|record| record.reporter_id.to_string());
    let shown: Vec<_> = records
        .iter()
        .map(|record| (record.reporter_id.as_str(), record.ended, record.upheld))
        .collect();
    assert_eq!(shown, [("r-1", 1, 0), ("r-2", 0, 0)]);
    world.end().await;
}

#[tokio::test]
async fn a_preview_is_the_notice_that_the_ruling_then_sends() {
    let world = World::new();
    let flagged = world
        .post(comment("c-1", "你這個白痴").tagged(&["頭香"]))
        .await;
    let case = world.case(flagged.case_id).await;
    // Its body would be approved; the tag that the filter removed is told still.
    let approved = told(preview(&case, RulingDecision::Approve, false));
    assert!(
        approved.contains("頭香") && !approved.contains("送交"),
        "{approved}"
    );
    let plain = preview(&case, RulingDecision::Remove, false);
    let sanctioned = preview(&case, RulingDecision::Remove, true);
    assert!(told(sanctioned).len() > told(plain).len() && !told(plain).is_empty());
    assert_eq!(sanctioned.sanction.unwrap().kind.name(), "warn");
    let tags = preview(&case, RulingDecision::RemoveTags, false);
    assert_eq!(tags.tags, ["頭香"]);
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        sanction: Some(SanctionDraft {
            kind: Some("warn".to_owned()),
            ..SanctionDraft::default()
        }),
        ..RulingDraft::default()
    };
    let ruled = world.rule_with(&amy(), case.item.id, draft).await.unwrap();
    assert_eq!(ruled.notice.unwrap().zh_tw, told(sanctioned));
    world.end().await;
}

#[tokio::test]
async fn rulings_that_were_undone_are_shown_apart() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let ruling = world.rule(&amy(), &case, "remove").await.unwrap();
    world.undo(&amy(), &ruling).await.unwrap();
    let case = world.case(flagged.case_id).await;
    assert!(case.rulings.is_empty());
    let undone: Vec<_> = case.undone_rulings.iter().map(|ruling| ruling.id).collect();
    assert_eq!(undone, [ruling.id]);
    assert!(case.undone_rulings[0].undone.is_some());
    world.end().await;
}

#[tokio::test]
async fn the_thread_and_the_tags_around_a_comment_are_shown() {
    let world = World::new();
    for n in 0..4 {
        let id = format!("a-{n}");
        world
            .post(comment(&id, "早").by("m-9", "小美").tagged(&["美食"]))
            .await;
        world.clock.pass(1);
    }
    world.post(comment("x-1", "在別處")).await;
    let flagged = world
        .post(comment("c-1", "你這個白痴").tagged(&["美食", "北約"]))
        .await;
    for n in 0..7 {
        let id = format!("b-{n}");
        world.clock.pass(1);
        world
            .post(comment(&id, "晚").by("m-8", "小明").tagged(&[]))
            .await;
    }
    let case = world.case(flagged.case_id).await;
    let around: Vec<&str> = case
        .siblings
        .iter()
        .map(|sibling| sibling.comment_id.as_str())
        .collect();
    assert_eq!(
        around,
        [
            "a-0", "a-1", "a-2", "a-3", "b-0", "b-1", "b-2", "b-3", "b-4"
        ]
    );
    assert!(case.siblings[3].earlier && !case.siblings[4].earlier);
    let carried: Vec<_> = case
        .carried
        .iter()
        .map(|carried| (carried.tag.as_str(), carried.comments, carried.more))
        .collect();
    assert_eq!(carried, [("美食", 5, false)], "北約 was never flagged");
    world.end().await;
}

#[tokio::test]
async fn what_a_caller_may_do_is_what_the_calls_then_allow() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let id = flagged.case_id;
    let seen = world.seen(&amy(), id).await;
    for name in [
        "claim", "skip", "note", "approve", "remove", "escalate", "sanction", "hold",
    ] {
        assert_eq!(refusal(&seen, name), None, "{name}");
    }
    let refused = |view: &CaseView| {
        [
            "take_over",
            "release",
            "remove_tags",
            "undo",
            "release_hold",
            "lift_sanction",
            "mute_reporter",
        ]
        .map(|name| refusal(view, name).unwrap())
    };
    assert_eq!(
        refused(&seen),
        [
            "forbidden",
            "not-claimed",
            "no-tags",
            "no-ruling",
            "no-hold",
            "no-sanction",
            "no-reports"
        ]
    );
    assert_eq!(action(&seen, "escalate").needs, ["note"]);
    let looked = world.seen(&viewer(), id).await;
    assert!(looked.actions.iter().all(|action| !action.allowed));
    let held = world.next(&amy()).await.unwrap();
    assert_eq!(refusal(&held, "release"), None);
    let other = world.seen(&ben(), id).await;
    for name in ["claim", "skip", "approve", "remove", "escalate"] {
        assert_eq!(refusal(&other, name), Some("case-claimed"), "{name}");
    }
    let holder = action(&other, "approve").refusal.clone().unwrap();
    assert_eq!(holder.by.unwrap().to_string(), "amy");
    assert!(!other.notice_previews.is_empty(), "whoever holds it");
    assert_eq!(refusal(&world.seen(&ada(), id).await, "take_over"), None);
    let ruling = world.rule(&amy(), &held, "remove").await.unwrap();
    let after = world.seen(&amy(), id).await;
    assert_eq!(refusal(&after, "undo"), None);
    assert_eq!(refusal(&after, "claim"), Some("case-changed"));
    assert_eq!(
        refusal(&world.seen(&ben(), id).await, "undo"),
        Some("forbidden")
    );
    world.clock.pass(16 * MINUTE_MS);
    assert_eq!(
        refusal(&world.seen(&amy(), id).await, "undo"),
        Some("undo-expired")
    );
    assert!(world.undo(&amy(), &ruling).await.is_err());
    world.end().await;
}

#[tokio::test]
async fn a_removal_needs_a_code_where_nothing_gives_one() {
    let world = World::new();
    world.post(comment("c-1", "早安")).await;
    world.said_by_reader("c-1", "r-1").await;
    let case = world.case(world.comment("c-1").await.case_id).await;
    assert!(
        action(&case, "remove").needs.is_empty(),
        "the report gives one"
    );
    let draft = banzhu::desk::CaseDraft {
        comment_id: Some("c-2".to_owned()),
        code: Some("scam".to_owned()),
        ..banzhu::desk::CaseDraft::default()
    };
    world.post(comment("c-2", "午安")).await;
    let opened = world
        .desk
        .queue
        .open_case(&amy(), draft, None)
        .await
        .unwrap();
    let Idempotent::Fresh(opened) = opened else {
        panic!("nothing was asked twice")
    };
    assert_eq!(action(&opened, "remove").needs, ["code"]);
    assert_eq!(refusal(&opened, "release"), None);
    world.end().await;
}

#[tokio::test]
async fn a_blind_review_is_not_shown_the_ruling_by_what_it_may_do_or_would_tell() {
    let world = World::with_settings(DeskSettings {
        sample_rulings_permille: 1_000,
        ..World::settings()
    });
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let before = world.case(flagged.case_id).await;
    world.rule(&amy(), &before, "approve").await.unwrap();
    world.clock.pass(2 * DAY_MS);
    world.desk.background.run_background().await.unwrap();
    let blind = world.seen(&ben(), flagged.case_id).await;
    assert!(blind.second_look && blind.rulings.is_empty());
    assert_eq!(refusal(&blind, "undo"), Some("no-ruling"));
    let told_now = |view: &CaseView| told(preview(view, RulingDecision::Remove, false)).to_owned();
    let days = |text: String| text.split('。').next().unwrap().to_owned();
    assert_eq!(days(told_now(&blind)), days(told_now(&before)));
    world.end().await;
}

#[tokio::test]
async fn the_members_last_twenty_comments_are_shown() {
    let world = World::new();
    for n in 0..25 {
        world.post(comment(&format!("a-{n}"), "早")).await;
        world.clock.pass(10 * MINUTE_MS);
    }
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    assert_eq!(case.member_comments.len(), 20);
    assert_eq!(case.member_comments[0].comment_id.as_str(), "a-24");
    world.end().await;
}

#[tokio::test]
async fn what_the_filter_let_pass_or_removed_is_taken_up_from_a_search() {
    let world = World::new();
    world.post(comment("c-1", "早安")).await;
    world.post(comment("c-2", "幹你娘")).await;
    let take_up = async |id: &str| {
        let draft = banzhu::desk::CaseDraft {
            comment_id: Some(id.to_owned()),
            code: Some("insult".to_owned()),
            ..banzhu::desk::CaseDraft::default()
        };
        let opened = world.desk.queue.open_case(&amy(), draft, None).await;
        let Idempotent::Fresh(case) = opened.unwrap() else {
            panic!("nothing was asked twice")
        };
        assert_eq!(case.item.claim.as_ref().unwrap().by.to_string(), "amy");
        case
    };
    let (passed, removed) = (take_up("c-1").await, take_up("c-2").await);
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(passed.item.version),
        code: Some("insult".to_owned()),
        ..RulingDraft::default()
    };
    world
        .rule_with(&amy(), passed.item.id, draft)
        .await
        .unwrap();
    assert_eq!(refusal(&removed, "approve"), None);
    world.rule(&amy(), &removed, "approve").await.unwrap();
    let verdicts = [
        world.comment("c-1").await.verdict.name(),
        world.comment("c-2").await.verdict.name(),
    ];
    assert_eq!(verdicts, ["remove", "allow"]);
    world.end().await;
}
