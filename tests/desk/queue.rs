//! The queue: order, filters, counts, claims, and one case for each who asks.

use std::{collections::HashSet, sync::Arc};

use banzhu::{
    access::Caller,
    desk::{DeskError, Idempotent, QueueQuery, views::QueueView},
    record::{Role, UserName},
    time::MINUTE_MS,
};

use crate::world::{World, ada, amy, ben, comment};

async fn list(world: &World, query: QueueQuery) -> QueueView {
    world
        .desk
        .queue
        .queue(QueueQuery {
            pointer: "?",
            ..query
        })
        .await
        .unwrap()
}

fn ids(page: &QueueView) -> Vec<String> {
    page.items
        .iter()
        .filter_map(|item| item.comment_id.as_ref().map(ToString::to_string))
        .collect()
}

#[tokio::test]
async fn danger_comes_first_then_severity_then_age() {
    let world = World::new();
    world.post(comment("c-1", "你這個白痴")).await;
    world.clock.pass(1);
    world.post(comment("c-2", "爛咖王講垃圾話")).await;
    world.clock.pass(1);
    world.post(comment("c-3", "我寧願死掉")).await;
    world.clock.pass(1);
    world.post(comment("c-4", "你這個白痴")).await;
    assert_eq!(
        ids(&list(&world, QueueQuery::default()).await),
        ["c-3", "c-1", "c-4", "c-2"]
    );
    let oldest = QueueQuery {
        sort: Some("oldest".to_owned()),
        ..QueueQuery::default()
    };
    assert_eq!(
        ids(&list(&world, oldest).await),
        ["c-1", "c-2", "c-3", "c-4"]
    );
    let newest = QueueQuery {
        sort: Some("newest".to_owned()),
        ..QueueQuery::default()
    };
    assert_eq!(
        ids(&list(&world, newest).await),
        ["c-4", "c-3", "c-2", "c-1"]
    );
    world.end().await;
}

#[tokio::test]
async fn pages_go_on_where_they_ended_and_count_the_whole_queue() {
    let world = World::new();
    for n in 0..7 {
        world.post(comment(&format!("c-{n}"), "你這個白痴")).await;
        world.clock.pass(1);
    }
    let mut query = QueueQuery {
        limit: Some("3".to_owned()),
        code: Some("insult".to_owned()),
        ..QueueQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = list(&world, query.clone()).await;
        assert_eq!(page.counts.is_some(), query.cursor.is_none());
        seen.extend(ids(&page));
        let Some(next) = page.next_cursor else { break };
        query.cursor = Some(next);
    }
    assert_eq!(seen, ["c-0", "c-1", "c-2", "c-3", "c-4", "c-5", "c-6"]);
    let bad = QueueQuery {
        cursor: Some("nonsense".to_owned()),
        ..QueueQuery::default()
    };
    assert!(matches!(
        world.desk.queue.queue(bad).await,
        Err(DeskError::Fields(_))
    ));
    world.end().await;
}

#[tokio::test]
async fn filters_are_and_and_their_values_or() {
    let world = World::new();
    world
        .post(comment("c-1", "你這個白痴").by("m-1", "阿明"))
        .await;
    world.clock.pass(1);
    world
        .post(comment("c-2", "我寧願死掉").by("m-2", "小華"))
        .await;
    world.clock.pass(1);
    world
        .post(
            comment("c-3", "你這個豬頭")
                .by("m-2", "小華")
                .tagged(&["北約"]),
        )
        .await;
    let of = |query: QueueQuery| async { ids(&list(&world, query).await) };
    let both = QueueQuery {
        code: Some("insult,self-harm".to_owned()),
        member: Some("m-2".to_owned()),
        ..QueueQuery::default()
    };
    assert_eq!(of(both).await, ["c-2", "c-3"]);
    assert_eq!(
        of(QueueQuery {
            article: Some("story-1".to_owned()),
            ..QueueQuery::default()
        })
        .await,
        ["c-3"]
    );
    assert_eq!(
        of(QueueQuery {
            q: Some("豬頭".to_owned()),
            ..QueueQuery::default()
        })
        .await,
        ["c-3"]
    );
    assert_eq!(
        of(QueueQuery {
            q: Some("北約統帥".to_owned()),
            ..QueueQuery::default()
        })
        .await,
        ["c-3"]
    );
    assert_eq!(
        of(QueueQuery {
            rule: Some("abuse".to_owned()),
            ..QueueQuery::default()
        })
        .await,
        ["c-1", "c-3"]
    );
    let held = world.next(&amy()).await.unwrap();
    let mine = QueueQuery {
        assignee: Some("amy".to_owned()),
        ..QueueQuery::default()
    };
    assert_eq!(
        of(mine).await,
        [held.item.comment_id.as_ref().unwrap().to_string()]
    );
    let status = QueueQuery {
        status: Some("claimed".to_owned()),
        ..QueueQuery::default()
    };
    let page = list(&world, status).await;
    let counts = page.counts.unwrap().status;
    assert_eq!(
        (page.items.len(), counts.get("open"), counts.get("claimed")),
        (1, Some(&2), Some(&1))
    );
    assert_eq!(counts.get("resolved"), Some(&0));
    world.rule(&amy(), &held, "approve").await.unwrap();
    let counts = list(&world, QueueQuery::default()).await.counts.unwrap();
    let of = |status: &str| counts.status.get(status).copied();
    assert_eq!((of("claimed"), of("resolved")), (Some(0), Some(1)));
    world.end().await;
}

