//! Texts go when their time is over, and the room they took is given back.

use banzhu::{
    access::Actor,
    desk::{AuditQuery, DeskSettings},
    time::DAY_MS,
};

use super::world::{World, comment};

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
    world.desk.audit(told).await.unwrap().items.len()
}

#[tokio::test]
async fn the_room_of_purged_texts_is_given_back_while_everything_goes_on() {
    let world = World::new();
    world.post(comment("held", "你這個白痴")).await;
    fill(&world).await;
    world.desk.compact_when_due().await.unwrap();
    assert_eq!(compactions(&world).await, 0, "nothing was purged");

    world.clock.pass(91 * DAY_MS);
    while world.desk.purge_some().await.unwrap() {}
    let before = world.desk.facts().await.unwrap();
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
    let (compacted, ()) = tokio::join!(world.desk.compact_when_due(), busy);
    compacted.unwrap();

    let after = world.desk.facts().await.unwrap();
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
    world.desk.compact(&Actor::System).await.unwrap();
    world.post(comment("last", "祝大家早安")).await;
    let world = world.reopened().await;
    assert_eq!(world.comment("last").await.comment_id.as_str(), "last");
    world.end().await;
}

#[tokio::test]
async fn no_room_is_given_back_where_nobody_wants_that() {
    let world = World::with_settings(DeskSettings {
        compact_percent: 0,
        ..World::settings()
    });
    fill(&world).await;
    world.clock.pass(91 * DAY_MS);
    while world.desk.purge_some().await.unwrap() {}
    world.desk.compact_when_due().await.unwrap();
    assert_eq!(world.desk.facts().await.unwrap().purged, COMMENTS as u64);
    world.end().await;
}
