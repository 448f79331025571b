//! In whose name a thing was done.

use std::fmt;

use serde::{Serialize, Serializer};

use super::account::{KeyName, UserName};

/// In whose name something was done. Shown as `amy`, `key:board`, `system`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Banzhu itself: the filter, reloads, set-up, expiry.
    System,
    /// A person.
    User(UserName),
    /// A program, by the name of its key.
    Key(KeyName),
    /// Whoever may run commands on the machine.
    Operator,
}

/// Who acts on cases and members, and how far they may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// In whose name it is done.
    pub by: Actor,
    /// Whether they may do what is for admins.
    pub is_admin: bool,
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::User(name) => f.write_str(name.as_str()),
            Self::Key(name) => write!(f, "key:{name}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}
