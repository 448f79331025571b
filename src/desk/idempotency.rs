//! Asked twice, done once: `Idempotency-Key`.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use serde::Serialize;

use super::{Desk, DeskError, retried};
use crate::{record::StoredAnswer, store::Commit, time::Timestamp};

/// A request that may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyRequest {
    /// The first half of SHA-256 over caller, method, path and key.
    pub slot: [u8; 16],
    /// SHA-256 of the body, byte for byte.
    pub request: [u8; 32],
    /// What the caller's protocol calls the ways in which a request can end.
    pub codes: CompletionCodes,
}

/// How a request ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Something was made.
    Created,
    /// It was done, or found done already.
    Done,
    /// There was nothing to do it to, and so there is no body.
    Nothing,
}

/// Numbers that the caller's protocol has for each [`Completion`]; the desk only keeps them with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `Completion`")]
pub struct CompletionCodes {
    pub created: u16,
    pub done: u16,
    pub nothing: u16,
}

impl CompletionCodes {
    const fn of(self, completion: Completion) -> u16 {
        match completion {
            Completion::Created => self.created,
            Completion::Done => self.done,
            Completion::Nothing => self.nothing,
        }
    }
}

/// An answer, or the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotent<T> {
    /// Done now.
    Fresh(T),
    /// Done before: the status and the JSON of the first answer, secrets nulled.
    Replayed {
        /// One of the request's [`CompletionCodes`], as it was then.
        status: u16,
        /// The JSON, byte for byte.
        body: Vec<u8>,
    },
}

/// The slots that are being worked on.
#[derive(Debug, Default)]
pub(super) struct InFlightKeys(Mutex<HashSet<[u8; 16]>>);

/// One request at work. Its slot is free again when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Once<'d>(Arc<Slot<'d>>);

struct Slot<'d> {
    desk: &'d Desk,
    /// `None`: the request sent no key, and no answer is kept.
    key: Option<IdempotencyRequest>,
}

impl Desk {
    /// Does a request once, however often it comes with its key: gives the first answer again, or runs `work`, again where
    /// something has moved meanwhile. `work` keeps its answer by [`Once::answer`], in the commit that it belongs to.
    pub(super) async fn once<'d, T, F>(
        &'d self,
        key: Option<IdempotencyRequest>,
        work: impl Fn(Once<'d>) -> F,
    ) -> Result<Idempotent<T>, DeskError>
    where
        F: Future<Output = Result<T, DeskError>>,
    {
        let Some(key) = key else {
            return retried!(work(self.unkeyed()).await).map(Idempotent::Fresh);
        };
        if !self.in_flight.enter(key.slot) {
            return Err(DeskError::IdempotencyKeyInUse);
        }
        let once = Once(Arc::new(Slot {
            desk: self,
            key: Some(key),
        }));
        match self.first_answer(key).await? {
            Some(answer) => Ok(Idempotent::Replayed {
                status: answer.status,
                body: answer.body,
            }),
            None => retried!(work(once.clone()).await).map(Idempotent::Fresh),
        }
    }

    /// For what is done without a key.
    pub(super) fn unkeyed(&self) -> Once<'_> {
        Once(Arc::new(Slot {
            desk: self,
            key: None,
        }))
    }

    /// Keeps an answer that no commit goes with: what was found done already.
    pub(super) async fn remember<T: Serialize>(
        &self,
        once: &Once<'_>,
        completion: Completion,
        view: &T,
    ) -> Result<(), DeskError> {
        if let Some(answer) = once.answer(completion, view, self.clock.now())? {
            self.store.commit(Commit::Remember(answer)).await?;
        }
        Ok(())
    }

    /// The answer that was kept under this key, as long as it counts.
    async fn first_answer(
        &self,
        key: IdempotencyRequest,
    ) -> Result<Option<StoredAnswer>, DeskError> {
        let Some(answer) = self.store.answer(key.slot).await? else {
            return Ok(None);
        };
        let is_over = self.clock.now() >= answer.expires_at && self.clock_jump().is_none();
        match (is_over, answer.request == key.request) {
            (true, _) => Ok(None),
            (false, true) => Ok(Some(answer)),
            (false, false) => Err(DeskError::IdempotencyKeyReused),
        }
    }
}

impl Once<'_> {
    /// The answer to keep with the commit; `None` where the request sent no key.
    pub fn answer<T: Serialize>(
        &self,
        completion: Completion,
        view: &T,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer>, DeskError> {
        if self.0.key.is_none() {
            return Ok(None);
        }
        let body =
            serde_json::to_vec(view).map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(self.kept(completion, body, now))
    }

    /// The answer to keep where it has no body.
    pub fn bare_answer(&self, completion: Completion, now: Timestamp) -> Option<StoredAnswer> {
        self.kept(completion, Vec::new(), now)
    }

    fn kept(&self, completion: Completion, body: Vec<u8>, now: Timestamp) -> Option<StoredAnswer> {
        let Slot { desk, key } = &*self.0;
        let key = (*key)?;
        Some(StoredAnswer {
            slot: key.slot,
            request: key.request,
            expires_at: now.plus_ms(desk.settings.answers_ms),
            status: key.codes.of(completion),
            body,
        })
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.desk.in_flight.leave(key.slot);
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
