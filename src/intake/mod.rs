//! One comment, start to end: its fields checked, what is known about it, and what is filed.
//!
//! The path is `CommentDraft -> Submission -> Filing -> Change`. A [`Filing`] comes from [`moderate`] alone, so nothing is stored that
//! was not judged. This room reads no store and no clock.

mod article;
mod erasure;
mod fields;
mod filing;
mod moderate;
mod privacy;
mod rejudge;
mod submission;

pub use article::{ArticleDraft, article_stored};
pub use erasure::{
    Erased, ErasedCase, RelevanceWindow, erased_case, erased_member, erased_report,
    erased_reporter, erased_subject, erasure_finished, erasure_progress, matters,
};
pub use fields::{FaultCode, FieldFault, TAG_CHARS_MAX, TAGS_MAX, bad_id};
pub use filing::{Filing, NicknameFiling, Withdrawal};
pub use moderate::{Mode, SubmissionKind, classify, judge_nickname, moderate, withdraw};
pub use privacy::{Purge, Retention, hold_changed, purged};
pub use rejudge::{Rejudged, decide_again, fan_out_step, known_otherwise, rejudge};
pub use submission::{CommentAuthor, CommentDraft, MemberDraft, Submission, checked_nickname};
