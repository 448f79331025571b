//! When keys and sign-ins were last used: noted here, and written to the store once a minute instead of at every request.
//!
//! Local to the node: each node writes the uses it has seen. A sign-in that is used at one node only is known to another after a
//! minute at most, while it takes hours to become idle.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use crate::{
    id::KeyId,
    record::{Key, SecretHash, Session},
    time::Timestamp,
};

/// A sign-in's last use is recorded in steps of this many milliseconds.
const USE_STEP_MS: i64 = 10_000;

/// When keys and sign-ins were last used. Written to the store once a minute instead of at every request.
#[derive(Debug, Default)]
pub struct LastUses {
    keys: Mutex<HashMap<KeyId, Timestamp>>,
    sessions: Mutex<HashMap<SecretHash, Timestamp>>,
}

impl LastUses {
    /// Notes that a key was used.
    pub fn note_key(&self, key: &Key, now: Timestamp) {
        locked(&self.keys).insert(key.id, now);
    }

    /// The key with its last use, flushed or not.
    pub fn key_with_last_use(&self, key: Key) -> Key {
        let last_used_at = locked(&self.keys).get(&key.id).copied();
        Key {
            last_used_at: last_used_at.or(key.last_used_at),
            ..key
        }
    }

    /// Notes that a sign-in was used, if its stored last use is some seconds old.
    pub fn note_session(&self, session: &Session, now: Timestamp) {
        if now.ms_since(session.used_at).abs() >= USE_STEP_MS {
            locked(&self.sessions).insert(session.secret, now);
        }
    }

    /// The sign-in with its last use, flushed or not.
    pub fn session_with_last_use(&self, session: Session) -> Session {
        let noted = locked(&self.sessions).get(&session.secret).copied();
        Session {
            used_at: session.used_at.max(noted.unwrap_or_default()),
            ..session
        }
    }

    /// The uses not written yet.
    pub fn unwritten(&self) -> Uses {
        Uses {
            keys: locked(&self.keys).clone(),
            sessions: locked(&self.sessions).clone(),
        }
    }

    /// Drops the uses that were written. One that was noted anew while they were being written stays for the next time.
    pub fn drop_written(&self, uses: &Uses) {
        drop_written(&self.keys, &uses.keys);
        drop_written(&self.sessions, &uses.sessions);
    }
}

/// Uses that are to be written.
pub struct Uses {
    pub keys: HashMap<KeyId, Timestamp>,
    pub sessions: HashMap<SecretHash, Timestamp>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn drop_written<K: Hash + Eq>(
    noted: &Mutex<HashMap<K, Timestamp>>,
    written: &HashMap<K, Timestamp>,
) {
    locked(noted).retain(|key, at| written.get(key) != Some(at));
}
