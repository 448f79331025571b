//! What a sanction blocked is judged again once the sanction proves to have been wrong; and what the ladder counts.

use std::sync::Arc;

use banzhu::{
    access::Caller,
    desk::{
        AppealDraft, AuditQuery, DeskError, Idempotent, NewUser, ReportDraft, RulingDraft,
        SanctionDraft, StatsQuery,
        views::{CommentView, EventData, MemberView, RulingAnswer, SanctionView},
    },
    id::{CaseId, CommentId, MemberId, SanctionId},
    lexicon::ListCode,
    policy::Rulebook,
    record::{ReasonCode, ReportOutcome, Verdict},
    review::DecidedBy,
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, ben, board, comment, files};

fn draft(kind: &str, days: Option<u32>) -> SanctionDraft {
    SanctionDraft {
        kind: Some(kind.to_owned()),
        days,
        ..SanctionDraft::default()
    }
}

fn m1() -> MemberId {
    MemberId::parse("m-1").unwrap()
}

fn codes(view: &CommentView) -> Vec<ReasonCode> {
    view.reasons.iter().map(|reason| reason.code).collect()
}

fn fresh<T>(answered: Idempotent<T>) -> T {
    match answered {
        Idempotent::Fresh(view) => view,
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

impl World {
    async fn m1(&self) -> MemberView {
        self.desk.members.member(&m1()).await.unwrap()
    }

    /// Removes a flagged comment of m-1 with a sanction.
    async fn sanctioned(&self, by: &Caller, id: &str, sanction: SanctionDraft) -> RulingAnswer {
        let flagged = self.post(comment(id, "你這個白痴")).await;
        let version = self.case(flagged.case_id).await.item.version;
        let draft = RulingDraft {
            decision: Some("remove".to_owned()),
            version: Some(version),
            note: Some("同事請看:他又來了".to_owned()),
            sanction: Some(sanction),
            ..RulingDraft::default()
        };
        self.rule_with(by, flagged.case_id.unwrap(), draft)
            .await
            .unwrap()
    }

    async fn suspended(&self) -> RulingAnswer {
        let ruling = self
            .sanctioned(&amy(), "c-0", draft("suspend", Some(7)))
            .await;
        self.clock.pass(MINUTE_MS);
        ruling
    }

    async fn blocked(&self, id: &str, body: &str) {
        let view = self.post(comment(id, body)).await;
        assert_eq!(
            (view.verdict, view.case_id),
            (Verdict::Remove, None),
            "{id}"
        );
    }

    async fn lifted(
        &self,
        by: &Caller,
        id: SanctionId,
        restore: bool,
    ) -> Result<SanctionView, DeskError> {
        let reason = Some("查明無誤".to_owned());
        self.desk
            .members
            .revoke_sanction(by, id, reason, restore, None)
            .await
            .map(fresh)
    }

    async fn verdict(&self, id: &str) -> Verdict {
        self.comment(id).await.verdict
    }

    /// What the board was told of comments since the news of this number.
    async fn told_since(&self, number: u64) -> Vec<(String, Verdict)> {
        let list = self
            .desk
            .outbox
            .events_since(Some(number.to_string()), None)
            .await;
        let told = list.unwrap().items.into_iter();
        told.filter_map(|news| match news.data {
            Some(EventData::Comment { comment, .. }) => {
                Some((comment.comment_id.to_string(), comment.verdict))
            }
            _ => None,
        })
        .collect()
    }

    async fn last_news(&self) -> u64 {
        let list = self
            .desk
            .outbox
            .events_since(None, Some("200".to_owned()))
            .await;
        list.unwrap().next_after.parse().unwrap()
    }

    async fn actions(&self, id: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let query = AuditQuery {
            subject: Some(format!("comment:{id}")),
            ..AuditQuery::default()
        };
        let list = self.desk.figures.audit(query).await.unwrap();
        let told = list.items.into_iter();
        told.map(|entry| (entry.action, entry.from, entry.to))
            .collect()
    }
}

#[tokio::test]
async fn what_an_undone_suspension_blocked_is_judged_again_and_told() {
    let world = World::new();
    let ruling = world.suspended().await;
    for (id, body) in [
        ("c-1", "大家早安"),
        ("c-2", "你這個白痴"),
        ("c-3", "幹你娘"),
        ("c-4", "今天天氣很好"),
        ("c-5", "收回的話"),
        ("c-6", "看過的話"),
    ] {
        world.blocked(id, body).await;
    }
    world.withdraw("c-5").await.unwrap();
    let taken_up = banzhu::desk::CaseDraft {
        comment_id: Some("c-6".to_owned()),
        code: Some("knowingly-false".to_owned()),
        ..Default::default()
    };
    let case = fresh(
        world
            .desk
            .queue
            .open_case(&ben(), taken_up, None)
            .await
            .unwrap(),
    );
    let removed = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some("knowingly-false".to_owned()),
        ..RulingDraft::default()
    };
    world
        .rule_with(&ben(), case.item.id, removed)
        .await
        .unwrap();
    world.undo(&amy(), &ruling).await.unwrap();
    assert_eq!(
        world.verdict("c-1").await,
        Verdict::Remove,
        "in the background"
    );

    // a stop in between loses nothing
    let world = world.reopened().await;
    let before = world.last_news().await;
    world.desk.background.fan_out_next().await.unwrap();
    let world = world.reopened().await;
    world.desk.background.run_background().await.unwrap();

    let first = world.comment("c-1").await;
    assert_eq!(
        (first.verdict, first.decided_by),
        (Verdict::Allow, DecidedBy::Filter)
    );
    assert!(first.reasons.is_empty() && first.notice.is_none() && !first.appealable);
    assert_eq!(
        first.revisions[0].verdict,
        Verdict::Remove,
        "never over the first"
    );
    assert_eq!(first.revisions[0].rejudged.len(), 1);
    let flagged = world.comment("c-2").await;
    assert_eq!(
        (flagged.verdict, codes(&flagged)),
        (Verdict::Flag, vec![ReasonCode::Insult])
    );
    let case = world.case(flagged.case_id).await;
    assert_eq!(
        (case.item.status.name(), case.item.source.name()),
        ("open", "filter")
    );
    let curse = world.comment("c-3").await;
    assert_eq!(
        (curse.verdict, codes(&curse)),
        (Verdict::Remove, vec![ReasonCode::Profanity])
    );
    assert_eq!(world.verdict("c-4").await, Verdict::Allow);
    assert_eq!(
        world.verdict("c-5").await,
        Verdict::Remove,
        "it was withdrawn"
    );
    let ruled = world.comment("c-6").await;
    assert_eq!(
        (ruled.verdict, ruled.decided_by),
        (Verdict::Remove, DecidedBy::Moderator)
    );

    let told = world.told_since(before).await;
    let told: Vec<(&str, Verdict)> = told.iter().map(|(id, verdict)| (&**id, *verdict)).collect();
    assert_eq!(
        told[told.len() - 4..],
        [
            ("c-1", Verdict::Allow),
            ("c-2", Verdict::Flag),
            ("c-3", Verdict::Remove),
            ("c-4", Verdict::Allow),
        ]
    );
    let step = |action: &str, from: &str, to: &str| {
        (
            action.to_owned(),
            Some(from.to_owned()),
            Some(to.to_owned()),
        )
    };
    assert_eq!(
        world.actions("c-1").await[0],
        step("comment.rejudged", "remove", "allow")
    );
    let stats = world
        .desk
        .figures
        .stats(StatsQuery::default())
        .await
        .unwrap();
    let day = &stats.items[0].verdicts;
    // c-0 and c-2 flagged; c-3, c-5 (withdrawn) removed; c-1, c-4, c-6 allowed by the filter
    assert_eq!((day.allow, day.flag, day.remove), (3, 2, 2));

    // the ruling on it lies over the later decision, and its undo shows that
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.actions("c-1").await.len(), 2, "once");
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_ruling_stays_and_below_it_is_the_later_decision() {
    let world = World::new();
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    let taken_up = banzhu::desk::CaseDraft {
        comment_id: Some("c-1".to_owned()),
        code: Some("knowingly-false".to_owned()),
        ..Default::default()
    };
    let case = fresh(
        world
            .desk
            .queue
            .open_case(&ben(), taken_up, None)
            .await
            .unwrap(),
    );
    let removed = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some("knowingly-false".to_owned()),
        ..RulingDraft::default()
    };
    let other = world
        .rule_with(&ben(), case.item.id, removed)
        .await
        .unwrap();
    world.undo(&amy(), &ruling).await.unwrap();
    let before = world.last_news().await;
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Remove);
    assert!(
        world.told_since(before).await.is_empty(),
        "nothing changed for the board"
    );
    world.undo(&ben(), &other).await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Allow);
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_sanction_that_is_merely_lifted_leaves_what_it_blocked_unless_that_is_asked_for() {
    let world = World::new();
    let laid = world.suspended().await.sanction.unwrap();
    world.blocked("c-1", "大家早安").await;
    let lifted = world.lifted(&ben(), laid.id, false).await.unwrap();
    assert!(lifted.lifted.is_some() && !lifted.restored);
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Remove);
    assert_eq!(
        world.post(comment("c-2", "大家早安")).await.verdict,
        Verdict::Allow
    );

    // said later, it is done later
    let restored = world.lifted(&ben(), laid.id, true).await.unwrap();
    assert!(restored.restored && restored.lifted == lifted.lifted);
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Allow);
    let news = world.last_news().await;
    world.lifted(&ben(), laid.id, true).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.last_news().await, news, "again is nothing new");
    world.reopened().await.end().await;
}

