//! What the use cases about accounts share: finding a user by name, and committing changes to accounts.

use super::{base::Base, error::DeskError};
use crate::{
    access::{Caller, accounts_changed},
    record::{
        AccountWrite, AuditAction, AuditDraft, AuditSubject, StoredAnswer, User, UserName,
        folded_name,
    },
    time::Timestamp,
};

/// An audit entry about an account.
pub(super) fn account_audit(
    caller: &Caller,
    at: Timestamp,
    action: AuditAction,
    subject: AuditSubject,
    to: Option<String>,
) -> AuditDraft {
    AuditDraft {
        to,
        ..AuditDraft::new(at, &caller.actor(), action, subject)
    }
}

impl Base {
    /// The user of this name, active or not; else the user of the name folded. Early names were stored as they were typed, later
    /// ones are stored folded.
    pub async fn user_by_name(&self, name: &str) -> Result<Option<User>, DeskError> {
        for name in [name, &folded_name(name)] {
            let Ok(name) = UserName::parse(name) else {
                continue;
            };
            if let Some(user) = self.store.user(&name).await? {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    /// Commits account changes with their audit entries, if no account has changed since `accounts_version` was read.
    pub async fn commit_accounts(
        &self,
        writes: Vec<AccountWrite>,
        audit: Vec<AuditDraft>,
        accounts_version: u64,
    ) -> Result<(), DeskError> {
        self.commit_accounts_answering(writes, audit, accounts_version, None)
            .await
    }

    /// The same, with the answer to a keyed request.
    pub async fn commit_accounts_answering(
        &self,
        writes: Vec<AccountWrite>,
        audit: Vec<AuditDraft>,
        accounts_version: u64,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        self.store
            .commit(accounts_changed(writes, audit, accounts_version).remembering(answer))
            .await?;
        Ok(())
    }
}
