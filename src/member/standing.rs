//! A member's standing, by the sanctions in force.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The kinds of sanctions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SanctionKind {
    /// A warning; nothing is blocked.
    Warn,
    /// Their comments are flagged for review; nothing is blocked.
    Watch,
    /// 停權: their comments are not published for a number of days.
    Suspend,
    /// 解除會員資格: their comments are never published again.
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

    /// Whether it is for a number of days.
    pub const fn has_days(self) -> bool {
        matches!(self, Self::Watch | Self::Suspend)
    }
}

/// The longest sanction, in days.
pub const SANCTION_DAYS_MAX: u32 = 3_650;

/// A member's standing, by the gravest sanction in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum MemberStanding {
    /// No sanction is in force; also the standing of unknown members.
    #[default]
    Good,
    /// Their comments are flagged for review.
    Watched,
    /// Their comments are not published before this time.
    Suspended(Timestamp),
    /// Their comments are never published again.
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

    /// The end of a suspension.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Suspended(until) => Some(until),
            Self::Good | Self::Watched | Self::Terminated => None,
        }
    }
}
