//! A change prepared before the right to write is taken: its records encoded and hashed, and the rows to look up.

use std::sync::Arc;

use crate::{
    id::CommentId,
    record::{
        AccountWrite, AuditDraft, Case, Change, Comment, Covered, Delivery, EventKind, FanOut,
        Form, FormKey, MemberRecord, Precondition, QaSample, Report, Revision, RevisionDigest,
        StoredAnswer, Tally, TallyOf, Webhook, Write,
    },
    store::{
        Result,
        engine::{Lookup, RowChange},
        record::Record as _,
        tables::{
            Column, Columns, Index, Keyed, Table, Tabled, Value, form_key, lease_key,
            model_state_key, subject_key,
        },
    },
    time::Timestamp,
};

/// A change, encoded and ready for its batch.
#[derive(Clone)]
pub(in crate::store) struct Prepared {
    pub(super) lookups: Vec<Lookup>,
    pub(super) preconditions: Vec<Precondition>,
    pub(super) writes: Vec<PreparedWrite>,
    pub(super) counters: Counters,
    pub(super) audit: Vec<AuditDraft>,
    pub(super) events: Vec<EventKind>,
    pub(super) fan_outs: Vec<FanOut>,
    pub(super) tallies: Vec<(TallyOf, Tally)>,
    pub(super) posted_at: Option<Timestamp>,
    /// Bytes of its records, about.
    pub bytes: usize,
}

/// What a change moves in the head beside the numbers of its records.
#[derive(Clone, Copy)]
pub(super) struct Counters {
    pub moves_accounts: bool,
    pub texts_purged: u64,
    /// The database was copied: nothing in the copy was purged since.
    pub is_compaction: bool,
}

/// A write, as far as it can be made ready without what is stored.
#[derive(Clone)]
pub(super) enum PreparedWrite {
    /// This row, as it is.
    Row(RowChange),
    /// A case: watchers are notified.
    Case(RowChange, Arc<Case>),
    /// A member who was ever sanctioned: their standing is in memory.
    Member(RowChange, Arc<MemberRecord>),
    /// A comment: it may need a number.
    Comment(Box<PreparedComment>),
    /// A written form that was ruled on, or goes: those that are upheld are in memory.
    Form(RowChange, FormKey),
    /// A report, and the index entry from its comment and reporter, for a new report.
    Report(RowChange, RowChange),
    /// An idempotent answer: only if there is none.
    Answer(RowChange),
    /// A webhook: a new one starts at the newest event.
    Webhook(Webhook),
    /// When a key was last used: what was noted for a time to come, while the clock was ahead, counts as nothing.
    KeyUsed(Vec<Value>, u64),
    /// A sample: it gets a number.
    QaSample(QaSample),
    /// A revision of a comment, by its number within it.
    DeleteRevision(CommentId, u32),
}

/// A comment whose number is not known yet.
#[derive(Clone)]
pub(super) struct PreparedComment {
    pub id: CommentId,
    pub version: u64,
    pub columns: Columns,
    pub record: Vec<u8>,
    pub archived: Option<(u32, Vec<u8>)>,
    /// The digest of its newest revision, where the audit is to cover it; its comment is not known yet.
    pub digest: Option<RevisionDigest>,
    /// Article and tag.
    pub tags: Vec<(Value, Value)>,
}

impl Prepared {
    pub fn of(change: Change) -> Result<Self> {
        let change = change.into_parts();
        let mut prepared = Self {
            lookups: change.preconditions.iter().filter_map(lookup_of).collect(),
            preconditions: change.preconditions,
            writes: Vec::with_capacity(change.writes.len()),
            counters: Counters {
                moves_accounts: change
                    .writes
                    .iter()
                    .any(|write| matches!(write, Write::Account(_))),
                texts_purged: change.texts_purged,
                is_compaction: change.is_compaction,
            },
            audit: change.audit,
            events: change.events,
            fan_outs: change.fan_outs,
            tallies: change.tallies,
            posted_at: change.posted_at,
            bytes: 0,
        };
        for write in change.writes {
            prepared.add(write)?;
        }
        Ok(prepared)
    }

