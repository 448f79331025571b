//! Which words we look for, and where they stand in a text.
//!
//! This room knows `text` alone: no member, no rule, no verdict. Lists are compiled once into an immutable [`Lexicon`];
//! a faulty list never becomes one, and all its faults are told at once. A hit says what was undone to see it, and an
//! innocent phrase that covers a hit always drops it. Adding an innocent phrase never adds a hit.

mod compile;
mod context;
mod cross_field;
mod exception;
mod explain;
mod filter;
mod hit;
mod lint;
mod literal;
mod matcher;
mod pattern;
mod pattern_terms;
mod term;
mod unit_window;
mod verify_match;
mod word_boundary;
mod wordlist;

use crate::text::units::code_of;
pub use crate::text::{LineFault, ListFile};
pub use cross_field::CrossHit;
pub use explain::{Candidate, DropKind, DropReason, Explanation};
pub use hit::{Hit, Scratch};
pub use matcher::{Lexicon, LexiconCounts};
pub use term::{ListCode, Surfaces, Term, TermId};

/// Whether the likeliest reading cuts a word: other words lie across its edge (中油 in 其中油價). Folded characters, those
/// around as far as nothing stands between; four of them are looked at on either side.
pub fn is_cut(before: &[char], word: &[char], after: &[char]) -> bool {
    let codes = |chars: &[char]| -> Vec<_> { chars.iter().copied().map(code_of).collect() };
    word_boundary::word_frequencies()
        .crossing_word(&codes(before), &codes(word), &codes(after))
        .is_some()
}

/// How common an everyday Chinese word is: the binary logarithm of a count in a corpus of 2^26 words; none for what is no
/// such word. The source of the counts stands in the table.
pub fn how_common(word: &[char]) -> Option<u8> {
    let codes: Vec<_> = word.iter().copied().map(code_of).collect();
    word_boundary::word_frequencies().level(&codes)
}
