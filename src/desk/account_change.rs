//! Changes to accounts: users, keys, tokens and sign-ins. A change is stale if any account has changed since it began.

use super::{base::Base, error::DeskError};
use crate::{
    access::{Caller, accounts_changed},
    record::{
        AccountWrite, AuditAction, AuditDraft, AuditSubject, StoredAnswer, User, UserName,
        folded_name,
    },
    time::Timestamp,
};

/// A change to accounts that has begun. What it depends on is read after that.
pub(super) struct AccountChange<'b> {
    base: &'b Base,
    version: u64,
    /// When it began.
    pub(super) now: Timestamp,
}

impl AccountChange<'_> {
    /// The change's audit entry.
    pub fn audit(&self, by: &Caller, action: AuditAction, subject: AuditSubject) -> AuditDraft {
        AuditDraft::new(self.now, &by.actor(), action, subject)
    }

    /// Commits the change.
    pub async fn commit(
        self,
        writes: Vec<AccountWrite>,
        audit: AuditDraft,
        answer: Option<StoredAnswer>,
    ) -> Result<(), DeskError> {
        let change = accounts_changed(writes, vec![audit], self.version);
        self.base.commit(change.remembering(answer)).await
    }

    /// The user once everything that was signed in for them before has ended: their sign-ins and their tokens.
    pub fn signed_out(&self, user: User) -> User {
        User {
            sessions_from: self.now.max(user.sessions_from).plus_ms(1),
            tokens_from: self.now.max(user.tokens_from).plus_ms(1),
            ..user
        }
    }
}

impl Base {
    /// Begins a change to accounts.
    pub async fn change_accounts(&self) -> Result<AccountChange<'_>, DeskError> {
        Ok(AccountChange {
            base: self,
            version: self.store.accounts_version().await?,
            now: self.clock.now(),
        })
    }

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
}
