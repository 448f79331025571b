//! Shapes of records as the first version wrote them, frozen: fields are never added, removed or reordered here.
//!
//! Each has a `From` into today's value. The folder under `tests/folders` holds every one of them.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AppealId, ArticleId, CaseId, CommentId, MemberId},
    intake::{self, Hold, Revision},
    review::{Contested, Mark},
    time::Timestamp,
};

/// A comment, before it was known which of them came along with a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named and described as in `intake::Comment`")]
pub struct Comment {
    pub id: CommentId,
    pub article: Option<ArticleId>,
    pub member: Option<MemberId>,
    pub parent: Option<CommentId>,
    pub url: Option<String>,
    pub newest: Revision,
    pub mark: Option<Mark>,
    pub case: Option<CaseId>,
    pub appeals: Vec<(Contested, AppealId)>,
    pub hold: Option<Hold>,
    pub withdrawn_at: Option<Timestamp>,
    pub purged_at: Option<Timestamp>,
    pub purged_through: u32,
    pub edition: u64,
}

impl From<Comment> for intake::Comment {
    fn from(old: Comment) -> Self {
        Self {
            id: old.id,
            article: old.article,
            member: old.member,
            parent: old.parent,
            url: old.url,
            newest: old.newest,
            mark: old.mark,
            case: old.case,
            appeals: old.appeals,
            hold: old.hold,
            withdrawn_at: old.withdrawn_at,
            purged_at: old.purged_at,
            purged_through: old.purged_through,
            edition: old.edition,
            provisional: false,
        }
    }
}
