//! Rulings hold, are seen by whoever rules second, and are taken back without a trace but the audit's.

use banzhu::{
    desk::{DeskError, RulingDraft},
    record::{ReasonCode, Verdict},
    review::DecidedBy,
    time::MINUTE_MS,
};

use crate::world::{World, ada, amy, ben, comment};

#[tokio::test]
async fn what_a_person_removed_stays_removed_until_a_person_lifts_it() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let ruling = world.rule(&amy(), &case, "remove").await.unwrap();
    assert_eq!(ruling.comment.unwrap().verdict, Verdict::Remove);
    let edit = world.post(comment("c-1", "祝大家早安")).await;
    assert_eq!(
        (edit.verdict, edit.decided_by),
        (Verdict::Remove, DecidedBy::Moderator)
    );
    let reopened = world.case(edit.case_id).await;
    assert_eq!(
        (reopened.item.status.name(), reopened.item.source.name()),
        ("open", "edit")
    );
    world.rule(&amy(), &reopened, "approve").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn an_approval_holds_until_a_term_joins_that_it_had_not_seen() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    world
        .rule(&amy(), &world.case(flagged.case_id).await, "approve")
        .await
        .unwrap();
    let same_term = world.post(comment("c-1", "你這個白痴,哈哈")).await;
    assert_eq!(same_term.verdict, Verdict::Allow);
    assert_eq!(
        world.case(same_term.case_id).await.item.status.name(),
        "resolved"
    );
    let new_term = world.post(comment("c-1", "你這個白痴豬頭")).await;
    assert_eq!(new_term.verdict, Verdict::Flag);
    assert_eq!(
        world.case(new_term.case_id).await.item.status.name(),
        "open"
    );
    world.end().await;
}

#[tokio::test]
async fn two_moderators_never_rule_one_case_unknowingly() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let seen = world.case(flagged.case_id).await;
    world.rule(&amy(), &seen, "approve").await.unwrap();
    let Err(DeskError::CaseChanged(newer)) = world.rule(&ben(), &seen, "remove").await else {
        panic!("ben is told")
    };
    assert_eq!(newer.item.version, seen.item.version + 1);
    world.rule(&ben(), &newer, "remove").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Remove);
    world.end().await;
}

#[tokio::test]
async fn anothers_claim_refuses_a_ruling() {
    let world = World::new();
    world.post(comment("c-1", "你這個白痴")).await;
    let held = world.next(&amy()).await.unwrap();
    assert!(matches!(
        world.rule(&ben(), &held, "approve").await,
        Err(DeskError::CaseClaimed(_))
    ));
    world.clock.pass(10 * MINUTE_MS);
    world.rule(&ben(), &held, "approve").await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn an_old_ruling_cannot_slip_in_after_an_edit() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let seen = world.case(flagged.case_id).await;
    world.post(comment("c-1", "你這個豬頭")).await;
    assert!(matches!(
        world.rule(&amy(), &seen, "approve").await,
        Err(DeskError::CaseChanged(_))
    ));
    world.end().await;
}

#[tokio::test]
async fn undo_puts_everything_back_but_the_version() {
    let world = World::new();
    for (place, decision) in ["approve", "remove", "escalate"].into_iter().enumerate() {
        let id = format!("c-{place}");
        let flagged = world.post(comment(&id, "你這個白痴")).await;
        let before = (world.case(flagged.case_id).await, world.comment(&id).await);
        let note = Some("請看".to_owned());
        let draft = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(1),
            note,
            ..RulingDraft::default()
        };
        let ruling = world
            .rule_with(&amy(), before.0.item.id, draft)
            .await
            .unwrap();
        world.clock.pass(15 * MINUTE_MS);
        assert!(matches!(
            world.undo(&ben(), &ruling).await,
            Err(DeskError::Forbidden)
        ));
        world.undo(&amy(), &ruling).await.unwrap();
        let after = world.case(flagged.case_id).await;
        assert_eq!(after.item.version, 3);
        assert_eq!(
            (after.item.status, &after.rulings),
            (before.0.item.status, &before.0.rulings)
        );
        assert_eq!(world.comment(&id).await, before.1);
        assert!(matches!(
            world.undo(&amy(), &ruling).await,
            Err(DeskError::UndoneBefore { .. })
        ));
    }
    world.end().await;
}

