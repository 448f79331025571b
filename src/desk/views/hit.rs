//! What the filter found, beside the folded text in which it was found.

use serde::Serialize;
use utoipa::ToSchema;

use super::{moderation::ReasonView, rulebook::CodeNames};
use crate::{
    record::Reason,
    text::{Alignment, Disguise, FoldedPiece, FoldedText},
};

/// A reason with a place, and what folding made of that place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HitView {
    /// The reason.
    #[serde(flatten)]
    pub reason: ReasonView,
    /// The names of its code.
    pub name: CodeNames,
    /// `matched`, folded.
    pub folded: String,
    /// The first code point of that in the folded text of the surface.
    pub folded_start: u32,
    /// The code point after the last.
    pub folded_end: u32,
    /// `matched` in order, without a gap, each part beside what it was read as. Empty where the place is long.
    pub pieces: Vec<PieceView>,
}

/// A part of a match: a character as it was written, and what it was read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PieceView {
    /// Its first code point in the member's own text.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The member's own words.
    pub written: String,
    /// The same, folded; empty if folding drops it.
    pub folded: String,
    /// The part of the term that it stands for; empty for a separator. Null if the term cannot be laid beside it.
    pub term: Option<String>,
}

/// The longest place that is shown in pieces, in code points.
const PIECES_MAX: u32 = 100;

impl HitView {
    /// A reason with its place in `text`, of which `folded` was made; `None` for a reason without a place.
    pub fn of(reason: &Reason, text: &str, folded: &FoldedText) -> Option<Self> {
        let span = reason.span?;
        let alignment = Alignment::of(folded, span);
        let pieces = match span.len() <= PIECES_MAX {
            true => pieces_of(reason, text, &alignment),
            false => Vec::new(),
        };
        Some(Self {
            reason: ReasonView::from(reason),
            name: CodeNames::of(reason.code),
            folded: alignment.folded,
            folded_start: alignment.span.start,
            folded_end: alignment.span.end,
            pieces,
        })
    }
}

fn pieces_of(reason: &Reason, text: &str, alignment: &Alignment) -> Vec<PieceView> {
    let mut term = term_beside(reason, &alignment.pieces);
    let piece = |piece: &FoldedPiece| PieceView {
        start: piece.span.start,
        end: piece.span.end,
        written: piece.span.slice(text).to_owned(),
        folded: piece.folded.clone(),
        term: term
            .as_mut()
            .map(|term| term.by_ref().take(piece.dense).collect()),
    };
    alignment.pieces.iter().map(piece).collect()
}

/// The characters of the term in the order of the pieces, if there is one for each character that is matched.
fn term_beside(reason: &Reason, pieces: &[FoldedPiece]) -> Option<std::vec::IntoIter<char>> {
    let term = FoldedText::new(reason.term.as_deref()?);
    let mut chars: Vec<char> = term.dense().chars().collect();
    if reason.how.contains(Disguise::Reversed) {
        chars.reverse();
    }
    let matched: usize = pieces.iter().map(|piece| piece.dense).sum();
    let is_whole = reason.other.is_none();
    (is_whole && chars.len() == matched).then(|| chars.into_iter())
}
