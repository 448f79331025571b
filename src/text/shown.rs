//! A text character by character, folded, skip characters kept; what shows nothing is left out.

use super::fold::{CharKind, fold_char};

/// A folded character and the bytes of the member's text that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The folded character.
    pub ch: char,
    /// What it is to the matcher.
    pub kind: CharKind,
    /// Where it starts in the text, in bytes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

/// Every character of a text that shows something. Reused from text to text.
#[derive(Debug, Clone, Default)]
pub struct ShownText {
    chars: Vec<Shown>,
}

impl ShownText {
    /// Takes a text in, in place of what was held before.
    pub fn set(&mut self, text: &str) {
        self.chars.clear();
        for (start, ch) in text.char_indices() {
            let fold = fold_char(ch);
            let (start, end) = (start as u32, (start + ch.len_utf8()) as u32);
            let shown = |folded: super::fold::FoldedChar| Shown {
                ch: folded.ch,
                kind: folded.kind,
                start,
                end,
            };
            match fold.single() {
                Some(only) => self.chars.push(shown(only)),
                None => self.chars.extend(fold.chars().map(shown)),
            }
        }
    }

    /// Its characters.
    pub fn chars(&self) -> &[Shown] {
        &self.chars
    }

    /// The first character that starts at this byte or after it.
    pub fn at_byte(&self, byte: usize) -> usize {
        self.chars
            .partition_point(|shown| (shown.start as usize) < byte)
    }
}