#[tokio::test]
async fn resolved_cases_are_listed_when_asked_for() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    world.post(comment("c-2", "你這個白痴")).await;
    world
        .rule(&amy(), &world.case(flagged.case_id).await, "approve")
        .await
        .unwrap();
    assert_eq!(ids(&list(&world, QueueQuery::default()).await), ["c-2"]);
    let resolved = QueueQuery {
        status: Some("resolved".to_owned()),
        ..QueueQuery::default()
    };
    assert_eq!(ids(&list(&world, resolved).await), ["c-1"]);
    world.end().await;
}

#[tokio::test]
async fn fifty_callers_at_once_get_fifty_cases() {
    let world = World::new();
    for n in 0..50 {
        world.post(comment(&format!("c-{n}"), "你這個白痴")).await;
    }
    let desk = Arc::clone(&world.desk);
    let callers = (0..50).map(|n| {
        let desk = Arc::clone(&desk);
        tokio::spawn(async move {
            let caller = Caller::Person {
                name: UserName::parse(&format!("mod-{n}")).unwrap(),
                role: Role::Moderator,
            };
            match desk
                .queue
                .next_case(
                    &caller,
                    QueueQuery {
                        pointer: "/",
                        ..QueueQuery::default()
                    },
                    None,
                )
                .await
            {
                Ok(Idempotent::Fresh(Some(case))) => case.item.id,
                other => panic!("{other:?}"),
            }
        })
    });
    let mut got = HashSet::new();
    for caller in callers.collect::<Vec<_>>() {
        assert!(
            got.insert(caller.await.unwrap()),
            "no case is handed out twice"
        );
    }
    assert!(world.next(&amy()).await.is_none());
    drop(desk);
    world.end().await;
}

#[tokio::test]
async fn nobody_holds_more_than_twenty() {
    let world = World::new();
    for n in 0..21 {
        world.post(comment(&format!("c-{n}"), "你這個白痴")).await;
    }
    for _ in 0..20 {
        assert!(world.next(&amy()).await.is_some());
    }
    let more = world
        .desk
        .queue
        .next_case(
            &amy(),
            QueueQuery {
                pointer: "/",
                ..QueueQuery::default()
            },
            None,
        )
        .await;
    assert!(matches!(more, Err(DeskError::TooManyClaims)));
    world.clock.pass(10 * MINUTE_MS);
    assert!(
        world.next(&amy()).await.is_some(),
        "leases ended by themselves"
    );
    world.end().await;
}

#[tokio::test]
async fn a_claim_is_renewed_taken_over_and_given_back() {
    let world = World::new();
    world.post(comment("c-1", "你這個白痴")).await;
    let id = world.next(&amy()).await.unwrap().item.id;
    assert!(matches!(
        world.desk.queue.claim(&ben(), id, false, None).await,
        Err(DeskError::CaseClaimed(_))
    ));
    assert!(matches!(
        world.desk.queue.claim(&ben(), id, true, None).await,
        Err(DeskError::Forbidden)
    ));
    world.clock.pass(9 * MINUTE_MS);
    world
        .desk
        .queue
        .claim(&amy(), id, false, None)
        .await
        .unwrap();
    world.clock.pass(9 * MINUTE_MS);
    assert!(matches!(
        world.desk.queue.release(&ben(), id, false).await,
        Err(DeskError::CaseClaimed(_))
    ));
    world
        .desk
        .queue
        .claim(&ada(), id, true, None)
        .await
        .unwrap();
    let case = world.case(Some(id)).await;
    assert_eq!(case.item.version, 1, "claims move no version");
    assert_eq!(case.audit[0].action, "case.taken-over");
    world.desk.queue.release(&ada(), id, false).await.unwrap();
    world.desk.queue.release(&ada(), id, false).await.unwrap();
    assert!(world.case(Some(id)).await.item.claim.is_none());
    world.end().await;
}

#[tokio::test]
async fn a_page_full_of_what_waits_leads_on_to_what_is_done() {
    let world = World::new();
    for n in 0..5 {
        let id = format!("c-{n}");
        let flagged = world.post(comment(&id, "你這個白痴")).await;
        world.clock.pass(1);
        if n < 3 {
            let case = world.case(flagged.case_id).await;
            world.rule(&amy(), &case, "approve").await.unwrap();
            world.clock.pass(1);
        }
    }
    let all = async |limit: &str, sort: &str| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let query = QueueQuery {
                status: Some("open,resolved".to_owned()),
                limit: Some(limit.to_owned()),
                sort: Some(sort.to_owned()),
                cursor,
                ..QueueQuery::default()
            };
            let page = list(&world, query).await;
            found.extend(ids(&page));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return found;
            }
        }
    };
    for limit in ["1", "2", "3", "4", "5", "6"] {
        assert_eq!(
            all(limit, "newest").await,
            ["c-4", "c-3", "c-2", "c-1", "c-0"],
            "{limit}"
        );
        assert_eq!(
            all(limit, "oldest").await,
            ["c-3", "c-4", "c-0", "c-1", "c-2"],
            "{limit}"
        );
    }
    world.end().await;
}
