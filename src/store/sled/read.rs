//! The store's face: reads go straight to the database, writes go to the committer.
//!
//! A transaction is seen by readers a moment before it is on disk. Whoever tells what was read waits for that moment to
//! pass; only what a write will be made from ([`Store::background`]) and credentials are read without.

use std::{
    ops::Bound::{self, Excluded, Unbounded},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, RwLockReadGuard,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{
    backup::Backup,
    committer::{Committer, Job},
    feed, keys,
    known_credentials::KnownCredentials,
    manifest::Manifest,
    new_dir::cannot,
    open::{self, OpenError, Opened},
    options::OpenOptions,
    rows::{Tree, Trees, broken},
    shared::SharedState,
};
use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, ReportId, ReporterId, RulingId,
        SanctionId, TokenId, WebhookId,
    },
    member::MemberStanding,
    record::{
        Actor, Appeal, Article, Case, Change, Comment, Delivery, DueQaSample, Erasure, Event,
        FanOutProgress, Key as BoardKey, MemberRecord, Note, Report, ReporterRecord, Revision,
        Ruling, SecretHash, Session, StoredAnswer, Subject, SubjectRecord, TallyOf, TallyRow,
        Token, User, UserName, Webhook,
    },
    review::Background,
    store::{
        AuditFilter, AuditPage, BackgroundQuery, BackupReport, CommitReceipt, CompactionReport,
        CopyFailure, Credential, Health, LiveUpdates, OnProgress, QueueCounts, QueueCursor,
        QueueFilter, QueueIndex, QueuePage, Result, StatusFilter, Store, StoreError, StoreFacts,
        engine::{Range, Reads as _, StoredRow},
        record::Record,
        tables::{Key, Table, Tabled, Value},
    },
    time::{Clock, Timestamp},
};

/// The store over sled.
pub struct SledStore {
    shared: Arc<SharedState>,
    orders: SyncSender<Job>,
    credentials: KnownCredentials,
}

impl SledStore {
    /// Opens a data folder, or makes it. Blocks until it was checked.
    pub fn open(
        options: OpenOptions,
        clock: Arc<dyn Clock>,
    ) -> std::result::Result<Arc<Self>, OpenError> {
        open::make_dir(&options.dir)?;
        if Manifest::is_in(&options.dir) {
            let dir = options.dir.display().to_string();
            return Err(OpenError::Backup { dir });
        }
        let lock = open::lock(&options.dir)?;
        let run = chosen_run(&*clock);
        let (opened, log) = open::open(&options, run)?;
        let Opened {
            trees,
            state,
            sum,
            queue,
            file,
        } = opened;
        let (orders, waiting) = sync_channel(options.queue_max);
        let shared = Arc::new(SharedState::new(options, trees, (state, sum), queue, lock));
        let committer = Committer::new(Arc::clone(&shared), clock, waiting, file, (run, log));
        let over = Arc::clone(&shared);
        let started = thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(|| committer.run())).is_err() {
                    over.end("the thread that writes has stopped".to_owned());
                }
            });
        started.map_err(|error| OpenError::Io {
            dir: shared.options.dir.display().to_string(),
            error,
        })?;
        Ok(Arc::new(Self {
            shared,
            orders,
            credentials: KnownCredentials::default(),
        }))
    }

    fn trees(&self) -> Result<Arc<Trees>> {
        self.shared.open_trees()
    }

    /// Reads, and waits until what was read is on disk: nobody is told what a cut could take back.
    async fn read<T>(&self, read: impl FnOnce(&Trees) -> Result<T>) -> Result<T> {
        let handle = self.shared.life();
        let found = read(&*self.trees()?)?;
        self.shared.on_disk(handle).await?;
        Ok(found)
    }

    /// The record under a key, once it is durable.
    async fn record<T: Tabled>(&self, key: Key) -> Result<Option<T>> {
        let life = self.shared.life();
        let row = self.shared.get(T::TABLE, key).await?;
        self.shared.settled(life).await?;
        row.map(|row| row.read()).transpose()
    }

    /// The records of a range, once they are durable.
    async fn records<T: Record>(&self, range: Range) -> Result<Vec<T>> {
        let life = self.shared.life();
        let rows = self.shared.range(range).await?;
        self.shared.settled(life).await?;
        rows.iter().map(StoredRow::read).collect()
    }

    fn order(&self, order: Job) -> Result<()> {
        self.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => {
                StoreError::Unavailable("the store is closed".to_owned())
            }
        })
    }

    /// Counts of what waits, and how many cases are done.
    fn counts(&self, now: Timestamp) -> QueueCounts {
        let mut counts = self.queue_index().counts_at(now);
        let done = self.shared.state().rows.get(Tree::Closed as usize).copied();
        counts
            .status
            .insert(StatusFilter::Resolved, done.unwrap_or(0));
        counts
    }

    /// A page of what waits; it is filled up with what is done.
    async fn waiting_then_done(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage> {
        let mut page = self.queue_index().page(filter, now);
        if page.next.is_some() {
            return Ok(page);
        }
        let room = filter.limit.saturating_sub(page.cases.len());
        if room == 0 {
            let any_done = |trees: &Trees| Ok(!trees.tree(Tree::Closed).is_empty());
            if self.read(any_done).await? {
                page.next = Some(QueueCursor::to_resolved(filter.sort));
            }
            return Ok(page);
        }
        let rest = QueueFilter {
            limit: room,
            after: None,
            ..filter.clone()
        };
        let rest = self.read(|trees| trees.closed(&rest, now)).await?;
        page.cases.extend(rest.cases);
        page.next = rest.next;
        Ok(page)
    }

    fn queue_index(&self) -> RwLockReadGuard<'_, QueueIndex> {
        self.shared.queue()
    }
}

