//! A change: the unit of commit.

use super::{
    Appeal, Article, AuditDraft, AuditSubject, Case, Comment, Delivery, DueQaSample, Erasure,
    EventKind, FanOut, FanOutProgress, Form, FormKey, Key, Lease, MemberRecord, ModelPart,
    ModelRecord, ModelState, Note, Precondition, QaSample, RejudgeJob, Reply, Report,
    ReporterRecord, Revision, Ruling, Segment, SegmentPart, Session, StoredAnswer, SubjectRecord,
    Tally, TallyOf, Token, User, Webhook, covered::Covered, word::WordStep,
};
use crate::{
    id::{CommentId, MemberId, RejudgeId, ReporterId, WebhookId},
    time::Timestamp,
};

/// What one use case writes: what must still hold, the records, the audit entries, the events. All of it or nothing.
///
/// Only the core makes one, by a [`ChangeBuilder`]; so no use case can store a comment that was not judged, or a ruling
/// that the rules do not allow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change(ChangeParts);

/// The parts of a [`Change`], for the store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeParts {
    /// What must still be as it was read.
    pub preconditions: Vec<Precondition>,
    /// Records.
    pub writes: Vec<Write>,
    /// Audit entries, in order. Judged revisions without an entry share one entry of their batch.
    pub audit: Vec<AuditDraft>,
    /// Events for the board.
    pub events: Vec<EventKind>,
    /// Events that concern many records and are worked out one by one in the background.
    pub fan_outs: Vec<FanOut>,
    /// What statistics count.
    pub tallies: Vec<(TallyOf, Tally)>,
    /// When the comment that is counted was posted, where the board said so.
    pub posted_at: Option<Timestamp>,
    /// How many comments lose their text.
    pub texts_purged: u64,
    /// The database was copied: nothing in the copy was purged since.
    pub is_compaction: bool,
}

/// One record to write. Records carry their new row version already.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// A comment, and the revision that its newest one replaces.
    Comment {
        /// The comment.
        comment: Comment,
        /// The replaced revision.
        archived: Option<Covered<Revision>>,
        /// The newest revision is new in this commit: the audit covers its digest.
        judged: bool,
        /// Tags that were ever flagged or ruled under the article: the comment is found by them.
        tags: Vec<String>,
    },
    /// A report.
    Report(Report),
    /// A reporter.
    Reporter(ReporterRecord),
    /// An appeal.
    Appeal(Appeal),
    /// A note.
    Note(Note),
    /// A QA review to come.
    QaSample(QaSample),
    /// A QA review that is due no more.
    DeleteQaSample(DueQaSample),
    /// How far a fan-out has come; `true` deletes it, since nothing is left of it.
    FanOut(FanOutProgress, bool),
    /// A saved reply.
    Reply(Reply),
    /// A preview of judging again, or the work that it led to.
    RejudgeJob(RejudgeJob),
    /// One that is kept no longer.
    DeleteRejudgeJob(RejudgeId),
    /// A webhook.
    Webhook(Webhook),
    /// How far a webhook has come; it moves no row version.
    WebhookCursor(WebhookId, u64),
    /// A delivery to be tried again, or a dead letter.
    Delivery(Delivery),
    /// An older revision whose text is purged.
    DeleteRevision(CommentId, u32),
    /// The index entry by which a report is found from its comment and reporter.
    DeleteReportIndex(CommentId, ReporterId),
    /// Redacts what people wrote in the audit about a subject; where a time is given, what they wrote until then.
    Redact(AuditSubject, Option<Timestamp>),
    /// Who does one kind of background work.
    Lease(Lease),
    /// What is added to a written form; it moves no version, and none is asked for.
    Form(Form),
    /// A fit on the board's rulings.
    Model(ModelRecord),
    /// Which model is in force.
    ModelState(ModelState),
    /// Some of a model's weights.
    ModelPart(ModelPart),
    /// Weights that are kept no longer.
    DeleteModelPart {
        /// The model's counter.
        model: u32,
        /// Which part.
        nth: u32,
    },
    /// The header of a segment of the index.
    Segment(Segment),
    /// Some of a segment's tokens.
    SegmentPart(SegmentPart),
    /// A segment with all its parts is deleted.
    DeleteSegment(u64),
    /// A step of the board's own words.
    WordStep(WordStep),
    /// What a member asked to be erased.
    Erasure(Erasure),
    /// An erasure of which nothing is left.
    DeleteErasure(MemberId),
    /// A written form that is kept no longer.
    DeleteForm(FormKey),
    /// What was counted of one thing on a day, past its retention.
    DropTally(i32, TallyOf),
    /// An event past its retention.
    DeleteEvent(u64),
    /// A delivery that arrived.
    DeleteDelivery(WebhookId, u64),
    /// An article.
    Article(Article),
    /// A case.
    Case(Case),
    /// A nickname's or a tag's record.
    Subject(SubjectRecord),
    /// A member's record.
    Member(MemberRecord),
    /// A ruling.
    Ruling(Ruling),
    /// An account; it moves the version of all accounts.
    Account(AccountWrite),
    /// A key's last use; it moves no version.
    KeyUsed(Key),
    /// A sign-in's last use; it moves no version.
    SessionUsed(Session),
    /// The idempotent answer to a request.
    Answer(StoredAnswer),
}

