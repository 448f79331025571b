//! The tables of the store: what each row's key and columns are, and which columns are indexes. The same for every engine.
//!
//! A row is a key, a row version, the columns that something is found or checked by, and a record's bytes. Columns are derived
//! from the record, in the list at the end of this file; an engine may store them or derive them again.

use super::record::Record;
use crate::{
    id::{ArticleId, CommentId, MemberId, ReporterId},
    record::{
        Appeal, Article, AuditRow, AuditSubject, Case, Comment, Covered, Delivery, Erasure, Event,
        FanOutProgress, Form, FormKey, Key as BoardKey, Lease, LeaseName, MemberRecord, ModelPart,
        ModelRecord, ModelState, Note, QaSample, RejudgeJob, Reply, Report, ReporterRecord,
        Revision, Ruling, Segment, SegmentPart, Session, StoredAnswer, Subject, SubjectRecord,
        Token, User, UserName, Webhook, WordStep, content_stamp,
    },
    store::{Result, StoreError},
    time::Timestamp,
};

/// A revision that is newest no longer.
type ArchivedRevision = Covered<Revision>;

/// One value of a key or a column. Two values of one column are ordered as they stand here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A number of the store's own, or of a batch.
    Number(u64),
    /// A number that stays small: a revision.
    Small(u32),
    /// A ULID.
    Id(u128),
    /// A time, to the millisecond; none is before 1970.
    Time(Timestamp),
    /// One of a few.
    Byte(u8),
    /// A text, ordered by its bytes.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A row has it or has it not; there is no other value.
    Flag,
}

/// The values of a table's key columns.
pub type Key = Vec<Value>;

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// By number, from 0 on without a gap.
    Comments,
    /// Comments by a tag that was ever flagged or ruled: article, tag, number of the comment. No record.
    CommentTags,
    /// Revisions that are newest no longer: number of the comment, number of the revision.
    Revisions,
    /// By id.
    Articles,
    /// By id.
    Cases,
    /// Nicknames and tags: kind, article (empty for a nickname), text.
    Subjects,
    /// By id.
    Members,
    /// Whose sanction it is: id of the sanction. The record is the member's id as text.
    Sanctions,
    /// By id.
    Rulings,
    /// By id.
    Reports,
    /// The report of a reporter about a comment: comment, reporter. The record is the report's id, 16 bytes.
    CurrentReports,
    /// By id.
    Reporters,
    /// By id.
    Appeals,
    /// Case, id.
    Notes,
    /// By member.
    Erasures,
    /// By number, from 1 on without a gap. Its words may lie in [`Table::AuditWords`].
    Audit,
    /// What people wrote in audit entries, which can be redacted: subject, number of the entry. An engine may keep them within
    /// the entries; they are never put, only deleted.
    AuditWords,
    /// First answers, by slot.
    Answers,
    /// Users, keys, tokens, sessions: kind, name or id or secret.
    Accounts,
    /// By number, from 1 on.
    Events,
    /// By number.
    FanOuts,
    /// Due at, number.
    QaSamples,
    /// By id.
    Webhooks,
    /// Saved replies: by id.
    Replies,
    /// Previews of judging again, and the work that they led to: by id.
    RejudgeJobs,
    /// Webhook, whether it is dead, number of the event.
    Deliveries,
    /// By the work that it is about.
    Leases,
    /// Written forms of listed terms: a digest of term and form. Their records are sums.
    Forms,
    /// Models that the board learned: by counter, from 1 on; 0 says which is in force.
    Models,
    /// Their weights: counter, number of the part.
    ModelParts,
    /// The index by which comments are searched: headers by the number of the segment. Derived: it may be dropped.
    Segments,
    /// Its postings: number of the segment, number of the part.
    SegmentParts,
    /// Steps of the board's own words: by version, from 1 on without a gap.
    Words,
}

