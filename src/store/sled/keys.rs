//! Keys of rows. Integers are big-endian, so that rows lie in the order of their numbers.

use sha2::{Digest as _, Sha256};

use crate::{
    id::{CommentId, ReporterId},
    record::{AuditSubject, TallyOf},
    time::Timestamp,
};

pub(super) const STATE: &[u8] = b"state";
/// Beside it: the sum over all rows.
pub(super) const SUM: &[u8] = b"sum";

/// Entries about one subject: a hash of what it is, then the entry's number.
pub(super) fn audit_subject(key: &str, number: u64) -> Vec<u8> {
    [
        audit_subject_prefix(key).as_slice(),
        number.to_be_bytes().as_slice(),
    ]
    .concat()
}

pub(super) fn audit_subject_prefix(key: &str) -> [u8; 16] {
    let mut prefix = [0; 16];
    prefix.copy_from_slice(&Sha256::digest(key)[..16]);
    prefix
}

/// Entries about many comments at once are in no index: nobody asks for them by subject.
pub(super) fn is_indexed(subject: &AuditSubject) -> bool {
    !matches!(subject, AuditSubject::Comments)
}

/// What a member's way to a comment holds that only came along with a report; to all others it holds nothing.
pub(super) const CAME_ALONG: &[u8] = &[1];

/// The report of one reporter about one comment.
pub(super) fn report_of(comment: &CommentId, reporter: &ReporterId) -> Vec<u8> {
    [
        audit_subject_prefix(comment.as_str()).as_slice(),
        audit_subject_prefix(reporter.as_str()).as_slice(),
    ]
    .concat()
}

/// What was counted on a day: the day, the kind, a hash of what.
pub(super) fn tally(day: i32, of: &TallyOf) -> Vec<u8> {
    counter(u32::try_from(day).unwrap_or(0), of.kind(), of.name())
}

/// The same from its parts.
pub(super) fn counter(day: u32, kind: u8, name: &str) -> Vec<u8> {
    let mut key = counter_prefix(day, kind);
    key.extend_from_slice(&audit_subject_prefix(name)[..8]);
    key
}

/// What was counted on a day, of one kind.
pub(super) fn counter_prefix(day: u32, kind: u8) -> Vec<u8> {
    [day.to_be_bytes().as_slice(), &[kind]].concat()
}

pub(super) const USERS: u8 = b'u';
pub(super) const KEYS: u8 = b'k';
pub(super) const TOKENS: u8 = b't';

/// Milliseconds, so that earlier times come first; none is before 1970.
pub(super) fn time(at: Timestamp) -> [u8; 8] {
    u64::try_from(at.as_ms()).unwrap_or(0).to_be_bytes()
}

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
