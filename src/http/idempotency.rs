//! `Idempotency-Key`: what tells one request from another, and the answer that is given again.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::{
    access::Caller,
    desk::{CompletionCodes, IdempotencyRequest, Idempotent},
    intake::FieldFault,
};

/// The header.
pub(super) const HEADER: &str = "Idempotency-Key";
/// The longest key, in characters.
pub(super) const KEY_CHARS_MAX: usize = 255;

/// The request's key with what it goes with; none where none was sent.
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

/// A view as JSON.
pub(super) fn json(status: StatusCode, view: &impl Serialize) -> HttpResponse {
    written(status, serde_json::to_vec(view))
}

/// As [`json`], of what was written out elsewhere.
pub(super) fn written(status: StatusCode, body: serde_json::Result<Vec<u8>>) -> HttpResponse {
    match body {
        Ok(body) => HttpResponse::build(status)
            .content_type("application/json")
            .body(body),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written: {error}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// A fresh answer, or the first answer again.
pub(super) fn answered<T: Serialize>(status: StatusCode, answered: Idempotent<T>) -> HttpResponse {
    match answered {
        Idempotent::Fresh(view) => json(status, &view),
        Idempotent::Replayed { status, body } => {
            let mut again =
                HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
            again.insert_header(("Idempotent-Replayed", "true"));
            if body.is_empty() {
                again.finish()
            } else {
                again.content_type("application/json").body(body)
            }
        }
    }
}
