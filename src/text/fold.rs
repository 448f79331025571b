//! The fold: what a character becomes before anything is compared.
//!
//! Per code point: compatibility form (NFKC), lower case, marks dropped, then the variant table. The table is laid out
//! once, as pages of 256 entries behind one index, so that a text is folded by two array reads a character.

mod build;

use std::sync::LazyLock;

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// What a folded character is to the matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum CharKind {
    /// A letter of a script without spaces: Chinese, kana, bopomofo.
    #[default]
    Letter,
    /// A letter or digit of a script with spaces between its words.
    Word,
    /// May stand between the characters of a word: blanks, punctuation, symbols, emoji.
    Skip,
    /// As `Skip`, and a sentence ends here.
    Stop,
    /// Shows nothing and folds to nothing.
    Hidden,
    /// A mark on the character before it; folds to nothing.
    Mark,
}

impl CharKind {
    /// Whether terms are made of such characters.
    pub const fn is_dense(self) -> bool {
        matches!(self, Self::Letter | Self::Word)
    }
}

/// What one code point folds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct FoldEntry {
    /// The folded character; 0 where it is the code point itself.
    first: u32,
    /// Where more folded characters start, and how many.
    rest_at: u16,
    rest_len: u8,
    kind: CharKind,
    /// The disguises that folding undid.
    undone: u8,
}

const PAGE: usize = 256;
const PAGES: usize = 0x11_0000 / PAGE;

/// The whole fold, laid out flat.
struct FoldTable {
    index: Box<[u16]>,
    entries: Box<[FoldEntry]>,
    rest: Box<[char]>,
}

static TABLE: LazyLock<FoldTable> = LazyLock::new(build::table);

/// What is known of one folded character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldedChar {
    /// The character.
    pub ch: char,
    /// What it is to the matcher.
    pub kind: CharKind,
}

/// One code point, folded: no character, one, or several (㈱, ﬁ).
pub struct Fold {
    entry: FoldEntry,
    first: char,
}

impl Fold {
    /// What the original is; `Hidden` and `Mark` have no folded characters.
    pub const fn kind(&self) -> CharKind {
        self.entry.kind
    }

    /// The disguises undone, as bits of a set.
    pub const fn undone(&self) -> u8 {
        self.entry.undone
    }

    /// The only folded character, where there is just one.
    pub const fn single(&self) -> Option<FoldedChar> {
        match self.entry {
            FoldEntry {
                kind: CharKind::Hidden | CharKind::Mark,
                ..
            } => None,
            FoldEntry {
                rest_len: 0, kind, ..
            } => Some(FoldedChar {
                ch: self.first,
                kind,
            }),
            _ => None,
        }
    }

    /// All folded characters, without their kinds.
    pub fn into_chars(self) -> impl Iterator<Item = char> {
        let shown = !matches!(self.entry.kind, CharKind::Hidden | CharKind::Mark);
        let start = usize::from(self.entry.rest_at);
        let rest = TABLE
            .rest
            .get(start..start + usize::from(self.entry.rest_len));
        shown
            .then_some(self.first)
            .into_iter()
            .chain(rest.unwrap_or_default().iter().copied())
    }

    /// All folded characters, each with its own kind.
    pub fn chars(&self) -> impl Iterator<Item = FoldedChar> {
        let shown = !matches!(self.entry.kind, CharKind::Hidden | CharKind::Mark);
        let start = usize::from(self.entry.rest_at);
        let rest = TABLE
            .rest
            .get(start..start + usize::from(self.entry.rest_len))
            .unwrap_or_default();
        let first = shown.then_some(FoldedChar {
            ch: self.first,
            kind: self.entry.kind,
        });
        first
            .into_iter()
            .chain(rest.iter().map(|&ch| FoldedChar { ch, kind: kind(ch) }))
    }
}

/// Looks one character up.
pub fn fold_char(ch: char) -> Fold {
    let entry = TABLE.entry(ch);
    let first = if entry.first == 0 {
        ch
    } else {
        char::from_u32(entry.first).unwrap_or(ch)
    };
    Fold { entry, first }
}

/// What a character that is folded already is to the matcher.
pub fn kind(ch: char) -> CharKind {
    TABLE.entry(ch).kind
}

impl FoldTable {
    fn entry(&self, ch: char) -> FoldEntry {
        let code = ch as usize;
        let page = self.index.get(code / PAGE).copied().unwrap_or_default();
        self.entries
            .get(usize::from(page) * PAGE + code % PAGE)
            .copied()
            .unwrap_or_default()
    }
}

/// The folded text: NFKC, lower case, marks and invisible characters dropped, variants unified; skip characters stay
/// as they fold.
///
/// ```
/// # use banzhu::text::fold::folded;
/// assert_eq!(folded("ＦüＣk̈, 鷄排 ㈱"), "fuck, 雞排 (株)");
/// ```
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        out.extend(fold_char(ch).chars().map(|folded| folded.ch));
    }
    out
}

/// Whether it shows something: not only blanks, controls, zero-width and format characters, or lone marks.
///
/// ```
/// # use banzhu::text::is_visible;
/// assert!(is_visible("。") && is_visible("🙂"));
/// assert!(!is_visible("\u{200b} \u{3000}\u{feff}\u{301}"));
/// ```
pub fn is_visible(text: &str) -> bool {
    text.chars().any(shows)
}

fn shows(ch: char) -> bool {
    use Category::{
        Control, EnclosingMark, Format, LineSeparator, NonspacingMark, ParagraphSeparator,
        SpaceSeparator, Surrogate,
    };
    let blank = matches!(ch, '\u{2800}') || ch.is_whitespace() || is_hidden(ch);
    let category = get_general_category(ch);
    !blank
        && !matches!(
            category,
            Control | Format | NonspacingMark | EnclosingMark | Surrogate
        )
        && !matches!(
            category,
            SpaceSeparator | LineSeparator | ParagraphSeparator
        )
}

/// Invisible by design, whatever its category: fillers, selectors, joiners, tag characters.
const fn is_hidden(ch: char) -> bool {
    matches!(ch,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_texts_meet_in_one_form() {
        let same = [
            ("白癡", "白痴"),
            ("鷄排", "雞排"),
            ("鸡掰", "雞掰"),
            ("ＦＵＣＫ", "fuck"),
            ("𝒻𝓊𝒸𝓀", "fuck"),
            ("ⓕⓤⓒⓚ", "fuck"),
            ("🅕🅤🅒🅚", "fuck"),
            ("FüCk\u{308}", "fuck"),
            ("f\u{300}\u{301}\u{302}uck", "fuck"),
            ("⼥", "女"),
            ("妈\u{200b}的", "媽的"),
            ("臺灣", "台灣"),
            ("幹\u{e0100}", "幹"),
            ("榦", "幹"),
            ("İ", "i"),
            ("ﬁ", "fi"),
            ("：", ":"),
        ];
        for (written, meant) in same {
            assert_eq!(folded(written), folded(meant), "{written}");
            assert_eq!(folded(&folded(written)), folded(written), "{written}");
        }
    }

    #[test]
    fn what_has_several_readings_is_left_alone() {
        for ch in [
            "干", "发", "后", "里", "只", "么", "奸", "杯", "背", "が", "ㄍ",
        ] {
            assert_eq!(folded(ch), ch);
        }
        assert_eq!(folded("⼲"), "干");
    }

    #[test]
    fn folding_any_character_twice_is_folding_it_once() {
        for ch in '\0'..=char::MAX {
            let once = folded(ch.encode_utf8(&mut [0; 4]));
            assert_eq!(folded(&once), once, "U+{:04X}", ch as u32);
        }
    }
}
