//! What accounts may do: scopes of board keys, roles of people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a board key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Hand in comments, articles and nicknames.
    Moderate,
    /// Hand in reports and appeals.
    Report,
    /// Read everything that only reads.
    Read,
    /// Work the queue; includes `read`.
    Review,
    /// Everything.
    Admin,
}

impl Scope {
    /// All scopes, from narrow to wide.
    pub const ALL: [Self; 5] = [
        Self::Moderate,
        Self::Report,
        Self::Read,
        Self::Review,
        Self::Admin,
    ];

    /// The name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moderate => "moderate",
            Self::Report => "report",
            Self::Read => "read",
            Self::Review => "review",
            Self::Admin => "admin",
        }
    }

    /// The scope of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether who has this scope may do what needs `wanted`.
    pub const fn includes(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Admin, _)
            | (Self::Review, Self::Review | Self::Read)
            | (Self::Read, Self::Read)
            | (Self::Report, Self::Report)
            | (Self::Moderate, Self::Moderate) => true,
            (Self::Review, Self::Moderate | Self::Report | Self::Admin)
            | (Self::Read, Self::Moderate | Self::Report | Self::Review | Self::Admin)
            | (Self::Report, Self::Moderate | Self::Read | Self::Review | Self::Admin)
            | (Self::Moderate, Self::Report | Self::Read | Self::Review | Self::Admin) => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a person is; each may all that the one before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Works the queue.
    Moderator,
    /// Keeps users, keys and the rest.
    Admin,
}

impl Role {
    /// All roles, from narrow to wide.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Moderator, Self::Admin];

    /// The name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
