//! The fold: what a character becomes before anything is compared.
//!
//! Per code point: compatibility form (NFKC), lower case, marks dropped, then the variant table: `Ａ` becomes `a`, `é`
//! becomes `e`, `妈` becomes `媽`. The result for all of Unicode is computed once, at first use, as pages of 256 entries
//! behind one index, so that folding a character costs two array reads.

mod build;
mod table;

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};
use unicode_general_category::{GeneralCategory as Category, get_general_category};

pub use table::CharKind;
use table::{FoldEntry, FoldTable, is_hidden};

static TABLE: LazyLock<FoldTable> = LazyLock::new(build::table);
static FINGERPRINT: LazyLock<[u8; 8]> = LazyLock::new(taken_fingerprint);

/// One folded character and its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldedChar {
    /// The folded character.
    pub ch: char,
    /// How the matcher treats it.
    pub kind: CharKind,
}

/// One code point, folded: no character, one, or several (㈱, ﬁ).
pub struct Fold {
    entry: FoldEntry,
    first: char,
}

impl Fold {
    /// The kind of the original character; `Hidden` and `Mark` fold to nothing.
    pub const fn kind(&self) -> CharKind {
        self.entry.kind
    }

    /// The disguises that folding undid, as the bits of a [`Disguises`](super::Disguises) set.
    pub const fn undone(&self) -> u8 {
        self.entry.undone
    }

    /// The folded character if there is exactly one, which is so for nearly every code point.
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

    /// All folded characters, without their kinds: `㈱` gives `(`, `株`, `)`.
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

/// Looks up how a character folds.
pub fn fold_char(ch: char) -> Fold {
    let entry = TABLE.entry(ch);
    let first = if entry.first == 0 {
        ch
    } else {
        char::from_u32(entry.first).unwrap_or(ch)
    };
    Fold { entry, first }
}

/// The kind of a character that is already folded.
pub fn kind(ch: char) -> CharKind {
    TABLE.entry(ch).kind
}

/// The folded text: NFKC, lower case, marks and invisible characters dropped, variants unified. Blanks and punctuation
/// are kept.
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

/// First bytes of the SHA-256 over all that folding changes. It moves when any character comes to fold to something else, so
/// what was folded before that is known as such.
pub fn fingerprint() -> [u8; 8] {
    *FINGERPRINT
}

fn taken_fingerprint() -> [u8; 8] {
    let mut hash = Sha256::new();
    for ch in '\0'..=char::MAX {
        let fold = fold_char(ch);
        if fold.single().is_some_and(|folded| folded.ch == ch) {
            continue;
        }
        hash.update((ch as u32).to_be_bytes());
        for folded in fold.into_chars() {
            hash.update((folded as u32).to_be_bytes());
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    first
}

/// Whether a text shows anything: more than blanks, control, zero-width and format characters, or marks without a
/// letter.
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
