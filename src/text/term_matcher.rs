//! One listed word, and the check whether an occurrence of its characters in a folded text is a match.
//!
//! The caller finds the occurrences; this file checks the gaps between the characters and what the edges touch, and
//! works out which disguises were undone.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Disguise, Disguises, FoldedText, Span, fold::CharKind, gaps::Gaps};

/// Words of fewer characters never match over the end of a sentence: 「去。死了」 is not 去死.
pub const SENTENCE_CHARS_MIN: usize = 3;

/// What may be next to a listed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundaryRule {
    /// Anything.
    Anywhere,
    /// No letter or digit of a script with spaces on either side.
    Word,
    /// Nothing else on the surface but blanks and punctuation.
    Whole,
}

impl BoundaryRule {
    /// The rule of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "anywhere" => Some(Self::Anywhere),
            "word" => Some(Self::Word),
            "whole" => Some(Self::Whole),
            _ => None,
        }
    }
}

/// A listed word, folded.
#[derive(Debug, Clone)]
pub struct TermMatcher {
    text: String,
    dense_chars: usize,
    /// A word with signs of its own (+line, 加✈) is searched for in the full text, signs included.
    literal: bool,
    spaced: bool,
    digits: bool,
    first: CharKind,
    last: CharKind,
    /// For each character but the first: whether the list has a separator before it ("kill you"). Empty if there is
    /// none.
    listed_gaps: Box<[bool]>,
    /// What folding undid in the listed word itself; empty if nothing.
    listed_undone: Box<[u8]>,
}

/// A match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermMatch {
    /// Its places in the full folded text.
    pub places: Range<usize>,
    /// Its place in the original.
    pub span: Span,
    /// The disguises that were undone.
    pub how: Disguises,
    /// The gaps between its characters.
    pub gaps: Gaps,
}

/// Why an occurrence is no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// Too much is between its characters, or separators are in some gaps but not in all.
    Gap,
    /// A short word, and a sentence ends between its characters.
    SentenceEnd,
    /// It touches a letter or digit, or other words are on the surface.
    Boundary,
    /// A character is repeated more often, or less often, than in the listed word.
    Repeat,
}

impl TermMatcher {
    /// Folds a listed word; `None` if no letter, digit or symbol of it is left.
    pub fn new(listed: &str) -> Option<Self> {
        Self::of_any(listed)
            .filter(|needle| needle.dense_chars > 0 || needle.text.chars().any(is_sign))
    }

    /// As [`Self::new`], but punctuation alone is enough; `None` if it is blank.
    pub fn of_any(listed: &str) -> Option<Self> {
        let text = FoldedText::new(listed);
        let dense_chars = text.dense_len();
        let literal = is_literal(&text);
        if text.full().trim().is_empty() {
            return None;
        }
        // what is not literal is dense at both ends, so there is at least one dense character
        let range = if literal {
            0..text.places().len()
        } else {
            text.place_of(0)..text.place_of(dense_chars - 1) + 1
        };
        let places = text.places().get(range)?;
        let kept = places
            .iter()
            .filter(|place| literal || place.kind.is_dense());
        let undone: Box<[u8]> = kept.clone().map(|place| place.undone).collect();
        let dense = || places.iter().filter(|place| place.kind.is_dense());
        Some(Self {
            text: if literal { text.full() } else { text.dense() }.to_owned(),
            dense_chars,
            literal,
            spaced: dense_chars > 0 && dense().all(|place| place.kind == CharKind::Word),
            digits: dense_chars > 0 && text.dense().chars().all(|ch| ch.is_numeric()),
            first: places.first().map_or(CharKind::Skip, |place| place.kind),
            last: places.last().map_or(CharKind::Skip, |place| place.kind),
            listed_gaps: if literal {
                Box::default()
            } else {
                listed_gaps(&text)
            },
            listed_undone: if undone.iter().any(|&bits| bits != 0) {
                undone
            } else {
                Box::default()
            },
        })
    }

    /// The characters to search for: in the full text if [`Self::is_literal`], else in the dense one.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether signs are part of the word.
    pub const fn is_literal(&self) -> bool {
        self.literal
    }

    /// How many characters it has without blanks and signs.
    pub const fn dense_chars(&self) -> usize {
        self.dense_chars
    }

    /// Whether it is of Latin letters and digits only (or of another script that puts spaces between words).
    pub const fn is_spaced(&self) -> bool {
        self.spaced
    }

    /// Whether it is of digits only.
    pub const fn is_digits(&self) -> bool {
        self.digits
    }

