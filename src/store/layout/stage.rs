//! The rows of one change, kept apart until the whole change is known to fit.

use std::{collections::HashMap, sync::Arc};

use super::{
    context::BatchContext,
    prepared::{
        Counters, PreparedComment, PreparedWrite, comment_lookup, is_live, lookup_of, ms_of,
        segment_dropped,
    },
};
use crate::{
    id::CommentId,
    record::{
        AuditAction, AuditDraft, AuditEntry, AuditRow, AuditSubject, Case, Event, EventKind,
        FanOut, FanOutProgress, Precondition, QaSample, RedactableText, RevisionDigest, Segment,
        Webhook,
    },
    store::{
        LiveUpdateKind, Result, StoreError,
        engine::{BatchUpdate, Head, Lookup, RowChange, Seen},
        tables::{Column, Columns, Keyed, Table, Tabled as _, Value},
    },
};

/// A change on its way into a batch.
pub(super) struct Stage<'l> {
    /// Rows that were looked up, as the earlier changes of the batch leave them.
    before: &'l HashMap<Lookup, Option<Seen>>,
    context: &'l BatchContext<'l>,
    staged: Staged,
    /// Each case that is written, and how watchers see it.
    cases: Vec<(LiveUpdateKind, Arc<Case>)>,
}

/// What a change adds to its batch.
pub(super) struct Staged {
    pub head: Head,
    pub rows: Vec<RowChange>,
    /// Rows that were looked up, as the change leaves them.
    pub seen: Vec<(Lookup, Option<Seen>)>,
    /// Revisions that no entry covers yet.
    pub revisions: Vec<RevisionDigest>,
    pub updates: Vec<BatchUpdate>,
}

/// The subject of an audit entry of this change, and whether the entry records a change of the rulebook in force.
pub(super) type AuditedSubject = (AuditSubject, bool);

impl<'l> Stage<'l> {
    /// A change over what the batch holds already.
    pub fn over(
        before: &'l HashMap<Lookup, Option<Seen>>,
        context: &'l BatchContext<'l>,
        head: Head,
    ) -> Self {
        Self {
            before,
            context,
            staged: Staged {
                head,
                rows: Vec::new(),
                seen: Vec::new(),
                revisions: Vec::new(),
                updates: Vec::new(),
            },
            cases: Vec::new(),
        }
    }

    /// Whether what the change was made from still holds.
    pub fn check(&self, held: &Precondition) -> Result<()> {
        let seen = lookup_of(held).and_then(|lookup| self.seen(&lookup));
        let version = seen.map_or(0, |seen| seen.version);
        let holds = match held {
            Precondition::Comment(_, row_version)
            | Precondition::Subject(_, row_version)
            | Precondition::Member(_, row_version)
            | Precondition::Case(_, row_version)
            | Precondition::Reporter(_, row_version)
            | Precondition::Webhook(_, row_version)
            | Precondition::Erasure(_, row_version)
            | Precondition::Reply(_, row_version)
            | Precondition::RejudgeJob(_, row_version)
            | Precondition::Model(row_version)
            | Precondition::Segment(_, row_version)
            | Precondition::Lease(_, row_version) => version == *row_version,
            Precondition::FirstReport(..) | Precondition::Words(_) => seen.is_none(),
            Precondition::Accounts(version) => self.staged.head.accounts == *version,
            Precondition::WebhooksBelow(max) => self.staged.head.webhooks < *max as u64,
        };
        if holds {
            Ok(())
        } else {
            Err(StoreError::Stale)
        }
    }

    pub fn write(&mut self, write: PreparedWrite) -> Result<()> {
        match write {
            PreparedWrite::Row(row) => self.put(row),
            PreparedWrite::Comment(comment) => self.put_comment(*comment),
            PreparedWrite::Case(row, case) => self.put_case(row, case),
            PreparedWrite::Member(row, member) => {
                self.put(row);
                self.staged
                    .updates
                    .push(BatchUpdate::Member(member.id.clone(), Some(member)));
            }
            PreparedWrite::Form(row, key) => {
                self.put(row);
                self.staged.updates.push(BatchUpdate::Form(key));
            }
            PreparedWrite::Report(row, current) => {
                if self.before(&row).is_none() {
                    self.put(current);
                }
                self.put(row);
            }
            PreparedWrite::Answer(row) => self.put_answer(row)?,
            PreparedWrite::Webhook(webhook) => self.put_webhook(webhook)?,
            PreparedWrite::KeyUsed(key, to) => self.put(RowChange::Raise {
                table: Table::Accounts,
                key,
                to,
                sane_max: ms_of(self.context.now),
            }),
            PreparedWrite::QaSample(sample) => self.put_sample(sample)?,
            PreparedWrite::DeleteRevision(id, revision) => self.delete_revision(&id, revision),
        }
        Ok(())
    }

    pub fn move_counters(&mut self, counters: &Counters) {
        let head = &mut self.staged.head;
        head.accounts += u64::from(counters.moves_accounts);
        head.texts_purged = if counters.is_compaction {
            0
        } else {
            head.texts_purged + counters.texts_purged
        };
    }

