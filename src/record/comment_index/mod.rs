//! The index by which stored comments are searched: for each pair of folded characters, and each fact of the filter's decision,
//! the comments that have it.
//!
//! ```text
//! comments 0 … 2047      segment 0: a header, and parts of sorted tokens with their postings
//! comments 2048 … 4095   segment 1
//! comments 4096 …        not complete yet: they are scanned
//! ```
//!
//! It only ever narrows a search: each comment that it leads to is looked at before it is shown, and where a segment is missing,
//! unreadable, or of another fold, its comments are scanned. So it may be dropped at any time. A commit that changes what a
//! comment is found by drops the comment's segment, and a background task builds it anew.

mod postings;
mod segment;
mod token;

pub use postings::SegmentBuilder;
pub use segment::{SEGMENT_SPAN, Segment, SegmentPart, content_stamp};
pub use token::Token;
