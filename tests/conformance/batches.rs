//! Batches: whole, one after the other, each told once.

use std::sync::Arc;

use banzhu::store::{
    StoreError,
    engine::{
        Batch, Batches, Engine, Head, Lookup, OpenBatch as _, Range, Reads as _, RowChange,
        WriteError,
    },
    ephemeral::Fault,
    tables::{Index, Keyed as _, Table, Tabled as _},
};
use futures_util::FutureExt as _;
use tokio::runtime::Handle;

use crate::{
    bed::{Bed, InMemory, tried, write},
    rows::{comment, key, number, plain, put, put_under, text, webhook},
};

async fn events(engine: &impl Engine) -> Vec<u64> {
    let rows = engine.range(Range::along(Table::Events)).await.unwrap();
    rows.iter().map(|row| u64::from(row.record[0])).collect()
}

fn event(at: u8) -> RowChange {
    plain(Table::Events, vec![number(at.into())], &[at])
}

pub async fn a_batch_is_written_whole_or_not_at_all(bed: impl Bed) {
    let engine = &**bed.engine();
    write(engine, vec![event(1)]).await;
    let head = engine.head().await.unwrap();
    drop(engine.open_batch(&[]).await.unwrap());
    assert_eq!(
        engine.head().await,
        Ok(head.clone()),
        "an unused right changes nothing"
    );

    let board = key(1, 7, None);
    let junk = plain(Table::Accounts, board.key(), b"junk");
    write(engine, vec![junk]).await;
    let head = engine.head().await.unwrap();
    let fails = RowChange::Raise {
        table: Table::Accounts,
        key: board.key(),
        to: 9,
        sane_max: 9,
    };
    let sum = RowChange::Add {
        day: 20_000,
        kind: 0,
        name: String::new(),
        by: vec![(0, 1)],
    };
    let rows = vec![event(2), sum, put(&webhook(1, 0, 1)), fails, event(3)];
    assert!(matches!(
        tried(engine, rows).await,
        Err(WriteError::NotWritten(StoreError::Damaged(_)))
    ));
    assert_eq!(events(engine).await, [1]);
    assert_eq!(engine.counters(0, 30_000, 0).await, Ok(Vec::new()));
    assert_eq!(engine.count(Range::along(Table::Webhooks)).await, Ok(0));
    assert_eq!(engine.head().await, Ok(head));
    write(engine, vec![event(2)]).await;
    assert_eq!(events(engine).await, [1, 2]);
}

pub async fn a_look_sees_what_the_last_batch_left(bed: impl Bed) {
    let engine = &**bed.engine();
    let (hook, note) = (webhook(1, 0, 1), comment("c", Some("甲"), true));
    let lookups = [
        Lookup::Key(Table::Webhooks, hook.key()),
        Lookup::Unique(Index::CommentById, vec![text("c")]),
        Lookup::Key(Table::Events, vec![number(1)]),
    ];
    let open = engine.open_batch(&lookups).await.unwrap();
    assert_eq!(open.seen(), [None, None, None]);
    drop(open);
    write(
        engine,
        vec![
            put(&hook),
            put_under(vec![number(0)], &note, None),
            event(1),
        ],
    )
    .await;
    let newer = webhook(1, 0, 2);
    write(
        engine,
        vec![put_under(hook.key(), &newer, Some(hook.columns()))],
    )
    .await;
    let open = engine.open_batch(&lookups).await.unwrap();
    let seen: Vec<_> = open.seen().iter().flatten().collect();
    assert_eq!(
        (&seen[0].key, seen[0].version, &seen[0].columns),
        (&hook.key(), 2, &newer.columns())
    );
    assert_eq!(
        (&seen[1].key, seen[1].version, &seen[1].columns),
        (&vec![number(0)], 1, &note.columns())
    );
    assert_eq!((&seen[2].key, seen[2].version), (&vec![number(1)], 0));
}

pub async fn one_alone_has_the_right_to_write(bed: impl Bed) {
    let engine = &**bed.engine();
    let first = engine.open_batch(&[]).await.unwrap();
    let second = engine.open_batch(&[]);
    let mut second = std::pin::pin!(second);
    assert!(second.as_mut().now_or_never().is_none());
    let head = Head {
        batch: 1,
        next_comment: 5,
        ..first.head().clone()
    };
    first.write(vec![event(1)], told(&head)).await.unwrap();
    assert_eq!(second.await.unwrap().head(), &head);
}

fn told(head: &Head) -> Arc<Batch> {
    Arc::new(Batch {
        head: head.clone(),
        updates: Vec::new(),
    })
}

