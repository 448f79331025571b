//! A comment in, a decision out; again, changed, taken back.

use banzhu::{
    desk::{DeskError, Idempotent},
    intake::Mode,
    record::Verdict,
};

use crate::world::{World, amy, board, comment, idempotency_key};

#[tokio::test]
async fn each_verdict_has_its_case_or_none() {
    let world = World::new();
    let allowed = world.post(comment("c-1", "這篇寫得真好")).await;
    assert_eq!(
        (allowed.verdict, allowed.case_id, allowed.notice),
        (Verdict::Allow, None, None)
    );
    let flagged = world.post(comment("c-2", "你這個白痴")).await;
    assert_eq!(flagged.verdict, Verdict::Flag);
    assert!(flagged.case_id.is_some() && flagged.notice.is_some());
    let removed = world.post(comment("c-3", "幹 你 娘")).await;
    assert_eq!((removed.verdict, removed.case_id), (Verdict::Remove, None));
    assert_eq!(
        (removed.reasons[0].start, removed.reasons[0].end),
        (Some(0), Some(5))
    );
    world.end().await;
}

#[tokio::test]
async fn two_counting_terms_apart_flag_and_one_twice_does_not() {
    let world = World::new();
    assert_eq!(
        world
            .post(comment("c-1", "垃圾話,又是垃圾話"))
            .await
            .verdict,
        Verdict::Allow
    );
    assert_eq!(
        world.post(comment("c-2", "爛咖王都講垃圾話")).await.verdict,
        Verdict::Flag
    );
    world.end().await;
}

#[tokio::test]
async fn self_harm_is_flagged_breaks_no_rule_and_names_help() {
    let world = World::new();
    let answer = world.post(comment("c-1", "我寧願死掉")).await;
    assert_eq!(
        (answer.verdict, answer.reasons[0].rule),
        (Verdict::Flag, None)
    );
    assert!(answer.notice.unwrap().zh_tw.contains("1925"));
    world.end().await;
}

#[tokio::test]
async fn the_same_again_writes_nothing_and_answers_what_is_stored() {
    let world = World::new();
    let first = world.post(comment("c-1", "你這個白痴")).await;
    let entries = audit_entries(&world).await;
    world.clock.pass(5_000);
    assert_eq!(world.post(comment("c-1", "你這個白痴")).await, first);
    assert_eq!(audit_entries(&world).await, entries);
    world.end().await;
}

#[tokio::test]
async fn another_member_or_place_is_a_conflict() {
    let world = World::new();
    world.post(comment("c-1", "早安")).await;
    let other = world
        .try_post(
            comment("c-1", "早安").by("m-2", "南港阿明"),
            Mode::default(),
        )
        .await;
    assert!(matches!(other, Err(DeskError::CommentConflict)));
    let place = world
        .try_post(comment("c-1", "早安").tagged(&["北約"]), Mode::default())
        .await;
    assert!(matches!(place, Err(DeskError::CommentConflict)));
    world.end().await;
}

#[tokio::test]
async fn an_edit_is_judged_afresh_and_keeps_what_was() {
    let world = World::new();
    world.post(comment("c-1", "早安")).await;
    let edit = world.post(comment("c-1", "你這個白痴")).await;
    assert_eq!((edit.revision, edit.verdict), (Some(2), Verdict::Flag));
    let now = world.comment("c-1").await;
    let bodies: Vec<_> = now
        .revisions
        .iter()
        .map(|revision| revision.body.clone().unwrap())
        .collect();
    assert_eq!(bodies, ["早安", "你這個白痴"]);
    world.end().await;
}

