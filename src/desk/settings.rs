//! What differs from board to board.

use std::sync::Arc;

use crate::{
    review::Retention,
    score::Example,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};

/// Settings that differ from board to board.
#[derive(Clone)]
pub struct DeskSettings {
    /// The time zone whose days statistics count by.
    pub time_zone: jiff::tz::TimeZone,
    /// Which URLs events may be sent to.
    pub webhook_reach: Arc<dyn EgressPolicy>,
    /// How long a claim lasts, in milliseconds.
    pub claim_ms: i64,
    /// How many cases a moderator may have claimed.
    pub claims_max: usize,
    /// How long a ruling can be undone, in milliseconds.
    pub undo_ms: i64,
    /// How long a removal or a sanction can be appealed, in milliseconds.
    pub appeal_ms: i64,
    /// How long texts are kept.
    pub retention: Retention,
    /// How long events for the board are kept, in milliseconds.
    pub event_poll_ms: i64,
    /// The percentage of purged comments from which the database is compacted; 0: never.
    pub compact_percent: u32,
    /// How many reports since an approval reopen the case.
    pub reports_reopen_min: u32,
    /// How many of a thousand rulings get a QA review.
    pub sample_rulings_permille: u32,
    /// How many of a thousand removals by the filter get a QA review.
    pub sample_removals_permille: u32,
    /// How long answers are stored for idempotent retries, in milliseconds; at least 24 hours.
    pub answers_ms: i64,
    /// How long a sign-in lasts, in milliseconds.
    pub session_ms: i64,
    /// How long a sign-in lasts without being used, in milliseconds.
    pub session_idle_ms: i64,
    /// The argon2 cost of new password hashes.
    pub password_cost: PasswordCost,
    /// From how many rulings on the score is fitted to them.
    pub learning: LearningSettings,
    /// The examples that the rulebook's weights were fitted on.
    pub examples: Arc<dyn ExampleSource>,
}

/// From how many rulings on the score is fitted to them, and after how many more again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LearningSettings {
    /// Rulings before the first fit; 0: the board does not learn.
    pub first: u32,
    /// Rulings between two fits.
    pub every: u32,
}

impl LearningSettings {
    /// The number of rulings at which the next fit is due, after one at `fitted_at`; 0: none was made yet.
    pub const fn next_fit(self, fitted_at: u32) -> u32 {
        match (self.first, fitted_at) {
            (0, _) => u32::MAX,
            (first, 0) => first,
            _ => fitted_at.saturating_add(self.every),
        }
    }
}

impl Default for LearningSettings {
    fn default() -> Self {
        Self {
            first: 200,
            every: 50,
        }
    }
}

/// The parameters of argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Rounds.
    pub rounds: u32,
}

impl Default for PasswordCost {
    /// OWASP's first recommendation for argon2id: 19 MiB, two rounds, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            rounds: 2,
        }
    }
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            time_zone: jiff::tz::TimeZone::UTC,
            webhook_reach: Arc::new(NoEgress),
            claim_ms: 10 * MINUTE_MS,
            claims_max: 20,
            undo_ms: 15 * MINUTE_MS,
            appeal_ms: 30 * DAY_MS,
            retention: Retention {
                allowed_ms: 90 * DAY_MS,
                others_ms: 365 * DAY_MS,
                forms_ms: 30 * DAY_MS,
            },
            event_poll_ms: 30 * DAY_MS,
            compact_percent: 10,
            reports_reopen_min: 3,
            sample_rulings_permille: 20,
            sample_removals_permille: 10,
            answers_ms: 48 * HOUR_MS,
            session_ms: 12 * HOUR_MS,
            session_idle_ms: 2 * HOUR_MS,
            password_cost: PasswordCost::default(),
            learning: LearningSettings::default(),
            examples: Arc::new(NoExamples),
        }
    }
}

/// Decides which URLs events may be sent to.
pub trait EgressPolicy: Send + Sync {
    /// An error says why the URL is not allowed, in Traditional Chinese and English.
    fn check(&self, url: &str) -> Result<(), (String, String)>;
}

/// Where the examples are that the rulebook's weights were fitted on. They are read for each fit and not kept: they are some
/// megabytes.
pub trait ExampleSource: Send + Sync {
    /// All of them; none where they cannot be read.
    fn examples(&self) -> Vec<Example>;
}

/// Has none.
struct NoExamples;

impl ExampleSource for NoExamples {
    fn examples(&self) -> Vec<Example> {
        Vec::new()
    }
}

/// Allows no URL at all.
struct NoEgress;

impl EgressPolicy for NoEgress {
    fn check(&self, _url: &str) -> Result<(), (String, String)> {
        Err((
            "此服務不寄送 webhook".to_owned(),
            "this service sends no webhooks".to_owned(),
        ))
    }
}