    fn add(&mut self, write: Write) -> Result<()> {
        match write {
            Write::Comment {
                comment,
                archived,
                judged,
                tags,
            } => self.add_comment(comment, archived, judged, tags)?,
            Write::Case(case) => self.add_case(case)?,
            Write::Member(record) => self.add_member(record)?,
            Write::Report(report) => self.add_report(report)?,
            Write::Delivery(delivery) => self.add_delivery(delivery)?,
            Write::Account(account) => self.add_account(account)?,
            Write::Answer(answer) => self.add_answer(answer)?,
            Write::Webhook(webhook) => self.add_webhook(webhook),
            Write::QaSample(sample) => self.writes.push(PreparedWrite::QaSample(sample)),
            Write::Article(record) => self.put(record)?,
            Write::Subject(record) => self.put(record)?,
            Write::Ruling(record) => self.put(record)?,
            Write::Reporter(record) => self.put(record)?,
            Write::Appeal(record) => self.put(record)?,
            Write::Note(record) => self.put(record)?,
            Write::Erasure(record) => self.put(record)?,
            Write::Reply(record) => self.put(record)?,
            Write::RejudgeJob(record) => self.put(record)?,
            Write::DeleteRejudgeJob(id) => {
                self.delete(Table::RejudgeJobs, vec![Value::Id(id.0.0)]);
            }
            Write::Lease(record) => self.put(record)?,
            Write::Form(more) => self.add_form(more)?,
            Write::Model(record) => self.put(record)?,
            Write::ModelState(record) => self.put(record)?,
            Write::ModelPart(record) => self.put(record)?,
            Write::WordStep(record) => self.put(record)?,
            Write::DeleteModelPart { model, nth } => {
                let key = vec![Value::Small(model), Value::Small(nth)];
                self.delete(Table::ModelParts, key);
            }
            Write::Segment(record) => self.put(record)?,
            Write::SegmentPart(record) => self.put(record)?,
            Write::DeleteSegment(number) => self.row(segment_dropped(number)),
            Write::FanOut(progress, false) => self.put(progress)?,
            Write::FanOut(progress, true) => self.delete(Table::FanOuts, progress.key()),
            Write::KeyUsed(key) => {
                let used = key
                    .last_used_at
                    .map(|at| PreparedWrite::KeyUsed(key.key(), ms_of(at)));
                self.writes.extend(used);
            }
            Write::SessionUsed(session) => {
                self.raise(Table::Accounts, session.key(), ms_of(session.used_at));
            }
            Write::WebhookCursor(id, cursor) => {
                self.raise(Table::Webhooks, vec![Value::Id(id.0.0)], cursor);
            }
            Write::Redact(subject, through) => self.row(RowChange::DeleteThrough {
                table: Table::AuditWords,
                under: vec![Value::Text(subject.key())],
                through,
                limit: usize::MAX,
            }),
            Write::DeleteErasure(member) => {
                self.delete(Table::Erasures, vec![Value::from(&member)])
            }
            Write::DeleteQaSample(due) => {
                let key = vec![Value::Time(due.sample.due_at), Value::Number(due.number)];
                self.delete(Table::QaSamples, key);
            }
            Write::DeleteRevision(id, revision) => {
                self.lookups.push(comment_lookup(&id));
                self.writes
                    .push(PreparedWrite::DeleteRevision(id, revision));
            }
            Write::DeleteReportIndex(comment, reporter) => {
                let key = vec![Value::from(&comment), Value::from(&reporter)];
                self.delete(Table::CurrentReports, key);
            }
            Write::DeleteForm(form) => self.writes.push(PreparedWrite::Form(
                RowChange::Delete {
                    table: Table::Forms,
                    key: form_key(form),
                    before: None,
                },
                form,
            )),
            Write::DropTally(day, of) => self.row(RowChange::DropSums {
                day: u32::try_from(day).unwrap_or(0),
                kind: of.kind(),
                name: of.name().to_owned(),
            }),
            Write::DeleteEvent(number) => self.delete(Table::Events, vec![Value::Number(number)]),
            Write::DeleteDelivery(webhook, event) => {
                for is_dead in [0, 1] {
                    let key = vec![
                        Value::Id(webhook.0.0),
                        Value::Byte(is_dead),
                        Value::Number(event),
                    ];
                    self.delete(Table::Deliveries, key);
                }
            }
        }
        Ok(())
    }

