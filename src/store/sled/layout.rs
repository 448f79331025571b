//! From changes to rows. The committer is the only writer, so what is stored plus what this batch has already changed is
//! exact; nothing here writes to the database.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use super::{
    keys,
    options::OpenOptions,
    rows::{Tree, Trees, checksummed},
};
use crate::{
    id::{CommentId, WebhookId},
    record::{
        AccountWrite, Actor, AuditAction, AuditDraft, AuditEntry, AuditSubject, Case, CaseState,
        Change, Comment, Delivery, Erasure, Event, EventKind, FanOut, FanOutProgress, Key,
        MemberRecord, Precondition, QaSample, RedactableText, Report, ReporterRecord, Revision,
        RevisionDigest, SecretHash, Session, StoredAnswer, SubjectRecord, Tally, TallyOf, TallyRow,
        Webhook, Write,
    },
    store::{
        LiveUpdate, LiveUpdateKind, Result, StoreError,
        record::{AuditRow, Record, StateRow, encode_account},
    },
    time::Timestamp,
};

/// Payloads by place; none where a row goes.
type RowChanges = BTreeMap<(Tree, Vec<u8>), Option<Vec<u8>>>;

/// A row to put, or to remove where there is no value.
pub(super) type Row = (Tree, Vec<u8>, Option<Vec<u8>>);

/// How many kept answers are let go in one batch when their time is over.
const EXPIRED_PER_BATCH_MAX: usize = 64;

/// One batch in the making.
pub(super) struct Layout<'a> {
    trees: &'a Trees,
    now: Timestamp,
    /// Whether what has ended may go: the clock can be trusted.
    drops: bool,
    /// Whose days are counted by.
    options: &'a OpenOptions,
    /// The board's day, counted from 1970-01-01.
    day: i32,
    salts: Salts,
    state: StateRow,
    /// Of all rows.
    sum: u64,
    changes: RowChanges,
    allowed: Vec<RevisionDigest>,
    happened: Vec<LiveUpdate>,
    members: Vec<MemberRecord>,
    tallies: BTreeMap<(i32, TallyOf), Tally>,
    bytes: usize,
}

/// A batch, ready to be written.
pub(super) struct Rows {
    /// In the order of trees and keys; the transaction adds what follows from what was there.
    pub rows: Vec<Row>,
    /// The state after it, but that the transaction counts the rows.
    pub state: StateRow,
    /// The sum over all rows before it, until the transaction adds it up.
    pub sum: u64,
    /// What happened, in order; cases as they are after it.
    pub happened: Vec<LiveUpdate>,
    /// Those members that are written who were ever sanctioned, in order.
    pub members: Vec<MemberRecord>,
}

/// The rows of one change, kept apart until the whole change is known to fit.
struct ChangeRows {
    state: StateRow,
    changes: RowChanges,
    revisions: Vec<RevisionDigest>,
    /// Each case that is written, and what that is to those who watch.
    cases: Vec<(LiveUpdateKind, Case)>,
    /// Each member that is written and was ever sanctioned.
    members: Vec<MemberRecord>,
}

