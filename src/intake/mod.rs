//! One comment on its way in: its fields checked, judged, stored, and withdrawn.
//!
//! The path is `CommentDraft -> Submission -> Change`. The change that stores a comment comes from [`moderate`] alone, so
//! nothing is stored that was not judged. This room reads no store and no clock.

mod article;
mod author;
mod classify;
mod fields;
mod moderate;
mod submission;
mod withdraw;

pub use article::{ArticleDraft, store_article};
pub use author::author_signals;
pub use classify::{Mode, SubmissionKind, classify};
pub use fields::{FaultCode, FieldFault, TAG_CHARS_MAX, TAGS_MAX, bad_id};
pub use moderate::{ModerationContext, judge_nickname, moderate};
pub use submission::{CommentAuthor, CommentDraft, MemberDraft, Submission, checked_nickname};
pub use withdraw::withdraw;
