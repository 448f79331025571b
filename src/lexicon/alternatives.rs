//! Disguises that are compiled: the other ways in which a listed term may be written, worked out once.
//!
//! Each keeps most of the term as it is and changes one thing: some characters stand as bopomofo, as Latin initials, as
//! pinyin, as their components, as emoji; one is masked; all stand in reverse. Which may be undone is the row's say
//! (`variants`). What stands alone in Latin letters in two syllables is never made here: such spellings are listed. What is
//! left of the term too little to count alone is marked: it counts only where somebody is aimed at.

use super::{
    reading::{bopomofo, readings},
    term::{ListCode, Term},
};
use crate::text::{Disguise, Needle};

/// Longer terms are sentences: nobody disguises them character by character, and their alternatives would be countless.
const CHARS_MAX: usize = 5;
/// From this severity on alternatives are made.
const SEVERITY_MIN: u8 = 3;
/// The shortest Chinese term of which one character may be masked or which may be reversed.
const LONG_CHARS_MIN: usize = 3;
/// The shortest Latin term of which letters may be masked.
const LATIN_MASK_CHARS_MIN: usize = 4;

/// Characters that stand for another.
const MASKS: [char; 12] = [
    '○', '〇', '●', '×', 'x', 'o', '*', '囗', '口', '□', '#', '某',
];
/// Characters that stand for a Latin letter.
const LATIN_MASKS: [char; 4] = ['*', '#', 'x', '●'];

/// What Latin letters are written as; digits and signs that look alike.
const LEET: [(char, &str); 9] = [
    ('a', "4@"),
    ('b', "8"),
    ('e', "3"),
    ('g', "9"),
    ('i', "1!"),
    ('o', "0"),
    ('s', "5$"),
    ('t', "7"),
    ('u', "v"),
];

/// Emoji that are read as a character.
const EMOJI: [(char, &str); 32] = [
    ('雞', "🐔🐓"),
    ('機', "🐔🐓"),
    ('龜', "🐢"),
    ('馬', "🐴🐎"),
    ('媽', "🐴🐎👩"),
    ('豬', "🐷🐖"),
    ('狗', "🐶🐕"),
    ('屎', "💩"),
    ('糞', "💩"),
    ('蛇', "🐍"),
    ('猴', "🐵🐒"),
    ('死', "💀☠"),
    ('家', "🏠🏡"),
    ('宅', "🏠🏡"),
    ('殺', "🔪🗡"),
    ('公', "👴"),
    ('老', "👴👵"),
    ('走', "🏃🚶"),
    ('黑', "⚫⬛"),
    ('操', "🌿"),
    ('鬼', "👻"),
    ('鼠', "🐭🐀"),
    ('牛', "🐮🐂"),
    ('羊', "🐑"),
    ('蛋', "🥚"),
    ('草', "🌿🌱"),
    ('杯', "🥤"),
    ('爸', "👨"),
    ('娘', "👩"),
    ('人', "👤"),
    ('蟲', "🐛"),
    ('腦', "🧠"),
];

