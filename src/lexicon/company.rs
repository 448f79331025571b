//! What stands around a hit: whether somebody is meant, or what makes it milder.

use serde::{Deserialize, Serialize};

/// The company of a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Company {
    /// Nobody asked: the hit counts in any company.
    #[default]
    None,
    /// Somebody is meant.
    Aimed,
    /// Nobody in particular is meant.
    Unaimed,
    /// It is quoted or reported.
    Quoted,
    /// The member speaks of himself or herself.
    OfOneself,
    /// It is said not to be so.
    Denied,
    /// A thing or an animal is meant.
    Thing,
    /// A story, a game or a song is spoken of.
    Fiction,
    /// Medicine or welfare is spoken of.
    Care,
    /// Help is wished or offered.
    Help,
}

impl Company {
    /// It in words, for people who edit lists.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Aimed => "有所指 / aimed",
            Self::Unaimed => "並非指人 / not aimed",
            Self::Quoted => "引述 / quoted",
            Self::OfOneself => "說自己 / of oneself",
            Self::Denied => "否定 / denied",
            Self::Thing => "指事物 / of a thing",
            Self::Fiction => "談虛構作品 / of fiction",
            Self::Care => "談醫療或福利 / of medicine or welfare",
            Self::Help => "關心 / of help",
        }
    }
}