    /// Appends the change's audit entries; the first covers its revisions.
    pub fn append_audit_entries(
        &mut self,
        entries: Vec<AuditDraft>,
    ) -> Result<Vec<AuditedSubject>> {
        let mut revisions = std::mem::take(&mut self.staged.revisions);
        let mut audited = Vec::with_capacity(entries.len());
        for entry in entries {
            audited.push((entry.subject.clone(), entry.action.changes_rulebook()));
            self.append_audit_entry(entry, std::mem::take(&mut revisions))?;
        }
        // Without an entry of the change itself they stay, for the entry that covers all that was allowed.
        self.staged.revisions = revisions;
        Ok(audited)
    }

    /// Appends an audit entry: it gets its number, its salt and the hash that chains it to the entry before.
    pub fn append_audit_entry(
        &mut self,
        what: AuditDraft,
        revisions: Vec<RevisionDigest>,
    ) -> Result<()> {
        let head = &self.staged.head;
        let (number, previous) = (head.audit + 1, head.audit_hash);
        // Times in the audit never run backwards, whatever the clock does, until somebody accepts the clock.
        let at = if what.action == AuditAction::ClockAccepted {
            what.at
        } else {
            what.at.max(head.last_at)
        };
        let words = what.words.filter(|words| !words.is_empty());
        let salt = self.context.salts.of(number);
        let entry = AuditEntry {
            number,
            words: words.map(|words| RedactableText::new(words, salt)),
            what: AuditDraft {
                at,
                words: None,
                ..what
            },
            revisions,
        };
        let row = AuditRow::new(entry, previous);
        let hash = row.hash;
        self.put_record(row)?;
        let head = &mut self.staged.head;
        (head.audit, head.audit_hash, head.last_at) = (number, hash, at);
        Ok(())
    }

    pub fn put_event(&mut self, of: EventKind) -> Result<()> {
        self.staged.head.event += 1;
        let at = self.context.now.max(self.staged.head.last_at);
        let number = self.staged.head.event;
        self.put_record(Event {
            number,
            at,
            kind: of,
        })
    }

    pub fn put_fan_out(&mut self, of: FanOut) -> Result<()> {
        self.staged.head.fan_out += 1;
        let number = self.staged.head.fan_out;
        self.put_record(FanOutProgress {
            number,
            of,
            from: 0,
        })
    }

    /// What the change adds to its batch, with the updates for watchers.
    pub fn finish(mut self, audited: &[AuditedSubject]) -> Staged {
        let cases = std::mem::take(&mut self.cases);
        let updates = cases.into_iter().map(|(kind, case)| BatchUpdate::Case {
            id: case.id,
            kind,
            audit: self.audit_number_of(&case, audited),
            at: self.staged.head.last_at,
            case: Some(case),
        });
        let updates: Vec<BatchUpdate> = updates.collect();
        // This change's entries are the last ones, so the first is found by counting back.
        let first = self.staged.head.audit + 1 - audited.len() as u64;
        let rulebooks = (first..).zip(audited).filter(|(_, (_, changes))| *changes);
        let at = self.staged.head.last_at;
        let rulebooks = rulebooks.map(|(audit, _)| BatchUpdate::Rulebook { audit, at });
        self.staged.updates.extend(updates);
        self.staged.updates.extend(rulebooks);
        self.staged
    }

    /// The number of the audit entry that records a case's change: the last about its subject, else the last; 0 if there is
    /// none, as for a renewed claim. With entries 41 (about a tag) and 42 (about a comment), the tag's case gets 41.
    fn audit_number_of(&self, case: &Case, audited: &[AuditedSubject]) -> u64 {
        if audited.is_empty() {
            return 0;
        }
        let subject = AuditSubject::from(&case.subject);
        let behind = audited
            .iter()
            .rev()
            .position(|(about, _)| *about == subject);
        self.staged.head.audit - behind.unwrap_or(0) as u64
    }

    /// A row that was looked up, as this change leaves it so far.
    fn seen(&self, lookup: &Lookup) -> Option<&Seen> {
        // From the back: the change may have written the row more than once.
        let own = self
            .staged
            .seen
            .iter()
            .rev()
            .find(|(known, _)| known == lookup);
        let own = own.map(|(_, seen)| seen);
        own.or_else(|| self.before.get(lookup))
            .and_then(Option::as_ref)
    }

    fn set_seen(&mut self, lookup: Lookup, seen: Option<Seen>) {
        if self.before.contains_key(&lookup) {
            self.staged.seen.push((lookup, seen));
        }
    }

    /// The row that this replaces, if it was looked up.
    fn before(&self, row: &RowChange) -> Option<&Seen> {
        match row {
            RowChange::Put { table, key, .. } => self.seen(&Lookup::Key(*table, key.clone())),
            _ => None,
        }
    }

