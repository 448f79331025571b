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
