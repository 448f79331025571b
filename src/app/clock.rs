//! The system's clock and random numbers, and the detection of clock jumps: the last time known to be right is recorded in
//! the data folder, so that the next start can compare.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crate::time::{Clock, ClockJump, IdSource, JumpWatch, MINUTE_MS, Timestamp};

/// The file in the data folder with the last time known to be right.
const FILE: &str = "clock";
/// A step back smaller than this is bridged by repeating the last time until the clock has caught up; a larger one is
/// followed.
const STEP_MS: i64 = MINUTE_MS;

/// The system's clock and random numbers.
#[derive(Debug, Default)]
pub struct SystemClock {
    last_ms: AtomicI64,
    /// The time and first id seed of the last [`IdSource`].
    last_id_source: Mutex<(Timestamp, u128)>,
    watched: Mutex<Option<WatchedClock>>,
}

/// How far apart the seeds of two id sources of one millisecond are. An id source makes fewer ids than this, so they cannot
/// overlap.
const SEED_STEP: u128 = 1 << 32;
/// Random bits in the first seed of a millisecond. A ULID has 80; the highest stays clear, so that later seeds of the same
/// millisecond do not overflow.
const SEED_BITS: u32 = 79;

/// The system's clock cannot be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "系統時鐘早於 1970 年，無法使用；請先校正時鐘 / the system's clock is before 1970 and cannot be used: set it right first"
)]
pub struct ClockBefore1970;

/// The jump detection for one data folder.
#[derive(Debug)]
struct WatchedClock {
    jumps: JumpWatch,
    timer: MonotonicTimer,
    file: PathBuf,
}

impl SystemClock {
    /// Whether the system's clock is usable at all.
    pub fn check() -> Result<(), ClockBefore1970> {
        if SystemTime::now() < UNIX_EPOCH {
            Err(ClockBefore1970)
        } else {
            Ok(())
        }
    }

    /// Compares the clock with the last time known to be right before this start, and watches for jumps from now on. If that time
    /// is not in the data folder, the newest stored time is used instead.
    pub fn watch(&self, data: &Path, jump_ms_max: i64, newest: Timestamp) {
        let file = data.join(FILE);
        let stored = Some(newest).filter(|newest| newest.as_ms() > 0);
        let last = read(&file).or(stored);
        let timer = MonotonicTimer::begin();
        let jumps = JumpWatch::new(jump_ms_max, last, system_now(), timer.passed_ms());
        // Records stored from now on may be dated ahead, so the time to compare with must be in the file.
        if let Some(last) = last.filter(|_| !file.exists()) {
            write_or_warn(&file, last);
        }
        *self.watched() = Some(WatchedClock { jumps, timer, file });
    }

    /// Records the time in the data folder as the last known to be right, unless the clock has jumped.
    pub fn keep(&self, newest: Timestamp) {
        if let Some(WatchedClock { jumps, timer, file }) = &*self.watched() {
            let now = system_now();
            if jumps.jump(newest, now, timer.passed_ms()).is_none() {
                write_or_warn(file, now);
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, Option<WatchedClock>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The system's time, with small steps back bridged.
    fn monotonic(&self, system: Timestamp) -> Timestamp {
        let system_ms = system.as_ms();
        let last_ms = self.last_ms.fetch_max(system_ms, Ordering::Relaxed);
        if last_ms.saturating_sub(system_ms) < STEP_MS {
            return Timestamp::from_ms(system_ms.max(last_ms));
        }
        self.last_ms.store(system_ms, Ordering::Relaxed);
        system
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let settled = self.monotonic(system_now());
        // No record can be dated before 1970; such a clock is reported as a jump.
        settled.max(Timestamp::from_ms(0))
    }

    #[expect(
        clippy::panic,
        reason = "without chance no secret may be made; nothing outside can bring this about"
    )]
    fn random_bytes(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system gives no random numbers: {error}");
        }
    }

    /// Ids of a later source are greater, even within one millisecond, so cases sort in the order in which they were opened.
    fn id_source(&self) -> IdSource {
        let mut last = self
            .last_id_source
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let seed = if last.0 == now {
            last.1.wrapping_add(SEED_STEP)
        } else {
            let mut random = [0; 16];
            self.random_bytes(&mut random);
            u128::from_le_bytes(random) & ((1 << SEED_BITS) - 1)
        };
        *last = (now, seed);
        IdSource::new(now, seed)
    }

    fn jump(&self, newest: Timestamp) -> Option<ClockJump> {
        let watched = self.watched();
        let WatchedClock { jumps, timer, .. } = watched.as_ref()?;
        jumps.jump(newest, system_now(), timer.passed_ms())
    }