pub async fn each_batch_is_told_once_and_in_order(bed: impl Bed) {
    let engine = &**bed.engine();
    let newest = engine.newest();
    for batch in 1..=20 {
        write(engine, vec![event(batch)]).await;
        assert_eq!(*newest.borrow(), u64::from(batch));
    }
    for after in 0..=20 {
        for limit in [1, 7, 64] {
            let Ok(Batches::Next(next)) = engine.batches(after, limit).await else {
                panic!("they are kept");
            };
            let numbers: Vec<u64> = next.iter().map(|batch| batch.head.batch).collect();
            let expected: Vec<u64> = (after + 1..=20).take(limit).collect();
            assert_eq!(numbers, expected);
        }
    }
}

pub async fn a_stop_and_a_start_change_nothing(bed: impl Bed) {
    let hook = webhook(1, 5, 1);
    write(
        &**bed.engine(),
        vec![
            event(1),
            put(&hook),
            put_under(vec![number(0)], &comment("c", None, false), None),
        ],
    )
    .await;
    write(
        &**bed.engine(),
        vec![RowChange::Add {
            day: 7,
            kind: 0,
            name: String::new(),
            by: vec![(0, 1)],
        }],
    )
    .await;
    let before = bed.engine().head().await;
    let closed = Arc::clone(bed.engine());
    let bed = bed.reopened().await;
    assert!(closed.get(Table::Events, vec![number(1)]).await.is_err());
    assert!(closed.open_batch(&[]).await.is_err());
    let engine = &**bed.engine();
    assert_eq!(engine.head().await, before);
    assert_eq!(events(engine).await, [1]);
    assert_eq!(engine.counters(7, 7, 0).await.unwrap().len(), 1);
    assert!(
        engine
            .find(Index::CommentById, vec![text("c")])
            .await
            .unwrap()
            .is_some()
    );
    write(engine, vec![event(2)]).await;
    assert_eq!(engine.head().await.unwrap().batch, 3);
}

pub async fn what_was_read_and_settled_is_durable(bed: impl Bed) {
    for at in 1..=9_u8 {
        let (engine, runtime) = (Arc::clone(bed.engine()), Handle::current());
        let writes = std::thread::spawn(move || runtime.block_on(write(&*engine, vec![event(at)])));
        let engine = &**bed.engine();
        let read_in = loop {
            let epoch = engine.epoch();
            if events(engine).await.contains(&at.into()) {
                break epoch;
            }
            std::thread::yield_now();
        };
        engine.wait_durable(read_in).await.unwrap();
        let left = bed.cut();
        let stored: Vec<u64> = (1..=at.into()).collect();
        assert_eq!(events(&**left.engine()).await, stored);
        writes.join().unwrap();
    }
}

pub async fn what_came_of_a_write_is_as_told(bed: InMemory) {
    let engine = &*bed.0;
    engine.meet([
        Fault::Again,
        Fault::Full,
        Fault::WrittenUnknown,
        Fault::LostUnknown,
    ]);
    assert_eq!(tried(engine, vec![event(1)]).await, Err(WriteError::Again));
    assert_eq!(
        tried(engine, vec![event(1)]).await,
        Err(WriteError::NotWritten(StoreError::StorageFull))
    );
    assert_eq!(events(engine).await, Vec::<u64>::new());
    let epoch = engine.epoch();
    assert_eq!(
        tried(engine, vec![event(1)]).await,
        Err(WriteError::Unknown)
    );
    assert_eq!(
        engine.wait_durable(epoch).await,
        Err(StoreError::OutcomeUnknown)
    );
    assert_eq!(events(engine).await, [1]);
    assert_eq!(
        tried(engine, vec![event(2)]).await,
        Err(WriteError::Unknown)
    );
    assert_eq!(events(engine).await, [1]);
    assert_eq!(engine.wait_durable(engine.epoch()).await, Ok(()));
    write(engine, vec![event(3)]).await;
    assert_eq!(engine.head().await.unwrap().batch, 2);
}

pub async fn nodes_share_data_and_batches(bed: InMemory) {
    let (here, there) = (&*bed.0, &bed.0.node());
    let newest = there.newest();
    write(here, vec![event(1)]).await;
    write(there, vec![event(2)]).await;
    assert_eq!(
        (events(here).await, events(there).await),
        (vec![1, 2], vec![1, 2])
    );
    assert_eq!(*newest.borrow(), 2);
    assert_eq!(here.batches(0, 9).await, there.batches(0, 9).await);
    let first = here.open_batch(&[]).await.unwrap();
    assert!(there.open_batch(&[]).now_or_never().is_none());
    drop(first);
    assert!(there.open_batch(&[]).now_or_never().is_some());
    here.close().await;
    write(there, vec![event(3)]).await;
}

pub async fn batches_of_long_ago_are_gone(bed: InMemory) {
    let engine = &*bed.0;
    for _ in 0..5_000 {
        write(engine, Vec::new()).await;
    }
    assert_eq!(engine.batches(0, 9).await, Ok(Batches::Gone));
    let Ok(Batches::Next(next)) = engine.batches(4_990, 64).await else {
        panic!("they are kept");
    };
    assert_eq!(next.len(), 10);
}
