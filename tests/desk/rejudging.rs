//! Comments are judged again by today's rulebook at an admin's word: first a dry run, then just what it showed.

use std::sync::Arc;

use banzhu::{
    desk::{
        CommentQuery, DeskError, Idempotent, LoadedRulebook,
        views::{RejudgePreviewView, RejudgeView},
    },
    id::RejudgeId,
    policy::{Rulebook, RulebookFiles},
    record::{Actor, REJUDGE_JOBS_MAX, RejudgeState, Verdict},
    review::DecidedBy,
};

use crate::world::{World, ada, amy, comment, files};

/// The rulebook without a row of the lists.
fn without(term: &str, counter: u32) -> Arc<Rulebook> {
    let mut files: RulebookFiles = files();
    for list in &mut files.lists {
        let lines = list.content.lines();
        let kept = lines.filter(|line| !line.starts_with(&format!("{term}\t")));
        list.content = kept.map(|line| format!("{line}\n")).collect();
    }
    Arc::new(Rulebook::compile(&files, counter).unwrap())
}

impl World {
    async fn with_rulebook(&self, rulebook: Arc<Rulebook>) {
        let loaded = LoadedRulebook {
            rulebook,
            loaded_at: banzhu::time::Clock::now(&*self.clock),
            source: "test".to_owned(),
        };
        let operations = &self.desk.operations;
        operations.accept_rulebook(loaded, &Actor::System).await;
    }

    async fn previewed(&self, query: CommentQuery) -> RejudgePreviewView {
        self.desk.rejudging.preview(&ada(), query).await.unwrap()
    }