/// All keys beyond that of a thing found by its id.
fn beyond(id: Option<ulid::Ulid>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let from = id.map_or(Unbounded, |id| Excluded(id.0.to_be_bytes().to_vec()));
    (from, Unbounded)
}

/// A name for this run of the service, for the commit log; never 0.
fn chosen_run(clock: &dyn Clock) -> u64 {
    let mut run = [0; 8];
    clock.random_bytes(&mut run);
    u64::from_le_bytes(run).max(1)
}

#[async_trait]
impl Store for SledStore {
    async fn background(&self, query: BackgroundQuery<'_>) -> Result<Background> {
        let trees = self.trees()?;
        let comment = match query.comment {
            Some(id) => trees.comment(id)?.map(|(_, comment)| comment),
            None => None,
        };
        let article: Option<Article> = match query.article {
            Some(id) => trees.read(Tree::Articles, id.as_str().as_bytes())?,
            None => None,
        };
        let nickname_record = query
            .member
            .map(|id| trees.subject(Subject::Nickname(id.clone())))
            .transpose()?;
        let mut tags: Vec<SubjectRecord> = Vec::new();
        for tag in query.article.iter().flat_map(|_| query.tags) {
            if tags.iter().any(
                |known| matches!(&known.subject, Subject::Tag { tag: known, .. } if known == tag),
            ) {
                continue;
            }
            if let Some(article) = query.article {
                tags.push(trees.subject(Subject::Tag {
                    article: article.clone(),
                    tag: tag.clone(),
                })?);
            }
        }
        let of_comment = comment.as_ref().and_then(|comment| comment.case);
        let named = nickname_record
            .iter()
            .chain(&tags)
            .filter_map(|record| record.case)
            .chain(of_comment);
        let mut cases = Vec::new();
        for id in named {
            cases.extend(trees.case(id)?);
        }
        let member = query
            .member
            .map(|id| trees.member(id.clone()))
            .transpose()?;
        let posts = match query.member.filter(|_| query.posts_max > 0) {
            Some(id) => trees.posts(id, query.comment, query.posts_max)?,
            None => 0,
        };
        Ok(Background {
            comment,
            article,
            nickname_record,
            tags,
            cases,
            member,
            posts,
        })
    }

    async fn comment(&self, id: &CommentId) -> Result<Option<Comment>> {
        let found = self.read(|trees| trees.comment(id)).await?;
        Ok(found.map(|(_, comment)| comment))
    }

