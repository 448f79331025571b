//! Tags that are meaningless by their form alone: signs, repeated keys, runs of neighbouring keys, whole sentences.

use crate::text::{FoldedText, fold::CharKind};

/// The forms of meaningless tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MeaninglessForm {
    /// Marks, and emoji that name nothing.
    Signs,
    /// One or two digits: a jersey number in a sports story, else meaningless.
    ShortNumber,
    /// A repeated key or word, or a run of neighbouring keys (asdf): meaningless unless the article has it, too.
    Noise,
    /// A sentence rather than a name: meaningless unless the article has it, too.
    Sentence,
}

/// Rows of keys, and characters in the order in which they are learnt.
const ROWS: [&str; 9] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎㄏㄐㄑㄒㄓㄔㄕㄖㄗㄘㄙㄧㄨㄩㄚㄛㄜㄝㄞㄟㄠㄡㄢㄣㄤㄥㄦ",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "甲乙丙丁戊己庚辛壬癸",
];
/// This many neighbouring keys are noise; fewer are ABC, the Fed or a point of interest.
const ROLL_MIN: usize = 4;
/// Three are enough at the left end of a row of keys (asd), or if more runs follow (asdjkl).
const ROLLS_MIN: usize = 3;
const ROW_HEADS: [&str; 3] = ["qwe", "asd", "zxc"];
/// From this number of digits on, a number is no year, share, law or model.
const NUMBER_LONG: usize = 7;
/// A Chinese character repeated this often is noise, and a letter repeated once more (AAA is a rating).
const HELD_MIN: usize = 3;
/// A tag of this many characters that has a punctuation mark and a word of speech is a sentence.
const SENTENCE_MIN: usize = 8;
/// And so is one of this many with several words of speech (我, 你, 了, 嗎).
const SPOKEN_MIN: usize = 9;
/// The most emoji of a name.
const EMOJI_MAX: usize = 3;
/// Words of speech: characters that sentences have many of and names seldom have two of (own knowledge).
const SPOKEN: &str = "我你妳您他她們咱了嗎吧啦呢啊喔哦耶唷啥怎麼甚這那哪誰都很就還也才又卻只真會要能該讓把被給是不沒別再請想看說覺得";

/// The form that makes a tag meaningless, if it has one.
pub(super) fn meaningless_form(text: &FoldedText) -> Option<MeaninglessForm> {
    let chars: Vec<char> = text.dense().chars().collect();
    let digits = chars.iter().all(char::is_ascii_digit) && text.full().trim() == text.dense();
    match () {
        () if is_emoji_name(text) => None,
        () if chars.is_empty() => Some(MeaninglessForm::Signs),
        () if digits && chars.len() <= 2 => Some(MeaninglessForm::ShortNumber),
        () if digits && chars.len() >= NUMBER_LONG => Some(MeaninglessForm::Noise),
        () if is_held(&chars, digits) || is_roll(&chars) || is_initials(&chars) => {
            Some(MeaninglessForm::Noise)
        }
        () if is_sentence(text, &chars) => Some(MeaninglessForm::Sentence),
        () => None,
    }
}

/// Whether it is nothing but emoji of things or flags, each once and few: ☕, 🇹🇼, 🎂🎉. Faces, hands and hearts name nothing,
/// and the same or many emoji are decoration.
pub(super) fn is_emoji_name(text: &FoldedText) -> bool {
    let mut chars: Vec<char> = text
        .full()
        .chars()
        .filter(|ch| !ch.is_whitespace())
        .collect();
    let flags = chars.iter().filter(|ch| is_flag_letter(**ch)).count();
    // a flag is two letters
    let count = chars.len() - flags / 2;
    let named = chars.iter().all(|ch| is_thing(*ch) || is_flag_letter(*ch));
    let things = chars.len() - flags;
    chars.retain(|ch| is_thing(*ch));
    chars.sort_unstable();
    chars.dedup();
    named && flags.is_multiple_of(2) && (1..=EMOJI_MAX).contains(&count) && chars.len() == things
}

