//! Sounds: what a character, a letter or a symbol is to the ear, as a small number.
//!
//! A Chinese character has the toneless reading that it usually has; readings that a Taiwanese ear hardly tells apart (zh
//! and z, ch and c, sh and s, ing and in, eng and en) are one sound. Latin letters, digits, bopomofo symbols and masks
//! have sounds of their own, so that whatever stands in for a character is found by a pair of numbers.

use std::{collections::HashMap, sync::LazyLock};

use super::reading::{bopomofo, readings};

/// A sound; below [`SOUNDS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sound(pub u16);

/// One more than the greatest sound there can be: two sounds side by side make a number of 18 bits.
pub const SOUNDS_MAX: usize = 512;
const LETTERS: u16 = 1;
const DIGITS: u16 = LETTERS + 26;
const SYMBOLS: u16 = DIGITS + 10;
/// Bopomofo symbols ㄅ to ㄩ.
const SYMBOL_FIRST: char = 'ㄅ';
const SYMBOL_COUNT: u16 = 37;
const SYLLABLES: u16 = SYMBOLS + SYMBOL_COUNT + 1;

impl Sound {
    /// What has no sound of its own.
    pub const NONE: Self = Self(0);
    /// A sign that stands for another character.
    pub const MASK: Self = Self(SYMBOLS + SYMBOL_COUNT);

    /// The sound of a folded character.
    pub fn of(ch: char) -> Self {
        match ch {
            'a'..='z' => Self(LETTERS + (ch as u16 - 'a' as u16)),
            '0'..='9' => Self(DIGITS + (ch as u16 - '0' as u16)),
            // the round zero is drawn as a blot more often than it is read
            '〇' => Self::MASK,
            'ㄅ'..='ㄩ' => Self(SYMBOLS + (ch as u16 - SYMBOL_FIRST as u16)),
            _ => SOUNDS.han.get(&ch).copied().unwrap_or(Self::NONE),
        }
    }

    /// Every sound that a folded Chinese character can have, the usual one first.
    pub fn all_of(ch: char) -> Vec<Self> {
        let taiwanese = TAIWANESE.iter().filter(|(known, _)| *known == ch);
        let mut sounds: Vec<Self> = taiwanese
            .map(|(_, reading)| *reading)
            .chain(readings(ch))
            .filter_map(Self::of_syllable)
            .collect();
        let usual = Self::of(ch);
        if usual != Self::NONE && sounds.first() != Some(&usual) {
            sounds.insert(0, usual);
        }
        let mut seen = Vec::new();
        sounds.retain(|sound| !seen.contains(sound) && (seen.push(*sound), true).1);
        sounds
    }

    /// The sound of a toneless syllable in Latin letters (`v` for ü); none for what is no syllable.
    pub fn of_syllable(syllable: &str) -> Option<Self> {
        SOUNDS.syllables.get(merged(syllable).as_str()).copied()
    }

    /// As [`Sound::of_syllable`], for plain small letters; allocates nothing.
    pub fn of_letters(letters: &[u8]) -> Option<Self> {
        let key = packed(letters)?;
        let at = SPELLED.binary_search_by_key(&key, |row| row.0).ok()?;
        SPELLED.get(at).map(|row| row.1)
    }

    /// The sound of a toneless syllable in bopomofo.
    pub fn of_bopomofo(written: &str) -> Option<Self> {
        SOUNDS.bopomofo.get(written).copied()
    }
}

/// Readings usual in Taiwan that the `pinyin` crate does not have (own knowledge).
const TAIWANESE: [(char, &str); 6] = [
    ('垃', "le"),
    ('圾', "se"),
    ('恁', "lin"),
    ('和', "han"),
    ('液', "yi"),
    ('乾', "gan"),
];

struct Sounds {
    han: HashMap<char, Sound>,
    /// Merged syllables.
    syllables: HashMap<String, Sound>,
    bopomofo: HashMap<String, Sound>,
}

