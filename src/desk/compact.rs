//! Compaction: purged comments leave holes in the database that it hardly reuses; rewriting it frees them.

use super::{Desk, DeskError};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    review::compacted,
    store::CompactionReport,
};

/// With fewer purged comments than this, rewriting is not worth it.
const PURGED_MIN: u64 = 1_000;

impl Desk {
    /// Rewrites the database if enough comments were purged since the last time.
    pub async fn compact_when_due(&self) -> Result<(), DeskError> {
        let facts = self.facts().await?;
        let share = u64::from(self.settings.compact_percent);
        let is_due = share > 0
            && self.clock_jump().is_none()
            && facts.purged >= PURGED_MIN
            && facts.purged.saturating_mul(100) >= facts.comments.saturating_mul(share);
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
        let report = self.store.compact().await?;
        let audit = AuditDraft {
            from: Some(report.before_bytes.to_string()),
            to: Some(report.after_bytes.to_string()),
            ..AuditDraft::new(
                self.clock.now(),
                by,
                AuditAction::DatabaseCompacted,
                AuditSubject::Database,
            )
        };
        self.store.commit(compacted(audit)).await?;
        Ok(report)
    }
}
