//! How often lines of one kind are written. A kind is a place in the code: whatever it tells, it tells at most so many
//! times a second, and once a second how often it was left out.
//!
//! This holds for every line of level info and above, so that no place has to think of it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::{
    Event, Level, Metadata,
    callsite::Identifier,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Filter};

/// How many lines of a kind are written in a second.
const LINES_PER_SECOND: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
/// The target of the lines that tell the counts; they are as many as there are kinds at most, and always written.
const LEFT_OUT: &str = "banzhu::left_out";
/// The target of the lines about what was refused: they are bounded, and counted, where they are made.
const SECURITY: &str = "banzhu::security";

/// The one of this process.
pub(super) fn of_process() -> RepeatLimiter {
    static REPEATS: LazyLock<RepeatLimiter> = LazyLock::new(RepeatLimiter::default);
    REPEATS.clone()
}

/// Lets the first lines of each kind in a second through and counts the others.
#[derive(Clone, Default)]
pub(super) struct RepeatLimiter(Arc<Mutex<HashMap<Identifier, CallSite>>>);

/// What came from one place in the code.
struct CallSite {
    second_began: Instant,
    lines: u32,
    left_out: u64,
    /// What the first line that was left out said.
    said: String,
}

impl RepeatLimiter {
    /// Writes a line for each kind of which lines were left out since the last time.
    pub(super) fn report_suppressed(&self) {
        let left_out: Vec<_> = {
            let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kinds
                .values_mut()
                .filter_map(CallSite::take_suppressed)
                .collect()
        };
        // outside of the lock: what is told comes by here again
        for (count, said) in left_out {
            tracing::warn!(target: LEFT_OUT, left_out = count, said, "{count} more lines like this one were left out: {said}");
        }
    }

    fn admits(&self, event: &Event<'_>, now: Instant) -> bool {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds
            .entry(event.metadata().callsite())
            .or_insert_with(|| CallSite::new(now));
        let admitted = kind.admits(now);
        if !admitted && kind.left_out == 1 {
            event.record(&mut MessageVisitor(&mut kind.said));
        }
        admitted
    }
}

impl CallSite {
    const fn new(now: Instant) -> Self {
        Self {
            second_began: now,
            lines: 0,
            left_out: 0,
            said: String::new(),
        }
    }

    fn admits(&mut self, now: Instant) -> bool {
        if now.duration_since(self.second_began) >= SECOND {
            (self.second_began, self.lines) = (now, 0);
        }
        let admitted = self.lines < LINES_PER_SECOND;
        if admitted {
            self.lines += 1;
        } else {
            self.left_out += 1;
        }
        admitted
    }

    fn take_suppressed(&mut self) -> Option<(u64, String)> {
        let count = std::mem::take(&mut self.left_out);
        (count > 0).then(|| (count, std::mem::take(&mut self.said)))
    }
}

impl<S> Filter<S> for RepeatLimiter {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        // whoever asks for debug wants all of it
        let is_bounded = *metadata.level() <= Level::INFO
            && metadata.target() != LEFT_OUT
            && metadata.target() != SECURITY;
        !is_bounded || self.admits(event, Instant::now())
    }
}

/// Takes the message of a line.
struct MessageVisitor<'s>(&'s mut String);

impl Visit for MessageVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.clear();
            let _ = fmt::Write::write_fmt(self.0, format_args!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io;

    use tracing_subscriber::{Layer as _, fmt::MakeWriter, layer::SubscriberExt as _};

    use super::*;

    #[derive(Clone, Default)]
    struct LineCounts(Arc<Mutex<Vec<u8>>>);

    impl io::Write for LineCounts {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for LineCounts {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_flood_of_one_kind_is_a_few_lines_and_a_count() {
        let (lines, repeats) = (LineCounts::default(), RepeatLimiter::default());
        let logs = tracing_subscriber::fmt::layer()
            .with_writer(lines.clone())
            .with_ansi(false);
        let subscriber = tracing_subscriber::registry().with(logs.with_filter(repeats.clone()));
        tracing::subscriber::with_default(subscriber, || {
            for status in 0..1_000 {
                tracing::warn!("answered {status}");
            }
            tracing::warn!("of another kind");
            repeats.report_suppressed();
            repeats.report_suppressed();
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let of_kind = |line: &&str| line.contains("answered") && !line.contains("left out");
        let flood = written.lines().filter(of_kind).count();
        // the second may end while the flood lasts
        assert!((10..=20).contains(&flood), "{written}");
        assert!(written.contains("of another kind"));
        let count = 1_000 - flood;
        let told = format!("{count} more lines like this one were left out: answered 1");
        assert_eq!(written.matches(&told).count(), 1, "{written}");
    }

    #[test]
    fn the_next_second_begins_anew() {
        let began = Instant::now();
        let mut kind = CallSite::new(began);
        let mut admitted = |now| (0..20).filter(|_| kind.admits(now)).count();
        assert_eq!(admitted(began), 10);
        assert_eq!(admitted(began + SECOND / 2), 0);
        assert_eq!(admitted(began + SECOND), 10);
        assert_eq!(kind.take_suppressed(), Some((40, String::new())));
    }
}