impl<'a> Layout<'a> {
    /// A batch over what is stored, at a time, and whether what has ended by then may go.
    pub fn new(
        trees: &'a Trees,
        options: &'a OpenOptions,
        (state, sum): (StateRow, u64),
        (now, drops): (Timestamp, bool),
        salts: Salts,
    ) -> Self {
        let mut state = state;
        state.rows.resize(Tree::ALL.len(), 0);
        Self {
            trees,
            now,
            drops,
            options,
            day: options.day_of(now),
            salts,
            state,
            sum,
            changes: RowChanges::new(),
            allowed: Vec::new(),
            happened: Vec::new(),
            members: Vec::new(),
            tallies: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Bytes of payload so far.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a change in whole, or leaves the batch as it was.
    pub fn take(&mut self, change: Change) -> Result<()> {
        let change = change.into_parts();
        for expect in &change.preconditions {
            self.check(expect)?;
        }
        let mut draft = ChangeRows::over(self.state.clone());
        let moves_accounts = change
            .writes
            .iter()
            .any(|write| matches!(write, Write::Account(_)));
        for write in change.writes {
            self.write(&mut draft, write)?;
        }
        draft.state.accounts += u64::from(moves_accounts);
        draft.state.purged = if change.is_compaction {
            0
        } else {
            draft.state.purged + change.texts_purged
        };
        let mut revisions = std::mem::take(&mut draft.revisions);
        let mut told = Vec::new();
        for audit in change.audit {
            told.push((audit.subject.key(), audit.action.changes_rulebook()));
            let revisions = std::mem::take(&mut revisions);
            tell(&mut draft, audit, revisions, &self.salts)?;
        }
        for of in change.events {
            write_event(&mut draft, of, self.now)?;
        }
        for of in change.fan_outs {
            write_fan_out(&mut draft, of)?;
        }
        let mut happened = live_updates_of(&mut draft, &told);
        self.happened.append(&mut happened);
        self.allowed.append(&mut revisions);
        self.count_up(change.tallies, change.posted_at);
        self.merge(draft);
        Ok(())
    }

    /// Closes the batch: what was merely allowed is told in one entry, old answers go, the state is rewritten.
    pub fn finish(mut self) -> Result<Option<Rows>> {
        if self.changes.is_empty() {
            return Ok(None);
        }
        self.tell_allowed()?;
        self.write_tallies()?;
        self.drop_expired_answers()?;
        self.state.commit += 1;
        let rows = self.checksummed_rows();
        Ok(Some(Rows {
            rows,
            state: self.state,
            sum: self.sum,
            happened: self.happened,
            members: self.members,
        }))
    }

    fn check(&self, expect: &Precondition) -> Result<()> {
        let (found, expected) = match expect {
            Precondition::Comment(id, edition) => (
                self.comment(id)?
                    .map_or(0, |(_, comment)| comment.row_version),
                *edition,
            ),
            Precondition::Subject(subject, edition) => {
                let record: Option<SubjectRecord> =
                    self.read(Tree::Subjects, &keys::subject(subject))?;
                (record.map_or(0, |record| record.row_version), *edition)
            }
            Precondition::Member(id, edition) => {
                let record: Option<MemberRecord> =
                    self.read(Tree::Members, id.as_str().as_bytes())?;
                (record.map_or(0, |record| record.row_version), *edition)
            }
            Precondition::Case(id, edition) => {
                let case: Option<Case> = self.read(Tree::Cases, &keys::case(*id))?;
                (case.map_or(0, |case| case.row_version), *edition)
            }
            Precondition::Reporter(id, edition) => {
                let record: Option<ReporterRecord> =
                    self.read(Tree::Reporters, id.as_str().as_bytes())?;
                (record.map_or(0, |record| record.row_version), *edition)
            }
            Precondition::Webhook(id, edition) => {
                let webhook: Option<Webhook> = self.read(Tree::Webhooks, &id.0.0.to_be_bytes())?;
                (webhook.map_or(0, |webhook| webhook.row_version), *edition)
            }
            Precondition::Accounts(edition) => (self.state.accounts, *edition),
            Precondition::Unreported(comment, reporter) => {
                let known = self.get(Tree::ReportOf, &keys::report_of(comment, reporter))?;
                (u64::from(known.is_some()), 0)
            }
            Precondition::WebhooksBelow(max) => (u64::from(self.webhooks()? < *max), 1),
            Precondition::Erasure(id, edition) => {
                let erasure: Option<Erasure> = self.read(Tree::Erasures, id.as_str().as_bytes())?;
                (erasure.map_or(0, |erasure| erasure.row_version), *edition)
            }
        };
        if found == expected {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }

    /// How many webhooks there are as this batch leaves them.
    fn webhooks(&self) -> Result<usize> {
        let stored = self.trees.tree(Tree::Webhooks).iter().keys();
        let mut keys: BTreeSet<Vec<u8>> = BTreeSet::new();
        for key in stored {
            keys.insert(key.map_err(super::rows::broken)?.to_vec());
        }
        let changed = self.changes.keys();
        let changed = changed.filter(|(tree, _)| *tree == Tree::Webhooks);
        keys.extend(changed.map(|(_, key)| key.clone()));
        let mut count = 0;
        for key in keys {
            let webhook: Option<Webhook> = self.read(Tree::Webhooks, &key)?;
            count += usize::from(webhook.is_some_and(|webhook| webhook.deleted_at.is_none()));
        }
        Ok(count)
    }

    fn write(&self, draft: &mut ChangeRows, write: Write) -> Result<()> {
        let id_key = |id: Ulid| id.0.to_be_bytes().to_vec();
        let text_key = |id: &str| id.as_bytes().to_vec();
        match write {
            Write::Comment {
                comment,
                archived,
                judged,
                tags,
            } => self.write_comment(draft, comment, archived, judged, &tags)?,
            Write::Case(case) => self.write_case(draft, case)?,
            Write::Report(report) => self.write_report(draft, report)?,
            Write::Account(account) => self.write_account(draft, account)?,
            Write::KeyUsed(used) => self.write_key_use(draft, &used)?,
            Write::SessionUsed(used) => self.write_session_use(draft, &used)?,
            Write::Answer(answer) => self.write_answer(draft, answer)?,
            Write::Webhook(webhook) => self.write_webhook(draft, webhook)?,
            Write::WebhookCursor(id, cursor) => self.write_webhook_cursor(draft, id, cursor)?,
            Write::Redact(subject, until) => self.unsay(draft, &subject, until)?,
            Write::Member(record) => {
                if !record.sanctions.is_empty() {
                    draft.members.push(record.clone());
                }
                write_member(draft, record)?;
            }
            Write::Delivery(delivery) => write_delivery(draft, delivery)?,
            Write::QaSample(sample) => write_sample(draft, sample)?,
            Write::Article(article) => {
                draft.put(
                    Tree::Articles,
                    text_key(article.id.as_str()),
                    article.encode()?,
                );
            }
            Write::Subject(record) => {
                draft.put(
                    Tree::Subjects,
                    keys::subject(&record.subject),
                    record.encode()?,
                );
            }
            Write::Ruling(ruling) => {
                draft.put(Tree::Rulings, id_key(ruling.id.0), ruling.encode()?)
            }
            Write::Reporter(record) => {
                draft.put(
                    Tree::Reporters,
                    text_key(record.id.as_str()),
                    record.encode()?,
                );
            }
            Write::Appeal(appeal) => {
                draft.put(Tree::Appeals, id_key(appeal.id.0), appeal.encode()?)
            }
            Write::Note(note) => {
                draft.put(
                    Tree::Notes,
                    keys::of_case(note.case, note.id.0),
                    note.encode()?,
                );
            }
            Write::FanOut(progress, false) => {
                let key = progress.number.to_be_bytes().to_vec();
                draft.put(Tree::Spreads, key, progress.encode()?);
            }
            Write::FanOut(progress, true) => {
                draft.remove(Tree::Spreads, progress.number.to_be_bytes().to_vec());
            }
            Write::Erasure(erasure) => {
                draft.put(
                    Tree::Erasures,
                    text_key(erasure.member.as_str()),
                    erasure.encode()?,
                );
            }
            Write::DeleteErasure(member) => {
                draft.remove(Tree::Erasures, text_key(member.as_str()));
            }
            Write::DeleteQaSample(due) => {
                draft.remove(Tree::Samples, keys::sample(due.sample.due_at, due.number));
            }
            Write::DeleteRevision(id, revision) => {
                if let Some((number, _)) = self.comment(&id)? {
                    draft.remove(Tree::Revisions, keys::revision(number, revision));
                }
            }
            Write::DeleteReportIndex(comment, reporter) => {
                draft.remove(Tree::ReportOf, keys::report_of(&comment, &reporter));
            }
            Write::DeleteEvent(number) => draft.remove(Tree::News, number.to_be_bytes().to_vec()),
            Write::DeleteDelivery(webhook, event) => {
                for is_dead in [false, true] {
                    draft.remove(Tree::Deliveries, keys::delivery(webhook, is_dead, event));
                }
            }
        }
        Ok(())
    }

    /// Only the time of use moves: a key that was revoked meanwhile stays revoked.
    fn write_key_use(&self, draft: &mut ChangeRows, used: &Key) -> Result<()> {
        let stored: Option<Key> = self.read(Tree::Accounts, &keys::key(used.id))?;
        let Some(stored) = stored else { return Ok(()) };
        // A use in the future was noted while the clock was ahead.
        let noted = stored.last_used_at.filter(|at| *at <= self.now);
        let key = Key {
            last_used_at: used.last_used_at.max(noted),
            ..stored
        };
        draft.put(Tree::Accounts, keys::key(key.id), key.encode()?);
        Ok(())
    }

    /// Only the time of use moves: a sign-in that was ended meanwhile stays ended, and one that was deleted stays deleted.
    fn write_session_use(&self, draft: &mut ChangeRows, used: &Session) -> Result<()> {
        let key = keys::session(used.secret);
        let stored: Option<Session> = self.read(Tree::Accounts, &key)?;
        let Some(stored) = stored else { return Ok(()) };
        let session = Session {
            used_at: used.used_at.max(stored.used_at),
            ..stored
        };
        draft.put(Tree::Accounts, key, session.encode()?);
        Ok(())
    }

    /// A webhook keeps the cursor that it has by now: deliveries went on while it was changed. A new one starts at the newest
    /// event.
    fn write_webhook(&self, draft: &mut ChangeRows, webhook: Webhook) -> Result<()> {
        let key = webhook.id.0.0.to_be_bytes();
        let stored: Option<Webhook> = self.read(Tree::Webhooks, &key)?;
        let cursor = stored.map_or(draft.state.event_head, |stored| stored.cursor);
        let webhook = Webhook { cursor, ..webhook };
        draft.put(Tree::Webhooks, key.to_vec(), webhook.encode()?);
        Ok(())
    }

    fn write_webhook_cursor(
        &self,
        draft: &mut ChangeRows,
        id: WebhookId,
        cursor: u64,
    ) -> Result<()> {
        let key = id.0.0.to_be_bytes();
        let stored: Option<Webhook> = self.read(Tree::Webhooks, &key)?;
        let Some(stored) = stored else { return Ok(()) };
        let webhook = Webhook {
            cursor: cursor.max(stored.cursor),
            ..stored
        };
        draft.put(Tree::Webhooks, key.to_vec(), webhook.encode()?);
        Ok(())
    }

    fn write_comment(
        &self,
        draft: &mut ChangeRows,
        comment: Comment,
        archived: Option<Revision>,
        judged: bool,
        tags: &[String],
    ) -> Result<()> {
        let number = match self.comment(&comment.id)? {
            Some((number, stored)) => {
                // A comment's id may come again by another member: once it was purged, or where it only came along.
                if stored.member != comment.member
                    && let Some(member) = &stored.member
                {
                    draft.remove(Tree::MemberComments, keys::member_comment(member, number));
                }
                if (&stored.member, stored.provisional) != (&comment.member, comment.provisional)
                    && let Some((key, counts)) = member_comment(&comment, number)
                {
                    draft.put(Tree::MemberComments, key, counts);
                }
                number
            }
            None => {
                let number = draft.state.next_comment;
                draft.state.next_comment += 1;
                draft.put(
                    Tree::CommentIds,
                    comment.id.as_str().as_bytes().to_vec(),
                    number.to_be_bytes().to_vec(),
                );
                if let Some((key, counts)) = member_comment(&comment, number) {
                    draft.put(Tree::MemberComments, key, counts);
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
        for (article, tag) in comment
            .article
            .iter()
            .flat_map(|article| tags.iter().map(move |tag| (article, tag)))
        {
            draft.put(
                Tree::TagComments,
                keys::tag_comment(article, tag, number),
                Vec::new(),
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

    fn write_case(&self, draft: &mut ChangeRows, case: Case) -> Result<()> {
        let key = keys::case(case.id).to_vec();
        let before: Option<Case> = self.read(Tree::Cases, &key)?;
        let kind = LiveUpdateKind::of(before.as_ref(), &case);
        if let Some(before) = before.filter(|before| !before.state.is_unresolved()) {
            draft.remove(Tree::Closed, keys::closed(before.changed_at, before.id));
        }
        match case.state {
            CaseState::Open | CaseState::Escalated => {
                draft.put(Tree::Unresolved, key.clone(), Vec::new())
            }
            CaseState::Resolved(_) => {
                draft.remove(Tree::Unresolved, key.clone());
                draft.put(
                    Tree::Closed,
                    keys::closed(case.changed_at, case.id),
                    Vec::new(),
                );
            }
        }
        draft.cases.push((kind, case.clone()));
        draft.put(Tree::Cases, key, case.encode()?);
        Ok(())
    }

    /// An account, and the way to it from its secret. When a key was used last is never forgotten by another write.
    fn write_account(&self, draft: &mut ChangeRows, account: AccountWrite) -> Result<()> {
        let (key, secret) = keys::account(&account);
        if let AccountWrite::DeleteSession(session) = account {
            draft.remove(Tree::Secrets, session.secret.0.to_vec());
            draft.remove(Tree::Accounts, key);
            return Ok(());
        }
        if let Some(SecretHash(secret)) = secret {
            draft.put(Tree::Secrets, secret.to_vec(), key.clone());
        }
        let account = match account {
            AccountWrite::Key(given) => {
                let stored: Option<Key> = self.read(Tree::Accounts, &key)?;
                let before = stored.and_then(|stored| stored.last_used_at);
                AccountWrite::Key(Key {
                    last_used_at: given.last_used_at.max(before),
                    ..given
                })
            }
            other => other,
        };
        draft.put(Tree::Accounts, key, encode_account(account)?);
        Ok(())
    }

    /// A report; where it is new, the ways to it: from comment and reporter, from its case, from its reporter. Of one that
    /// is there the way from the comment may have gone, or lead to a newer report.
    fn write_report(&self, draft: &mut ChangeRows, report: Report) -> Result<()> {
        let id = report.id.0.0.to_be_bytes().to_vec();
        if self.get(Tree::Reports, &id)?.is_none() {
            let of = keys::report_of(&report.comment, &report.reporter);
            draft.put(Tree::ReportOf, of, id.clone());
            let of_reporter = keys::reporter_report(&report.reporter, report.id);
            draft.put(Tree::ReporterReports, of_reporter, Vec::new());
        }
        // what was right with its making may be heard later
        if let Some(hearing) = report.decision_point {
            let of_case = keys::of_case(hearing.case, report.id.0);
            draft.put(Tree::CaseReports, of_case, Vec::new());
        }
        draft.put(Tree::Reports, id, report.encode()?);
        Ok(())
    }

    /// Takes out of the entries about a subject what people wrote, until a time where one is given; what covers it stays.
    fn unsay(
        &self,
        draft: &mut ChangeRows,
        subject: &AuditSubject,
        until: Option<Timestamp>,
    ) -> Result<()> {
        let prefix = keys::audit_subject_prefix(&subject.key());
        for key in self
            .trees
            .tree(Tree::AuditSubjects)
            .scan_prefix(prefix)
            .keys()
        {
            let key = key.map_err(super::rows::broken)?;
            let Some(number) = keys::number_at_end(&key) else {
                continue;
            };
            let key = number.to_be_bytes();
            let Some(row) = self.read::<AuditRow>(Tree::Audit, &key)? else {
                continue;
            };
            let has_words = row.entry.words.as_ref();
            let is_meant = until.is_none_or(|until| row.entry.what.at <= until);
            if is_meant && has_words.is_some_and(|words| words.text.is_some()) {
                let entry = row.entry.redacted();
                draft.put(
                    Tree::Audit,
                    key.to_vec(),
                    AuditRow { entry, ..row }.encode()?,
                );
            }
        }
        Ok(())
    }

    fn write_answer(&self, draft: &mut ChangeRows, answer: StoredAnswer) -> Result<()> {
        let stored: Option<StoredAnswer> = self.read(Tree::Answers, &answer.slot)?;
        match stored {
            Some(stored) if self.now < stored.expires_at || !self.drops => {
                return Err(StoreError::Stale);
            }
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
        let mut draft = ChangeRows::over(self.state.clone());
        let audit = AuditDraft {
            to: Some("allow".to_owned()),
            ..AuditDraft::new(
                self.now,
                &Actor::System,
                AuditAction::CommentsAllowed,
                AuditSubject::Comments,
            )
        };
        let allowed = std::mem::take(&mut self.allowed);
        tell(&mut draft, audit, allowed, &self.salts)?;
        self.merge(draft);
        Ok(())
    }

    /// Counts on the day of this batch, and notes what belongs to the day of posting instead.
    fn count_up(&mut self, tallies: Vec<(TallyOf, Tally)>, posted_at: Option<Timestamp>) {
        let posted_on = posted_at.map(|at| self.options.day_of(at).max(0));
        for (of, tally) in tallies {
            if let Some(day) = posted_on.filter(|day| *day != self.day) {
                let posted = TallyOf::Posted(Box::new(of.clone()));
                let here = (self.day, posted.clone());
                self.tallies.entry(here).or_default().add(&tally, -1);
                self.tallies
                    .entry((day, posted))
                    .or_default()
                    .add(&tally, 1);
            }
            self.tallies
                .entry((self.day, of))
                .or_default()
                .add(&tally, 1);
        }
    }

    /// Adds what this batch counts to what its days have.
    fn write_tallies(&mut self) -> Result<()> {
        for ((day, of), more) in std::mem::take(&mut self.tallies) {
            let key = keys::tally(day, &of);
            let stored: Option<TallyRow> = self.read(Tree::Tallies, &key)?;
            let mut tally = stored.map(|row| row.tally).unwrap_or_default();
            tally.add(&more, 1);
            let row = TallyRow { day, of, tally };
            self.changes
                .insert((Tree::Tallies, key), Some(row.encode()?));
        }
        Ok(())
    }

    fn drop_expired_answers(&mut self) -> Result<()> {
        if !self.drops {
            return Ok(());
        }
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

    fn merge(&mut self, draft: ChangeRows) {
        self.bytes += draft
            .changes
            .values()
            .flatten()
            .map(Vec::len)
            .sum::<usize>();
        self.changes.extend(draft.changes);
        self.members.extend(draft.members);
        self.state = draft.state;
    }

    /// Rows with their checksums, and pieces of long values.
    fn checksummed_rows(&mut self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.changes.len());
        for ((tree, key), payload) in std::mem::take(&mut self.changes) {
            match payload {
                None => rows.push((tree, key, None)),
                Some(payload) => rows.extend(
                    checksummed(tree, &key, &payload)
                        .into_iter()
                        .map(|(tree, key, value)| (tree, key, Some(value))),
                ),
            }
        }
        rows
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

impl ChangeRows {
    const fn over(state: StateRow) -> Self {
        Self {
            state,
            changes: RowChanges::new(),
            revisions: Vec::new(),
            cases: Vec::new(),
            members: Vec::new(),
        }
    }

    fn put(&mut self, tree: Tree, key: Vec<u8>, payload: Vec<u8>) {
        self.changes.insert((tree, key), Some(payload));
    }

    fn remove(&mut self, tree: Tree, key: Vec<u8>) {
        self.changes.insert((tree, key), None);
    }
}

/// The way from its member to a comment; what it holds says whether it counts as one of theirs.
pub(super) fn member_comment(comment: &Comment, number: u64) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = keys::member_comment(comment.member.as_ref()?, number);
    let counts = if comment.provisional {
        keys::CAME_ALONG.to_vec()
    } else {
        Vec::new()
    };
    Some((key, counts))
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

/// Random bytes of a batch, from which each entry's salt is drawn.
pub(super) struct Salts(pub [u8; 32]);

impl Salts {
    fn of(&self, number: u64) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(number.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[..16]);
        salt
    }
}

/// The bytes of an entry over which its hash goes.
pub(super) fn chained_bytes(entry: &AuditEntry) -> Result<Vec<u8>> {
    postcard::to_stdvec(&entry.redacted()).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn tell(
    draft: &mut ChangeRows,
    what: AuditDraft,
    revisions: Vec<RevisionDigest>,
    salts: &Salts,
) -> Result<()> {
    let number = draft.state.audit_head + 1;
    let at = if what.action == AuditAction::ClockAccepted {
        what.at
    } else {
        what.at.max(draft.state.last_at)
    };
    let words = what.words.filter(|words| !words.is_empty());
    let entry = AuditEntry {
        number,
        words: words.map(|words| RedactableText::new(words, salts.of(number))),
        what: AuditDraft {
            at,
            words: None,
            ..what
        },
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

fn write_event(draft: &mut ChangeRows, kind: EventKind, at: Timestamp) -> Result<()> {
    let number = draft.state.event_head + 1;
    draft.state.event_head = number;
    let at = at.max(draft.state.last_at);
    let key = number.to_be_bytes().to_vec();
    draft.put(Tree::News, key, Event { number, at, kind }.encode()?);
    Ok(())
}

fn write_fan_out(draft: &mut ChangeRows, of: FanOut) -> Result<()> {
    let number = draft.state.fan_out_head + 1;
    draft.state.fan_out_head = number;
    let key = number.to_be_bytes().to_vec();
    let spreading = FanOutProgress {
        number,
        of,
        from: 0,
    };
    draft.put(Tree::Spreads, key, spreading.encode()?);
    Ok(())
}

/// What a change is to those who watch: its cases, each at the entry that tells of it. A lease that was merely renewed is
/// told nowhere.
fn live_updates_of(draft: &mut ChangeRows, told: &[(String, bool)]) -> Vec<LiveUpdate> {
    let cases = std::mem::take(&mut draft.cases);
    let first = draft.state.audit_head + 1 - told.len() as u64;
    let number_of = |case: &Case| {
        let key = AuditSubject::from(&case.subject).key();
        let place = told.iter().rposition(|(subject, _)| *subject == key);
        place.map_or(draft.state.audit_head, |place| first + place as u64)
    };
    let at = draft.state.last_at;
    let of_cases = cases.into_iter().map(|(kind, case)| LiveUpdate {
        number: if told.is_empty() { 0 } else { number_of(&case) },
        at,
        kind,
        case: Some(case),
    });
    let rulebooks = (first..)
        .zip(told)
        .filter(|(_, (_, changes_rulebook))| *changes_rulebook);
    let of_rulebooks = rulebooks.map(|(number, _)| LiveUpdate {
        number,
        at,
        kind: LiveUpdateKind::Rulebook,
        case: None,
    });
    of_cases.chain(of_rulebooks).collect()
}

/// A delivery lies among those to be tried again or among the dead letters, never in both.
fn write_delivery(draft: &mut ChangeRows, delivery: Delivery) -> Result<()> {
    let key = |is_dead| keys::delivery(delivery.webhook, is_dead, delivery.event);
    let (here, there) = (key(delivery.is_dead()), key(!delivery.is_dead()));
    draft.remove(Tree::Deliveries, there);
    draft.put(Tree::Deliveries, here, delivery.encode()?);
    Ok(())
}

fn write_sample(draft: &mut ChangeRows, sample: QaSample) -> Result<()> {
    draft.state.sample_head += 1;
    let key = keys::sample(sample.due_at, draft.state.sample_head);
    draft.put(Tree::Samples, key, sample.encode()?);
    Ok(())
}

/// The record, and the way to it from its newest sanction.
fn write_member(draft: &mut ChangeRows, record: MemberRecord) -> Result<()> {
    let key = record.id.as_str().as_bytes().to_vec();
    if let Some(sanction) = record.sanctions.last() {
        let id = sanction.id.0.0.to_be_bytes().to_vec();
        draft.put(Tree::Sanctions, id, key.clone());
    }
    draft.put(Tree::Members, key, record.encode()?);
    Ok(())
}