/// Characters with the components that they fall into when written apart (own knowledge of the characters that listed
/// terms hold).
const PARTS: [(char, &str); 56] = [
    ('媽', "女馬"),
    ('婊', "女表"),
    ('娘', "女良"),
    ('妓', "女支"),
    ('奴', "女又"),
    ('姦', "女女女"),
    ('妖', "女夭"),
    ('賤', "貝戔"),
    ('賊', "貝戎"),
    ('靠', "告非"),
    ('強', "弓虽"),
    ('智', "知日"),
    ('障', "阝章"),
    ('痴', "疒知"),
    ('癱', "疒難"),
    ('瘋', "疒風"),
    ('病', "疒丙"),
    ('幹', "𠦝干"),
    ('操', "扌喿"),
    ('雞', "奚隹"),
    ('機', "木幾"),
    ('掰', "手分手"),
    ('殺', "杀殳"),
    ('騙', "馬扁"),
    ('豬', "豕者"),
    ('狗', "犭句"),
    ('猴', "犭侯"),
    ('屎', "尸米"),
    ('屁', "尸比"),
    ('屌', "尸吊"),
    ('屄', "尸穴"),
    ('殘', "歹戔"),
    ('死', "歹匕"),
    ('垃', "土立"),
    ('圾', "土及"),
    ('廢', "广發"),
    ('物', "牛勿"),
    ('蠢', "春虫虫"),
    ('蛋', "疋虫"),
    ('蟲', "虫虫虫"),
    ('破', "石皮"),
    ('麻', "广林"),
    ('貨', "化貝"),
    ('渣', "氵查"),
    ('混', "氵昆"),
    ('淫', "氵㸒"),
    ('騷', "馬蚤"),
    ('腦', "月𡿺"),
    ('低', "亻氐"),
    ('傻', "亻㚇"),
    ('弱', "弓弓"),
    ('種', "禾重"),
    ('雜', "杂隹"),
    ('禽', "人离"),
    ('畜', "玄田"),
    ('敗', "貝攵"),
];

/// Another way in which a term may be written.
pub(super) struct Alternative {
    /// What undoes it.
    pub kind: Disguise,
    /// What to look for.
    pub text: String,
    /// Too little of the term is left: it counts only where somebody is aimed at.
    pub aimed: bool,
}

/// All other ways in which this term may be written.
pub(super) fn of(term: &Term, needle: &Needle) -> Vec<Alternative> {
    let chars: Vec<char> = needle.text().chars().collect();
    let eligible = term.severity >= SEVERITY_MIN && !needle.is_literal() && is_hurled(term.code);
    let mut found = Vec::new();
    if !eligible || chars.len() < 2 {
        return found;
    }
    let mut add = |kind: Disguise, texts: Vec<String>| {
        if term.variants.contains(kind) {
            let aimed = |text: &str| is_thin(&chars, kind, text);
            found.extend(texts.into_iter().map(|text| Alternative {
                aimed: aimed(&text),
                kind,
                text,
            }));
        }
    };
    if needle.is_spaced() {
        add(Disguise::Leet, leet(&chars));
        add(Disguise::Mask, latin_masks(&chars));
    } else if chars.len() <= CHARS_MAX && chars.iter().all(|ch| !readings(*ch).is_empty()) {
        add(Disguise::Bopomofo, in_part(&chars, false, bopomofo_of));
        add(Disguise::Bopomofo, all_symbols(&chars));
        add(Disguise::Initials, in_part(&chars, false, initial_of));
        add(Disguise::Pinyin, in_part(&chars, false, pinyin_of));
        add(Disguise::Pinyin, spelled_out(&chars));
        add(Disguise::Split, in_part(&chars, true, parts_of));
        add(Disguise::Emoji, in_part(&chars, false, emoji_of));
        add(Disguise::Reversed, vec![chars.iter().rev().collect()]);
        if chars.len() >= LONG_CHARS_MIN {
            add(Disguise::Mask, masks(&chars));
        }
    }
    let plain: String = chars.iter().collect();
    found.retain(|alternative| alternative.text != plain);
    found
}

/// Two characters of which one is a letter, or which stand in reverse, are ordinary words too often; and so is what
/// shows no character of the term at all.
fn is_thin(chars: &[char], kind: Disguise, text: &str) -> bool {
    let short = chars.len() < LONG_CHARS_MIN;
    match kind {
        Disguise::Initials | Disguise::Reversed => short,
        Disguise::Bopomofo => !text.chars().any(|ch| chars.contains(&ch)),
        _ => false,
    }
}

/// Lists of words that are thrown at people; phrases of trade and of need are not disguised this way.
const fn is_hurled(code: ListCode) -> bool {
    match code {
        ListCode::Profanity
        | ListCode::Insult
        | ListCode::Slur
        | ListCode::Threat
        | ListCode::Sexual => true,
        ListCode::SelfHarm | ListCode::PersonalData | ListCode::Scam => false,
    }
}