/// What kind of value a key column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "as the values of the same names")]
pub enum Kind {
    Number,
    Small,
    Id,
    Time,
    Byte,
    Text,
    Bytes,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 33] = [
        Self::Comments,
        Self::CommentTags,
        Self::Revisions,
        Self::Articles,
        Self::Cases,
        Self::Subjects,
        Self::Members,
        Self::Sanctions,
        Self::Rulings,
        Self::Reports,
        Self::CurrentReports,
        Self::Reporters,
        Self::Appeals,
        Self::Notes,
        Self::Erasures,
        Self::Audit,
        Self::AuditWords,
        Self::Answers,
        Self::Accounts,
        Self::Events,
        Self::FanOuts,
        Self::QaSamples,
        Self::Webhooks,
        Self::Replies,
        Self::RejudgeJobs,
        Self::Deliveries,
        Self::Leases,
        Self::Forms,
        Self::Models,
        Self::ModelParts,
        Self::Segments,
        Self::SegmentParts,
        Self::Words,
    ];

    /// Its key's columns, in order.
    pub const fn key(self) -> &'static [Kind] {
        match self {
            Self::Comments | Self::Audit | Self::Events | Self::FanOuts | Self::Segments => {
                &[Kind::Number]
            }
            Self::CommentTags => &[Kind::Text, Kind::Text, Kind::Number],
            Self::Revisions | Self::SegmentParts => &[Kind::Number, Kind::Small],
            Self::Articles | Self::Members | Self::Reporters | Self::Erasures => &[Kind::Text],
            Self::Cases
            | Self::Sanctions
            | Self::Rulings
            | Self::Reports
            | Self::Appeals
            | Self::Webhooks
            | Self::Replies
            | Self::RejudgeJobs => &[Kind::Id],
            Self::Subjects => &[Kind::Byte, Kind::Text, Kind::Text],
            Self::CurrentReports => &[Kind::Text, Kind::Text],
            Self::Notes => &[Kind::Id, Kind::Id],
            Self::AuditWords => &[Kind::Text, Kind::Number],
            Self::Answers | Self::Forms => &[Kind::Bytes],
            Self::Accounts => &[Kind::Byte, Kind::Bytes],
            Self::QaSamples => &[Kind::Time, Kind::Number],
            Self::Deliveries => &[Kind::Id, Kind::Byte, Kind::Number],
            Self::Leases | Self::Models | Self::Words => &[Kind::Small],
            Self::ModelParts => &[Kind::Small, Kind::Small],
        }
    }
}

/// Indexes: rows by their columns. A row is in an index if it has all of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// A comment by the board's id; unique.
    CommentById,
    /// A member's comments.
    CommentsOfMember,
    /// Those of them that the board handed in.
    PostsOfMember,
    /// Cases that wait for a person.
    UnresolvedCases,
    /// Resolved cases by the time at which they were.
    ResolvedCases,
    /// A case's reports, current and decided.
    ReportsOfCase,
    /// A reporter's reports.
    ReportsOfReporter,
    /// Entries of the audit about one subject.
    AuditOfSubject,
    /// Answers by the time at which they expire.
    AnswersByExpiry,
    /// An account by its secret; unique.
    AccountBySecret,
}

impl Index {
    /// All indexes.
    pub const ALL: [Self; 10] = [
        Self::CommentById,
        Self::CommentsOfMember,
        Self::PostsOfMember,
        Self::UnresolvedCases,
        Self::ResolvedCases,
        Self::ReportsOfCase,
        Self::ReportsOfReporter,
        Self::AuditOfSubject,
        Self::AnswersByExpiry,
        Self::AccountBySecret,
    ];

    /// Those that lead into a table.
    pub fn of(table: Table) -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.filter(move |index| index.table() == table)
    }

    /// The table that it leads into.
    pub const fn table(self) -> Table {
        match self {
            Self::CommentById | Self::CommentsOfMember | Self::PostsOfMember => Table::Comments,
            Self::UnresolvedCases | Self::ResolvedCases => Table::Cases,
            Self::ReportsOfCase | Self::ReportsOfReporter => Table::Reports,
            Self::AuditOfSubject => Table::Audit,
            Self::AnswersByExpiry => Table::Answers,
            Self::AccountBySecret => Table::Accounts,
        }
    }

    /// Its columns, in order; the row's key follows them where it is not unique.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::CommentById => &[Column::BoardId],
            Self::CommentsOfMember => &[Column::Member],
            Self::PostsOfMember => &[Column::Posted, Column::Member],
            Self::UnresolvedCases => &[Column::Unresolved],
            Self::ResolvedCases => &[Column::ResolvedAt],
            Self::ReportsOfCase => &[Column::Case],
            Self::ReportsOfReporter => &[Column::Reporter],
            Self::AuditOfSubject => &[Column::Subject],
            Self::AnswersByExpiry => &[Column::ExpiresAt],
            Self::AccountBySecret => &[Column::Secret],
        }
    }

    /// Whether its columns lead to one row at most.
    pub const fn is_unique(self) -> bool {
        matches!(self, Self::CommentById | Self::AccountBySecret)
    }

    /// The index values of a row with these columns; `None` if it is not in this index.
    pub fn values(self, columns: &Columns) -> Option<Vec<Value>> {
        let values = self.columns().iter();
        values.map(|column| columns.get(*column).cloned()).collect()
    }
}

