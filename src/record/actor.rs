//! In whose name a thing was done.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::account::{KeyName, UserName};

/// In whose name something was done. Shown as `amy`, `key:board`, `system`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
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

/// What serde writes for an [`Actor`] on disk.
#[derive(Serialize)]
enum ActorRecord<'a> {
    System,
    User(&'a UserName),
    Key(&'a KeyName),
    Operator,
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return to.collect_str(self);
        }
        match self {
            Self::System => ActorRecord::System,
            Self::User(name) => ActorRecord::User(name),
            Self::Key(name) => ActorRecord::Key(name),
            Self::Operator => ActorRecord::Operator,
        }
        .serialize(to)
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
