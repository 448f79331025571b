//! Short forms: 公投法 for 公民投票法, 中選會 for 中央選舉委員會.
//!
//! A short form is made of characters of the long one, in order, its first and its last among them. That is little to go
//! by, so that only forms of three characters or more are taken, and only Chinese ones.

use std::ops::Range;

use super::{article::Part, one_word::is_one_word};
use crate::text::{FoldedText, fold::CharKind};

/// The least length of a short form: two characters are near each other by chance too often.
const SHORT_MIN: usize = 3;
/// The most characters of a long form for each of its short one.
const LONGER_MAX: usize = 3;

/// Where a part of an article has a long form of the tag.
pub(super) fn long_form_in(tag: &FoldedText, part: &Part) -> Option<Range<usize>> {
    let short = chinese(tag).filter(|short| short.len() >= SHORT_MIN)?;
    let long = &part.dense;
    let starts = (0..long.len()).filter(|at| long.get(*at) == short.first());
    let dense = starts.filter_map(|start| {
        let reach = long.len().min(start + short.len() * LONGER_MAX);
        let len = spelled_by(&short, long.get(start..reach)?)?;
        Some(start..start + len)
    });
    places(&part.text, dense)
}

/// Where a part of an article has a short form of the tag.
pub(super) fn short_form_in(tag: &FoldedText, part: &Part) -> Option<Range<usize>> {
    let long = chinese(tag).filter(|long| long.len() > SHORT_MIN)?;
    let chars = &part.dense;
    let starts = (0..chars.len()).filter(|at| chars.get(*at) == long.first());
    let dense = starts.filter_map(|start| {
        let ends = (start + SHORT_MIN..=chars.len()).take(long.len() - SHORT_MIN);
        let mut ends = ends.filter(|end| chars.get(end - 1) == long.last());
        let end = ends.find(|end| {
            let short = chars.get(start..*end).unwrap_or_default();
            short.len() * LONGER_MAX >= long.len() && spelled_by(short, &long).is_some()
        })?;
        Some(start..end)
    });
    places(&part.text, dense)
}

/// How many of the long form's characters hold those of the short one in order; its first is the first.
fn spelled_by(short: &[char], long: &[char]) -> Option<usize> {
    let mut at = 0;
    for ch in short {
        at += long.get(at..)?.iter().position(|other| other == ch)? + 1;
    }
    Some(at)
}

fn chinese(tag: &FoldedText) -> Option<Vec<char>> {
    let all = tag
        .places()
        .iter()
        .all(|place| place.kind == CharKind::Letter);
    all.then(|| tag.dense().chars().collect())
}

fn places(
    text: &FoldedText,
    mut found: impl Iterator<Item = Range<usize>>,
) -> Option<Range<usize>> {
    let dense = found.find(|dense| is_one_word(text, dense))?;
    Some(text.place_of(dense.start)..text.place_of(dense.end - 1) + 1)
}
