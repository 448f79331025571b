//! Computes the fold table, once, from Unicode's own data and `tables/variants.tsv`.

use std::collections::{BTreeMap, HashMap};

use unicode_general_category::{GeneralCategory as Category, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

use super::table::{CharKind, FoldEntry, FoldTable, PAGE, PAGES, is_hidden};
use crate::text::Disguise;

const VARIANTS: &str = include_str!("../tables/variants.tsv");

/// Letters that Unicode does not decompose: small capitals, as "fancy text" generators write them. Each is followed by
/// the letter that it is folded to.
const SMALL_CAPITALS: &str = "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz";

/// The planes that have characters which fold; planes 4 to 13 and the private ones have none.
const PLANES: [u32; 5] = [0, 1, 2, 3, 14];

pub(super) fn table() -> FoldTable {
    let variants = variants();
    let mut builder = FoldTableBuilder::default();
    let empty = builder.page(
        [FoldEntry {
            kind: CharKind::Skip,
            ..FoldEntry::default()
        }; PAGE],
    );
    let mut index = vec![empty; PAGES];
    for plane in PLANES {
        for page in (plane << 8)..((plane + 1) << 8) {
            let entries =
                std::array::from_fn(|at| builder.entry((page << 8) + at as u32, &variants));
            if let Some(place) = index.get_mut(page as usize) {
                *place = builder.page(entries);
            }
        }
    }
    FoldTable {
        index: index.into(),
        entries: builder.entries.into(),
        rest: builder.rest.into(),
    }
}

#[derive(Default)]
struct FoldTableBuilder {
    entries: Vec<FoldEntry>,
    rest: Vec<char>,
    known: HashMap<[FoldEntry; PAGE], u16>,
}

impl FoldTableBuilder {
    /// Stores a page and gives its number; equal pages are stored once.
    fn page(&mut self, entries: [FoldEntry; PAGE]) -> u16 {
        let next = self.known.len() as u16;
        *self.known.entry(entries).or_insert_with(|| {
            self.entries.extend(entries);
            next
        })
    }

    fn entry(&mut self, code: u32, variants: &BTreeMap<char, char>) -> FoldEntry {
        let Some(ch) = char::from_u32(code) else {
            return FoldEntry::default();
        };
        if is_plain(ch) {
            let to = variants.get(&ch).map_or(0, |&to| to as u32);
            let undone = if to == 0 { 0 } else { bit(Disguise::Variant) };
            return FoldEntry {
                first: to,
                kind: CharKind::Letter,
                undone,
                ..FoldEntry::default()
            };
        }
        if let Some(kind) = kind_without_fold(ch) {
            return FoldEntry {
                kind,
                undone: if kind == CharKind::Mark {
                    bit(Disguise::Marks)
                } else {
                    0
                },
                ..FoldEntry::default()
            };
        }
        let (chars, undone) = fold(ch, variants);
        let Some((&first, rest)) = chars.split_first() else {
            return FoldEntry {
                kind: CharKind::Hidden,
                ..FoldEntry::default()
            };
        };
        let rest_at = self.rest.len() as u16;
        self.rest.extend(rest);
        FoldEntry {
            first: if first == ch { 0 } else { first as u32 },
            rest_at: if rest.is_empty() { 0 } else { rest_at },
            rest_len: rest.len() as u8,
            kind: kind_of(first),
            undone,
        }
    }
}

/// One step of the fold, on one character.
type FoldStep<'v> = &'v dyn Fn(char) -> Vec<char>;

/// Runs all steps until nothing changes any more, since a step may give what an earlier one changes further. So folding
/// twice gives the same as folding once.
fn fold(ch: char, variants: &BTreeMap<char, char>) -> (Vec<char>, u8) {
    let compatibility = if is_compatibility_ideograph(ch) {
        Disguise::Variant
    } else {
        Disguise::Width
    };
    let steps: [(FoldStep<'_>, Disguise); 4] = [
        (&compatible, compatibility),
        (&lower, Disguise::Case),
        (&unmarked, Disguise::Marks),
        (
            &|ch| vec![variants.get(&ch).copied().unwrap_or(ch)],
            Disguise::Variant,
        ),
    ];
    let mut chars = vec![ch];
    let mut undone = 0;
    // three rounds are enough for every character of Unicode; the bound keeps a faulty table from looping for ever
    for _ in 0..8 {
        let before = chars.clone();
        for (step, disguise) in &steps {
            let after: Vec<char> = chars.iter().flat_map(|&ch| step(ch)).collect();
            if after != chars {
                undone |= bit(*disguise);
                chars = after;
            }
        }
        if chars == before {
            break;
        }
    }
    (chars, undone)
}

fn compatible(ch: char) -> Vec<char> {
    match ch as u32 {
        // negative circled and squared letters have no compatibility form
        code @ 0x1f150..=0x1f169 => ascii(code - 0x1f150),
        code @ 0x1f170..=0x1f189 => ascii(code - 0x1f170),
        // the light tone of bopomofo is a letter here, not a blank with a dot
        0x2d9 => vec![ch],
        _ => std::iter::once(ch).nfkc().collect(),
    }
}

fn ascii(nth: u32) -> Vec<char> {
    char::from_u32('a' as u32 + nth).into_iter().collect()
}

fn lower(ch: char) -> Vec<char> {
    ch.to_lowercase().collect()
}

/// Drops accents in scripts that put them on letters; kana keep their voicing marks (が is not か).
fn unmarked(ch: char) -> Vec<char> {
    if is_mark(ch) || is_hidden(ch) {
        return Vec::new();
    }
    if !has_accents(ch) {
        return vec![ch];
    }
    std::iter::once(ch)
        .nfd()
        .filter(|&part| !is_mark(part))
        .collect()
}

const fn has_accents(ch: char) -> bool {
    matches!(ch, '\u{c0}'..='\u{52f}' | '\u{1d00}'..='\u{1fff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a640}'..='\u{a7ff}')
}

fn is_mark(ch: char) -> bool {
    matches!(
        get_general_category(ch),
        Category::NonspacingMark | Category::EnclosingMark
    )
}

/// Ideographs and Hangul, most of Unicode: no step but the variant table changes them, and what the table gives is
/// final. So they skip the loop of [`fold`].
const fn is_plain(ch: char) -> bool {
    matches!(ch,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{2f7ff}'
        | '\u{30000}'..='\u{3fffd}')
}

const fn is_compatibility_ideograph(ch: char) -> bool {
    matches!(ch, '\u{2e80}'..='\u{2fdf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

fn kind_without_fold(ch: char) -> Option<CharKind> {
    let category = get_general_category(ch);
    let control = category == Category::Control && !ch.is_whitespace();
    match ch {
        _ if is_hidden(ch) || category == Category::Format || control => Some(CharKind::Hidden),
        _ if is_mark(ch) => Some(CharKind::Mark),
        _ => None,
    }
}

fn kind_of(ch: char) -> CharKind {
    use Category::{
        DecimalNumber, LetterNumber, LowercaseLetter, ModifierLetter, OtherLetter, OtherNumber,
        SpacingMark, TitlecaseLetter, UppercaseLetter,
    };
    match get_general_category(ch) {
        _ if is_stop(ch) => CharKind::Stop,
        _ if is_unspaced(ch) => CharKind::Letter,
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
        | SpacingMark => CharKind::Word,
        DecimalNumber | LetterNumber | OtherNumber => CharKind::Word,
        _ => CharKind::Skip,
    }
}

const fn is_stop(ch: char) -> bool {
    matches!(
        ch,
        '。' | '!' | '?' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Chinese, kana, bopomofo and its tone marks, Hangul: written without spaces between words.
const fn is_unspaced(ch: char) -> bool {
    matches!(ch,
        'ˇ' | 'ˊ' | 'ˋ' | '˙' | '々' | '〆' | '〇'
        | '\u{1100}'..='\u{11ff}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{312f}' | '\u{3131}'..='\u{318e}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3fffd}')
}

fn variants() -> BTreeMap<char, char> {
    let rows = VARIANTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'));
    let han = rows
        .filter_map(|(to, from)| Some((to.chars().next()?, from)))
        .flat_map(|(to, from)| from.chars().map(move |ch| (ch, to)));
    let letters: Vec<char> = SMALL_CAPITALS.chars().collect();
    let small = letters.chunks_exact(2).filter_map(|pair| match pair {
        [from, to] => Some((*from, *to)),
        _ => None,
    });
    han.chain(small.collect::<Vec<_>>()).collect()
}

const fn bit(disguise: Disguise) -> u8 {
    disguise.bit() as u8
}