/// Named columns, of all tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// A comment's id, as the board has it.
    BoardId,
    /// Whose comment it is.
    Member,
    /// The board handed the comment in; it did not merely come along with a report.
    Posted,
    /// The case waits for a person.
    Unresolved,
    /// When the case was resolved.
    ResolvedAt,
    /// Who holds the case, as an actor is shown.
    Holder,
    /// The report's case.
    Case,
    /// Whose report it is.
    Reporter,
    /// What the audit entry is about; not where it is about many comments at once.
    Subject,
    /// When the answer expires.
    ExpiresAt,
    /// The hash of the account's secret.
    Secret,
    /// The webhook was not deleted.
    Live,
    /// What moves when a comment comes to be found by something else.
    Content,
}

/// The columns that a row has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns(Vec<(Column, Value)>);

impl Columns {
    /// What a column holds.
    pub fn get(&self, column: Column) -> Option<&Value> {
        let found = self.0.iter().find(|(name, _)| *name == column);
        found.map(|(_, value)| value)
    }

    /// Whether the row has this column.
    pub fn has(&self, column: Column) -> bool {
        self.get(column).is_some()
    }

    /// The columns, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Column, &Value)> {
        self.0.iter().map(|(column, value)| (*column, value))
    }

    fn of<const N: usize>(given: [(Column, Option<Value>); N]) -> Self {
        let present = given.into_iter();
        Self(
            present
                .filter_map(|(column, value)| Some((column, value?)))
                .collect(),
        )
    }
}

fn flag(is_set: bool) -> Option<Value> {
    is_set.then_some(Value::Flag)
}

/// A record that has a table.
pub trait Tabled: Record {
    /// Which.
    const TABLE: Table;

    /// Whether the table has neither a row version nor columns. An engine needs not read its records then.
    const IS_PLAIN: bool;

    /// Its row version; 0 where the table has none.
    fn version(&self) -> u64 {
        0
    }

    /// Its columns.
    fn columns(&self) -> Columns {
        Columns::default()
    }
}

/// A record that knows its key.
pub trait Keyed: Tabled {
    /// Its key.
    fn key(&self) -> Key;
}

macro_rules! tables {
    ($($record:ident in $table:ident
        $(, key $key:expr)? $(, version $version:ident)? $(, columns $columns:expr)?;)*) => {
        $(impl Tabled for $record {
            const TABLE: Table = Table::$table;
            const IS_PLAIN: bool = {
                let parts: &[&str] = &[$(stringify!($version),)? $(stringify!($columns))?];
                parts.is_empty()
            };
            $(fn version(&self) -> u64 { self.$version })?
            $(fn columns(&self) -> Columns {
                let columns: fn(&Self) -> Columns = $columns;
                columns(self)
            })?
        }
        $(impl Keyed for $record {
            fn key(&self) -> Key {
                let key: fn(&Self) -> Key = $key;
                key(self)
            }
        })?)*
    };
}

