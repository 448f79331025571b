//! A clock that has jumped: nothing is dropped by it until somebody says that it is right.

use serde::Serialize;

use super::{Desk, DeskError};
use crate::{
    record::{Actor, AuditAction, AuditDraft, AuditSubject},
    store::Commit,
    time::{ClockJump, Timestamp},
};

/// What was taken as right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockAccepted {
    /// Whether there was anything to accept.
    pub accepted: bool,
    /// The newest time that was stored before.
    pub from: Timestamp,
    /// The time from which what is stored goes on.
    pub to: Timestamp,
}

impl Desk {
    /// The newest time that was stored, of all that is numbered.
    pub fn newest_at(&self) -> Timestamp {
        self.store.newest_at()
    }

    /// How far the clock has jumped, where nobody has accepted it: against itself, or against what was stored last.
    pub fn clock_jump(&self) -> Option<ClockJump> {
        self.clock.jump(self.store.newest_at())
    }

    /// Takes the clock's time as right: what has ended may go again, and what is stored goes on from now, be it earlier than
    /// what was stored before.
    pub async fn accept_clock(&self, by: &Actor) -> Result<ClockAccepted, DeskError> {
        let (from, to) = (self.store.newest_at(), self.clock.now());
        let accepted = self.clock.jump(from).is_some() || to < from;
        if accepted {
            let audit = AuditDraft {
                from: Some(from.to_string()),
                to: Some(to.to_string()),
                ..AuditDraft::new(to, by, AuditAction::ClockAccepted, AuditSubject::Database)
            };
            self.store.commit(Commit::Tell(audit)).await?;
            self.clock.accept();
        }
        Ok(ClockAccepted { accepted, from, to })
    }
}
