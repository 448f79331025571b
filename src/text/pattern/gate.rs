//! The gate: one pass over the bytes of a text that spares most comments the scanners.
//!
//! It may pass a text that holds no pattern, but never stops one in which [`super::find`] finds something (a property
//! test checks that). Anything that could disguise a pattern (wide, circled and accented letters, invisible characters)
//! passes a text at once.

use std::sync::LazyLock;

use super::{
    contact_words::{
        FILLER_SIGNS_MAX, MESSENGER_CHARS_MAX, is_filler, messenger_len, sounds_like_name,
    },
    numeral::{GAP_CHARS_MAX, digit_of},
};
use crate::text::fold::{CharKind, fold_char, kind};

/// This many digits close together may be a number; the rest of it may be look-alike letters.
const DIGITS_MIN: u32 = 7;
/// How far behind the messenger's name an id may begin: the filler, of four bytes a character at most, and a little
/// more.
const ID_REACH_BYTES: usize = 4 * (FILLER_SIGNS_MAX + 4);
const WIDE_BLANK: &[u8] = "\u{3000}".as_bytes();
/// What people write for the dot before a domain.
const DOTS: [&[u8]; 7] = [
    "點".as_bytes(),
    "点".as_bytes(),
    "。".as_bytes(),
    "‧".as_bytes(),
    "・".as_bytes(),
    "•".as_bytes(),
    "·".as_bytes(),
];
/// What may close a bracket around a dot.
const CLOSING: [&[u8]; 6] = [
    b")",
    b"]",
    b"}",
    "）".as_bytes(),
    "］".as_bytes(),
    "｝".as_bytes(),
];
const BLANKS: [&[u8]; 3] = [b" ", b"\t", WIDE_BLANK];

/// The class of every character of the first plane, which covers all that take three bytes.
struct CharWatch {
    /// One bit for each character: whether it needs a closer look. Most texts read nothing but these 8 KB.
    bits: Box<[u64]>,
    classes: Box<[CharClass]>,
}

static WATCHED: LazyLock<CharWatch> = LazyLock::new(|| {
    let class = |code: u32| char::from_u32(code).map_or(CharClass::Plain, class_of);
    let classes: Box<[CharClass]> = (0..=0xffff).map(class).collect();
    let bits = |run: &[CharClass]| {
        let watched = run.iter().rev().map(|class| *class != CharClass::Plain);
        watched.fold(0, |bits, watched| bits << 1 | u64::from(watched))
    };
    CharWatch {
        bits: classes.chunks(64).map(bits).collect(),
        classes,
    }
});

/// How the gate treats a character beyond ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CharClass {
    Plain,
    Digit,
    /// 賴 and characters that sound like it: a LINE id may follow.
    Name,
    /// A wide bracket: passes the text if `at)` or `dot)` may follow.
    Bracket,
    /// Joins emoji: passes the text if it is next to ASCII.
    Joiner,
    /// Passes the text wherever it is.
    Open,
}

/// Whether a text may hold a pattern; false for nearly all texts that hold none.
///
/// ```
/// # use banzhu::text::pattern::may_hold;
/// assert!(may_hold("打 0912-345-678") && may_hold("見 udn.com") && may_hold("加賴 abc123"));
/// assert!(!may_hold("賴清德 2024 年 5 月就職，房價漲了 3.5%。") && !may_hold("OK, I see..."));
/// ```
pub fn may_hold(text: &str) -> bool {
    if text.len() <= CONTACT_BYTES_MAX && is_contact(text) {
        return true;
    }
    let mut watch = GateScan {
        bytes: text.as_bytes(),
        watched: &WATCHED,
        nth: 0,
        digits: Digits::default(),
        no_id_until: 0,
    };
    let mut at = 0;
    while let Some(&lead) = watch.bytes.get(at) {
        let (len, passes) = match lead {
            0xe0..0xf0 => (3, watch.is_watched(at) && watch.look(at)),
            0..0x80 => (1, watch.is_watched_ascii(at, lead) && watch.ascii(at, lead)),
            0x80..0xe0 => (2, watch.two(at, lead)),
            _ => (4, watch.four(at)),
        };
        if passes {
            return true;
        }
        at += len;
        watch.nth += 1;
    }
    false
}

/// No text is longer that is nothing but a messenger's name and an id.
const CONTACT_BYTES_MAX: usize = 200;

/// Whether a text has the name of a messenger, and nothing behind it but signs, fillers and what an id may have.
fn is_contact(text: &str) -> bool {
    let folded = || text.chars().flat_map(|ch| fold_char(ch).into_chars());
    let mut head = ['\0'; MESSENGER_CHARS_MAX];
    for (place, ch) in head.iter_mut().zip(folded()) {
        *place = ch;
    }
    let in_contact = |ch: char| ch.is_ascii_alphanumeric() || is_filler(ch) || !kind(ch).is_dense();
    messenger_len(head.into_iter()).is_some_and(|len| folded().skip(len).all(in_contact))
}

/// Whether a character could be a digit of some script.
pub(super) fn may_be_digit(ch: char) -> bool {
    let class = WATCHED.classes.get(ch as usize);
    class.is_none_or(|class| *class == CharClass::Digit)
}