    fn row(&mut self, row: RowChange) {
        self.writes.push(PreparedWrite::Row(row));
    }

    fn put<T: Keyed>(&mut self, record: T) -> Result<()> {
        let row = self.row_of(record)?;
        self.row(row);
        Ok(())
    }

    fn row_of<T: Keyed>(&mut self, record: T) -> Result<RowChange> {
        let row = RowChange::put(record)?;
        if let RowChange::Put { record, .. } = &row {
            self.bytes += record.len();
        }
        Ok(row)
    }

    fn delete(&mut self, table: Table, key: Vec<Value>) {
        self.row(RowChange::Delete {
            table,
            key,
            before: None,
        });
    }

    /// The row under a record's key has to be looked up.
    fn look_at<T: Keyed>(&mut self, record: &T) {
        self.lookups.push(Lookup::Key(T::TABLE, record.key()));
    }

    fn add_comment(
        &mut self,
        comment: Comment,
        archived: Option<Covered<Revision>>,
        judged: bool,
        tags: Vec<String>,
    ) -> Result<()> {
        self.lookups.push(comment_lookup(&comment.id));
        let archived = archived.map(|revision| Ok((revision.number, revision.encode()?)));
        let digest = judged.then(|| RevisionDigest {
            comment: 0,
            revision: comment.newest.number,
            digest: comment.newest.digest(),
        });
        let article = comment.article.as_ref().map(Value::from);
        let tags = tags.into_iter();
        let tagged = tags.filter_map(|tag| Some((article.clone()?, Value::Text(tag))));
        let prepared = PreparedComment {
            id: comment.id.clone(),
            version: comment.row_version,
            columns: comment.columns(),
            archived: archived.transpose()?,
            digest,
            tags: tagged.collect(),
            record: comment.encode()?,
        };
        self.bytes += prepared.record.len();
        self.writes.push(PreparedWrite::Comment(Box::new(prepared)));
        Ok(())
    }

    fn add_case(&mut self, case: Case) -> Result<()> {
        self.look_at(&case);
        let row = self.row_of(case.clone())?;
        self.writes.push(PreparedWrite::Case(row, Arc::new(case)));
        Ok(())
    }

    fn add_form(&mut self, more: Form) -> Result<()> {
        let (key, is_ruled) = (more.key(), more.is_ruled());
        let row = RowChange::sum(more)?;
        self.writes.push(match is_ruled {
            true => PreparedWrite::Form(row, key),
            false => PreparedWrite::Row(row),
        });
        Ok(())
    }

    /// The record, and whose its newest sanction is.
    fn add_member(&mut self, record: MemberRecord) -> Result<()> {
        let row = self.row_of(record.clone())?;
        let Some(sanction) = record.sanctions.last() else {
            self.row(row);
            return Ok(());
        };
        let key = vec![Value::Id(sanction.id.0.0)];
        let member = record.id.as_str().as_bytes().to_vec();
        self.row(RowChange::put_plain(Table::Sanctions, key, member));
        self.writes
            .push(PreparedWrite::Member(row, Arc::new(record)));
        Ok(())
    }

    /// An existing report leaves the index alone: its entry may have been deleted, or lead to a newer report.
    fn add_report(&mut self, report: Report) -> Result<()> {
        self.look_at(&report);
        let key = vec![Value::from(&report.comment), Value::from(&report.reporter)];
        let id = report.id.0.0.to_be_bytes().to_vec();
        let current = RowChange::put_plain(Table::CurrentReports, key, id);
        let row = self.row_of(report)?;
        self.writes.push(PreparedWrite::Report(row, current));
        Ok(())
    }