#[tokio::test]
async fn what_is_overturned_is_restored_though_its_time_is_over_and_undo_puts_it_back() {
    let world = World::new();
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    let plea = AppealDraft {
        member_id: Some("m-1".to_owned()),
        statement: Some("我沒有罵人".to_owned()),
    };
    let id = CommentId::parse("c-0").unwrap();
    world
        .desk
        .appeals
        .appeal(&board(), id, plea, None)
        .await
        .unwrap();
    let case = world.case(Some(ruling.case_id)).await;
    assert!(
        case.proposed_sanction.is_none(),
        "nobody is threatened for an appeal"
    );
    world.clock.pass(8 * DAY_MS);
    let overturned = world.rule(&ben(), &case, "approve").await.unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Allow);
    world.undo(&ben(), &overturned).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    let back = world.comment("c-1").await;
    assert_eq!(
        (back.verdict, codes(&back)),
        (Verdict::Remove, vec![ReasonCode::MemberSuspended])
    );
    let case = world.case(Some(ruling.case_id)).await;
    world.rule(&ben(), &case, "approve").await.unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(
        world.verdict("c-1").await,
        Verdict::Allow,
        "the ruling is made again"
    );
    world.reopened().await.end().await;
}

#[tokio::test]
async fn what_another_sanction_blocked_too_stays_blocked_and_a_watch_flags_no_more() {
    let world = World::new();
    let by_hand = SanctionDraft {
        reason: Some("屢勸不聽".to_owned()),
        ..draft("watch", Some(30))
    };
    let laid = world
        .desk
        .members
        .impose_sanction(&amy(), m1(), by_hand, None)
        .await;
    let watch = fresh(laid.unwrap());
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    world.undo(&amy(), &ruling).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    let watched = world.comment("c-1").await;
    assert_eq!(
        (watched.verdict, codes(&watched)),
        (Verdict::Flag, vec![ReasonCode::MemberWatched])
    );
    assert_eq!(
        world.case(watched.case_id).await.item.code,
        ReasonCode::MemberWatched
    );
    world.lifted(&amy(), watch.id, true).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Allow);
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_milder_sanction_in_its_place_is_no_more_than_that() {
    let world = World::new();
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    let again = |version, kind: &str, days| RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(version),
        sanction: Some(draft(kind, days)),
        ..RulingDraft::default()
    };
    let shorter = again(ruling.version, "suspend", Some(1));
    let shorter = world
        .rule_with(&ben(), ruling.case_id, shorter)
        .await
        .unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(
        world.verdict("c-1").await,
        Verdict::Remove,
        "rightly suspended"
    );
    world.clock.pass(MINUTE_MS);
    let warned = again(shorter.version, "warn", None);
    world
        .rule_with(&ben(), ruling.case_id, warned)
        .await
        .unwrap();
    world.desk.background.run_background().await.unwrap();
    assert_eq!(world.verdict("c-1").await, Verdict::Allow);
    world.reopened().await.end().await;
}

