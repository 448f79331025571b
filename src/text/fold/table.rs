//! The fold table: pages of 256 entries behind one index. Equal pages (whole planes fold to themselves) are kept once.

/// How the matcher treats a folded character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum CharKind {
    /// A letter of a script without spaces: Chinese, kana, bopomofo.
    #[default]
    Letter,
    /// A letter or digit of a script with spaces between its words.
    Word,
    /// May separate the characters of a word: blanks, punctuation, symbols, emoji.
    Skip,
    /// As `Skip`, and it ends a sentence.
    Stop,
    /// Invisible; folds to nothing.
    Hidden,
    /// A combining mark on the character before it; folds to nothing.
    Mark,
}

impl CharKind {
    /// Whether terms are made of such characters, rather than separated by them.
    pub const fn is_dense(self) -> bool {
        matches!(self, Self::Letter | Self::Word)
    }
}

/// What one code point folds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct FoldEntry {
    /// The folded character; 0 if that is the code point itself. So equal pages of unchanged characters are one page.
    pub first: u32,
    /// Further folded characters (`㈱` has three in all): their start and number in [`FoldTable::rest`].
    pub rest_at: u16,
    pub rest_len: u8,
    pub kind: CharKind,
    /// The disguises that folding undid, as the bits of a set.
    pub undone: u8,
}

/// How many code points share one page.
pub(super) const PAGE: usize = 256;
/// The pages of all of Unicode.
pub(super) const PAGES: usize = 0x11_0000 / PAGE;

/// The whole fold: `index` gives the page of a code point, and `entries` holds page after page.
pub(super) struct FoldTable {
    pub index: Box<[u16]>,
    pub entries: Box<[FoldEntry]>,
    pub rest: Box<[char]>,
}

impl FoldTable {
    /// What a character folds to; what lies beyond the table is a letter that folds to itself.
    pub(super) fn entry(&self, ch: char) -> FoldEntry {
        let code = ch as usize;
        let page = self.index.get(code / PAGE).copied().unwrap_or_default();
        self.entries
            .get(usize::from(page) * PAGE + code % PAGE)
            .copied()
            .unwrap_or_default()
    }
}

/// Invisible by design, whatever its Unicode category: fillers, selectors, joiners, tag characters.
pub(super) const fn is_hidden(ch: char) -> bool {
    matches!(ch,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}
