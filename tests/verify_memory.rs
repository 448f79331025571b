//! What `verify` remembers does not grow with what is stored.
//!
//! `cargo test --test verify_memory -- --ignored --nocapture` prints it.
#![allow(clippy::unwrap_used, dead_code)]

#[path = "conformance/rows.rs"]
mod rows;

use std::{
    alloc::System,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use banzhu::{
    record::{Change, ChangeBuilder, Comment, Write},
    store::{
        EngineStore, Result, Store as _,
        engine::{CounterRow, Engine as _, Epoch, Lookup, Range, Reads, StoredRow},
        ephemeral::Ephemeral,
        verify_records,
    },
    time::{Clock, Timestamp},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Few enough that the audit of the fewer comments is longer than what is read of it at once.
const PER_CHANGE: u64 = 20;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        rows::AT
    }

    fn random_bytes(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn held() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Reads, and looks how much is held once something was read.
struct Watched {
    engine: Arc<Ephemeral>,
    before: usize,
    most: AtomicUsize,
}

impl Watched {
    fn seen<T>(&self, found: T) -> T {
        let own = held().saturating_sub(self.before);
        self.most.fetch_max(own, Ordering::SeqCst);
        found
    }
}

impl Reads for Watched {
    async fn get_all(&self, looks: &[Lookup]) -> Result<Vec<Option<StoredRow>>> {
        self.seen(self.engine.get_all(looks).await)
    }

    async fn range(&self, range: Range) -> Result<Vec<StoredRow>> {
        self.seen(self.engine.range(range).await)
    }

    async fn count(&self, range: Range) -> Result<u64> {
        self.seen(self.engine.count(range).await)
    }

    async fn counters(&self, from: u32, to: u32, kind: u8) -> Result<Vec<CounterRow>> {
        self.seen(self.engine.counters(from, to, kind).await)
    }

    fn epoch(&self) -> Epoch {
        self.engine.epoch()
    }

    async fn wait_durable(&self, read_in: Epoch) -> Result<()> {
        self.engine.wait_durable(read_in).await
    }
}

fn comments(from: u64) -> Change {
    let one = |n: u64| {
        let mut comment: Comment = rows::comment(&format!("c-{n}"), Some("m"), false);
        comment.row_version = 1;
        Write::Comment {
            comment,
            archived: None,
            judged: true,
            tags: Vec::new(),
        }
    };
    let writes = (from..from + PER_CHANGE).map(one);
    ChangeBuilder::new().write(writes).build()
}

/// The most that a verify of so many comments held beside what it read from, in bytes.
async fn most_held(count: u64) -> usize {
    let engine = Arc::new(Ephemeral::default());
    let (clock, time_zone) = (Arc::new(Still), jiff::tz::TimeZone::UTC);
    let store = EngineStore::start(Arc::clone(&engine), clock, 64, time_zone).unwrap();
    for from in (0..count).step_by(usize::try_from(PER_CHANGE).unwrap()) {
        store.commit(comments(from)).await.unwrap();
    }
    let head = engine.head().await.unwrap();
    let watched = Watched {
        engine,
        before: held(),
        most: AtomicUsize::new(0),
    };
    let report = verify_records(&watched, &head, |table, key| format!("{table:?} {key:?}")).await;
    assert_eq!(report.comments, count);
    assert_eq!(report.findings, []);
    watched.most.into_inner()
}

/// One test alone in this program: others would allocate beside it.
#[tokio::test]
#[ignore = "takes a while; run by hand"]
async fn verify_holds_no_more_of_a_hundred_thousand_comments_than_of_ten_thousand() {
    let few = most_held(10_000).await;
    let many = most_held(100_000).await;
    println!("verify held {few} bytes at most of 10,000 comments, {many} of 100,000");
    assert!(many < few + few / 4, "{few} {many}");
}