#[tokio::test]
async fn undo_is_open_for_a_while_and_to_admins() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let ruling = world
        .rule(&amy(), &world.case(flagged.case_id).await, "remove")
        .await
        .unwrap();
    world.clock.pass(15 * MINUTE_MS + 1);
    assert!(matches!(
        world.undo(&ada(), &ruling).await,
        Err(DeskError::UndoExpired)
    ));
    let again = world
        .rule(&amy(), &world.case(flagged.case_id).await, "approve")
        .await
        .unwrap();
    assert!(matches!(
        world.undo(&amy(), &ruling).await,
        Err(DeskError::CaseChanged(_))
    ));
    world.undo(&ada(), &again).await.unwrap();
    assert_eq!(
        world.comment("c-1").await.verdict,
        Verdict::Remove,
        "the ruling before holds again"
    );
    world.end().await;
}

#[tokio::test]
async fn what_was_escalated_is_for_admins() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    assert!(
        matches!(
            world.rule(&amy(), &case, "escalate").await,
            Err(DeskError::Fields(_))
        ),
        "a note is needed"
    );
    let draft = RulingDraft {
        decision: Some("escalate".to_owned()),
        version: Some(1),
        note: Some("拿不定主意".to_owned()),
        ..RulingDraft::default()
    };
    world.rule_with(&amy(), case.item.id, draft).await.unwrap();
    let case = world.case(flagged.case_id).await;
    assert!(matches!(
        world.rule(&amy(), &case, "remove").await,
        Err(DeskError::CaseEscalated)
    ));
    assert!(world.next(&amy()).await.is_none());
    assert_eq!(world.next(&ada()).await.unwrap().item.id, case.item.id);
    world.rule(&ada(), &case, "remove").await.unwrap();
    world.end().await;
}

#[tokio::test]
async fn a_ruling_on_a_tag_holds_for_all_comments_under_the_article() {
    let world = World::new();
    let first = world.post(comment("c-1", "好").tagged(&["美食"])).await;
    let case = world.case(first.surfaces.tags.unwrap()[0].case_id).await;
    let ruling = world.rule(&amy(), &case, "approve").await.unwrap();
    let second = world
        .post(comment("c-2", "好").by("m-2", "小華").tagged(&["美食"]))
        .await;
    let tag = &second.surfaces.tags.unwrap()[0];
    assert_eq!(
        (tag.verdict, serde_json::to_value(tag.evidence).unwrap()),
        (Verdict::Allow, "ruled".into())
    );
    assert_eq!(
        world.comment("c-1").await.surfaces.tags.unwrap()[0].verdict,
        Verdict::Allow
    );
    world.undo(&amy(), &ruling).await.unwrap();
    assert_eq!(
        world.comment("c-1").await.surfaces.tags.unwrap()[0].verdict,
        Verdict::Flag
    );
    assert_eq!(
        world.case(Some(case.item.id)).await.item.status.name(),
        "open"
    );
    // What was posted while the ruling held is flagged again, and its case is the one that opened again.
    assert_eq!(
        world.comment("c-2").await.surfaces.tags.unwrap()[0].case_id,
        Some(case.item.id)
    );
    world.end().await;
}

#[tokio::test]
async fn a_ruling_on_a_nickname_holds_for_the_exact_spelling() {
    let world = World::new();
    let first = world
        .post(comment("c-1", "早安").by("m-9", "版主本人"))
        .await;
    assert_eq!(first.verdict, Verdict::Flag);
    let case = world.case(first.case_id).await;
    assert_eq!(case.item.subject.kind, "member");
    world.rule(&amy(), &case, "remove").await.unwrap();
    assert_eq!(world.comment("c-1").await.verdict, Verdict::Remove);
    let same = world
        .post(comment("c-2", "晚安").by("m-9", "版主本人"))
        .await;
    assert_eq!(
        (same.verdict, same.decided_by),
        (Verdict::Remove, DecidedBy::Moderator)
    );
    let other = world
        .post(comment("c-3", "晚安").by("m-9", "不是版主"))
        .await;
    assert_eq!(
        other.verdict,
        Verdict::Flag,
        "another spelling is looked at again"
    );
    assert_ne!(other.case_id, first.case_id);
    world.end().await;
}

