//! [`Store`] over any engine: its reads, as values of the core, and the queue to the committer.
//!
//! An engine may show a write a moment before it is durable, and a crash in that moment would take it back. So every read that
//! may be answered to somebody waits until it is durable ([`EngineStore::durable`]). Two reads do not: the background of a
//! submission, since the commit made from it waits, and credentials.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, channel, sync_channel},
    },
    thread,
};

use async_trait::async_trait;
use jiff::tz::TimeZone;
use tokio::{
    runtime::Builder,
    sync::{oneshot, watch},
};

use super::{
    AuditFilter, AuditPage, BackgroundQuery, BackupReport, CommitReceipt, CompactionReport,
    CopyFailure, Credential, Health, LiveSubscription, OnProgress, QueueCounts, QueueCursor,
    QueueFilter, QueuePage, Result, Sort, StatusFilter, Store, StoreError, StoreStats,
    committer::{Committer, Job},
    engine::{Capabilities, Engine, Lookup, Range, StoredRow},
    known_credentials::{KnownCredentials, ReadAt},
    memory::Memory,
    record::Record,
    tables::{
        AccountKind, Index, Key, Keyed, Table, Tabled, Value, account_key, form_key, lease_key,
        model_state_key, subject_key, user_key,
    },
};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, RejudgeId, ReplyId, ReportId,
        ReporterId, RulingId, SanctionId, TokenId, WebhookId,
    },
    lexicon::UpheldForms,
    member::MemberStanding,
    record::{
        Actor, Appeal, Article, AuditRow, Case, CaseMember, Change, Comment, Covered, Delivery,
        DueQaSample, Erasure, Event, FanOutProgress, Form, FormKey, Key as BoardKey, Lease,
        LeaseName, MemberRecord, ModelPart, ModelRecord, ModelState, Note, RejudgeJob, Reply,
        Report, ReporterRecord, Revision, Ruling, SecretHash, Segment, SegmentPart, Session,
        StoredAnswer, Subject, SubjectRecord, Tally, TallyOf, TallyRow, Token, User, UserName,
        Webhook, WordStep, is_subject_key,
    },
    review::Background,
    text::fold::folded,
    time::{Clock, Timestamp},
};

/// The error if the committer's thread is gone.
const STOPPED: &str = "the thread that writes has stopped";
/// How many rows one page of the audit or of resolved cases examines at most.
const SCAN_MAX: usize = 10_000;
/// How many of them are read at once, where the first few did not fill the page.
const SCAN_STEP: usize = 500;

/// The store over an engine.
pub struct EngineStore<E> {
    engine: Arc<E>,
    memory: Arc<Memory>,
    jobs: SyncSender<Job>,
    credentials: KnownCredentials,
    /// Why nothing can be written any more, once the thread that writes has stopped by itself.
    stopped: watch::Sender<Option<String>>,
}

/// Why a store could not be started over its engine.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum StartError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads a record from a row.
type Reading<T> = fn(&StoredRow) -> Result<T>;

