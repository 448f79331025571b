//! A listed term with the settings of its row.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{aim::Aim, context::Context};
use crate::text::{BoundaryRule, Disguises, Surface};

/// The lists, and the codes that their hits get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListCode {
    /// Threats of harm.
    Threat,
    /// Self-harm: somebody may need help.
    SelfHarm,
    /// Identity, address and contact data of private persons.
    PersonalData,
    /// Scams and unlawful trade.
    Scam,
    /// Solicitation and pornography.
    Sexual,
    /// Swear words.
    Profanity,
    /// Abuse of a person.
    Insult,
    /// Abuse of a group.
    Slur,
}

impl ListCode {
    /// All lists.
    pub const ALL: [Self; 8] = [
        Self::Threat,
        Self::SelfHarm,
        Self::PersonalData,
        Self::Scam,
        Self::Sexual,
        Self::Profanity,
        Self::Insult,
        Self::Slur,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Threat => "threat",
            Self::SelfHarm => "self-harm",
            Self::PersonalData => "personal-data",
            Self::Scam => "scam",
            Self::Sexual => "sexual",
            Self::Profanity => "profanity",
            Self::Insult => "insult",
            Self::Slur => "slur",
        }
    }

    /// The name of its file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Threat => "threat.tsv",
            Self::SelfHarm => "self-harm.tsv",
            Self::PersonalData => "personal-data.tsv",
            Self::Scam => "scam.tsv",
            Self::Sexual => "sexual.tsv",
            Self::Profanity => "profanity.tsv",
            Self::Insult => "insult.tsv",
            Self::Slur => "slur.tsv",
        }
    }

    /// The list that this file holds, be it the board's own beside it.
    pub fn of_file(name: &str) -> Option<Self> {
        let name = without_prefix(name);
        Self::ALL.into_iter().find(|code| code.file_name() == name)
    }
}

/// What the names of the board's own lists begin with; no file in a folder can have such a name.
pub const BOARD_PREFIX: &str = "board/";

/// The name of the list beside which this one stands.
pub(super) fn without_prefix(name: &str) -> &str {
    name.strip_prefix(BOARD_PREFIX).unwrap_or(name)
}

/// The index of a term in its lexicon; in another rulebook the same term may have another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TermId(pub u32);

/// The surfaces on which a term is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Surfaces(u8);

impl Surfaces {
    /// Every surface.
    pub const ALL: Self = Self(0b111);

    /// Whether this one is among them.
    pub const fn contains(self, surface: Surface) -> bool {
        self.0 & (1 << surface as u8) != 0
    }

    /// Those among them.
    pub fn iter(self) -> impl Iterator<Item = Surface> {
        Surface::ALL
            .into_iter()
            .filter(move |surface| self.contains(*surface))
    }
}

impl FromIterator<Surface> for Surfaces {
    fn from_iter<I: IntoIterator<Item = Surface>>(surfaces: I) -> Self {
        Self(
            surfaces
                .into_iter()
                .fold(0, |bits, surface| bits | (1 << surface as u8)),
        )
    }
}

/// One row of a list.
#[derive(Debug, Clone)]
pub struct Term {
    /// The term as it is listed.
    pub text: String,
    /// The list that it is in.
    pub code: ListCode,
    /// 0 (shadow: counted and shown, decides nothing) to 4.
    pub severity: u8,
    /// The surfaces on which it is searched for.
    pub surfaces: Surfaces,
    /// What may be next to it; spellings in another script have a rule of their own.
    pub matching: BoundaryRule,
    /// The disguises that may be undone; a listed spelling is found in any case.
    pub variants: Disguises,
    /// Whether it counts in a body only where somebody is meant.
    pub aim: Aim,
    /// What must, or must not, be near it.
    pub(super) context: Option<Arc<Context>>,
}

impl Term {
    /// The term for an unknown id; it decides nothing.
    pub(super) fn none() -> Self {
        Self {
            text: String::new(),
            code: ListCode::Insult,
            severity: 0,
            surfaces: Surfaces(0),
            matching: BoundaryRule::Whole,
            variants: Disguises::default(),
            aim: Aim::Always,
            context: None,
        }
    }

    /// The column `context` of its row; empty if there is none.
    pub fn context(&self) -> &str {
        self.context.as_ref().map_or("", |context| context.listed())
    }
}
