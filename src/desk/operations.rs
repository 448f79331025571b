//! What operators do: backups, compaction, accepting the clock.
//!
//! While the clock is in doubt nothing is deleted, until an operator accepts its time. Purged comments leave holes in the database
//! that it hardly reuses; compaction rewrites it and frees them.

use std::{path::Path, sync::Arc};

use serde::Serialize;

use super::{base::Base, error::DeskError, settings::DeskSettings, state::LastReload};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    review::{audited, compacted},
    store::{BackupReport, CompactionReport, CopyFailure, Health, OnProgress},
    time::{ClockJump, Timestamp},
};

/// With fewer purged comments than this, rewriting is not worth it.
const PURGED_MIN: u64 = 1_000;

/// The result of accepting the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockAccepted {
    /// Whether there was a jump to accept.
    pub accepted: bool,
    /// The newest time stored before.
    pub from: Timestamp,
    /// The accepted time; new records continue from it.
    pub to: Timestamp,
}

/// The service itself: its clock, database and rulebook.
pub struct Operations {
    pub(super) base: Arc<Base>,
    pub(super) last_reload: LastReload,
}

impl Operations {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.base.clock.now()
    }

    /// An id for a request that has none.
    pub fn new_request_id(&self) -> String {
        self.base.clock.id_source().id().to_string()
    }

    /// The board's settings.
    pub fn settings(&self) -> &DeskSettings {
        &self.base.settings
    }

    /// Whether the store can serve requests.
    pub fn health(&self) -> Health {
        self.base.store.health()
    }

    /// Waits until the store fails for good, and returns why.
    pub async fn store_ended(&self) -> String {
        self.base.store.ended().await
    }

    /// The newest time stored in any record.
    pub fn newest_at(&self) -> Timestamp {
        self.base.store.newest_at()
    }

    /// How far the clock has jumped, by its own measure or against the newest stored time; `None` if it has not, or the jump was
    /// accepted.
    pub fn clock_jump(&self) -> Option<ClockJump> {
        self.base.clock_jump()
    }

    /// Accepts the clock's time as right: expired records may be deleted again, and new records are dated from now, even if that
    /// is earlier than records stored before.
    pub async fn accept_clock(&self, by: &Actor) -> Result<ClockAccepted, DeskError> {
        let (from, to) = (self.base.store.newest_at(), self.base.clock.now());
        let accepted = self.base.clock.jump(from).is_some() || to < from;
        if accepted {
            let action = AuditAction::ClockAccepted;
            let audit = AuditDraft::new(to, by, action, AuditSubject::Database).changed(from, to);
            self.base.commit(audited(audit)).await?;
            self.base.clock.accept();
        }
        Ok(ClockAccepted { accepted, from, to })
    }

    /// Rewrites the database if enough comments were purged since the last time.
    pub async fn compact_when_due(&self) -> Result<(), DeskError> {
        let stats = self.base.store.stats().await?;
        let share = u64::from(self.base.settings.compact_percent);
        let is_due = share > 0
            && self.clock_jump().is_none()
            && stats.purged >= PURGED_MIN
            && stats.purged.saturating_mul(100) >= stats.comments.saturating_mul(share);
        if is_due {
            self.compact(&Actor::System).await?;
        }
        Ok(())
    }

    /// Rewrites the database while the service runs. Takes about a minute for a million comments.
    pub async fn compact(&self, by: &Actor) -> Result<CompactionReport, DeskError> {
        if self.clock_jump().is_some() {
            return Err(DeskError::ClockJumped);
        }
        let report = self.base.store.compact().await?;
        let (now, action) = (self.base.clock.now(), AuditAction::DatabaseCompacted);
        let audit = AuditDraft::new(now, by, action, AuditSubject::Database)
            .changed(report.before_bytes, report.after_bytes);
        self.base.commit(compacted(audit)).await?;
        Ok(report)
    }

    /// Copies the database into a new folder while the service runs, and records that in the audit.
    pub async fn back_up(
        &self,
        by: &Actor,
        to: &Path,
        on_progress: OnProgress,
    ) -> Result<BackupReport, CopyFailure> {
        let copy = self
            .base
            .store
            .back_up(to, self.base.clock.now(), on_progress);
        let report = copy.await?;
        let (now, action) = (self.base.clock.now(), AuditAction::DatabaseBackedUp);
        let audit = AuditDraft::new(now, by, action, AuditSubject::Database).to(report.commit);
        if let Err(error) = self.base.store.commit(audited(audit)).await {
            // The backup is complete even without its audit entry.
            tracing::warn!(%error, "the backup is not in the audit: {error}");
        }
        Ok(report)
    }
}
