//! What is looked up in the trees, as values of the core.

use std::ops::Bound::{Excluded, Unbounded};

use super::{
    keys,
    rows::{Tree, Trees, broken},
};
use crate::{
    id::{CaseId, CommentId, MemberId, ReportId, ReporterId},
    record::{
        Case, Comment, Key, MemberRecord, Report, SecretHash, Session, Subject, SubjectRecord,
        Token, User, UserName, is_subject_key,
    },
    store::{
        AuditFilter, AuditPage, Credential, QueueCursor, QueueFilter, QueuePage, Result, Sort,
        record::{AuditRow, Record},
    },
    text::fold::folded,
    time::Timestamp,
};

/// How many rows one page of the audit or of resolved cases looks at.
const SCAN_MAX: usize = 10_000;

impl Trees {
    pub fn comment(&self, id: &CommentId) -> Result<Option<(u64, Comment)>> {
        let Some(number) = self.get(Tree::CommentIds, id.as_str().as_bytes())? else {
            return Ok(None);
        };
        let comment = self.read(Tree::Comments, &number)?;
        Ok(comment
            .zip(keys::number(&number))
            .map(|(comment, number)| (number, comment)))
    }

    pub fn subject(&self, subject: Subject) -> Result<SubjectRecord> {
        let stored = self.read(Tree::Subjects, &keys::subject(&subject))?;
        Ok(stored.unwrap_or_else(|| SubjectRecord::new(subject)))
    }

    pub fn member(&self, id: MemberId) -> Result<MemberRecord> {
        let stored = self.read(Tree::Members, id.as_str().as_bytes())?;
        Ok(stored.unwrap_or_else(|| MemberRecord::new(id)))
    }

    /// How many comments of the member the board handed in beside this one, `most` at most, as far as was looked.
    pub fn posts(&self, member: &MemberId, but: Option<&CommentId>, most: usize) -> Result<usize> {
        let own = match but {
            Some(id) => self.get(Tree::CommentIds, id.as_str().as_bytes())?,
            None => None,
        };
        let own = own.and_then(|number| keys::number(&number));
        let rows = self
            .tree(Tree::MemberComments)
            .scan_prefix(keys::member_prefix(member));
        let mut count = 0;
        for row in rows.take(SCAN_MAX) {
            if count == most {
                break;
            }
            let (key, value) = row.map_err(broken)?;
            let is_other = keys::number_at_end(&key) != own || own.is_none();
            let counts = self.payload(Tree::MemberComments, &key, &value)? != keys::CAME_ALONG;
            count += usize::from(is_other && counts);
        }
        Ok(count)
    }

    pub fn comments_of(
        &self,
        member: &MemberId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        let first = keys::member_comment(member, 0);
        let end = keys::member_comment(member, before.unwrap_or(u64::MAX));
        let rows = self.tree(Tree::MemberComments).range(first..end).keys();
        let mut comments = Vec::new();
        for row in rows.rev().take(limit) {
            let key = row.map_err(broken)?;
            let number = keys::number_at_end(&key).unwrap_or_default();
            let comment = self.read(Tree::Comments, &number.to_be_bytes())?;
            comments.extend(comment.map(|comment| (number, comment)));
        }
        Ok(comments)
    }

    pub fn case(&self, id: CaseId) -> Result<Option<Case>> {
        self.read(Tree::Cases, &keys::case(id))
    }