    async fn older_revisions(&self, id: &CommentId) -> Result<Vec<Revision>> {
        self.read(|trees| {
            let Some((number, newest)) = trees.comment(id)? else {
                return Ok(Vec::new());
            };
            let numbers = 1..newest.newest.number;
            let read = |revision| trees.read(Tree::Revisions, &keys::revision(number, revision));
            numbers
                .filter_map(|revision| read(revision).transpose())
                .collect()
        })
        .await
    }

    async fn article(&self, id: &ArticleId) -> Result<Option<Article>> {
        self.record(vec![Value::from(id)]).await
    }

    async fn articles(&self, after: Option<&ArticleId>, limit: usize) -> Result<Vec<Article>> {
        let all = Range::along(Table::Articles).limit(limit);
        let rest = match after {
            Some(id) => all.above([Value::from(id)]),
            None => all,
        };
        self.records(rest).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<Case>> {
        self.read(|trees| trees.case(id)).await
    }

    async fn ruling(&self, id: RulingId) -> Result<Option<Ruling>> {
        self.record(vec![Value::Id(id.0.0)]).await
    }

    async fn subject(&self, subject: &Subject) -> Result<SubjectRecord> {
        self.read(|trees| trees.subject(subject.clone())).await
    }

    async fn member(&self, id: &MemberId) -> Result<MemberRecord> {
        self.read(|trees| trees.member(id.clone())).await
    }

    fn standing(&self, id: &MemberId, now: Timestamp) -> MemberStanding {
        self.queue_index().standing(id, now)
    }

    async fn sanctioned(&self, id: SanctionId) -> Result<Option<MemberId>> {
        self.read(|trees| {
            let member = trees.get(Tree::Sanctions, &id.0.0.to_be_bytes())?;
            let name = member.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            Ok(name.and_then(|name| MemberId::parse(name).ok()))
        })
        .await
    }

    async fn comments_of(
        &self,
        member: &MemberId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        self.read(|trees| trees.comments_of(member, before, limit))
            .await
    }

    async fn queue(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage> {
        let resolved = StatusFilter::Resolved;
        let wants_resolved = filter.status.contains(&resolved);
        let wants_others =
            filter.status.is_empty() || filter.status.iter().any(|status| *status != resolved);
        let is_past_others = filter.after.is_some_and(|after| after.resolved);
        let mut page = if wants_resolved && (!wants_others || is_past_others) {
            self.read(|trees| trees.closed(filter, now)).await?
        } else if wants_resolved {
            self.waiting_then_done(filter, now).await?
        } else {
            self.queue_index().page(filter, now)
        };
        page.counts = filter.after.is_none().then(|| self.counts(now));
        Ok(page)
    }

    async fn report(&self, id: ReportId) -> Result<Option<Report>> {
        self.record(vec![Value::Id(id.0.0)]).await
    }

    async fn report_by(
        &self,
        comment: &CommentId,
        reporter: &ReporterId,
    ) -> Result<Option<Report>> {
        self.read(|trees| trees.report_by(comment, reporter)).await
    }

    async fn reports_on(&self, comment: &CommentId, limit: usize) -> Result<Vec<Report>> {
        let prefix = keys::reports_prefix(comment);
        self.read(|trees| {
            let rows = trees.tree(Tree::ReportOf).scan_prefix(prefix).keys();
            let mut reports = Vec::new();
            for row in rows.take(limit) {
                let key = row.map_err(broken)?;
                let Some(id) = trees.get(Tree::ReportOf, &key)? else {
                    continue;
                };
                reports.extend(trees.read(Tree::Reports, &id)?);
            }
            Ok(reports)
        })
        .await
    }

    async fn reports_of_case(&self, case: CaseId, from: u128, limit: usize) -> Result<Vec<Report>> {
        self.read(|trees| {
            let from = keys::of_case(case, ulid::Ulid(from));
            let to = keys::of_case(case, ulid::Ulid(u128::MAX));
            let rows = trees.tree(Tree::CaseReports).range(from..=to).keys();
            let mut reports = Vec::new();
            for row in rows.take(limit) {
                let key = row.map_err(broken)?;
                let id: Option<&[u8; 16]> = key.last_chunk();
                let Some(id) = id else { continue };
                reports.extend(trees.read(Tree::Reports, id)?);
            }
            Ok(reports)
        })
        .await
    }

    async fn reports_of(
        &self,
        reporter: &ReporterId,
        before: Option<ReportId>,
        limit: usize,
    ) -> Result<Vec<Report>> {
        self.read(|trees| trees.reports_of(reporter, before, limit))
            .await
    }

    async fn reporter(&self, id: &ReporterId) -> Result<ReporterRecord> {
        self.read(|trees| {
            let stored = trees.read(Tree::Reporters, id.as_str().as_bytes())?;
            Ok(stored.unwrap_or_else(|| ReporterRecord::new(id.clone())))
        })
        .await
    }

    async fn appeal(&self, id: AppealId) -> Result<Option<Appeal>> {
        self.record(vec![Value::Id(id.0.0)]).await
    }

    async fn appeals_by(
        &self,
        member: &MemberId,
        after: Option<AppealId>,
        looked_at: usize,
    ) -> Result<(Vec<Appeal>, Option<AppealId>)> {
        let from = beyond(after.map(|id| id.0));
        let found: Vec<Appeal> = self
            .read(|trees| trees.ranged(Tree::Appeals, from, looked_at))
            .await?;
        let last = found.last().map(|appeal| appeal.id);
        let next = last.filter(|_| found.len() == looked_at);
        let own = found.into_iter().filter(|one| one.member == *member);
        Ok((own.collect(), next))
    }

    async fn cases_naming(
        &self,
        member: &MemberId,
        after: Option<CaseId>,
        looked_at: usize,
    ) -> Result<(Vec<Case>, Option<CaseId>)> {
        let from = beyond(after.map(|id| id.0));
        let found: Vec<Case> = self
            .read(|trees| trees.ranged(Tree::Cases, from, looked_at))
            .await?;
        let last = found.last().map(|case| case.id);
        let next = last.filter(|_| found.len() == looked_at);
        let names = |case: &Case| {
            case.subject == Subject::Nickname(member.clone())
                || case.member.as_ref().is_some_and(|one| one.id == *member)
        };
        Ok((found.into_iter().filter(names).collect(), next))
    }

    async fn erasure(&self, member: &MemberId) -> Result<Option<Erasure>> {
        self.read(|trees| trees.read(Tree::Erasures, member.as_str().as_bytes()))
            .await
    }

    async fn erasures(&self, after: Option<&MemberId>, limit: usize) -> Result<Vec<Erasure>> {
        let all = Range::along(Table::Erasures).limit(limit);
        let rest = match after {
            Some(id) => all.above([Value::from(id)]),
            None => all,
        };
        self.records(rest).await
    }

    async fn notes(&self, case: CaseId, limit: usize) -> Result<Vec<Note>> {
        let of_case = Range::along(Table::Notes).under([Value::Id(case.0.0)]);
        self.records(of_case.limit(limit)).await
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        let after = Range::along(Table::Events).above([Value::Number(after)]);
        self.records(after.limit(limit)).await
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
        self.read(|trees| match of {
            Subject::Comment(id) => Ok(trees.comment(id)?.into_iter().collect()),
            Subject::Nickname(id) => {
                let prefix = keys::member_prefix(id);
                trees.comments_listed(Tree::MemberComments, &prefix, from, limit)
            }
            Subject::Tag { article, tag } => {
                let prefix = keys::tag_prefix(article, tag);
                trees.comments_listed(Tree::TagComments, &prefix, from, limit)
            }
        })
        .await
    }

    async fn comments_from(&self, from: u64, limit: usize) -> Result<Vec<(u64, Comment)>> {
        self.read(|trees| {
            let rows = trees
                .tree(Tree::Comments)
                .range(from.to_be_bytes()..)
                .take(limit);
            rows.map(|row| {
                let (key, value) = row.map_err(broken)?;
                let comment = Comment::decode(&trees.payload(Tree::Comments, &key, &value)?)?;
                Ok((keys::number(&key).unwrap_or_default(), comment))
            })
            .collect()
        })
        .await
    }

    async fn comments_before(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>> {
        self.read(|trees| {
            let end = before.unwrap_or(u64::MAX).to_be_bytes();
            let rows = trees.tree(Tree::Comments).range(..end).rev().take(limit);
            rows.map(|row| {
                let (key, value) = row.map_err(broken)?;
                let comment = Comment::decode(&trees.payload(Tree::Comments, &key, &value)?)?;
                Ok((keys::number(&key).unwrap_or_default(), comment))
            })
            .collect()
        })
        .await
    }

    async fn samples_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueQaSample>> {
        self.read(|trees| {
            let end = keys::sample(now, u64::MAX);
            let rows = trees.tree(Tree::Samples).range(..=end).take(limit);
            rows.map(|row| {
                let (key, value) = row.map_err(broken)?;
                let sample = Record::decode(&trees.payload(Tree::Samples, &key, &value)?)?;
                let number = keys::number_at_end(&key).unwrap_or_default();
                Ok(DueQaSample { number, sample })
            })
            .collect()
        })
        .await
    }

    async fn tallies(&self, from: i32, to: i32, of: &TallyOf) -> Result<Vec<TallyRow>> {
        self.read(|trees| {
            let mut rows = Vec::new();
            for day in from..=to {
                let day = u32::try_from(day).unwrap_or(0);
                let prefix = keys::counter_prefix(day, of.kind());
                let end = [prefix.as_slice(), &[u8::MAX; 9]].concat();
                rows.extend(trees.ranged::<TallyRow>(Tree::Tallies, prefix..=end, usize::MAX)?);
            }
            Ok(rows)
        })
        .await
    }

    async fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.read(|trees| trees.ranged(Tree::Webhooks, .., usize::MAX))
            .await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>> {
        self.read(|trees| trees.read(Tree::Webhooks, &id.0.0.to_be_bytes()))
            .await
    }

    async fn deliveries(
        &self,
        webhook: WebhookId,
        are_dead: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let from = keys::delivery(webhook, are_dead, after.saturating_add(1));
        let to = keys::delivery(webhook, are_dead, u64::MAX);
        self.read(|trees| trees.ranged(Tree::Deliveries, from..=to, limit))
            .await
    }

    fn live(&self) -> &LiveUpdates {
        self.shared.live()
    }

    async fn held_by(&self, actor: &Actor, now: Timestamp) -> Result<Vec<CaseId>> {
        Ok(self.queue_index().held_by(actor, now))
    }

    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage> {
        self.read(|trees| trees.audit(filter)).await
    }

    async fn answer(&self, slot: [u8; 16]) -> Result<Option<StoredAnswer>> {
        let handle = self.shared.life();
        let answer = self.trees()?.read(Tree::Answers, &slot)?;
        if answer.is_some() {
            self.shared.on_disk(handle).await?;
        }
        Ok(answer)
    }

    async fn credential(&self, secret: SecretHash) -> Result<Option<Credential>> {
        let read_at = self.shared.accounts_read_at();
        let trees = self.trees()?;
        if let Some(known) = self.credentials.get(&secret, read_at) {
            return Ok(Some(known));
        }
        let found = trees.credential(secret)?;
        if let Some(credential) = &found {
            self.credentials.keep(secret, read_at, credential);
        }
        Ok(found)
    }

    async fn user(&self, name: &UserName) -> Result<Option<User>> {
        self.read(|trees| trees.account(&keys::user(name))).await
    }

    async fn users(&self) -> Result<Vec<User>> {
        self.read(|trees| trees.accounts(keys::USERS)).await
    }

    async fn key(&self, id: KeyId) -> Result<Option<BoardKey>> {
        self.read(|trees| trees.account(&keys::key(id))).await
    }

    async fn keys(&self) -> Result<Vec<BoardKey>> {
        self.read(|trees| trees.accounts(keys::KEYS)).await
    }

    async fn token(&self, id: TokenId) -> Result<Option<Token>> {
        self.read(|trees| trees.account(&keys::token(id))).await
    }

    async fn tokens(&self, user: &UserName) -> Result<Vec<Token>> {
        let mut tokens: Vec<Token> = self.read(|trees| trees.accounts(keys::TOKENS)).await?;
        tokens.retain(|token| token.user == *user);
        Ok(tokens)
    }

    async fn sessions(&self) -> Result<Vec<Session>> {
        self.read(|trees| trees.accounts(keys::SESSIONS)).await
    }

    async fn accounts_version(&self) -> Result<u64> {
        self.trees()?;
        Ok(self.shared.state().accounts)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn commit(&self, change: Change) -> Result<CommitReceipt> {
        let (waiting, answer) = oneshot::channel();
        self.order(Job::Write(Box::new(change), waiting))?;
        // The committer answers each order; if it is gone, nobody knows how far it came.
        answer.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn compact(&self) -> Result<CompactionReport> {
        let (waiting, done) = oneshot::channel();
        self.order(Job::Compact(waiting))?;
        done.await.unwrap_or(Err(StoreError::OutcomeUnknown))
    }

    async fn back_up(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupReport, CopyFailure> {
        let to = std::path::absolute(to).map_err(|error| cannot(to, error))?;
        let (feed, followed) = feed::feed();
        let (waiting, made) = oneshot::channel();
        let backup = Backup {
            shared: Arc::clone(&self.shared),
            followed,
            to: to.clone(),
            made_at,
            on_progress,
            waiting,
        };
        self.order(Job::Backup(feed))?;
        backup.start().map_err(|error| cannot(&to, error))?;
        made.await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown.into()))
    }

    async fn facts(&self, _now: Timestamp) -> Result<StoreFacts> {
        let state = self.shared.state();
        let (unresolved, oldest) = {
            let queue = self.queue_index();
            (queue.len() as u64, queue.oldest())
        };
        let bytes = self.shared.database_bytes();
        Ok(StoreFacts {
            comments: state.next_comment,
            unresolved_cases: unresolved,
            oldest_case: oldest,
            commits: state.commit,
            audit_entries: state.audit_head,
            free_bytes: self.shared.disk.free(),
            database_bytes: bytes,
            purged: state.purged,
        })
    }

    fn newest_at(&self) -> Timestamp {
        self.shared.state().last_at
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    async fn ended(&self) -> String {
        self.shared.ended().await
    }

    async fn close(&self) {
        let orders = self.orders.clone();
        let (closing, closed) = oneshot::channel();
        // The queue may be full for a moment; a clean stop waits its turn.
        let sent = tokio::task::spawn_blocking(move || orders.send(Job::Close(closing))).await;
        if matches!(sent, Ok(Ok(()))) {
            let _ = closed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::{FutureExt as _, pin_mut};

    use super::*;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_ms(1_795_000_000_000)
        }

        fn random_bytes(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn store(dir: &std::path::Path) -> Arc<SledStore> {
        let options = OpenOptions {
            dir: dir.to_owned(),
            free_bytes_min: 0,
            ..OpenOptions::default()
        };
        SledStore::open(options, Arc::new(Still)).unwrap()
    }

    #[tokio::test]
    async fn what_is_read_is_told_when_it_is_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let id = ArticleId::parse("a".to_owned()).unwrap();
        assert_eq!(store.article(&id).await, Ok(None));
        store.shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!(
                (&mut read).now_or_never(),
                None,
                "a transaction is on its way"
            );
            store.shared.settle();
            assert_eq!(read.await, Ok(None));
        }
        store.close().await;
    }

    #[tokio::test]
    async fn what_was_read_before_a_commit_failed_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let id = ArticleId::parse("a".to_owned()).unwrap();
        store.shared.begin_write();
        {
            let read = store.article(&id);
            pin_mut!(read);
            assert_eq!((&mut read).now_or_never(), None);
            assert!(
                store.shared.drop_trees(),
                "whoever waits holds no handle open"
            );
            store.shared.set_broken("a test".to_owned());
            assert_eq!(read.await, Err(StoreError::OutcomeUnknown));
        }
        store.close().await;
    }
}
