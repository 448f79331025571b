//! The text of a surface: the member's words as they were written, and a folded copy to match on.
//!
//! This room knows no word list, member or rule. It undoes what is only a way of writing (width, case, accents, variant
//! characters), records what it undid, and maps every folded character back to its place in the original. Folding twice
//! gives the same as folding once; spans always fall on characters of the original; no text makes it panic.

mod alignment;
pub mod alt_reading;
pub mod confusable;
mod disguise;
pub mod emoji;
mod finder;
pub mod fold;
mod folded_text;
pub mod frequency;
pub mod gaps;
mod list;
mod markup;
pub mod parts;
pub mod pattern;
mod reading;
pub mod shown;
pub mod sound;
mod span;
mod surfaces;
mod term_matcher;
mod term_matchers;
pub mod token;
pub mod units;

use serde::{Deserialize, Serialize};

pub use alignment::{Alignment, FoldedPiece};
pub use disguise::{Disguise, Disguises};
pub use finder::Finder;
pub use fold::is_visible;
pub use folded_text::{FoldedText, FoldedUnit};
pub use gaps::Gaps;
pub use list::{LineFault, ListFile, Row, Table};
pub use markup::{Markup, MarkupRules, UndoneMarkup};
pub use reading::{first_letters, first_symbols};
pub use span::{Span, SpanSlicer};
pub use surfaces::SurfaceTexts;
pub use term_matcher::{BoundaryRule, Mismatch, TermMatch, TermMatcher};
pub use term_matchers::TermMatchers;

/// A part of a post that gets a verdict of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surface {
    /// The text of the comment.
    Body,
    /// The name it is signed with.
    Nickname,
    /// The tags, each judged on its own.
    Tags,
}

impl Surface {
    /// All surfaces, in the order in which reasons are listed.
    pub const ALL: [Self; 3] = [Self::Body, Self::Nickname, Self::Tags];

    /// The name in JSON and in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Nickname => "nickname",
            Self::Tags => "tags",
        }
    }

    /// The surface of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|surface| surface.name() == name)
    }
}
