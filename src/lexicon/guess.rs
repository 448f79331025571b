//! Whether a guess stands. A term whose characters were replaced (白吃 for 白痴) is guessed: it counts only where the text is
//! dearer to read as ordinary Chinese than it would be if somebody had written the term in disguise.
//!
//! The ordinary reading is the cheapest segmentation of the characters, with up to four on either side, into
//! [words](super::ordinary): what it costs beyond what the neighbours cost by themselves is what the characters cost in
//! bits. 垃圾[執政]黨 costs less than nothing, since 執政黨 is one word; 淦您娘 costs 45 bits, more than any three
//! characters that mean themselves.

use std::ops::Range;

use super::ordinary::{AROUND, Piece, READ_PIECES, WordNotes, Words, WordsHere};
use crate::text::{
    Disguise, Disguises,
    fold::CharKind,
    shown::{Shown, ShownText},
    token,
    units::{code_of, is_sign, keeps_run},
};

/// Disguises that leave every character what it is: a hit with no others is sure.
const SURE: [Disguise; 6] = [
    Disguise::Width,
    Disguise::Case,
    Disguise::Marks,
    Disguise::Separators,
    Disguise::Variant,
    Disguise::Repeat,
];

/// Whether a hit with these disguises undone, besides that of a listed spelling, is guessed.
pub fn is_guessed(undone: Disguises) -> bool {
    !SURE.into_iter().fold(undone, Disguises::without).is_empty()
}

/// Characters as common as these (是, 有, 在), in half bits, mean themselves: they replace no other.
const EVERYDAY_LEVEL_MIN: u8 = 36;

/// Whether a character is too common to be written for what it sounds like.
pub(super) fn means_itself(here: WordsHere) -> bool {
    here.everyday_level(1) >= Some(EVERYDAY_LEVEL_MIN)
}

/// What a guess must cost as ordinary words, in bits, by the term's length: two characters, three, more. Set by
/// `tests/margins.rs`, on 22,699 harmless lines of our own and on the terms of our lists with one character disguised. Of
/// homophones 16, 57 and 5 are left in the harmless lines, nearly all of them the insult itself, quoted in another
/// spelling, and .92, .99 and 1.0 of the disguises that are looked at stand; initials .98, .99, 1.0; reversed .74, .99, 1.0.
type Margin = [u16; 3];

const HOMOPHONE: Margin = [24, 26, 30];
const SPELLED: Margin = [20, 24, 28];
const MASKED: Margin = [22, 22, 26];
const REVERSED: Margin = [26, 28, 30];
const SHOWN: Margin = [18, 18, 22];

/// What a guess with these disguises must cost, in half bits.
pub(super) fn half_bits_needed(undone: Disguises, chars: usize) -> u16 {
    let has = |kind: Disguise| undone.contains(kind);
    let margin = if has(Disguise::Reversed) {
        REVERSED
    } else if has(Disguise::Homophone) {
        HOMOPHONE
    } else if has(Disguise::Mask) {
        MASKED
    } else if [Disguise::Pinyin, Disguise::Bopomofo, Disguise::Initials]
        .into_iter()
        .any(has)
    {
        SPELLED
    } else {
        SHOWN
    };
    2 * margin[chars.clamp(2, 4) - 2]
}

/// A run of Latin letters or digits, in half bits: as common as a word if it is a known one, else rarer than most, and the
/// rarer the longer it is.
const KNOWN_TOKEN: u16 = 12;
const TOKEN: u16 = 28;
const TOKEN_LETTER: u16 = 8;
/// A bopomofo symbol that is written for a particle, and any other one.
const PARTICLE: u16 = 16;
const SYMBOL: u16 = 28;
/// An emoji, or a sign, that is read as a character.
const SIGN: u16 = 20;
/// Bopomofo symbols that are written for particles: ㄉ for 的, ㄅ for 吧, ㄇ for 嗎.
const PARTICLES: [char; 12] = [
    'ㄅ', 'ㄇ', 'ㄉ', 'ㄋ', 'ㄌ', 'ㄎ', 'ㄏ', 'ㄘ', 'ㄚ', 'ㄛ', 'ㄝ', 'ㄟ',
];

/// What these bytes of the text cost as ordinary words, in half bits; `None` if they are too many to be looked at.
pub(super) fn ordinary_half_bits(
    (shown, notes): (&ShownText, &mut WordNotes),
    bytes: &Range<usize>,
    undone: Disguises,
) -> Option<u16> {
    let chars = shown.chars();
    let (from, to) = (shown.at_byte(bytes.start), shown.at_byte(bytes.end));
    let before = chars.get(..from)?.iter().rev().take(AROUND);
    let left = before.take_while(|shown| is_han(shown)).count();
    let after = chars.get(to..)?.iter().take(AROUND);
    let right = after.take_while(|shown| is_han(shown)).count();
    let signs = undone.contains(Disguise::Emoji) || undone.contains(Disguise::Mask);

    let mut pieces = Pieces::default();
    pieces.add(chars, from - left..from, signs)?;
    let start = pieces.len;
    pieces.add(chars, from..to, signs)?;
    let end = pieces.len;
    pieces.add(chars, to..to + right, signs)?;

    let code = |at: usize| chars.get(at).filter(|shown| is_han(shown));
    let code = |at: usize| code(at).map_or(0, |shown| code_of(shown.ch));
    let mut cost = |pieces: &[Piece]| Words::half_bits(pieces, |place| notes.at(place, code));
    let all = cost(&pieces.pieces[..pieces.len]);
    let around = cost(&pieces.pieces[..start]) + cost(&pieces.pieces[end..pieces.len]);
    Some(all.saturating_sub(around))
}

