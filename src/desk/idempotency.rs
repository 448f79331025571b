//! Asked twice, done once: `Idempotency-Key`.

use std::{collections::HashSet, sync::Mutex};

use serde::Serialize;

use super::{Desk, DeskError};
use crate::{store::StoredAnswer, time::Timestamp};

/// A request that may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyRequest {
    /// The first half of SHA-256 over caller, method, path and key.
    pub slot: [u8; 16],
    /// SHA-256 of the body, byte for byte.
    pub request: [u8; 32],
}

/// An answer, or the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotent<T> {
    /// Done now.
    Fresh(T),
    /// Done before: the status and the JSON of the first answer, secrets nulled.
    Replayed {
        /// The HTTP status.
        status: u16,
        /// The JSON, byte for byte.
        body: Vec<u8>,
    },
}

/// The slots that are being worked on.
#[derive(Debug, Default)]
pub(super) struct InFlightKeys(Mutex<HashSet<[u8; 16]>>);

/// How a request with a key begins.
pub(super) enum IdempotencyStart<'a> {
    /// Nobody asked this before.
    Go(IdempotencySlot<'a>),
    /// It was answered before.
    Replay(StoredAnswer),
}

/// A request at work; its slot is free again when this is dropped.
pub(super) struct IdempotencySlot<'a> {
    desk: &'a Desk,
    idempotency: Option<IdempotencyRequest>,
}

impl Desk {
    /// Looks whether a request was answered before, and keeps its slot while it is at work.
    pub(super) async fn begin(
        &self,
        idempotency: Option<IdempotencyRequest>,
    ) -> Result<IdempotencyStart<'_>, DeskError> {
        let Some(idempotency) = idempotency else {
            return Ok(IdempotencyStart::Go(IdempotencySlot {
                desk: self,
                idempotency: None,
            }));
        };
        if !self.in_flight.enter(idempotency.slot) {
            return Err(DeskError::IdempotencyKeyInUse);
        }
        let slot = IdempotencySlot {
            desk: self,
            idempotency: Some(idempotency),
        };
        match self.store.answer(idempotency.slot).await? {
            Some(answer)
                if self.clock.now() >= answer.expires_at && self.clock_jump().is_none() =>
            {
                Ok(IdempotencyStart::Go(slot))
            }
            Some(answer) if answer.request == idempotency.request => {
                Ok(IdempotencyStart::Replay(answer))
            }
            Some(_) => Err(DeskError::IdempotencyKeyReused),
            None => Ok(IdempotencyStart::Go(slot)),
        }
    }
}

impl IdempotencySlot<'_> {
    /// The answer to keep with the commit; none where the request sent no key.
    pub fn answer<T: Serialize>(
        &self,
        status: u16,
        view: &T,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer>, DeskError> {
        if self.idempotency.is_none() {
            return Ok(None);
        }
        let body =
            serde_json::to_vec(view).map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(self.kept(status, body, now))
    }

    /// The answer to keep where it has no body.
    pub fn bare_answer(&self, status: u16, now: Timestamp) -> Option<StoredAnswer> {
        self.kept(status, Vec::new(), now)
    }

    fn kept(&self, status: u16, body: Vec<u8>, now: Timestamp) -> Option<StoredAnswer> {
        let idempotency = self.idempotency?;
        let expires_at = now.plus_ms(self.desk.settings.answers_ms);
        Some(StoredAnswer {
            slot: idempotency.slot,
            request: idempotency.request,
            expires_at,
            status,
            body,
        })
    }
}

impl Drop for IdempotencySlot<'_> {
    fn drop(&mut self) {
        if let Some(idempotency) = self.idempotency {
            self.desk.in_flight.leave(idempotency.slot);
        }
    }
}

impl InFlightKeys {
    fn enter(&self, slot: [u8; 16]) -> bool {
        self.slots().insert(slot)
    }

    fn leave(&self, slot: [u8; 16]) {
        self.slots().remove(&slot);
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 16]>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<T> From<StoredAnswer> for Idempotent<T> {
    fn from(answer: StoredAnswer) -> Self {
        Self::Replayed {
            status: answer.status,
            body: answer.body,
        }
    }
}
