//! What changes about accounts: users, keys, tokens, sign-ins.

use crate::record::{
    AccountWrite, AuditDraft, Change, ChangeBuilder, Key, Precondition, Session, Write,
};

/// Accounts that were made or changed; `version` is that of all accounts together when they were read.
pub fn accounts_changed(writes: Vec<AccountWrite>, audit: Vec<AuditDraft>, version: u64) -> Change {
    ChangeBuilder::new()
        .require([Precondition::Accounts(version)])
        .write(writes.into_iter().map(Write::Account))
        .audit(audit)
        .build()
}

/// Keys and sign-ins with the times of their last use.
pub fn last_uses(keys: Vec<Key>, sessions: Vec<Session>) -> Change {
    ChangeBuilder::new()
        .write(keys.into_iter().map(Write::KeyUsed))
        .write(sessions.into_iter().map(Write::SessionUsed))
        .build()
}
