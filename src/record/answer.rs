//! First answers, kept so that a repeated request gets the same one.

use crate::time::Timestamp;

/// The first answer to a request with an `Idempotency-Key`, kept for as long as it may be asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain fields speak for themselves")]
pub struct StoredAnswer {
    /// The first half of SHA-256 over caller, method, path and key.
    pub slot: [u8; 16],
    /// SHA-256 of the request's body.
    pub request: [u8; 32],
    pub expires_at: Timestamp,
    pub status: u16,
    /// The answer's JSON, secrets nulled; empty where the answer had no body.
    pub body: Vec<u8>,
}
