//! From plans to rows. The committer is the only writer, so what is stored plus what this batch has already changed is
//! exact; nothing here writes to the database.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{
    keys,
    rows::{Tree, Trees, piece_key, sealed},
};
use crate::{
    access::{Actor, Key, SecretHash},
    id::CommentId,
    intake::{Comment, Expect, Revision},
    review::{
        AuditDraft, AuditEntry, AuditSubject, Case, MemberRecord, RevisionDigest, State,
        SubjectRecord,
    },
    store::{
        AccountWrite, Plan, Result, StoreError, StoredAnswer, Write,
        record::{AuditRow, Record, StateRow, encode_account},
    },
    time::Timestamp,
};

/// Payloads by place; none where a row goes.
type Changes = BTreeMap<(Tree, Vec<u8>), Option<Vec<u8>>>;

/// A row to put, or to remove where there is no value.
pub(super) type Row = (Tree, Vec<u8>, Option<Vec<u8>>);

/// How many kept answers are let go in one batch when their time is over.
const EXPIRED_PER_BATCH_MAX: usize = 64;

/// One batch in the making.
pub(super) struct Layout<'a> {
    trees: &'a Trees,
    now: Timestamp,
    state: StateRow,
    changes: Changes,
    allowed: Vec<RevisionDigest>,
    cases: Vec<Case>,
    bytes: usize,
}

/// A batch, ready to be written.
pub(super) struct Rows {
    /// In the order of trees and keys.
    pub rows: Vec<Row>,
    /// The state after it.
    pub state: StateRow,
    /// Cases as they are after it.
    pub cases: Vec<Case>,
}

/// What one plan changes, kept apart until the whole plan is known to fit.
struct Draft {
    state: StateRow,
    changes: Changes,
    revisions: Vec<RevisionDigest>,
    cases: Vec<Case>,
}

impl<'a> Layout<'a> {
    /// A batch over what is stored.
    pub fn new(trees: &'a Trees, state: StateRow, now: Timestamp) -> Self {
        let mut state = state;
        state.rows.resize(Tree::ALL.len(), 0);
        Self {
            trees,
            now,
            state,
            changes: Changes::new(),
            allowed: Vec::new(),
            cases: Vec::new(),
            bytes: 0,
        }
    }

    /// Bytes of payload so far.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a plan in whole, or leaves the batch as it was.
    pub fn take(&mut self, plan: Plan) -> Result<()> {
        for expect in &plan.expects {
            self.check(expect)?;
        }
        let (changes, revisions, cases) = (Changes::new(), Vec::new(), Vec::new());
        let mut draft = Draft {
            state: self.state.clone(),
            changes,
            revisions,
            cases,
        };
        let moves_accounts = plan
            .writes
            .iter()
            .any(|write| matches!(write, Write::Account(_)));
        for write in plan.writes {
            self.write(&mut draft, write)?;
        }
        draft.state.accounts += u64::from(moves_accounts);
        let mut revisions = std::mem::take(&mut draft.revisions);
        for audit in plan.audit {
            tell(&mut draft, audit, std::mem::take(&mut revisions))?;
        }
        self.allowed.append(&mut revisions);
        self.merge(draft);
        Ok(())
    }