struct Pieces {
    pieces: [Piece; READ_PIECES],
    len: usize,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            pieces: [Piece::Wall; READ_PIECES],
            len: 0,
        }
    }
}

impl Pieces {
    /// Adds the pieces of some characters; `None` if there is no room.
    fn add(&mut self, chars: &[Shown], part: Range<usize>, signs: bool) -> Option<()> {
        let end = part.end;
        let mut rest = chars.get(part)?;
        while let Some(first) = rest.first() {
            let token = rest.iter().take_while(|shown| is_latin(shown)).count();
            let piece = match first.ch {
                _ if token > 0 => Piece::Priced(token_half_bits(&rest[..token])),
                _ if is_han(first) => Piece::Char(end - rest.len()),
                ch if PARTICLES.contains(&ch) => Piece::Priced(PARTICLE),
                ch if keeps_run(ch) || first.kind.is_dense() => Piece::Priced(SYMBOL),
                ch if signs && is_sign(ch) => Piece::Priced(SIGN),
                _ => Piece::Wall,
            };
            *self.pieces.get_mut(self.len)? = piece;
            self.len += 1;
            rest = &rest[token.max(1)..];
        }
        Some(())
    }
}

fn token_half_bits(run: &[Shown]) -> u16 {
    if token::is_known(run.iter().map(|shown| shown.ch)) {
        return KNOWN_TOKEN;
    }
    u16::try_from(run.len())
        .unwrap_or(u16::MAX)
        .saturating_mul(TOKEN_LETTER)
        .max(TOKEN)
}

/// The longest run of letters that are all initials.
const INITIALS_MAX: usize = 4;

/// Whether a run of Latin letters or digits in these bytes is a word of its own: a known token, a lone capital among
/// blanks, or too much beside a mask or for initials.
pub(super) fn holds_token(
    shown: &ShownText,
    text: &str,
    bytes: &Range<usize>,
    undone: Disguises,
    latin: bool,
) -> bool {
    let (masked, initials) = (
        undone.contains(Disguise::Mask),
        undone.contains(Disguise::Initials),
    );
    let chars = shown.chars();
    let (from, to) = (shown.at_byte(bytes.start), shown.at_byte(bytes.end));
    if latin {
        // m*g, but not the you of fuck you
        return is_known_whole(chars, from, to);
    }
    let mut at = from;
    while at < to {
        let rest = chars.get(at..).unwrap_or_default();
        let run = &rest[..rest.iter().take_while(|shown| is_latin(shown)).count()];
        if run.is_empty() {
            at += 1;
            continue;
        }
        let masks = run.len() <= 2 && run.iter().all(|shown| matches!(shown.ch, 'x' | 'o'));
        let strange = (masked && !masks) || (initials && run.len() > INITIALS_MAX);
        if strange || is_label(text, run) || is_known(chars, at) {
            return true;
        }
        at += run.len();
    }
    false
}

/// 體操 S 你: one capital letter with a blank on either side.
fn is_label(text: &str, run: &[Shown]) -> bool {
    let [only] = run else { return false };
    let (start, end) = (only.start as usize, only.end as usize);
    let blank = |ch: Option<char>| ch.is_some_and(char::is_whitespace);
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let behind = text.get(end..).and_then(|text| text.chars().next());
    let is_capital = text
        .get(start..end)
        .is_some_and(|own| own.chars().all(char::is_uppercase));
    is_capital && (blank(before) || blank(behind))
}

/// Whether the run that begins here, or the one with signs that it is in, is a known token: DPP, C#, AT&T.
fn is_known(chars: &[Shown], at: usize) -> bool {
    let run = chars[at..].iter().take_while(|shown| is_latin(shown));
    token::is_known(run.map(|shown| shown.ch)) || is_known_whole(chars, at, at + 1)
}

/// Whether the letters, digits and signs around these are one known token, which they are all in.
fn is_known_whole(chars: &[Shown], from: usize, to: usize) -> bool {
    let joins =
        |shown: &&Shown| is_latin(shown) || matches!(shown.ch, '*' | '#' | '+' | '&' | '-' | '.');
    let before = chars[..from].iter().rev().take(TOKEN_AROUND);
    let from = from - before.take_while(joins).count();
    let run = chars[from..]
        .iter()
        .take(2 * TOKEN_AROUND)
        .take_while(joins);
    from + run.clone().count() >= to && token::is_known(run.map(|shown| shown.ch))
}

/// How far on each side a run is read together with signs.
const TOKEN_AROUND: usize = 8;

fn is_han(shown: &Shown) -> bool {
    matches!(shown.ch, '\u{3400}'..='\u{9fff}')
}

fn is_latin(shown: &Shown) -> bool {
    shown.kind == CharKind::Word && shown.ch.is_ascii_alphanumeric()
}
