//! Accounts as values: users, keys, personal tokens, sessions. Secrets are kept as SHA-256, passwords as argon2id.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{GeneralSecurityProfile as _, confusable_detection::skeleton};

use super::{
    rights::{Role, Scope},
    settings::PersonalSettings,
};
use crate::{
    id::{KeyId, SessionId, TokenId},
    time::Timestamp,
};

/// The longest name of a user or a key, in code points.
pub const NAME_CHARS_MAX: usize = 64;

/// A text that cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 letters, digits, dots, dashes or underscores")]
pub struct NameFault;

fn checked_name(raw: &str) -> Result<String, NameFault> {
    let fits = (1..=NAME_CHARS_MAX).contains(&raw.chars().count());
    let plain = raw
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if fits && plain && !RESERVED.contains(&raw) {
        Ok(raw.to_owned())
    } else {
        Err(NameFault)
    }
}

/// A name with one spelling: compatibility forms and capitals are undone (`Ａｍｙ` and `AMY` are `amy`).
pub fn folded_name(raw: &str) -> String {
    let lower = raw.nfkc().collect::<String>().to_lowercase();
    lower.nfkc().collect()
}

/// The skeleton (UTS #39) of a folded name: look-alikes of all scripts are one, and so are `l`, `I` and `1`.
fn look(raw: &str) -> String {
    let once: String = skeleton(&folded_name(raw)).collect();
    skeleton(&folded_name(&once)).collect()
}

/// Words that mean something else where a name could stand.
const RESERVED: [&str; 4] = ["me", "none", "system", "operator"];

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a name: letters of any script, digits, `.`, `-`, `_`.
            pub fn parse(raw: &str) -> Result<Self, NameFault> {
                checked_name(raw).map(Self)
            }

            /// A name that was stored; it was checked when it was given.
            pub(crate) const fn from_record(raw: String) -> Self {
                Self(raw)
            }

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What the name looks like; two names with one look are taken for each other.
            pub fn look(&self) -> String {
                look(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name by which a person signs in.
    UserName
);
name!(
    /// The name of a board key.
    KeyName
);

impl UserName {
    /// The name of somebody new: folded, of characters that people write today and can see, and like no reserved word.
    /// Names that were given before may be otherwise.
    pub fn new(raw: &str) -> Result<Self, NameFault> {
        let name = Self::parse(&folded_name(raw))?;
        let in_use = |c: char| matches!(c, '.' | '-' | '_') || c.identifier_allowed();
        let look = name.look();
        let is_reserved = RESERVED.iter().any(|word| self::look(word) == look);
        if name.0.chars().all(in_use) && !is_reserved {
            Ok(name)
        } else {
            Err(NameFault)
        }
    }
}

/// SHA-256 of a secret with at least 160 random bits, too many to guess, so no slow hash is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct User {
    /// Their name; it is never given to another.
    pub name: UserName,
    pub role: Role,
    /// The argon2id hash of their password, in PHC format.
    pub password: String,
    /// A disabled user cannot sign in.
    pub disabled: bool,
    /// When the user was deleted. The record stays, so that nobody else can ever take the name.
    pub deleted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Sessions that began before this time are not valid any more.
    pub sessions_from: Timestamp,
    /// Personal tokens created before this time are not valid any more.
    pub tokens_from: Timestamp,
    /// Their own settings; `None` until they change some.
    pub settings: Option<PersonalSettings>,
}

impl User {
    /// Whether they may sign in and act.
    pub const fn is_active(&self) -> bool {
        !self.disabled && self.deleted_at.is_none()
    }
}

/// A board key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Key {
    pub id: KeyId,
    /// No two live keys share a name.
    pub name: KeyName,
    pub scopes: Vec<Scope>,
    pub secret: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl Key {
    /// Whether it is valid at `now`: neither revoked nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A personal token: a person's own script.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Token {
    pub id: TokenId,
    pub user: UserName,
    /// A label that the person chose.
    pub name: String,
    pub secret: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it is valid at `now`: neither revoked nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A sign-in by cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Session {
    pub id: SessionId,
    pub user: UserName,
    /// The hash of the cookie's value.
    pub secret: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// The address from which the person signed in.
    pub address: Option<IpAddr>,
}

impl Session {
    /// The id of a sign-in that was stored without one: derived from the cookie's hash, which does not reveal the cookie.
    pub fn id_of(secret: SecretHash) -> SessionId {
        let mut id = [0; 16];
        id.copy_from_slice(&secret.0[..16]);
        SessionId(ulid::Ulid(u128::from_be_bytes(id)))
    }

    /// Whether it is valid at `now`; a session that was not used for `idle_ms` is over.
    pub fn is_live(&self, now: Timestamp, idle_ms: i64) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now.ms_since(self.used_at) < idle_ms
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_name_is_folded_and_of_letters_that_people_see() {
        let new = |raw: &str| UserName::new(raw).map(|name| name.to_string());
        assert_eq!(new("Ａｍｙ"), Ok("amy".to_owned()));
        assert_eq!(new("版主-陳"), Ok("版主-陳".to_owned()));
        assert_eq!(new("a.b_c-1"), Ok("a.b_c-1".to_owned()));
        for bad in ["", "a b", "ME", "\u{3164}", "amy\u{3164}", "systern", "İ"] {
            assert_eq!(new(bad), Err(NameFault), "{bad:?}");
        }
        assert!(UserName::parse("Amy").is_ok(), "given before, it stays");
    }

    #[test]
    fn look_alikes_look_alike() {
        let look = |raw: &str| UserName::parse(raw).unwrap().look();
        for (one, other) in [
            ("admin", "аdmin"),
            ("admin", "ADMIN"),
            ("bill", "bi1l"),
            ("modern", "modem"),
            ("ｂｅｎ", "ben"),
        ] {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        assert_ne!(look("amy"), look("ami"));
        assert_ne!(look("陳大文"), look("陳小文"));
    }
}
