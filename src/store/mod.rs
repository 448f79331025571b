//! The store: one trait for all reads and the one write, and the engines below it.
//!
//! Reads return values of the core, as they are on disk. The one write is [`Store::commit`]: it checks the change's
//! preconditions, writes all of it or nothing, and returns once it is on disk. No engine's type is visible above this room.
//!
//! A change passes these layers on its way to disk:
//!
//! ```text
//! EngineStore    implements `Store` over any engine; queues changes for the committer
//! committer      the one thread that writes: drains the queue, one batch at a time (group commit)
//! layout         plans a batch: preconditions, numbers, the audit's chain; changes become rows. Pure
//! tables         each table's key, columns and indexes
//! engine         the trait of a database: reads, and batches of rows written atomically
//! sled/          that trait over sled, with what only sled needs: commit log, compaction, backup, conversion
//! ephemeral      that trait in memory, for tests and simulations
//! memory         what a node holds in memory (queue, standings), fed by the batches; `live` publishes their updates
//! ```

mod audit_page;
mod committer;
mod copy;
pub mod engine;
mod engine_store;
pub mod ephemeral;
mod error;
pub mod export;
mod known_credentials;
mod layout;
mod live;
mod memory;
mod queue;
pub mod record;
mod rows;
mod sled;
mod stats;
pub mod tables;
mod verify;

pub use audit_page::{AuditFilter, AuditPage};
pub use copy::{BackupReport, CompactionReport, CopyFailure, CopyProgress, CopyStep, OnProgress};
pub use engine_store::{EngineStore, StartError};
pub use error::{Result, StoreError};
pub use live::{LiveMessage, LiveSubscription, LiveUpdate, LiveUpdateKind};
pub use queue::{QueueCounts, QueueCursor, QueueFilter, QueueIndex, QueuePage, Sort, StatusFilter};

pub use stats::{CommitReceipt, Health, StoreStats};
pub use verify::{Finding, Place, VerifyReport, verify_records};

pub use sled::{
    ConversionObserver, ExportCopy, FlushObserver, OpenError, OpenOptions, SledEngine, SledStore,
    VerifyError, export_file, export_to, has_database, import_file, import_from, restore, verify,
};

use std::{path::Path, sync::Arc};

use async_trait::async_trait;

use crate::{
    id::{
        AppealId, ArticleId, CaseId, CommentId, KeyId, MemberId, RejudgeId, ReplyId, ReportId,
        ReporterId, RulingId, SanctionId, TokenId, WebhookId,
    },
    lexicon::UpheldForms,
    member::MemberStanding,
    record::{
        Appeal, Article, Case, Change, Comment, Covered, Delivery, DueQaSample, Erasure, Event,
        FanOutProgress, Form, FormKey, Key, Lease, LeaseName, MemberRecord, ModelRecord,
        ModelState, Note, RejudgeJob, Reply, Report, ReporterRecord, Revision, Ruling, SecretHash,
        Segment, SegmentPart, Session, StoredAnswer, Subject, SubjectRecord, TallyOf, TallyRow,
        Token, User, UserName, Webhook, WordStep,
    },
    review::Background,
    time::Timestamp,
};

/// What to read for one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundQuery<'a> {
    /// The comment; `None` if only a nickname is judged.
    pub comment: Option<&'a CommentId>,
    /// The article it belongs to, if any.
    pub article: Option<&'a ArticleId>,
    /// Whose it is, if known.
    pub member: Option<&'a MemberId>,
    /// Its tags.
    pub tags: &'a [String],
    /// How many of the member's other comments are counted, at most.
    pub posts_max: usize,
}

impl<'a> BackgroundQuery<'a> {
    /// What is known of a member alone.
    pub const fn of_member(id: &'a MemberId) -> Self {
        Self {
            comment: None,
            article: None,
            member: Some(id),
            tags: &[],
            posts_max: 0,
        }
    }
}

