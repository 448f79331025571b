//! One comment, start to end: its fields checked, what is known about it, and what is filed.
//!
//! The path is `Draft -> Submission -> Filing`. A [`Filing`] comes from [`moderate`] alone, so nothing is stored that
//! was not judged. This room reads no store and no clock.

mod article;
mod background;
mod comment;
mod erasure;
mod filing;
mod hear;
mod moderate;
mod privacy;
mod rejudge;
mod submission;

pub use article::{Article, ArticleContent, ArticleDraft};
pub use background::{Background, Editions};
pub use comment::{Comment, Hold, Revision};
pub use erasure::{
    Erased, ErasedCase, Erasure, Kept, KeptOf, KeptWhy, Matters, erased_case, erased_member,
    erased_report, erased_reporter, erased_subject, matters,
};
pub use filing::{Expect, Filing, FilingParts, NicknameFiling, Withdrawal};
pub use hear::{
    Contestable, Hearsay, MemberScene, Plea, Reporting, Scene, TakenUp, Worth, appeal,
    appeal_sanction, contestable, report, sample, sample_removal, take_up, take_up_member,
};
pub use moderate::{Meeting, Mode, judge_nickname, meet, moderate, withdraw};
pub use privacy::{Purge, Retention};
pub use rejudge::{Rejudged, decide_again, known_otherwise, rejudge};
pub use submission::{
    Author, Draft, FaultCode, FieldFault, MemberDraft, Submission, TAG_CHARS_MAX, TAGS_MAX, bad_id,
    checked_nickname,
};
