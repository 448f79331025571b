//! sled's flush with a watchdog. If a write fails on sled's own thread, sled may never wake the flush that waits for it; the next
//! flush finds the failure and wakes all. So while a flush takes long, another is started every second.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// After which time a flush is asked for once more, and how often then.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// Flushes that are under way.
struct PendingFlushes {
    next: u64,
    begun: BTreeMap<u64, (Instant, sled::Db)>,
}

static UNDER_WAY: Mutex<PendingFlushes> = Mutex::new(PendingFlushes {
    next: 0,
    begun: BTreeMap::new(),
});
static WATCH: Once = Once::new();

fn under_way() -> MutexGuard<'static, PendingFlushes> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Is over when it is dropped.
struct FlushGuard(u64);

impl FlushGuard {
    fn now(db: &sled::Db) -> Self {
        let mut all = under_way();
        let number = all.next;
        all.next += 1;
        all.begun.insert(number, (Instant::now(), db.clone()));
        Self(number)
    }
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        // The handle is let go of after the others may go on.
        let over = under_way().begun.remove(&self.0);
        drop(over);
    }
}

/// Brings what was written to the file.
pub(super) fn flushed(db: &sled::Db) -> sled::Result<()> {
    WATCH.call_once(|| {
        let started = thread::Builder::new()
            .name("flush watch".to_owned())
            .spawn(watch);
        if let Err(error) = started {
            tracing::warn!(%error, "flushes are not watched: {error}");
        }
    });
    let _begun = FlushGuard::now(db);
    db.flush().map(drop)
}

fn watch() {
    loop {
        thread::sleep(ASK_AFTER);
        let long: Vec<sled::Db> = {
            let all = under_way();
            let long = all.begun.values();
            long.filter(|(at, _)| at.elapsed() > ASK_AFTER)
                .map(|(_, db)| db.clone())
                .collect()
        };
        for db in long {
            // Where the disk is merely slow, this waits too.
            let _ = thread::Builder::new()
                .name("flush again".to_owned())
                .spawn(move || db.flush().map(drop));
        }
    }
}
