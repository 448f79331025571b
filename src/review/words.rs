//! The board's own words: one step at a time, so that two admins cannot cross.

use crate::record::{AuditDraft, Change, ChangeBuilder, Precondition, WordStep, Write};

/// A step, if it is the next one still.
pub fn word_step(step: WordStep, audit: AuditDraft) -> Change {
    ChangeBuilder::new()
        .require([Precondition::Words(step.version.saturating_sub(1))])
        .write([Write::WordStep(step)])
        .audit([audit])
        .build()
}
