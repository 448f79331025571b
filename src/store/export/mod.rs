//! All that is stored as lines of JSON, for moving from one store to another and for reading without Banzhu.
//!
//! One record a line, UTF-8, each ended by a line feed. Every line is an object with `v`, the version of the format, and `kind`.
//! The first is of the kind `export` and names the program, the last is of the kind `end` and holds how many records of each kind
//! there are and the SHA-256 of all lines before it. In between:
//!
//! | kind | what it is |
//! | --- | --- |
//! | `state` | the counters from which numbers continue: comments, audit, events, … |
//! | `comment` | a comment: its number, its newest revision with the filter's decision, the ruling in force, the digest that the audit covers and the bytes that it is over (`hashed`, base64) |
//! | `revision` | an older revision of a comment, with digest and bytes |
//! | `article` | an article |
//! | `case` | a case of the queue |
//! | `subject` | what was ruled about a nickname or a tag |
//! | `ruling` | a ruling, with what it replaced |
//! | `audit_entry` | an entry of the audit, with the bytes that were hashed (base64), the hash before and its own |
//! | `idempotent_answer` | the first answer to a request with an `Idempotency-Key` |
//! | `user` `api_key` `token` `session` | accounts; of passwords and secrets the hashes |
//! | `member` | a member's nicknames, strikes and sanctions |
//! | `report` `reporter` `appeal` `note` | what readers, members and moderators said |
//! | `event` `fan_out` | events for the board, and events still to be made one by one |
//! | `sample` | a QA review that is not due yet |
//! | `tagged_comment` | which comment is found by a tag that was flagged or ruled |
//! | `daily_count` | statistics of a day |
//! | `webhook` `webhook_delivery` | where events are sent, and deliveries that have not arrived; a webhook's secrets are in it |
//! | `erasure` | what a member asked to be erased, where something of it is kept yet |
//! | `reply` | a saved reply |
//! | `rejudge_job` | comments that were, or are being, judged again by another rulebook |
//! | `form` | a written form of a listed term that was guessed at, and what became of it |
//! | `model` `model_part` `model_in_force` | models that the board learned, their weights (base64), and which is in force |
//! | `word_step` | a step of the board's own words: a word as it was left, or the version that was gone back to |
//! | `kept_file` | a file of the last good rulebook (base64), so that its counter goes on |
//!
//! Ids and numbers are those of the store that was exported, and stay so in the store that they are imported into. Times are
//! RFC 3339, hashes hexadecimal; a field that is empty is left out. The hash of an audit entry is SHA-256 over the hash before it
//! and the bytes in `hashed`, a digest the first half of SHA-256 over its `hashed`; where `scheme` is not 1 the scheme's number, as
//! one byte, stands before these bytes. The entries cover the digests of all revisions, so the whole history is proven by the
//! last hash. Exports of older versions are imported: version 1 knows scheme 1 alone, version 2 neither forms nor models.

mod json;
mod lines;
mod records;

pub(crate) use json::Base64;
pub use json::ShapeFault;
pub use lines::{
    Exported, FORMAT, ImportLineFault, LineWriter, ReadError, RecordRefusal, Totals, read_lines,
};
pub use records::{
    AuditLine, CommentLine, FileLine, ReportLine, RevisionLine, SampleLine, StateLine, TaggedLine,
};