tables! {
    Comment in Comments, version row_version, columns comment_columns;
    ArchivedRevision in Revisions;
    Article in Articles, key |record| vec![Value::from(&record.id)];
    Case in Cases, key |record| vec![Value::Id(record.id.0.0)], version row_version, columns case_columns;
    SubjectRecord in Subjects, key |record| subject_key(&record.subject), version row_version;
    MemberRecord in Members, key |record| vec![Value::from(&record.id)], version row_version;
    Ruling in Rulings, key |record| vec![Value::Id(record.id.0.0)];
    Report in Reports, key |record| vec![Value::Id(record.id.0.0)], columns |record| Columns::of([
        (Column::Case, record.decision_point.map(|point| Value::Id(point.case.0.0))),
        (Column::Reporter, Some(Value::from(&record.reporter))),
    ]);
    ReporterRecord in Reporters, key |record| vec![Value::from(&record.id)], version row_version;
    Appeal in Appeals, key |record| vec![Value::Id(record.id.0.0)];
    Note in Notes, key |record| vec![Value::Id(record.case.0.0), Value::Id(record.id.0.0)];
    Erasure in Erasures, key |record| vec![Value::from(&record.member)], version row_version;
    AuditRow in Audit, key |row| vec![Value::Number(row.entry.number)], columns |row| Columns::of([
        (Column::Subject, audit_subject(&row.entry.what.subject)),
    ]);
    StoredAnswer in Answers, key |record| vec![Value::Bytes(record.slot.to_vec())], columns |record| Columns::of([
        (Column::ExpiresAt, Some(Value::Time(record.expires_at))),
    ]);
    User in Accounts, key |record| user_key(&record.name);
    BoardKey in Accounts, key |record| account_key(AccountKind::Key, &record.id.0.0.to_be_bytes()), columns |record| secret(&record.secret.0);
    Token in Accounts, key |record| account_key(AccountKind::Token, &record.id.0.0.to_be_bytes()), columns |record| secret(&record.secret.0);
    Session in Accounts, key |record| account_key(AccountKind::Session, &record.secret.0), columns |record| secret(&record.secret.0);
    Event in Events, key |record| vec![Value::Number(record.number)];
    FanOutProgress in FanOuts, key |record| vec![Value::Number(record.number)];
    QaSample in QaSamples;
    Webhook in Webhooks, key |record| vec![Value::Id(record.id.0.0)], version row_version, columns |record| Columns::of([
        (Column::Live, flag(record.deleted_at.is_none())),
    ]);
    Reply in Replies, key |record| vec![Value::Id(record.id.0.0)], version row_version;
    RejudgeJob in RejudgeJobs, key |record| vec![Value::Id(record.id.0.0)], version row_version;
    ModelRecord in Models, key |record| vec![Value::Small(record.version.counter)];
    ModelState in Models, key |_| model_state_key(), version row_version;
    WordStep in Words, key |step| vec![Value::Small(step.version)];
    ModelPart in ModelParts, key |part| vec![Value::Small(part.model), Value::Small(part.nth)];
    Form in Forms, key |record| form_key(record.key());
    Segment in Segments, key |record| vec![Value::Number(record.number)], version row_version;
    SegmentPart in SegmentParts, key |part| vec![Value::Number(part.segment), Value::Small(part.nth)];
    Lease in Leases, key |record| lease_key(record.name), version fence;
    Delivery in Deliveries, key |record| vec![
        Value::Id(record.webhook.0.0), Value::Byte(record.is_dead().into()), Value::Number(record.event),
    ];
}

fn comment_columns(comment: &Comment) -> Columns {
    Columns::of([
        (Column::BoardId, Some(Value::from(&comment.id))),
        (Column::Member, comment.member.as_ref().map(Value::from)),
        (Column::Posted, flag(!comment.provisional)),
        (Column::Content, Some(Value::Number(content_stamp(comment)))),
    ])
}

fn case_columns(case: &Case) -> Columns {
    let is_unresolved = case.state.is_unresolved();
    let holder = case.claim.as_ref().map(|claim| claim.by.to_string());
    Columns::of([
        (Column::Unresolved, flag(is_unresolved)),
        (
            Column::ResolvedAt,
            (!is_unresolved).then_some(Value::Time(case.changed_at)),
        ),
        (Column::Holder, holder.map(Value::Text)),
    ])
}

/// The key of a nickname's or a tag's row.
pub fn subject_key(subject: &Subject) -> Key {
    let key = |kind, article: &str, text: &str| {
        vec![
            Value::Byte(kind),
            Value::Text(article.to_owned()),
            Value::Text(text.to_owned()),
        ]
    };
    match subject {
        Subject::Comment(id) => key(b'c', "", id.as_str()),
        Subject::Nickname(id) => key(b'm', "", id.as_str()),
        Subject::Tag { article, tag } => key(b't', article.as_str(), tag),
    }
}

/// The key of the row that says which model is in force.
pub fn model_state_key() -> Key {
    vec![Value::Small(0)]
}

/// The key of a form's row.
pub fn form_key(key: FormKey) -> Key {
    vec![Value::Bytes(key.0.to_vec())]
}

/// The key of a lease's row.
pub fn lease_key(name: LeaseName) -> Key {
    vec![Value::Small(name as u32)]
}

