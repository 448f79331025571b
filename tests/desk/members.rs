//! Members: strikes follow from rulings and go with them; sanctions hold, end and are lifted; floods are seen.

use std::sync::Arc;

use banzhu::{
    desk::{
        DeskError, ExpectDraft, Idempotent, NicknameDraft, PageQuery, RulingDraft, SanctionDraft,
        views::{MemberView, ModerationView, RulingAnswer, SanctionView},
    },
    id::{CaseId, CommentId, MemberId, ReporterId, SanctionId},
    policy::{Rulebook, RulebookFiles},
    record::{ReasonCode, Verdict},
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, amy, ben, board, comment, files};

fn id(member: &str) -> MemberId {
    MemberId::parse(member).unwrap()
}

fn codes(view: &ModerationView) -> Vec<ReasonCode> {
    view.reasons.iter().map(|reason| reason.code).collect()
}

fn draft(kind: &str, days: Option<u32>) -> SanctionDraft {
    SanctionDraft {
        kind: Some(kind.to_owned()),
        days,
        reason: Some("屢勸不聽".to_owned()),
        code: None,
        ..SanctionDraft::default()
    }
}

impl World {
    async fn member(&self, member: &str) -> MemberView {
        self.desk.members.member(&id(member)).await.unwrap()
    }