    /// Closes the batch: what was merely allowed is told in one entry, old answers go, the state is rewritten.
    pub fn finish(mut self) -> Result<Option<Rows>> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        self.tell_allowed()?;
        self.drop_expired_answers()?;
        self.state.commit += 1;
        let rows = self.sealed_rows()?;
        Ok(Some(Rows {
            rows,
            state: self.state,
            cases: self.cases,
        }))
    }

    fn check(&self, expect: &Expect) -> Result<()> {
        let (found, expected) = match expect {
            Expect::Comment(id, edition) => (
                self.comment(id)?.map_or(0, |(_, comment)| comment.edition),
                *edition,
            ),
            Expect::Subject(subject, edition) => {
                let record: Option<SubjectRecord> =
                    self.read(Tree::Subjects, &keys::subject(subject))?;
                (record.map_or(0, |record| record.edition), *edition)
            }
            Expect::Member(id, edition) => {
                let record: Option<MemberRecord> =
                    self.read(Tree::Members, id.as_str().as_bytes())?;
                (record.map_or(0, |record| record.edition), *edition)
            }
            Expect::Case(id, edition) => {
                let case: Option<Case> = self.read(Tree::Cases, &keys::case(*id))?;
                (case.map_or(0, |case| case.edition), *edition)
            }
            Expect::Accounts(edition) => (self.state.accounts, *edition),
        };
        if found == expected {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }

    fn write(&self, draft: &mut Draft, write: Write) -> Result<()> {
        match write {
            Write::Comment {
                comment,
                archived,
                judged,
            } => self.write_comment(draft, comment, archived, judged),
            Write::Article(article) => {
                let key = article.id.as_str().as_bytes().to_vec();
                draft.put(Tree::Articles, key, article.encode()?);
                Ok(())
            }
            Write::Case(case) => self.write_case(draft, case),
            Write::Subject(record) => {
                draft.put(
                    Tree::Subjects,
                    keys::subject(&record.subject),
                    record.encode()?,
                );
                Ok(())
            }
            Write::Member(record) => write_member(draft, record),
            Write::Ruling(ruling) => {
                draft.put(
                    Tree::Rulings,
                    ruling.id.0.0.to_be_bytes().to_vec(),
                    ruling.encode()?,
                );
                Ok(())
            }
            Write::Account(account) => write_account(draft, account),
            Write::KeyUsed(used) => {
                // Only the time of use moves; a key that was revoked meanwhile stays so.
                let stored: Option<Key> = self.read(Tree::Accounts, &keys::key(used.id))?;
                let Some(stored) = stored else { return Ok(()) };
                let key = Key {
                    last_used_at: used.last_used_at.max(stored.last_used_at),
                    ..stored
                };
                draft.put(Tree::Accounts, keys::key(key.id), key.encode()?);
                Ok(())
            }
            Write::Answer(answer) => self.write_answer(draft, answer),
        }
    }

    fn write_comment(
        &self,
        draft: &mut Draft,
        comment: Comment,
        archived: Option<Revision>,
        judged: bool,
    ) -> Result<()> {
        let number = match self.comment(&comment.id)? {
            Some((number, _)) => number,
            None => {
                let number = draft.state.next_comment;
                draft.state.next_comment += 1;
                draft.put(
                    Tree::CommentIds,
                    comment.id.as_str().as_bytes().to_vec(),
                    number.to_be_bytes().to_vec(),
                );
                if let Some(member) = &comment.member {
                    draft.put(
                        Tree::MemberComments,
                        keys::member_comment(member, number),
                        Vec::new(),
                    );
                }
                number
            }
        };
        if let Some(revision) = archived {
            draft.put(
                Tree::Revisions,
                keys::revision(number, revision.number),
                revision.encode()?,
            );
        }
        if judged {
            draft.revisions.push(digest_of(number, &comment.newest)?);
        }
        draft.put(
            Tree::Comments,
            number.to_be_bytes().to_vec(),
            comment.encode()?,
        );
        Ok(())
    }

    fn write_case(&self, draft: &mut Draft, case: Case) -> Result<()> {
        let key = keys::case(case.id).to_vec();
        let before: Option<Case> = self.read(Tree::Cases, &key)?;
        if let Some(before) = before.filter(|before| !before.state.is_unresolved()) {
            draft.remove(Tree::Closed, keys::closed(before.changed_at, before.id));
        }
        match case.state {
            State::Open | State::Escalated => draft.put(Tree::Unresolved, key.clone(), Vec::new()),
            State::Resolved(_) => {
                draft.remove(Tree::Unresolved, key.clone());
                draft.put(
                    Tree::Closed,
                    keys::closed(case.changed_at, case.id),
                    Vec::new(),
                );
            }
        }
        draft.cases.push(case.clone());
        draft.put(Tree::Cases, key, case.encode()?);
        Ok(())
    }

    fn write_answer(&self, draft: &mut Draft, answer: StoredAnswer) -> Result<()> {
        let stored: Option<StoredAnswer> = self.read(Tree::Answers, &answer.slot)?;
        match stored {
            Some(stored) if self.now < stored.expires_at => return Err(StoreError::Stale),
            Some(stored) => draft.remove(
                Tree::AnswerExpiry,
                keys::answer_expiry(stored.expires_at, stored.slot),
            ),
            None => {}
        }
        draft.put(
            Tree::AnswerExpiry,
            keys::answer_expiry(answer.expires_at, answer.slot),
            Vec::new(),
        );
        draft.put(Tree::Answers, answer.slot.to_vec(), answer.encode()?);
        Ok(())
    }

    fn tell_allowed(&mut self) -> Result<()> {
        if self.allowed.is_empty() {
            return Ok(());
        }
        let state = self.state.clone();
        let mut draft = Draft {
            state,
            changes: Changes::new(),
            revisions: Vec::new(),
            cases: Vec::new(),
        };
        let audit = AuditDraft {
            at: self.now,
            actor: Actor::System,
            action: "comments.allowed".to_owned(),
            subject: AuditSubject::Comments,
            from: None,
            to: Some("allow".to_owned()),
            why: None,
        };
        tell(&mut draft, audit, std::mem::take(&mut self.allowed))?;
        self.merge(draft);
        Ok(())
    }

    fn drop_expired_answers(&mut self) -> Result<()> {
        let expired = self
            .trees
            .tree(Tree::AnswerExpiry)
            .range(..keys::time(self.now).to_vec())
            .take(EXPIRED_PER_BATCH_MAX);
        for row in expired {
            let (key, _) = row.map_err(super::rows::broken)?;
            let slot: Option<&[u8; 16]> = key.last_chunk();
            // An answer that this batch writes anew is not the one that is over.
            let Some(slot) =
                slot.filter(|slot| !self.changes.contains_key(&(Tree::Answers, slot.to_vec())))
            else {
                continue;
            };
            let slot = slot.to_vec();
            self.changes
                .insert((Tree::AnswerExpiry, key.to_vec()), None);
            self.changes.insert((Tree::Answers, slot), None);
        }
        Ok(())
    }

    fn merge(&mut self, draft: Draft) {
        self.bytes += draft
            .changes
            .values()
            .flatten()
            .map(Vec::len)
            .sum::<usize>();
        self.changes.extend(draft.changes);
        self.cases.extend(draft.cases);
        self.state = draft.state;
    }

    /// Rows with their checksums, pieces of long values, and the counts of all trees. The state comes last: it counts
    /// itself too.
    fn sealed_rows(&mut self) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(self.changes.len() + 1);
        for ((tree, key), payload) in std::mem::take(&mut self.changes) {
            let existed = self
                .trees
                .tree(tree)
                .get(&key)
                .map_err(super::rows::broken)?;
            let old_pieces = existed
                .as_ref()
                .map_or(Ok(0), |value| super::rows::pieces_of(tree, &key, value))?;
            let made = payload
                .map(|payload| sealed(tree, &key, &payload))
                .unwrap_or_default();
            let new_pieces = u32::try_from(made.len().saturating_sub(1)).unwrap_or(u32::MAX);
            self.count(
                tree,
                u64::from(existed.is_some()),
                u64::from(!made.is_empty()),
            );
            self.count(Tree::Overflow, u64::from(old_pieces), u64::from(new_pieces));
            if made.is_empty() {
                rows.push((tree, key.clone(), None));
            }
            rows.extend(
                made.into_iter()
                    .map(|(tree, key, value)| (tree, key, Some(value))),
            );
            rows.extend(
                (new_pieces..old_pieces)
                    .map(|piece| (Tree::Overflow, piece_key(tree, &key, piece), None)),
            );
        }
        self.state.rows[Tree::State as usize] = 1;
        let state = sealed(Tree::State, keys::STATE, &self.state.clone().encode()?);
        rows.extend(
            state
                .into_iter()
                .map(|(tree, key, value)| (tree, key, Some(value))),
        );
        Ok(rows)
    }

    fn count(&mut self, tree: Tree, before: u64, after: u64) {
        let rows = &mut self.state.rows[tree as usize];
        *rows = (*rows + after).saturating_sub(before);
    }

    /// A comment as this batch leaves it, with its number.
    fn comment(&self, id: &CommentId) -> Result<Option<(u64, Comment)>> {
        let Some(number) = self.get(Tree::CommentIds, id.as_str().as_bytes())? else {
            return Ok(None);
        };
        let comment = self.read(Tree::Comments, &number)?;
        let number = keys::number(&number)
            .ok_or_else(|| StoreError::Damaged(format!("the number of comment {id} is cut")))?;
        Ok(comment.map(|comment| (number, comment)))
    }

    fn read<T: Record>(&self, tree: Tree, key: &[u8]) -> Result<Option<T>> {
        self.get(tree, key)?
            .map(|payload| T::decode(&payload))
            .transpose()
    }

    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.changes.get(&(tree, key.to_vec())) {
            Some(changed) => Ok(changed.clone()),
            None => self.trees.get(tree, key),
        }
    }
}

