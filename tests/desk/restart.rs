//! What is known in memory alone survives a restart: no verdict changes with one.

use banzhu::{
    desk::views::ModerationView,
    id::ArticleId,
    intake::{ArticleDraft, CommentDraft, Mode, Submission},
    record::{ReasonCode, Verdict},
    topic::Evidence,
};

use crate::world::{World, board, comment};

const SAID: &str = "大家一起去連署，不要讓他們得逞";

fn is_flood(answer: &ModerationView) -> bool {
    let mut reasons = answer.reasons.iter();
    reasons.any(|reason| reason.code == ReasonCode::Flood)
}

impl World {
    async fn restarted(self) -> Self {
        let world = self.reopened().await;
        world.desk.comments.warm_up().await;
        world
    }

    async fn put_article(&self, id: &str, title: &str, body: &str) {
        let draft = ArticleDraft {
            title: Some(title.to_owned()),
            body: Some(body.to_owned()),
            ..ArticleDraft::default()
        };
        let content = draft.checked("").unwrap();
        let id = ArticleId::parse(id).unwrap();
        self.desk
            .comments
            .put_article(&board(), id, content)
            .await
            .unwrap();
    }

    async fn evidence_under(&self, article: &str, tag: &str) -> Evidence {
        let draft = CommentDraft {
            comment_id: Some("c-tag".to_owned()),
            article_id: Some(article.to_owned()),
            body: Some("早安".to_owned()),
            tags: vec![tag.to_owned()],
            ..CommentDraft::default()
        };
        let dry_run = Mode {
            dry_run: true,
            ..Mode::default()
        };
        let submission = Submission::parse(draft).unwrap();
        let answer = self
            .desk
            .comments
            .post(&board(), submission, dry_run, None)
            .await;
        let banzhu::desk::Idempotent::Fresh(view) = answer.unwrap() else {
            panic!("nothing was asked twice")
        };
        view.surfaces.tags.unwrap()[0].evidence
    }
}

#[tokio::test]
async fn posts_of_the_last_minutes_count_after_a_restart() {
    let world = World::new();
    for id in ["c-1", "c-2"] {
        assert!(!is_flood(&world.post(comment(id, SAID)).await));
    }
    let world = world.restarted().await;
    assert!(is_flood(&world.post(comment("c-3", SAID)).await));
    world.clock.pass(11 * 60_000);
    let world = world.restarted().await;
    assert!(!is_flood(&world.post(comment("c-4", SAID)).await), "over");
    world.end().await;
}

#[tokio::test]
async fn condolences_of_many_are_no_flood_and_thirty_a_minute_of_one_are() {
    let world = World::new();
    let said = "願逝者安息，一路好走，家屬節哀順變";
    for nth in 0..7 {
        let (id, member) = (format!("c-{nth}"), format!("m-{nth}"));
        let answer = world.post(comment(&id, said).by(&member, "阿明")).await;
        assert_eq!((answer.verdict, is_flood(&answer)), (Verdict::Allow, false));
    }
    let mut flagged = 0;
    for nth in 0..30 {
        world.clock.pass(1_000);
        let answer = world
            .post(comment(&format!("c-b{nth}"), said).by("m-b", "阿華"))
            .await;
        flagged += usize::from(is_flood(&answer));
    }
    assert_eq!(flagged, 21);
    world.end().await;
}

#[tokio::test]
async fn a_tags_verdict_does_not_change_with_a_restart() {
    let world = World::new();
    for nth in 0..100 {
        let title = format!("第{nth}則新聞");
        world
            .put_article(&format!("a-{nth}"), &title, "今天天氣很好。")
            .await;
    }
    // A story that is written on, hour by hour: what it says is one article's word, however often it was stored.
    for hour in 0..150 {
        world.clock.pass(1_000);
        let body = format!("研究人員談果膠酶的用途，第{hour}次更新。");
        world.put_article("a-live", "更新中", &body).await;
    }
    let before = world.evidence_under("a-live", "果膠酶工廠").await;
    let world = world.restarted().await;
    let after = world.evidence_under("a-live", "果膠酶工廠").await;
    assert_eq!((before, after), (Evidence::Overlap, Evidence::Overlap));
    world.end().await;
}
