//! Decisions drawn for a QA review by another moderator.

use crate::{
    id::{CaseId, CommentId, RulingId},
    time::Timestamp,
};

/// A decision that gets a QA review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QaSampleOf {
    /// A ruling.
    Ruling(CaseId, RulingId),
    /// The filter's removal of this revision.
    Removal(CommentId, u32),
}

/// A decision drawn for a QA review, and when that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct QaSample {
    /// Not before this time: until then a ruling can still be undone.
    pub due_at: Timestamp,
    pub of: QaSampleOf,
}

/// A sample with the number under which the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct DueQaSample {
    pub number: u64,
    pub sample: QaSample,
}