    /// Adds a row; the columns that were seen become its `before`.
    fn put(&mut self, mut row: RowChange) {
        let was = self.before(&row).map(|seen| seen.columns.clone());
        match &mut row {
            RowChange::Put {
                table,
                key,
                version,
                columns,
                before,
                ..
            } => {
                *before = was;
                let seen = Seen {
                    key: key.clone(),
                    version: *version,
                    columns: columns.clone(),
                };
                let lookup = Lookup::Key(*table, key.clone());
                self.set_seen(lookup, Some(seen));
            }
            RowChange::Delete { table, key, .. }
            | RowChange::DeleteWithParts { table, key, .. } => {
                let lookup = Lookup::Key(*table, key.clone());
                self.set_seen(lookup, None);
            }
            RowChange::DeleteThrough { .. }
            | RowChange::Add { .. }
            | RowChange::DropSums { .. }
            | RowChange::Sum { .. }
            | RowChange::Raise { .. } => {}
        }
        self.staged.rows.push(row);
    }

    fn put_record<T: Keyed>(&mut self, record: T) -> Result<()> {
        self.put(RowChange::put(record)?);
        Ok(())
    }

    /// A comment, a new one under the next number, with what lies beside it.
    fn put_comment(&mut self, comment: PreparedComment) {
        let lookup = comment_lookup(&comment.id);
        let was = self.seen(&lookup).cloned();
        let number = self.number_of(was.as_ref());
        if is_found_anew(was.as_ref(), &comment) {
            self.put(segment_dropped(Segment::of(number)));
        }
        if let Some((revision, record)) = comment.archived {
            let key = vec![Value::Number(number), Value::Small(revision)];
            self.put(RowChange::put_plain(Table::Revisions, key, record));
        }
        for (article, tag) in comment.tags {
            let key = vec![article, tag, Value::Number(number)];
            self.put(RowChange::put_plain(Table::CommentTags, key, Vec::new()));
        }
        let digest = comment.digest;
        self.staged
            .revisions
            .extend(digest.map(|digest| RevisionDigest {
                comment: number,
                ..digest
            }));
        let seen = Seen {
            key: vec![Value::Number(number)],
            version: comment.version,
            columns: comment.columns,
        };
        self.staged.rows.push(RowChange::Put {
            table: Table::Comments,
            key: seen.key.clone(),
            version: seen.version,
            columns: seen.columns.clone(),
            before: was.map(|seen| seen.columns),
            record: comment.record,
        });
        self.set_seen(lookup, Some(seen));
    }

    /// The number that a comment has, or the next.
    fn number_of(&mut self, seen: Option<&Seen>) -> u64 {
        if let Some([Value::Number(number)]) = seen.map(|seen| seen.key.as_slice()) {
            return *number;
        }
        self.staged.head.next_comment += 1;
        self.staged.head.next_comment - 1
    }

    fn put_case(&mut self, row: RowChange, case: Arc<Case>) {
        let before = self.before(&row).map(|seen| &seen.columns);
        let kind = LiveUpdateKind::of(before, &case);
        self.put(row);
        self.cases.push((kind, case));
    }

    /// The first answer to a request stays the answer until its time is over.
    fn put_answer(&mut self, row: RowChange) -> Result<()> {
        let before = self
            .before(&row)
            .and_then(|seen| seen.columns.get(Column::ExpiresAt));
        let context = self.context;
        // Where the clock has jumped, no answer's time counts as over.
        if let Some(Value::Time(expires_at)) = before
            && (context.now < *expires_at || !context.may_drop)
        {
            return Err(StoreError::Stale);
        }
        self.put(row);
        Ok(())
    }

    /// A new webhook starts at the newest event; one that is there keeps how far it has come.
    fn put_webhook(&mut self, mut webhook: Webhook) -> Result<()> {
        let before = self.seen(&Lookup::Key(Table::Webhooks, webhook.key()));
        let was_live = before.is_some_and(|seen| is_live(&seen.columns));
        if before.is_none() {
            webhook.cursor = self.staged.head.event;
        }
        let live = &mut self.staged.head.webhooks;
        *live = (*live + u64::from(is_live(&webhook.columns()))).saturating_sub(was_live.into());
        self.put_record(webhook)
    }

    fn put_sample(&mut self, sample: QaSample) -> Result<()> {
        self.staged.head.sample += 1;
        let number = self.staged.head.sample;
        let key = vec![Value::Time(sample.due_at), Value::Number(number)];
        self.put(RowChange::put_at(key, sample)?);
        Ok(())
    }

    fn delete_revision(&mut self, id: &CommentId, revision: u32) {
        let comment = self.seen(&comment_lookup(id)).map(|seen| seen.key.clone());
        let Some(mut key) = comment else { return };
        key.push(Value::Small(revision));
        self.put(RowChange::Delete {
            table: Table::Revisions,
            key,
            before: None,
        });
    }
}

/// Whether a stored comment comes to be found by something else: its segment of the index would name what is gone. No segment
/// holds a comment that is new.
fn is_found_anew(was: Option<&Seen>, comment: &PreparedComment) -> bool {
    let content = |columns: &Columns| columns.get(Column::Content).cloned();
    was.is_some_and(|was| {
        comment.digest.is_some() || content(&was.columns) != content(&comment.columns)
    })
}
