//! What is stored about a comment and around it. One read gives all of it, with the row versions it was read at.

use super::{EffectiveDecision, SubjectRulings, effective_verdict};
use crate::{
    id::{CaseId, CommentId},
    member::MemberStanding,
    record::{
        Article, Case, Change, Comment, Decision, MemberRecord, Precondition, Subject,
        SubjectRecord, SubjectRuling, Write,
    },
    time::Timestamp,
};

/// Everything that is stored about a comment and around it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Background {
    /// The comment, if it is stored.
    pub comment: Option<Comment>,
    /// The article that it was posted under, if that is stored.
    pub article: Option<Article>,
    /// What is kept about the member's nickname; `None` without a member.
    pub nickname_record: Option<SubjectRecord>,
    /// What is kept about each tag under this article, in order; empty without an article.
    pub tags: Vec<SubjectRecord>,
    /// The cases that any of these name.
    pub cases: Vec<Case>,
    /// What is kept about the member; `None` without one.
    pub member: Option<MemberRecord>,
    /// How many other comments of the member are stored, as far as they were counted.
    pub posts: usize,
}

impl Background {
    /// The records that many comments share must still be as they were read.
    pub fn preconditions(&self) -> impl Iterator<Item = Precondition> {
        let subjects = self.nickname_record.iter().chain(&self.tags);
        let subjects = subjects
            .map(|record| Precondition::Subject(record.subject.clone(), record.row_version));
        let cases = self.cases.iter();
        let cases = cases.map(|case| Precondition::Case(case.id, case.row_version));
        let member = self.member.iter();
        subjects
            .chain(cases)
            .chain(member.map(|member| Precondition::Member(member.id.clone(), member.row_version)))
    }

    /// Puts the records of a change in place of those that were read: what will be known once it is stored.
    pub fn update(&mut self, change: &Change) {
        for write in change.writes() {
            match write {
                Write::Subject(after) => {
                    let records = self.nickname_record.iter_mut().chain(&mut self.tags);
                    let known = records.filter(|record| record.subject == after.subject);
                    known.for_each(|record| record.clone_from(after));
                }
                Write::Case(after) => {
                    let known = self.cases.iter_mut().filter(|case| case.id == after.id);
                    known.for_each(|case| case.clone_from(after));
                }
                Write::Member(after) => self.member = Some(after.clone()),
                _ => {}
            }
        }
    }

    /// The tags by which a comment is found: those that were ever flagged or ruled under its article. Of the latter there is a
    /// record.
    pub fn indexed_tags(&self, decision: &Decision) -> Vec<String> {
        let has_record = |tag: &str| self.tag(tag).is_some_and(|record| record.row_version > 0);
        let tags = decision.tags.iter();
        let indexed = tags.filter(|tag| tag.off_topic || has_record(&tag.tag));
        indexed.map(|tag| tag.tag.clone()).collect()
    }

    /// Whether a case about the nickname or a tag is open that `comment` introduced.
    pub fn has_open_case_from(&self, comment: &CommentId) -> bool {
        let mut open = self.cases.iter().filter(|case| case.state.is_unresolved());
        open.any(|case| case.comment.as_ref() == Some(comment))
    }

    /// The case of this id.
    pub fn case(&self, id: Option<CaseId>) -> Option<&Case> {
        let id = id?;
        self.cases.iter().find(|case| case.id == id)
    }

    /// Whether the board vouches for the member: what it says now, else what it said last.
    pub fn verified(&self, now: Option<bool>) -> bool {
        let known = self.member.as_ref().is_some_and(|member| member.verified);
        now.unwrap_or(known)
    }

    /// The member's standing.
    pub fn member_standing(&self, now: Timestamp) -> MemberStanding {
        self.member
            .as_ref()
            .map_or(MemberStanding::Good, |member| member.standing(now))
    }

    /// What is in force on `comment`, of which this is the background.
    pub fn effective(&self, comment: &Comment) -> EffectiveDecision {
        effective_verdict(comment.decision(), &self.rulings_on(comment))
    }

    /// The rulings that touch `comment`, of which this is the background.
    pub fn rulings_on<'a>(&'a self, comment: &'a Comment) -> SubjectRulings<'a> {
        let newest = &comment.newest;
        let nickname = newest.nickname.as_deref();
        let nickname = nickname.and_then(|nickname| self.nickname_ruling(nickname));
        let tags = newest.tags.iter();
        SubjectRulings {
            // One that does not hold any more leaves the filter's verdict in force.
            effect: comment.effect_in_force(),
            nickname,
            tags: tags
                .map(|tag| self.tag(tag).and_then(|record| record.ruling(tag)))
                .collect(),
        }
    }

    /// The rulings that touch a nickname without a comment.
    pub fn rulings_on_nickname(&self, nickname: &str) -> SubjectRulings<'_> {
        SubjectRulings {
            nickname: self.nickname_ruling(nickname),
            ..SubjectRulings::default()
        }
    }

    /// What is kept about `tag` under the article.
    pub fn tag(&self, wanted: &str) -> Option<&SubjectRecord> {
        self.tags
            .iter()
            .find(|record| matches!(&record.subject, Subject::Tag { tag, .. } if tag == wanted))
    }

    fn nickname_ruling(&self, nickname: &str) -> Option<&SubjectRuling> {
        self.nickname_record.as_ref()?.ruling(nickname)
    }
}