    fn accept(&self) {
        if let Some(WatchedClock { jumps, timer, file }) = &mut *self.watched() {
            let now = system_now();
            jumps.accept(now, timer.passed_ms());
            write_or_warn(file, now);
        }
    }
}

fn system_now() -> Timestamp {
    let ms = |duration: std::time::Duration| i64::try_from(duration.as_millis());
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_ms(match since {
        Ok(after) => ms(after).unwrap_or(i64::MAX),
        Err(before) => ms(before.duration()).map_or(i64::MIN, |ms| -ms),
    })
}

/// Time elapsed regardless of how the clock is set. Where the system reports its uptime, time asleep counts too.
#[derive(Debug)]
struct MonotonicTimer {
    began: Instant,
    uptime_ms: Option<i64>,
}

impl MonotonicTimer {
    fn begin() -> Self {
        Self {
            began: Instant::now(),
            uptime_ms: uptime_ms(),
        }
    }

    fn passed_ms(&self) -> i64 {
        match (self.uptime_ms, uptime_ms()) {
            (Some(at_start), Some(now)) => now.saturating_sub(at_start),
            _ => i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(target_os = "linux")]
fn uptime_ms() -> Option<i64> {
    use rustix::time::{ClockId, clock_gettime};
    let up = clock_gettime(ClockId::Boottime);
    up.tv_sec
        .checked_mul(1_000)?
        .checked_add(up.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
const fn uptime_ms() -> Option<i64> {
    None
}

fn read(file: &Path) -> Option<Timestamp> {
    let text = fs::read_to_string(file).ok()?;
    let time = Timestamp::parse(text.trim()).ok();
    if time.is_none() {
        tracing::warn!("the file {} holds no time and is not used", file.display());
    }
    time
}

/// Writes the time atomically. If that fails, the next start may report a jump that was none.
fn write_or_warn(file: &Path, time: Timestamp) {
    if let Err(error) = write(file, time) {
        tracing::warn!(%error, "the time could not be kept in {}: {error}", file.display());
    }
}

fn write(file: &Path, time: Timestamp) -> io::Result<()> {
    let dir = file.parent().unwrap_or(file);
    let mut new = tempfile::NamedTempFile::new_in(dir)?;
    writeln!(new, "{time}")?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::time::{DAY_MS, HOUR_MS};

    const NEVER: Timestamp = Timestamp::from_ms(0);

    #[test]
    fn a_small_step_back_is_bridged_and_a_large_one_followed() {
        let clock = SystemClock::default();
        let noon = Timestamp::from_ms(DAY_MS);
        assert_eq!(clock.monotonic(noon), noon);
        assert_eq!(clock.monotonic(noon.plus_ms(1 - STEP_MS)), noon);
        assert_eq!(clock.monotonic(noon.plus_ms(1)), noon.plus_ms(1));
        let earlier = noon.plus_ms(-HOUR_MS);
        assert_eq!(clock.monotonic(earlier), earlier, "not bridged");
        assert_eq!(clock.monotonic(earlier.plus_ms(1)), earlier.plus_ms(1));
    }

    #[test]
    fn ids_grow_within_one_millisecond_and_across_the_next() {
        let clock = SystemClock::default();
        let ids: Vec<_> = (0..10_000).map(|_| clock.id_source().id()).collect();
        assert!(ids.is_sorted_by(|id, next| id < next));
    }

    #[test]
    fn a_jump_is_detected_at_every_start_until_it_is_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        let started = |newest| {
            let clock = SystemClock::default();
            clock.watch(dir.path(), 72 * HOUR_MS, newest);
            clock.keep(newest);
            clock
        };
        let now = system_now();
        assert_eq!(started(NEVER).jump(NEVER), None, "a fresh folder");
        assert!(read(&file).unwrap() >= now);
        // Compared with the folder, this clock is 800 days ahead.
        let then = now.plus_ms(-800 * DAY_MS);
        write_or_warn(&file, then);
        for _ in 0..2 {
            // Records stored meanwhile by the clock that is ahead do not hide the jump.
            let jump = started(system_now()).jump(system_now()).unwrap();
            assert_eq!(jump.ahead_ms / DAY_MS, 800);
            assert_eq!(read(&file), Some(then));
        }
        started(NEVER).accept();
        assert_eq!(started(NEVER).jump(NEVER), None);
        fs::remove_file(&file).unwrap();
        assert!(started(then).jump(then).is_some(), "against what is stored");
        assert_eq!(read(&file), Some(then));
        fs::write(&file, "gone").unwrap();
        let behind = started(now.plus_ms(5 * DAY_MS));
        assert!(behind.jump(NEVER).unwrap().ahead_ms < 0);
    }
}
