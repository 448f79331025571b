//! Clock jumps: while the clock is in doubt nothing is deleted, until an operator accepts its time.

use serde::Serialize;

use super::{Desk, DeskError};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    review::audited,
    time::{ClockJump, Timestamp},
};

/// The result of accepting the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockAccepted {
    /// Whether there was a jump to accept.
    pub accepted: bool,
    /// The newest time stored before.
    pub from: Timestamp,
    /// The accepted time; new records continue from it.
    pub to: Timestamp,
}

impl Desk {
    /// The newest time stored in any record.
    pub fn newest_at(&self) -> Timestamp {
        self.store.newest_at()
    }

    /// How far the clock has jumped, by its own measure or against the newest stored time; `None` if it has not, or the jump was
    /// accepted.
    pub fn clock_jump(&self) -> Option<ClockJump> {
        self.clock.jump(self.store.newest_at())
    }

    /// Accepts the clock's time as right: expired records may be deleted again, and new records are dated from now, even if that
    /// is earlier than records stored before.
    pub async fn accept_clock(&self, by: &Actor) -> Result<ClockAccepted, DeskError> {
        let (from, to) = (self.store.newest_at(), self.clock.now());
        let accepted = self.clock.jump(from).is_some() || to < from;
        if accepted {
            let audit = AuditDraft {
                from: Some(from.to_string()),
                to: Some(to.to_string()),
                ..AuditDraft::new(to, by, AuditAction::ClockAccepted, AuditSubject::Database)
            };
            self.store.commit(audited(audit)).await?;
            self.clock.accept();
        }
        Ok(ClockAccepted { accepted, from, to })
    }
}
