//! Idempotency: a request repeated with the same `Idempotency-Key` is done once and answered the same.

use std::sync::Arc;

use serde::Serialize;

use super::{base::Base, error::DeskError, retried::retried};
use crate::{
    record::{Change, StoredAnswer},
    time::Timestamp,
};

/// An idempotency key of a request, with what identifies its repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyRequest {
    /// The first half of SHA-256 over caller, method, path and key.
    pub slot: [u8; 16],
    /// SHA-256 of the body, byte for byte.
    pub request: [u8; 32],
    /// The status numbers of the caller's protocol, to be stored with the answer.
    pub codes: CompletionCodes,
}

/// How a request succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Something was created.
    Created,
    /// It was done, now or before.
    Done,
    /// There was nothing to do; the answer has no body.
    Nothing,
}

/// The numbers that the caller's protocol uses for each [`Completion`]. The desk only stores them with the answer.
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

/// A fresh answer, or the stored first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idempotent<T> {
    /// Done by this request.
    Fresh(T),
    /// Done by an earlier request with the same key: its status and JSON, secrets nulled.
    Replayed {
        /// The status number stored then, see [`CompletionCodes`].
        status: u16,
        /// The JSON, byte for byte.
        body: Vec<u8>,
    },
}

/// What was stored, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted<T> {
    /// The view of what is stored now.
    pub view: T,
    /// Whether this request created it.
    pub created: bool,
}

/// One run of a keyed request. Its slot is released when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Once<'d>(Arc<Slot<'d>>);

/// The key of a run, released when this is dropped.
struct Slot<'d> {
    base: &'d Base,
    /// `None` if the request has no key; then no answer is stored.
    key: Option<IdempotencyRequest>,
}

impl Base {
    /// Runs `work` once per key. A repeated key gets the stored first answer; a stale commit runs `work` again. `work` makes
    /// the answer to store with [`Once::answer`] and puts it into its own commit, so that both are durable or neither.
    pub async fn once<'d, T, F>(
        &'d self,
        key: Option<IdempotencyRequest>,
        work: impl Fn(Once<'d>) -> F,
    ) -> Result<Idempotent<T>, DeskError>
    where
        F: Future<Output = Result<T, DeskError>>,
    {
        let Some(key) = key else {
            return retried(|| work(self.unkeyed()))
                .await
                .map(Idempotent::Fresh);
        };
        // The first request with this key is still running: it has no answer to replay yet.
        if !self.in_flight.try_enter(key.slot) {
            return Err(DeskError::IdempotencyKeyInUse);
        }
        // From here on `Drop` releases the slot, even if the caller disconnects and this future is dropped.
        let once = Once(Arc::new(Slot {
            base: self,
            key: Some(key),
        }));
        // Another node may have stored the answer meanwhile, so each attempt looks first.
        let (once, work) = (&once, &work);
        retried(|| async move {
            match self.stored_answer(key).await? {
                Some(answer) => Ok(Idempotent::Replayed {
                    status: answer.status,
                    body: answer.body,
                }),
                None => work(once.clone()).await.map(Idempotent::Fresh),
            }
        })
        .await
    }

    /// For requests without a key.
    pub fn unkeyed(&self) -> Once<'_> {
        Once(Arc::new(Slot {
            base: self,
            key: None,
        }))
    }

    /// Stores an answer on its own, for a request that found its work done already.
    pub async fn remember<T: Serialize>(
        &self,
        once: &Once<'_>,
        completion: Completion,
        view: &T,
    ) -> Result<(), DeskError> {
        if let Some(answer) = once.answer(completion, view, self.clock.now())? {
            self.commit(Change::of_answer(answer)).await?;
        }
        Ok(())
    }

    /// The stored answer under this key, unless it has expired. While the clock is in doubt none expires.
    async fn stored_answer(
        &self,
        key: IdempotencyRequest,
    ) -> Result<Option<StoredAnswer>, DeskError> {
        let Some(answer) = self.store.answer(key.slot).await? else {
            return Ok(None);
        };
        let is_expired = self.clock.now() >= answer.expires_at && self.clock_jump().is_none();
        match (is_expired, answer.request == key.request) {
            // Expiry comes first: an expired key may be used again for another request.
            (true, _) => Ok(None),
            (false, true) => Ok(Some(answer)),
            (false, false) => Err(DeskError::IdempotencyKeyReused),
        }
    }
}

impl Once<'_> {
    /// The answer to store with the commit; `None` if the request has no key.
    pub fn answer<T: Serialize>(
        &self,
        completion: Completion,
        view: &T,
        now: Timestamp,
    ) -> Result<Option<StoredAnswer>, DeskError> {
        // Skips serializing a view that would not be stored.
        if self.0.key.is_none() {
            return Ok(None);
        }
        let body =
            serde_json::to_vec(view).map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(self.stored_answer(completion, body, now))
    }

    /// An answer without a body.
    pub fn bare_answer(&self, completion: Completion, now: Timestamp) -> Option<StoredAnswer> {
        self.stored_answer(completion, Vec::new(), now)
    }

    fn stored_answer(
        &self,
        completion: Completion,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Option<StoredAnswer> {
        let Slot { base, key } = &*self.0;
        let key = (*key)?;
        Some(StoredAnswer {
            slot: key.slot,
            request: key.request,
            expires_at: now.plus_ms(base.settings.answers_ms),
            status: key.codes.of(completion),
            body,
        })
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.base.in_flight.leave(key.slot);
        }
    }
}
