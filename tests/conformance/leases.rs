//! Leases among nodes over one database.

use std::sync::Arc;

use banzhu::{
    record::{Change, Lease, LeaseName, StoredAnswer},
    store::{EngineStore, Store, StoreError, ephemeral::Ephemeral},
    time::Timestamp,
};

use crate::bed::Still;

pub fn node(engine: Ephemeral) -> Arc<dyn Store> {
    EngineStore::start(
        Arc::new(engine),
        Arc::new(Still),
        64,
        jiff::tz::TimeZone::UTC,
    )
    .unwrap()
}

fn answer(slot: u8) -> Change {
    Change::of_answer(StoredAnswer {
        slot: [slot; 16],
        request: [0; 32],
        expires_at: Timestamp::from_ms(i64::MAX),
        status: 200,
        body: Vec::new(),
    })
}

#[tokio::test]
async fn whoever_slept_past_its_lease_writes_nothing() {
    let engine = Ephemeral::default();
    let (one, other) = (node(engine.node()), node(engine));
    let name = LeaseName::FanOut;
    let at = Timestamp::from_ms(0);
    let (first, _) = Lease::taken(None, name, 1, at).unwrap();
    one.commit(Change::of_lease(first.clone(), 0))
        .await
        .unwrap();
    let too_late = Change::of_lease(
        Lease {
            holder: 2,
            ..first.clone()
        },
        0,
    );
    assert_eq!(other.commit(too_late).await, Err(StoreError::Stale));
    let seen = other.lease(name).await.unwrap();
    assert_eq!(seen.as_ref(), Some(&first));
    assert_eq!(Lease::taken(seen.as_ref(), name, 2, at), None);
    one.commit(answer(1).under(&first)).await.unwrap();

    let (second, _) = Lease::taken(seen.as_ref(), name, 2, first.until).unwrap();
    other
        .commit(Change::of_lease(second.clone(), first.fence))
        .await
        .unwrap();
    let asleep = one.commit(answer(2).under(&first)).await;
    assert_eq!(asleep, Err(StoreError::Stale));
    assert_eq!(one.answer([2; 16]).await, Ok(None));
    other.commit(answer(2).under(&second)).await.unwrap();
    one.close().await;
    other.close().await;
}
