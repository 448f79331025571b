//! What moderators write to each other about a case.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use crate::{
    id::{CaseId, NoteId},
    time::Timestamp,
};

/// A note for colleagues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// The case.
    pub case: CaseId,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// At most 2,000 code points.
    pub text: String,
}