impl<E: Engine> EngineStore<E> {
    /// Starts a node over an engine: builds its memory and starts the committer. At most `queue_max` changes are queued; tallies
    /// are kept by the day of the time zone.
    pub fn start(
        engine: Arc<E>,
        clock: Arc<dyn Clock>,
        queue_max: usize,
        time_zone: TimeZone,
    ) -> std::result::Result<Arc<Self>, StartError> {
        let (jobs, waiting) = sync_channel(queue_max);
        let (ready, started) = channel();
        let stopped = watch::Sender::new(None);
        let stops = stopped.clone();
        let committer = Committer {
            engine: Arc::clone(&engine),
            clock,
            day_of: Box::new(move |at| at.day_in(&time_zone)),
            jobs: waiting,
            runtime: Builder::new_current_thread().enable_all().build()?,
            expects_more: false,
        };
        let named = thread::Builder::new().name("committer".to_owned());
        named.spawn(move || {
            let why = match catch_unwind(AssertUnwindSafe(|| committer.run(&ready))) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => STOPPED.to_owned(),
            };
            stops.send_replace(Some(why));
        })?;
        let stopped_early = |_| StoreError::Unavailable(STOPPED.to_owned());
        let store = Arc::new(Self {
            memory: started.recv().map_err(stopped_early)??,
            engine,
            jobs,
            credentials: KnownCredentials::default(),
            stopped,
        });
        if store.engine.capabilities().has_nodes {
            store.follow_others()?;
        }
        Ok(store)
    }

    /// Starts the thread that applies other nodes' batches to memory, until the store is dropped.
    fn follow_others(&self) -> io::Result<()> {
        let (engine, memory) = (Arc::clone(&self.engine), Arc::clone(&self.memory));
        let (mut newest, mut stopped) = (engine.newest(), self.stopped.subscribe());
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let follows = async move {
            loop {
                tokio::select! {
                    moved = newest.changed() => if moved.is_err() { return },
                    // no sender is left: the store was dropped
                    other = stopped.changed() => if other.is_err() { return },
                }
                if let Err(error) = memory.follow(&*engine).await {
                    tracing::warn!(%error, "what other nodes wrote cannot be followed now: {error}");
                }
            }
        };
        let named = thread::Builder::new().name("follower".to_owned());
        named.spawn(move || runtime.block_on(follows)).map(drop)
    }

    /// The engine.
    pub(super) fn engine(&self) -> &E {
        &self.engine
    }

    fn enqueue(&self, job: Job) -> Result<()> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => {
                StoreError::Unavailable("the store is closed".to_owned())
            }
        })
    }

    /// Wakes the committer for the engine's own work. A full queue does so anyway.
    fn nudge(&self) -> Result<()> {
        match self.enqueue(Job::Nudge) {
            Ok(()) | Err(StoreError::Overloaded) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What is read, once it is durable: no answer may rest on what a power cut could take back.
    async fn durable<T>(&self, reading: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let epoch = self.engine.epoch();
        let found = reading.await?;
        self.engine.wait_durable(epoch).await?;
        Ok(found)
    }

    /// The record under a key.
    async fn get<T: Tabled>(&self, key: Key) -> Result<Option<T>> {
        let row = self.engine.get(T::TABLE, key).await?;
        row.map(|row| row.read()).transpose()
    }

    /// The record under a key, once it is durable.
    async fn record<T: Tabled>(&self, key: Key) -> Result<Option<T>> {
        self.durable(self.get(key)).await
    }

    /// The records under these keys that there are, in their order.
    async fn get_all<T: Tabled>(&self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<T>> {
        let lookups: Vec<Lookup> = keys
            .into_iter()
            .map(|key| Lookup::Key(T::TABLE, key))
            .collect();
        let rows = self.engine.get_all(&lookups).await?;
        rows.iter().flatten().map(StoredRow::read).collect()
    }

    /// The rows of a range, each read by `read`, once they are durable.
    async fn listed<T>(&self, range: Range, read: Reading<T>) -> Result<Vec<T>> {
        let rows = self.durable(self.engine.range(range)).await?;
        rows.iter().map(read).collect()
    }

    /// The records of a range, once they are durable.
    async fn records<T: Record>(&self, range: Range) -> Result<Vec<T>> {
        self.listed(range, StoredRow::read).await
    }

    /// At most `limit` records of a range that `wants` accepts; and where the last examined row is, if more follow.
    async fn scanned<T: Tabled>(
        &self,
        mut range: Range,
        limit: usize,
        place: fn(&T) -> Vec<Value>,
        wants: impl Fn(&T) -> bool + Send,
    ) -> Result<(Vec<T>, Option<Vec<Value>>)> {
        let (mut found, mut last) = (Vec::new(), None);
        let (mut looked, mut step) = (0, limit.saturating_add(1));
        loop {
            let rows = self.engine.range(range.clone().limit(step)).await?;
            for row in &rows {
                if found.len() == limit || looked == SCAN_MAX {
                    return Ok((found, last));
                }
                let record: T = row.read()?;
                looked += 1;
                last = Some(place(&record));
                found.extend(Some(record).filter(&wants));
            }
            match &last {
                Some(last) if rows.len() == step => range = range.behind(last.clone()),
                _ => return Ok((found, None)),
            }
            step = SCAN_STEP;
        }
    }

    async fn comment_row(&self, id: &CommentId) -> Result<Option<(u64, Comment)>> {
        let row = self.engine.find(Index::CommentById, vec![Value::from(id)]);
        row.await?.as_ref().map(numbered).transpose()
    }

    /// How many of the member's comments beside `but` the board posted, at most `most`.
    async fn posts(&self, member: &MemberId, but: Option<&Comment>, most: usize) -> Result<usize> {
        let posts = Range::along(Index::PostsOfMember).under([Value::Flag, Value::from(member)]);
        let found = self
            .engine
            .count(posts.limit(most.saturating_add(1)))
            .await?;
        let is_own = |one: &Comment| !one.provisional && one.member.as_ref() == Some(member);
        let others = found.saturating_sub(but.is_some_and(is_own).into());
        Ok(usize::try_from(others).unwrap_or(usize::MAX).min(most))
    }

    /// One page of resolved cases: those that were resolved last first, unless the oldest are asked for.
    async fn resolved(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage> {
        let wanted = QueueFilter {
            text: filter.text.as_deref().map(folded),
            ..filter.clone()
        };
        let all = Range::along(Index::ResolvedCases);
        let all = match filter.sort {
            Sort::Oldest => all,
            Sort::Priority | Sort::Newest => all.backward(),
        };
        let rest = match filter.after.filter(|after| after.resolved) {
            Some(after) => all.behind([Value::Time(after.at), Value::Id(after.id.0.0)]),
            None => all,
        };
        let place = |case: &Case| vec![Value::Time(case.changed_at), Value::Id(case.id.0.0)];
        let wants = |case: &Case| wanted.wants(case, now);
        let page = self.scanned(rest, filter.limit, place, wants);
        let (cases, next) = self.durable(page).await?;
        let next = next.as_deref().and_then(|place| match place {
            [Value::Time(at), Value::Id(id)] => Some(QueueCursor {
                at: *at,
                id: CaseId(ulid::Ulid(*id)),
                ..QueueCursor::to_resolved(filter.sort)
            }),
            _ => None,
        });
        Ok(QueuePage {
            cases,
            next,
            counts: None,
        })
    }

    /// A page of what waits; it is filled up with what is resolved.
    async fn waiting_then_resolved(
        &self,
        filter: &QueueFilter,
        now: Timestamp,
    ) -> Result<QueuePage> {
        let mut page = self.memory.queue().page(filter, now);
        if page.next.is_some() {
            return Ok(page);
        }
        let room = filter.limit.saturating_sub(page.cases.len());
        if room == 0 {
            let any = Range::along(Index::ResolvedCases).limit(1);
            if self.durable(self.engine.count(any)).await? > 0 {
                page.next = Some(QueueCursor::to_resolved(filter.sort));
            }
            return Ok(page);
        }
        let rest = QueueFilter {
            limit: room,
            after: None,
            ..filter.clone()
        };
        let rest = self.resolved(&rest, now).await?;
        page.cases.extend(rest.cases);
        page.next = rest.next;
        Ok(page)
    }

    /// Counts of what waits, and how many cases are resolved.
    async fn counts(&self, now: Timestamp) -> Result<QueueCounts> {
        let mut counts = self.memory.queue().counts_at(now);
        let resolved = self
            .engine
            .count(Range::along(Index::ResolvedCases))
            .await?;
        counts.status.insert(StatusFilter::Resolved, resolved);
        Ok(counts)
    }

    /// Who holds a secret.
    async fn holder(&self, secret: SecretHash) -> Result<Option<Credential>> {
        let by_secret = vec![Value::Bytes(secret.0.to_vec())];
        let Some(row) = self.engine.find(Index::AccountBySecret, by_secret).await? else {
            return Ok(None);
        };
        let kind = row.key.first();
        if kind == Some(&AccountKind::Key.into()) {
            return Ok(Some(Credential::Key(row.read()?)));
        }
        if kind == Some(&AccountKind::Token.into()) {
            let token: Token = row.read()?;
            let owner = self.get(user_key(&token.user)).await?;
            return Ok(owner.map(|user| Credential::Token(token, user)));
        }
        let session: Session = row.read()?;
        let owner = self.get(user_key(&session.user)).await?;
        Ok(owner.map(|user| Credential::Session(session, user)))
    }

    /// All accounts of one kind.
    async fn accounts<T: Record>(&self, kind: AccountKind) -> Result<Vec<T>> {
        let all = Range::along(Table::Accounts).under([Value::from(kind)]);
        self.records(all).await
    }
}

fn unsupported(what: &str) -> StoreError {
    StoreError::Unavailable(format!("this database does not have to {what}"))
}

/// A comment with its number.
fn numbered(row: &StoredRow) -> Result<(u64, Comment)> {
    Ok((number_of(row)?, row.read()?))
}

/// The number that a row's key ends with.
fn number_of(row: &StoredRow) -> Result<u64> {
    match row.key.last() {
        Some(Value::Number(number)) => Ok(*number),
        _ => Err(StoreError::Damaged("a key without its number".to_owned())),
    }
}

/// The id of the row that an index-like row refers to.
fn id_in(row: &StoredRow) -> Option<Value> {
    let id: [u8; 16] = row.record.as_slice().try_into().ok()?;
    Some(Value::Id(u128::from_be_bytes(id)))
}

fn id(id: ulid::Ulid) -> Key {
    vec![Value::Id(id.0)]
}

/// Behind a row, where there is one.
fn after(all: Range, row: Option<impl Into<Value>>) -> Range {
    match row {
        Some(row) => all.above([row.into()]),
        None => all,
    }
}

/// Where to continue: after the last row, if the page is full.
fn next<T, Id: Copy>(found: &[T], asked: usize, id: fn(&T) -> Id) -> Option<Id> {
    found.last().filter(|_| found.len() == asked).map(id)
}

/// What the query asks about the nickname, then about each tag, once.
fn subjects_of(query: &BackgroundQuery<'_>) -> Vec<Subject> {
    let nickname = query.member.map(|id| Subject::Nickname(id.clone()));
    let mut subjects: Vec<Subject> = nickname.into_iter().collect();
    let of_article = query.article.into_iter().flat_map(|article| {
        query.tags.iter().map(|tag| Subject::Tag {
            article: article.clone(),
            tag: tag.clone(),
        })
    });
    for subject in of_article {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}

/// The next row, if it was looked up.
fn taken<T: Record>(
    rows: &mut impl Iterator<Item = Option<StoredRow>>,
    was_asked: bool,
) -> Result<Option<T>> {
    let row = if was_asked { rows.next() } else { None };
    row.flatten().map(|row| row.read()).transpose()
}

#[async_trait]
impl<E: Engine> Store for EngineStore<E> {
    async fn background(&self, query: BackgroundQuery<'_>) -> Result<Background> {
        let subjects = subjects_of(&query);
        let lookups = subjects.iter();
        let mut lookups: Vec<Lookup> = lookups
            .map(|subject| Lookup::Key(Table::Subjects, subject_key(subject)))
            .collect();
        let key = |table, id| Lookup::Key(table, vec![id]);
        lookups.extend(query.article.map(|id| key(Table::Articles, id.into())));
        lookups.extend(query.member.map(|id| key(Table::Members, id.into())));
        let by_id = |id| Lookup::Unique(Index::CommentById, vec![Value::from(id)]);
        lookups.extend(query.comment.map(by_id));
        let mut rows = self.engine.get_all(&lookups).await?.into_iter();
        let mut records = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let known = taken(&mut rows, true)?;
            records.push(known.unwrap_or_else(|| SubjectRecord::new(subject)));
        }
        let article = taken(&mut rows, query.article.is_some())?;
        let member = taken(&mut rows, query.member.is_some())?;
        let comment: Option<Comment> = taken(&mut rows, query.comment.is_some())?;
        let cases = records.iter().filter_map(|record| record.case);
        let cases = cases.chain(comment.as_ref().and_then(|comment| comment.case));
        let cases = self.get_all(cases.map(|case| id(case.0))).await?;
        let posts = match query.member.filter(|_| query.posts_max > 0) {
            Some(id) => self.posts(id, comment.as_ref(), query.posts_max).await?,
            None => 0,
        };
        let mut records = records.into_iter();
        Ok(Background {
            nickname_record: query.member.and_then(|_| records.next()),
            tags: records.collect(),
            member: query
                .member
                .map(|id| member.unwrap_or_else(|| MemberRecord::new(id.clone()))),
            comment,
            article,
            cases,
            posts,
        })
    }

    async fn comment(&self, id: &CommentId) -> Result<Option<Comment>> {
        let found = self.durable(self.comment_row(id)).await?;
        Ok(found.map(|(_, comment)| comment))
    }

    async fn older_revisions(&self, id: &CommentId) -> Result<Vec<Covered<Revision>>> {
        let Some((number, comment)) = self.durable(self.comment_row(id)).await? else {
            return Ok(Vec::new());
        };
        let all = Range::along(Table::Revisions).under([Value::Number(number)]);
        self.records(all.below([Value::Small(comment.newest.number)]))
            .await
    }

    async fn article(&self, id: &ArticleId) -> Result<Option<Article>> {
        self.record(vec![id.into()]).await
    }

    async fn articles(&self, last: Option<&ArticleId>, limit: usize) -> Result<Vec<Article>> {
        let all = Range::along(Table::Articles).limit(limit);
        self.records(after(all, last)).await
    }

    async fn case(&self, case: CaseId) -> Result<Option<Case>> {
        self.record(id(case.0)).await
    }

    async fn ruling(&self, ruling: RulingId) -> Result<Option<Ruling>> {
        self.record(id(ruling.0)).await
    }

    async fn subject(&self, subject: &Subject) -> Result<SubjectRecord> {
        let stored = self.record(subject_key(subject)).await?;
        Ok(stored.unwrap_or_else(|| SubjectRecord::new(subject.clone())))
    }

    async fn member(&self, id: &MemberId) -> Result<MemberRecord> {
        let stored = self.record(vec![id.into()]).await?;
        Ok(stored.unwrap_or_else(|| MemberRecord::new(id.clone())))
    }

    async fn standings(
        &self,
        members: &[&MemberId],
        now: Timestamp,
    ) -> Result<Vec<MemberStanding>> {
        let queue = self.memory.queue();
        let standings = members.iter().map(|id| queue.standing(id, now));
        Ok(standings.collect())
    }

    async fn sanctioned(&self, sanction: SanctionId) -> Result<Option<MemberId>> {
        let row = self.durable(self.engine.get(Table::Sanctions, id(sanction.0)));
        let name = row
            .await?
            .map(|row| String::from_utf8_lossy(&row.record).into_owned());
        Ok(name.and_then(|name| MemberId::parse(name).ok()))
    }

    async fn comments_of(
        &self,
        member: &MemberId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        let all = Range::along(Index::CommentsOfMember).under([Value::from(member)]);
        let older = all.below([Value::Number(before.unwrap_or(u64::MAX))]);
        self.listed(older.backward().limit(limit), numbered).await
    }

    async fn queue(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage> {
        let resolved = StatusFilter::Resolved;
        let wants_resolved = filter.status.contains(&resolved);
        let wants_others =
            filter.status.is_empty() || filter.status.iter().any(|status| *status != resolved);
        let is_past_others = filter.after.is_some_and(|after| after.resolved);
        let mut page = if wants_resolved && (!wants_others || is_past_others) {
            self.resolved(filter, now).await?
        } else if wants_resolved {
            self.waiting_then_resolved(filter, now).await?
        } else {
            self.memory.queue().page(filter, now)
        };
        if filter.after.is_none() {
            page.counts = Some(self.counts(now).await?);
        }
        Ok(page)
    }

    async fn report(&self, report: ReportId) -> Result<Option<Report>> {
        self.record(id(report.0)).await
    }

    async fn report_by(
        &self,
        comment: &CommentId,
        reporter: &ReporterId,
    ) -> Result<Option<Report>> {
        self.durable(async {
            let key = vec![comment.into(), reporter.into()];
            let current = self.engine.get(Table::CurrentReports, key).await?;
            match current.as_ref().and_then(id_in) {
                Some(id) => self.get(vec![id]).await,
                None => Ok(None),
            }
        })
        .await
    }

    async fn reports_on(&self, comment: &CommentId, limit: usize) -> Result<Vec<Report>> {
        let all = Range::along(Table::CurrentReports).under([Value::from(comment)]);
        self.durable(async {
            let current = self.engine.range(all.limit(limit)).await?;
            let keys = current.iter().filter_map(id_in).map(|id| vec![id]);
            self.get_all(keys).await
        })
        .await
    }

    async fn reports_of_case(&self, case: CaseId, from: u128, limit: usize) -> Result<Vec<Report>> {
        let all = Range::along(Index::ReportsOfCase).under(id(case.0));
        self.records(all.from([Value::Id(from)]).limit(limit)).await
    }

    async fn reports_of(
        &self,
        reporter: &ReporterId,
        before: Option<ReportId>,
        limit: usize,
    ) -> Result<Vec<Report>> {
        let all = Range::along(Index::ReportsOfReporter).under([Value::from(reporter)]);
        let older = match before {
            Some(report) => all.below(id(report.0)),
            None => all,
        };
        self.records(older.backward().limit(limit)).await
    }

    async fn reporter(&self, id: &ReporterId) -> Result<ReporterRecord> {
        let stored = self.record(vec![id.into()]).await?;
        Ok(stored.unwrap_or_else(|| ReporterRecord::new(id.clone())))
    }

    async fn appeal(&self, appeal: AppealId) -> Result<Option<Appeal>> {
        self.record(id(appeal.0)).await
    }

    async fn appeals_by(
        &self,
        member: &MemberId,
        last: Option<AppealId>,
        looked_at: usize,
    ) -> Result<(Vec<Appeal>, Option<AppealId>)> {
        let all = Range::along(Table::Appeals).limit(looked_at);
        let rest = after(all, last.map(|id| Value::Id(id.0.0)));
        let mut found: Vec<Appeal> = self.records(rest).await?;
        let next = next(&found, looked_at, |appeal| appeal.id);
        found.retain(|appeal| appeal.member == *member);
        Ok((found, next))
    }

    async fn cases_naming(
        &self,
        member: &MemberId,
        last: Option<CaseId>,
        looked_at: usize,
    ) -> Result<(Vec<Case>, Option<CaseId>)> {
        let all = Range::along(Table::Cases).limit(looked_at);
        let rest = after(all, last.map(|id| Value::Id(id.0.0)));
        let mut found: Vec<Case> = self.records(rest).await?;
        let next = next(&found, looked_at, |case| case.id);
        let nickname = Subject::Nickname(member.clone());
        found.retain(|case| {
            let is_whose = |one: &CaseMember| one.id == *member;
            case.subject == nickname || case.member.as_ref().is_some_and(is_whose)
        });
        Ok((found, next))
    }

    async fn erasure(&self, member: &MemberId) -> Result<Option<Erasure>> {
        self.record(vec![member.into()]).await
    }

    async fn erasures(&self, last: Option<&MemberId>, limit: usize) -> Result<Vec<Erasure>> {
        let all = Range::along(Table::Erasures).limit(limit);
        self.records(after(all, last)).await
    }

    async fn notes(&self, case: CaseId, limit: usize) -> Result<Vec<Note>> {
        let of_case = Range::along(Table::Notes).under(id(case.0));
        self.records(of_case.limit(limit)).await
    }

    async fn events(&self, last: u64, limit: usize) -> Result<Vec<Event>> {
        let later = Range::along(Table::Events).above([Value::Number(last)]);
        self.records(later.limit(limit)).await
    }

    async fn fan_outs(&self, limit: usize) -> Result<Vec<FanOutProgress>> {
        self.records(Range::along(Table::FanOuts).limit(limit))
            .await
    }

    async fn comments_under(
        &self,
        of: &Subject,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        let from = [Value::Number(from)];
        match of {
            Subject::Comment(id) => {
                let found = self.durable(self.comment_row(id)).await?;
                Ok(found.into_iter().collect())
            }
            Subject::Nickname(id) => {
                let all = Range::along(Index::CommentsOfMember).under([Value::from(id)]);
                self.listed(all.from(from).limit(limit), numbered).await
            }
            Subject::Tag { article, tag } => {
                let tag = [Value::from(article), Value::Text(tag.clone())];
                let all = Range::along(Table::CommentTags).under(tag).from(from);
                self.durable(async {
                    let entries = self.engine.range(all.limit(limit)).await?;
                    let number = |entry: StoredRow| entry.key.last().cloned();
                    let keys = entries.into_iter().filter_map(number);
                    let lookup = |number| Lookup::Key(Table::Comments, vec![number]);
                    let lookups: Vec<Lookup> = keys.map(lookup).collect();
                    let rows = self.engine.get_all(&lookups).await?;
                    rows.iter().flatten().map(numbered).collect()
                })
                .await
            }
        }
    }

    async fn comments_tagged(&self, article: &ArticleId, tag: &str, limit: usize) -> Result<u64> {
        let tag = [Value::from(article), Value::Text(tag.to_owned())];
        let carried = Range::along(Table::CommentTags).under(tag).limit(limit);
        self.durable(self.engine.count(carried)).await
    }

    async fn comments_from(&self, from: u64, limit: usize) -> Result<Vec<(u64, Comment)>> {
        let all = Range::along(Table::Comments).from([Value::Number(from)]);
        self.listed(all.limit(limit), numbered).await
    }

    async fn comments_before(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        let older = Range::along(Table::Comments)
            .below([Value::Number(before.unwrap_or(u64::MAX))])
            .backward();
        self.listed(older.limit(limit), numbered).await
    }

    async fn comments_numbered(&self, numbers: &[u64]) -> Result<Vec<(u64, Comment)>> {
        let key = |number: &u64| Lookup::Key(Table::Comments, vec![Value::Number(*number)]);
        let lookups: Vec<Lookup> = numbers.iter().map(key).collect();
        let rows = self.durable(self.engine.get_all(&lookups)).await?;
        rows.iter().flatten().map(numbered).collect()
    }

    async fn segments(&self, from: u64, to: u64) -> Result<Vec<Segment>> {
        let range = Range::along(Table::Segments)
            .from([Value::Number(from)])
            .through([Value::Number(to)]);
        match self.durable(self.engine.range(range)).await {
            Ok(rows) => Ok(rows.iter().filter_map(|row| row.read().ok()).collect()),
            // Nothing rests on them alone: their comments are scanned.
            Err(StoreError::Damaged(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn segment_count(&self) -> Result<u64> {
        self.engine.count(Range::along(Table::Segments)).await
    }

    async fn segment_parts(&self, segment: u64, parts: &[u32]) -> Result<Vec<Option<SegmentPart>>> {
        let key = |nth: &u32| vec![Value::Number(segment), Value::Small(*nth)];
        let lookup = |nth| Lookup::Key(Table::SegmentParts, key(nth));
        let lookups: Vec<Lookup> = parts.iter().map(lookup).collect();
        match self.durable(self.engine.get_all(&lookups)).await {
            Ok(rows) => {
                let read = |row: &Option<StoredRow>| row.as_ref()?.read().ok();
                Ok(rows.iter().map(read).collect())
            }
            Err(StoreError::Damaged(_)) => Ok(vec![None; parts.len()]),
            Err(error) => Err(error),
        }
    }

    async fn samples_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueQaSample>> {
        let due = Range::along(Table::QaSamples).through([Value::Time(now)]);
        let read: Reading<DueQaSample> = |row| {
            let (number, sample) = (number_of(row)?, row.read()?);
            Ok(DueQaSample { number, sample })
        };
        self.listed(due.limit(limit), read).await
    }

    async fn tallies(&self, from: i32, to: i32, of: &TallyOf) -> Result<Vec<TallyRow>> {
        let day = |day| u32::try_from(day).unwrap_or(0);
        let counters = self.engine.counters(day(from), day(to), of.kind());
        let rows = self.durable(counters).await?.into_iter();
        rows.map(|row| {
            let unknown = || StoreError::Damaged(format!("a counter of {}", row.name));
            let mut tally = Tally::default();
            tally.add_sums(&row.sums);
            Ok(TallyRow {
                day: i32::try_from(row.day).unwrap_or(i32::MAX),
                of: TallyOf::from_parts(row.kind, &row.name).ok_or_else(unknown)?,
                tally,
            })
        })
        .collect()
    }

    async fn replies(&self) -> Result<Vec<Reply>> {
        self.records(Range::along(Table::Replies)).await
    }

    async fn reply(&self, id: ReplyId) -> Result<Option<Reply>> {
        self.record(vec![Value::Id(id.0.0)]).await
    }

    async fn rejudge_jobs(&self) -> Result<Vec<RejudgeJob>> {
        self.records(Range::along(Table::RejudgeJobs)).await
    }

    async fn rejudge_job(&self, id: RejudgeId) -> Result<Option<RejudgeJob>> {
        self.record(vec![Value::Id(id.0.0)]).await
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.records(Range::along(Table::Webhooks)).await
    }

    async fn webhook(&self, webhook: WebhookId) -> Result<Option<Webhook>> {
        self.record(id(webhook.0)).await
    }

    async fn deliveries(
        &self,
        webhook: WebhookId,
        are_dead: bool,
        last: u64,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let lane = [Value::Id(webhook.0.0), Value::Byte(are_dead.into())];
        let all = Range::along(Table::Deliveries).under(lane);
        self.records(all.above([Value::Number(last)]).limit(limit))
            .await
    }

    fn watch(&self) -> LiveSubscription {
        self.memory.watch()
    }

    async fn held_by(&self, actor: &Actor, now: Timestamp) -> Result<Vec<CaseId>> {
        Ok(self.memory.queue().held_by(actor, now))
    }

    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage> {
        let all = match filter.subjects.as_slice() {
            [subject] if is_subject_key(subject) => {
                Range::along(Index::AuditOfSubject).under([Value::Text(subject.clone())])
            }
            _ => Range::along(Table::Audit),
        };
        let older = all.below([Value::Number(filter.before.unwrap_or(u64::MAX))]);
        let place = |row: &AuditRow| row.key();
        let wants = |row: &AuditRow| filter.wants(&row.entry);
        let page = self.scanned(older.backward(), filter.limit, place, wants);
        let (rows, last) = self.durable(page).await?;
        let entries = rows
            .into_iter()
            .map(|row| (row.with_text(), row.previous, row.hash));
        Ok(AuditPage {
            entries: entries.collect(),
            next_before: last.and_then(|place| match place.as_slice() {
                [Value::Number(number)] => Some(*number),
                _ => None,
            }),
        })
    }

    async fn answer(&self, slot: [u8; 16]) -> Result<Option<StoredAnswer>> {
        let epoch = self.engine.epoch();
        let answer = self.get(vec![Value::Bytes(slot.to_vec())]).await?;
        // that there is none is answered to nobody: the request is executed
        if answer.is_some() {
            self.engine.wait_durable(epoch).await?;
        }
        Ok(answer)
    }

    async fn credential(&self, secret: SecretHash) -> Result<Option<Credential>> {
        let read_at = ReadAt {
            accounts: self.memory.accounts(),
            epoch: self.engine.epoch(),
        };
        if let Some(known) = self.credentials.get(&secret, read_at) {
            return Ok(Some(known));
        }
        let found = self.holder(secret).await?;
        if let Some(credential) = &found {
            self.credentials.keep(secret, read_at, credential);
        }
        Ok(found)
    }

    async fn user(&self, name: &UserName) -> Result<Option<User>> {
        self.record(user_key(name)).await
    }

    async fn users(&self) -> Result<Vec<User>> {
        self.accounts(AccountKind::User).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<BoardKey>> {
        self.record(account_key(AccountKind::Key, &id.0.0.to_be_bytes()))
            .await
    }

    async fn keys(&self) -> Result<Vec<BoardKey>> {
        self.accounts(AccountKind::Key).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>> {
        self.record(account_key(AccountKind::Token, &id.0.0.to_be_bytes()))
            .await
    }

    async fn tokens(&self, user: &UserName) -> Result<Vec<Token>> {
        let mut tokens: Vec<Token> = self.accounts(AccountKind::Token).await?;
        tokens.retain(|token| token.user == *user);
        Ok(tokens)
    }

    async fn sessions(&self) -> Result<Vec<Session>> {
        self.accounts(AccountKind::Session).await
    }

    async fn forms(&self, keys: &[FormKey]) -> Result<Vec<Form>> {
        self.get_all(keys.iter().map(|key| form_key(*key))).await
    }

    fn upheld_forms(&self) -> Arc<UpheldForms> {
        self.memory.upheld_forms()
    }

    async fn forms_after(&self, after: Option<FormKey>, limit: usize) -> Result<Vec<Form>> {
        let all = Range::along(Table::Forms).limit(limit);
        let range = match after {
            Some(key) => all.above(form_key(key)),
            None => all,
        };
        self.records(range).await
    }

    async fn model_state(&self) -> Result<ModelState> {
        let state = self.record(model_state_key()).await?;
        Ok(state.unwrap_or_default())
    }

    async fn model(&self, counter: u32) -> Result<Option<ModelRecord>> {
        match counter {
            0 => Ok(None),
            _ => self.record(vec![Value::Small(counter)]).await,
        }
    }

    async fn models(&self, before: Option<u32>, limit: usize) -> Result<Vec<ModelRecord>> {
        let all = Range::along(Table::Models).above(model_state_key());
        let range = match before {
            Some(before) => all.below([Value::Small(before)]),
            None => all,
        };
        self.records(range.backward().limit(limit)).await
    }

    async fn model_weights(&self, counter: u32) -> Result<Vec<u8>> {
        let of_model = Range::along(Table::ModelParts).under([Value::Small(counter)]);
        let parts: Vec<ModelPart> = self.records(of_model).await?;
        Ok(parts.into_iter().flat_map(|part| part.bytes).collect())
    }

    async fn words_version(&self) -> Result<u32> {
        let newest = Range::along(Table::Words).backward().limit(1);
        let newest: Vec<WordStep> = self.records(newest).await?;
        Ok(newest.first().map_or(0, |step| step.version))
    }

    async fn word_steps(&self) -> Result<Vec<WordStep>> {
        self.records(Range::along(Table::Words)).await
    }

    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>> {
        self.record(lease_key(name)).await
    }

    fn has_nodes(&self) -> bool {
        self.engine.capabilities().has_nodes
    }

    async fn accounts_version(&self) -> Result<u64> {
        Ok(self.memory.accounts())
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn commit(&self, change: Change) -> Result<CommitReceipt> {
        let (waiting, answer) = oneshot::channel();
        self.enqueue(Job::Write(Box::new(change), waiting))?;
        // The committer answers each job; if it is gone, nobody knows how far it came.
        answer.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn compact(&self) -> Result<CompactionReport> {
        let compact = self.engine.capabilities().compact;
        let done = compact.ok_or_else(|| unsupported("be compacted"))?.begin();
        self.nudge()?;
        done.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn back_up(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupReport, CopyFailure> {
        let back_up = self.engine.capabilities().back_up;
        let back_up = back_up.ok_or_else(|| unsupported("be copied into a folder"))?;
        let made = back_up.begin(to, made_at, on_progress)?;
        self.nudge()?;
        made.await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown.into()))
    }

    async fn stats(&self) -> Result<StoreStats> {
        let head = self.memory.head();
        let (unresolved_cases, oldest_case) = {
            let queue = self.memory.queue();
            (queue.len() as u64, queue.oldest())
        };
        let Capabilities { compact, disk, .. } = self.engine.capabilities();
        Ok(StoreStats {
            comments: head.next_comment,
            unresolved_cases,
            oldest_case,
            commits: head.batch,
            audit_entries: head.audit,
            free_bytes: disk.map_or(u64::MAX, |disk| disk.free_bytes()),
            database_bytes: disk.map_or(0, |disk| disk.database_bytes()),
            purged: compact.map_or(0, |_| head.texts_purged),
        })
    }

    fn newest_at(&self) -> Timestamp {
        self.memory.head().last_at
    }

    fn health(&self) -> Health {
        match self.stopped.borrow().clone() {
            Some(why) => Health::Broken(why),
            None => self.engine.health(),
        }
    }

    async fn ended(&self) -> String {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            why = self.engine.ended() => why,
            // the sender lives as long as we do
            Ok(why) = stopped.wait_for(Option::is_some) => why.clone().unwrap_or_default(),
        }
    }

    async fn close(&self) {
        let jobs = self.jobs.clone();
        let (closing, closed) = oneshot::channel();
        // The queue may be full for a moment; a clean stop waits its turn.
        let sent = tokio::task::spawn_blocking(move || jobs.send(Job::Close(closing))).await;
        if matches!(sent, Ok(Ok(()))) {
            let _ = closed.await;
        }
    }
}
