//! How a character is pronounced: toneless Mandarin syllables, and the same in bopomofo.
//!
//! Readings come from the `pinyin` crate (MIT, made from pinyin-data) and are looked up only while tables and lists are
//! compiled. The bopomofo of a syllable follows from the tables below (國語注音符號, Ministry of Education).

use pinyin::ToPinyinMulti as _;

/// The toneless readings of a character, the usual one first; empty if it is not Chinese.
pub(crate) fn readings(ch: char) -> Vec<&'static str> {
    let mut readings: Vec<&'static str> = Vec::new();
    for reading in ch.to_pinyin_multi().into_iter().flatten() {
        if !readings.contains(&reading.plain()) {
            readings.push(reading.plain());
        }
    }
    readings
}

/// The first bopomofo symbols of a character's readings.
pub fn first_symbols(ch: char) -> Vec<char> {
    let spellings = readings(ch).into_iter().filter_map(bopomofo);
    once_each(spellings.filter_map(|spelling| spelling.chars().next()))
}

/// The first Latin letters of a character's readings.
pub fn first_letters(ch: char) -> Vec<char> {
    once_each(
        readings(ch)
            .into_iter()
            .filter_map(|reading| reading.chars().next()),
    )
}

fn once_each(chars: impl Iterator<Item = char>) -> Vec<char> {
    let mut seen = Vec::new();
    chars.for_each(|ch| {
        if !seen.contains(&ch) {
            seen.push(ch);
        }
    });
    seen
}

/// Initials with their bopomofo; the longer ones first.
const INITIALS: [(&str, &str); 21] = [
    ("zh", "ㄓ"),
    ("ch", "ㄔ"),
    ("sh", "ㄕ"),
    ("b", "ㄅ"),
    ("p", "ㄆ"),
    ("m", "ㄇ"),
    ("f", "ㄈ"),
    ("d", "ㄉ"),
    ("t", "ㄊ"),
    ("n", "ㄋ"),
    ("l", "ㄌ"),
    ("g", "ㄍ"),
    ("k", "ㄎ"),
    ("h", "ㄏ"),
    ("j", "ㄐ"),
    ("q", "ㄑ"),
    ("x", "ㄒ"),
    ("r", "ㄖ"),
    ("z", "ㄗ"),
    ("c", "ㄘ"),
    ("s", "ㄙ"),
];

/// Finals after an initial.
const FINALS: [(&str, &str); 36] = [
    ("a", "ㄚ"),
    ("o", "ㄛ"),
    ("e", "ㄜ"),
    ("ai", "ㄞ"),
    ("ei", "ㄟ"),
    ("ao", "ㄠ"),
    ("ou", "ㄡ"),
    ("an", "ㄢ"),
    ("en", "ㄣ"),
    ("ang", "ㄤ"),
    ("eng", "ㄥ"),
    ("ong", "ㄨㄥ"),
    ("er", "ㄦ"),
    ("i", "ㄧ"),
    ("ia", "ㄧㄚ"),
    ("ie", "ㄧㄝ"),
    ("iao", "ㄧㄠ"),
    ("iu", "ㄧㄡ"),
    ("ian", "ㄧㄢ"),
    ("in", "ㄧㄣ"),
    ("iang", "ㄧㄤ"),
    ("ing", "ㄧㄥ"),
    ("iong", "ㄩㄥ"),
    ("u", "ㄨ"),
    ("ua", "ㄨㄚ"),
    ("uo", "ㄨㄛ"),
    ("uai", "ㄨㄞ"),
    ("ui", "ㄨㄟ"),
    ("uan", "ㄨㄢ"),
    ("un", "ㄨㄣ"),
    ("uang", "ㄨㄤ"),
    ("v", "ㄩ"),
    ("ü", "ㄩ"),
    ("ve", "ㄩㄝ"),
    ("üe", "ㄩㄝ"),
    ("ue", "ㄩㄝ"),
];

/// Syllables that begin with y or w are written with the symbols of their final alone.
const ALONE: [(&str, &str); 24] = [
    ("yi", "ㄧ"),
    ("ya", "ㄧㄚ"),
    ("yo", "ㄧㄛ"),
    ("ye", "ㄧㄝ"),
    ("yao", "ㄧㄠ"),
    ("you", "ㄧㄡ"),
    ("yan", "ㄧㄢ"),
    ("yin", "ㄧㄣ"),
    ("yang", "ㄧㄤ"),
    ("ying", "ㄧㄥ"),
    ("yong", "ㄩㄥ"),
    ("yu", "ㄩ"),
    ("yue", "ㄩㄝ"),
    ("yuan", "ㄩㄢ"),
    ("yun", "ㄩㄣ"),
    ("wu", "ㄨ"),
    ("wa", "ㄨㄚ"),
    ("wo", "ㄨㄛ"),
    ("wai", "ㄨㄞ"),
    ("wei", "ㄨㄟ"),
    ("wan", "ㄨㄢ"),
    ("wen", "ㄨㄣ"),
    ("wang", "ㄨㄤ"),
    ("weng", "ㄨㄥ"),
];

/// A toneless syllable in bopomofo: `niang` is `ㄋㄧㄤ`. `None` if it is no syllable.
pub(crate) fn bopomofo(syllable: &str) -> Option<String> {
    if let Some((_, alone)) = ALONE.iter().find(|(name, _)| *name == syllable) {
        return Some((*alone).to_owned());
    }
    let (initial, symbol) = INITIALS
        .iter()
        .find(|(name, _)| syllable.starts_with(name))
        .copied()
        .unwrap_or(("", ""));
    let rest = &syllable[initial.len()..];
    // zhi, chi, shi, ri, zi, ci, si have no final of their own; after j, q, x a u is ü.
    if rest == "i" && "ㄓㄔㄕㄖㄗㄘㄙ".contains(symbol) && !symbol.is_empty() {
        return Some(symbol.to_owned());
    }
    let after_palatal = "ㄐㄑㄒ".contains(symbol) && !symbol.is_empty();
    let last = match rest {
        "u" if after_palatal => "ㄩ",
        "uan" if after_palatal => "ㄩㄢ",
        "un" if after_palatal => "ㄩㄣ",
        _ => FINALS.iter().find(|(name, _)| *name == rest)?.1,
    };
    Some(format!("{symbol}{last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_written_as_schools_write_them() {
        for (syllable, written) in [
            ("gan", "ㄍㄢ"),
            ("ni", "ㄋㄧ"),
            ("niang", "ㄋㄧㄤ"),
            ("chi", "ㄔ"),
            ("shuai", "ㄕㄨㄞ"),
            ("jue", "ㄐㄩㄝ"),
            ("quan", "ㄑㄩㄢ"),
            ("xiong", "ㄒㄩㄥ"),
            ("weng", "ㄨㄥ"),
            ("yue", "ㄩㄝ"),
            ("er", "ㄦ"),
            ("dong", "ㄉㄨㄥ"),
        ] {
            assert_eq!(bopomofo(syllable).as_deref(), Some(written), "{syllable}");
        }
        assert_eq!(bopomofo("hm"), None);
    }

    #[test]
    fn a_character_may_have_several_readings() {
        assert_eq!(readings('幹').first(), Some(&"gan"));
        assert!(readings('樂').len() > 1);
        assert!(readings('a').is_empty());
    }
}
