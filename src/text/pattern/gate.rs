//! The gate: one pass over the bytes that lets most comments go.
//!
//! It may let in what holds nothing; it never turns away what [`super::find`] finds something in. Everything that could
//! disguise a pattern beside plain ASCII and Chinese (wide, circled and accented letters, invisible characters) lets in.

use std::sync::LazyLock;

use super::{
    contact::{FILLER_SIGNS_MAX, is_filler, sounds_like_name},
    signs::{GAP_CHARS_MAX, digit_of},
};
use crate::text::fold::{Kind, fold_char};

/// So many digits close together may be a number; the others may be letters.
const DIGITS_MIN: u32 = 7;
/// How far behind the messenger's name an id may begin.
const ID_REACH_BYTES: usize = 4 * (FILLER_SIGNS_MAX + 4);
const WIDE_BLANK: &[u8] = "\u{3000}".as_bytes();

/// One bit for every character that is written in three bytes: whether it needs a closer look.
static WATCHED: LazyLock<Box<[u64]>> = LazyLock::new(|| {
    let mut bits = vec![0_u64; 1 << 10];
    for code in 0x800..=0xffff_u32 {
        let watched = char::from_u32(code).is_some_and(|ch| class_of(ch) != Class::Plain);
        if let Some(word) = bits.get_mut(code as usize / 64) {
            *word |= u64::from(watched) << (code % 64);
        }
    }
    bits.into()
});

/// What a character beyond ASCII is to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Digit,
    /// 賴 and what sounds like it.
    Name,
    /// A dot, where a letter follows.
    Dot,
    /// Shows nothing: lets in beside ASCII.
    Hidden,
    /// Lets in wherever it stands.
    Open,
}

/// Whether a text may hold a pattern; almost always false for one that holds none.
///
/// ```
/// # use banzhu::text::pattern::may_hold;
/// assert!(may_hold("打 0912-345-678") && may_hold("見 udn.com") && may_hold("加賴 abc123"));
/// assert!(!may_hold("賴清德 2024 年 5 月就職，房價漲了 3.5%。") && !may_hold("OK, I see..."));
/// ```
pub fn may_hold(text: &str) -> bool {
    let mut watch = Watch {
        bytes: text.as_bytes(),
        watched: &WATCHED,
        nth: 0,
        digits: 0,
        last_digit: 0,
    };
    let mut at = 0;
    while let Some(&lead) = watch.bytes.get(at) {
        let (len, lets_in) = match lead {
            0..0x80 => (1, watch.ascii(at, lead)),
            0x80..0xe0 => (2, watch.two(at, lead)),
            0xe0..0xf0 => (3, watch.three(at)),
            _ => (4, watch.four(at)),
        };
        if lets_in {
            return true;
        }
        at += len;
        watch.nth += 1;
    }
    false
}

struct Watch<'t> {
    bytes: &'t [u8],
    watched: &'static [u64],
    /// How many characters were read.
    nth: u32,
    /// How many digits stand close together.
    digits: u32,
    last_digit: u32,
}

