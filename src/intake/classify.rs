//! How a submission compares with what is stored under its id.

use super::submission::Submission;
use crate::{record::Comment, review::Replaced};

/// How a submission is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mode {
    /// Decide as usual, store nothing.
    pub dry_run: bool,
    /// It is imported history: it opens no cases, and the board gets no events.
    pub backfill: bool,
    /// It came along with a report, from a caller that may only report: it is judged, but what it says of its article and its
    /// member is not stored as theirs.
    pub provisional: bool,
}

/// A submission compared with what is stored under its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubmissionKind {
    /// Nothing is stored under its id, or the text is purged.
    New,
    /// Word for word what is stored.
    Repeat,
    /// Other words by the same member in the same place.
    Edit,
    /// The id belongs to another comment.
    Conflict,
    /// The member withdrew the comment.
    Withdrawn,
    /// What is stored came along with a report: the board's own post takes its place.
    Replaces,
    /// It came along with a report, and what is stored stays.
    Known,
}

/// Compares a submission with the stored comment. `url`, `posted_at` and `verified` are not compared.
///
/// What comes along with a report never replaces anything, and the board's own post replaces what came along: the board gets
/// no conflict over it.
pub fn classify(submission: &Submission, stored: Option<&Comment>, mode: Mode) -> SubmissionKind {
    let Some(comment) = stored else {
        return SubmissionKind::New;
    };
    let same_place = is_same_place(submission, comment);
    match (comment.purged_at.is_some(), mode.provisional) {
        // Whose it was is known although its text is gone.
        (true, true) if !same_place && !comment.provisional => return SubmissionKind::Conflict,
        (true, _) => return SubmissionKind::New,
        (false, true) => return SubmissionKind::Known,
        (false, false) => {}
    }
    if comment.provisional {
        return match comment.withdrawn_at {
            Some(_) => SubmissionKind::Withdrawn,
            None => SubmissionKind::Replaces,
        };
    }
    match (
        same_place,
        comment.withdrawn_at,
        has_same_words(submission, comment),
    ) {
        (false, _, _) => SubmissionKind::Conflict,
        (true, Some(_), _) => SubmissionKind::Withdrawn,
        (true, None, true) => SubmissionKind::Repeat,
        (true, None, false) => SubmissionKind::Edit,
    }
}

/// What the board's own post does to a comment that came along with a report.
pub(super) fn replaced_by(submission: &Submission, stored: Option<&Comment>) -> Replaced {
    let came_along = |stored: &&Comment| stored.provisional && stored.purged_at.is_none();
    match stored.filter(came_along) {
        None => Replaced::Nothing,
        Some(stored) if is_same_place(submission, stored) && has_same_words(submission, stored) => {
            Replaced::Confirmed
        }
        Some(_) => Replaced::Refuted,
    }
}

fn is_same_place(submission: &Submission, comment: &Comment) -> bool {
    comment.member.as_ref() == submission.member()
        && comment.article == submission.article
        && comment.parent == submission.parent
}

fn has_same_words(submission: &Submission, comment: &Comment) -> bool {
    let newest = &comment.newest;
    newest.body == submission.body
        && newest.nickname.as_deref() == submission.nickname()
        && newest.tags == submission.tags
}
