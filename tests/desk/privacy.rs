//! Texts go when their time is over, and the room they took is given back.

use banzhu::{
    desk::{AppealDraft, AuditQuery, DeskSettings, ReportDraft, RulingDraft},
    id::CommentId,
    time::DAY_MS,
};

use super::{
    models::strict_world,
    world::{Data, World, amy, ben, board, comment, rulebook},
};

/// So many make a file worth copying.
const COMMENTS: usize = 1_200;

/// Each by somebody else in words of their own: nothing of it is a flood.
async fn fill(world: &World) {
    for n in 0..COMMENTS {
        let (id, by) = (format!("c-{n}"), format!("m-{n}"));
        let body = format!("第{n}篇,祝大家早安。").repeat(60);
        world.post(comment(&id, &body).by(&by, "阿明")).await;
    }
}

async fn compactions(world: &World) -> usize {
    let told = AuditQuery {
        action: Some("database.compacted".to_owned()),
        ..AuditQuery::default()
    };
    world.desk.figures.audit(told).await.unwrap().items.len()
}

#[tokio::test]
async fn the_room_of_purged_texts_is_given_back_while_everything_goes_on() {
    let world = World::in_folder();
    world.post(comment("held", "你這個白痴")).await;
    fill(&world).await;
    world.desk.operations.compact_when_due().await.unwrap();
    assert_eq!(compactions(&world).await, 0, "nothing was purged");

    world.clock.pass(91 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    let before = world.desk.figures.store_stats().await.unwrap();
    assert_eq!(before.purged, COMMENTS as u64);
    let busy = async {
        for n in 0..200 {
            let id = format!("new-{n}");
            let by = format!("n-{n}");
            world.post(comment(&id, "你這個白痴").by(&by, "阿明")).await;
            assert_eq!(world.comment(&id).await.comment_id.as_str(), id);
            let old = world.comment(&format!("c-{n}")).await;
            assert!(old.purged_at.is_some());
        }
    };
    let (compacted, ()) = tokio::join!(world.desk.operations.compact_when_due(), busy);
    compacted.unwrap();

    let after = world.desk.figures.store_stats().await.unwrap();
    assert_eq!(after.purged, 0);
    assert!(
        after.database_bytes * 2 < before.database_bytes,
        "{} of {}",
        after.database_bytes,
        before.database_bytes
    );
    assert_eq!(compactions(&world).await, 1);
    let world = world.reopened().await;
    for id in ["held", "c-0", "new-0", "new-199"] {
        assert_eq!(world.comment(id).await.comment_id.as_str(), id);
    }
    // and again, from the copy
    world.compact().await;
    world.post(comment("last", "祝大家早安")).await;
    let world = world.reopened().await;
    assert_eq!(world.comment("last").await.comment_id.as_str(), "last");
    world.end().await;
}

const WORDS: [&str; 5] = [
    "小灰熊住海邊",
    "小紅狐說太兇",
    "小藍鯨看過了",
    "小白兔不高興",
    "小黑貓不服氣",
];

#[tokio::test]
async fn what_was_purged_is_nowhere_on_the_disk_and_the_chain_holds() {
    let world = World::new();
    let id = CommentId::parse("c-1").unwrap();
    let [body, ruled, noted, reported, appealed] = WORDS;
    world
        .post(comment("c-1", &format!("你這個白痴,{body}")))
        .await;
    let report = ReportDraft {
        reporter_id: Some("r-1".to_owned()),
        code: Some("insult".to_owned()),
        note: Some(reported.to_owned()),
        ..ReportDraft::default()
    };
    world
        .desk
        .reports
        .report(&board(), id.clone(), report, None, None)
        .await
        .unwrap();
    let case = world.case(world.comment("c-1").await.case_id).await;
    world
        .desk
        .queue
        .add_note(&amy(), case.item.id, Some(noted.to_owned()), None)
        .await
        .unwrap();
    let case = world.case(Some(case.item.id)).await;
    let remove = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        note: Some(ruled.to_owned()),
        ..RulingDraft::default()
    };
    world.rule_with(&amy(), case.item.id, remove).await.unwrap();
    let appeal = AppealDraft {
        member_id: Some("m-1".to_owned()),
        statement: Some(appealed.to_owned()),
    };
    world
        .desk
        .appeals
        .appeal(&board(), id, appeal, None)
        .await
        .unwrap();
    let case = world.case(Some(case.item.id)).await;
    world.rule(&ben(), &case, "remove").await.unwrap();
    for words in WORDS {
        assert!(world.is_on_disk(words).await, "{words}");
    }
    let told = |reason: &str| reason.contains(ruled);
    assert!(reasons(&world).await.iter().any(|reason| told(reason)));

    world.clock.pass(366 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    world.compact().await;
    for words in WORDS {
        assert!(!world.is_on_disk(words).await, "{words}");
    }
    let reasons = reasons(&world).await;
    assert!(!reasons.iter().any(|reason| told(reason)));
    assert!(
        reasons.iter().any(|reason| reason.starts_with("ruling ")),
        "who ruled what stays: {reasons:?}"
    );
    // the chain of hashes is walked
    world.end().await;
}

#[tokio::test]
async fn what_the_score_alone_flagged_is_purged_with_what_was_ruled_on_it() {
    let world = strict_world().await;
    let words = WORDS[0];
    let flagged = world.post(comment("c-1", words)).await;
    for (by, decision) in [(amy(), "approve"), (ben(), "approve")] {
        let case = world.case(flagged.case_id).await;
        world.rule(&by, &case, decision).await.unwrap();
    }
    assert!(world.is_on_disk(words).await);
    world.clock.pass(366 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    world.compact().await;
    assert!(!world.is_on_disk(words).await);
    world.end_moved().await;
}

async fn reasons(world: &World) -> Vec<String> {
    let all = world
        .desk
        .figures
        .audit(AuditQuery::default())
        .await
        .unwrap();
    all.items
        .into_iter()
        .filter_map(|entry| entry.reason)
        .collect()
}

#[tokio::test]
async fn no_room_is_given_back_where_nobody_wants_that() {
    let settings = DeskSettings {
        compact_percent: 0,
        ..World::settings()
    };
    let world = World::over(Data::folder(), rulebook(), settings);
    fill(&world).await;
    world.clock.pass(91 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    world.desk.operations.compact_when_due().await.unwrap();
    assert_eq!(
        world.desk.figures.store_stats().await.unwrap().purged,
        COMMENTS as u64
    );
    world.end().await;
}
