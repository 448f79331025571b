//! A text as a stream of units: one small number for each letter or digit, with its place.
//!
//! Separators (blanks, punctuation, symbols, marks, invisible characters) leave no unit, and a repeated character
//! leaves one, so that a disguised word is a window of the word's own length: `幹 . 你你娘!` gives the three units of 幹你娘.
//! What was between them is looked at again only at a match. This pass runs over every byte of every comment, so it is
//! written for speed: one table look-up a character, four characters at a time where all take three bytes, and few
//! branches.

use std::sync::LazyLock;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

use super::{
    confusable,
    fold::{CharKind, fold_char, kind},
    pattern::is_digit,
    sound::Sound,
};

/// A unit: its code in the low 16 bits, its sound in the nine bits above, then the flag `ODD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unit(u32);

/// A unit's code: the folded character itself if it is in the first plane. Characters of other planes share the 6,400
/// numbers of the private use area, so where such a code is found ([`is_shared`]) the text itself says which character it
/// is.
pub type Code = u16;

/// The code of what leaves no unit.
pub const SKIP: Code = 0;
/// A syllable spelled in Latin letters.
pub const PINYIN: Code = 0xd800;
/// A syllable spelled in bopomofo.
pub const SYLLABLE: Code = 0xd801;
/// A sign that replaces a character.
pub const MASK: Code = 0xd802;
const RARE_FIRST: u32 = 0xe000;
const RARE_COUNT: u32 = 6_400;

const SOUND_SHIFT: u32 = 16;
const SOUND_BITS: u32 = 0x1ff;
const UNIT_BITS: u32 = ODD | (SOUND_BITS << SOUND_SHIFT) | 0xffff;
/// Set for what is no Chinese character, and for those that people write in place of another (口, 〇).
const ODD: u32 = 1 << 25;
/// Bopomofo symbols are not collapsed: ㄋㄋ are the initials of two words. Nor is what shares its code with others, which
/// only the slow path writes.
const KEEPS_RUN: u32 = CharKinds::SYMBOLS.0 | SLOW;
/// Set for a digit of any script, for counting.
const NUMERAL: u32 = 1 << 30;
/// Set in the table for a character that folds to several letters, and for what the table does not cover: the slow path
/// handles it.
const SLOW: u32 = 1 << 31;

/// Kinds of characters that a text holds, noticed while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CharKinds(u32);

impl CharKinds {
    /// Latin letters.
    pub const LETTERS: Self = Self(1 << 26);
    /// Bopomofo symbols.
    pub const SYMBOLS: Self = Self(1 << 27);
    /// Emoji, and signs that can replace a letter or a character.
    pub const SIGNS: Self = Self(1 << 28);
    /// Digits.
    pub const DIGITS: Self = Self(1 << 29);

    /// Whether any of these kinds is there.
    pub const fn any(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// These kinds and those.
    #[must_use]
    pub const fn with(self, kinds: Self) -> Self {
        Self(self.0 | kinds.0)
    }
}

impl Unit {
    /// A unit of this code and sound.
    pub fn new(code: Code, sound: Sound) -> Self {
        let odd = if is_odd(code) { ODD } else { 0 };
        Self(u32::from(code) | (u32::from(sound.0) << SOUND_SHIFT) | odd)
    }

    /// Whether it is no Chinese character, or one that people write in place of another.
    pub const fn is_odd(self) -> bool {
        self.0 & ODD != 0
    }

    /// The unit of a folded character.
    pub fn of(ch: char) -> Self {
        match TABLE.get(ch as usize) {
            Some(entry) if entry & 0xffff != 0 => Self(entry & UNIT_BITS),
            _ => Self::computed(ch),
        }
    }

    fn computed(ch: char) -> Self {
        Self::new(code_of(ch), Sound::of(ch))
    }

    /// Its code.
    pub const fn code(self) -> Code {
        self.0 as u16
    }

