//! Cases that are being handed out.
//!
//! Local to the node: it only keeps callers of one process from trying for the same case. Of two nodes that claim a case at the
//! same time, one is refused by the row version at its commit and goes on to the next case. What it cannot see are claims that
//! another node is about to commit: two requests at two nodes may take a moderator one case over the limit.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use crate::{id::CaseId, record::Actor};

/// Cases being handed out right now, and to whom. Between reading the queue and committing a claim a case is still
/// unclaimed on disk; this table keeps two callers from racing for it, and lets the claim limit count claims that are not
/// committed yet.
#[derive(Debug, Default)]
pub struct HandOuts(Mutex<HashMap<CaseId, Actor>>);

impl HandOuts {
    /// Reserves a case until the guard is dropped; `None` if somebody is being handed it already.
    pub fn reserve(&self, case: CaseId, actor: &Actor) -> Option<HandOut<'_>> {
        let mut cases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cases.contains_key(&case) {
            return None;
        }
        cases.insert(case, actor.clone());
        Some(HandOut {
            hand_outs: self,
            case,
        })
    }

    /// The cases being handed to this actor.
    pub fn reserved_for(&self, actor: &Actor) -> HashSet<CaseId> {
        let cases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = cases.iter().filter(|(_, holder)| *holder == actor);
        own.map(|(case, _)| *case).collect()
    }
}

/// The reservation of one case; ends when dropped.
pub struct HandOut<'a> {
    hand_outs: &'a HandOuts,
    case: CaseId,
}

impl Drop for HandOut<'_> {
    fn drop(&mut self) {
        self.hand_outs
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.case);
    }
}
