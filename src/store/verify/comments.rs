//! Comments with their revisions, and what is flagged in force.

use std::collections::{HashMap, HashSet};

use super::Walk;
use crate::{
    id::CaseId,
    record::{Case, Comment, Covered, Rejudgement, Revision, Subject, SubjectRecord, Verdict},
    review::{SubjectRulings, effective_verdict, spelling_of},
    store::{
        Result,
        engine::{Range, Reads},
        rows::Rows,
        tables::{Key, Table, Value, subject_key},
    },
};

/// What some comments lead to.
struct Surroundings {
    subjects: HashMap<Subject, SubjectRecord>,
    cases: HashMap<CaseId, Case>,
}

impl Surroundings {
    fn subject(&self, subject: Option<Subject>) -> Option<&SubjectRecord> {
        self.subjects.get(&subject?)
    }

    fn waits(&self, case: Option<CaseId>) -> bool {
        let case = case.and_then(|id| self.cases.get(&id));
        case.is_some_and(|case| case.state.is_unresolved())
    }

    /// Whether a case about the member waits; or was decided about another spelling, by which this one had come to it.
    fn has_nickname_case(&self, nickname: &str, member: Option<&SubjectRecord>) -> bool {
        let case = member.and_then(|record| self.cases.get(&record.case?));
        case.is_some_and(|case| {
            let is_of_nickname = matches!(case.subject, Subject::Nickname(_));
            case.state.is_unresolved() || (is_of_nickname && spelling_of(case) != nickname)
        })
    }
}

fn nickname_of(comment: &Comment) -> Option<Subject> {
    comment.member.clone().map(Subject::Nickname)
}

fn tag_of(comment: &Comment, tag: &str) -> Option<Subject> {
    Some(Subject::Tag {
        article: comment.article.clone()?,
        tag: tag.to_owned(),
    })
}

impl<E: Reads> Walk<'_, E> {
    pub(super) async fn comments(&mut self) -> Result<()> {
        let (mut rows, mut older) = (Rows::of(Table::Comments), 0);
        while let Some(rows) = rows.next(self.engine).await? {
            self.report.comments += rows.len() as u64;
            let mut comments = Vec::with_capacity(rows.len());
            for row in rows {
                if let Some(comment) = self.read::<Comment>(&row) {
                    comments.push((row.key, comment));
                }
            }
            let around = self.surroundings(&comments).await?;
            for (key, comment) in comments {
                self.comment(&key, &comment, &around);
                older += self.older_revisions(&key, &comment).await?;
            }
        }
        if self.engine.count(Range::along(Table::Revisions)).await? != older {
            self.found_in(Table::Revisions, "there are revisions without a comment");
        }
        let (numbered, there) = (self.head.next_comment, self.report.comments);
        if numbered != there {
            let what = format!("{numbered} comments were numbered, {there} are there");
            self.found_in(Table::Comments, &what);
        }
        Ok(())
    }

    async fn surroundings(&self, comments: &[(Key, Comment)]) -> Result<Surroundings> {
        let mut subjects = HashSet::new();
        for (_, comment) in comments {
            let tags = comment.newest.tags.iter();
            subjects.extend(nickname_of(comment));
            subjects.extend(tags.filter_map(|tag| tag_of(comment, tag)));
        }
        let subjects: Vec<SubjectRecord> = self.fetched(subjects.iter().map(subject_key)).await?;
        let of_subjects = subjects.iter().filter_map(|record| record.case);
        let of_comments = comments.iter().filter_map(|(_, comment)| comment.case);
        let cases: HashSet<CaseId> = of_subjects.chain(of_comments).collect();
        let cases: Vec<Case> = self
            .fetched(cases.iter().map(|id| vec![Value::Id(id.0.0)]))
            .await?;
        let by_subject = |record: SubjectRecord| (record.subject.clone(), record);
        Ok(Surroundings {
            subjects: subjects.into_iter().map(by_subject).collect(),
            cases: cases.into_iter().map(|case| (case.id, case)).collect(),
        })
    }

    fn comment(&mut self, key: &[Value], comment: &Comment, around: &Surroundings) {
        if comment
            .case
            .is_some_and(|case| !around.cases.contains_key(&case))
        {
            self.found_at(Table::Comments, key, "names a case that is not there");
        }
        if comment.purged_at.is_none() {
            self.revision(key, &comment.newest);
            for what in without_a_case(comment, around) {
                self.found_at(Table::Comments, key, &what);
            }
        }
        for later in kept_rejudgements(comment) {
            let digest = later.digest_hex();
            let parts = [comment.id.as_str().as_bytes(), digest.as_bytes()];
            self.rejudgements.is_there(&parts);
        }
    }

    /// The older revisions whose text is not gone; how many there are.
    async fn older_revisions(&mut self, key: &[Value], comment: &Comment) -> Result<u64> {
        let newest = comment.newest.number;
        let expected = newest.saturating_sub(comment.purged_through + 1);
        if newest == 1 {
            return Ok(0);
        }
        let of_comment = Range::along(Table::Revisions).under(key);
        let (mut rows, mut found) = (Rows::along(of_comment), 0);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                found += 1;
                let Some(revision) = self.read::<Covered<Revision>>(&row) else {
                    continue;
                };
                if row.key.last() != Some(&Value::Small(revision.number)) {
                    self.found_at(Table::Revisions, &row.key, super::OTHER_KEY);
                }
                self.revision(key, &revision);
            }
        }
        if found != u64::from(expected) {
            let what = format!(
                "comment {} has {newest} revisions, and not all are there",
                comment.id
            );
            self.found_in(Table::Revisions, &what);
        }
        Ok(found)
    }

    fn revision(&mut self, key: &[Value], revision: &Covered<Revision>) {
        self.report.revisions += 1;
        let parts = [
            &number(key).to_be_bytes()[..],
            &revision.number.to_be_bytes(),
            &revision.digest(),
        ];
        self.revisions.is_there(&parts);
    }
}

