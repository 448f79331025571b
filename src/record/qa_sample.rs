//! Decisions drawn for a second look by another moderator.

use serde::{Deserialize, Serialize};

use crate::{
    id::{CaseId, CommentId, RulingId},
    time::Timestamp,
};

/// A decision that comes to another moderator for a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QaSampleOf {
    /// A ruling.
    Ruling(CaseId, RulingId),
    /// The filter's removal of this revision.
    Removal(CommentId, u32),
}

/// A second look, and from when on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QaSample {
    /// From when on: after the time to undo.
    pub due_at: Timestamp,
    /// At what.
    pub of: QaSampleOf,
}

/// A second look as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueQaSample {
    /// Its number.
    pub number: u64,
    /// What it is.
    pub sample: QaSample,
}