/// Asked for while tables are laid out and lists compiled, and where letters are read as syllables.
static SOUNDS: LazyLock<Sounds> = LazyLock::new(|| {
    let mut sounds = Sounds {
        han: HashMap::new(),
        syllables: HashMap::new(),
        bopomofo: HashMap::new(),
    };
    for ch in ('\u{3400}'..='\u{9fff}').chain('\u{20000}'..='\u{2ffff}') {
        for (nth, reading) in readings(ch).into_iter().enumerate() {
            let written = bopomofo(reading);
            let next = Sound(SYLLABLES + sounds.syllables.len() as u16);
            let sound = match sounds.syllables.get(&merged(reading)) {
                Some(known) => *known,
                // what is no syllable (hm, ng) or comes after the last number has no sound
                None if written.is_none() || usize::from(next.0) >= SOUNDS_MAX => continue,
                None => *sounds.syllables.entry(merged(reading)).or_insert(next),
            };
            if let Some(written) = written {
                sounds.bopomofo.entry(written).or_insert(sound);
            }
            if nth == 0 {
                sounds.han.insert(ch, sound);
            }
        }
    }
    sounds
});

/// Every way of writing a syllable in plain letters, as one number; sorted.
static SPELLED: LazyLock<Vec<(u64, Sound)>> = LazyLock::new(|| {
    let mut spelled = Vec::new();
    for (syllable, sound) in &SOUNDS.syllables {
        let retroflex = matches!(syllable.as_bytes(), [b'z' | b'c' | b's', ..]);
        let back = syllable.ends_with("in") || syllable.ends_with("en");
        for initial in [false, true]
            .into_iter()
            .filter(|added| retroflex || !added)
        {
            for last in [false, true].into_iter().filter(|added| back || !added) {
                let (head, rest) = syllable.split_at(1);
                let written = format!(
                    "{head}{}{rest}{}",
                    if initial { "h" } else { "" },
                    if last { "g" } else { "" }
                );
                spelled.extend(packed(written.as_bytes()).map(|key| (key, *sound)));
            }
        }
    }
    spelled.sort_unstable();
    spelled
});

fn packed(letters: &[u8]) -> Option<u64> {
    (letters.len() <= 8).then(|| {
        letters
            .iter()
            .fold(0, |key, letter| key << 8 | u64::from(*letter))
    })
}

fn merged(syllable: &str) -> String {
    let syllable = syllable.replace('ü', "v");
    let (initial, rest) = ["zh", "ch", "sh"]
        .iter()
        .find_map(|retroflex| Some((&retroflex[..1], syllable.strip_prefix(retroflex)?)))
        .unwrap_or(("", &syllable));
    let rest = match rest.strip_suffix('g') {
        Some(short) if short.ends_with("in") || short.ends_with("en") => short,
        _ => rest,
    };
    format!("{initial}{rest}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_sounds_alike_has_one_number() {
        for (left, right) in [
            ('幹', '贛'),
            ('你', '泥'),
            ('障', '臟'),
            ('瓶', '頻'),
            ('生', '森'),
        ] {
            assert_eq!(Sound::of(left), Sound::of(right), "{left} {right}");
            assert_ne!(Sound::of(left), Sound::NONE);
        }
        assert_ne!(Sound::of('你'), Sound::of('李'));
        assert_ne!(Sound::of('a'), Sound::of('b'));
        assert_ne!(Sound::of('ㄅ'), Sound::of('b'));
        assert_eq!(Sound::of('の'), Sound::NONE);
        assert_eq!(Sound::of_syllable("niang"), Some(Sound::of('娘')));
        assert_eq!(Sound::of_bopomofo("ㄋㄧㄤ"), Some(Sound::of('娘')));
        assert_eq!(Sound::of_syllable("xyz"), None);
        for syllable in [
            "niang", "shi", "zhong", "zheng", "qing", "lv", "a", "xyz", "zzh", "ing", "sheng",
            "seng",
        ] {
            assert_eq!(
                Sound::of_letters(syllable.as_bytes()),
                Sound::of_syllable(syllable),
                "{syllable}"
            );
        }
        assert!(Sound::all_of('樂').len() > 1);
    }

    #[test]
    fn there_is_room_for_all_of_them() {
        let most = SOUNDS.syllables.values().max().unwrap();
        assert!(usize::from(most.0) < SOUNDS_MAX - 8, "{most:?}");
    }
}
