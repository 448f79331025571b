//! Whether characters of an article are together as one word.

use std::ops::Range;

use crate::text::{FoldedText, gaps::GAP_SKIPS_MAX};

/// Whether no clause or sentence ends between these dense characters, and there are few signs between them: N.A.T.O is
/// one word, 向北，約 is none.
pub(super) fn is_one_word(text: &FoldedText, dense: &Range<usize>) -> bool {
    (dense.start + 1..dense.end).all(|right| {
        let gap = text.place_of(right - 1) + 1..text.place_of(right);
        gap.len() <= GAP_SKIPS_MAX && !text.full_slice(gap).contains(ends_clause)
    })
}

const fn ends_clause(ch: char) -> bool {
    matches!(
        ch,
        '。' | '!' | '?' | '\n' | '\r' | '，' | '、' | '；' | '：' | ',' | ';' | ':' | '|' | '/'
    )
}
