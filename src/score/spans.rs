//! Where in a text the weights lie that raised its score.

use super::features::ReadChar;
use crate::text::Span;

/// The most spans that are shown of one text.
pub const SPANS_MAX: usize = 3;
/// The least share of all that speaks for abuse that a span must hold, in hundredths.
const SHARE_MIN: i64 = 15;

/// The spans of one text, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScoreSpans {
    spans: [Option<Span>; SPANS_MAX],
}

impl ScoreSpans {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Span> {
        self.spans.into_iter().flatten()
    }
}

/// What each character of a text adds to the score. Reused from text to text.
#[derive(Debug, Default)]
pub(super) struct CharWeights {
    chars: Vec<CharWeight>,
}

#[derive(Debug, Clone, Copy)]
struct CharWeight {
    nth: u32,
    weight: i64,
    /// A border, the end of a clause, or part of a span that was found.
    is_wall: bool,
}

impl CharWeights {
    pub fn clear(&mut self) {
        self.chars.clear();
    }

    /// Adds a character of the text.
    pub fn push(&mut self, read: ReadChar) {
        self.chars.push(CharWeight {
            nth: read.nth,
            weight: 0,
            is_wall: ends_clause(read.ch),
        });
    }

    /// Shares the weight of an n-gram that ends with the last character among its characters.
    pub fn share(&mut self, length: usize, weight: i8) {
        // six can be shared among one, two or three without a rest
        let each = i64::from(weight) * 6 / length.max(1) as i64;
        let from = self.chars.len().saturating_sub(length);
        for of_char in self.chars.iter_mut().skip(from) {
            of_char.weight += each;
        }
    }

    /// The heaviest stretches without the end of a clause inside.
    pub fn spans(&mut self) -> ScoreSpans {
        let positive = |of_char: &CharWeight| of_char.weight.max(0);
        let total: i64 = self.chars.iter().map(positive).sum();
        let mut spans = ScoreSpans::default();
        for place in &mut spans.spans {
            let Some((from, to, weight)) = self.heaviest() else {
                break;
            };
            if weight * 100 < total * SHARE_MIN {
                break;
            }
            *place = self.take(from, to);
        }
        spans
    }

    /// The stretch between walls with the largest sum, and that sum (Kadane's algorithm).
    fn heaviest(&self) -> Option<(usize, usize, i64)> {
        let mut best: Option<(usize, usize, i64)> = None;
        let (mut from, mut sum) = (0, 0);
        for (at, of_char) in self.chars.iter().enumerate() {
            if of_char.is_wall || sum < 0 {
                (from, sum) = (at, 0);
            }
            if of_char.is_wall {
                from = at + 1;
                continue;
            }
            sum += of_char.weight;
            if sum > 0 && best.is_none_or(|(_, _, most)| sum > most) {
                best = Some((from, at + 1, sum));
            }
        }
        best
    }

    /// Makes a stretch a wall and gives its span in the text.
    fn take(&mut self, from: usize, to: usize) -> Option<Span> {
        let stretch = self.chars.get_mut(from..to)?;
        let (start, end) = (stretch.first()?.nth, stretch.last()?.nth + 1);
        stretch
            .iter_mut()
            .for_each(|of_char| of_char.is_wall = true);
        Some(Span { start, end })
    }
}

/// Whether this is a border of the text or ends a clause; characters are folded.
const fn ends_clause(ch: char) -> bool {
    matches!(
        ch,
        '\u{2}' | '\u{3}' | ' ' | ',' | '.' | '!' | '?' | ';' | ':' | '。' | '、' | '…' | '~'
    )
}