    /// Whether the list has a separator before this character.
    pub fn has_gap_before(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|gap| self.listed_gaps.get(gap))
            .is_some_and(|listed| *listed)
    }

    /// What folding undid in this character of the listed word, as the bits of a set.
    pub fn undone_at(&self, at: usize) -> u8 {
        self.listed_undone.get(at).copied().unwrap_or(0)
    }

    /// The rule for such a word if its row gives none.
    pub const fn usual_match(&self) -> BoundaryRule {
        if self.spaced {
            BoundaryRule::Word
        } else {
            BoundaryRule::Anywhere
        }
    }

    /// Whether the occurrence at these bytes (of the text that [`Self::text`] names) is a match.
    pub fn check(
        &self,
        text: &FoldedText,
        bytes: Range<usize>,
        boundary: BoundaryRule,
    ) -> Result<TermMatch, Mismatch> {
        let (places, gaps) = if self.literal {
            let places = text.places_at(bytes);
            (places.clone(), Gaps::within(text, &places))
        } else {
            let dense = text.dense_at(bytes);
            (
                text.place_of(dense.start)..text.place_of(dense.end.saturating_sub(1)) + 1,
                Gaps::between(text, &dense, &self.listed_gaps),
            )
        };
        self.check_gaps(&gaps)?;
        self.check_edges(text, &places, boundary)?;
        let how = self.how(text, &places, &gaps);
        Ok(TermMatch {
            span: text.span(places.clone()),
            places,
            how,
            gaps,
        })
    }

    fn check_gaps(&self, gaps: &Gaps) -> Result<(), Mismatch> {
        let inner = self.dense_chars.saturating_sub(1);
        let as_listed = gaps.unlisted == 0;
        let everywhere = gaps.open == inner;
        // k.i.l.l is a disguise, but "ki ll" may be two words; digits match only as listed, since 5-7 may be a score
        let uneven = self.spaced && !as_listed && (!everywhere || self.digits);
        match () {
            () if gaps.too_wide || uneven => Err(Mismatch::Gap),
            () if gaps.stop && self.dense_chars < SENTENCE_CHARS_MIN && !self.literal => {
                Err(Mismatch::SentenceEnd)
            }
            () => Ok(()),
        }
    }

    fn check_edges(
        &self,
        text: &FoldedText,
        places: &Range<usize>,
        boundary: BoundaryRule,
    ) -> Result<(), Mismatch> {
        let is = |place: Option<usize>, test: fn(CharKind) -> bool| {
            place
                .and_then(|place| text.places().get(place))
                .is_some_and(|place| test(place.kind))
        };
        let touches = |edge: CharKind, neighbour| {
            edge == CharKind::Word && is(neighbour, |kind| kind == CharKind::Word)
        };
        let free = match boundary {
            BoundaryRule::Anywhere => true,
            BoundaryRule::Word => {
                !touches(self.first, places.start.checked_sub(1))
                    && !touches(self.last, Some(places.end))
            }
            BoundaryRule::Whole => {
                // only letters and digits outside count: 「去死！」 is 去死 as a whole
                let outside = text.dense_len()
                    - (text.dense_before(places.end) - text.dense_before(places.start));
                outside == 0
            }
        };
        if free {
            Ok(())
        } else {
            Err(Mismatch::Boundary)
        }
    }

    fn how(&self, text: &FoldedText, places: &Range<usize>, gaps: &Gaps) -> Disguises {
        let found = text.places().get(places.clone()).unwrap_or_default();
        let kept = found
            .iter()
            .filter(|place| self.literal || place.kind.is_dense());
        let listed = self
            .listed_undone
            .iter()
            .copied()
            .chain(std::iter::repeat(0));
        let bits = kept
            .zip(listed)
            .fold(0, |bits, (place, listed)| bits | (place.undone & !listed));
        let how = Disguises::from_bits(u16::from(bits));
        let parted = gaps.unlisted > 0 || gaps.missing > 0 || gaps.hidden;
        if parted {
            how.with(Disguise::Separators)
        } else {
            how
        }
    }
}

/// Where the listed word has separators itself, as in "kill you".
fn listed_gaps(text: &FoldedText) -> Box<[bool]> {
    let gaps: Box<[bool]> = (1..text.dense_len())
        .map(|at| text.place_of(at - 1) + 1 < text.place_of(at))
        .collect();
    if gaps.contains(&true) {
        gaps
    } else {
        Box::default()
    }
}

/// Whether a listed word has signs that are part of it: at its start or end, or inside others than those that join
/// ordinary phrases (blank, hyphen, apostrophe, middle dot, full stop, underscore).
fn is_literal(text: &FoldedText) -> bool {
    let ends = [0, text.places().len().saturating_sub(1)];
    let at_end = ends.iter().any(|&at| {
        text.places()
            .get(at)
            .is_some_and(|place| !place.kind.is_dense())
    });
    let joint =
        |ch: char| ch.is_whitespace() || matches!(ch, '-' | '\'' | '’' | '·' | '‧' | '.' | '_');
    let inner = text
        .full()
        .chars()
        .zip(text.places())
        .any(|(ch, place)| !place.kind.is_dense() && !joint(ch));
    at_end || inner
}

/// Symbols and emoji can be words; blanks and punctuation cannot.
fn is_sign(ch: char) -> bool {
    use unicode_general_category::{GeneralCategory as Category, get_general_category};
    matches!(
        get_general_category(ch),
        Category::OtherSymbol | Category::MathSymbol | Category::CurrencySymbol
    )
}
