//! Rate limiting of log lines. Each place in the code that logs may write a few lines a second; once a second the number of
//! its suppressed lines is logged.
//!
//! This applies to all lines of level info and above, so that no place has to care about it.

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

/// How many lines of one place are logged in a second.
const LINES_PER_SECOND: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
/// The target of the lines with the counts. There is at most one per place and second, and none is suppressed.
const LEFT_OUT: &str = "banzhu::left_out";
/// The target of the security log, which has its own rate limit.
const SECURITY: &str = "banzhu::security";

/// The limiter of this process.
pub(super) fn of_process() -> RepeatLimiter {
    static REPEATS: LazyLock<RepeatLimiter> = LazyLock::new(RepeatLimiter::default);
    REPEATS.clone()
}

/// Admits the first lines of each place in a second and counts the others.
#[derive(Clone, Default)]
pub(super) struct RepeatLimiter(Arc<Mutex<HashMap<Identifier, CallSite>>>);

/// The state of one place in the code.
struct CallSite {
    second_began: Instant,
    lines: u32,
    left_out: u64,
    /// The message of the first suppressed line.
    said: String,
}

impl RepeatLimiter {
    /// Logs a line for each place that had lines suppressed since the last call.
    pub(super) fn report_suppressed(&self) {
        let left_out: Vec<_> = {
            let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kinds
                .values_mut()
                .filter_map(CallSite::take_suppressed)
                .collect()
        };
        // After releasing the lock: these lines pass through `admits` themselves.
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
        // Formatting costs, so only the first line left out is kept as the example.
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
        // Whoever enables debug wants all of it.
        let is_bounded = *metadata.level() <= Level::INFO
            && metadata.target() != LEFT_OUT
            && metadata.target() != SECURITY;
        !is_bounded || self.admits(event, Instant::now())
    }
}

/// Extracts the message of a log event.
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
    fn a_flood_of_one_kind_becomes_a_few_lines_and_a_count() {
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
        // The second may end during the flood.
        assert!((10..=20).contains(&flood), "{written}");
        assert!(written.contains("of another kind"));
        let count = 1_000 - flood;
        let summary = format!("{count} more lines like this one were left out: answered 1");
        assert_eq!(written.matches(&summary).count(), 1, "{written}");
    }

    #[test]
    fn the_next_second_starts_a_new_count() {
        let began = Instant::now();
        let mut kind = CallSite::new(began);
        let mut admitted = |now| (0..20).filter(|_| kind.admits(now)).count();
        assert_eq!(admitted(began), 10);
        assert_eq!(admitted(began + SECOND / 2), 0);
        assert_eq!(admitted(began + SECOND), 10);
        assert_eq!(kind.take_suppressed(), Some((40, String::new())));
    }
}