#[tokio::test]
async fn nothing_gets_harsher_by_being_judged_again() {
    let world = World::new();
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    world.undo(&amy(), &ruling).await.unwrap();
    let mut stricter = files();
    for list in &mut stricter.lists {
        if list.name == ListCode::Insult.file_name() {
            let row = "早安\t3\t\t\t\t\t\t\town knowledge\n爛咖王\t";
            list.content = list.content.replace("爛咖王\t", row);
        }
    }
    let stricter = Arc::new(Rulebook::compile(&stricter, 2).unwrap());
    let world = world.reopened_with(stricter, World::settings()).await;
    world.desk.background.run_background().await.unwrap();
    let restored = world.comment("c-1").await;
    assert_eq!(
        (restored.verdict, codes(&restored)),
        (Verdict::Allow, vec![])
    );
    assert_eq!(
        world.post(comment("c-2", "大家早安")).await.verdict,
        Verdict::Flag
    );
    world.end().await;
}

#[tokio::test]
async fn faults_in_two_surfaces_of_one_post_are_one_offence() {
    let world = World::new();
    let post = comment("c-1", "你這個白痴").by("m-1", "白痴阿明");
    let flagged = world.post(post).await;
    let body = world.case(flagged.case_id).await;
    let queue = world.desk.queue.queue(Default::default()).await.unwrap();
    let other: Vec<CaseId> = queue.items.iter().map(|item| item.id).collect();
    let other = other.into_iter().find(|id| *id != body.item.id);
    let nickname = world.case(other).await;
    assert_eq!(nickname.item.subject.kind, "member");
    world.rule(&amy(), &nickname, "remove").await.unwrap();
    let proposed = world.case(flagged.case_id).await.proposed_sanction;
    assert_eq!(proposed, None, "the post counts as much already");
    world.rule(&amy(), &body, "remove").await.unwrap();
    let member = world.m1().await;
    assert_eq!((member.strike_count, member.strikes.len()), (1, 1));
    world
        .post(comment("c-2", "你這個白痴").by("m-1", "阿明"))
        .await;
    let another = world.comment("c-2").await.case_id;
    assert_eq!(
        world
            .case(another)
            .await
            .proposed_sanction
            .unwrap()
            .sanction
            .days,
        Some(1)
    );
    world.reopened().await.end().await;
}

