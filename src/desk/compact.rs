//! Room on the disk: what was purged leaves holes that the database hardly uses again; copying it anew gives them back.

use super::{Desk, DeskError};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    store::{Commit, CompactionReport},
};

/// Below so many purged comments nothing is worth copying.
const PURGED_MIN: u64 = 1_000;

impl Desk {
    /// Copies the database anew where enough of it was purged since it was copied last.
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

    /// Copies the database anew, while everything goes on. Takes about a minute for a million comments.
    pub async fn compact(&self, by: &Actor) -> Result<CompactionReport, DeskError> {
        if self.clock_jump().is_some() {
            return Err(DeskError::ClockJumped);
        }
        let compacted = self.store.compact().await?;
        let audit = AuditDraft {
            from: Some(compacted.before_bytes.to_string()),
            to: Some(compacted.after_bytes.to_string()),
            ..AuditDraft::new(
                self.clock.now(),
                by,
                AuditAction::DatabaseCompacted,
                AuditSubject::Database,
            )
        };
        self.store.commit(Commit::Compacted(audit)).await?;
        Ok(compacted)
    }
}
