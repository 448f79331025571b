//! Secrets: made from chance, kept as hashes, compared without telling how near a guess was.

use std::collections::BTreeSet;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::{Desk, DeskError, PasswordCost};
use crate::record::SecretHash;

/// What a board key begins with, so that a leaked one can be found by a search.
const KEY_PREFIX: &str = "bz_";
/// What a personal token begins with.
const TOKEN_PREFIX: &str = "bzt_";
/// Letters of a password that Banzhu makes: none that is taken for another.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
/// Their number: 5 bits each.
const PASSWORD_CHARS: usize = 20;
/// The salt of hashes that are made for the time that they take.
const NOBODYS_SALT: &[u8] = &[0; 16];

/// The hash by which a secret is found again. It was made of enough chance that a plain SHA-256 is safe.
pub(super) fn hash_of(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}

impl Desk {
    pub(super) fn new_key_secret(&self) -> String {
        format!("{KEY_PREFIX}{}", self.chance())
    }

    pub(super) fn new_token_secret(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.chance())
    }

    pub(super) fn new_cookie(&self) -> String {
        self.chance()
    }

    /// A password that nobody guesses.
    pub fn suggest_password(&self) -> String {
        let mut dice = [0; PASSWORD_CHARS];
        self.clock.random_bytes(&mut dice);
        dice.iter()
            .map(|byte| char::from(PASSWORD_LETTERS[usize::from(byte & 31)]))
            .collect()
    }

    /// Hashes a password off the workers.
    pub(super) async fn hash_password(&self, password: &str) -> Result<String, DeskError> {
        let mut salt = [0; 16];
        self.clock.random_bytes(&mut salt);
        let (password, cost) = (password.to_owned(), self.settings.password_cost);
        blocking(move || hashed(&password, &salt, cost)).await?
    }

    /// Whether a password belongs to a hash, off the workers. One hash is made at every cost of `in_use`, whether somebody
    /// has one of it or nobody (`None`): how long it takes does not tell whether there is such a person, whatever the costs
    /// were when their password was set.
    pub(super) async fn password_holds(
        &self,
        password: &str,
        hash: Option<&str>,
        in_use: BTreeSet<PasswordCost>,
    ) -> Result<bool, DeskError> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        blocking(move || worked_out(&password, hash.as_deref(), &in_use).0).await
    }

    /// 160 bits in lower-case base32.
    fn chance(&self) -> String {
        let mut dice = [0; 20];
        self.clock.random_bytes(&mut dice);
        data_encoding::BASE32_NOPAD.encode(&dice).to_lowercase()
    }
}

/// What a hash cost; none where it cannot be read.
pub(super) fn cost_of(hash: &str) -> Option<PasswordCost> {
    let parsed = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&parsed).ok()?;
    Some(PasswordCost {
        memory_kib: params.m_cost(),
        rounds: params.t_cost(),
    })
}

/// Whether a password belongs to a hash, and at which costs hashes were made until that was known.
fn worked_out(
    password: &str,
    hash: Option<&str>,
    in_use: &BTreeSet<PasswordCost>,
) -> (bool, Vec<PasswordCost>) {
    let own = hash.and_then(cost_of);
    let holds = hash.is_some_and(|hash| belongs(password, hash));
    let others = in_use.iter().filter(|cost| own != Some(**cost));
    let made = others.inspect(|cost| {
        // What it comes to is nobody's; that it was worked out is all.
        std::hint::black_box(hashed(password, NOBODYS_SALT, **cost).is_ok());
    });
    (holds, made.copied().chain(own).collect())
}

fn belongs(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| {
        Argon2::default()
            .verify_password(password.as_bytes(), &parsed)
            .is_ok()
    })
}

fn hashed(password: &str, salt: &[u8], cost: PasswordCost) -> Result<String, DeskError> {
    let failed = |what: &dyn std::fmt::Display| {
        DeskError::Internal(format!("the password cannot be hashed: {what}"))
    };
    let params =
        Params::new(cost.memory_kib, cost.rounds, 1, None).map_err(|error| failed(&error))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = hasher
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

/// How many passwords are hashed at once: each takes 19 MiB, and anybody may try to sign in.
const HASHES_AT_ONCE_MAX: usize = 4;
static HASHING: Semaphore = Semaphore::const_new(HASHES_AT_ONCE_MAX);

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DeskError> {
    let place = HASHING.acquire().await;
    let _place = place.map_err(|error| DeskError::Internal(error.to_string()))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| DeskError::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_its_cost() {
        let cost = PasswordCost {
            memory_kib: 8,
            rounds: 1,
        };
        let hash = hashed("correct horse", &[7; 16], cost).unwrap();
        assert!(belongs("correct horse", &hash));
        assert!(!belongs("wrong horse", &hash));
        assert_eq!(cost_of(&hash), Some(cost));
        assert_eq!(cost_of("no hash"), None);
    }

    #[test]
    fn the_same_is_worked_out_whoever_is_asked_about() {
        let costs = [(8, 1), (16, 1), (16, 2)]
            .map(|(memory_kib, rounds)| PasswordCost { memory_kib, rounds });
        let in_use = BTreeSet::from(costs);
        let hash_at = |cost| hashed("correct horse", &[7; 16], cost).unwrap();
        let asked = costs.map(|cost| Some(hash_at(cost)));
        for hash in asked.into_iter().chain([None]) {
            for (password, right) in [("correct horse", true), ("wrong horse", false)] {
                let (holds, made) = worked_out(password, hash.as_deref(), &in_use);
                assert_eq!(holds, right && hash.is_some());
                assert_eq!(made.len(), costs.len(), "each once");
                assert_eq!(BTreeSet::from_iter(made), in_use, "{hash:?}");
            }
        }
    }
}