/// The kinds of accounts; each is the first column of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named for the record that it holds")]
pub enum AccountKind {
    User = b'u' as isize,
    Key = b'k' as isize,
    Token = b't' as isize,
    Session = b's' as isize,
}

impl From<AccountKind> for Value {
    fn from(kind: AccountKind) -> Self {
        Self::Byte(kind as u8)
    }
}

/// The key of an account's row.
pub fn account_key(kind: AccountKind, id: &[u8]) -> Key {
    vec![kind.into(), Value::Bytes(id.to_vec())]
}

/// The key of a user's row.
pub fn user_key(name: &UserName) -> Key {
    account_key(AccountKind::User, name.as_str().as_bytes())
}

fn secret(hash: &[u8; 32]) -> Columns {
    Columns::of([(Column::Secret, Some(Value::Bytes(hash.to_vec())))])
}

/// The subject index of the audit. Entries about many comments at once are not in it.
fn audit_subject(subject: &AuditSubject) -> Option<Value> {
    let is_indexed = !matches!(subject, AuditSubject::Comments);
    is_indexed.then(|| Value::Text(subject.key()))
}

macro_rules! texts {
    ($($id:ty),*) => {
        $(impl From<&$id> for Value {
            fn from(id: &$id) -> Self {
                Self::Text(id.as_str().to_owned())
            }
        })*
    };
}

texts!(ArticleId, CommentId, MemberId, ReporterId);

/// What is done with a stored record once its type is known.
pub trait RecordVisitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<T: Tabled + Clone + PartialEq>(self) -> Self::Output;
}

/// Does something with the type of record that a row of a table holds; `None` if its rows hold none. The one list of types for
/// all who have bytes and a key alone.
pub fn visit_record<V: RecordVisitor>(
    table: Table,
    key: &[Value],
    visitor: V,
) -> Option<V::Output> {
    Some(match table {
        Table::Comments => visitor.visit::<Comment>(),
        Table::Revisions => visitor.visit::<ArchivedRevision>(),
        Table::Articles => visitor.visit::<Article>(),
        Table::Cases => visitor.visit::<Case>(),
        Table::Subjects => visitor.visit::<SubjectRecord>(),
        Table::Members => visitor.visit::<MemberRecord>(),
        Table::Rulings => visitor.visit::<Ruling>(),
        Table::Reports => visitor.visit::<Report>(),
        Table::Reporters => visitor.visit::<ReporterRecord>(),
        Table::Appeals => visitor.visit::<Appeal>(),
        Table::Notes => visitor.visit::<Note>(),
        Table::Erasures => visitor.visit::<Erasure>(),
        Table::Leases => visitor.visit::<Lease>(),
        Table::Forms => visitor.visit::<Form>(),
        Table::Models => match key.first() {
            Some(Value::Small(0)) => visitor.visit::<ModelState>(),
            _ => visitor.visit::<ModelRecord>(),
        },
        Table::ModelParts => visitor.visit::<ModelPart>(),
        Table::Words => visitor.visit::<WordStep>(),
        Table::Segments => visitor.visit::<Segment>(),
        Table::SegmentParts => visitor.visit::<SegmentPart>(),
        Table::Audit => visitor.visit::<AuditRow>(),
        Table::Answers => visitor.visit::<StoredAnswer>(),
        Table::Accounts => match key.first() {
            Some(Value::Byte(b'u')) => visitor.visit::<User>(),
            Some(Value::Byte(b'k')) => visitor.visit::<BoardKey>(),
            Some(Value::Byte(b't')) => visitor.visit::<Token>(),
            _ => visitor.visit::<Session>(),
        },
        Table::Events => visitor.visit::<Event>(),
        Table::FanOuts => visitor.visit::<FanOutProgress>(),
        Table::QaSamples => visitor.visit::<QaSample>(),
        Table::Webhooks => visitor.visit::<Webhook>(),
        Table::Replies => visitor.visit::<Reply>(),
        Table::RejudgeJobs => visitor.visit::<RejudgeJob>(),
        Table::Deliveries => visitor.visit::<Delivery>(),
        Table::CommentTags | Table::Sanctions | Table::CurrentReports | Table::AuditWords => {
            return None;
        }
    })
}

struct Derive<'r>(&'r [u8]);

