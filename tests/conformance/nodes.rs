//! Two nodes over one database: what each does the other sees, and what both do at once is done once.

use std::{sync::Arc, time::Duration};

use banzhu::{
    desk::{DeskError, Idempotent, QueueQuery, RulingDraft, SanctionDraft},
    id::MemberId,
    intake::Mode,
    lexicon::UpheldForms,
    record::{FormKey, ReasonCode, written_form},
    store::ephemeral::Fault,
};

use crate::world::{Chance, Data, World, ada, amy, ben, board, comment, idempotency_key, rulebook};

const WRITERS: u64 = 8;
const POSTS: u64 = 40;
const CHANGES: u64 = 1_000;

fn nodes() -> (World, World) {
    let here = World::over(Data::memory(), rulebook(), World::settings());
    let there = beside(&here);
    (here, there)
}

/// Another node over the same data.
fn beside(world: &World) -> World {
    let Data::Memory(node) = &world.data else {
        panic!("a folder has one node");
    };
    let (clock, data) = (Arc::clone(&world.clock), Data::Memory(node.node()));
    World::with_clock(clock, data, rulebook(), World::settings())
}

/// Waits until both know of the same batches.
async fn level(here: &World, there: &World) {
    for _ in 0..1_000 {
        let (ours, theirs) = (
            here.desk.figures.store_stats(),
            there.desk.figures.store_stats(),
        );
        if ours.await.unwrap().commits == theirs.await.unwrap().commits {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("one node does not follow the other");
}

/// The queue as a node has it in memory, and how members stand.
async fn known(world: &World) -> String {
    let query = QueueQuery {
        limit: Some("200".to_owned()),
        ..QueueQuery::default()
    };
    let queue = world.desk.queue.queue(query).await.unwrap();
    let standings = (0..5).map(|n| MemberId::parse(format!("m-{n}")).unwrap());
    let mut told = format!("{queue:#?}");
    for member in standings {
        if let Ok(view) = world.desk.members.member(&member).await {
            told.push_str(view.standing);
        }
    }
    told
}

#[tokio::test]
async fn numbers_are_dense_and_the_chain_holds_with_writers_on_both() {
    let (here, there) = nodes();
    let (here, there) = (Arc::new(here), Arc::new(there));
    let writers = (0..WRITERS).map(|writer| {
        let world = Arc::clone(if writer % 2 == 0 { &here } else { &there });
        tokio::spawn(async move {
            for post in 0..POSTS {
                let (id, by) = (format!("c-{writer}-{post}"), format!("m-{writer}"));
                let body = if post % 3 == 0 {
                    "你這個白痴"
                } else {
                    "大家早安"
                };
                world.post(comment(&id, body).by(&by, "阿明")).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    level(&here, &there).await;
    assert_eq!(known(&here).await, known(&there).await);
    let stats = here.desk.figures.store_stats().await.unwrap();
    assert_eq!(stats.comments, WRITERS * POSTS);
    there.desk.close().await;
    let here = Arc::into_inner(here).unwrap();
    here.end().await;
}

#[tokio::test]
async fn the_memory_of_each_is_what_a_third_reads() {
    let (here, there) = nodes();
    let mut chance = Chance::new(11);
    for step in 0..CHANGES {
        let world = if chance.below(2) == 0 { &here } else { &there };
        let (id, by) = (
            format!("c-{}", chance.below(60)),
            format!("m-{}", chance.below(5)),
        );
        match chance.below(8) {
            0..4 => {
                let body = chance.one(&["你這個白痴", "你這個豬頭", "大家早安", "幹你娘"]);
                let body = format!("{body}{step}");
                let _ = world
                    .try_post(comment(&id, &body).by(&by, "阿明"), Mode::default())
                    .await;
            }
            4 => drop(world.withdraw(&id).await),
            5 => drop(world.next(&amy()).await),
            _ => {
                let Some(case) = world.next(&ben()).await else {
                    continue;
                };
                let decision = chance.one(&["approve", "remove", "escalate"]);
                let sanction = SanctionDraft {
                    kind: Some("suspend".to_owned()),
                    days: Some(7),
                    ..SanctionDraft::default()
                };
                let draft = RulingDraft {
                    decision: Some((*decision).to_owned()),
                    version: Some(case.item.version),
                    sanction: (*decision == "remove").then_some(sanction),
                    ..RulingDraft::default()
                };
                let _ = world.rule_with(&ben(), case.item.id, draft).await;
            }
        }
    }
    level(&here, &there).await;
    let third = beside(&here);
    let anew = known(&third).await;
    assert!(anew.contains("suspended"), "{anew}");
    assert_eq!(known(&here).await, anew);
    assert_eq!(known(&there).await, anew);
    third.desk.close().await;
    there.desk.close().await;
    here.end().await;
}

#[tokio::test]
async fn a_request_that_comes_to_both_has_one_effect_and_one_answer() {
    let (here, there) = nodes();
    for n in 0..20_u8 {
        let id = format!("c-{n}");
        let post = async |world: &World| {
            let key = Some(idempotency_key([n; 16], [8; 32]));
            let submission = comment(&id, "你這個白痴").submission();
            world
                .desk
                .comments
                .post(&board(), submission, Mode::default(), key)
                .await
                .unwrap()
        };
        let (first, second) = tokio::join!(post(&here), post(&there));
        let fresh = [&first, &second]
            .iter()
            .filter(|answer| matches!(answer, Idempotent::Fresh(_)))
            .count();
        assert_eq!(fresh, 1, "{first:?} {second:?}");
        assert_eq!(here.comment(&id).await, there.comment(&id).await);
    }
    level(&here, &there).await;
    assert_eq!(here.desk.figures.store_stats().await.unwrap().comments, 20);
    there.desk.close().await;
    here.end().await;
}

#[tokio::test]
async fn of_two_who_claim_a_case_on_two_nodes_one_has_it() {
    let (here, there) = nodes();
    for n in 0..10 {
        let flagged = here
            .post(comment(&format!("c-{n}"), "你這個白痴").by(&format!("m-{n}"), "阿明"))
            .await;
        level(&here, &there).await;
        let case = flagged.case_id.unwrap();
        let (by_amy, by_ben) = (amy(), ben());
        let (first, second) = tokio::join!(
            here.desk.queue.claim(&by_amy, case, false, None),
            there.desk.queue.claim(&by_ben, case, false, None),
        );
        let refused =
            |answer: &Result<_, DeskError>| matches!(answer, Err(DeskError::CaseClaimed(_)));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        assert!(refused(&first) || refused(&second), "{first:?} {second:?}");
        let held = here.case(Some(case)).await;
        here.desk.queue.release(&ada(), case, true).await.unwrap();
        assert!(held.item.claim.is_some());
        level(&here, &there).await;
        let decided = here.case(Some(case)).await;
        here.rule(&ada(), &decided, "approve").await.unwrap();
    }
    there.desk.close().await;
    here.end().await;
}

#[tokio::test]
async fn whoever_is_not_told_what_came_of_a_write_asks_again_and_hears_it() {
    let (here, there) = nodes();
    let Data::Memory(node) = &here.data else {
        panic!("it is in memory");
    };
    let post = async |n: u8| {
        let key = Some(idempotency_key([n; 16], [8; 32]));
        let submission = comment(&format!("c-{n}"), "你這個白痴").submission();
        let by = board();
        let posted = here
            .desk
            .comments
            .post(&by, submission, Mode::default(), key);
        posted.await
    };
    node.meet([Fault::Again]);
    assert!(matches!(post(0).await, Ok(Idempotent::Fresh(_))));
    node.meet([Fault::Full]);
    assert!(matches!(post(1).await, Err(DeskError::StorageFull)));
    assert!(matches!(post(1).await, Ok(Idempotent::Fresh(_))));
    node.meet([Fault::WrittenUnknown]);
    assert!(matches!(post(2).await, Err(DeskError::OutcomeUnknown)));
    assert!(matches!(post(2).await, Ok(Idempotent::Replayed { .. })));
    node.meet([Fault::LostUnknown]);
    assert!(matches!(post(3).await, Err(DeskError::OutcomeUnknown)));
    assert!(matches!(post(3).await, Ok(Idempotent::Fresh(_))));
    level(&here, &there).await;
    assert_eq!(here.desk.figures.store_stats().await.unwrap().comments, 4);
    assert_eq!(known(&here).await, known(&beside(&here)).await);
    assert_eq!(known(&here).await, known(&there).await);
    there.desk.close().await;
    here.end().await;
}

#[tokio::test]
async fn a_flood_over_two_nodes_is_one() {
    const SAID: &str = "這篇報導寫得非常好，希望大家都來看看並且分享給更多的人";
    let (here, there) = nodes();
    let mut found = Vec::new();
    for nth in 0..3 {
        let world = if nth % 2 == 0 { &here } else { &there };
        world.desk.comments.follow_posts().await.unwrap();
        let answer = world.post(comment(&format!("c-{nth}"), SAID)).await;
        found.push(
            answer
                .reasons
                .iter()
                .any(|reason| reason.code == ReasonCode::Flood),
        );
    }
    assert_eq!(found, [false, false, true]);
    there.desk.close().await;
    here.end().await;
}

/// Three rulings by two moderators on two nodes: every node knows that the form is upheld, and one that starts later too.
#[tokio::test]
async fn a_form_that_is_upheld_is_so_on_every_node_until_a_ruling_is_undone() {
    let (here, there) = nodes();
    let Data::Memory(data) = &here.data else {
        panic!("a folder has one node");
    };
    let watching = crate::leases::node(data.node());
    let written = FormKey::of("幹你娘", &written_form("淦你娘"));
    let upheld = UpheldForms::from_iter([written]);
    let mut last = None;
    for (n, (world, by)) in (0..).zip([(&here, amy()), (&there, ben()), (&here, amy())]) {
        assert_eq!(*watching.upheld_forms(), UpheldForms::default());
        let id = format!("c-{n}");
        let flagged = world
            .post(comment(&id, "淦你娘").by(&format!("m-{n}"), "阿明"))
            .await;
        let case = world.case(flagged.case_id).await;
        last = Some((world.rule(&by, &case, "remove").await.unwrap(), by));
        level(&here, &there).await;
    }
    let followed = async |expected: &UpheldForms| {
        for _ in 0..1_000 {
            if *watching.upheld_forms() == *expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", watching.upheld_forms());
    };
    followed(&upheld).await;
    let anew = crate::leases::node(data.node());
    assert_eq!(*anew.upheld_forms(), upheld);
    let (ruling, by) = last.unwrap();
    there.undo(&by, &ruling).await.unwrap();
    followed(&UpheldForms::default()).await;
    there.desk.close().await;
    here.end().await;
}
