//! Accounts as admins and their owners see them. A secret appears once, in the response that creates it.

use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    id::{KeyId, SessionId, TokenId},
    record::{Key, KeyName, Role, Scope, Session, Token, User, UserName},
    time::Timestamp,
};

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserView {
    /// The name for signing in.
    #[schema(value_type = String)]
    pub name: UserName,
    /// `viewer`, `moderator` or `admin`.
    #[schema(value_type = String)]
    pub role: Role,
    /// Whether they are kept from signing in.
    pub disabled: bool,
    /// When the account was created.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

/// A new user, with the password if Banzhu generated it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewUserView {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// Shown once; null if the caller chose it, and in a replayed answer.
    pub password: Option<String>,
}

/// A board key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyView {
    /// The id for revoking it.
    #[schema(value_type = String)]
    pub id: KeyId,
    /// The name in the audit and in `key:NAME`.
    #[schema(value_type = String)]
    pub name: KeyName,
    /// What the key may be used for.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// When it was created.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When it expires; null if never.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>)]
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>)]
    pub last_used_at: Option<Timestamp>,
}

/// A new key with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewKeyView {
    /// The key.
    #[serde(flatten)]
    pub view: KeyView,
    /// Shown once; null in a replayed answer.
    pub key: Option<String>,
}

/// A personal token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenView {
    /// The id for revoking it.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// When it was created.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When it expires; null if never.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>)]
    pub revoked_at: Option<Timestamp>,
}

/// A new token with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NewTokenView {
    /// The token.
    #[serde(flatten)]
    pub view: TokenView,
    /// Shown once; null in a replayed answer.
    pub token: Option<String>,
}

/// A user who has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionView {
    /// Their name.
    #[schema(value_type = String)]
    pub name: UserName,
    /// Their role.
    #[schema(value_type = String)]
    pub role: Role,
    /// When the sign-in expires.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// The caller and their rights.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhoView {
    /// `key`, `token` or `session`.
    pub by: &'static str,
    /// The id of the key, token or sign-in.
    pub id: String,
    /// The key's or the person's name.
    pub name: String,
    /// The person's role; null for a key.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// The key's scopes; null for a person.
    #[schema(value_type = Option<Vec<String>>)]
    pub scopes: Option<Vec<Scope>>,
    /// When the key or token was created, or the sign-in began.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When the key, token or sign-in expires.
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Timestamp>,
    /// When the sign-in ends if it is not used; null for keys and tokens.
    #[schema(value_type = Option<String>)]
    pub idle_at: Option<Timestamp>,
    /// Until when the sign-in is recent enough to make tokens, keys and admins; null for keys and tokens, which may.
    #[schema(value_type = Option<String>)]
    pub recent_until: Option<Timestamp>,
    /// The calls that the caller may make, by their `operationId`.
    pub may: Vec<String>,
}

/// An active sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignInView {
    /// The id for ending it.
    #[schema(value_type = String)]
    pub id: SessionId,
    /// When it began.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = String)]
    pub last_used_at: Timestamp,
    /// When it expires.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
    /// The address from which it began.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// Whether this request was made with it.
    pub current: bool,
}

impl SignInView {
    pub(crate) fn of(session: &Session, current: bool) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.used_at,
            expires_at: session.expires_at,
            address: session.address,
            current,
        }
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            role: user.role,
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
        }
    }
}

impl From<&Token> for TokenView {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
        }
    }
}