    /// Its sound.
    pub const fn sound(self) -> Sound {
        Sound(((self.0 >> SOUND_SHIFT) & SOUND_BITS) as u16)
    }
}

/// Characters that people write in place of another.
pub const MASK_CHARS: [char; 5] = ['x', 'o', '口', '囗', '〇'];

fn is_odd(code: Code) -> bool {
    code < 0x2e80
        || matches!(code, 0x3040..=0x312f | PINYIN..=0xdfff)
        || MASK_CHARS.iter().any(|ch| *ch as u32 == u32::from(code))
}

/// The code of a folded character.
pub fn code_of(ch: char) -> Code {
    let code = ch as u32;
    u16::try_from(code).unwrap_or((RARE_FIRST + code % RARE_COUNT) as u16)
}

/// Whether several characters have this code.
pub const fn is_shared(code: Code) -> bool {
    matches!(code, 0xe000..=0xf8ff)
}

/// Whether a run of this character leaves one unit.
pub const fn collapses(ch: char) -> bool {
    !keeps_run(ch) && (ch as u32) < 0x1_0000
}

/// Whether repeats of a character are kept: bopomofo symbols are the initials of words.
pub const fn keeps_run(ch: char) -> bool {
    matches!(ch, 'ㄅ'..='ㄩ')
}

/// How a text is turned into units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPolicy {
    /// Every character leaves a unit.
    Kept,
    /// A run of one character leaves one unit.
    Collapsed,
}

/// A text as units, each with its start. Reused from text to text, so that it stops allocating.
#[derive(Debug, Clone, Default)]
pub struct Units {
    /// Only the first `len` are of this text: the vectors keep the greatest length that was needed.
    units: Vec<Unit>,
    starts: Vec<u32>,
    len: usize,
    seen: CharKinds,
    numerals: u32,
}

/// Spare room behind the last unit, so that [`UnitWriter::write`] may write beyond it.
const SPARE: usize = 32;
/// The most characters that one character folds to.
const FOLDED_MAX: usize = 24;

impl Units {
    /// Turns `text` into units; what was held before is dropped.
    pub fn set(&mut self, text: &str, runs: RunPolicy) {
        let room = text.len() + SPARE;
        if self.units.len() < room {
            self.units.resize(room, Unit::default());
            self.starts.resize(room, 0);
        }
        (self.len, self.seen) = (0, CharKinds::default());
        match runs {
            RunPolicy::Kept => self.fill::<false>(text),
            RunPolicy::Collapsed => self.fill::<true>(text),
        }
    }

    /// The units.
    pub fn units(&self) -> &[Unit] {
        self.units.get(..self.len).unwrap_or_default()
    }

    /// Where each unit starts in the text, in bytes.
    pub fn starts(&self) -> &[u32] {
        self.starts.get(..self.len).unwrap_or_default()
    }

    /// How many digits of any script were seen, repeats counted.
    pub const fn numerals(&self) -> u32 {
        self.numerals
    }

    /// What kinds of characters were seen.
    pub const fn seen(&self) -> CharKinds {
        self.seen
    }

    fn fill<const COLLAPSE: bool>(&mut self, text: &str) {
        let table: &[u32; 0x1_0000] = &TABLE;
        let bytes = text.as_bytes();
        let mut at = 0_usize;
        let mut writer = UnitWriter::default();
        // A character of the table leaves at most one unit, and there is room for a unit for each byte that is left.
        let (mut units, mut starts) = (&mut self.units[..], &mut self.starts[..]);
        while at < bytes.len() {
            while let Some(codes) = bytes
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .and_then(four_of_three)
            {
                let entries = codes.map(|code| table[usize::from(code)]);
                // one test for all four: if any is slow, they are read one by one below
                if (entries[0] | entries[1] | entries[2] | entries[3]) & SLOW != 0 {
                    break;
                }
                for entry in entries {
                    writer.write::<COLLAPSE>(units, starts, entry, at);
                    at += 3;
                }
            }
            let (entry, width) = match bytes.get(at..) {
                Some([lead, second, third, ..]) if lead & 0xf0 == 0xe0 => {
                    let code = (u32::from(lead & 0x0f) << 12)
                        | (u32::from(second & 0x3f) << 6)
                        | u32::from(third & 0x3f);
                    (table[code as u16 as usize], 3)
                }
                Some([lead, ..]) if *lead < 0x80 => (table[usize::from(*lead)], 1),
                Some([lead, second, ..]) if lead & 0xe0 == 0xc0 => {
                    let code = (u16::from(lead & 0x1f) << 6) | u16::from(second & 0x3f);
                    (table[usize::from(code)], 2)
                }
                Some([_, ..]) => (SLOW, 4),
                _ => break,
            };
            if entry & SLOW == 0 {
                writer.write::<COLLAPSE>(units, starts, entry, at);
            } else {
                // a character may fold to more units than it has bytes, which the first allocation
                // did not provide for
                let room = writer.len + FOLDED_MAX + bytes.len() - at + SPARE;
                if self.units.len() < room {
                    self.units.resize(room, Unit::default());
                    self.starts.resize(room, 0);
                }
                (units, starts) = (&mut self.units[..], &mut self.starts[..]);
                slow(text, at, |entry| {
                    writer.write::<COLLAPSE>(units, starts, entry, at)
                });
            }
            at += width;
        }
        (self.len, self.seen, self.numerals) =
            (writer.len, CharKinds(writer.seen), writer.numerals);
    }
}