/// Counts digits that are close together.
#[derive(Default)]
struct Digits {
    count: u32,
    last: u32,
}

impl Digits {
    /// Counts the digit that is the `nth` character; returns whether there are enough of them.
    fn add(&mut self, nth: u32) -> bool {
        let close = nth - self.last <= GAP_CHARS_MAX + 1;
        self.count = if close { self.count + 1 } else { 1 };
        self.last = nth;
        self.count >= DIGITS_MIN
    }
}

/// ASCII that needs a closer look.
const WATCHED_ASCII: [bool; 256] = {
    let mut watched = [false; 256];
    let mut nth = 0;
    let signs = *b"0123456789@.:([{nNdD";
    while nth < signs.len() {
        watched[signs[nth] as usize] = true;
        nth += 1;
    }
    watched
};

struct GateScan<'t> {
    bytes: &'t [u8],
    watched: &'static CharWatch,
    /// The index of the character being read.
    nth: u32,
    digits: Digits,
    /// Up to this byte no id was found; it is not searched again, so that many names cost no more than one.
    no_id_until: usize,
}

impl GateScan<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    fn before(&self, at: usize, back: usize) -> u8 {
        at.checked_sub(back).map_or(0, |at| self.byte(at))
    }

    #[inline]
    fn is_watched_ascii(&self, at: usize, byte: u8) -> bool {
        WATCHED_ASCII[usize::from(byte)] || self.starts_word(at, byte)
    }

    /// Whether a Latin letter starts a word here.
    #[inline]
    fn starts_word(&self, at: usize, byte: u8) -> bool {
        byte.is_ascii_alphabetic() && !self.before(at, 1).is_ascii_alphanumeric()
    }

    fn ascii(&mut self, at: usize, byte: u8) -> bool {
        let watched = match byte {
            b'@' => true,
            b'0'..=b'9' => self.digits.add(self.nth),
            b'.' => self.dot(at),
            b':' => self.byte(at + 1) == b'/',
            b'(' | b'[' | b'{' => matches!(self.byte(at + 1), b'a' | b'A' | b'd' | b'D' | b'.'),
            b'n' | b'N' => self.name(at),
            b'd' | b'D' => self.spells(at, b"dot"),
            _ => false,
        };
        watched || (self.starts_word(at, byte) && self.follows_dot(at))
    }

    /// Whether this full stop may be the dot of a host: a letter follows (or a wide one), or there is something like a
    /// blank on both sides.
    fn dot(&self, at: usize) -> bool {
        let (before, after) = (self.before(at, 1), self.byte(at + 1));
        let blank =
            matches!(after, b' ' | b'\t' | 0xc2 | 0xe1 | 0xe2) || self.spells(at + 1, WIDE_BLANK);
        let parted = matches!(before, b' ' | b'\t' | 0x80..) && blank;
        // a letter beyond ASCII has a lead byte from 0xc3 on: 飆股.台灣
        let joined = before.is_ascii_alphanumeric() || before >= 0x80;
        after.is_ascii_alphabetic() || after == 0xef || parted || (joined && after >= 0xc3)
    }

    /// Whether something written for a dot comes before this letter, perhaps with a bracket and a blank between.
    fn follows_dot(&self, at: usize) -> bool {
        let before = self.bytes.get(..at).unwrap_or_default();
        let before = without_end(before, &BLANKS);
        let before = without_end(before, &CLOSING);
        DOTS.iter().any(|dot| before.ends_with(dot))
    }

    /// Whether this `n` is that of `line`, `l1ne` or `l i n e`, and an id may follow. (Wide letters pass by themselves.)
    fn name(&mut self, at: usize) -> bool {
        let like_i = |byte: u8| matches!(byte, b'i' | b'I' | b'1' | b'l' | b'L' | b'!' | 0x80..);
        let is_e = |byte: u8| matches!(byte, b'e' | b'E');
        let opens =
            |back: usize| like_i(self.before(at, back)) && like_i(self.before(at, back * 2));
        let inside = self.before(at, 3).is_ascii_alphanumeric();
        let whole = is_e(self.byte(at + 1)) && opens(1) && !inside;
        let parted = is_e(self.byte(at + 2)) && opens(2);
        let widely = self.before(at, 1) >= 0x80 && self.byte(at + 1) >= 0x80;
        let after = at + if whole { 2 } else { 3 };
        (whole || parted || widely) && self.id_follows(after)
    }

    /// Whether a letter or digit is within reach, or what may fold to one.
    fn id_follows(&mut self, after: usize) -> bool {
        let end = (after + ID_REACH_BYTES).min(self.bytes.len());
        let start = after.max(self.no_id_until);
        self.no_id_until = end;
        let reach = self.bytes.get(start..end).unwrap_or_default();
        reach
            .iter()
            .any(|byte| byte.is_ascii_alphanumeric() || matches!(byte, 0xe2 | 0xef..))
    }

    fn spells(&self, at: usize, word: &[u8]) -> bool {
        self.bytes
            .get(at..at + word.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    fn two(&self, at: usize, lead: u8) -> bool {
        match (lead, self.byte(at + 1)) {
            // signs of Latin-1 except the soft hyphen and those that fold to letters or digits (ª ² ¼)
            (0xc2, 0xa0..=0xa9 | 0xab | 0xac | 0xae..=0xb1 | 0xb4..=0xb8 | 0xbb | 0xbf) => false,
            // × ÷ and the tones of bopomofo
            (0xc3, 0x97 | 0xb7) | (0xcb, 0x87 | 0x8a | 0x8b | 0x99) => false,
            _ => true,
        }
    }

    #[inline]
    fn is_watched(&self, at: usize) -> bool {
        let code = self.code(at);
        let bits = self.watched.bits.get(usize::from(code >> 6));
        bits.is_some_and(|bits| bits >> (code & 0x3f) & 1 != 0)
    }

    #[inline]
    fn code(&self, at: usize) -> u16 {
        match self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&[lead, second, third]) => {
                u16::from(lead) << 12 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f)
            }
            None => 0,
        }
    }

    #[cold]
    fn look(&mut self, at: usize) -> bool {
        let class = self.watched.classes.get(usize::from(self.code(at)));
        let next = self.byte(at + 3);
        match class {
            Some(CharClass::Bracket) => matches!(next, b'a' | b'A' | b'd' | b'D' | b'.'),
            Some(CharClass::Name) => self.opens_id(at + 3),
            Some(CharClass::Joiner) => {
                self.before(at, 1).is_ascii_graphic() || next.is_ascii_graphic()
            }
            Some(CharClass::Open) => true,
            Some(CharClass::Digit) => self.digits.add(self.nth),
            Some(CharClass::Plain) | None => false,
        }
    }

    /// Whether a character of four bytes passes the text: mathematical and enclosed letters and invisible characters
    /// do, most emoji and ideographs do not.
    fn four(&self, at: usize) -> bool {
        !matches!(
            (self.byte(at), self.byte(at + 1), self.byte(at + 2)),
            // emoji, except the segmented digits; rare ideographs, except compatibility forms
            (0xf0, 0x9f, 0x88..=0xae | 0xb0..) | (0xf0, 0xa0..=0xae, _)
        )
    }

    /// Whether an id may follow 賴: as a surname it goes on with a given name (賴清德); a sign, a letter or a filler
    /// (賴是abc1) means the messenger.
    fn opens_id(&mut self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let rest = rest.get(..4).unwrap_or(rest);
        let next = rest
            .utf8_chunks()
            .next()
            .and_then(|chunk| chunk.valid().chars().next());
        let leads = next.is_some_and(|ch| {
            let fold = fold_char(ch);
            let folded = fold.single().map_or(ch, |folded| folded.ch);
            is_filler(folded) || fold.kind() != CharKind::Letter
        });
        leads && self.id_follows(at)
    }
}

