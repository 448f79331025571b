//! A cache of keys and tokens: the same few come with every request.
//!
//! An entry is valid until any account changes, which moves the version of all accounts, or until a new epoch. The version moves
//! before a change of accounts is answered, so once an admin sees that a key was revoked or a person disabled, it no longer
//! grants access. Sessions are not cached: whether one is idle follows from its last use, which is written without moving the
//! version.

use quick_cache::sync::Cache;

use super::{Credential, engine::Epoch};
use crate::record::SecretHash;

/// How many credentials are cached; the least used are evicted first.
const CREDENTIALS_MAX: usize = 4_096;

/// What an account was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadAt {
    /// The version of all accounts, at least.
    pub accounts: u64,
    /// What is seen in one may never have been stored.
    pub epoch: Epoch,
}

/// The credentials that were read.
pub(super) struct KnownCredentials(Cache<SecretHash, (ReadAt, Credential)>);

impl Default for KnownCredentials {
    fn default() -> Self {
        Self(Cache::new(CREDENTIALS_MAX))
    }
}

impl KnownCredentials {
    /// The credential, if it would be read just so now.
    pub fn get(&self, secret: &SecretHash, now: ReadAt) -> Option<Credential> {
        let (read_at, credential) = self.0.get(secret)?;
        (read_at == now).then_some(credential)
    }

    /// Keeps a credential. `read_at` was looked up before the credential was: one that changes in between is read again.
    pub fn keep(&self, secret: SecretHash, read_at: ReadAt, credential: &Credential) {
        if !matches!(credential, Credential::Session(..)) {
            self.0.insert(secret, (read_at, credential.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        id::{KeyId, SessionId},
        record::{Key, KeyName, Role, Session, User, UserName},
        time::Timestamp,
    };

    const SECRET: SecretHash = SecretHash([7; 32]);
    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn key() -> Credential {
        Credential::Key(Key {
            id: KeyId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            name: KeyName::parse("board").unwrap(),
            scopes: Vec::new(),
            secret: SECRET,
            created_at: NOW,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        })
    }

    fn sign_in() -> Credential {
        let name = UserName::parse("amy").unwrap();
        let session = Session {
            id: SessionId(ulid::Ulid(1)),
            user: name.clone(),
            secret: SECRET,
            created_at: NOW,
            expires_at: NOW.plus_ms(1),
            ended_at: None,
            used_at: NOW,
            address: None,
        };
        let user = User {
            name,
            role: Role::Moderator,
            password: String::new(),
            disabled: false,
            deleted_at: None,
            created_at: NOW,
            sessions_from: NOW,
            tokens_from: NOW,
            settings: None,
        };
        Credential::Session(session, user)
    }

    fn read_at(accounts: u64, dropped: u64) -> ReadAt {
        ReadAt {
            accounts,
            epoch: Epoch(dropped),
        }
    }

    #[test]
    fn a_key_is_read_again_once_an_account_changes_or_the_database_is_opened_anew() {
        let known = KnownCredentials::default();
        known.keep(SECRET, read_at(3, 0), &key());
        assert_eq!(known.get(&SECRET, read_at(3, 0)), Some(key()));
        assert_eq!(known.get(&SECRET, read_at(4, 0)), None);
        assert_eq!(known.get(&SECRET, read_at(3, 1)), None);
        assert_eq!(known.get(&SecretHash([8; 32]), read_at(3, 0)), None);
    }

    #[test]
    fn a_sign_in_is_read_every_time() {
        let known = KnownCredentials::default();
        known.keep(SECRET, read_at(3, 0), &sign_in());
        assert_eq!(known.get(&SECRET, read_at(3, 0)), None);
    }
}
