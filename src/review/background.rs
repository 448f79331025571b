//! What is known when a comment comes in. One read gives all of it, with the row versions it was read at.

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

/// Everything that the store knows about a submission.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Background {
    /// The comment, if this is not its first revision.
    pub comment: Option<Comment>,
    /// The article it stands under, if known.
    pub article: Option<Article>,
    /// What is kept about the member's nickname; none without a member.
    pub nickname_record: Option<SubjectRecord>,
    /// What is kept about each tag under this article, in order; empty without an article.
    pub tags: Vec<SubjectRecord>,
    /// The cases that any of these name.
    pub cases: Vec<Case>,
    /// What is kept about the member; none without one.
    pub member: Option<MemberRecord>,
    /// How many other comments of the member are known, as far as they were counted.
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
    pub fn verified(&self, said: Option<bool>) -> bool {
        let known = self.member.as_ref().is_some_and(|who| who.verified);
        said.unwrap_or(known)
    }

    /// How the member stands.
    pub fn member_standing(&self, now: Timestamp) -> MemberStanding {
        self.member
            .as_ref()
            .map_or(MemberStanding::Good, |who| who.standing(now))
    }

    /// What is in force on `comment`, of which this is the background.
    pub fn effective(&self, comment: &Comment) -> EffectiveDecision {
        effective_verdict(comment.decision(), &self.rulings_on(comment))
    }

    /// The rulings that touch `comment`, of which this is the background.
    pub fn rulings_on<'a>(&'a self, comment: &'a Comment) -> SubjectRulings<'a> {
        let newest = &comment.newest;
        SubjectRulings {
            effect: comment.effect.as_ref(),
            ..self.standing(newest.nickname.as_deref(), &newest.tags)
        }
    }

    /// The rulings that touch the comment with this nickname and these tags.
    pub fn standing<'a>(&'a self, nickname: Option<&str>, tags: &[String]) -> SubjectRulings<'a> {
        SubjectRulings {
            effect: self
                .comment
                .as_ref()
                .and_then(|comment| comment.effect.as_ref()),
            nickname: nickname.and_then(|nickname| self.nickname_record.as_ref()?.ruling(nickname)),
            tags: tags
                .iter()
                .map(|tag| self.tag(tag).and_then(|record| record.ruling(tag)))
                .collect(),
        }
    }

    /// What is kept about `tag` under the article.
    pub fn tag(&self, wanted: &str) -> Option<&SubjectRecord> {
        self.tags
            .iter()
            .find(|record| matches!(&record.subject, Subject::Tag { tag, .. } if tag == wanted))
    }

    /// The ruling on the nickname, if one holds.
    pub fn nickname_ruling(&self, nickname: &str) -> Option<&SubjectRuling> {
        self.nickname_record.as_ref()?.ruling(nickname)
    }
}