impl Watch<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    fn before(&self, at: usize, back: usize) -> u8 {
        at.checked_sub(back).map_or(0, |at| self.byte(at))
    }

    fn ascii(&mut self, at: usize, byte: u8) -> bool {
        match byte {
            b'0'..=b'9' => self.digit(),
            b'@' => true,
            b'.' => self.dot(at),
            b':' => self.byte(at + 1) == b'/',
            b'(' | b'[' | b'{' => matches!(self.byte(at + 1), b'a' | b'A' | b'd' | b'D' | b'.'),
            b'n' | b'N' => self.name(at),
            b'd' | b'D' => self.spells(at, b"dot"),
            _ => false,
        }
    }

    fn digit(&mut self) -> bool {
        let close = self.nth - self.last_digit <= GAP_CHARS_MAX + 1;
        self.digits = if close { self.digits + 1 } else { 1 };
        self.last_digit = self.nth;
        self.digits >= DIGITS_MIN
    }

    /// A letter follows, or a closing bracket, or blanks stand about it.
    fn dot(&self, at: usize) -> bool {
        let (before, after) = (self.before(at, 1), self.byte(at + 1));
        let blank =
            matches!(after, b' ' | b'\t' | 0xc2 | 0xe1 | 0xe2) || self.spells(at + 1, WIDE_BLANK);
        let parted = matches!(before, b' ' | b'\t' | 0x80..) && blank;
        after.is_ascii_alphabetic() || after == 0xef || parted
    }

    /// The end of `line`, `l1ne`, `l i n e`, with what may be an id behind it. Wide letters let in by themselves.
    fn name(&self, at: usize) -> bool {
        let like_i = |byte: u8| matches!(byte, b'i' | b'I' | b'1' | b'l' | b'L' | b'!' | 0x80..);
        let is_e = |byte: u8| matches!(byte, b'e' | b'E');
        let opens =
            |back: usize| like_i(self.before(at, back)) && like_i(self.before(at, back * 2));
        let inside = self.before(at, 3).is_ascii_alphanumeric();
        let whole = opens(1) && is_e(self.byte(at + 1)) && !inside;
        let parted = opens(2) && is_e(self.byte(at + 2));
        let widely = self.before(at, 1) >= 0x80 && self.byte(at + 1) >= 0x80;
        let after = at + if whole { 2 } else { 3 };
        (whole || parted || widely) && self.id_follows(after)
    }

    /// Whether a letter or digit stands within reach, or what may fold to one.
    fn id_follows(&self, after: usize) -> bool {
        let reach = self.bytes.get(after..).unwrap_or_default();
        let reach = reach.get(..ID_REACH_BYTES).unwrap_or(reach);
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
            // middle dot
            (0xc2, 0xb7) => self.host_follows(at + 2, false),
            // signs of Latin-1, without the soft hyphen and what folds to letters and digits
            (0xc2, 0xa0..=0xa9 | 0xab | 0xac | 0xae..=0xb1 | 0xb4..=0xb6 | 0xb8 | 0xbb | 0xbf) => {
                false
            }
            // × ÷ and the tones of bopomofo
            (0xc3, 0x97 | 0xb7) | (0xcb, 0x87 | 0x8a | 0x8b | 0x99) => false,
            _ => true,
        }
    }

    fn three(&mut self, at: usize) -> bool {
        let low = |at: usize| u32::from(self.byte(at) & 0x3f);
        let code = u32::from(self.byte(at) & 0xf) << 12 | low(at + 1) << 6 | low(at + 2);
        let word = self.watched.get(code as usize / 64).copied();
        if word.unwrap_or_default() >> (code % 64) & 1 == 0 {
            return false;
        }
        self.look(at, char::from_u32(code).unwrap_or_default())
    }

    fn look(&mut self, at: usize, ch: char) -> bool {
        match class_of(ch) {
            Class::Plain => false,
            Class::Digit => self.digit(),
            Class::Dot => self.host_follows(at + 3, ch != '。'),
            Class::Name => self.opens_id(at + 3),
            Class::Hidden => {
                let graphic = |byte: u8| byte.is_ascii_graphic();
                graphic(self.before(at, 1)) || graphic(self.byte(at + 3))
            }
            Class::Open => true,
        }
    }

    /// Mathematical and enclosed letters, and everything invisible, are written in four bytes, and so are emoji.
    fn four(&self, at: usize) -> bool {
        !matches!(
            (self.byte(at), self.byte(at + 1), self.byte(at + 2)),
            // emoji, without the digits of old terminals; rare ideographs, without compatibility forms
            (0xf0, 0x9f, 0x88..=0xae | 0xb0..) | (0xf0, 0xa0..=0xae, _)
        )
    }

    /// Whether a letter or digit comes next, with a blank or bracket before it or none.
    fn host_follows(&self, at: usize, wide_bracket: bool) -> bool {
        let skipped = usize::from(matches!(self.byte(at), b' ' | b')' | b']' | b'}'));
        let next = self.byte(at + skipped);
        let blank = next == b' ' || next == b'\t' || self.spells(at + skipped, WIDE_BLANK);
        next.is_ascii_alphanumeric() || blank || (wide_bracket && next == 0xef)
    }

    /// After 賴: a surname goes on with a name; an id, or words that lead to one, do not.
    fn opens_id(&self, at: usize) -> bool {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let rest = rest.get(..4).unwrap_or(rest);
        let next = rest
            .utf8_chunks()
            .next()
            .and_then(|chunk| chunk.valid().chars().next());
        let leads = next.is_some_and(|ch| {
            is_filler(fold_char(ch).single().map_or(ch, |folded| folded.ch))
                || fold_char(ch).kind() != Kind::Letter
        });
        leads && self.id_follows(at)
    }
}

fn class_of(ch: char) -> Class {
    let fold = fold_char(ch);
    match fold.kind() {
        Kind::Hidden => return Class::Hidden,
        Kind::Mark => return Class::Open,
        _ => {}
    }
    let Some(single) = fold.single().map(|folded| folded.ch) else {
        let latin = fold.chars().any(|folded| folded.ch.is_ascii_alphanumeric());
        return if latin { Class::Open } else { Class::Plain };
    };
    match single {
        '賴' => Class::Name,
        _ if sounds_like_name(single) => Class::Name,
        '點' | '。' | '‧' | '·' | '・' | '•' => Class::Dot,
        '.' | '@' | '鼠' | '/' => Class::Open,
        '(' | '[' | '{' => Class::Dot,
        _ => match digit_of(single) {
            Some(_) => Class::Digit,
            None if single.is_ascii_alphanumeric() => Class::Open,
            None => Class::Plain,
        },
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
            "9.30 開始，10:30 結束",
            "房貸 2.06%、本息 25,000 元",
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