impl Write {
    /// A comment of which something other than its text has changed.
    const fn altered(comment: Comment) -> Self {
        Self::Comment {
            comment,
            archived: None,
            judged: false,
            tags: Vec::new(),
        }
    }
}

/// One account record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the records describe themselves")]
pub enum AccountWrite {
    User(User),
    Key(Key),
    Token(Token),
    Session(Session),
    /// A sign-in that ended long ago: its row is deleted.
    DeleteSession(Session),
}

impl Change {
    /// Only the first answer to a request that changed nothing.
    pub fn of_answer(answer: StoredAnswer) -> Self {
        Self::default().remembering(Some(answer))
    }

    /// The change with the first answer to its request, where that is to be kept.
    #[must_use]
    pub fn remembering(mut self, answer: Option<StoredAnswer>) -> Self {
        self.0.writes.extend(answer.map(Write::Answer));
        self
    }

    /// Only that a node has taken a lease, or keeps it, which had this fence before.
    pub fn of_lease(lease: Lease, fence: u64) -> Self {
        let mut change = Self::default();
        let held = Precondition::Lease(lease.name, fence);
        change.0.preconditions.push(held);
        change.0.writes.push(Write::Lease(lease));
        change
    }

    /// Only that a segment of the index is dropped, whatever is left of it.
    pub fn of_segment_dropped(number: u64) -> Self {
        let mut change = Self::default();
        change.0.writes.push(Write::DeleteSegment(number));
        change
    }

    /// Only that a segment of the index begins to be built: nothing of the one before is left.
    pub fn of_segment_begun(begun: Segment) -> Self {
        let mut change = Self::of_segment_dropped(begun.number).on_segment(&begun, 1);
        change.0.writes.push(Write::Segment(begun));
        change
    }

    /// Only some parts of a segment, if nothing that it was built from has changed since it began.
    pub fn of_segment_parts(begun: &Segment, parts: Vec<SegmentPart>) -> Self {
        let mut change = Self::default().on_segment(begun, 0);
        change
            .0
            .writes
            .extend(parts.into_iter().map(Write::SegmentPart));
        change
    }

    /// Only that all parts of a segment are there, if the same holds.
    pub fn of_segment_built(built: Segment) -> Self {
        let mut change = Self::default().on_segment(&built, 1);
        change.0.writes.push(Write::Segment(built));
        change
    }

    /// The change, if the stored row of the segment is so many versions behind this one.
    fn on_segment(mut self, segment: &Segment, behind: u64) -> Self {
        let version = segment.row_version - behind;
        let held = Precondition::Segment(segment.number, version);
        self.0.preconditions.push(held);
        self
    }

    /// The change, with the precondition that the lease was not taken over.
    #[must_use]
    pub fn under(mut self, lease: &Lease) -> Self {
        let held = Precondition::Lease(lease.name, lease.fence);
        self.0.preconditions.push(held);
        self
    }

    /// Takes it apart.
    pub fn into_parts(self) -> ChangeParts {
        self.0
    }

    /// The records that it writes, in order.
    pub fn writes(&self) -> &[Write] {
        &self.0.writes
    }

    /// The comment that it writes.
    pub fn comment(&self) -> Option<&Comment> {
        self.0.writes.iter().find_map(|write| match write {
            Write::Comment { comment, .. } => Some(comment),
            _ => None,
        })
    }
}

/// For a kind of record, the first of it that a change writes.
macro_rules! first_written {
    ($($name:ident: $variant:ident($record:ty);)*) => {
        /// Records as they will be once the change is stored.
        #[expect(missing_docs, reason = "each is named for the record that it gives")]
        impl Change {
            $(pub fn $name(&self) -> Option<&$record> {
                self.0.writes.iter().find_map(|write| match write {
                    Write::$variant(record) => Some(record),
                    _ => None,
                })
            })*
        }
    };
}

first_written! {
    article: Article(Article);
    case: Case(Case);
    member: Member(MemberRecord);
    ruling: Ruling(Ruling);
    report: Report(Report);
    reporter: Reporter(ReporterRecord);
    appeal: Appeal(Appeal);
    note: Note(Note);
}

