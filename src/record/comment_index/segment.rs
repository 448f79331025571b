//! A segment of the index: its header, and its parts.

use super::token::Token;
use crate::{record::Comment, time::Timestamp};

/// How many comments a segment is about. Comment 5,000 is in segment 2.
pub const SEGMENT_SPAN: u64 = 2_048;

/// The header of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Which: it is about the comments from `number * SEGMENT_SPAN` on.
    pub number: u64,
    /// Names this build of it: its parts name it too, so that none of another build is taken for one of this.
    pub build: u64,
    /// Which tokens it was built of ([`Token::version`]).
    pub tokens: [u8; 8],
    /// All its parts are there. Until then nothing is looked up in it.
    pub is_built: bool,
    /// When the oldest of its revisions was judged; of those that are newest.
    pub from: Timestamp,
    /// When the newest was.
    pub to: Timestamp,
    /// The first token of each part.
    pub parts: Vec<u64>,
    /// Its row version. A commit that changes what one of its comments is found by deletes the row.
    pub row_version: u64,
}

impl Segment {
    /// A segment whose parts are not there yet; `before` is the row version of what it replaces, or 0.
    pub fn begun(number: u64, build: u64, before: u64) -> Self {
        Self {
            number,
            build,
            tokens: Token::version(),
            is_built: false,
            from: Timestamp::default(),
            to: Timestamp::default(),
            parts: Vec::new(),
            row_version: before + 1,
        }
    }

    /// The segment that a comment is in.
    pub const fn of(comment: u64) -> u64 {
        comment / SEGMENT_SPAN
    }

    /// The number of a segment's first comment.
    pub const fn first_of(segment: u64) -> u64 {
        segment * SEGMENT_SPAN
    }

    /// Whether tokens may be looked up in it.
    pub fn is_usable(&self) -> bool {
        self.is_built && self.tokens == Token::version()
    }

    /// The part that a token is in, if any comment has it; `None` if it comes before the first.
    pub fn part_of(&self, token: Token) -> Option<u32> {
        let behind = self.parts.partition_point(|first| *first <= token.0);
        u32::try_from(behind.checked_sub(1)?).ok()
    }
}

/// Some of a segment's tokens, with the comments that have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentPart {
    /// The segment.
    pub segment: u64,
    /// Which part, from 0 on.
    pub nth: u32,
    /// The build of the segment.
    pub build: u64,
    /// Packed tokens and postings.
    pub bytes: Vec<u8>,
}

/// What of a comment moves when it comes to be found by something else: its newest revision, the decisions about it, and whether
/// its text was purged.
pub fn content_stamp(comment: &Comment) -> u64 {
    let decisions = comment.rejudged.len() as u64;
    let is_purged = u64::from(comment.purged_at.is_some());
    (u64::from(comment.newest.number) << 32) | (decisions << 1) | is_purged
}
