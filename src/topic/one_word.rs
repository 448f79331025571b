//! Whether characters of an article stand together as one word.

use std::ops::Range;

use crate::text::FoldedText;

/// The most skip characters between two characters of a tag in an article.
const GAP_SKIPS_MAX: usize = 3;

/// No clause or sentence ends between its characters, and little else stands there.
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
