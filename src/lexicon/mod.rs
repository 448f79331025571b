//! The word lists, compiled, and the search for their terms in a text.
//!
//! This room knows `text` alone: no member, no rule, no verdict. Lists are compiled once into an immutable [`Lexicon`];
//! a faulty list never becomes one, and all its faults are reported at once. A hit names the disguises that were undone
//! to see it. An innocent phrase that covers a hit always drops it, and adding an innocent phrase never adds a hit.
//!
//! # One comment, step by step
//!
//! `樓上白 痴市長，幹泥娘！垃圾執政黨` is read like this, each step cheaper than the next and seeing more of the text.
//!
//! **Units** ([`text::units`](crate::text::units)). Every letter and digit is folded to a number, blanks and signs leave
//! none: 14 units, 樓上白痴市長幹泥娘垃圾執政黨. What was between them is looked at again only where something is found.
//!
//! **`filter`** marks the units at which a term may begin, by a few array reads each: its first two or three characters,
//! or what sounds like them. Here 20 comparisons are left of some seven thousand terms and spellings. A text with emoji,
//! bopomofo, Latin letters or signs is read in other ways as well ([`alt_reading`](crate::text::alt_reading)), and each
//! reading goes through the same steps.
//!
//! **`verify_match`** compares the characters there with those of the term, then the gaps, repeats and edges. 白痴 is
//! there with a blank in it. 幹泥娘 is there twice: as a spelling that the row of 幹你娘 lists, and as 幹你娘 with a 你 that
//! only sounds like it. `content` says that enough is left of the second: 幹 and 娘 carry the term, and both stand.
//! (`matcher` leads all of this; `literal` and `pattern_terms` find terms with signs, and numbers and addresses.)
//!
//! **`assess`** decides what stands. Width, case, marks, separators, variants, repeats and listed spellings are *sure*;
//! whatever else had to be undone makes a hit *guessed*, and a guess flags at most. In turn:
//!
//! - A guess whose letters are a known token (XD), or whose characters are parts of two clauses, is none. Nor is one across
//!   a `wall`: the end of a line, a flag, an address. One of two characters counts only where somebody is meant: 幹泥 for
//!   幹你 falls here.
//! - The row may ask for words around it (`context`): 你娘 wants 咧 or the like behind it, and so 泥娘 falls.
//! - An innocent phrase may cover it (`exception`).
//! - A sure hit falls where another word lies across its edge (大麻 in 大麻煩, `ordinary`).
//! - A guess falls where the text is cheap to read as ordinary Chinese (`guess`): 幹泥娘 costs 39.5 bits, and 26 would do.
//!   In 比起那垃圾計畫, 起那垃圾 sounds like 支那垃圾, but costs 21 bits where a disguise would have to cost 30.
//!
//! **Company** (`company`, `aim`, `quotation`, `lowered`, by the words of `word_classes` in the `clause`). 白痴 touches an
//! office, so somebody is meant: severity 3. 垃圾 stands before a party, which may be criticized: a note, severity 1.
//! In quotation marks with a verb of saying all of it would be a note.
//!
//! **`text_notes`** holds what these questions ask of the text, each part worked out at its first use and then held for all
//! hits: its visible characters, the dictionary words that begin at a place (`ordinary`), the innocent phrases
//! (`exception`), the words and signs of company (`company_notes`). So the dearest 5,000 characters that the bench knows cost
//! five times as much as 5,000 of ordinary comments (`cargo bench --bench matching -- worst`).
//!
//! **`hit`** tells each term once for each place: the sure 幹你娘 beats the guess of the same characters. What is left:
//!
//! ```text
//! 2-5    白痴    separators   severity 3   aimed
//! 8-11   幹你娘  homophone    severity 4   (a listed spelling: sure)
//! 12-14  垃圾    -            severity 1   unaimed
//! ```
//!
//! `cross_field` does the same over two fields joined; `explain` tells every candidate and what dropped it.

mod aim;
mod assess;
mod clause;
mod company;
mod company_notes;
mod compile;
mod content;
mod context;
mod cross_field;
mod exception;
mod explain;
mod filter;
mod form;
mod guess;
mod hit;
mod lint;
mod literal;
mod lowered;
mod matcher;
mod ordinary;
mod pattern;
mod pattern_terms;
mod quotation;
mod term;
mod text_notes;
mod unit_window;
mod verify_match;
mod wall;
mod word_classes;
mod wordlist;

use crate::text::units::code_of;
pub use crate::text::{LineFault, ListFile};
pub use aim::Aim;
pub use company::Company;
pub use cross_field::CrossHit;
pub use exception::{EXCEPTION_COLUMNS, EXCEPTIONS};
pub use explain::{Candidate, DropKind, DropReason, Explanation};
pub use form::{FORM_CHARS_MAX, FormKey, TOKEN_TERM, UpheldForms, token_in, written_form};
pub use guess::is_guessed;
pub use hit::{Hit, Scratch};
pub use matcher::{Lexicon, LexiconCounts};
pub use term::{BOARD_PREFIX, ListCode, Surfaces, Term, TermId};
pub use word_classes::WORD_CLASSES_FILE;
pub use wordlist::{ListedRow, TERM_COLUMNS, rows_of};

/// Whether a word is cut where it was found, because the likeliest segmentation has a word across its edge (中油 in
/// 其中油價). All characters are folded; `before` and `after` are those next to it without a gap, of which four on either
/// side are used.
pub fn is_cut(before: &[char], word: &[char], after: &[char]) -> bool {
    let codes = |chars: &[char]| -> Vec<_> { chars.iter().copied().map(code_of).collect() };
    ordinary::words()
        .crossing_word(&codes(before), &codes(word), &codes(after))
        .is_some()
}

/// How common a Chinese word is: the binary logarithm of its count in a corpus of 2^26 words; `None` if it is no
/// everyday word. The table names the source of the counts.
pub fn how_common(word: &[char]) -> Option<u8> {
    let codes: Vec<_> = word.iter().copied().map(code_of).collect();
    let level = ordinary::words().everyday_level(&codes);
    level.map(|half_bits| half_bits.div_ceil(2))
}
