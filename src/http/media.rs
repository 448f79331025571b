//! What the headers of a request say of its body.

use actix_web::{HttpRequest, http::header};

use super::problem::{Code, Problem};

/// The media type of every body but a batch.
pub(super) const JSON: &str = "application/json";
/// The media type of a batch and of files of many entries: one JSON value a line.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Whether the request says that a body follows.
pub(super) fn has_body(request: &HttpRequest) -> bool {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length != "0")
        || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Whether the body is of this media type.
pub(super) fn check_media_type(request: &HttpRequest, wanted: &str) -> Result<(), Problem> {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    // Nothing is unpacked here: what is packed small and unpacks large is no way in.
    let packed = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if essence.eq_ignore_ascii_case(wanted) && !packed {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType))
    }
}
