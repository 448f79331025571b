//! What goes to the store for one comment.

use crate::record::{
    Article, AuditDraft, Case, Comment, Decision, MemberRecord, Precondition, Revision,
    SubjectRecord,
};

/// One judged revision with all that follows from it. Only `moderate` makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Filing {
    /// The comment with its new revision.
    pub(super) comment: Comment,
    /// The revision that was newest until now.
    pub(super) archived: Option<Revision>,
    /// The article, where it came along and is new.
    pub(super) article: Option<Article>,
    /// Cases opened or changed.
    pub(super) cases: Vec<Case>,
    /// Records of nickname and tags that got a case.
    pub(super) subjects: Vec<SubjectRecord>,
    /// The member's record, where something about them is new.
    pub(super) member: Option<MemberRecord>,
    /// The story; empty for a first revision that was merely allowed.
    pub(super) audit: Vec<AuditDraft>,
    /// What must still hold.
    pub(super) preconditions: Vec<Precondition>,
}

/// The parts of a [`Filing`], for the store.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "named and described as in `Filing`")]
pub struct FilingParts {
    pub comment: Comment,
    pub archived: Option<Revision>,
    pub article: Option<Article>,
    pub cases: Vec<Case>,
    pub subjects: Vec<SubjectRecord>,
    pub member: Option<MemberRecord>,
    pub audit: Vec<AuditDraft>,
    pub preconditions: Vec<Precondition>,
}

impl Filing {
    /// The comment as it will be stored.
    pub const fn comment(&self) -> &Comment {
        &self.comment
    }

    /// The article, where it came along and is new.
    pub const fn article(&self) -> Option<&Article> {
        self.article.as_ref()
    }

    /// The cases that it opens or changes.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The records of nickname and tags as they will be stored, where they change.
    pub fn subjects(&self) -> &[SubjectRecord] {
        &self.subjects
    }

    /// Takes it apart.
    pub fn into_parts(self) -> FilingParts {
        let Self {
            comment,
            archived,
            article,
            cases,
            subjects,
            member,
            audit,
            preconditions: expects,
        } = self;
        FilingParts {
            comment,
            archived,
            article,
            cases,
            subjects,
            member,
            audit,
            preconditions: expects,
        }
    }
}

/// A nickname judged without a comment, with all that follows from it. Only `judge_nickname` makes one.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "named and described as in `Filing`")]
pub struct NicknameFiling {
    pub decision: Decision,
    pub member: Option<MemberRecord>,
    pub cases: Vec<Case>,
    pub subjects: Vec<SubjectRecord>,
    pub audit: Vec<AuditDraft>,
    pub expects: Vec<Precondition>,
}

/// A comment that its member took back. Only `withdraw` makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawal {
    /// The comment, marked.
    pub(super) comment: Comment,
    /// Its case, closed.
    pub(super) case: Option<Case>,
    /// The story.
    pub(super) audit: Vec<AuditDraft>,
    /// What must still hold.
    pub(super) expects: Vec<Precondition>,
}

impl Withdrawal {
    /// Comment, case, story, and what must still hold.
    pub fn into_parts(self) -> (Comment, Option<Case>, Vec<AuditDraft>, Vec<Precondition>) {
        (self.comment, self.case, self.audit, self.expects)
    }
}
