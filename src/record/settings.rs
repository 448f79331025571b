//! How a person likes to work: what the console shows them, and what it spares them.

use serde::{Deserialize, Serialize};

/// The most minutes between two reminders to take a break.
pub const BREAK_MINUTES_MAX: u32 = 480;
/// The largest limit of the gravest cases in a row.
pub const GRAVEST_IN_A_ROW_MAX: u32 = 100;

/// A language that Banzhu speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpokenLanguage {
    /// Traditional Chinese as used in Taiwan.
    #[serde(rename = "zh-TW")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl SpokenLanguage {
    /// The language of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Chinese, Self::English]
            .into_iter()
            .find(|language| language.name() == name)
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chinese => "zh-TW",
            Self::English => "en",
        }
    }
}

/// How much room rows take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Density {
    /// Easy on the eyes.
    #[default]
    Comfortable,
    /// More rows on a page.
    Compact,
}

impl Density {
    /// The density of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Comfortable, Self::Compact]
            .into_iter()
            .find(|density| density.name() == name)
    }

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }
}

/// A person's own settings. As they are at first, everything that is for care alone is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonalSettings {
    /// The language of pages; `None`: as the browser asks.
    pub language: Option<SpokenLanguage>,
    /// Abusive texts are blurred until they are focused.
    pub blur: bool,
    /// How much room rows take.
    pub density: Density,
    /// Single keys act.
    pub keys: bool,
    /// After how many minutes of work a break is suggested; `None`: never.
    pub break_minutes: Option<u32>,
    /// How many of the gravest cases are handed out in a row; `None`: any number.
    pub gravest_in_a_row: Option<u32>,
}

impl Default for PersonalSettings {
    fn default() -> Self {
        Self {
            language: None,
            blur: false,
            density: Density::default(),
            keys: true,
            break_minutes: None,
            gravest_in_a_row: None,
        }
    }
}
