//! Sounds: how a character, a letter or a symbol is pronounced, as a small number.
//!
//! The sound of a Chinese character is its usual reading without the tone. Readings that speakers in Taiwan hardly
//! distinguish (zh and z, ch and c, sh and s, ing and in, eng and en) share a number: 障 (zhang) and 臟 (zang) have one
//! sound. Latin letters, digits, bopomofo symbols and masks have sounds of their own, so that a disguised word is
//! looked up by pairs of numbers, whatever replaces its characters.

use std::{collections::HashMap, sync::LazyLock};

use super::reading::{bopomofo, readings};

/// A sound; below [`SOUNDS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sound(pub u16);

/// One more than the greatest possible sound: nine bits hold a sound, and a pair of sounds is an index of 18 bits.
pub const SOUNDS_MAX: usize = 512;
const LETTERS: u16 = 1;
const DIGITS: u16 = LETTERS + 26;
const SYMBOLS: u16 = DIGITS + 10;
/// Bopomofo symbols ㄅ to ㄩ.
const SYMBOL_FIRST: char = 'ㄅ';
const SYMBOL_COUNT: u16 = 37;
const SYLLABLES: u16 = SYMBOLS + SYMBOL_COUNT + 1;

impl Sound {
    /// The sound of a character that has none of its own.
    pub const NONE: Self = Self(0);
    /// The sound of a sign that replaces a character: 幹X娘.
    pub const MASK: Self = Self(SYMBOLS + SYMBOL_COUNT);

    /// The sound of a folded character.
    pub fn of(ch: char) -> Self {
        match ch {
            'a'..='z' => Self(LETTERS + (ch as u16 - 'a' as u16)),
            '0'..='9' => Self(DIGITS + (ch as u16 - '0' as u16)),
            // the round zero serves as a mask more often than as a digit
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

    /// The sound of a toneless syllable in Latin letters (`v` for ü); `None` if it is no syllable.
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
    pub fn of_bopomofo(symbols: &str) -> Option<Self> {
        SOUNDS.bopomofo.get(symbols).copied()
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
    /// The usual sound of each Chinese character.
    han: HashMap<char, Sound>,
    /// By syllable in its merged spelling: `zang` for `zhang`.
    syllables: HashMap<String, Sound>,
    bopomofo: HashMap<String, Sound>,
}

/// Used while tables and lists are compiled, and where letters are read as syllables.
static SOUNDS: LazyLock<Sounds> = LazyLock::new(|| {
    let mut sounds = Sounds {
        han: HashMap::new(),
        syllables: HashMap::new(),
        bopomofo: HashMap::new(),
    };
    for ch in ('\u{3400}'..='\u{9fff}').chain('\u{20000}'..='\u{2ffff}') {
        for (nth, reading) in readings(ch).into_iter().enumerate() {
            let symbols = bopomofo(reading);
            let next = Sound(SYLLABLES + sounds.syllables.len() as u16);
            let sound = match sounds.syllables.get(&merged(reading)) {
                Some(known) => *known,
                // no syllable (hm, ng), or no number left: no sound
                None if symbols.is_none() || usize::from(next.0) >= SOUNDS_MAX => continue,
                None => *sounds.syllables.entry(merged(reading)).or_insert(next),
            };
            if let Some(symbols) = symbols {
                sounds.bopomofo.entry(symbols).or_insert(sound);
            }
            if nth == 0 {
                sounds.han.insert(ch, sound);
            }
        }
    }
    sounds
});

/// Every way of writing a syllable in plain letters, packed into a number and sorted: the merged `zen` can be `zen`,
/// `zhen`, `zeng` or `zheng`.
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
                let spelling = format!(
                    "{head}{}{rest}{}",
                    if initial { "h" } else { "" },
                    if last { "g" } else { "" }
                );
                spelled.extend(packed(spelling.as_bytes()).map(|key| (key, *sound)));
            }
        }
    }
    spelled.sort_unstable();
    spelled
});

/// Up to eight letters as one number, so that a look-up compares integers and allocates nothing.
fn packed(letters: &[u8]) -> Option<u64> {
    (letters.len() <= 8).then(|| {
        letters
            .iter()
            .fold(0, |key, letter| key << 8 | u64::from(*letter))
    })
}

/// The spelling that syllables share which sound alike in Taiwan: `zhang` and `zang` are `zang`, `ying` and `yin` are
/// `yin`.
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