    async fn lay(&self, member: &str, kind: &str, days: Option<u32>) -> SanctionView {
        let by = amy();
        let done = self
            .desk
            .members
            .impose_sanction(&by, id(member), draft(kind, days), None);
        match done.await.unwrap() {
            Idempotent::Fresh(view) => view,
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    async fn lift(&self, sanction: SanctionId) -> Result<SanctionView, DeskError> {
        let reason = Some("查明無誤".to_owned());
        match self
            .desk
            .members
            .revoke_sanction(&ben(), sanction, reason, false, None)
            .await?
        {
            Idempotent::Fresh(view) => Ok(view),
            Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
        }
    }

    /// Removes a flagged comment of m-1, with a sanction.
    async fn strike(&self, comment_id: &str, sanction: Option<SanctionDraft>) -> RulingAnswer {
        let flagged = self.post(comment(comment_id, "你這個白痴")).await;
        let case = self.case(flagged.case_id).await;
        let draft = RulingDraft {
            decision: Some("remove".to_owned()),
            version: Some(case.item.version),
            sanction,
            ..RulingDraft::default()
        };
        self.rule_with(&amy(), case.item.id, draft).await.unwrap()
    }

    async fn proposed(&self, case: Option<CaseId>) -> Option<(String, Option<u32>)> {
        let proposed = self.case(case).await.proposed_sanction?;
        Some((
            proposed.sanction.kind.name().to_owned(),
            proposed.sanction.days,
        ))
    }

    async fn rename(&self, member: &str, nickname: &str, verified: Option<bool>) -> ModerationView {
        let draft = NicknameDraft {
            nickname: Some(nickname.to_owned()),
            verified,
        };
        let posted = self
            .desk
            .members
            .judge_nickname(&board(), id(member), draft)
            .await;
        posted.unwrap().view
    }
}

fn world_with(rules: &str) -> World {
    let files = RulebookFiles {
        rules: Some(rules.to_owned()),
        ..files()
    };
    World::with(Arc::new(Rulebook::compile(&files, 1).unwrap()))
}

#[tokio::test]
async fn rulings_are_strikes_that_climb_the_ladder_and_go_with_their_undo() {
    let world = World::new();
    let first = world.post(comment("c-0", "你這個白痴")).await;
    assert_eq!(
        world.member("m-1").await.strike_count,
        0,
        "a flag is no strike"
    );
    assert_eq!(
        world.proposed(first.case_id).await,
        Some(("warn".into(), None))
    );
    world.strike("c-1", None).await;
    let second = world.strike("c-2", Some(draft("suspend", Some(1)))).await;
    let now = world.member("m-1").await;
    assert_eq!((now.strike_count, now.standing), (2, "suspended"));
    assert_eq!(now.until, second.sanction.as_ref().unwrap().until);
    assert_eq!(
        world.proposed(first.case_id).await,
        Some(("suspend".into(), Some(7)))
    );

    let held = world.post(comment("c-3", "大家早安")).await;
    assert_eq!((held.verdict, held.case_id), (Verdict::Remove, None));
    assert_eq!(codes(&held), [ReasonCode::MemberSuspended]);
    let notice = held.notice.unwrap();
    assert!(
        notice.zh_tw.contains("停權") && !notice.zh_tw.contains("違反"),
        "{}",
        notice.zh_tw
    );
    world.undo(&amy(), &second).await.unwrap();
    let now = world.member("m-1").await;
    assert_eq!(
        (now.strike_count, now.standing, now.sanctions.len()),
        (1, "good", 0)
    );
    assert_eq!(
        world.post(comment("c-4", "大家早安")).await.verdict,
        Verdict::Allow
    );

    world.clock.pass(366 * DAY_MS);
    assert_eq!(world.member("m-1").await.strike_count, 0, "strikes expire");
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_newer_ruling_takes_strike_and_sanction_of_the_older_with_it() {
    let world = World::new();
    let removed = world.strike("c-1", Some(draft("terminate", None))).await;
    assert_eq!(world.member("m-1").await.standing, "terminated");
    let held = world.post(comment("c-2", "早")).await;
    assert_eq!(codes(&held), [ReasonCode::MemberTerminated]);
    let case = world.case(Some(removed.case_id)).await;
    let approved = world.rule(&ben(), &case, "approve").await.unwrap();
    let now = world.member("m-1").await;
    assert_eq!((now.strike_count, now.standing), (0, "good"));
    world.undo(&ben(), &approved).await.unwrap();
    let now = world.member("m-1").await;
    assert_eq!((now.strike_count, now.standing), (1, "terminated"));
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_sanction_needs_a_removal_and_a_member() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    for (decision, sanction) in [
        ("approve", draft("warn", None)),
        ("remove", draft("suspend", None)),
        ("remove", draft("warn", Some(3))),
        ("remove", draft("scold", None)),
    ] {
        let ruling = RulingDraft {
            decision: Some(decision.to_owned()),
            version: Some(case.item.version),
            sanction: Some(sanction.clone()),
            ..RulingDraft::default()
        };
        let refused = world.rule_with(&amy(), case.item.id, ruling).await;
        assert!(matches!(refused, Err(DeskError::Fields(_))), "{sanction:?}");
    }
    assert_eq!(world.case(flagged.case_id).await.item.version, 1);
    world.end().await;
}

#[tokio::test]
async fn sanctions_outside_a_case_end_and_are_lifted() {
    let world = World::new();
    assert_eq!(world.member("m-never").await.standing, "good");
    let watch = world.lay("m-1", "watch", Some(30)).await;
    let watched = world.post(comment("c-1", "大家早安")).await;
    assert_eq!(
        (watched.verdict, watched.member_standing),
        (Verdict::Flag, "watched")
    );
    let case = world.case(watched.case_id).await;
    assert_eq!(case.item.code, ReasonCode::MemberWatched);
    assert_eq!(case.item.member.unwrap().standing, "watched");

    let suspend = world.lay("m-1", "suspend", Some(7)).await;
    assert_eq!(world.member("m-1").await.standing, "suspended");
    let lifted = world.lift(suspend.id).await.unwrap();
    assert_eq!(lifted.lifted.as_ref().unwrap().reason, "查明無誤");
    assert_eq!(
        world.lift(suspend.id).await.unwrap(),
        lifted,
        "again is nothing new"
    );
    assert_eq!(
        world.member("m-1").await.standing,
        "watched",
        "the other one stays"
    );
    world.clock.pass(31 * DAY_MS);
    assert_eq!(world.member("m-1").await.standing, "good");
    let history = world
        .desk
        .members
        .history(&id("m-1"), PageQuery::default())
        .await
        .unwrap();
    let laid: Vec<SanctionId> = history.sanctions.iter().map(|one| one.id).collect();
    assert_eq!(laid, [suspend.id, watch.id]);
    let unknown = SanctionId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
    assert!(matches!(
        world.lift(unknown).await,
        Err(DeskError::NotFound)
    ));
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_nickname_is_judged_alone_and_remembered() {
    let world = World::new();
    let flagged = world.rename("m-2", "我是版主", None).await;
    assert_eq!(
        (flagged.verdict, flagged.comment_id.is_none()),
        (Verdict::Flag, true)
    );
    assert_eq!(
        world.rename("m-2", "我是版主", None).await.case_id,
        flagged.case_id
    );
    let case = world.case(flagged.case_id).await;
    assert!(case.comment.is_none());
    world.rule(&amy(), &case, "remove").await.unwrap();
    let under_it = world
        .post(comment("c-1", "早安").by("m-2", "我是版主"))
        .await;
    assert_eq!(under_it.verdict, Verdict::Remove);
    assert_eq!(
        world.rename("m-2", "路人甲", None).await.verdict,
        Verdict::Allow
    );
    // the board's word is kept until it says something else
    assert_eq!(
        world.rename("m-2", "小版主", Some(true)).await.verdict,
        Verdict::Allow
    );
    let vouched = world.post(comment("c-2", "早安").by("m-2", "大版主")).await;
    assert_eq!(vouched.verdict, Verdict::Allow);
    let history = world
        .desk
        .members
        .history(&id("m-2"), PageQuery::default())
        .await
        .unwrap();
    let names: Vec<&str> = history
        .nicknames
        .iter()
        .map(|one| one.nickname.as_str())
        .collect();
    assert_eq!(names, ["大版主", "小版主", "路人甲", "我是版主"]);
    assert_eq!((history.comments.len(), history.rulings.len()), (2, 1));
    world.reopened().await.end().await;
}

#[tokio::test]
async fn the_history_is_turned_page_by_page() {
    let world = World::new();
    for nth in 0..5 {
        world.post(comment(&format!("c-{nth}"), "早安")).await;
        world
            .post(comment(&format!("d-{nth}"), "早安").by("m-2", "路人"))
            .await;
        world.clock.pass(MINUTE_MS);
    }
    let mut page = PageQuery {
        limit: Some("2".to_owned()),
        cursor: None,
    };
    let mut seen = Vec::new();
    loop {
        let history = world
            .desk
            .members
            .history(&id("m-1"), page.clone())
            .await
            .unwrap();
        seen.extend(
            history
                .comments
                .iter()
                .map(|one| one.comment_id.to_string()),
        );
        page.cursor = history.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["c-4", "c-3", "c-2", "c-1", "c-0"]);
    world.end().await;
}

#[tokio::test]
async fn the_first_comments_of_a_new_member_are_looked_at_where_the_board_wants_it() {
    let world = world_with("[members]\nfirst_posts = 2\n");
    let said = async |id: &str, body: &str| world.post(comment(id, body)).await.verdict;
    assert_eq!(said("c-0", "早安").await, Verdict::Flag);
    assert_eq!(said("c-1", "早安").await, Verdict::Flag);
    assert_eq!(
        said("c-1", "早安安").await,
        Verdict::Flag,
        "an edit is not another one"
    );
    assert_eq!(said("c-2", "早安").await, Verdict::Allow);
    world.end().await;
}

#[tokio::test]
async fn a_flood_is_flagged_and_everyday_words_are_none() {
    let world = World::new();
    const SAID: &str = "大家一起去連署,不要讓他們得逞";
    let mut floods = Vec::new();
    for nth in 0..3 {
        floods.push(world.post(comment(&format!("c-{nth}"), SAID)).await);
        world.post(comment(&format!("d-{nth}"), "推")).await;
        world.clock.pass(MINUTE_MS);
    }
    let verdicts: Vec<Verdict> = floods.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Verdict::Allow, Verdict::Allow, Verdict::Flag]);
    assert_eq!(codes(&floods[2]), [ReasonCode::Flood]);
    let case = world.case(floods[2].case_id).await;
    assert_eq!(
        (case.item.code, case.item.surface),
        (ReasonCode::Flood, None)
    );
    // from others, too: a campaign; its cases are one group
    let mut groups = Vec::new();
    for nth in 0..4 {
        let member = format!("m-x{nth}");
        let copy = world
            .post(comment(&format!("e-{nth}"), SAID).by(&member, "路人"))
            .await;
        if copy.verdict == Verdict::Flag {
            groups.push(world.case(copy.case_id).await.item.group);
        }
    }
    assert!(!groups.is_empty() && groups.iter().all(|group| *group == case.item.group));
    assert!(case.item.group.is_some());
    world.end().await;
}

#[tokio::test]
async fn a_reason_too_long_is_refused_wherever_one_is_given() {
    let world = World::new();
    let (held, reader) = (
        CommentId::parse("c-1").unwrap(),
        ReporterId::parse("r-1").unwrap(),
    );
    let imposed = world.lay("m-1", "suspend", Some(3)).await.id;
    let (desk, by) = (&world.desk, amy());
    let long = || Some("字".repeat(2_001));
    let hold = desk.privacy.place_hold(&by, &held, long(), None).await;
    let dismissal = desk
        .reports
        .dismiss_reports(&by, reader, long(), None)
        .await;
    let revocation = desk
        .members
        .revoke_sanction(&by, imposed, long(), false, None);
    for refused in [hold.err(), dismissal.err(), revocation.await.err()] {
        assert!(matches!(refused, Some(DeskError::Fields(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_proposed_sanction_is_laid_as_long_as_it_is_the_one_that_was_seen() {
    let world = World::new();
    let (first, second) = (
        world.post(comment("c-1", "你這個白痴")).await,
        world.post(comment("c-2", "你這個豬頭")).await,
    );
    let seen = world.case(first.case_id).await;
    let expecting = |kind: &str, days| RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(seen.item.version),
        sanction: Some(SanctionDraft {
            kind: Some("proposed".to_owned()),
            expect: Some(ExpectDraft {
                kind: Some(kind.to_owned()),
                days,
            }),
            ..SanctionDraft::default()
        }),
        ..RulingDraft::default()
    };
    let other = world.case(second.case_id).await;
    world.rule(&ben(), &other, "remove").await.unwrap();
    let moved = world
        .rule_with(&amy(), seen.item.id, expecting("warn", None))
        .await;
    let Err(DeskError::ProposalChanged(Ok(proposed))) = moved else {
        panic!("there was a strike meanwhile")
    };
    assert_eq!(proposed.sanction.kind.name(), "suspend");
    assert_eq!(proposed.because.strikes.len(), 1);
    assert_eq!(
        world.comment("c-1").await.verdict,
        Verdict::Flag,
        "unchanged"
    );
    let ruled = world
        .rule_with(&amy(), seen.item.id, expecting("suspend", Some(1)))
        .await;
    let laid = ruled.unwrap().sanction.unwrap();
    assert_eq!((laid.kind.name(), laid.days), ("suspend", Some(1)));
    world.end().await;
}

#[tokio::test]
async fn a_proposal_that_is_none_any_more_says_why() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let draft = |code: &str| RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some(code.to_owned()),
        sanction: Some(SanctionDraft {
            kind: Some("proposed".to_owned()),
            expect: Some(ExpectDraft {
                kind: Some("warn".to_owned()),
                days: None,
            }),
            ..SanctionDraft::default()
        }),
        ..RulingDraft::default()
    };
    // For another code than the case has.
    let refused = world.rule_with(&amy(), case.item.id, draft("other")).await;
    let Err(DeskError::ProposalChanged(Err(why))) = refused else {
        panic!("nothing is proposed for that code")
    };
    assert_eq!(why.code, "no-points");
    let ruled = world.rule_with(&amy(), case.item.id, draft("insult")).await;
    assert_eq!(ruled.unwrap().sanction.unwrap().kind.name(), "warn");
    world.end().await;
}