impl Draft {
    fn put(&mut self, tree: Tree, key: Vec<u8>, payload: Vec<u8>) {
        self.changes.insert((tree, key), Some(payload));
    }

    fn remove(&mut self, tree: Tree, key: Vec<u8>) {
        self.changes.insert((tree, key), None);
    }
}

/// The digest of a revision as the audit covers it.
pub(super) fn digest_of(comment: u64, revision: &Revision) -> Result<RevisionDigest> {
    let bytes = revision.clone().encode()?;
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(&bytes)[..16]);
    Ok(RevisionDigest {
        comment,
        revision: revision.number,
        digest,
    })
}

/// The bytes of an entry over which its hash goes.
pub(super) fn chained_bytes(entry: &AuditEntry) -> Result<Vec<u8>> {
    postcard::to_stdvec(entry).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn tell(draft: &mut Draft, what: AuditDraft, revisions: Vec<RevisionDigest>) -> Result<()> {
    let number = draft.state.audit_head + 1;
    let at = what.at.max(draft.state.last_at);
    let entry = AuditEntry {
        number,
        what: AuditDraft { at, ..what },
        revisions,
    };
    let previous = draft.state.audit_hash;
    let hash = AuditEntry::chained(&previous, &chained_bytes(&entry)?);
    if keys::is_indexed(&entry.what.subject) {
        draft.put(
            Tree::AuditSubjects,
            keys::audit_subject(&entry.what.subject.key(), number),
            Vec::new(),
        );
    }
    draft.put(
        Tree::Audit,
        number.to_be_bytes().to_vec(),
        AuditRow {
            entry,
            previous,
            hash,
        }
        .encode()?,
    );
    (
        draft.state.audit_head,
        draft.state.audit_hash,
        draft.state.last_at,
    ) = (number, hash, at);
    Ok(())
}

/// The record, and the way to it from its newest sanction.
fn write_member(draft: &mut Draft, record: MemberRecord) -> Result<()> {
    let key = record.id.as_str().as_bytes().to_vec();
    if let Some(sanction) = record.sanctions.last() {
        let id = sanction.id.0.0.to_be_bytes().to_vec();
        draft.put(Tree::Sanctions, id, key.clone());
    }
    draft.put(Tree::Members, key, record.encode()?);
    Ok(())
}

fn write_account(draft: &mut Draft, account: AccountWrite) -> Result<()> {
    let (key, secret) = keys::account(&account);
    if let Some(SecretHash(secret)) = secret {
        draft.put(Tree::Secrets, secret.to_vec(), key.clone());
    }
    draft.put(Tree::Accounts, key, encode_account(account)?);
    Ok(())
}