    /// A delivery is either among those to be tried again or among the dead letters.
    fn add_delivery(&mut self, delivery: Delivery) -> Result<()> {
        let mut there = delivery.key();
        there[1] = Value::Byte((!delivery.is_dead()).into());
        self.delete(Table::Deliveries, there);
        self.put(delivery)
    }

    fn add_account(&mut self, account: AccountWrite) -> Result<()> {
        match account {
            AccountWrite::User(record) => self.put(record),
            AccountWrite::Key(record) => self.put(record),
            AccountWrite::Token(record) => self.put(record),
            AccountWrite::Session(record) => self.put(record),
            AccountWrite::DeleteSession(record) => {
                self.row(RowChange::Delete {
                    table: Table::Accounts,
                    key: record.key(),
                    before: Some(record.columns()),
                });
                Ok(())
            }
        }
    }

    /// Only how far it came moves: an account that was ended meanwhile stays ended, and one that was deleted stays deleted.
    fn raise(&mut self, table: Table, key: Vec<Value>, to: u64) {
        self.row(RowChange::Raise {
            table,
            key,
            to,
            sane_max: u64::MAX,
        });
    }

    fn add_answer(&mut self, answer: StoredAnswer) -> Result<()> {
        self.look_at(&answer);
        let row = self.row_of(answer)?;
        self.writes.push(PreparedWrite::Answer(row));
        Ok(())
    }

    fn add_webhook(&mut self, webhook: Webhook) {
        self.look_at(&webhook);
        self.writes.push(PreparedWrite::Webhook(webhook));
    }
}

/// A segment of the index goes, with all its parts.
pub(super) fn segment_dropped(number: u64) -> RowChange {
    RowChange::DeleteWithParts {
        table: Table::Segments,
        key: vec![Value::Number(number)],
        parts: Table::SegmentParts,
    }
}

/// A comment is looked up by the board's id.
pub(super) fn comment_lookup(id: &CommentId) -> Lookup {
    Lookup::Unique(Index::CommentById, vec![Value::from(id)])
}

/// The row that a precondition is checked against; `None` if it is checked against the head.
pub(super) fn lookup_of(held: &Precondition) -> Option<Lookup> {
    let key = |table, value| Some(Lookup::Key(table, vec![value]));
    match held {
        Precondition::Comment(id, _) => Some(comment_lookup(id)),
        Precondition::Subject(subject, _) => {
            Some(Lookup::Key(Table::Subjects, subject_key(subject)))
        }
        Precondition::Member(id, _) => key(Table::Members, id.into()),
        Precondition::Case(id, _) => key(Table::Cases, Value::Id(id.0.0)),
        Precondition::Reporter(id, _) => key(Table::Reporters, id.into()),
        Precondition::Webhook(id, _) => key(Table::Webhooks, Value::Id(id.0.0)),
        Precondition::Reply(id, _) => key(Table::Replies, Value::Id(id.0.0)),
        Precondition::RejudgeJob(id, _) => key(Table::RejudgeJobs, Value::Id(id.0.0)),
        Precondition::Erasure(id, _) => key(Table::Erasures, id.into()),
        Precondition::Model(_) => Some(Lookup::Key(Table::Models, model_state_key())),
        Precondition::Words(version) => key(Table::Words, Value::Small(version.saturating_add(1))),
        Precondition::Lease(name, _) => Some(Lookup::Key(Table::Leases, lease_key(*name))),
        Precondition::FirstReport(comment, reporter) => Some(Lookup::Key(
            Table::CurrentReports,
            vec![comment.into(), reporter.into()],
        )),
        Precondition::Segment(number, _) => key(Table::Segments, Value::Number(*number)),
        Precondition::Accounts(_) | Precondition::WebhooksBelow(_) => None,
    }
}

pub(super) fn ms_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_ms()).unwrap_or(0)
}

/// Whether a webhook counts: it was not deleted.
pub(super) fn is_live(columns: &Columns) -> bool {
    columns.has(Column::Live)
}
