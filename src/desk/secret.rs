//! Secrets: random, and stored as hashes; a secret is looked up by its hash, so no timing shows how near a guess was.

use std::collections::BTreeSet;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::{base::Base, error::DeskError, settings::PasswordCost};
use crate::record::SecretHash;

/// The prefix of a board key, so that secret scanners find a leaked one.
const KEY_PREFIX: &str = "bz_";
/// The prefix of a personal token.
const TOKEN_PREFIX: &str = "bzt_";
/// The letters of a generated password, without those easily confused (i and l, o and 0, 1).
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
/// The length of a generated password: 5 random bits per letter, 100 in all.
const PASSWORD_CHARS: usize = 20;
/// The salt of dummy hashes, made only for the time they take.
const DUMMY_SALT: &[u8] = &[0; 16];

/// The hash under which a secret is stored. Secrets are random and long, so plain SHA-256 is safe.
pub(super) fn hash_of(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}

impl Base {
    /// A new board key.
    pub fn new_key_secret(&self) -> String {
        format!("{KEY_PREFIX}{}", self.random_secret())
    }

    /// A new personal token.
    pub fn new_token_secret(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.random_secret())
    }

    /// The cookie of a new sign-in.
    pub fn new_cookie(&self) -> String {
        self.random_secret()
    }

    /// A random password.
    pub fn generate_password(&self) -> String {
        let mut bytes = [0; PASSWORD_CHARS];
        self.clock.random_bytes(&mut bytes);
        bytes
            .iter()
            .map(|byte| char::from(PASSWORD_LETTERS[usize::from(byte & 31)]))
            .collect()
    }

    /// Hashes a password in a blocking thread.
    pub async fn hash_password(&self, password: &str) -> Result<String, DeskError> {
        let mut salt = [0; 16];
        self.clock.random_bytes(&mut salt);
        let (password, cost) = (password.to_owned(), self.settings.password_cost);
        blocking(move || hash_with_salt(&password, &salt, cost)).await?
    }

    /// Whether a password matches a hash. One hash is computed at every cost in `in_use`, whether or not the user exists or has a
    /// hash of that cost: so the time taken does not show whether there is such a user, nor when their password was set.
    pub async fn password_matches(
        &self,
        password: &str,
        hash: Option<&str>,
        in_use: BTreeSet<PasswordCost>,
    ) -> Result<bool, DeskError> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        blocking(move || verify_at_all_costs(&password, hash.as_deref(), &in_use).0).await
    }

    /// 160 bits in lower-case base32.
    fn random_secret(&self) -> String {
        let mut bytes = [0; 20];
        self.clock.random_bytes(&mut bytes);
        data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase()
    }
}

/// The cost of a hash; `None` if it cannot be parsed.
pub(super) fn cost_of(hash: &str) -> Option<PasswordCost> {
    let parsed = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    Some(PasswordCost {
        memory_kib: params.m_cost(),
        rounds: params.t_cost(),
    })
}

/// Whether a password matches a hash, and the costs at which hashes were computed for it.
fn verify_at_all_costs(
    password: &str,
    hash: Option<&str>,
    in_use: &BTreeSet<PasswordCost>,
) -> (bool, Vec<PasswordCost>) {
    let own_cost = hash.and_then(cost_of);
    let matches = hash.is_some_and(|hash| matches(password, hash));
    let others = in_use.iter().filter(|cost| own_cost != Some(**cost));
    let computed = others.inspect(|cost| {
        // Keeps the compiler from dropping a hash whose result nobody uses.
        std::hint::black_box(hash_with_salt(password, DUMMY_SALT, **cost).is_ok());
    });
    (matches, computed.copied().chain(own_cost).collect())
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

fn hash_with_salt(password: &str, salt: &[u8], cost: PasswordCost) -> Result<String, DeskError> {
    let error_of = |what: &dyn std::fmt::Display| {
        DeskError::Internal(format!("the password cannot be hashed: {what}"))
    };
    let params =
        Params::new(cost.memory_kib, cost.rounds, 1, None).map_err(|error| error_of(&error))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = hasher
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| error_of(&error))?;
    Ok(hash.to_string())
}

/// How many passwords are hashed at the same time: each takes 19 MiB, and anybody can cause one by trying to sign in.
const HASHES_AT_ONCE_MAX: usize = 4;
static HASHING: Semaphore = Semaphore::const_new(HASHES_AT_ONCE_MAX);

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DeskError> {
    let permit = HASHING.acquire().await;
    let _permit = permit.map_err(|error| DeskError::Internal(error.to_string()))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DeskError::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_hash_verifies_its_password_and_shows_its_cost() {
        let cost = PasswordCost {
            memory_kib: 8,
            rounds: 1,
        };
        let hash = hash_with_salt("correct horse", &[7; 16], cost).unwrap();
        assert!(matches("correct horse", &hash));
        assert!(!matches("wrong horse", &hash));
        assert_eq!(cost_of(&hash), Some(cost));
        assert_eq!(cost_of("no hash"), None);
    }

    #[test]
    fn the_same_work_is_done_for_every_user_and_none() {
        let costs = [(8, 1), (16, 1), (16, 2)]
            .map(|(memory_kib, rounds)| PasswordCost { memory_kib, rounds });
        let in_use = BTreeSet::from(costs);
        let hash_at = |cost| hash_with_salt("correct horse", &[7; 16], cost).unwrap();
        let hashes = costs.map(|cost| Some(hash_at(cost)));
        for hash in hashes.into_iter().chain([None]) {
            for (password, right) in [("correct horse", true), ("wrong horse", false)] {
                let (matches, computed) = verify_at_all_costs(password, hash.as_deref(), &in_use);
                assert_eq!(matches, right && hash.is_some());
                assert_eq!(computed.len(), costs.len(), "each once");
                assert_eq!(BTreeSet::from_iter(computed), in_use, "{hash:?}");
            }
        }
    }
}