#[tokio::test]
async fn what_an_admin_laid_an_admin_lifts() {
    let world = World::new();
    for (name, role) in [("amy", "moderator"), ("ben", "moderator"), ("ada", "admin")] {
        let new = NewUser {
            name: Some(name.to_owned()),
            role: Some(role.to_owned()),
            password: Some("long enough for a test".to_owned()),
        };
        world
            .desk
            .accounts
            .create_user(&ada(), new, None)
            .await
            .unwrap();
    }
    let ruling = world
        .sanctioned(&ada(), "c-0", draft("suspend", Some(7)))
        .await;
    let laid = ruling.sanction.as_ref().unwrap().id;
    let forbidden = |done: Result<SanctionView, DeskError>| {
        assert!(matches!(done, Err(DeskError::ImposedByAdmin)), "{done:?}");
    };
    forbidden(world.lifted(&ben(), laid, false).await);
    forbidden(world.lifted(&ben(), laid, true).await);
    let case = world.case(Some(ruling.case_id)).await;
    for decision in ["approve", "remove"] {
        let refused = world.rule(&ben(), &case, decision).await;
        assert!(
            matches!(refused, Err(DeskError::ImposedByAdmin)),
            "{refused:?}"
        );
    }
    assert_eq!(world.m1().await.standing, "suspended");
    let note = RulingDraft {
        decision: Some("escalate".to_owned()),
        version: Some(case.item.version),
        note: Some("請管理員決定".to_owned()),
        ..RulingDraft::default()
    };
    let escalated = world.rule_with(&ben(), ruling.case_id, note).await;
    assert!(escalated.is_ok(), "handing it up lifts nothing");
    let case = world.case(Some(ruling.case_id)).await;
    world.rule(&ada(), &case, "approve").await.unwrap();
    assert_eq!(world.m1().await.standing, "good");

    // contested by itself, it is the admins', too
    let by_hand = SanctionDraft {
        reason: Some("屢勸不聽".to_owned()),
        ..draft("suspend", Some(7))
    };
    let laid = fresh(
        world
            .desk
            .members
            .impose_sanction(&ada(), m1(), by_hand, None)
            .await
            .unwrap(),
    );
    let plea = AppealDraft {
        member_id: Some("m-1".to_owned()),
        statement: Some("我沒有".to_owned()),
    };
    let appeal = world
        .desk
        .appeals
        .appeal_sanction(&board(), laid.id, plea, None)
        .await;
    fresh(appeal.unwrap());
    let case = world.next(&ben()).await.unwrap();
    assert!(case.proposed_sanction.is_none());
    let refused = world.rule(&ben(), &case, "approve").await;
    assert!(
        matches!(refused, Err(DeskError::ImposedByAdmin)),
        "{refused:?}"
    );
    assert!(
        world.rule(&ben(), &case, "remove").await.is_ok(),
        "it stays"
    );
    assert!(world.lifted(&ada(), laid.id, false).await.is_ok());
    world.reopened().await.end().await;
}

