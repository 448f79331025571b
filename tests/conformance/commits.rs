//! The store over an engine: what must still hold of what was read, and a batch that has to be laid out again.

use std::{sync::Arc, time::Duration};

use banzhu::{
    id::{CaseId, MemberId, RejudgeId, ReplyId, ReporterId, WebhookId},
    record::{
        AccountWrite, Actor, Case, CaseReason, Change, ChangeBuilder, Comment, Erasure, Excerpt,
        Lease, LeaseName, MemberRecord, Precondition, ReasonCode, RejudgeCounts, RejudgeJob,
        RejudgeState, Reply, ReporterRecord, RulebookVersion, Segment, SegmentPart, Source,
        Subject, SubjectRecord, Words, Write,
    },
    store::{
        CommitReceipt, EngineStore, Store, StoreError,
        engine::{Engine, Range, Reads as _},
        ephemeral::Fault,
        tables::Table,
    },
    text::Surface,
};
use tokio::task::JoinHandle;
use ulid::Ulid;

use crate::{
    bed::{Bed, InMemory, Still, write},
    rows::{AT, answer, comment, key, number, plain, report, webhook},
};

type Written = Result<CommitReceipt, StoreError>;

/// Long enough for the store's thread to come to where it waits.
const A_WHILE: Duration = Duration::from_millis(50);

fn store_over(engine: &Arc<impl Engine>) -> Arc<dyn Store> {
    let (engine, time_zone) = (Arc::clone(engine), jiff::tz::TimeZone::UTC);
    EngineStore::start(engine, Arc::new(Still), 64, time_zone).unwrap()
}

fn sent(store: &Arc<dyn Store>, change: Change) -> JoinHandle<Written> {
    let store = Arc::clone(store);
    tokio::spawn(async move { store.commit(change).await })
}

/// A change that rests on nothing.
fn unbound(slot: u8) -> Change {
    Change::of_answer(answer(slot, AT.plus_ms(1_000)))
}

fn member() -> MemberId {
    MemberId::parse("m".to_owned()).unwrap()
}

fn case() -> Case {
    let reason = CaseReason {
        code: ReasonCode::Insult,
        surface: Some(Surface::Body),
        severity: 1,
        term: None,
        excerpt: Excerpt::around(Surface::Body, "一段話", None),
    };
    let subject = Subject::Nickname(member());
    Case {
        row_version: 1,
        ..Case::opened(CaseId(Ulid(1)), subject, reason, Source::Filter, AT)
    }
}

fn bound(held: Precondition, write: Write) -> Change {
    ChangeBuilder::new().require([held]).write([write]).build()
}

fn reply() -> Reply {
    Reply {
        id: ReplyId(Ulid(1)),
        title: "請理性討論".to_owned(),
        text: Words::default(),
        by: Actor::System,
        at: AT,
        deleted_at: None,
        row_version: 1,
    }
}

fn rejudge_job() -> RejudgeJob {
    RejudgeJob {
        id: RejudgeId(Ulid(1)),
        state: RejudgeState::Previewed,
        by: Actor::System,
        at: AT,
        rulebook: RulebookVersion::default(),
        model: None,
        counts: RejudgeCounts::default(),
        comments: vec![1, 300, 70_000],
        done: 0,
        changed: 0,
        begun_at: None,
        ended_at: None,
        row_version: 1,
    }
}

/// One change for each kind of precondition; once it is written, it does not hold any more.
fn changes() -> Vec<Change> {
    let new = ChangeBuilder::new;
    let subject = SubjectRecord {
        row_version: 1,
        ..SubjectRecord::new(Subject::Nickname(member()))
    };
    let of_member = MemberRecord {
        row_version: 1,
        ..MemberRecord::new(member())
    };
    let reporter = ReporterId::parse("r".to_owned()).unwrap();
    let of_reporter = ReporterRecord {
        row_version: 1,
        ..ReporterRecord::new(reporter.clone())
    };
    let erasure = Erasure {
        member: member(),
        by: Actor::System,
        requested_at: AT,
        first_pass_done: false,
        retained: Vec::new(),
        row_version: 1,
    };
    let (first, second) = (webhook(1, 0, 1), webhook(2, 0, 1));
    let reported = report(1, 1, "r");
    let unreported = Precondition::FirstReport(reported.comment.clone(), reporter);
    let (lease, _) = Lease::taken(None, LeaseName::FanOut, 1, AT).unwrap();
    vec![
        new().updated_comment(comment("c", None, false)).build(),
        new().updated_case(case()).build(),
        new().updated_subject(subject).build(),
        new().updated_member(of_member).build(),
        new().updated_reporter(of_reporter).build(),
        bound(Precondition::WebhooksBelow(1), Write::Webhook(first)),
        bound(
            Precondition::Webhook(WebhookId(Ulid(2)), 0),
            Write::Webhook(second),
        ),
        bound(
            Precondition::Accounts(0),
            Write::Account(AccountWrite::Key(key(1, 7, None))),
        ),
        bound(Precondition::Erasure(member(), 0), Write::Erasure(erasure)),
        bound(unreported, Write::Report(reported)),
        Change::of_lease(lease, 0),
        Change::of_segment_begun(Segment::begun(7, 1, 0)),
        bound(
            Precondition::Reply(ReplyId(Ulid(1)), 0),
            Write::Reply(reply()),
        ),
        bound(
            Precondition::RejudgeJob(RejudgeId(Ulid(1)), 0),
            Write::RejudgeJob(rejudge_job()),
        ),
    ]
}

