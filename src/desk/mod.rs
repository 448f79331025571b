//! The use cases: everything the rest of the program can do with Banzhu.
//!
//! Each reads records, calls the pure core, commits, and answers with a view. Nothing here knows HTTP or the storage engine.
//! If a record has changed since it was read, the use case starts over, three times at most.

mod access;
mod appeal;
mod article;
mod article_cache;
mod audit;
mod backup;
mod clock;
mod comment;
mod compact;
mod erasure;
mod error;
mod export;
mod idempotency;
mod live;
mod member;
mod notice;
mod off_workers;
mod open_case;
mod outbox;
mod page;
mod password;
mod post;
mod privacy;
mod qa;
mod queue;
mod rejudge;
mod report;
mod rule;
mod rulebook;
mod secret;
mod security;
mod session;
mod stats;
mod throttle;
mod try_text;
pub mod views;
mod warm_up;
mod webhook;

pub use crate::{
    intake::Retention,
    store::{CopyFailure, CopyProgress, Health, OnProgress},
};
pub use access::{ChangeUser, InitialAccess, NewKey, NewToken, NewUser};
pub use appeal::AppealDraft;
pub use audit::AuditQuery;
pub use clock::ClockAccepted;
pub use error::DeskError;
pub use export::MemberData;
pub use idempotency::{Completion, CompletionCodes, IdempotencyRequest, Idempotent};
pub use live::{FeedMessage, LiveEvent, Subscription};
pub use member::{NicknameDraft, SanctionDraft};
pub use open_case::CaseDraft;
pub use page::{List, PageQuery};
pub use post::Posted;
pub use queue::{PAGE_MAX, QueueQuery};
pub use report::ReportDraft;
pub use rule::RulingDraft;
pub use rulebook::{LoadedRulebook, ReloadState, counts};
pub use security::{RefusalEvent, RefusalKind, TARGET as SECURITY_TARGET};
pub use session::{Identity, SignedIn};
pub use stats::StatsQuery;
pub use try_text::{TryDraft, try_with};
pub use webhook::{EgressPolicy, WebhookDraft};

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::{
    member::FloodWatch,
    policy::Rulebook,
    store::{Store, StoreError, StoreFacts},
    time::{Clock, DAY_MS, HOUR_MS, IdSource, MINUTE_MS, Timestamp},
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
        }
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

/// How often a use case reads again before it gives up.
const ATTEMPTS_MAX: u32 = 3;

/// The use cases over one store. One per process, shared by reference.
pub struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rulebook: ArcSwap<LoadedRulebook>,
    settings: DeskSettings,
    last_reload: rulebook::LastReload,
    in_flight: idempotency::InFlightKeys,
    throttle: throttle::Throttle,
    articles: article_cache::ArticleCache,
    floods: FloodWatch,
    handed_out: queue::HandOuts,
    last_uses: session::LastUses,
    security: security::SecurityLog,
    known_addresses: tokio::sync::OnceCell<()>,
    feed: live::LiveFeed,
    purged_up_to: privacy::PurgedUpTo,
}

impl Desk {
    /// A desk over a store, with its first rulebook.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rulebook: LoadedRulebook,
        settings: DeskSettings,
    ) -> Self {
        let good_at = rulebook.loaded_at;
        Self {
            store,
            clock,
            rulebook: ArcSwap::from_pointee(rulebook),
            settings,
            last_reload: rulebook::LastReload::good_at(good_at),
            in_flight: idempotency::InFlightKeys::default(),
            throttle: throttle::Throttle::default(),
            articles: article_cache::ArticleCache::default(),
            floods: FloodWatch::default(),
            handed_out: queue::HandOuts::default(),
            last_uses: session::LastUses::default(),
            security: security::SecurityLog::default(),
            known_addresses: tokio::sync::OnceCell::new(),
            feed: live::LiveFeed::default(),
            purged_up_to: privacy::PurgedUpTo::default(),
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An id for a request that has none.
    pub fn new_request_id(&self) -> String {
        self.clock.id_source().id().to_string()
    }

    /// The board's settings.
    pub const fn settings(&self) -> &DeskSettings {
        &self.settings
    }

    /// Whether the store can serve requests.
    pub fn health(&self) -> Health {
        self.store.health()
    }

    /// Waits until the store fails for good, and returns why.
    pub async fn store_ended(&self) -> String {
        self.store.ended().await
    }

    /// Figures for metrics.
    pub async fn facts(&self) -> Result<StoreFacts, DeskError> {
        Ok(self.store.facts(self.clock.now()).await?)
    }

    /// Closes the store. Everything accepted is on disk when it returns.
    pub async fn close(&self) {
        self.flush_last_uses().await;
        self.flush_security_at(true).await;
        self.store.close().await;
    }

    fn id_source(&self) -> IdSource {
        self.clock.id_source()
    }

    /// The rulebook in use. A request fetches it once and keeps it, so that a reload does not change it midway.
    fn rules(&self) -> Arc<Rulebook> {
        Arc::clone(&self.rulebook.load().rulebook)
    }
}

/// Repeats `$work` while it fails with `Stale`, at most [`ATTEMPTS_MAX`] times in all.
macro_rules! retried {
    ($work:expr) => {{
        let mut attempt = 0;
        loop {
            attempt += 1;
            match $work {
                Err($crate::desk::DeskError::Stale) if attempt < $crate::desk::ATTEMPTS_MAX => {
                    metrics::counter!("banzhu_stale_retries_total").increment(1);
                }
                Err($crate::desk::DeskError::Stale) => {
                    break Err($crate::desk::DeskError::Overloaded);
                }
                done => break done,
            }
        }
    }};
}
use retried;

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            StoreError::Overloaded => Self::Overloaded,
            StoreError::StorageFull => Self::StorageFull,
            StoreError::OutcomeUnknown => Self::OutcomeUnknown,
            StoreError::Damaged(what) | StoreError::Unavailable(what) => Self::Internal(what),
        }
    }
}