    /// The records of one tree whose keys lie in `range`, in order.
    pub fn ranged<T: Record>(
        &self,
        tree: Tree,
        range: impl std::ops::RangeBounds<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<T>> {
        let rows = self.tree(tree).range(range).take(limit);
        rows.map(|row| {
            let (key, value) = row.map_err(broken)?;
            T::decode(&self.payload(tree, &key, &value)?)
        })
        .collect()
    }

    pub fn report_by(&self, comment: &CommentId, reporter: &ReporterId) -> Result<Option<Report>> {
        match self.get(Tree::ReportOf, &keys::report_of(comment, reporter))? {
            Some(id) => self.read(Tree::Reports, &id),
            None => Ok(None),
        }
    }

    pub fn reports_of(
        &self,
        reporter: &ReporterId,
        before: Option<ReportId>,
        limit: usize,
    ) -> Result<Vec<Report>> {
        let first = keys::reporter_report(reporter, ReportId(ulid::Ulid(0)));
        let end = before.unwrap_or(ReportId(ulid::Ulid(u128::MAX)));
        let rows = self
            .tree(Tree::ReporterReports)
            .range(first..keys::reporter_report(reporter, end))
            .keys();
        let mut reports = Vec::new();
        for row in rows.rev().take(limit) {
            let key = row.map_err(broken)?;
            let id: Option<&[u8; 16]> = key.last_chunk();
            let Some(id) = id else { continue };
            reports.extend(self.read(Tree::Reports, id)?);
        }
        Ok(reports)
    }

    /// Comments by the numbers that end the keys, from this one on.
    pub fn comments_listed(
        &self,
        tree: Tree,
        prefix: &[u8],
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        let key = |number: u64| [prefix, number.to_be_bytes().as_slice()].concat();
        let rows = self.tree(tree).range(key(from)..=key(u64::MAX)).keys();
        let mut comments = Vec::new();
        for row in rows.take(limit) {
            let key = row.map_err(broken)?;
            let number = keys::number_at_end(&key).unwrap_or_default();
            let comment = self.read(Tree::Comments, &number.to_be_bytes())?;
            comments.extend(comment.map(|comment| (number, comment)));
        }
        Ok(comments)
    }

    /// Who holds a secret.
    pub fn credential(&self, secret: SecretHash) -> Result<Option<Credential>> {
        let Some(key) = self.get(Tree::Secrets, &secret.0)? else {
            return Ok(None);
        };
        let owner = |user: &UserName| self.read::<User>(Tree::Accounts, &keys::user(user));
        Ok(match key.first() {
            Some(&keys::KEYS) => self.read::<Key>(Tree::Accounts, &key)?.map(Credential::Key),
            Some(&keys::TOKENS) => match self.read::<Token>(Tree::Accounts, &key)? {
                Some(token) => owner(&token.user)?.map(|user| Credential::Token(token, user)),
                None => None,
            },
            _ => match self.read::<Session>(Tree::Accounts, &key)? {
                Some(session) => {
                    owner(&session.user)?.map(|user| Credential::Session(session, user))
                }
                None => None,
            },
        })
    }

    pub fn account<T: Record>(&self, key: &[u8]) -> Result<Option<T>> {
        self.read(Tree::Accounts, key)
    }

    pub fn accounts<T: Record>(&self, kind: u8) -> Result<Vec<T>> {
        let rows = self.tree(Tree::Accounts).scan_prefix([kind]);
        rows.map(|row| {
            row.map_err(broken)
                .and_then(|(key, value)| T::decode(&self.payload(Tree::Accounts, &key, &value)?))
        })
        .collect()
    }

    /// One page of resolved cases: those that were resolved last first, unless the oldest are asked for.
    pub fn closed(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage> {
        let wanted = QueueFilter {
            text: filter.text.as_deref().map(folded),
            ..filter.clone()
        };
        let from = filter
            .after
            .filter(|after| after.resolved)
            .map_or(Unbounded, |after| {
                Excluded(keys::closed(after.at, after.id))
            });
        let closed = self.tree(Tree::Closed);
        let rows: Box<dyn Iterator<Item = _>> = match filter.sort {
            Sort::Oldest => Box::new(closed.range((from, Unbounded))),
            Sort::Priority | Sort::Newest => Box::new(closed.range((Unbounded, from)).rev()),
        };
        let (mut cases, mut last) = (Vec::new(), None);
        for (looked, row) in rows.enumerate() {
            let (key, _) = row.map_err(broken)?;
            if cases.len() == filter.limit || looked == SCAN_MAX {
                return Ok(QueuePage {
                    cases,
                    next: last,
                    counts: None,
                });
            }
            let Some(id) = key.last_chunk::<16>() else {
                continue;
            };
            let case: Option<Case> = self.read(Tree::Cases, id)?;
            let Some(case) = case else { continue };
            last = Some(QueueCursor {
                sort: filter.sort,
                priority: case.priority(),
                at: case.changed_at,
                id: case.id,
                resolved: true,
            });
            cases.extend(Some(case).filter(|case| wanted.wants(case, now)));
        }
        Ok(QueuePage {
            cases,
            next: None,
            counts: None,
        })
    }

    /// One page of the audit, newest first.
    pub fn audit(&self, filter: &AuditFilter) -> Result<AuditPage> {
        let before = filter.before.unwrap_or(u64::MAX);
        let numbers: Box<dyn Iterator<Item = Result<Option<u64>>>> =
            match filter.subjects.as_slice() {
                [subject] if is_subject_key(subject) => {
                    let prefix = keys::audit_subject_prefix(subject);
                    let end = [prefix.as_slice(), before.to_be_bytes().as_slice()].concat();
                    let rows = self
                        .tree(Tree::AuditSubjects)
                        .range(prefix.to_vec()..end)
                        .rev();
                    Box::new(rows.map(|row| {
                        row.map(|(key, _)| keys::number_at_end(&key))
                            .map_err(broken)
                    }))
                }
                _ => {
                    let rows = self
                        .tree(Tree::Audit)
                        .range(..before.to_be_bytes().to_vec())
                        .rev();
                    Box::new(rows.map(|row| row.map(|(key, _)| keys::number(&key)).map_err(broken)))
                }
            };
        let mut page = AuditPage::default();
        for (looked, number) in numbers.enumerate() {
            let Some(number) = number? else { continue };
            if page.entries.len() == filter.limit || looked == SCAN_MAX {
                page.next_before = Some(number + 1);
                break;
            }
            let Some(row) = self.audit_row(number)? else {
                continue;
            };
            if filter.wants(&row.entry) {
                page.entries.push((row.entry, row.previous, row.hash));
            }
        }
        Ok(page)
    }

    pub fn audit_row(&self, number: u64) -> Result<Option<AuditRow>> {
        self.read(Tree::Audit, &number.to_be_bytes())
    }
}
