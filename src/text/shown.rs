//! A text as a list of its visible characters, folded, blanks and punctuation kept.

use super::{
    confusable::letter_of,
    fold::{CharKind, fold_char},
};

/// A folded character and the bytes of the member's text that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The folded character.
    pub ch: char,
    /// How the matcher treats it.
    pub kind: CharKind,
    /// Where it starts in the text, in bytes.
    pub start: u32,
    /// The byte after its last one.
    pub end: u32,
    /// The Latin letter that it looks like as it is written, if that is another one: f for ᖴ, l for the I of asshoIe.
    pub latin: Option<char>,
    /// Whether a joiner stands before it: it is part of one emoji with the one before (👩‍⚕️).
    pub joined: bool,
}

/// Every visible character of a text. Reused from text to text, so that it stops allocating.
#[derive(Debug, Clone, Default)]
pub struct ShownText {
    chars: Vec<Shown>,
}

impl ShownText {
    /// Reads a text; what was held before is dropped.
    pub fn set(&mut self, text: &str) {
        self.chars.clear();
        let (mut joined, mut small) = (false, false);
        for (start, ch) in text.char_indices() {
            let fold = fold_char(ch);
            let (start, end) = (start as u32, (start + ch.len_utf8()) as u32);
            let latin = match ch {
                'I' if small => Some('l'),
                _ => letter_of(ch),
            };
            small = ch.is_ascii_lowercase();
            let shown = |folded: super::fold::FoldedChar| Shown {
                ch: folded.ch,
                kind: folded.kind,
                start,
                end,
                latin,
                joined,
            };
            match fold.single() {
                Some(only) => self.chars.push(shown(only)),
                None => self.chars.extend(fold.chars().map(shown)),
            }
            joined = ch == '\u{200d}';
        }
    }

    /// The characters, in order.
    pub fn chars(&self) -> &[Shown] {
        &self.chars
    }

    /// The index of the first character that starts at this byte or after it.
    pub fn at_byte(&self, byte: usize) -> usize {
        self.chars
            .partition_point(|shown| (shown.start as usize) < byte)
    }
}
