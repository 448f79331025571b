//! A part of a text beside its folded form, for people who ask what a match was made of.

use super::{FoldedText, Span};

/// Some code points of a text, and what folding makes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedPiece {
    /// Which, in the text as it was written.
    pub span: Span,
    /// What they fold to; empty where they were dropped.
    pub folded: String,
    /// How many characters of that are matched: neither blank nor punctuation.
    pub dense: usize,
}

/// A part of a text beside its folded form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// Where it lies in the folded text, in code points of that.
    pub span: Span,
    /// The whole part, folded.
    pub folded: String,
    /// The part in order, without a gap.
    pub pieces: Vec<FoldedPiece>,
}

impl Alignment {
    /// A part of the text that `text` was folded from.
    pub fn of(text: &FoldedText, part: Span) -> Self {
        let places = text.places_in(part);
        let (mut pieces, mut end) = (Vec::<FoldedPiece>::new(), part.start);
        for place in places.clone() {
            let span = text.span(place..place + 1);
            let (folded, dense) = (text.full_slice(place..place + 1), text.is_dense(place));
            match pieces.last_mut().filter(|piece| piece.span == span) {
                // Several characters come from one: ㈱.
                Some(piece) => {
                    piece.folded.push_str(folded);
                    piece.dense += usize::from(dense);
                }
                None => {
                    pieces.extend(dropped(end, span.start));
                    pieces.push(FoldedPiece {
                        span,
                        folded: folded.to_owned(),
                        dense: usize::from(dense),
                    });
                }
            }
            end = end.max(span.end);
        }
        pieces.extend(dropped(end, part.end));
        Self {
            span: Span {
                start: places.start as u32,
                end: places.end as u32,
            },
            folded: text.full_slice(places).to_owned(),
            pieces,
        }
    }
}

/// What folding dropped between two code points.
fn dropped(start: u32, end: u32) -> Option<FoldedPiece> {
    (start < end).then(|| FoldedPiece {
        span: Span { start, end },
        folded: String::new(),
        dense: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str, start: u32, end: u32) -> (String, Span, Vec<(String, String, usize)>) {
        let part = Span { start, end };
        let aligned = Alignment::of(&FoldedText::new(text), part);
        let piece = |piece: &FoldedPiece| {
            let written = piece.span.slice(text).to_owned();
            (written, piece.folded.clone(), piece.dense)
        };
        let pieces = aligned.pieces.iter().map(piece).collect();
        (aligned.folded, aligned.span, pieces)
    }

    fn piece(written: &str, folded: &str, dense: usize) -> (String, String, usize) {
        (written.to_owned(), folded.to_owned(), dense)
    }

    #[test]
    fn each_character_stands_beside_what_it_folds_to() {
        let (folded, span, told) = pieces("說Ａ ㈱\u{200b}k\u{308}。", 1, 6);
        assert_eq!(
            (folded.as_str(), span),
            ("a (株)k", Span { start: 1, end: 7 })
        );
        let wanted = [
            piece("Ａ", "a", 1),
            piece(" ", " ", 0),
            piece("㈱", "(株)", 1),
            piece("\u{200b}", "", 0),
            piece("k\u{308}", "k", 1),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_part_that_is_dropped_whole_or_lies_outside_folds_to_nothing() {
        let (folded, _, told) = pieces("a\u{200b}\u{200b}b", 1, 3);
        assert_eq!(
            (folded.as_str(), told),
            ("", vec![piece("\u{200b}\u{200b}", "", 0)])
        );
        let (folded, span, told) = pieces("ab", 5, 5);
        assert_eq!(
            (folded.as_str(), span, told.len()),
            ("", Span { start: 2, end: 2 }, 0)
        );
    }
}
