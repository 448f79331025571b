//! How many of the gravest cases in a row each moderator was handed.
//!
//! Local to the node, and gone after a restart: then a run begins anew, so that a moderator who limits theirs may be handed as
//! many again. Of two nodes each counts what it hands out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    record::{Actor, Case, ReasonCode},
    time::{MINUTE_MS, Timestamp},
};

/// After so long without a case a run is over, in milliseconds.
const PAUSE_MS: i64 = 10 * MINUTE_MS;

/// A run of the gravest cases, and when the last case was handed out.
#[derive(Debug, Clone, Copy)]
struct Run {
    count: u32,
    last_at: Timestamp,
}

/// The runs of all moderators.
#[derive(Debug, Default)]
pub struct GravestRuns(Mutex<HashMap<Actor, Run>>);

impl GravestRuns {
    /// How many of the gravest cases the actor was handed in a row.
    pub fn count(&self, actor: &Actor, now: Timestamp) -> u32 {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.get(actor);
        let is_going_on = |run: &&Run| now.ms_since(run.last_at).abs() < PAUSE_MS;
        run.filter(is_going_on).map_or(0, |run| run.count)
    }

    /// Counts a case that the actor was handed. Self-harm neither adds to a run nor ends it.
    pub fn handed_out(&self, actor: &Actor, case: &Case, now: Timestamp) {
        if case.code == ReasonCode::SelfHarm {
            return;
        }
        let count = match case.is_gravest() {
            true => self.count(actor, now).saturating_add(1),
            false => 0,
        };
        let last_at = now;
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(actor.clone(), Run { count, last_at });
    }
}