/// The term with some characters written another way, at least one; all of them only where `whole` allows.
fn in_part(chars: &[char], whole: bool, other: fn(char) -> Vec<String>) -> Vec<String> {
    let others: Vec<Vec<String>> = chars.iter().map(|ch| other(*ch)).collect();
    let full = (1_u32 << chars.len()) - 1;
    let mut texts = Vec::new();
    for chosen in 1..=full {
        let can = (0..chars.len()).all(|at| chosen & (1 << at) == 0 || !others[at].is_empty());
        if !can || (chosen == full && !whole) {
            continue;
        }
        // Where several characters change, each changes the first way; where one does, in every way it can.
        if chosen.count_ones() == 1 {
            let at = chosen.trailing_zeros() as usize;
            texts.extend(others[at].iter().map(|written| with(chars, at, written)));
        } else {
            let written = |at: usize| {
                if chosen & (1 << at) == 0 {
                    chars[at].to_string()
                } else {
                    others[at][0].clone()
                }
            };
            texts.push((0..chars.len()).map(written).collect());
        }
    }
    texts
}

fn with(chars: &[char], place: usize, written: &str) -> String {
    let one = |(at, ch): (usize, &char)| {
        if at == place {
            written.to_owned()
        } else {
            ch.to_string()
        }
    };
    chars.iter().enumerate().map(one).collect()
}

/// The first symbol, then the whole syllable.
fn bopomofo_of(ch: char) -> Vec<String> {
    let mut written: Vec<String> = Vec::new();
    for syllable in readings(ch).into_iter().filter_map(bopomofo) {
        let first: String = syllable.chars().take(1).collect();
        for text in [first, syllable] {
            if !written.contains(&text) {
                written.push(text);
            }
        }
    }
    written
}

/// Nothing but first symbols, or nothing but whole syllables.
fn all_symbols(chars: &[char]) -> Vec<String> {
    let all = |pick: fn(&[String]) -> Option<&String>| {
        let written = chars.iter().map(|ch| pick(&bopomofo_of(*ch)).cloned());
        written.collect::<Option<String>>()
    };
    let symbols = all(|ways| ways.first());
    let syllables = all(|ways| ways.get(1).or(ways.first()));
    symbols.into_iter().chain(syllables).collect()
}

fn initial_of(ch: char) -> Vec<String> {
    let mut letters: Vec<String> = readings(ch)
        .into_iter()
        .map(|reading| reading.chars().take(1).collect())
        .collect();
    letters.dedup();
    letters
}

fn pinyin_of(ch: char) -> Vec<String> {
    readings(ch)
        .into_iter()
        .map(|reading| reading.replace('ü', "v"))
        .collect()
}

/// All of it in syllables, with blanks and without; in two syllables only where it is listed.
fn spelled_out(chars: &[char]) -> Vec<String> {
    let syllables: Option<Vec<String>> = chars
        .iter()
        .map(|ch| pinyin_of(*ch).into_iter().next())
        .collect();
    let long = chars.len() >= LONG_CHARS_MIN;
    let written = syllables
        .filter(|_| long)
        .map(|syllables| [syllables.join(" "), syllables.concat()]);
    written.into_iter().flatten().collect()
}

fn parts_of(ch: char) -> Vec<String> {
    PARTS
        .iter()
        .filter(|(whole, _)| *whole == ch)
        .map(|(_, parts)| (*parts).to_owned())
        .collect()
}

fn emoji_of(ch: char) -> Vec<String> {
    let read = EMOJI.iter().filter(|(read, _)| *read == ch);
    read.flat_map(|(_, emoji)| emoji.chars())
        .map(String::from)
        .collect()
}

