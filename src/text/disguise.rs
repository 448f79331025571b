//! The ways in which people hide a word from a filter, each with its stable name in the field `how` of the API.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// One way of hiding a word. Sets of them are stored as bits, so new ones are added at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Disguise {
    /// Full width, circles and other compatibility forms: ｆｕｃｋ.
    Width,
    /// Upper case: FUCK.
    Case,
    /// Accents and stacked marks: fück.
    Marks,
    /// Blanks, punctuation, emoji or invisible characters between: 幹.你.娘.
    Separators,
    /// Simplified and variant characters, radicals: 妈, ⼥.
    Variant,
    /// Characters that sound alike: 靠杯.
    Homophone,
    /// Bopomofo: ㄇ的.
    Bopomofo,
    /// Latin initials: tmd.
    Initials,
    /// Digits and signs for letters: sh1t.
    Leet,
    /// A character written as its parts: 女馬.
    Split,
    /// Stretched: 白白白痴.
    Repeat,
    /// A character masked: 幹X娘.
    Mask,
    /// Emoji for a character.
    Emoji,
    /// Written backwards.
    Reversed,
    /// Spread over two surfaces.
    CrossField,
    /// Spelled in pinyin.
    Pinyin,
}

impl Disguise {
    /// All of them, in the order in which `how` lists them.
    pub const ALL: [Self; 16] = [
        Self::Width,
        Self::Case,
        Self::Marks,
        Self::Separators,
        Self::Variant,
        Self::Homophone,
        Self::Bopomofo,
        Self::Initials,
        Self::Leet,
        Self::Split,
        Self::Repeat,
        Self::Mask,
        Self::Emoji,
        Self::Reversed,
        Self::CrossField,
        Self::Pinyin,
    ];

    /// The name in `how` and in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Case => "case",
            Self::Marks => "marks",
            Self::Separators => "separators",
            Self::Variant => "variant",
            Self::Homophone => "homophone",
            Self::Bopomofo => "bopomofo",
            Self::Initials => "initials",
            Self::Leet => "leet",
            Self::Split => "split",
            Self::Repeat => "repeat",
            Self::Mask => "mask",
            Self::Emoji => "emoji",
            Self::Reversed => "reversed",
            Self::CrossField => "cross-field",
            Self::Pinyin => "pinyin",
        }
    }

    /// The disguise of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|disguise| disguise.name() == name)
    }

    /// Its bit in a set.
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of disguises: names in JSON, one number on disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Disguises(u16);

impl Disguises {
    /// Every disguise there is.
    pub const ALL: Self = Self(u16::MAX);

    /// The set as bits.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The set with these bits.
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Adds one.
    pub const fn insert(&mut self, disguise: Disguise) {
        self.0 |= disguise.bit();
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, disguise: Disguise) -> Self {
        Self(self.0 | disguise.bit())
    }

    /// This set without one.
    #[must_use]
    pub const fn without(self, disguise: Disguise) -> Self {
        Self(self.0 & !disguise.bit())
    }

    /// The disguises that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether this one is in it.
    pub const fn contains(self, disguise: Disguise) -> bool {
        self.0 & disguise.bit() != 0
    }

    /// Whether all of `other` is in it.
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty: the word is written as listed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Those in it, in the order of [`Disguise::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Disguise> {
        Disguise::ALL
            .into_iter()
            .filter(move |disguise| self.contains(*disguise))
    }
}

impl FromIterator<Disguise> for Disguises {
    fn from_iter<I: IntoIterator<Item = Disguise>>(disguises: I) -> Self {
        disguises.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Debug for Disguises {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Disguise::name))
            .finish()
    }
}

impl Serialize for Disguise {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.serialize_str(self.name())
        } else {
            to.serialize_u8(*self as u8)
        }
    }
}

impl<'de> Deserialize<'de> for Disguise {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let found = if from.is_human_readable() {
            Self::parse(&String::deserialize(from)?)
        } else {
            Self::ALL.get(usize::from(u8::deserialize(from)?)).copied()
        };
        found.ok_or_else(|| D::Error::custom("no such disguise"))
    }
}

impl Serialize for Disguises {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Disguises {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Vec::<Disguise>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_set_is_names_in_json() {
        let set: Disguises = [Disguise::Pinyin, Disguise::Separators]
            .into_iter()
            .collect();
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, r#"["separators","pinyin"]"#);
        assert_eq!(serde_json::from_str::<Disguises>(&json).unwrap(), set);
        assert!(serde_json::from_str::<Disguises>(r#"["sideways"]"#).is_err());
    }

    #[test]
    fn every_disguise_is_found_by_its_name() {
        for disguise in Disguise::ALL {
            assert_eq!(Disguise::parse(disguise.name()), Some(disguise));
            assert!(Disguises::ALL.contains(disguise));
        }
    }
}
