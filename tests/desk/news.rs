//! News, statistics, purge, erasure.

use banzhu::{
    desk::{DeskError, Idempotent, PageQuery, StatsQuery, views::EventData},
    id::{CommentId, MemberId},
    record::{Delivery, Verdict},
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, comment};

#[tokio::test]
async fn a_nicknames_ruling_is_told_of_every_comment_under_it() {
    let world = World::new();
    for n in 0..250 {
        world
            .post(comment(&format!("c-{n}"), "祝大家早安").by("m-1", "版主二號"))
            .await;
        world.clock.pass(MINUTE_MS);
    }
    world
        .post(comment("c-other", "祝大家早安").by("m-1", "阿明"))
        .await;
    let case = world.case(world.comment("c-0").await.case_id).await;
    world.rule(&amy(), &case, "remove").await.unwrap();
    assert_eq!(world.comment("c-7").await.verdict, Verdict::Remove);
    let world = world.reopened().await;
    world.desk.background.run_background().await.unwrap();
    let (mut after, mut told) = (None, Vec::new());
    loop {
        let list = world
            .desk
            .outbox
            .events_since(after, Some("200".to_owned()))
            .await
            .unwrap();
        if list.items.is_empty() {
            break;
        }
        told.extend(list.items);
        after = Some(list.next_after);
    }
    assert_eq!(told.len(), 250);
    assert!(
        told.iter()
            .zip(1..)
            .all(|(news, number)| news.sequence == number)
    );
    let removed = |data: &Option<EventData>| matches!(data, Some(EventData::Comment { comment, .. }) if comment.verdict == Verdict::Remove);
    assert!(told.iter().all(|news| removed(&news.data)));
    world.end().await;
}

#[tokio::test]
async fn what_is_counted_goes_with_an_undo() {
    let world = World::new();
    let stats = async |by: &str| {
        let query = StatsQuery {
            by: Some(by.to_owned()),
            ..StatsQuery::default()
        };
        world.desk.figures.stats(query).await.unwrap()
    };
    world.post(comment("c-1", "祝大家早安")).await;
    world.post(comment("c-2", "幹你娘")).await;
    let flagged = world.post(comment("c-3", "你這個白痴")).await;
    let day = stats("day").await;
    assert_eq!(
        (
            day.total.received,
            day.total.verdicts.allow,
            day.total.verdicts.flag,
            day.total.verdicts.remove
        ),
        (3, 1, 1, 1)
    );
    assert_eq!(day.backlog.waiting, 1);
    world.clock.pass(10 * MINUTE_MS);
    let ruling = world
        .rule(&amy(), &world.case(flagged.case_id).await, "approve")
        .await
        .unwrap();
    let term = async || {
        let items = stats("term").await.items;
        let item = items
            .into_iter()
            .find(|item| item.key.as_deref() == Some("白痴"))
            .unwrap();
        (item.hits, item.upheld, item.dismissed)
    };
    assert_eq!(term().await, (1, 0, 1));
    let waited = stats("day").await.total.time_to_ruling.p50_seconds.unwrap();
    assert!((540.0..=660.0).contains(&waited), "{waited}");
    world.undo(&amy(), &ruling).await.unwrap();
    assert_eq!(term().await, (1, 0, 0));
    assert_eq!(stats("moderator").await.items[0].ruled.approve, 0);
    world
        .rule(&amy(), &world.case(flagged.case_id).await, "remove")
        .await
        .unwrap();
    assert_eq!(term().await, (1, 1, 0));
    let superseded = world.case(flagged.case_id).await;
    world.rule(&amy(), &superseded, "approve").await.unwrap();
    assert_eq!(term().await, (1, 0, 1), "the last ruling counts");
    assert!(
        stats("code")
            .await
            .items
            .iter()
            .any(|item| item.key.as_deref() == Some("insult"))
    );
    let bad = StatsQuery {
        from: Some("yesterday".to_owned()),
        ..StatsQuery::default()
    };
    assert!(matches!(
        world.desk.figures.stats(bad).await,
        Err(DeskError::Fields(_))
    ));
    world.end().await;
}

impl World {
    async fn purge_round(&self) {
        while self.desk.privacy.purge_next_batch().await.unwrap() {}
    }
}