/// Who holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A board key.
    Key(Key),
    /// A personal token and its owner.
    Token(Token, User),
    /// A session and its owner.
    Session(Session, User),
}

/// The store. Reads are short; `commit` waits until its writes are on disk.
///
/// A page continues after the last record that was read. Numbers of comments, events, audit entries and fan-outs are given at the
/// commit: no record appears later below a number that was read, so such a number is a safe cursor. The ids of reports, appeals
/// and cases are chosen before the commit: one that is committed late may have an id below the cursor. Reading all pages of those
/// finds everything committed before the first page, and no more is promised: an erasure covers what was there when it was
/// stored, an export what was there when it began.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Everything known about a submission, with the row versions it was read at. Unknown subjects come with
    /// row version 0, so that the commit can tell when they appear. It may hold what is on its way to disk: only a commit
    /// or another read makes it fit to be answered.
    async fn background(&self, query: BackgroundQuery<'_>) -> Result<Background>;

    /// A comment with its newest revision.
    async fn comment(&self, id: &CommentId) -> Result<Option<Comment>>;

    /// The older revisions of a comment, oldest first.
    async fn older_revisions(&self, id: &CommentId) -> Result<Vec<Covered<Revision>>>;

    /// An article.
    async fn article(&self, id: &ArticleId) -> Result<Option<Article>>;

    /// At most `limit` articles, by id, after this one.
    async fn articles(&self, after: Option<&ArticleId>, limit: usize) -> Result<Vec<Article>>;

    /// A case.
    async fn case(&self, id: CaseId) -> Result<Option<Case>>;

    /// A ruling.
    async fn ruling(&self, id: RulingId) -> Result<Option<Ruling>>;

    /// The record of a nickname or a tag; with row version 0 if there is none.
    async fn subject(&self, subject: &Subject) -> Result<SubjectRecord>;

    /// The record of a member; with row version 0 if there is none.
    async fn member(&self, id: &MemberId) -> Result<MemberRecord>;

    /// The standing of each of these members at `now`.
    async fn standings(&self, members: &[&MemberId], now: Timestamp)
    -> Result<Vec<MemberStanding>>;

    /// The member whose sanction this is.
    async fn sanctioned(&self, id: SanctionId) -> Result<Option<MemberId>>;

    /// A member's comments, the newest first, from before the comment of this number; each with its number.
    async fn comments_of(
        &self,
        member: &MemberId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>>;

    /// A report.
    async fn report(&self, id: ReportId) -> Result<Option<Report>>;

    /// The report of one reporter about one comment.
    async fn report_by(&self, comment: &CommentId, reporter: &ReporterId)
    -> Result<Option<Report>>;

    /// A comment's reports, in no order.
    async fn reports_on(&self, comment: &CommentId, limit: usize) -> Result<Vec<Report>>;

    /// A case's reports, current and decided, oldest first, from this id on. Each report moves its case's row version, as a ruling
    /// does, so reading on from page to page finds every report that a ruling decided.
    async fn reports_of_case(&self, case: CaseId, from: u128, limit: usize) -> Result<Vec<Report>>;

    /// A reporter's reports, newest first, from before this one.
    async fn reports_of(
        &self,
        reporter: &ReporterId,
        before: Option<ReportId>,
        limit: usize,
    ) -> Result<Vec<Report>>;

    /// The record of a reporter; with row version 0 if there is none.
    async fn reporter(&self, id: &ReporterId) -> Result<ReporterRecord>;

    /// An appeal.
    async fn appeal(&self, id: AppealId) -> Result<Option<Appeal>>;

    /// The member's appeals among the next `looked_at` appeals, by id, after this one; and where to continue, `None` at the end.
    async fn appeals_by(
        &self,
        member: &MemberId,
        after: Option<AppealId>,
        looked_at: usize,
    ) -> Result<(Vec<Appeal>, Option<AppealId>)>;

    /// The cases that name the member among the next `looked_at` cases, by id, after this one; and where to continue, `None` at
    /// the end.
    async fn cases_naming(
        &self,
        member: &MemberId,
        after: Option<CaseId>,
        looked_at: usize,
    ) -> Result<(Vec<Case>, Option<CaseId>)>;

    /// A member's erasure, unless it is complete.
    async fn erasure(&self, member: &MemberId) -> Result<Option<Erasure>>;

    /// Erasures that are not complete, by member, after this one.
    async fn erasures(&self, after: Option<&MemberId>, limit: usize) -> Result<Vec<Erasure>>;

    /// A case's notes, oldest first.
    async fn notes(&self, case: CaseId, limit: usize) -> Result<Vec<Note>>;

    /// Events after this number, in order.
    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>>;

    /// Pending fan-outs, in order.
    async fn fan_outs(&self, limit: usize) -> Result<Vec<FanOutProgress>>;

    /// The comments that share a subject, by their numbers, from this one on: of a member, or those that carry a tag that was
    /// ever flagged or ruled under its article.
    async fn comments_under(
        &self,
        of: &Subject,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>>;

    /// How many comments carry a tag that was ever flagged or ruled under its article, counted up to `limit`.
    async fn comments_tagged(&self, article: &ArticleId, tag: &str, limit: usize) -> Result<u64>;

    /// Comments by their numbers, from this one on.
    async fn comments_from(&self, from: u64, limit: usize) -> Result<Vec<(u64, Comment)>>;

    /// Comments from before the one of this number, the newest first; each with its number.
    async fn comments_before(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Comment)>>;

    /// The comments of these numbers that there are, in the order of the numbers as they are given.
    async fn comments_numbered(&self, numbers: &[u64]) -> Result<Vec<(u64, Comment)>>;

    /// The headers of the index's segments from one number to another, both included, in order. One that cannot be read is left
    /// out.
    async fn segments(&self, from: u64, to: u64) -> Result<Vec<Segment>>;

    /// How many headers there are.
    async fn segment_count(&self) -> Result<u64>;

    /// These parts of a segment, in the order given; `None` for one that is not there or cannot be read.
    async fn segment_parts(&self, segment: u64, parts: &[u32]) -> Result<Vec<Option<SegmentPart>>>;

    /// QA reviews that are due at `now`.
    async fn samples_due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueQaSample>>;

    /// What was counted from one day to another, both included, of the kind of `of`.
    async fn tallies(&self, from: i32, to: i32, of: &TallyOf) -> Result<Vec<TallyRow>>;

    /// All webhooks, those that were removed too.
    async fn webhooks(&self) -> Result<Vec<Webhook>>;

    /// A webhook.
    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>>;

    /// A webhook's deliveries that wait to be tried again, or its dead letters, by event, after this one.
    async fn deliveries(
        &self,
        webhook: WebhookId,
        are_dead: bool,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Delivery>>;

    /// Subscribes to the live updates of all nodes from now on; each comes once it is durable.
    fn watch(&self) -> LiveSubscription;

    /// One page of the queue at `now`.
    async fn queue(&self, filter: &QueueFilter, now: Timestamp) -> Result<QueuePage>;

    /// The unresolved cases that `actor` holds at `now`.
    async fn held_by(&self, actor: &crate::record::Actor, now: Timestamp) -> Result<Vec<CaseId>>;

    /// One page of the audit, newest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<AuditPage>;

    /// The first answer that was given to a request with this idempotency slot.
    async fn answer(&self, slot: [u8; 16]) -> Result<Option<StoredAnswer>>;

    /// Who holds the secret of this hash; the record may be expired or revoked.
    async fn credential(&self, secret: SecretHash) -> Result<Option<Credential>>;

    /// A user, active or not.
    async fn user(&self, name: &UserName) -> Result<Option<User>>;

    /// All users that were not deleted, and those that were, by name.
    async fn users(&self) -> Result<Vec<User>>;

    /// A key.
    async fn key(&self, id: KeyId) -> Result<Option<Key>>;

    /// All keys, oldest first.
    async fn keys(&self) -> Result<Vec<Key>>;

    /// A personal token.
    async fn token(&self, id: TokenId) -> Result<Option<Token>>;

    /// All tokens of a person, oldest first.
    async fn tokens(&self, user: &UserName) -> Result<Vec<Token>>;

    /// All sign-ins that are kept, in no order.
    async fn sessions(&self) -> Result<Vec<Session>>;

    /// The version of all accounts together, for [`crate::record::Precondition::Accounts`].
    async fn accounts_version(&self) -> Result<u64>;

    /// What is known of these written forms, one for each that is known.
    async fn forms(&self, keys: &[FormKey]) -> Result<Vec<Form>>;

    /// The written forms that moderators upheld, on whatever node: the same value until that changes.
    fn upheld_forms(&self) -> Arc<UpheldForms>;

    /// All written forms, by key, after this one.
    async fn forms_after(&self, after: Option<FormKey>, limit: usize) -> Result<Vec<Form>>;

    /// Which model is in force; with row version 0 where none was ever learned.
    async fn model_state(&self) -> Result<ModelState>;

    /// A learned model.
    async fn model(&self, counter: u32) -> Result<Option<ModelRecord>>;

    /// Learned models, the newest first, from before this one.
    async fn models(&self, before: Option<u32>, limit: usize) -> Result<Vec<ModelRecord>>;

    /// The file of weights of a learned model; empty where it is not kept.
    async fn model_weights(&self, counter: u32) -> Result<Vec<u8>>;

    /// All saved replies, those that were deleted too, oldest first.
    async fn replies(&self) -> Result<Vec<Reply>>;

    /// A saved reply, deleted or not.
    async fn reply(&self, id: ReplyId) -> Result<Option<Reply>>;

    /// Previews of judging again and the work that they led to, oldest first.
    async fn rejudge_jobs(&self) -> Result<Vec<RejudgeJob>>;

    /// One of them.
    async fn rejudge_job(&self, id: RejudgeId) -> Result<Option<RejudgeJob>>;

    /// The version of the board's own words: how many steps there were.
    async fn words_version(&self) -> Result<u32>;

    /// Every step of the board's own words, in order.
    async fn word_steps(&self) -> Result<Vec<WordStep>>;

    /// Who does one kind of background work.
    async fn lease(&self, name: LeaseName) -> Result<Option<Lease>>;

    /// Whether other nodes may use the same database.
    fn has_nodes(&self) -> bool;

    /// Writes everything of a change or nothing, and answers when it is on disk.
    async fn commit(&self, change: Change) -> Result<CommitReceipt>;

    /// Frees the disk space of deleted rows by copying the database while reads and writes go on. Joins a compaction that is
    /// already running.
    async fn compact(&self) -> Result<CompactionReport>;

    /// Copies a snapshot of one commit into a new or empty folder while reads and writes go on. Dropping the future cancels it.
    async fn back_up(
        &self,
        to: &Path,
        made_at: Timestamp,
        on_progress: OnProgress,
    ) -> std::result::Result<BackupReport, CopyFailure>;

    /// Statistics, for metrics and for people.
    async fn stats(&self) -> Result<StoreStats>;

    /// The time of the newest audit entry; 1970 if there is none.
    fn newest_at(&self) -> Timestamp;

    /// Whether writes can be taken, and what is wrong if not.
    fn health(&self) -> Health;

    /// Waits until the store is broken for good, and returns why. It recovers by itself from a full disk or a database that was
    /// out of reach.
    async fn ended(&self) -> String;

    /// Closes the store: accepted changes are written, later ones refused, and the folder is left clean.
    async fn close(&self);
}