#[tokio::test]
async fn a_note_stays_at_the_desk_and_the_reason_is_what_the_member_reads() {
    let world = World::new();
    let ruling = world.sanctioned(&amy(), "c-0", draft("warn", None)).await;
    assert_eq!(ruling.sanction.unwrap().reason, None);
    let given = SanctionDraft {
        reason: Some("人身攻擊".to_owned()),
        ..draft("warn", None)
    };
    let ruling = world.sanctioned(&amy(), "c-1", given).await;
    assert_eq!(ruling.sanction.unwrap().reason.as_deref(), Some("人身攻擊"));
    let list = world.desk.outbox.events_since(None, None).await.unwrap();
    let told = serde_json::to_string(&list).unwrap();
    assert!(
        told.contains("人身攻擊") && !told.contains("同事請看"),
        "{told}"
    );
    world.end().await;
}

#[tokio::test]
async fn what_was_reported_while_it_was_blocked_waits_for_a_person_once_it_is_restored() {
    let world = World::new();
    let ruling = world.suspended().await;
    world.blocked("c-1", "大家早安").await;
    world.blocked("c-2", "幹你娘").await;
    let report = async |on: &str| {
        let draft = ReportDraft {
            reporter_id: Some("r-1".to_owned()),
            code: Some("insult".to_owned()),
            ..ReportDraft::default()
        };
        let id = CommentId::parse(on).unwrap();
        let done = world
            .desk
            .reports
            .report(&board(), id, draft, None, None)
            .await;
        fresh(done.unwrap()).view
    };
    let (first, second) = (report("c-1").await, report("c-2").await);
    assert_eq!(
        (first.status, second.status),
        (ReportOutcome::Upheld, ReportOutcome::Upheld)
    );
    world.undo(&amy(), &ruling).await.unwrap();
    world.desk.background.run_background().await.unwrap();
    let status = async |id| world.desk.reports.report_by_id(id).await.unwrap().status;
    assert_eq!(
        status(first.id).await,
        ReportOutcome::Open,
        "nobody has looked at it yet"
    );
    assert_eq!(
        status(second.id).await,
        ReportOutcome::Upheld,
        "it is removed still"
    );
    let restored = world.comment("c-1").await;
    assert_eq!(restored.verdict, Verdict::Allow);
    let case = world.case(restored.case_id).await;
    assert_eq!((case.item.reports, case.item.status.name()), (1, "open"));
    world.rule(&ben(), &case, "approve").await.unwrap();
    assert_eq!(status(first.id).await, ReportOutcome::Dismissed);
    world.reopened().await.end().await;
}
