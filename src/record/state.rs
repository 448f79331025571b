//! The state of a case, and the decisions that change it. The transition table is `review::step`.

use serde::{Deserialize, Serialize};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// It stays published.
    Approved,
    /// It is removed.
    Removed,
    /// Some of its tags are removed, the rest is approved.
    TagsRemoved,
    /// The member took it back.
    Withdrawn,
}

/// The state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// Somebody has to look.
    Open,
    /// An admin has to look.
    Escalated,
    /// It was decided.
    Resolved(Resolution),
}

impl CaseState {
    /// Whether it waits for a person.
    pub const fn is_unresolved(self) -> bool {
        matches!(self, Self::Open | Self::Escalated)
    }
}

/// The state's name in the audit.
pub fn state_name(state: CaseState) -> String {
    match state {
        CaseState::Open => "open".to_owned(),
        CaseState::Escalated => "escalated".to_owned(),
        CaseState::Resolved(Resolution::Approved) => "resolved: approved".to_owned(),
        CaseState::Resolved(Resolution::Removed) => "resolved: removed".to_owned(),
        CaseState::Resolved(Resolution::TagsRemoved) => "resolved: tags removed".to_owned(),
        CaseState::Resolved(Resolution::Withdrawn) => "resolved: withdrawn".to_owned(),
    }
}

/// What a moderator can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulingDecision {
    /// It stays published.
    Approve,
    /// It is removed.
    Remove,
    /// These tags go, the rest is approved.
    RemoveTags,
    /// The admins decide.
    Escalate,
}

impl RulingDecision {
    /// All decisions.
    pub const ALL: [Self; 4] = [
        Self::Approve,
        Self::Remove,
        Self::RemoveTags,
        Self::Escalate,
    ];

    /// The decision of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.name() == name)
    }

    /// Whether it takes something away: the comment, the nickname or tags.
    pub const fn removes(self) -> bool {
        matches!(self, Self::Remove | Self::RemoveTags)
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Remove => "remove",
            Self::RemoveTags => "remove_tags",
            Self::Escalate => "escalate",
        }
    }
}
