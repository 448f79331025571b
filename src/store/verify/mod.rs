//! Verifies all records, over any engine: references, what the audit covers, and numbers without gaps. It streams, in constant
//! memory however much is stored.
//!
//! Indexes, checksums and row counts are verified by the engine's own check.

mod audit;
mod cases;
mod comments;
mod coverage;
mod models;
mod segments;
mod words;

use self::coverage::Coverage;
use super::{
    Result,
    engine::{Head, Lookup, Reads, StoredRow},
    rows::Rows,
    tables::{AccountKind, Index, Key, Keyed, Table, Tabled, Value},
};
use crate::{
    id::CaseId,
    record::{
        Article, Case, Delivery, Erasure, Event, FanOutProgress, Form, Key as BoardKey, Lease,
        MemberRecord, Note, RejudgeJob, Reply, ReporterRecord, RetainedItem, Ruling, Session,
        StoredAnswer, SubjectRecord, Token, User, Webhook,
    },
};

/// How many findings are reported at most; the last says that there are more.
const FINDINGS_MAX: usize = 500;
const LAST_FINDING: usize = FINDINGS_MAX - 1;

const OTHER_KEY: &str = "a row under another's key";

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: a table and a key, or a file.
    pub place: String,
    /// What.
    pub what: String,
}

/// What was verified, and the findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Group commits.
    pub commits: u64,
    /// Comments.
    pub comments: u64,
    /// Revisions, newest and older.
    pub revisions: u64,
    /// Cases.
    pub cases: u64,
    /// Cases that wait for a person.
    pub unresolved: u64,
    /// Entries of the audit.
    pub audit_entries: u64,
    /// All rows, where the engine counts them; the sum over them is not counted among them.
    pub rows: u64,
    /// What is wrong; empty where all is sound.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Notes that something is wrong.
    pub fn found(&mut self, place: impl Into<String>, what: impl Into<String>) {
        let (place, what) = match self.findings.len() {
            FINDINGS_MAX => return,
            LAST_FINDING => (
                "…".to_owned(),
                "there is more; these are the first".to_owned(),
            ),
            _ => (place.into(), what.into()),
        };
        self.findings.push(Finding { place, what });
    }
}

/// How a row is named, or its table where there is no key.
pub type Place = fn(Table, &[Value]) -> String;

/// Looks through all records; `head` is what the last batch left, and nothing is written meanwhile.
pub async fn verify_records(engine: &impl Reads, head: &Head, place: Place) -> VerifyReport {
    let mut walk = Walk {
        engine,
        head,
        place,
        report: VerifyReport {
            commits: head.batch,
            ..VerifyReport::default()
        },
        revisions: Coverage::default(),
        rejudgements: Coverage::default(),
    };
    if let Err(error) = walk.all().await {
        walk.report.found("records", error.to_string());
    }
    walk.report
}

/// A walk over all records.
struct Walk<'e, E> {
    engine: &'e E,
    head: &'e Head,
    place: Place,
    report: VerifyReport,
    /// The revisions whose text is there, and what the audit says of them.
    revisions: Coverage,
    /// The later decisions that are there, and what the audit says of them.
    rejudgements: Coverage,
}