#[tokio::test]
async fn texts_go_when_their_time_is_over_and_the_chain_holds() {
    let world = World::new();
    world.post(comment("c-plain", "祝大家早安")).await;
    world.post(comment("c-plain", "祝大家午安")).await;
    let flagged = world.post(comment("c-flag", "你這個白痴")).await;
    let ruled = world
        .post(comment("c-ruled", "你這個白痴").by("m-2", "小華"))
        .await;
    world
        .rule(&amy(), &world.case(ruled.case_id).await, "remove")
        .await
        .unwrap();
    world
        .post(comment("c-held", "祝大家早安").by("m-3", "小美"))
        .await;
    let held = CommentId::parse("c-held").unwrap();
    world
        .desk
        .privacy
        .place_hold(&amy(), &held, Some("警方調閱".to_owned()), None)
        .await
        .unwrap();
    world.clock.pass(90 * DAY_MS);
    world.purge_round().await;
    let purged = async |id: &str| world.comment(id).await.purged_at.is_some();
    assert!(purged("c-plain").await && !purged("c-ruled").await && !purged("c-held").await);
    world.clock.pass(275 * DAY_MS);
    world.purge_round().await;
    assert!(purged("c-ruled").await, "a year is over");
    assert!(!purged("c-flag").await, "somebody has to look at it first");
    let case = world.case(ruled.case_id).await;
    assert_eq!(case.item.excerpt.text, "");
    let again = world
        .post(comment("c-plain", "又是我").by("m-9", "別人"))
        .await;
    assert_eq!(again.verdict, Verdict::Allow, "what was purged is new");
    assert_eq!(
        world.case(flagged.case_id).await.item.excerpt.text,
        "你這個白痴"
    );
    world
        .desk
        .privacy
        .release_hold(&amy(), &held)
        .await
        .unwrap();
    world.purge_round().await;
    assert!(purged("c-held").await);
    let world = world.reopened().await;
    world.end().await;
}

#[tokio::test]
async fn a_member_is_exported_and_erased_but_for_what_is_held_or_waits() {
    let world = World::new();
    let id = MemberId::parse("m-1").unwrap();
    world.post(comment("c-1", "祝大家早安")).await;
    world.post(comment("c-2", "祝大家晚安")).await;
    world.post(comment("c-3", "你這個白痴")).await;
    let held = CommentId::parse("c-2").unwrap();
    world
        .desk
        .privacy
        .place_hold(&amy(), &held, Some("警方調閱".to_owned()), None)
        .await
        .unwrap();
    let data = world.desk.privacy.export_member(&id).await.unwrap();
    assert_eq!((data.comments.len(), data.nicknames.len()), (3, 1));
    world.desk.privacy.erase_member(&ada(), &id).await.unwrap();
    let gone = async |id: &str| world.comment(id).await.purged_at.is_some();
    assert!(gone("c-1").await && !gone("c-2").await && !gone("c-3").await);
    assert!(
        world
            .desk
            .privacy
            .export_member(&id)
            .await
            .unwrap()
            .nicknames
            .is_empty()
    );
    let nobody = MemberId::parse("m-9").unwrap();
    assert!(matches!(
        world.desk.privacy.erase_member(&ada(), &nobody).await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_dead_letter_lies_apart_until_it_is_wanted_again() {
    let reach = banzhu::notify::Reach::new(vec!["board.internal".to_owned()]);
    let world = World::with_settings(banzhu::desk::DeskSettings {
        webhook_reach: std::sync::Arc::new(reach),
        ..World::settings()
    });
    let draft = banzhu::desk::WebhookDraft {
        url: Some("http://board.internal/".to_owned()),
        ..Default::default()
    };
    let Idempotent::Fresh(made) = world
        .desk
        .outbox
        .create_webhook(&ada(), draft, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let id = made.webhook.id;
    let mut failed = Vec::new();
    for (n, comment_id) in ["c-1", "c-2"].into_iter().enumerate() {
        let flagged = world.post(comment(comment_id, "你這個白痴")).await;
        let case = world.case(flagged.case_id).await;
        world.rule(&amy(), &case, "remove").await.unwrap();
        let last = String::from("500");
        let now = world.desk.operations.now();
        let news = n as u64 + 1;
        failed.push(Delivery::failed(None, id, news, last, 0, now));
    }
    failed[0].next_at = None;
    world
        .desk
        .outbox
        .record_deliveries((id, 2), failed, vec![])
        .await
        .unwrap();
    let waiting = async || {
        let found = world.desk.outbox.undelivered(id, 10).await.unwrap();
        found
            .iter()
            .map(|delivery| delivery.event)
            .collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [2]);
    let page = PageQuery::default();
    let list = world.desk.outbox.deliveries(id, page).await.unwrap();
    let told: Vec<_> = list.items.iter().map(|one| (one.id, one.status)).collect();
    assert_eq!(told, [(1, "dead"), (2, "waiting")]);
    world
        .desk
        .outbox
        .replay_delivery(&ada(), id, 1, None)
        .await
        .unwrap();
    assert_eq!(waiting().await, [1, 2]);
    world
        .desk
        .outbox
        .record_deliveries((id, 2), vec![], vec![1, 2])
        .await
        .unwrap();
    assert!(matches!(
        world.desk.outbox.replay_delivery(&ada(), id, 1, None).await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}
