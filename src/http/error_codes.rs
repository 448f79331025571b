//! Which problems a call can answer with, for the OpenAPI document.

use super::{call::Call, problem::Code};
use crate::access::Requirement;

/// Every code that a call can answer with, by status and then in the order in which the checks are made.
pub(super) fn error_codes(call: &Call) -> Vec<Code> {
    let mut codes = Vec::new();
    let is_guarded = call.requirement != Requirement::Open;
    if is_guarded {
        codes.extend([
            Code::NoCredentials,
            Code::BadCredentials,
            Code::Forbidden,
            Code::RateLimited,
        ]);
    }
    // A call that takes a key but no body refuses a body that says something.
    if call.body.is_some() || call.is_idempotent {
        codes.extend([
            Code::UnsupportedMediaType,
            Code::TooLarge,
            Code::RequestTimeout,
            Code::MalformedJson,
        ]);
    }
    if call.checks_query {
        codes.push(Code::InvalidFields);
    }
    if call.is_idempotent {
        codes.extend([Code::IdempotencyKeyReused, Code::IdempotencyKeyInUse]);
    }
    codes.extend(call.problems);
    if is_guarded {
        codes.push(Code::Overloaded);
    }
    if call.is_write {
        codes.extend([Code::StorageFull, Code::OutcomeUnknown]);
    }
    codes.sort_by_key(|code| code.row().status);
    codes.dedup();
    codes
}