impl RecordVisitor for Derive<'_> {
    type Output = Result<(u64, Columns)>;

    fn visit<T: Tabled + Clone + PartialEq>(self) -> Self::Output {
        if T::IS_PLAIN {
            return Ok((0, Columns::default()));
        }
        let record = T::decode(self.0)?;
        Ok((record.version(), record.columns()))
    }
}

/// The row version and the columns of a stored record, for an engine that does not keep them beside it.
pub fn derived(table: Table, key: &[Value], record: &[u8]) -> Result<(u64, Columns)> {
    visit_record(table, key, Derive(record)).unwrap_or_else(|| Ok((0, Columns::default())))
}

/// How far a row was raised, in a record that an engine keeps it in: a key's or a sign-in's last use in milliseconds, a
/// webhook's cursor.
pub fn raised_to(table: Table, key: &[Value], record: &[u8]) -> Result<Option<u64>> {
    let at = |at: Timestamp| u64::try_from(at.as_ms()).unwrap_or(0);
    Ok(match (table, key.first()) {
        (Table::Webhooks, _) => Some(Webhook::decode(record)?.cursor),
        (Table::Accounts, Some(Value::Byte(b'k'))) => {
            BoardKey::decode(record)?.last_used_at.map(at)
        }
        (Table::Accounts, Some(Value::Byte(b's'))) => Some(at(Session::decode(record)?.used_at)),
        _ => None,
    })
}

/// The record raised so far, for an engine that keeps it in there.
pub fn raised(table: Table, key: &[Value], record: &[u8], to: u64) -> Result<Vec<u8>> {
    let at = Timestamp::from_ms(i64::try_from(to).unwrap_or(i64::MAX));
    match (table, key.first()) {
        (Table::Webhooks, _) => Webhook {
            cursor: to,
            ..Webhook::decode(record)?
        }
        .encode(),
        (Table::Accounts, Some(Value::Byte(b'k'))) => BoardKey {
            last_used_at: Some(at),
            ..BoardKey::decode(record)?
        }
        .encode(),
        (Table::Accounts, Some(Value::Byte(b's'))) => Session {
            used_at: at,
            ..Session::decode(record)?
        }
        .encode(),
        _ => Err(StoreError::Damaged(format!("{table:?} is never raised"))),
    }
}

/// The record that takes the place of another, raised as far as that one was.
pub fn kept_raised(
    table: Table,
    key: &[Value],
    stored: Option<&[u8]>,
    record: Vec<u8>,
) -> Result<Vec<u8>> {
    let Some(stored) = stored.filter(|_| matches!(table, Table::Accounts | Table::Webhooks)) else {
        return Ok(record);
    };
    let (kept, given) = (
        raised_to(table, key, stored)?,
        raised_to(table, key, &record)?,
    );
    match kept.filter(|kept| given.is_none_or(|given| given < *kept)) {
        Some(kept) => raised(table, key, &record, kept),
        None => Ok(record),
    }
}

/// The stored record, raised at least so far; what was noted above `sane_max` counts as nothing.
pub fn raised_from(
    table: Table,
    key: &[Value],
    stored: &[u8],
    to: u64,
    sane_max: u64,
) -> Result<Vec<u8>> {
    let noted = raised_to(table, key, stored)?.filter(|noted| *noted <= sane_max);
    raised(table, key, stored, noted.map_or(to, |noted| noted.max(to)))
}

/// The stored record of sums with another's added to it.
pub fn summed(table: Table, stored: Option<&[u8]>, more: Vec<u8>) -> Result<Vec<u8>> {
    match (table, stored) {
        (Table::Forms, Some(stored)) => Form::decode(stored)?.with(Form::decode(&more)?).encode(),
        (Table::Forms, None) => Ok(more),
        _ => Err(StoreError::Damaged(format!("{table:?} holds no sums"))),
    }
}

/// The audit entry without what people wrote, for an engine that stores that in the entry; `None` if there is nothing to redact, or
/// the entry is later than `through`.
pub fn redacted(record: &[u8], through: Option<Timestamp>) -> Result<Option<Vec<u8>>> {
    let row = AuditRow::decode(record)?;
    let is_meant = through.is_none_or(|through| row.entry.what.at <= through);
    if !is_meant || row.text.is_none() {
        return Ok(None);
    }
    AuditRow { text: None, ..row }.encode().map(Some)
}