pub async fn what_holds_no_more_is_stale_in_the_same_batch_and_in_another(bed: impl Bed) {
    let engine = bed.engine();
    let store = store_over(engine);
    for (change, slot) in changes().into_iter().zip((0..).step_by(2)) {
        // The store's thread waits for the right with the first, and so has the next three in one batch.
        let right = engine.open_batch(&[]).await.unwrap();
        let ahead = sent(&store, unbound(slot));
        tokio::time::sleep(A_WHILE).await;
        let together = [change.clone(), change.clone(), unbound(slot + 1)];
        let together = together.map(|change| sent(&store, change));
        tokio::time::sleep(A_WHILE).await;
        drop(right);
        ahead.await.unwrap().unwrap();
        let [first, second, last] = together;
        let first = first.await.unwrap();
        assert!(first.is_ok(), "{change:?}: {first:?}");
        assert_eq!(second.await.unwrap(), Err(StoreError::Stale), "{change:?}");
        assert_eq!(last.await.unwrap(), first, "they are of one batch");
        let later = store.commit(change.clone()).await;
        assert_eq!(later, Err(StoreError::Stale), "{change:?}");
    }
    store.close().await;
}

pub async fn a_batch_is_looked_at_and_laid_out_again(bed: InMemory) {
    let (engine, other) = (bed.engine(), bed.0.node());
    let store = store_over(engine);
    let lease = |fence| {
        Lease::taken(None, LeaseName::FanOut, 1, AT).map(|(lease, _)| Lease { fence, ..lease })
    };
    engine.meet([Fault::Again; 3]);
    let taken = Change::of_lease(lease(1).unwrap(), 0);
    assert_eq!(
        store.commit(taken.clone()).await,
        Ok(CommitReceipt { commit: 1 })
    );

    // Another node comes between the first attempt and the second: that looks at what it left.
    engine.meet([Fault::Again]);
    let right = other.open_batch(&[]).await.unwrap();
    let (bound, free) = (Change::of_lease(lease(2).unwrap(), 1), unbound(1));
    let ours = [bound, free].map(|change| sent(&store, change));
    tokio::time::sleep(A_WHILE).await;
    let theirs = plain(Table::Events, vec![number(1)], &[1]);
    let theirs = tokio::spawn(async move { write(&other, vec![theirs]).await });
    tokio::time::sleep(A_WHILE).await;
    drop(right);
    theirs.await.unwrap();
    for written in ours {
        assert_eq!(written.await.unwrap(), Ok(CommitReceipt { commit: 3 }));
    }

    // Not for ever; and nothing is written then.
    engine.meet([Fault::Again; 8]);
    assert_eq!(store.commit(unbound(2)).await, Err(StoreError::Stale));
    assert_eq!(engine.count(Range::along(Table::Answers)).await, Ok(1));
    assert!(store.commit(unbound(2)).await.is_ok());
    store.close().await;
}

/// Its parts go with it; and what was to be added to it, in the same batch or later, is stale.
pub async fn a_changed_comment_drops_its_segment_of_the_index(bed: impl Bed) {
    let store = store_over(bed.engine());
    let posted = comment("c", None, false);
    let commit = async |change: Change| store.commit(change).await.map(drop);
    let updated = |comment| ChangeBuilder::new().updated_comment(comment).build();
    commit(updated(posted.clone())).await.unwrap();
    let begun = Segment::begun(0, 7, 0);
    let part = |nth| SegmentPart {
        segment: 0,
        nth,
        build: 7,
        bytes: vec![1; 100],
    };
    let more = |nth| Change::of_segment_parts(&begun, vec![part(nth)]);
    commit(Change::of_segment_begun(begun.clone()))
        .await
        .unwrap();
    commit(more(0)).await.unwrap();
    let stands = async || {
        let parts = store.segment_parts(0, &[0, 1]).await.unwrap();
        (store.segment_count().await.unwrap(), parts)
    };
    let ruled = Comment {
        case: Some(CaseId(Ulid(1))),
        ..posted.next()
    };
    commit(updated(ruled.clone())).await.unwrap();
    assert_eq!(stands().await, (1, vec![Some(part(0)), None]));

    let purged = Comment {
        purged_at: Some(AT),
        ..ruled.next()
    };
    let (first, second) = (sent(&store, updated(purged)), sent(&store, more(1)));
    assert!(first.await.unwrap().is_ok());
    let _ = second.await.unwrap();
    assert_eq!(stands().await, (0, vec![None, None]));
    assert_eq!(commit(more(1)).await, Err(StoreError::Stale));
    // another begins from nothing
    commit(Change::of_segment_begun(begun.clone()))
        .await
        .unwrap();
    let built = Segment {
        row_version: 2,
        is_built: true,
        ..begun.clone()
    };
    commit(Change::of_segment_built(built.clone()))
        .await
        .unwrap();
    assert_eq!(store.segments(0, 9).await, Ok(vec![built]));
    assert_eq!(commit(more(2)).await, Err(StoreError::Stale));
    store.close().await;
}