/// Several changes as one: all of them, or none.
impl FromIterator<Change> for Change {
    fn from_iter<I: IntoIterator<Item = Self>>(changes: I) -> Self {
        let mut all = ChangeParts::default();
        for Self(parts) in changes {
            all.preconditions.extend(parts.preconditions);
            all.writes.extend(parts.writes);
            all.audit.extend(parts.audit);
            all.events.extend(parts.events);
            all.fan_outs.extend(parts.fan_outs);
            all.tallies.extend(parts.tallies);
            all.posted_at = all.posted_at.or(parts.posted_at);
            all.texts_purged += parts.texts_purged;
            all.is_compaction |= parts.is_compaction;
        }
        Self(all)
    }
}

/// Builds a [`Change`]. The architecture test holds it to the rooms of the core.
///
/// `updated_…` writes a record, if there is one, with the precondition that the stored row still has the version before it. For
/// example, `updated_case` of a case with row version 5 requires that the stored one has 4. `write` writes what has no version,
/// or what needs another precondition.
#[derive(Debug, Default)]
pub struct ChangeBuilder(ChangeParts);

impl ChangeBuilder {
    /// A change of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A change to which more belongs.
    pub fn from_change(change: Change) -> Self {
        Self(change.0)
    }

    /// A comment of which something other than its text has changed.
    #[must_use]
    pub fn updated_comment(self, comment: impl Into<Option<Comment>>) -> Self {
        self.updated(comment.into(), Write::altered, |comment| {
            Precondition::Comment(comment.id.clone(), comment.row_version - 1)
        })
    }

    /// A case.
    #[must_use]
    pub fn updated_case(self, case: impl Into<Option<Case>>) -> Self {
        self.updated(case.into(), Write::Case, |case| {
            Precondition::Case(case.id, case.row_version - 1)
        })
    }

    /// A nickname's or a tag's record.
    #[must_use]
    pub fn updated_subject(self, record: impl Into<Option<SubjectRecord>>) -> Self {
        self.updated(record.into(), Write::Subject, |record| {
            Precondition::Subject(record.subject.clone(), record.row_version - 1)
        })
    }

    /// A member's record.
    #[must_use]
    pub fn updated_member(self, record: impl Into<Option<MemberRecord>>) -> Self {
        self.updated(record.into(), Write::Member, |record| {
            Precondition::Member(record.id.clone(), record.row_version - 1)
        })
    }

    /// A reporter's record.
    #[must_use]
    pub fn updated_reporter(self, record: impl Into<Option<ReporterRecord>>) -> Self {
        self.updated(record.into(), Write::Reporter, |record| {
            Precondition::Reporter(record.id.clone(), record.row_version - 1)
        })
    }

    fn updated<T>(
        self,
        record: Option<T>,
        write: fn(T) -> Write,
        before: fn(&T) -> Precondition,
    ) -> Self {
        let precondition = record.as_ref().map(before);
        self.require(precondition).write(record.map(write))
    }

    /// Preconditions beyond those of the written records.
    #[must_use]
    pub fn require(mut self, preconditions: impl IntoIterator<Item = Precondition>) -> Self {
        self.0.preconditions.extend(preconditions);
        self
    }

    /// Records, in this order.
    #[must_use]
    pub fn write(mut self, writes: impl IntoIterator<Item = Write>) -> Self {
        self.0.writes.extend(writes);
        self
    }

    /// Audit entries, in this order.
    #[must_use]
    pub fn audit(mut self, entries: impl IntoIterator<Item = AuditDraft>) -> Self {
        self.0.audit.extend(entries);
        self
    }

    /// Events for the board.
    #[must_use]
    pub fn events(mut self, events: impl IntoIterator<Item = EventKind>) -> Self {
        self.0.events.extend(events);
        self
    }

    /// Work for the background.
    #[must_use]
    pub fn fan_outs(mut self, fan_outs: impl IntoIterator<Item = FanOut>) -> Self {
        self.0.fan_outs.extend(fan_outs);
        self
    }

    /// What statistics count, and when it was posted where that is another day.
    #[must_use]
    pub fn count(
        mut self,
        tallies: impl IntoIterator<Item = (TallyOf, Tally)>,
        posted_at: Option<Timestamp>,
    ) -> Self {
        self.0.tallies.extend(tallies);
        self.0.posted_at = posted_at;
        self
    }

    /// How many comments lose their text.
    #[must_use]
    pub const fn texts_purged(mut self, comments: u64) -> Self {
        self.0.texts_purged = comments;
        self
    }

    /// The database was copied.
    #[must_use]
    pub const fn compaction(mut self) -> Self {
        self.0.is_compaction = true;
        self
    }

    /// The change.
    pub fn build(self) -> Change {
        Change(self.0)
    }
}
