//! What goes to the store for one comment.

use crate::{
    record::{
        Article, AuditDraft, Case, Change, ChangeBuilder, Comment, Decision, FanOut, MemberRecord,
        Precondition, QaSample, Revision, Source, Subject, SubjectRecord, Write,
    },
    review::tallies_of_decision,
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

    /// The change that stores it; `sample` is the QA review that it was drawn for.
    pub fn into_change(self, sample: Option<QaSample>) -> Change {
        let newest = &self.comment.newest;
        // What came along with a report is counted once the board hands it in.
        let is_counted = !newest.backfill && !self.comment.provisional;
        let tallies = is_counted.then(|| tallies_of_decision(&newest.decision));
        let posted_at = newest.posted_at;
        let comment = Write::Comment {
            tags: indexed_tags(&newest.decision, &self.preconditions),
            comment: self.comment,
            archived: self.archived,
            judged: true,
        };
        ChangeBuilder::new()
            .require(self.preconditions)
            .write([comment])
            .write(self.article.map(Write::Article))
            .write(self.cases.into_iter().map(Write::Case))
            .write(self.subjects.into_iter().map(Write::Subject))
            .write(self.member.map(Write::Member))
            .write(sample.map(Write::QaSample))
            .audit(self.audit)
            .count(tallies.into_iter().flatten(), posted_at)
            .build()
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

impl NicknameFiling {
    /// The change that stores it.
    pub fn into_change(self) -> Change {
        ChangeBuilder::new()
            .require(self.expects)
            .write(self.member.map(Write::Member))
            .write(self.cases.into_iter().map(Write::Case))
            .write(self.subjects.into_iter().map(Write::Subject))
            .audit(self.audit)
            .build()
    }
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
    /// The change that stores it. Who reported the comment hears that the case is closed.
    pub fn into_change(self) -> Change {
        let is_reported = |case: &&Case| case.sources.contains(&Source::Report);
        let reported = self.case.as_ref().filter(is_reported);
        let fan_out = reported.map(|case| FanOut::Reports(case.id));
        ChangeBuilder::new()
            .require(self.expects)
            .comment(self.comment)
            .write(self.case.map(Write::Case))
            .audit(self.audit)
            .fan_outs(fan_out)
            .build()
    }
}

/// The tags by which a comment is found: those that were ever flagged or ruled under its article. Of the latter there is a
/// record, and so a precondition with a version.
pub(super) fn indexed_tags(decision: &Decision, preconditions: &[Precondition]) -> Vec<String> {
    let has_record = |wanted: &str| {
        preconditions.iter().any(|held| {
            matches!(held, Precondition::Subject(Subject::Tag { tag, .. }, version) if tag == wanted && *version > 0)
        })
    };
    let tags = decision.tags.iter();
    let indexed = tags.filter(|tag| tag.off_topic || has_record(&tag.tag));
    indexed.map(|tag| tag.tag.clone()).collect()
}
