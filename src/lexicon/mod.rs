//! The word lists, compiled, and the search for their terms in a text.
//!
//! This room knows `text` alone: no member, no rule, no verdict. Lists are compiled once into an immutable [`Lexicon`];
//! a faulty list never becomes one, and all its faults are reported at once. A hit names the disguises that were undone
//! to see it. An innocent phrase that covers a hit always drops it, and adding an innocent phrase never adds a hit.
//!
//! A scan goes in steps, each cheaper than the next and seeing more of the text: `filter` marks places at which a term
//! may be (a few array reads a character), `verify_match` compares the characters there with those of the term, then
//! its gaps and edges (`matcher` leads both), `assess` applies what the row asks for (`context`), the innocent phrases
//! (`exception`) and whether the term is a word there at all (`ordinary`). A text with emoji, bopomofo, Latin letters or signs is
//! read in other ways as well ([`alt_reading`](crate::text::alt_reading)), and each reading goes through the same
//! steps.

mod aim;
mod assess;
mod clause;
mod company;
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
mod unit_window;
mod verify_match;
mod word_classes;
mod wordlist;

use crate::text::units::code_of;
pub use crate::text::{LineFault, ListFile};
pub use aim::Aim;
pub use company::Company;
pub use cross_field::CrossHit;
pub use explain::{Candidate, DropKind, DropReason, Explanation};
pub use form::{FORM_CHARS_MAX, FormKey, UpheldForms, written_form};
pub use hit::{Hit, Scratch};
pub use matcher::{Lexicon, LexiconCounts};
pub use term::{ListCode, Surfaces, Term, TermId};
pub use word_classes::WORD_CLASSES_FILE;

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