    async fn begin(&self, id: RejudgeId) -> Result<RejudgeView, DeskError> {
        match self.desk.rejudging.begin(&ada(), id, None).await? {
            Idempotent::Fresh(view) => Ok(view.job),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn worked(&self, id: RejudgeId) -> RejudgeView {
        self.begin(id).await.unwrap();
        self.desk.background.run_background().await.unwrap();
        self.desk.rejudging.progress(id).await.unwrap()
    }

    async fn verdict_on(&self, id: &str) -> Verdict {
        self.comment(id).await.verdict
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_the_work_restores_just_what_it_showed() {
    let world = World::new();
    for n in 0..3 {
        world
            .post(comment(&format!("r-{n}"), &format!("幹你娘 {n}")))
            .await;
    }
    world.post(comment("f-1", "你這個白痴")).await;
    world.post(comment("k-1", "你這個豬頭")).await;
    let both = without("幹你娘", 2);
    world.with_rulebook(both).await;
    let preview = world.previewed(CommentQuery::default()).await;
    let counts = preview.job.counts;
    assert_eq!((counts.judged, counts.restored, counts.harsher), (5, 3, 0));
    assert_eq!((preview.job.comments, preview.samples.len()), (3, 3));
    assert_eq!(preview.job.state, RejudgeState::Previewed);
    let sample = &preview.samples[0];
    assert_eq!((sample.from, sample.to), (Verdict::Remove, Verdict::Allow));
    assert_eq!(sample.codes[0].name(), "profanity");
    assert_eq!(world.verdict_on("r-0").await, Verdict::Remove, "a dry run");
    let done = world.worked(preview.job.id).await;
    assert_eq!(
        (done.state, done.done, done.changed),
        (RejudgeState::Done, 3, 3)
    );
    for n in 0..3 {
        let comment = world.comment(&format!("r-{n}")).await;
        assert_eq!(comment.verdict, Verdict::Allow);
        let later = &comment.revisions[0].rejudged[0];
        assert_eq!(later.why, format!("rejudge {}", preview.job.id));
    }
    assert_eq!(world.verdict_on("k-1").await, Verdict::Flag);
    world.end_moved().await;
}

#[tokio::test]
async fn the_board_is_told_of_each_and_the_audit_of_begin_and_end() {
    let world = World::new();
    world.post(comment("r-1", "幹你娘")).await;
    let before = world.desk.outbox.events_since(None, None).await.unwrap();
    world.with_rulebook(without("幹你娘", 2)).await;
    let preview = world.previewed(CommentQuery::default()).await;
    world.worked(preview.job.id).await;
    let told = world
        .desk
        .outbox
        .events_since(Some(before.next_after), None)
        .await
        .unwrap();
    assert_eq!(told.items.len(), 1);
    let audit = banzhu::desk::AuditQuery {
        action: Some("comments.rejudge-begun,comments.rejudge-ended,comment.rejudged".to_owned()),
        ..Default::default()
    };
    let entries = world.desk.figures.audit(audit).await.unwrap().items;
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    let mut sorted = actions.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "comment.rejudged",
            "comments.rejudge-begun",
            "comments.rejudge-ended"
        ]
    );
    world.end().await;
}

#[tokio::test]
async fn what_a_person_decided_or_the_rulebook_is_harsher_about_stays() {
    let world = World::with(without("豬頭", 1));
    let flagged = world.post(comment("p-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    world.rule(&amy(), &case, "remove").await.unwrap();
    world.post(comment("h-1", "爛咖王白痴豬頭")).await;
    world.post(comment("a-1", "你這個豬頭")).await;
    world.with_rulebook(without("白痴", 2)).await;
    let all = CommentQuery {
        verdict: Some("allow,flag,remove".to_owned()),
        ..CommentQuery::default()
    };
    let preview = world.previewed(all).await;
    assert_eq!(preview.job.comments, 0, "{preview:?}");
    assert!(preview.job.counts.harsher >= 1);
    let done = world.worked(preview.job.id).await;
    assert_eq!((done.state, done.changed), (RejudgeState::Done, 0));
    let removed = world.comment("p-1").await;
    assert_eq!(
        (removed.verdict, removed.decided_by),
        (Verdict::Remove, DecidedBy::Moderator)
    );
    assert_eq!(world.verdict_on("a-1").await, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn a_preview_by_another_rulebook_is_refused_and_work_under_way_stops() {
    let world = World::new();
    for n in 0..2 {
        world
            .post(comment(&format!("r-{n}"), &format!("幹你娘 {n}")))
            .await;
    }
    world.with_rulebook(without("幹你娘", 2)).await;
    let (first, second) = (
        world.previewed(CommentQuery::default()).await.job.id,
        world.previewed(CommentQuery::default()).await.job.id,
    );
    world.begin(first).await.unwrap();
    world.with_rulebook(without("白痴", 3)).await;
    let refused = world.begin(second).await;
    assert!(matches!(refused, Err(DeskError::PreviewOutdated)));
    world.desk.background.run_background().await.unwrap();
    let stopped = world.desk.rejudging.progress(first).await.unwrap();
    assert_eq!((stopped.state, stopped.changed), (RejudgeState::Stopped, 0));
    assert_eq!(world.verdict_on("r-0").await, Verdict::Remove);
    let again = world.begin(first).await.unwrap();
    assert_eq!(again.state, RejudgeState::Stopped, "it is not begun twice");
    let unknown = world.begin(RejudgeId(ulid::Ulid(5))).await;
    assert!(matches!(unknown, Err(DeskError::NotFound)));
    world.end().await;
}

#[tokio::test]
async fn work_goes_on_after_a_restart() {
    let world = World::new();
    world.post(comment("r-1", "幹你娘")).await;
    world.with_rulebook(without("幹你娘", 2)).await;
    let id = world.previewed(CommentQuery::default()).await.job.id;
    world.begin(id).await.unwrap();
    let world = world
        .reopened_with(without("幹你娘", 2), World::settings())
        .await;
    world.desk.background.run_background().await.unwrap();
    let done = world.desk.rejudging.progress(id).await.unwrap();
    assert_eq!((done.state, done.changed), (RejudgeState::Done, 1));
    assert_eq!(world.verdict_on("r-1").await, Verdict::Allow);
    world.end_moved().await;
}

#[tokio::test]
async fn what_was_withdrawn_since_the_preview_is_passed_over_and_old_previews_go() {
    let world = World::new();
    for n in 0..2 {
        world
            .post(comment(&format!("r-{n}"), &format!("幹你娘 {n}")))
            .await;
    }
    world.with_rulebook(without("幹你娘", 2)).await;
    let id = world.previewed(CommentQuery::default()).await.job.id;
    world.withdraw("r-0").await.unwrap();
    let done = world.worked(id).await;
    assert_eq!((done.done, done.changed), (2, 1));
    for _ in 0..=REJUDGE_JOBS_MAX {
        world.previewed(CommentQuery::default()).await;
    }
    assert_eq!(
        world.desk.rejudging.all().await.unwrap().len(),
        REJUDGE_JOBS_MAX
    );
    let bad = CommentQuery {
        verdict: Some("burn".to_owned()),
        ..CommentQuery::default()
    };
    let refused = world.desk.rejudging.preview(&ada(), bad).await;
    assert!(matches!(refused, Err(DeskError::Fields(_))));
    world.end().await;
}
