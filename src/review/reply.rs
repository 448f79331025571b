//! Saved replies: moderators write, change and delete them.

use crate::record::{
    Actor, AuditAction, AuditDraft, AuditSubject, Change, ChangeBuilder, Precondition, Reply,
    Words, Write,
};

/// A saved reply that was made, changed or deleted; `before` is its title until now.
pub fn reply_changed(reply: Reply, before: Option<String>, by: &Actor) -> Change {
    let action = match (&before, reply.deleted_at) {
        (_, Some(_)) => AuditAction::ReplyRemoved,
        (None, None) => AuditAction::ReplyCreated,
        (Some(_), None) => AuditAction::ReplyChanged,
    };
    let subject = AuditSubject::Reply(reply.id.to_string());
    let audit = AuditDraft {
        from: before,
        to: reply.deleted_at.is_none().then(|| reply.title.clone()),
        ..AuditDraft::new(reply.at, by, action, subject)
    };
    ChangeBuilder::new()
        .require([Precondition::Reply(reply.id, reply.row_version - 1)])
        .write([Write::Reply(reply)])
        .audit([audit])
        .build()
}

/// The record of a reply that is deleted: its words are gone, so that a later ruling cannot name it.
pub fn deleted_reply(reply: &Reply, by: &Actor, now: crate::time::Timestamp) -> Reply {
    Reply {
        text: Words::default(),
        by: by.clone(),
        at: now,
        deleted_at: Some(now),
        row_version: reply.row_version + 1,
        ..reply.clone()
    }
}
