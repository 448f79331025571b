//! Keys of rows. Integers are big-endian, so that rows lie in the order of their numbers.

use sha2::{Digest as _, Sha256};

use crate::{
    id::{CaseId, CommentId, KeyId, MemberId, ReportId, ReporterId, TokenId, WebhookId},
    record::{AccountWrite, AuditSubject, Comment, SecretHash, Subject, TallyOf, UserName},
    time::Timestamp,
};

pub(super) const STATE: &[u8] = b"state";
/// Beside it: the sum over all rows.
pub(super) const SUM: &[u8] = b"sum";

pub(super) fn revision(comment: u64, number: u32) -> Vec<u8> {
    [
        comment.to_be_bytes().as_slice(),
        number.to_be_bytes().as_slice(),
    ]
    .concat()
}

pub(super) fn case(id: CaseId) -> [u8; 16] {
    id.0.0.to_be_bytes()
}

/// Resolved cases by the time at which they were.
pub(super) fn closed(at: Timestamp, id: CaseId) -> Vec<u8> {
    [time(at).as_slice(), case(id).as_slice()].concat()
}

/// A member or a tag; the length before the article's id keeps two pairs apart that read alike.
pub(super) fn subject(subject: &Subject) -> Vec<u8> {
    match subject {
        Subject::Comment(id) => [b"c", id.as_str().as_bytes()].concat(),
        Subject::Nickname(id) => [b"m", id.as_str().as_bytes()].concat(),
        Subject::Tag { article, tag } => {
            let article = article.as_str().as_bytes();
            let length = u16::try_from(article.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes();
            [b"t".as_slice(), length.as_slice(), article, tag.as_bytes()].concat()
        }
    }
}

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

/// A member's comments by their numbers: a hash of the member's id, then the comment's number.
pub(super) fn member_comment(member: &MemberId, number: u64) -> Vec<u8> {
    [
        member_prefix(member).as_slice(),
        number.to_be_bytes().as_slice(),
    ]
    .concat()
}

/// The way from its member to a comment; what it holds says whether it counts as one of theirs.
pub(super) fn member_entry(comment: &Comment, number: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = member_comment(comment.member.as_ref()?, number);
    let counts = if comment.provisional {
        CAME_ALONG.to_vec()
    } else {
        Vec::new()
    };
    Some((key, counts))
}

/// What a member's way to a comment holds that only came along with a report; to all others it holds nothing.
pub(super) const CAME_ALONG: &[u8] = &[1];

pub(super) fn member_prefix(member: &MemberId) -> [u8; 16] {
    audit_subject_prefix(member.as_str())
}

/// The report of one reporter about one comment.
pub(super) fn report_of(comment: &CommentId, reporter: &ReporterId) -> Vec<u8> {
    [
        audit_subject_prefix(comment.as_str()).as_slice(),
        audit_subject_prefix(reporter.as_str()).as_slice(),
    ]
    .concat()
}

/// A reporter's reports by their ids.
pub(super) fn reporter_report(reporter: &ReporterId, id: ReportId) -> Vec<u8> {
    [
        audit_subject_prefix(reporter.as_str()).as_slice(),
        id.0.0.to_be_bytes().as_slice(),
    ]
    .concat()
}

/// What a case hears, or its notes, by their ids.
pub(super) fn of_case(id: CaseId, thing: ulid::Ulid) -> Vec<u8> {
    [case(id).as_slice(), thing.0.to_be_bytes().as_slice()].concat()
}

/// Samples by the time at which they are due.
pub(super) fn sample(at: Timestamp, number: u64) -> Vec<u8> {
    [time(at).as_slice(), number.to_be_bytes().as_slice()].concat()
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

/// A webhook's delivery of one line of news; dead letters lie apart, so that they are in nobody's way.
pub(super) fn delivery(webhook: WebhookId, is_dead: bool, news: u64) -> Vec<u8> {
    [
        webhook.0.0.to_be_bytes().as_slice(),
        &[u8::from(is_dead)],
        news.to_be_bytes().as_slice(),
    ]
    .concat()
}

pub(super) fn answer_expiry(at: Timestamp, slot: [u8; 16]) -> Vec<u8> {
    [time(at).as_slice(), slot.as_slice()].concat()
}

pub(super) const USERS: u8 = b'u';
pub(super) const KEYS: u8 = b'k';
pub(super) const TOKENS: u8 = b't';
pub(super) const SESSIONS: u8 = b's';

pub(super) fn user(name: &UserName) -> Vec<u8> {
    [&[USERS], name.as_str().as_bytes()].concat()
}

pub(super) fn key(id: KeyId) -> Vec<u8> {
    [[KEYS].as_slice(), id.0.0.to_be_bytes().as_slice()].concat()
}

pub(super) fn token(id: TokenId) -> Vec<u8> {
    [[TOKENS].as_slice(), id.0.0.to_be_bytes().as_slice()].concat()
}

pub(super) fn session(secret: SecretHash) -> Vec<u8> {
    [[SESSIONS].as_slice(), secret.0.as_slice()].concat()
}

/// The row of an account, and the secret by which it is found.
pub(super) fn account(account: &AccountWrite) -> (Vec<u8>, Option<SecretHash>) {
    match account {
        AccountWrite::User(one) => (user(&one.name), None),
        AccountWrite::Key(one) => (key(one.id), Some(one.secret)),
        AccountWrite::Token(one) => (token(one.id), Some(one.secret)),
        AccountWrite::Session(one) | AccountWrite::DeleteSession(one) => {
            (session(one.secret), Some(one.secret))
        }
    }
}

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