#[tokio::test]
async fn removing_tags_approves_the_rest_and_binds_that_comment_alone() {
    let world = World::new();
    let flagged = world
        .post(comment("c-1", "你這個白痴").tagged(&["北約"]))
        .await;
    let draft = RulingDraft {
        decision: Some("remove_tags".to_owned()),
        version: Some(1),
        tags: vec!["北約".to_owned()],
        code: Some(ReasonCode::TagFalse.name().to_owned()),
        ..RulingDraft::default()
    };
    let unknown = RulingDraft {
        tags: vec!["別的".to_owned()],
        ..draft.clone()
    };
    let case = flagged.case_id.unwrap();
    assert!(matches!(
        world.rule_with(&amy(), case, unknown).await,
        Err(DeskError::Fields(_))
    ));
    let ruled = world
        .rule_with(&amy(), case, draft)
        .await
        .unwrap()
        .comment
        .unwrap();
    assert_eq!(
        (ruled.verdict, ruled.surfaces.tags.unwrap()[0].verdict),
        (Verdict::Allow, Verdict::Remove)
    );
    let other = world
        .post(comment("c-2", "好").by("m-2", "小華").tagged(&["北約"]))
        .await;
    assert_eq!(other.surfaces.tags.unwrap()[0].verdict, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn a_tag_flagged_for_its_words_goes_with_its_comment() {
    let world = World::new();
    for (id, decision, expected) in [
        ("c-1", "remove", Verdict::Remove),
        ("c-2", "approve", Verdict::Allow),
    ] {
        let flagged = world
            .post(comment(id, "早安").tagged(&["寧願死掉", "北約"]))
            .await;
        let verdicts = |tags: Option<Vec<banzhu::desk::views::TagView>>| {
            let tags = tags.unwrap();
            tags.iter().map(|tag| tag.verdict).collect::<Vec<_>>()
        };
        let case = world.case(flagged.case_id).await;
        assert_eq!(
            verdicts(flagged.surfaces.tags),
            [Verdict::Flag, Verdict::Allow]
        );
        world.rule(&amy(), &case, decision).await.unwrap();
        let now = world.comment(id).await;
        assert_eq!(now.verdict, expected);
        assert_eq!(verdicts(now.surfaces.tags), [expected, Verdict::Allow]);
    }
    world.end().await;
}

#[tokio::test]
async fn spellings_of_one_nickname_share_a_case_and_the_gravest_stays_in_sight() {
    let world = World::new();
    let post = async |world: &World, id: &str, nickname: &str| {
        let named = comment(id, "早安").by("m-9", nickname);
        world.post(named).await.case_id
    };
    let first = post(&world, "c-1", "版主本人").await;
    let joined = post(&world, "c-2", "垃圾話大王").await;
    assert_eq!(joined, first, "it joins what is open");
    let case = world.case(first).await;
    let shown = case.item.member.as_ref().unwrap().nickname.clone();
    assert_eq!((shown.as_deref(), case.item.version), (Some("版主本人"), 1));
    assert_eq!(post(&world, "c-3", "版主二號").await, first);
    let case = world.case(first).await;
    let shown = case.item.member.as_ref().unwrap().nickname.clone();
    assert_eq!((shown.as_deref(), case.item.version), (Some("版主二號"), 2));
    let beside = case.comment.as_ref().unwrap();
    assert_eq!(
        beside.comment_id.as_str(),
        "c-3",
        "the comment that bears it"
    );
    let ruling = world.rule(&amy(), &case, "approve").await.unwrap();
    assert_eq!(world.comment("c-3").await.verdict, Verdict::Allow);
    assert_eq!(
        world.comment("c-1").await.verdict,
        Verdict::Flag,
        "a ruling holds for the exact spelling"
    );
    let world = world.reopened().await;
    let second = post(&world, "c-4", "版主本人").await;
    assert_ne!(second, first);
    // Two open cases about one member there shall never be.
    let undone = world.undo(&amy(), &ruling).await;
    assert!(matches!(undone, Err(DeskError::CaseChanged(_))));
    let again = RulingDraft {
        decision: Some("escalate".to_owned()),
        version: Some(3),
        note: Some("請看".to_owned()),
        ..RulingDraft::default()
    };
    let escalated = world.rule_with(&amy(), first.unwrap(), again).await;
    assert!(matches!(escalated, Err(DeskError::CaseChanged(_))));
    world.end().await;
}
