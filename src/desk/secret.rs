//! Secrets: made from chance, kept as hashes, compared without telling how near a guess was.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::{Desk, DeskError, PasswordCost};
use crate::access::SecretHash;

/// What a board key begins with, so that a leaked one can be found by a search.
const KEY_PREFIX: &str = "bz_";
/// What a personal token begins with.
const TOKEN_PREFIX: &str = "bzt_";
/// Letters of a password that Banzhu makes: none that is taken for another.
const PASSWORD_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
/// Their number: 5 bits each.
const PASSWORD_CHARS: usize = 20;

/// A password is hashed when nobody of the name is there, so that an answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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
        self.clock.dice(&mut dice);
        dice.iter()
            .map(|byte| char::from(PASSWORD_LETTERS[usize::from(byte & 31)]))
            .collect()
    }

    /// Hashes a password off the workers.
    pub(super) async fn hash_password(&self, password: &str) -> Result<String, DeskError> {
        let mut salt = [0; 16];
        self.clock.dice(&mut salt);
        let (password, cost) = (password.to_owned(), self.settings.password_cost);
        blocking(move || hashed(&password, &salt, cost)).await?
    }

    /// Whether a password belongs to a hash, off the workers. `None`: nobody has it, and that takes as long.
    pub(super) async fn password_holds(
        &self,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, DeskError> {
        let known = hash.is_some();
        let (password, hash) = (password.to_owned(), hash.unwrap_or(NOBODY).to_owned());
        let holds = blocking(move || {
            let parsed = PasswordHash::new(&hash).ok();
            parsed.is_some_and(|parsed| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &parsed)
                    .is_ok()
            })
        });
        Ok(holds.await? && known)
    }

    /// 160 bits in lower-case base32.
    fn chance(&self) -> String {
        let mut dice = [0; 20];
        self.clock.dice(&mut dice);
        data_encoding::BASE32_NOPAD.encode(&dice).to_lowercase()
    }
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
    fn a_hash_knows_its_password_and_nobody_has_one() {
        let hash = hashed(
            "correct horse",
            &[7; 16],
            PasswordCost {
                memory_kib: 8,
                rounds: 1,
            },
        )
        .unwrap();
        let parsed = PasswordHash::new(&hash).unwrap();
        assert!(
            Argon2::default()
                .verify_password(b"correct horse", &parsed)
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"wrong horse", &parsed)
                .is_err()
        );
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
