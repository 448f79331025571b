//! Legal holds: neither retention nor erasure takes the text of a comment under one.

use crate::{
    record::{
        Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, Comment, LegalHold,
    },
    time::Timestamp,
};

/// Places a legal hold on a comment; it replaces one that is there.
pub fn place_hold(comment: &Comment, hold: LegalHold, now: Timestamp) -> Change {
    let audit = AuditDraft {
        words: Some(hold.reason.clone()),
        ..audit(comment, AuditAction::CommentHeld, &hold.by, now)
    };
    with_hold(comment, Some(hold), audit)
}

/// Releases the legal hold on a comment; `None` if there is none.
pub fn release_hold(comment: &Comment, by: &Actor, now: Timestamp) -> Option<Change> {
    let audit = audit(comment, AuditAction::CommentReleased, by, now);
    let is_held = comment.legal_hold.is_some();
    is_held.then(|| with_hold(comment, None, audit))
}

fn audit(comment: &Comment, action: AuditAction, by: &Actor, at: Timestamp) -> AuditDraft {
    AuditDraft::new(at, by, action, AuditSubject::Comment(comment.id.clone()))
}

fn with_hold(comment: &Comment, legal_hold: Option<LegalHold>, audit: AuditDraft) -> Change {
    let after = Comment {
        legal_hold,
        ..comment.next()
    };
    ChangeBuilder::new()
        .updated_comment(after)
        .audit([audit])
        .build()
}
