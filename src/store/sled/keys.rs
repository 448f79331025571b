//! Keys of what no other engine has as rows: the state, its sum, and sums packed by day and thing. Integers are big-endian, so
//! that rows lie in the order of their numbers. All other keys: [`key_bytes`](super::key_bytes).

use super::key_bytes::digest;
use crate::{record::TallyOf, store::tables::AccountKind};

pub(super) const STATE: &[u8] = b"state";
/// Beside it: the sum over all rows.
pub(super) const SUM: &[u8] = b"sum";

/// What a member's way to a comment holds that only came along with a report; to all others it holds nothing.
pub(super) const CAME_ALONG: &[u8] = &[1];

/// What was counted on a day: the day, the kind, a hash of what.
pub(super) fn tally(day: i32, of: &TallyOf) -> Vec<u8> {
    counter(u32::try_from(day).unwrap_or(0), of.kind(), of.name())
}

/// The same from its parts.
pub(super) fn counter(day: u32, kind: u8, name: &str) -> Vec<u8> {
    let mut key = counter_prefix(day, kind);
    key.extend_from_slice(&digest(name)[..8]);
    key
}

/// What was counted on a day, of one kind.
pub(super) fn counter_prefix(day: u32, kind: u8) -> Vec<u8> {
    [day.to_be_bytes().as_slice(), &[kind]].concat()
}

/// The day and the kind of a counter's key.
pub(super) fn counter_of(key: &[u8]) -> Option<(u32, u8)> {
    let (day, rest) = key.split_first_chunk()?;
    Some((u32::from_be_bytes(*day), *rest.first()?))
}

pub(super) const USERS: u8 = AccountKind::User as u8;
pub(super) const KEYS: u8 = AccountKind::Key as u8;
pub(super) const TOKENS: u8 = AccountKind::Token as u8;

/// The row that says which model is in force, before the models by their counters.
pub(super) const MODEL_STATE: &[u8] = &[0; 4];

/// The number that a key begins with.
pub(super) fn number(key: &[u8]) -> Option<u64> {
    key.first_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes))
}

/// The number that a key ends with.
pub(super) fn number_at_end(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>()
        .map(|bytes| u64::from_be_bytes(*bytes))
}
