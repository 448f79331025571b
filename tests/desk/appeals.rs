//! Appeals go to another than the one who ruled; what was wrong is put right whole. Second looks likewise.

use banzhu::{
    desk::{
        AppealDraft, CaseDraft, DeskError, DeskSettings, Idempotent, NewUser, RulingDraft,
        SanctionDraft, StatsQuery,
        views::{AppealView, CaseView},
    },
    id::{CaseId, CommentId, MemberId, SanctionId},
    record::{AppealOutcome, Verdict},
    review::DecidedBy,
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, ben, board, comment};

fn plea(member: &str) -> AppealDraft {
    AppealDraft {
        member_id: Some(member.to_owned()),
        statement: Some("我沒有罵人".to_owned()),
    }
}

impl World {
    async fn appeal(&self, on: &str) -> Result<AppealView, DeskError> {
        let id = CommentId::parse(on).unwrap();
        match self
            .desk
            .appeals
            .appeal(&board(), id, plea("m-1"), None)
            .await?
        {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn appeal_sanction(&self, id: SanctionId) -> Result<AppealView, DeskError> {
        match self
            .desk
            .appeals
            .appeal_sanction(&board(), id, plea("m-1"), None)
            .await?
        {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn outcome(&self, appeal: &AppealView) -> AppealOutcome {
        self.desk
            .appeals
            .appeal_by_id(appeal.id)
            .await
            .unwrap()
            .status
    }

    /// Amy, Ben and Ada have accounts: the desk is large enough for another to look.
    async fn staffed(&self) {
        for (name, role) in [("amy", "moderator"), ("ben", "moderator"), ("ada", "admin")] {
            let new = NewUser {
                name: Some(name.to_owned()),
                role: Some(role.to_owned()),
                password: Some("long enough for a test".to_owned()),
            };
            self.desk
                .accounts
                .create_user(&ada(), new, None)
                .await
                .unwrap();
        }
    }

    async fn removed_by_amy(&self, id: &str, sanction: Option<SanctionDraft>) -> CaseId {
        let flagged = self.post(comment(id, "你這個白痴")).await;
        let case = self.case(flagged.case_id).await;
        let draft = RulingDraft {
            decision: Some("remove".to_owned()),
            version: Some(case.item.version),
            sanction,
            ..RulingDraft::default()
        };
        self.rule_with(&amy(), case.item.id, draft).await.unwrap();
        case.item.id
    }

    async fn open(
        &self,
        by: &banzhu::access::Caller,
        draft: CaseDraft,
    ) -> Result<CaseView, DeskError> {
        match self.desk.queue.open_case(by, draft, None).await? {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }
}

fn week() -> Option<SanctionDraft> {
    Some(SanctionDraft {
        kind: Some("suspend".to_owned()),
        days: Some(7),
        ..SanctionDraft::default()
    })
}

#[tokio::test]
async fn what_is_contested_in_vain_counts_on_whatever_is_laid_beside_it() {
    let world = World::new();
    world.staffed().await;
    let id = world.removed_by_amy("c-1", None).await;
    let member = MemberId::parse("m-1").unwrap();
    let before = world.desk.members.member(&member).await.unwrap().strikes;
    assert_eq!(before.len(), 1);
    world.clock.pass(MINUTE_MS);
    world.appeal("c-1").await.unwrap();
    let case = world.case(Some(id)).await;
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        sanction: week(),
        ..RulingDraft::default()
    };
    world.rule_with(&ben(), id, draft).await.unwrap();
    let after = world.desk.members.member(&member).await.unwrap();
    assert_eq!((after.strikes, after.standing), (before, "suspended"));
    world.end().await;
}

#[tokio::test]
async fn another_moderator_overturns_and_everything_is_as_before() {
    let world = World::new();
    world.staffed().await;
    let id = world.removed_by_amy("c-1", week()).await;
    assert!(world.comment("c-1").await.appealable);
    let appeal = world.appeal("c-1").await.unwrap();
    let case = world.case(Some(id)).await;
    assert_eq!(
        (case.item.status.name(), case.item.source.name()),
        ("open", "appeal")
    );
    assert_eq!(case.appeal.as_ref().unwrap().statement, "我沒有罵人");
    assert!(!world.comment("c-1").await.appealable, "once");
    assert!(matches!(
        world.appeal("c-1").await,
        Err(DeskError::AlreadyAppealed)
    ));
    assert!(matches!(
        world.rule(&amy(), &case, "remove").await,
        Err(DeskError::OwnRuling)
    ));
    assert!(
        world.next(&amy()).await.is_none(),
        "it is not handed to who ruled"
    );
    let handed = world.next(&ben()).await.unwrap();
    let ruling = world.rule(&ben(), &handed, "approve").await.unwrap();
    let comment = world.comment("c-1").await;
    assert_eq!(
        (comment.verdict, comment.decided_by),
        (Verdict::Allow, DecidedBy::Appeal)
    );
    assert_eq!(world.outcome(&appeal).await, AppealOutcome::Overturned);
    let member = world
        .desk
        .members
        .member(&MemberId::parse("m-1").unwrap())
        .await
        .unwrap();
    assert_eq!((member.standing, member.strikes.len()), ("good", 0));
    let news = world.news().await;
    assert!(
        news.ends_with(&["comment.ruled", "appeal.resolved", "sanction.lifted"]),
        "{news:?}"
    );
    world.undo(&ben(), &ruling).await.unwrap();
    assert_eq!(world.outcome(&appeal).await, AppealOutcome::Open);
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Remove);
    let member = world
        .desk
        .members
        .member(&MemberId::parse("m-1").unwrap())
        .await
        .unwrap();
    assert_eq!((member.standing, member.strikes.len()), ("suspended", 1));
    world.end().await;
}

#[tokio::test]
async fn an_appeal_that_changes_nothing_leaves_strikes_and_sanctions_and_is_final() {
    let world = World::new();
    world.staffed().await;
    let id = world.removed_by_amy("c-1", week()).await;
    let appeal = world.appeal("c-1").await.unwrap();
    world
        .rule(&ben(), &world.case(Some(id)).await, "remove")
        .await
        .unwrap();
    assert_eq!(world.outcome(&appeal).await, AppealOutcome::Denied);
    let member = world
        .desk
        .members
        .member(&MemberId::parse("m-1").unwrap())
        .await
        .unwrap();
    assert_eq!((member.standing, member.strikes.len()), ("suspended", 1));
    assert!(matches!(
        world.appeal("c-1").await,
        Err(DeskError::AlreadyAppealed)
    ));
    world.end().await;
}

#[tokio::test]
async fn the_filters_removal_is_contested_and_restored() {
    let world = World::new();
    let removed = world
        .post(comment("c-1", "幹你娘").tagged(&["北約", "頭香"]))
        .await;
    assert_eq!((removed.verdict, removed.case_id), (Verdict::Remove, None));
    let appeal = world.appeal("c-1").await.unwrap();
    let case = world.case(Some(appeal.case_id)).await;
    assert_eq!(case.item.code.name(), "profanity");
    world.rule(&amy(), &case, "approve").await.unwrap();
    let comment_now = world.comment("c-1").await;
    assert_eq!(comment_now.verdict, Verdict::Allow);
    let tags: Vec<_> = comment_now
        .surfaces
        .tags
        .unwrap()
        .iter()
        .map(|tag| tag.verdict)
        .collect();
    assert_eq!(
        tags,
        [Verdict::Allow, Verdict::Allow],
        "the filter's removals of its tags, too"
    );
    let again = world.post(comment("c-2", "幹你娘")).await;
    assert_eq!(again.verdict, Verdict::Remove);
    let upheld = world.appeal("c-2").await.unwrap();
    world
        .rule(&amy(), &world.case(Some(upheld.case_id)).await, "remove")
        .await
        .unwrap();
    let member = world
        .desk
        .members
        .member(&MemberId::parse("m-1").unwrap())
        .await
        .unwrap();
    assert_eq!(
        member.strikes.len(),
        0,
        "nobody gets a strike for appealing"
    );
    assert!(matches!(
        world.appeal("c-2").await,
        Err(DeskError::AlreadyAppealed)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_nickname_and_a_tag_are_contested_in_their_own_cases() {
    let world = World::new();
    let bad = world
        .post(comment("c-1", "祝大家早安").by("m-1", "幹你娘"))
        .await;
    assert_eq!(bad.verdict, Verdict::Remove);
    let appeal = world.appeal("c-1").await.unwrap();
    let case = world.case(Some(appeal.case_id)).await;
    assert_eq!(case.item.subject.kind, "member");
    world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn who_may_appeal_what_and_when() {
    let world = World::new();
    world.post(comment("c-1", "祝大家早安")).await;
    assert!(matches!(
        world.appeal("c-1").await,
        Err(DeskError::NothingToAppeal)
    ));
    world.post(comment("c-2", "幹你娘").by("m-2", "小華")).await;
    assert!(
        matches!(world.appeal("c-2").await, Err(DeskError::Fields(_))),
        "another's"
    );
    world.post(comment("c-3", "幹你娘")).await;
    world.clock.pass(30 * DAY_MS + 1);
    assert!(matches!(
        world.appeal("c-3").await,
        Err(DeskError::AppealTooLate)
    ));
    assert!(!world.comment("c-3").await.appealable);
    assert!(matches!(
        world.appeal("c-9").await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_sanction_is_contested_where_it_was_ruled_or_by_itself() {
    let world = World::new();
    world.staffed().await;
    let by = amy();
    let Idempotent::Fresh(laid) = world
        .desk
        .members
        .impose_sanction(
            &by,
            MemberId::parse("m-1").unwrap(),
            SanctionDraft {
                kind: Some("suspend".to_owned()),
                days: Some(30),
                reason: Some("洗版".to_owned()),
                code: None,
                ..SanctionDraft::default()
            },
            None,
        )
        .await
        .unwrap()
    else {
        panic!()
    };
    let appeal = world.appeal_sanction(laid.id).await.unwrap();
    assert!(matches!(
        world.appeal_sanction(laid.id).await,
        Err(DeskError::AlreadyAppealed)
    ));
    let case = world.case(Some(appeal.case_id)).await;
    assert_eq!(case.item.subject.kind, "member");
    assert!(matches!(
        world.rule(&amy(), &case, "approve").await,
        Err(DeskError::OwnRuling)
    ));
    let ruling = world.rule(&ben(), &case, "approve").await.unwrap();
    let standing = async || {
        world
            .desk
            .members
            .member(&MemberId::parse("m-1").unwrap())
            .await
            .unwrap()
            .standing
    };
    assert_eq!(
        (standing().await, world.outcome(&appeal).await),
        ("good", AppealOutcome::Overturned)
    );
    world.undo(&ben(), &ruling).await.unwrap();
    assert_eq!(standing().await, "suspended");
    world.end().await;
}

#[tokio::test]
async fn where_two_may_rule_the_same_one_rules_an_appeal_and_it_is_marked() {
    let world = World::new();
    let id = world.removed_by_amy("c-1", None).await;
    world.appeal("c-1").await.unwrap();
    world
        .rule(&amy(), &world.case(Some(id)).await, "approve")
        .await
        .unwrap();
    assert!(world.case(Some(id)).await.rulings.last().unwrap().own);
    world.end().await;
}

#[tokio::test]
async fn what_nobody_flagged_is_taken_up_skipped_and_noted() {
    let world = World::new();
    world.staffed().await;
    world.post(comment("c-1", "祝大家早安")).await;
    let draft = || CaseDraft {
        comment_id: Some("c-1".to_owned()),
        code: Some("knowingly-false".to_owned()),
        note: Some("請查證".to_owned()),
        ..CaseDraft::default()
    };
    let case = world.open(&amy(), draft()).await.unwrap();
    assert_eq!(
        (
            case.item.status.name(),
            case.item.source.name(),
            case.notes.len()
        ),
        ("claimed", "moderator", 1)
    );
    assert!(matches!(
        world.open(&ben(), draft()).await,
        Err(DeskError::CaseClaimed(_))
    ));
    let Idempotent::Fresh(handed_back) = world
        .desk
        .queue
        .skip(&amy(), case.item.id, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (handed_back.item.status.name(), handed_back.item.skips),
        ("open", 1)
    );
    assert!(
        world.next(&amy()).await.is_none(),
        "who skipped it does not get it again"
    );
    let got = world.next(&ben()).await.unwrap();
    world
        .desk
        .queue
        .add_note(&ben(), got.item.id, Some("看不懂".to_owned()), None)
        .await
        .unwrap();
    let Idempotent::Fresh(all) = world
        .desk
        .queue
        .skip(&ben(), got.item.id, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (all.item.status.name(), all.item.version),
        ("escalated", case.item.version + 1)
    );
    assert_eq!(world.next(&ada()).await.unwrap().item.id, case.item.id);
    let member = CaseDraft {
        member_id: Some("m-1".to_owned()),
        code: Some("nickname-infringement".to_owned()),
        ..CaseDraft::default()
    };
    assert_eq!(
        world.open(&amy(), member).await.unwrap().item.subject.kind,
        "member"
    );
    world.end().await;
}

fn all_sampled() -> DeskSettings {
    DeskSettings {
        sample_rulings_permille: 1_000,
        sample_removals_permille: 1_000,
        ..World::settings()
    }
}

#[tokio::test]
async fn a_second_look_is_blind_and_supersedes_where_it_differs() {
    let world = World::with_settings(all_sampled());
    world.staffed().await;
    let id = world.removed_by_amy("c-1", week()).await;
    world.desk.background.run_background().await.unwrap();
    assert_eq!(
        world.case(Some(id)).await.item.status.name(),
        "resolved",
        "not while it can be taken back"
    );
    world.clock.pass(16 * MINUTE_MS);
    world.desk.background.run_background().await.unwrap();
    let case = world.case(Some(id)).await;
    assert_eq!(
        (
            case.item.status.name(),
            case.item.source.name(),
            case.second_look
        ),
        ("open", "sample", true)
    );
    assert!(case.rulings.is_empty() && case.member_record.as_ref().unwrap().strikes.is_empty());
    assert_eq!(
        case.comment.as_ref().unwrap().decided_by,
        DecidedBy::Filter,
        "the first ruling is not shown"
    );
    assert_eq!(
        world.comment("c-1").await.verdict,
        Verdict::Remove,
        "what is in force stays"
    );
    assert!(world.next(&amy()).await.is_none());
    world.rule(&ben(), &case, "approve").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Allow);
    let by_moderator = StatsQuery {
        by: Some("moderator".to_owned()),
        ..StatsQuery::default()
    };
    let stats = world.desk.figures.stats(by_moderator).await.unwrap();
    for name in ["amy", "ben"] {
        let item = stats
            .items
            .iter()
            .find(|item| item.key.as_deref() == Some(name))
            .unwrap();
        assert_eq!(
            (item.second_looks, item.agreed),
            (1, 0),
            "the share is shown to both: {name}"
        );
    }
    world.end().await;
}

#[tokio::test]
async fn a_second_look_that_agrees_leaves_everything() {
    let world = World::with_settings(all_sampled());
    world.staffed().await;
    let id = world.removed_by_amy("c-1", week()).await;
    let ruling = world.comment("c-1").await.ruling_id;
    world.clock.pass(16 * MINUTE_MS);
    world.desk.background.run_background().await.unwrap();
    world
        .rule(&ben(), &world.case(Some(id)).await, "remove")
        .await
        .unwrap();
    assert_eq!(world.comment("c-1").await.ruling_id, ruling);
    let member = world
        .desk
        .members
        .member(&MemberId::parse("m-1").unwrap())
        .await
        .unwrap();
    assert_eq!((member.standing, member.strikes.len()), ("suspended", 1));
    world.clock.pass(16 * MINUTE_MS);
    world.desk.background.run_background().await.unwrap();
    assert_eq!(
        world.case(Some(id)).await.item.status.name(),
        "resolved",
        "a second look gets no third"
    );
    world.end().await;
}

#[tokio::test]
async fn the_filters_removals_are_looked_at_too() {
    let world = World::with_settings(all_sampled());
    world.post(comment("c-1", "幹你娘")).await;
    world.desk.background.run_background().await.unwrap();
    let case = world.case(world.comment("c-1").await.case_id).await;
    assert_eq!(
        (case.item.status.name(), case.item.source.name()),
        ("open", "sample")
    );
    world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Allow);
    world.end().await;
}