const fn is_flag_letter(ch: char) -> bool {
    matches!(ch, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Whether it is an emoji of an animal, a plant, food, a place, a vehicle, weather, sport or a thing (the groups of the
/// Unicode emoji charts but smileys, people and symbols).
const fn is_thing(ch: char) -> bool {
    matches!(
        ch,
        '⌚' | '⌛' | '⌨' | '⏰' | '⏱' | '⏲' | '⏳' | '☀'..='☄' | '☎' | '☔' | '☕' | '☘' | '⚓' | '⚔' | '⚖' | '⚗' | '⚙'
            | '⚡' | '⚰' | '⚱' | '⚽' | '⚾' | '⛄' | '⛅' | '⛈' | '⛏' | '⛑' | '⛓' | '⛩' | '⛪' | '⛰'..='⛵' | '⛸' | '⛺'
            | '⛽' | '✂' | '✈' | '✉' | '✏' | '❄'
            // weather, plants, food, holidays, sport, places
            | '\u{1f300}'..='\u{1f384}' | '\u{1f388}'..='\u{1f393}' | '\u{1f396}'..='\u{1f3c1}' | '\u{1f3c5}'..='\u{1f3c9}'
            | '\u{1f3cd}'..='\u{1f3f4}' | '\u{1f3f7}'..='\u{1f3fa}'
            // animals, clothes, things of use
            | '\u{1f400}'..='\u{1f43e}' | '\u{1f451}'..='\u{1f462}' | '\u{1f484}' | '\u{1f488}'..='\u{1f48a}'
            | '\u{1f48d}' | '\u{1f48e}' | '\u{1f490}' | '\u{1f4b0}'..='\u{1f4b8}' | '\u{1f4ba}'..='\u{1f4f8}'
            | '\u{1f4fa}'..='\u{1f4fd}' | '\u{1f52a}'..='\u{1f52e}' | '\u{1f56f}' | '\u{1f577}' | '\u{1f5fa}'..='\u{1f5ff}'
            | '\u{1f680}'..='\u{1f6a5}' | '\u{1f6a7}'..='\u{1f6aa}' | '\u{1f6b2}' | '\u{1f6e0}'..='\u{1f6fc}'
            | '\u{1f94a}'..='\u{1f96f}' | '\u{1f980}'..='\u{1f9ad}' | '\u{1f9c0}'..='\u{1f9cb}' | '\u{1f9e0}'..='\u{1f9ff}'
            | '\u{1fa70}'..='\u{1fabd}' | '\u{1fad0}'..='\u{1fadf}'
    )
}

/// Whether it is one character, or a short word, repeated.
fn is_held(chars: &[char], digits: bool) -> bool {
    let again = |len: usize| {
        chars.len().is_multiple_of(len) && chars.chunks(len).all(|unit| unit == &chars[..len])
    };
    let word = chars.first().is_some_and(char::is_ascii_alphanumeric);
    let least = HELD_MIN + usize::from(word && !digits);
    (chars.len() >= least && again(1))
        || (2..=4).any(|len| chars.len() >= HELD_MIN * len && again(len))
}

/// Whether all of it is runs of neighbouring keys.
fn is_roll(chars: &[char]) -> bool {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let run = run_at(&chars[at..]);
        runs.push(run);
        at += run;
    }
    match runs[..] {
        [run] => {
            let head = ROW_HEADS
                .iter()
                .any(|head| head.chars().eq(chars.iter().copied()));
            run >= ROLL_MIN || (run >= ROLLS_MIN && (head || chars.iter().all(is_symbol)))
        }
        _ => runs.iter().all(|run| *run >= ROLLS_MIN),
    }
}

/// How many of the first characters are neighbours in one row, forwards or backwards; at least one.
fn run_at(chars: &[char]) -> usize {
    let follows = |row: &str| {
        let keys: Vec<char> = row.chars().collect();
        let along = |keys: &[char]| {
            let from = keys.iter().position(|key| Some(key) == chars.first())?;
            let same = keys[from..].iter().zip(chars);
            Some(same.take_while(|(key, ch)| key == ch).count())
        };
        let back: Vec<char> = keys.iter().rev().copied().collect();
        along(&keys).max(along(&back)).unwrap_or(0)
    };
    ROWS.iter()
        .map(|row| follows(row))
        .max()
        .unwrap_or(0)
        .max(1)
}

/// Whether it is bopomofo without a vowel: interjections as people type them (ㄏㄏ, ㄎㄎ), not names.
fn is_initials(chars: &[char]) -> bool {
    chars.len() >= 2 && chars.iter().all(|ch| matches!(ch, 'ㄅ'..='ㄙ'))
}

const fn is_symbol(ch: &char) -> bool {
    matches!(ch, 'ㄅ'..='ㄩ')
}

fn is_sentence(text: &FoldedText, chars: &[char]) -> bool {
    let ends = |ch: char| {
        matches!(
            ch,
            '，' | '。' | '！' | '？' | '；' | ',' | '!' | '?' | ';' | '~'
        )
    };
    let marks = text.full().chars().filter(|ch| ends(*ch)).count();
    let spoken = chars.iter().filter(|ch| SPOKEN.contains(**ch)).count();
    let chinese = text
        .places()
        .iter()
        .any(|place| place.kind == CharKind::Letter);
    chinese
        && ((chars.len() >= SENTENCE_MIN && marks > 0 && spoken > 0)
            || (chars.len() >= SPOKEN_MIN && spoken >= 3)
            || (chars.len() >= SPOKEN_MIN && spoken * 3 >= chars.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(tag: &str) -> Option<MeaninglessForm> {
        meaningless_form(&FoldedText::new(tag))
    }

    #[test]
    fn noise_is_told_from_names() {
        for tag in [
            "asdf",
            "ASD",
            "qwerty",
            "lkjh",
            "asdfjkl",
            "sdfsdf",
            "1234",
            "4321",
            "1qaz2wsx",
            "abcd",
            "ㄅㄆㄇ",
            "ㄏㄏ",
            "ㄎㄎㄎ",
            "甲乙丙丁",
            "好好好",
            "wwww",
            "加油加油加油",
            "88888",
            "83749201",
        ] {
            assert_eq!(form(tag), Some(MeaninglessForm::Noise), "{tag}");
        }
        for tag in [
            "ABC",
            "FED",
            "AAA",
            "POI",
            "2026",
            "228",
            "0050",
            "F-16",
            "737",
            "媽媽",
            "比比看",
            "娃娃",
            "旺旺",
            "5G",
            "C++",
            "刑法第321條",
            "WWW",
            "ㄇㄧㄢˋ",
            "was",
        ] {
            assert_eq!(form(tag), None, "{tag}");
        }
    }

    #[test]
    fn sentences_are_told_from_long_names() {
        for tag in [
            "我覺得這樣真的很不公平啊",
            "笑死，這也能當新聞喔",
            "今天天氣真好，大家出去玩吧！",
            "為什麼都沒有人出來說句公道話",
        ] {
            assert_eq!(form(tag), Some(MeaninglessForm::Sentence), "{tag}");
        }
        for tag in [
            "嚴重特殊傳染性肺炎防治及紓困振興特別條例",
            "國立臺灣師範大學附屬高級中學",
            "我們與惡的距離",
            "聯合國氣候變化綱要公約",
            "台灣積體電路製造股份有限公司",
        ] {
            assert_eq!(form(tag), None, "{tag}");
        }
    }

    #[test]
    fn short_numbers_and_signs() {
        assert_eq!(form("42"), Some(MeaninglessForm::ShortNumber));
        assert_eq!(form("🙂🙂"), Some(MeaninglessForm::Signs));
        assert_eq!(form("..."), Some(MeaninglessForm::Signs));
        assert_eq!(form(""), Some(MeaninglessForm::Signs));
    }

    #[test]
    fn emoji_of_things_and_flags_are_names() {
        for tag in ["☕", "☕️", "🇹🇼", "🇹🇼🇯🇵", "🐶🐱", "🎂 🎉", "⚾"]
        {
            assert_eq!(form(tag), None, "{tag}");
        }
        for tag in ["👍", "❤️", "😂", "☕☕", "🐶🐱🐭🐹", "🇹", "☕😂", "👨‍👩‍👧"]
        {
            assert_eq!(form(tag), Some(MeaninglessForm::Signs), "{tag}");
        }
    }
}