impl<E: Reads> Walk<'_, E> {
    async fn all(&mut self) -> Result<()> {
        self.each(|_: &Article| None).await?;
        self.each(|_: &ReporterRecord| None).await?;
        self.each(|_: &StoredAnswer| None).await?;
        self.rulings_and_subjects().await?;
        self.cases().await?;
        self.members().await?;
        self.reports().await?;
        self.appeals().await?;
        self.events().await?;
        self.webhooks().await?;
        self.leases().await?;
        self.each(|_: &Form| None).await?;
        self.each(|_: &Reply| None).await?;
        self.each(|_: &RejudgeJob| None).await?;
        self.models().await?;
        self.words().await?;
        self.comments().await?;
        self.comment_tags().await?;
        self.segments().await?;
        self.audit().await?;
        self.erasures().await?;
        self.accounts().await
    }

    fn found_at(&mut self, table: Table, key: &[Value], what: &str) {
        self.report.found((self.place)(table, key), what);
    }

    fn found_in(&mut self, table: Table, what: &str) {
        self.found_at(table, &[], what);
    }

    /// The record of a row; `None` if it cannot be read, which is reported.
    fn read<T: Tabled>(&mut self, row: &StoredRow) -> Option<T> {
        match row.read() {
            Ok(record) => Some(record),
            Err(error) => {
                self.found_at(T::TABLE, &row.key, &error.to_string());
                None
            }
        }
    }

    /// The same of a record that knows its key, which must be that of its row.
    fn read_keyed<T: Keyed>(&mut self, row: &StoredRow) -> Option<T> {
        let record: T = self.read(row)?;
        if record.key() != row.key {
            self.found_at(T::TABLE, &row.key, OTHER_KEY);
        }
        Some(record)
    }

    /// Looks at each record of a table by itself.
    async fn each<T: Keyed>(
        &mut self,
        mut wrong: impl FnMut(&T) -> Option<&'static str>,
    ) -> Result<()> {
        let mut rows = Rows::of(T::TABLE);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                let record = self.read_keyed(&row);
                if let Some(what) = record.and_then(|record| wrong(&record)) {
                    self.found_at(T::TABLE, &row.key, what);
                }
            }
        }
        Ok(())
    }

    /// Looks at each record of a table with the rows that it leads to.
    async fn each_with<T: Keyed>(
        &mut self,
        leads_to: impl Fn(&T) -> Vec<Lookup>,
        wrong: impl Fn(&T, &[Option<StoredRow>]) -> Option<String>,
    ) -> Result<()> {
        let mut rows = Rows::of(T::TABLE);
        while let Some(rows) = rows.next(self.engine).await? {
            let (mut records, mut lookups) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in rows {
                if let Some(record) = self.read_keyed::<T>(&row) {
                    let own = leads_to(&record);
                    records.push((row.key, record, own.len()));
                    lookups.extend(own);
                }
            }
            let mut found = self.engine.get_all(&lookups).await?.into_iter();
            for (key, record, count) in records {
                let own: Vec<Option<StoredRow>> = found.by_ref().take(count).collect();
                if let Some(what) = wrong(&record, &own) {
                    self.found_at(T::TABLE, &key, &what);
                }
            }
        }
        Ok(())
    }

    async fn rulings_and_subjects(&mut self) -> Result<()> {
        let missing = "a ruling about a case that is not there";
        self.each_with(
            |ruling: &Ruling| vec![look_case(ruling.case)],
            |_, found| any_missing(found, missing),
        )
        .await?;
        let case = |record: &SubjectRecord| record.case.map(look_case).into_iter().collect();
        let missing = "names a case that is not there";
        self.each_with(case, |_, found| any_missing(found, missing))
            .await?;
        let missing = "a note about a case that is not there";
        self.each_with(
            |note: &Note| vec![look_case(note.case)],
            |_, found| any_missing(found, missing),
        )
        .await
    }

    async fn members(&mut self) -> Result<()> {
        let sanctions = |member: &MemberRecord| {
            let ids = member.sanctions.iter().map(|sanction| sanction.id.0.0);
            ids.map(|id| Lookup::Key(Table::Sanctions, vec![Value::Id(id)]))
                .collect()
        };
        self.each_with(sanctions, |member, found| {
            let name = member.id.as_str().as_bytes();
            let leads =
                |row: &Option<StoredRow>| row.as_ref().is_some_and(|row| row.record == name);
            let what = "a sanction's id does not lead to it";
            (!found.iter().all(leads)).then(|| what.to_owned())
        })
        .await
    }

    /// Events have no gaps behind what was dropped from their old end; what is to be fanned out or sampled has its number.
    async fn events(&mut self) -> Result<()> {
        let (head, mut last) = (self.head, None);
        self.each(|event: &Event| {
            let follows = last.is_none_or(|last| event.number == last + 1);
            last = Some(event.number);
            (!follows).then_some("an event is missing")
        })
        .await?;
        if last.is_some_and(|last| last != head.event) {
            self.found_in(
                Table::Events,
                "the last event is not the one that the state names",
            );
        }
        self.each(|progress: &FanOutProgress| {
            let what = "a fan-out under another's number";
            (progress.number > head.fan_out).then_some(what)
        })
        .await?;
        let mut samples = Rows::of(Table::QaSamples);
        while let Some(rows) = samples.next(self.engine).await? {
            for row in rows {
                let due_at = self
                    .read(&row)
                    .map(|sample: crate::record::QaSample| Value::Time(sample.due_at));
                let is_its = matches!(
                    row.key.as_slice(),
                    [at, Value::Number(number)] if Some(at) == due_at.as_ref() && *number <= head.sample
                );
                if due_at.is_some() && !is_its {
                    self.found_at(
                        Table::QaSamples,
                        &row.key,
                        "a sample under another's number",
                    );
                }
            }
        }
        Ok(())
    }

    async fn webhooks(&mut self) -> Result<()> {
        let newest = self.head.event;
        let ahead = |webhook: &Webhook| {
            (webhook.cursor > newest).then_some("a webhook ahead of the events")
        };
        self.each(ahead).await?;
        let missing = "a delivery to a webhook that is not there";
        self.each_with(
            |delivery: &Delivery| {
                vec![Lookup::Key(
                    Table::Webhooks,
                    vec![Value::Id(delivery.webhook.0.0)],
                )]
            },
            |_, found| any_missing(found, missing),
        )
        .await
    }

    async fn leases(&mut self) -> Result<()> {
        self.each(|_: &Lease| None::<&str>).await
    }

    /// The ways from tags lead to comments that are there.
    async fn comment_tags(&mut self) -> Result<()> {
        let mut rows = Rows::of(Table::CommentTags);
        while let Some(rows) = rows.next(self.engine).await? {
            let number = |row: &StoredRow| row.key.last().cloned();
            let keys = rows.iter().map(|row| number(row).into_iter().collect());
            let lookups: Vec<Lookup> = keys
                .map(|key: Key| Lookup::Key(Table::Comments, key))
                .collect();
            let found = self.engine.get_all(&lookups).await?;
            for (row, _) in rows.iter().zip(found).filter(|(_, found)| found.is_none()) {
                self.found_at(
                    Table::CommentTags,
                    &row.key,
                    "leads to a comment that is not there",
                );
            }
        }
        Ok(())
    }

    async fn erasures(&mut self) -> Result<()> {
        fn kept(erasure: &Erasure) -> Vec<(&RetainedItem, Lookup)> {
            let lookup = |item: &RetainedItem| match item {
                RetainedItem::Comment(id) => {
                    Some(Lookup::Unique(Index::CommentById, vec![id.into()]))
                }
                RetainedItem::Case(id) => Some(look_case(*id)),
                _ => None,
            };
            let items = erasure.retained.iter().map(|retained| &retained.what);
            items
                .filter_map(|item| Some((item, lookup(item)?)))
                .collect()
        }
        let lookups = |erasure: &Erasure| {
            kept(erasure)
                .into_iter()
                .map(|(_, lookup)| lookup)
                .collect()
        };
        self.each_with(lookups, |erasure, found| {
            let mut missing = kept(erasure).into_iter().zip(found);
            let ((item, _), _) = missing.find(|(_, found)| found.is_none())?;
            Some(format!("keeps {}, which is not there", item.key()))
        })
        .await
    }

    async fn accounts(&mut self) -> Result<()> {
        let mut rows = Rows::of(Table::Accounts);
        while let Some(rows) = rows.next(self.engine).await? {
            for row in rows {
                match row.key.first() {
                    Some(kind) if *kind == AccountKind::User.into() => {
                        drop(self.read_keyed::<User>(&row))
                    }
                    Some(kind) if *kind == AccountKind::Key.into() => {
                        drop(self.read_keyed::<BoardKey>(&row))
                    }
                    Some(kind) if *kind == AccountKind::Token.into() => {
                        drop(self.read_keyed::<Token>(&row))
                    }
                    _ => drop(self.read_keyed::<Session>(&row)),
                }
            }
        }
        Ok(())
    }

    /// The records under these keys that there are and can be read.
    async fn fetched<T: Tabled>(&self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<T>> {
        let lookups: Vec<Lookup> = keys
            .into_iter()
            .map(|key| Lookup::Key(T::TABLE, key))
            .collect();
        let found = self.engine.get_all(&lookups).await?;
        // unreadable rows are reported by the walk over their table
        Ok(found
            .iter()
            .flatten()
            .filter_map(|row| T::decode(&row.record).ok())
            .collect())
    }
}

fn look_case(id: CaseId) -> Lookup {
    Lookup::Key(Case::TABLE, vec![Value::Id(id.0.0)])
}

fn any_missing(found: &[Option<StoredRow>], what: &str) -> Option<String> {
    found.iter().any(Option::is_none).then(|| what.to_owned())
}