#[tokio::test]
async fn a_withdrawn_comment_closes_its_case_and_takes_no_more() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    world.withdraw("c-1").await.unwrap();
    world.withdraw("c-1").await.unwrap();
    let case = world.case(flagged.case_id).await;
    assert_eq!(case.item.status.name(), "resolved");
    assert!(matches!(
        world.rule(&amy(), &case, "approve").await,
        Err(DeskError::CommentWithdrawn)
    ));
    let again = world
        .try_post(comment("c-1", "又來"), Mode::default())
        .await;
    assert!(matches!(again, Err(DeskError::CommentWithdrawn)));
    assert!(matches!(
        world.withdraw("c-none").await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_dry_run_decides_and_stores_nothing() {
    let world = World::new();
    let mode = Mode {
        dry_run: true,
        backfill: false,
        ..Mode::default()
    };
    let answer = world
        .try_post(comment("c-1", "你這個白痴").tagged(&["美食"]), mode)
        .await
        .unwrap();
    assert_eq!(
        (answer.verdict, answer.id, answer.case_id),
        (Verdict::Flag, None, None)
    );
    assert_eq!(audit_entries(&world).await, 0);
    assert!(
        world
            .desk
            .comments
            .comment(&banzhu::id::CommentId::parse("c-1").unwrap())
            .await
            .is_err()
    );
    world.end().await;
}

#[tokio::test]
async fn history_opens_no_case() {
    let world = World::new();
    let mode = Mode {
        dry_run: false,
        backfill: true,
        ..Mode::default()
    };
    let answer = world
        .try_post(comment("c-1", "你這個白痴").tagged(&["美食"]), mode)
        .await
        .unwrap();
    assert_eq!((answer.verdict, answer.case_id), (Verdict::Flag, None));
    assert!(world.next(&amy()).await.is_none());
    world.end().await;
}

#[tokio::test]
async fn tags_are_judged_each_for_itself() {
    let world = World::new();
    let answer = world
        .post(comment("c-1", "很好").tagged(&["北約", "頭香", "美食", "白痴"]))
        .await;
    assert_eq!(answer.verdict, Verdict::Allow);
    let tags = answer.surfaces.tags.unwrap();
    let verdicts: Vec<_> = tags.iter().map(|tag| tag.verdict).collect();
    assert_eq!(
        verdicts,
        [
            Verdict::Allow,
            Verdict::Remove,
            Verdict::Flag,
            Verdict::Remove
        ]
    );
    assert!(tags[2].case_id.is_some() && tags[1].case_id.is_none());
    let other = world
        .post(comment("c-2", "也好").by("m-2", "小華").tagged(&["美食"]))
        .await;
    assert_eq!(
        other.surfaces.tags.unwrap()[0].case_id,
        tags[2].case_id,
        "one case for each article and tag"
    );
    world.end().await;
}

#[tokio::test]
async fn asked_twice_is_done_once() {
    let world = World::new();
    let retry = Some(idempotency_key([1; 16], [2; 32]));
    let board = board();
    let ask = |retry| {
        let submission = comment("c-1", "早安").submission();
        world
            .desk
            .comments
            .post(&board, submission, Mode::default(), retry)
    };
    let Idempotent::Fresh(first) = ask(retry).await.unwrap() else {
        panic!("the first is fresh")
    };
    let Idempotent::Replayed { status, body } = ask(retry).await.unwrap() else {
        panic!("the second is not")
    };
    assert_eq!((status, body), (200, serde_json::to_vec(&first).unwrap()));
    let other = ask(Some(idempotency_key([1; 16], [3; 32]))).await;
    assert!(matches!(other, Err(DeskError::IdempotencyKeyReused)));
    world.end().await;
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let world = World::new();
    let first = world
        .post(comment("c-1", "你這個白痴").tagged(&["美食"]))
        .await;
    let world = world.reopened().await;
    assert_eq!(
        world
            .post(comment("c-1", "你這個白痴").tagged(&["美食"]))
            .await,
        first
    );
    assert_eq!(
        world.next(&amy()).await.unwrap().item.id,
        first.case_id.unwrap()
    );
    world.end().await;
}

async fn audit_entries(world: &World) -> u64 {
    world
        .desk
        .figures
        .store_stats()
        .await
        .unwrap()
        .audit_entries
}

#[tokio::test]
async fn a_case_is_about_what_people_look_at_and_the_notice_keeps_apart_what_was_removed() {
    let world = World::new();
    let answer = world
        .post(comment("c-1", "你這個白痴").tagged(&["頭香"]))
        .await;
    let case = world.case(answer.case_id).await;
    assert_eq!(case.item.code.name(), "insult");
    assert_eq!(case.item.excerpt.text, "你這個白痴");
    let notice = answer.notice.unwrap();
    assert!(
        notice
            .zh_tw
            .starts_with("您的標籤「頭香」因違反討論區規範，不予刊登。規範三"),
        "{}",
        notice.zh_tw
    );
    assert!(
        notice.zh_tw.ends_with("您的留言已送交版主檢視，請稍候。"),
        "{}",
        notice.zh_tw
    );
    let ruled = world.rule(&amy(), &case, "remove").await.unwrap();
    assert!(ruled.notice.unwrap().zh_tw.contains("規範二"));
    world.end().await;
}

#[tokio::test]
async fn history_moves_the_version_of_a_case_that_is_open() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let seen = world.case(flagged.case_id).await;
    let mode = Mode {
        dry_run: false,
        backfill: true,
        ..Mode::default()
    };
    let edit = comment("c-1", "你這個豬頭");
    world.try_post(edit, mode).await.unwrap();
    assert!(matches!(
        world.rule(&amy(), &seen, "approve").await,
        Err(DeskError::CaseChanged(_))
    ));
    let now = world.case(flagged.case_id).await;
    assert_eq!(
        (now.item.version, now.item.excerpt.text.as_str()),
        (2, "你這個豬頭")
    );
    world.rule(&amy(), &now, "approve").await.unwrap();
    let edit = comment("c-1", "你這個白痴豬頭");
    world.try_post(edit, mode).await.unwrap();
    assert!(
        world.next(&amy()).await.is_none(),
        "history reopens nothing"
    );
    world.end().await;
}

#[tokio::test]
async fn what_is_flagged_has_its_case_however_much_is_removed_beside_it() {
    let many: Vec<String> = (0..60).map(|n| format!("惡言第{n:02}號語")).collect();
    let mut files = crate::world::files();
    let list = files
        .lists
        .iter_mut()
        .find(|list| list.name == "threat.tsv")
        .unwrap();
    for term in &many {
        list.content += &format!("{term}\t4\t\t\t\t\t\t\town knowledge\n");
    }
    let rulebook = banzhu::policy::Rulebook::compile(&files, 1).unwrap();
    let world = World::with(std::sync::Arc::new(rulebook));
    let body = many.join(",");
    let answer = world
        .post(
            comment("c-1", &body)
                .by("m-2", "版主本人")
                .tagged(&["美食"]),
        )
        .await;
    assert_eq!(
        (answer.verdict, answer.reasons.len()),
        (Verdict::Remove, 50)
    );
    assert!(answer.case_id.is_some(), "the nickname is flagged");
    let tag = &answer.surfaces.tags.unwrap()[0];
    assert!(tag.verdict == Verdict::Flag && tag.case_id.is_some());
    world.end().await;
}