/// The bytes without one of these endings, if they have one.
fn without_end<'b>(bytes: &'b [u8], ends: &[&[u8]]) -> &'b [u8] {
    ends.iter()
        .find_map(|end| bytes.strip_suffix(*end))
        .unwrap_or(bytes)
}

fn class_of(ch: char) -> CharClass {
    let fold = fold_char(ch);
    match fold.kind() {
        CharKind::Hidden if matches!(ch, '\u{200d}' | '\u{fe0f}') => return CharClass::Joiner,
        CharKind::Hidden | CharKind::Mark => return CharClass::Open,
        _ => {}
    }
    let Some(single) = fold.single().map(|folded| folded.ch) else {
        let latin = fold.chars().any(|folded| folded.ch.is_ascii_alphanumeric());
        return if latin {
            CharClass::Open
        } else {
            CharClass::Plain
        };
    };
    match single {
        '賴' => CharClass::Name,
        '.' | '@' | '鼠' | '/' => CharClass::Open,
        '(' | '[' | '{' => CharClass::Bracket,
        _ if sounds_like_name(single) => CharClass::Name,
        _ if digit_of(single).is_some() => CharClass::Digit,
        _ if single.is_ascii_alphanumeric() => CharClass::Open,
        _ => CharClass::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_comments_are_let_go() {
        for text in [
            "",
            "早安，今天天氣真好 :)",
            "賴清德總統說，2024 年 GDP 成長 3.5%，一二三季都好。",
            "我三月五日要去台北，一起來！",
            "OK, that is fine... really",
            "❤️👍🏻 推 +1",
            "9.30 開始報名，到 10:30 為止",
            "房貸 2.06%，每月的本息 25,000 元",
            "（老實說）這樣也不錯。",
        ] {
            assert!(!may_hold(text), "{text}");
        }
    }

    #[test]
    fn every_disguise_is_let_in() {
        for text in [
            "０９１２３４５６７８",
            "零九一二三四五六七八",
            "①②③④⑤⑥⑦",
            "udn點com",
            "udn。com",
            "u\u{200b}dn com",
            "ｌｉｎｅ",
            "L I N E abc1",
            "加賴 abc1",
            "abc小老鼠gmail",
            "http://1.2.3.4",
            "me（at）x",
        ] {
            assert!(may_hold(text), "{text}");
        }
    }
}