/// The code points of four characters of three bytes each, if the text goes on with four such (Chinese nearly always
/// does).
///
/// A character of three bytes is `1110xxxx 10yyyyyy 10zzzzzz`. Bytes 0 to 7 are read as one little-endian number, which
/// has the lead bytes of the first two characters at bits 0 and 24; bytes 6 to 13 likewise have those of the other two.
/// One mask tests both leads, and `code` gathers x, y and z from the low 24 bits. 幹 is E5 B9 B9, as a number 0xB9B9E5:
/// x = 5, y = z = 0x39, together 0x5E79.
#[inline]
fn four_of_three(bytes: &[u8; 14]) -> Option<[u16; 4]> {
    const LEADS: u64 = 0xf000_00f0;
    const THREE: u64 = 0xe000_00e0;
    let wide = |at: usize| {
        bytes
            .get(at..)
            .and_then(<[u8]>::first_chunk)
            .map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    let (left, right) = (wide(0), wide(6));
    if (left & LEADS) != THREE || (right & LEADS) != THREE {
        return None;
    }
    let code =
        |wide: u64| (((wide & 0x0f) << 12) | ((wide >> 2) & 0xfc0) | ((wide >> 16) & 0x3f)) as u16;
    Some([code(left), code(left >> 24), code(right), code(right >> 24)])
}

/// Where the next unit goes, and what was seen so far.
#[derive(Default)]
struct UnitWriter {
    len: usize,
    last: u32,
    seen: u32,
    numerals: u32,
}

impl UnitWriter {
    /// Writes the unit of an entry, and moves on only if it counts. A unit that does not count (a separator, a repeat)
    /// is written too and overwritten by the next one: so there is no branch, which the processor would often predict
    /// wrongly.
    #[inline]
    fn write<const COLLAPSE: bool>(
        &mut self,
        units: &mut [Unit],
        starts: &mut [u32],
        entry: u32,
        at: usize,
    ) {
        let unit = entry & UNIT_BITS;
        let shown = unit & 0xffff != 0;
        let again = COLLAPSE && unit == self.last && entry & KEEPS_RUN == 0;
        if let (Some(unit_at), Some(start)) = (units.get_mut(self.len), starts.get_mut(self.len)) {
            (*unit_at, *start) = (Unit(unit), at as u32);
        }
        self.seen |= entry;
        self.numerals += (entry / NUMERAL) & 1;
        // separators do not reset it: 你 . 你 is a repeat, too
        self.last = if shown { unit } else { self.last };
        self.len += usize::from(shown & !again);
    }
}

/// The slow path: the entries of a character of another plane, or of one that folds to several.
fn slow(text: &str, at: usize, mut each: impl FnMut(u32)) {
    let ch = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .unwrap_or('\u{fffd}');
    let fold = fold_char(ch);
    match fold.kind() {
        CharKind::Hidden | CharKind::Mark => return,
        CharKind::Skip => each(flags_of_skipped(ch)),
        CharKind::Letter | CharKind::Word | CharKind::Stop => {}
    }
    // folded signs leave no unit, but the text must still be known to have signs
    fold.chars()
        .filter(|folded| !folded.kind.is_dense())
        .for_each(|folded| each(flags_of_skipped(folded.ch)));
    for folded in fold
        .chars()
        .filter(|folded| folded.kind.is_dense())
        .take(FOLDED_MAX)
    {
        let shared = if collapses(folded.ch) { 0 } else { SLOW };
        each(Unit::computed(folded.ch).0 | flags_of(folded.ch) | shared);
    }
}

/// For each character of the first plane its unit and its flags.
static TABLE: LazyLock<Box<[u32; 0x1_0000]>> = LazyLock::new(|| {
    let mut table = Box::new([0; 0x1_0000]);
    for (code, entry) in table.iter_mut().enumerate() {
        if let Some(ch) = char::from_u32(code as u32) {
            *entry = entry_of(ch);
        }
    }
    table
});

fn entry_of(ch: char) -> u32 {
    let fold = fold_char(ch);
    // what looks like a Latin letter calls for the readings that Latin letters do
    let alike = confusable::letter_of(ch).map_or(0, |_| CharKinds::LETTERS.0);
    alike
        | match (fold.kind(), fold.single()) {
            (CharKind::Hidden | CharKind::Mark, _) => 0,
            (_, None) if fold.chars().any(|folded| folded.kind.is_dense()) => SLOW,
            (kind, None) => {
                let own = if kind == CharKind::Skip {
                    flags_of_skipped(ch)
                } else {
                    0
                };
                let folded = fold.chars().map(|folded| flags_of_skipped(folded.ch));
                folded.fold(own, |flags, more| flags | more)
            }
            (_, Some(only)) if only.kind.is_dense() => {
                Unit::computed(only.ch).0 | flags_of(only.ch)
            }
            (_, Some(only)) => flags_of_skipped(only.ch),
        }
}

/// The flags of a character that leaves no unit.
fn flags_of_skipped(ch: char) -> u32 {
    let sign = if is_sign(ch) { CharKinds::SIGNS.0 } else { 0 };
    // circled digits that do not fold to digits may spell an id, as letters do
    let circled = if is_digit(ch) {
        CharKinds::LETTERS.0 | NUMERAL
    } else {
        0
    };
    sign | circled
}

fn flags_of(ch: char) -> u32 {
    let numeral = if is_digit(ch) { NUMERAL } else { 0 };
    match ch {
        'a'..='z' => CharKinds::LETTERS.0,
        'ㄅ'..='ㄩ' => CharKinds::SYMBOLS.0,
        _ if ch.is_numeric() && kind(ch) == CharKind::Word => CharKinds::DIGITS.0 | numeral,
        _ => numeral,
    }
}

/// Symbols and emoji can be words or replace characters; ordinary punctuation cannot.
pub fn is_sign(ch: char) -> bool {
    match ch {
        '*' | '#' | '@' | '●' | '○' | '◯' | '□' | '■' | '◎' => true,
        '~' | '=' | '>' | '^' => false,
        _ => matches!(
            get_general_category(ch),
            Category::OtherSymbol | Category::MathSymbol | Category::CurrencySymbol
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str, runs: RunPolicy) -> String {
        let mut units = Units::default();
        units.set(text, runs);
        let chars = units
            .units()
            .iter()
            .map(|unit| char::from_u32(u32::from(unit.code())));
        chars.map(|ch| ch.unwrap_or('?')).collect()
    }

    #[test]
    fn separators_and_repeats_leave_no_unit() {
        assert_eq!(codes("幹 . 你\u{200b}娘！", RunPolicy::Collapsed), "幹你娘");
        assert_eq!(codes("白白 白痴痴", RunPolicy::Collapsed), "白痴");
        assert_eq!(codes("白白 白痴痴", RunPolicy::Kept), "白白白痴痴");
        assert_eq!(codes("ㄍㄋㄋ", RunPolicy::Collapsed), "ㄍㄋㄋ");
        assert_eq!(codes("ＦＵＵck ㈱🙂", RunPolicy::Collapsed), "fuck株");
    }

    #[test]
    fn units_know_where_they_start() {
        let mut units = Units::default();
        units.set("a 你\u{308}𠦝b", RunPolicy::Collapsed);
        assert_eq!(units.starts(), [0, 2, 7, 11]);
        assert!(
            units.seen().any(CharKinds::LETTERS)
                && !units.seen().any(CharKinds::DIGITS.with(CharKinds::SIGNS))
        );
        units.set("🐔", RunPolicy::Collapsed);
        assert!(units.seen().any(CharKinds::SIGNS) && units.units().is_empty());
    }

    #[test]
    fn no_sign_goes_unnoticed() {
        let mut units = Units::default();
        for ch in '\0'..=char::MAX {
            if fold_char(ch).chars().any(|folded| is_sign(folded.ch)) {
                units.set(ch.encode_utf8(&mut [0; 4]), RunPolicy::Collapsed);
                assert!(units.seen().any(CharKinds::SIGNS), "{ch}");
            }
        }
    }
}
