//! Reports weigh by who makes them, end with rulings, and go with their undo.

use banzhu::{
    desk::{
        DeskError, Idempotent, PageQuery, ReportDraft,
        views::{CaseView, ReportView},
    },
    id::{CommentId, ReportId, ReporterId},
    record::{ReportOutcome, Verdict},
    time::DAY_MS,
};

use crate::world::{World, amy, ben, board, comment};

impl World {
    async fn try_report(&self, on: &str, by: &str, code: &str) -> Result<ReportView, DeskError> {
        let draft = ReportDraft {
            reporter_id: Some(by.to_owned()),
            code: Some(code.to_owned()),
            ..ReportDraft::default()
        };
        self.report_as(on, draft).await
    }

    async fn report_as(&self, on: &str, draft: ReportDraft) -> Result<ReportView, DeskError> {
        let id = CommentId::parse(on).unwrap();
        match self
            .desk
            .reports
            .report(&board(), id, draft, None, None)
            .await?
        {
            Idempotent::Fresh(posted) => Ok(posted.view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn report(&self, on: &str, by: &str) -> ReportView {
        self.try_report(on, by, "insult").await.unwrap()
    }

    async fn status(&self, report: &ReportView) -> ReportOutcome {
        self.desk
            .reports
            .report_by_id(report.id)
            .await
            .unwrap()
            .status
    }

    async fn case_of(&self, id: &str) -> CaseView {
        self.case(self.comment(id).await.case_id).await
    }

    /// Somebody of whose reports so many ended, and so many of them rightly.
    async fn reporter(&self, name: &str, ended: usize, upheld: usize) {
        for n in 0..ended {
            let id = format!("{name}-{n}");
            self.post(comment(&id, "祝大家早安,今天天氣很好")).await;
            self.report(&id, name).await;
            let case = self.case_of(&id).await;
            let draft = banzhu::desk::RulingDraft {
                decision: Some(if n < upheld { "remove" } else { "approve" }.to_owned()),
                version: Some(case.item.version),
                code: (n < upheld).then(|| "insult".to_owned()),
                ..Default::default()
            };
            self.rule_with(&amy(), case.item.id, draft).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_report_opens_a_case_and_a_ruling_ends_it() {
    let world = World::new();
    world.post(comment("c-1", "祝大家早安")).await;
    let first = world.report("c-1", "r-1").await;
    assert_eq!(first.status, ReportOutcome::Open);
    assert_eq!(
        world.report("c-1", "r-1").await.id,
        first.id,
        "one per reporter and comment"
    );
    let second = world.report("c-1", "r-2").await;
    let case = world.case_of("c-1").await;
    assert_eq!(
        (
            case.item.reports,
            case.reported.items.len(),
            case.item.source.name()
        ),
        (2, 2, "report")
    );
    assert!(case.item.priority > 0 && case.priority_parts.reports > 0);
    let ruling = world.rule(&amy(), &case, "approve").await.unwrap();
    for report in [&first, &second] {
        assert_eq!(world.status(report).await, ReportOutcome::Dismissed);
    }
    world.undo(&amy(), &ruling).await.unwrap();
    assert_eq!(world.status(&first).await, ReportOutcome::Open);
    assert_eq!(world.case_of("c-1").await.item.reports, 2);
    world.end().await;
}

#[tokio::test]
async fn what_is_removed_already_was_reported_rightly() {
    let world = World::new();
    assert_eq!(
        world.post(comment("c-1", "幹你娘")).await.verdict,
        Verdict::Remove
    );
    let report = world.report("c-1", "r-1").await;
    assert_eq!(
        (report.status, report.case_id),
        (ReportOutcome::Upheld, None)
    );
    assert!(matches!(
        world.try_report("c-9", "r-1", "insult").await,
        Err(DeskError::NotFound)
    ));
    assert!(matches!(
        world.try_report("c-1", "r-1", "flood").await,
        Err(DeskError::Fields(_))
    ));
    world.end().await;
}

#[tokio::test]
async fn an_approved_comment_is_looked_at_again_after_three_more_reports() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    world.rule(&amy(), &case, "approve").await.unwrap();
    for reporter in ["r-1", "r-2"] {
        world.report("c-1", reporter).await;
        assert_eq!(world.case_of("c-1").await.item.status.name(), "resolved");
    }
    world.report("c-1", "r-3").await;
    let again = world.case_of("c-1").await;
    assert_eq!((again.item.status.name(), again.item.reports), ("open", 3));
    world.end().await;
}

#[tokio::test]
async fn a_report_weighs_by_how_its_reporters_others_ended() {
    let world = World::new();
    world.reporter("good", 5, 5).await;
    world.reporter("bad", 6, 1).await;
    for id in ["c-1", "c-2", "c-3"] {
        world.post(comment(id, "祝大家早安")).await;
    }
    let weight = async |on, by| world.report(on, by).await.weight;
    assert!((weight("c-1", "good").await - 2.0).abs() < 1e-9);
    assert!(weight("c-2", "bad").await < 0.5);
    assert!((weight("c-3", "new").await - 1.0).abs() < 1e-9);
    let first = world
        .desk
        .queue
        .queue(Default::default())
        .await
        .unwrap()
        .items
        .remove(0);
    assert_eq!(
        first.comment_id.unwrap().as_str(),
        "c-1",
        "who was right before is heard first"
    );
    world.end().await;
}

#[tokio::test]
async fn accounts_that_report_together_weigh_little() {
    let world = World::new();
    for n in 0..5 {
        let id = format!("c-{n}");
        world.post(comment(&id, "祝大家早安,今天天氣很好")).await;
        for reporter in ["a", "b", "c"] {
            world.report(&id, reporter).await;
        }
    }
    let case = world.case_of("c-4").await;
    assert_eq!(
        case.reported.together, 2,
        "the first of them is somebody like all others"
    );
    assert!(case.reported.weight < 1.5);
    assert_eq!(world.case_of("c-0").await.reported.together, 0);
    world.end().await;
}

#[tokio::test]
async fn a_muted_reporter_weighs_nothing_and_bad_faith_is_set_aside() {
    let world = World::new();
    for id in ["c-1", "c-2"] {
        world.post(comment(id, "祝大家早安")).await;
    }
    let report = world.report("c-1", "r-1").await;
    let reporter = ReporterId::parse("r-1").unwrap();
    let why = || Some("亂檢舉".to_owned());
    let Idempotent::Fresh(muted) = world
        .desk
        .reports
        .mute_reporter(&amy(), reporter.clone(), Some(7), why(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!((muted.weight, muted.muted_until.is_some()), (0.0, true));
    assert_eq!(world.case_of("c-1").await.priority_parts.reports, 0);
    assert_eq!(world.report("c-2", "r-1").await.weight, 0.0);
    let Idempotent::Fresh(set) = world
        .desk
        .reports
        .dismiss_reports(&amy(), reporter.clone(), why(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(set.dismissed, 2);
    assert_eq!(world.status(&report).await, ReportOutcome::Dismissed);
    assert_eq!(world.case_of("c-1").await.item.reports, 0);
    world.clock.pass(7 * DAY_MS);
    world.post(comment("c-3", "祝大家早安")).await;
    assert_eq!(world.report("c-3", "r-1").await.weight, 1.0, "a mute ends");
    let unknown = ReporterId::parse("nobody").unwrap();
    assert!(matches!(
        world.desk.reports.unmute_reporter(&amy(), unknown).await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn what_a_member_took_back_says_nothing_of_who_reported_it() {
    let world = World::new();
    let mut last: Option<ReportId> = None;
    for n in 0..6 {
        let id = format!("c-{n}");
        world.post(comment(&id, "祝大家早安,今天天氣很好")).await;
        last = Some(world.report(&id, "r-1").await.id);
        world.withdraw(&id).await.unwrap();
    }
    assert_eq!(
        world
            .desk
            .reports
            .report_by_id(last.unwrap())
            .await
            .unwrap()
            .status,
        ReportOutcome::Dismissed
    );
    world.post(comment("c-9", "祝大家早安")).await;
    assert_eq!(world.report("c-9", "r-1").await.weight, 1.0);
    assert!(matches!(
        world.try_report("c-0", "r-2", "insult").await,
        Err(DeskError::CommentWithdrawn)
    ));
    world.end().await;
}

#[tokio::test]
async fn removing_tags_upholds_the_reports_of_tags() {
    let world = World::new();
    world
        .post(comment("c-1", "祝大家早安").tagged(&["北約", "豬頭"]))
        .await;
    let draft = |by: &str, tag: Option<&str>| ReportDraft {
        reporter_id: Some(by.to_owned()),
        code: Some("tag-false".to_owned()),
        tag: tag.map(str::to_owned),
        ..ReportDraft::default()
    };
    let tag = world
        .report_as("c-1", draft("r-1", Some("北約")))
        .await
        .unwrap();
    let whole = world.report_as("c-1", draft("r-2", None)).await.unwrap();
    assert!(matches!(
        world.report_as("c-1", draft("r-3", Some("沒有"))).await,
        Err(DeskError::Fields(_))
    ));
    let case = world.case_of("c-1").await;
    let ruling = banzhu::desk::RulingDraft {
        decision: Some("remove_tags".to_owned()),
        version: Some(case.item.version),
        tags: vec!["北約".to_owned()],
        ..Default::default()
    };
    world.rule_with(&amy(), case.item.id, ruling).await.unwrap();
    assert_eq!(
        (world.status(&tag).await, world.status(&whole).await),
        (ReportOutcome::Upheld, ReportOutcome::Dismissed)
    );
    world.end().await;
}

#[tokio::test]
async fn a_reported_nickname_is_its_members_case() {
    let world = World::new();
    world.post(comment("c-1", "祝大家早安")).await;
    let draft = ReportDraft {
        reporter_id: Some("r-1".to_owned()),
        code: Some("nickname-infringement".to_owned()),
        surface: Some("nickname".to_owned()),
        ..ReportDraft::default()
    };
    let report = world.report_as("c-1", draft).await.unwrap();
    let case = world.case(report.case_id).await;
    assert_eq!(
        (case.item.subject.kind, case.item.excerpt.text.as_str()),
        ("member", "南港阿明")
    );
    world.rule(&ben(), &case, "remove").await.unwrap();
    assert_eq!(
        world.comment("c-1").await.verdict,
        Verdict::Remove,
        "the comments under it go with it"
    );
    world.desk.background.run_background().await.unwrap();
    let kinds = world.news().await;
    assert_eq!(kinds, ["comment.ruled", "report.resolved"]);
    world.end().await;
}

#[tokio::test]
async fn a_reporters_reports_are_read_page_by_page() {
    let world = World::new();
    for n in 0..5 {
        let id = format!("c-{n}");
        world.post(comment(&id, "祝大家早安,今天天氣很好")).await;
        world.report(&id, "r-1").await;
        world.clock.pass(1);
    }
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = PageQuery {
            cursor,
            limit: Some("2".to_owned()),
        };
        let list = world
            .desk
            .reports
            .reports_of(Some("r-1".to_owned()), page)
            .await
            .unwrap();
        seen.extend(
            list.items
                .iter()
                .map(|report| report.comment_id.to_string()),
        );
        cursor = list.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["c-4", "c-3", "c-2", "c-1", "c-0"]);
    world.end().await;
}

impl World {
    /// The kinds of all news so far.
    pub async fn news(&self) -> Vec<&'static str> {
        let list = self
            .desk
            .outbox
            .events_since(None, Some("200".to_owned()))
            .await
            .unwrap();
        list.items.iter().map(|news| news.kind).collect()
    }
}

#[tokio::test]
async fn what_was_purged_is_reported_anew() {
    let world = World::new();
    world.post(comment("c-1", "祝大家早安")).await;
    let first = world.report("c-1", "r-1").await;
    let waiting = world.report("c-1", "r-2").await;
    world
        .rule(&amy(), &world.case_of("c-1").await, "approve")
        .await
        .unwrap();
    let late = world.report("c-1", "r-3").await;
    world.clock.pass(366 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    assert!(world.comment("c-1").await.purged_at.is_some());
    assert!(matches!(
        world.try_report("c-1", "r-1", "insult").await,
        Err(DeskError::NotFound)
    ));
    for report in [&first, &waiting, &late] {
        assert_eq!(world.status(report).await, ReportOutcome::Dismissed);
    }
    world.post(comment("c-1", "又是我")).await;
    let again = world.report("c-1", "r-1").await;
    assert_eq!(
        (again.id == first.id, again.status),
        (false, ReportOutcome::Open)
    );
    world.end().await;
}

#[tokio::test]
async fn a_report_on_what_a_ruling_removed_is_right_as_long_as_that_stands() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let removed = world.rule(&amy(), &case, "remove").await.unwrap();
    let late = world.report("c-1", "r-1").await;
    assert_eq!(late.status, ReportOutcome::Upheld, "at once");
    let read_again = world.desk.reports.report_by_id(late.id).await.unwrap();
    assert_eq!(
        late, read_again,
        "the first answer gives the outcome and its notice"
    );
    world.undo(&amy(), &removed).await.unwrap();
    assert_eq!(
        world.status(&late).await,
        ReportOutcome::Open,
        "nobody has looked yet"
    );
    let case = world.case_of("c-1").await;
    assert_eq!((case.item.reports, case.item.sources.len()), (1, 2));
    let world = world.reopened().await;
    let case = world.case_of("c-1").await;
    world.rule(&ben(), &case, "approve").await.unwrap();
    assert_eq!(world.status(&late).await, ReportOutcome::Dismissed);

    // what the filter removes by itself is right for good
    world.post(comment("c-2", "幹你娘")).await;
    let right = world.report("c-2", "r-1").await;
    assert_eq!(right.status, ReportOutcome::Upheld);
    assert!(world.comment("c-2").await.case_id.is_none());

    // a nickname likewise
    let named = comment("c-3", "早安").by("m-3", "白痴阿明");
    let flagged = world.post(named).await;
    let case = world.case(flagged.case_id).await;
    let removed = world.rule(&amy(), &case, "remove").await.unwrap();
    let late = world.report("c-3", "r-2").await;
    assert_eq!(late.status, ReportOutcome::Upheld);
    world.undo(&amy(), &removed).await.unwrap();
    assert_eq!(world.status(&late).await, ReportOutcome::Open);
    world.reopened().await.end().await;
}

#[tokio::test]
async fn what_another_case_upheld_is_upheld_when_the_text_is_gone() {
    let world = World::new();
    world.post(comment("c-1", "早安").by("m-3", "阿明明")).await;
    let draft = ReportDraft {
        reporter_id: Some("r-1".to_owned()),
        code: Some("insult".to_owned()),
        surface: Some("nickname".to_owned()),
        ..ReportDraft::default()
    };
    let report = world.report_as("c-1", draft).await.unwrap();
    let queue = world.desk.queue.queue(Default::default()).await.unwrap();
    let case = world.case(Some(queue.items[0].id)).await;
    assert_eq!(case.item.subject.kind, "member");
    world.rule(&amy(), &case, "remove").await.unwrap();
    assert_eq!(world.status(&report).await, ReportOutcome::Upheld);
    world.clock.pass(400 * DAY_MS);
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    assert!(world.comment("c-1").await.purged_at.is_some());
    assert_eq!(world.status(&report).await, ReportOutcome::Upheld);
    world.reopened().await.end().await;
}
