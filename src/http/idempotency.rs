//! `Idempotency-Key`: the header, and what tells one request from another.

use actix_web::{HttpRequest, http::StatusCode};
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::{
    access::Caller,
    desk::{CompletionCodes, IdempotencyRequest},
    intake::FieldFault,
};

/// The header.
pub(super) const HEADER: &str = "Idempotency-Key";
/// The longest key, in characters.
pub(super) const KEY_CHARS_MAX: usize = 255;

/// The request's key, bound to caller, method, path and body; `None` if none was sent.
pub(super) fn idempotency_key(
    request: &HttpRequest,
    caller: &Caller,
    body: &[u8],
) -> Result<Option<IdempotencyRequest>, Problem> {
    let Some(value) = request.headers().get(HEADER) else {
        return Ok(None);
    };
    let bytes = value.as_bytes();
    let fits = (1..=KEY_CHARS_MAX).contains(&bytes.len())
        && bytes.iter().all(|byte| (0x21..=0x7E).contains(byte));
    if !fits {
        return Err(Problem::field(FieldFault::invalid(
            HEADER,
            "須為 1 到 255 個可見的 ASCII 字元",
            "1 to 255 visible ASCII characters",
        )));
    }
    let mut hash = Sha256::new();
    for part in [
        caller.retry_scope().as_bytes(),
        request.method().as_str().as_bytes(),
        request.uri().path().as_bytes(),
        bytes,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut slot = [0; 16];
    slot.copy_from_slice(&hash.finalize()[..16]);
    Ok(Some(IdempotencyRequest {
        slot,
        request: Sha256::digest(body).into(),
        codes: CompletionCodes {
            created: StatusCode::CREATED.as_u16(),
            done: StatusCode::OK.as_u16(),
            nothing: StatusCode::NO_CONTENT.as_u16(),
        },
    }))
}