/// One character masked.
fn masks(chars: &[char]) -> Vec<String> {
    let places = 0..chars.len();
    places
        .flat_map(|at| {
            MASKS
                .iter()
                .map(move |mask| with(chars, at, &mask.to_string()))
        })
        .collect()
}

/// Up to half of the letters after the first masked, all by the same sign.
fn latin_masks(chars: &[char]) -> Vec<String> {
    if !(LATIN_MASK_CHARS_MIN..=10).contains(&chars.len()) {
        return Vec::new();
    }
    let mut texts = Vec::new();
    for chosen in 1..(1_u32 << (chars.len() - 1)) {
        if chosen.count_ones() as usize * 2 > chars.len() {
            continue;
        }
        for mask in LATIN_MASKS {
            let one = |(at, ch): (usize, &char)| {
                if at > 0 && chosen & (1 << (at - 1)) != 0 {
                    mask
                } else {
                    *ch
                }
            };
            texts.push(chars.iter().enumerate().map(one).collect());
        }
    }
    texts
}

/// One or two letters as digits or signs.
fn leet(chars: &[char]) -> Vec<String> {
    if !(LONG_CHARS_MIN..=12).contains(&chars.len()) {
        return Vec::new();
    }
    let signs = |ch: char| {
        LEET.iter()
            .find(|(letter, _)| *letter == ch)
            .map_or("", |(_, signs)| signs)
    };
    let mut texts = Vec::new();
    for first in 0..chars.len() {
        for sign in signs(chars[first]).chars() {
            let mut once = chars.to_vec();
            once[first] = sign;
            for second in first + 1..chars.len() {
                for sign in signs(chars[second]).chars() {
                    let mut twice = once.clone();
                    twice[second] = sign;
                    texts.push(twice.into_iter().collect());
                }
            }
            texts.push(once.into_iter().collect());
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{
        lexicon::Surfaces,
        text::{Disguises, Match},
    };

    fn written(listed: &str, kind: Disguise) -> Vec<String> {
        let needle = Needle::new(listed).unwrap();
        let term = Term {
            text: listed.to_owned(),
            code: ListCode::Profanity,
            severity: 4,
            surfaces: Surfaces::ALL,
            matching: Match::Anywhere,
            variants: Disguises::ALL,
            context: None,
        };
        of(&term, &needle)
            .into_iter()
            .filter(|other| other.kind == kind)
            .map(|other| other.text)
            .collect()
    }

    #[test]
    fn each_disguise_has_its_ways() {
        let has = |listed: &str, kind: Disguise, text: &str| {
            let found = written(listed, kind);
            assert!(
                found.iter().any(|other| other == text),
                "{listed} {text}: {found:?}"
            );
        };
        has("幹你娘", Disguise::Bopomofo, "ㄍ你娘");
        has("幹你娘", Disguise::Bopomofo, "ㄍㄋ娘");
        has("幹你娘", Disguise::Bopomofo, "ㄍㄋㄋ");
        has("白痴", Disguise::Bopomofo, "白ㄔ");
        has("幹你娘", Disguise::Initials, "g你娘");
        has("幹你娘", Disguise::Pinyin, "gan ni niang");
        has("白痴", Disguise::Pinyin, "白chi");
        has("幹你娘", Disguise::Mask, "幹x娘");
        has("幹你娘", Disguise::Reversed, "娘你幹");
        has("幹你媽", Disguise::Split, "幹你女馬");
        has("雞巴毛", Disguise::Emoji, "🐔巴毛");
        has("fuck", Disguise::Mask, "f**k");
        has("shit", Disguise::Leet, "sh1t");
    }

    #[test]
    fn what_would_stand_alone_in_letters_is_listed_or_not_seen() {
        assert!(!written("白痴", Disguise::Initials).contains(&"bc".to_owned()));
        assert!(!written("白痴", Disguise::Pinyin).contains(&"baichi".to_owned()));
        assert!(written("白痴", Disguise::Mask).is_empty());
    }
}
