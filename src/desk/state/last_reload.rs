//! The result of the last reload of the rulebook.
//!
//! Local to the node, because it tells of the node's own files: each node reads its own folders and has its own last good rulebook.

use std::sync::{Mutex, PoisonError};

use crate::{policy::Fault, time::Timestamp};

/// The result of the last reload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReloadState {
    /// When files were last read and accepted.
    pub good_at: Timestamp,
    /// When files were last rejected; `None` if the last ones were accepted.
    pub rejected_at: Option<Timestamp>,
    /// Why they were rejected.
    pub faults: Vec<Fault>,
}

/// The last reload, shared.
#[derive(Debug)]
pub struct LastReload(Mutex<ReloadState>);

impl LastReload {
    /// Nothing has been rejected since this time.
    pub fn good_at(good_at: Timestamp) -> Self {
        Self(Mutex::new(ReloadState {
            good_at,
            ..ReloadState::default()
        }))
    }

    /// The result, to read or to change.
    pub fn state(&self) -> std::sync::MutexGuard<'_, ReloadState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
