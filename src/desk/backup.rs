//! Backups, requested by an operator on the machine.

use std::path::Path;

use super::Desk;
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    review::audited,
    store::{BackupReport, CopyFailure, OnProgress},
};

impl Desk {
    /// Copies the database into a new folder while the service runs, and records that in the audit.
    pub async fn back_up(
        &self,
        by: &Actor,
        to: &Path,
        on_progress: OnProgress,
    ) -> Result<BackupReport, CopyFailure> {
        let report = self
            .store
            .back_up(to, self.clock.now(), on_progress)
            .await?;
        let audit = AuditDraft {
            to: Some(report.commit.to_string()),
            ..AuditDraft::new(
                self.clock.now(),
                by,
                AuditAction::DatabaseBackedUp,
                AuditSubject::Database,
            )
        };
        if let Err(error) = self.store.commit(audited(audit)).await {
            // The backup is complete even without its audit entry.
            tracing::warn!(%error, "the audit does not tell of the backup: {error}");
        }
        Ok(report)
    }
}
