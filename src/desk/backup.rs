//! A backup, asked for by whoever runs commands on the machine.

use std::path::Path;

use super::Desk;
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    store::{BackupReport, Commit, CopyFailure, OnProgress},
};

impl Desk {
    /// Copies all that is stored into a new folder, while everything goes on. The audit tells of it.
    pub async fn back_up(
        &self,
        by: &Actor,
        to: &Path,
        on_progress: OnProgress,
    ) -> Result<BackupReport, CopyFailure> {
        let made = self
            .store
            .back_up(to, self.clock.now(), on_progress)
            .await?;
        let audit = AuditDraft {
            to: Some(made.commit.to_string()),
            ..AuditDraft::new(
                self.clock.now(),
                by,
                AuditAction::DatabaseBackedUp,
                AuditSubject::Database,
            )
        };
        if let Err(error) = self.store.commit(Commit::Tell(audit)).await {
            // The backup stands all the same.
            tracing::warn!(%error, "the audit does not tell of the backup: {error}");
        }
        Ok(made)
    }
}