fn number(key: &[Value]) -> u64 {
    match key.first() {
        Some(Value::Number(number)) => *number,
        _ => u64::MAX,
    }
}

/// The later decisions about texts that are not gone.
pub(super) fn kept_rejudgements(comment: &Comment) -> impl Iterator<Item = &Covered<Rejudgement>> {
    let kept = |later: &&Covered<Rejudgement>| later.revision > comment.purged_through;
    comment.rejudged.iter().filter(kept)
}

/// What is flagged in force, history and what was withdrawn apart, names a case that waits: what does not.
fn without_a_case(comment: &Comment, around: &Surroundings) -> Vec<String> {
    let newest = &comment.newest;
    if newest.backfill || comment.withdrawn_at.is_some() {
        return Vec::new();
    }
    let member = around.subject(nickname_of(comment));
    let tags = newest.tags.iter();
    let tags: Vec<Option<&SubjectRecord>> = tags
        .map(|tag| around.subject(tag_of(comment, tag)))
        .collect();
    let nickname = newest.nickname.as_deref();
    let rulings = SubjectRulings {
        effect: comment.effect_in_force(),
        nickname: nickname.and_then(|name| member?.ruling(name)),
        tags: newest
            .tags
            .iter()
            .zip(&tags)
            .map(|(tag, record)| record.and_then(|record| record.ruling(tag)))
            .collect(),
    };
    let now = effective_verdict(comment.decision(), &rulings);
    let mut missing = Vec::new();
    if now.body == Some(Verdict::Flag) && !around.waits(comment.case) {
        missing.push("the body is flagged, and no case about it waits".to_owned());
    }
    // What came along with a report has no say in the cases that others share.
    let shares = !comment.provisional;
    let is_flagged = now.nickname == Some(Verdict::Flag);
    if shares && is_flagged && !around.has_nickname_case(nickname.unwrap_or(""), member) {
        missing.push("the nickname is flagged, and no case about it waits".to_owned());
    }
    for ((tag, filter), record) in now.tags.iter().zip(&comment.decision().tags).zip(&tags) {
        let of_tag = record.and_then(|record| record.case);
        let case = if filter.off_topic {
            of_tag
        } else {
            comment.case
        };
        if tag.verdict == Verdict::Flag && !around.waits(case) && (shares || !filter.off_topic) {
            missing.push(format!(
                "tag {} is flagged, and no case about it waits",
                tag.tag
            ));
        }
    }
    missing
}
