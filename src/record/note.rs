//! What moderators write to each other about a case.

use super::actor::Actor;
use crate::{
    id::{CaseId, NoteId},
    time::Timestamp,
};

/// A note for colleagues.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct Note {
    pub id: NoteId,
    pub case: CaseId,
    pub by: Actor,
    pub at: Timestamp,
    /// At most 2,000 code points.
    pub text: String,
}
