//! How a member stands with the board.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What can be laid on a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SanctionKind {
    /// They are told; nothing is blocked.
    Warn,
    /// Their comments are looked at; nothing is blocked.
    Watch,
    /// 停權: their comments are not published for so many days.
    Suspend,
    /// 解除會員資格: their comments are published no more.
    Terminate,
}

impl SanctionKind {
    /// All kinds, the mildest first.
    pub const ALL: [Self; 4] = [Self::Warn, Self::Watch, Self::Suspend, Self::Terminate];

    /// The name in JSON and in `rules.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Watch => "watch",
            Self::Suspend => "suspend",
            Self::Terminate => "terminate",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is for some days, and ends.
    pub const fn has_days(self) -> bool {
        matches!(self, Self::Watch | Self::Suspend)
    }
}

/// The most days that a sanction lasts.
pub const SANCTION_DAYS_MAX: u32 = 3_650;

/// How a member stands, by the gravest sanction in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum MemberStanding {
    /// Nothing is in their way; also one never seen.
    #[default]
    Good,
    /// Their comments are looked at.
    Watched,
    /// Their comments are not published before this time.
    Suspended(Timestamp),
    /// Their comments are published no more.
    Terminated,
}

impl MemberStanding {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Watched => "watched",
            Self::Suspended(_) => "suspended",
            Self::Terminated => "terminated",
        }
    }

    /// Until when they are suspended.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Suspended(until) => Some(until),
            Self::Good | Self::Watched | Self::Terminated => None,
        }
    }
}
