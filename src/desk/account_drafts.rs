//! What is asked for when a user, a key or a token is created or changed, and its checks.

use super::{error::DeskError, fields::Faults, password::check_password};
use crate::{
    intake::FieldFault,
    record::{KeyName, NAME_CHARS_MAX, Role, Scope, UserName},
    time::Timestamp,
};

/// A new user's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewUser {
    pub name: Option<String>,
    pub role: Option<String>,
    pub password: Option<String>,
}

/// Changes to a user; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct ChangeUser {
    pub role: Option<String>,
    pub disabled: Option<bool>,
    pub password: Option<String>,
}

/// A new key's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewKey {
    pub name: Option<String>,
    pub scopes: Vec<String>,
    pub expires_at: Option<String>,
}

/// A new personal token's fields, unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the HTTP contract")]
pub struct NewToken {
    pub name: Option<String>,
    pub expires_at: Option<String>,
}

impl NewUser {
    /// Name and role, and the password if one is given.
    pub(super) fn checked(self) -> Result<(UserName, Role, Option<String>), DeskError> {
        let mut faults = Faults::default();
        let owner = self.name.clone().unwrap_or_default();
        let name = faults.required(self.name, "/name", |raw| {
            UserName::new(&raw).map_err(|_| bad_name())
        });
        let role = faults.required(self.role, "/role", parsed_role);
        let password = faults.optional(self.password, |raw| new_password(raw, &owner));
        let (name, role) = faults.finish(name.zip(role))?;
        Ok((name, role, password))
    }
}

impl ChangeUser {
    /// The role and password to change; absent and empty fields stay as they are.
    pub(super) fn checked(self, name: &str) -> Result<(Option<Role>, Option<String>), DeskError> {
        let mut faults = Faults::default();
        let role = faults.optional(self.role, parsed_role);
        let password = faults.optional(self.password, |raw| new_password(raw, name));
        faults.finish(Some((role, password)))
    }
}

/// A new key's fields, checked.
type CheckedKey = (Option<KeyName>, Vec<Scope>, Option<Timestamp>);

impl NewKey {
    /// The name if one is given, the scopes, and when the key expires.
    pub(super) fn checked(self, now: Timestamp) -> Result<CheckedKey, DeskError> {
        let mut faults = Faults::default();
        let name = faults.optional(self.name, |raw| {
            KeyName::parse(&raw).map_err(|_| bad_name())
        });
        if self.scopes.is_empty() {
            faults.push(FieldFault::missing("/scopes"));
        }
        let mut scopes: Vec<Scope> = Vec::new();
        for (place, scope) in self.scopes.iter().enumerate() {
            match Scope::parse(scope) {
                Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
                Some(_) => {}
                None => faults.push(FieldFault::invalid(
                    format!("/scopes/{place}"),
                    "須為 moderate、report、read、review 或 admin",
                    "one of moderate, report, read, review, admin",
                )),
            }
        }
        let expires_at = faults.optional(self.expires_at, |raw| future_time(&raw, now));
        faults.finish(Some((name, scopes, expires_at)))
    }
}

impl NewToken {
    /// The name, which may be empty, and when the token expires.
    pub(super) fn checked(self, now: Timestamp) -> Result<(String, Option<Timestamp>), DeskError> {
        let mut faults = Faults::default();
        let name = self.name.unwrap_or_default();
        if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            faults.push(FieldFault::invalid(
                "/name",
                format!("最多 {NAME_CHARS_MAX} 個字元"),
                format!("at most {NAME_CHARS_MAX} characters"),
            ));
        }
        let expires_at = faults.optional(self.expires_at, |raw| future_time(&raw, now));
        faults.finish(Some((name, expires_at)))
    }
}

fn parsed_role(raw: String) -> Result<Role, FieldFault> {
    let (zh_tw, en) = (
        "須為 viewer、moderator 或 admin",
        "one of viewer, moderator, admin",
    );
    Role::parse(&raw).ok_or_else(|| FieldFault::invalid("/role", zh_tw, en))
}

fn new_password(raw: String, owner: &str) -> Result<String, FieldFault> {
    check_password(&raw, owner, "/password").map(|()| raw)
}

fn future_time(raw: &str, now: Timestamp) -> Result<Timestamp, FieldFault> {
    let parsed = Timestamp::parse(raw).ok().filter(|end| *end > now);
    parsed.ok_or_else(|| {
        FieldFault::invalid(
            "/expires_at",
            "須為未來的 RFC 3339 時間",
            "an RFC 3339 time that is still to come",
        )
    })
}

fn bad_name() -> FieldFault {
    FieldFault::invalid(
        "/name",
        "名稱須為 1 到 64 個字母、數字、點、連字號或底線，且不得為保留字",
        "a name is 1 to 64 letters, digits, dots, dashes or underscores, and no reserved word",
    )
}
