//! What is said is what was done: a ruling's code, an undo's refusal, days, last uses; and limits that hold for all who
//! come at the same moment.

use std::sync::Arc;

use banzhu::{
    access::Caller,
    desk::{
        DeskError, DeskSettings, Idempotent, NewKey, ReportDraft, RulingDraft, StatsQuery,
        WebhookDraft,
        views::{CaseView, RulingAnswer, StatsView},
    },
    id::CommentId,
    intake::{CommentDraft, Mode, Submission},
    record::ReasonCode,
    time::{DAY_MS, MINUTE_MS},
};
use futures_util::future::join_all;

use crate::world::{World, ada, amy, board, comment};

async fn report(world: &World, on: &str, by: &str, code: &str) -> Result<bool, DeskError> {
    let draft = ReportDraft {
        reporter_id: Some(by.to_owned()),
        code: Some(code.to_owned()),
        ..ReportDraft::default()
    };
    let id = CommentId::parse(on).unwrap();
    match world
        .desk
        .reports
        .report(&board(), id, draft, None, None)
        .await?
    {
        Idempotent::Fresh(posted) => Ok(posted.created),
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

async fn case_of(world: &World, id: &str) -> CaseView {
    world.case(world.comment(id).await.case_id).await
}

async fn remove(world: &World, case: &CaseView) -> Result<RulingAnswer, DeskError> {
    world.rule(&amy(), case, "remove").await
}

/// The English text of the one fault.
fn said(refused: Result<RulingAnswer, DeskError>) -> String {
    match refused.unwrap_err() {
        DeskError::Fields(faults) => {
            assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/code"));
            faults[0].en.clone()
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_removal_without_code_takes_that_of_the_reports_or_hears_what_may_stand() {
    let world = World::new();
    for id in ["agreed", "apart", "muted", "unsaid"] {
        world.post(comment(id, "祝大家早安")).await;
    }
    for by in ["r-1", "r-2"] {
        report(&world, "agreed", by, "infringement").await.unwrap();
    }
    let ruling = remove(&world, &case_of(&world, "agreed").await)
        .await
        .unwrap();
    let ruled = world.case(Some(ruling.case_id)).await;
    assert_eq!(ruled.rulings[0].code, Some(ReasonCode::Infringement));

    report(&world, "apart", "r-1", "insult").await.unwrap();
    report(&world, "apart", "r-2", "scam").await.unwrap();
    let case = case_of(&world, "apart").await;
    let told = said(remove(&world, &case).await);
    assert!(told.contains("insult") && told.contains("scam"), "{told}");
    assert!(!told.contains("threat"), "{told}");
    let draft = RulingDraft {
        decision: Some("remove".to_owned()),
        version: Some(case.item.version),
        code: Some("scam".to_owned()),
        ..RulingDraft::default()
    };
    world.rule_with(&amy(), case.item.id, draft).await.unwrap();

    // who is muted has no say where others have
    let bad = banzhu::id::ReporterId::parse("r-bad").unwrap();
    let reason = Some("亂檢舉".to_owned());
    world
        .desk
        .reports
        .mute_reporter(&amy(), bad, Some(3), reason, None)
        .await
        .unwrap();
    report(&world, "muted", "r-bad", "threat").await.unwrap();
    report(&world, "muted", "r-1", "insult").await.unwrap();
    let ruling = remove(&world, &case_of(&world, "muted").await)
        .await
        .unwrap();
    let ruled = world.case(Some(ruling.case_id)).await;
    assert_eq!(ruled.rulings[0].code, Some(ReasonCode::Insult));

    // nobody said anything: whatever people may give
    let draft = banzhu::desk::CaseDraft {
        comment_id: Some("unsaid".to_owned()),
        code: Some("other".to_owned()),
        ..Default::default()
    };
    let Idempotent::Fresh(case) = world
        .desk
        .queue
        .open_case(&amy(), draft, None)
        .await
        .unwrap()
    else {
        panic!("nothing was asked twice")
    };
    let told = said(remove(&world, &case).await);
    assert!(told.contains("threat") && !told.contains("flood"), "{told}");
    world.end().await;
}

#[tokio::test]
async fn undoing_twice_says_who_did_it_before_and_when() {
    let world = World::new();
    let flagged = world.post(comment("c-1", "你這個白痴")).await;
    let case = world.case(flagged.case_id).await;
    let ruling = remove(&world, &case).await.unwrap();
    world.undo(&ada(), &ruling).await.unwrap();
    let at = world.desk.operations.now();
    world.clock.pass(20 * MINUTE_MS);
    match world.undo(&amy(), &ruling).await.unwrap_err() {
        DeskError::UndoneBefore { by, at: told, case } => {
            assert_eq!((by, told, case.item.version), (ada().actor(), at, 3));
        }
        other => panic!("{other}"),
    }
    world.end().await;
}

async fn posted(world: &World, id: &str, days_ago: i64) {
    let at = world.desk.operations.now().plus_ms(-days_ago * DAY_MS);
    let draft = CommentDraft {
        comment_id: Some(id.to_owned()),
        body: Some("你這個白痴".to_owned()),
        posted_at: Some(at.to_string()),
        ..CommentDraft::default()
    };
    let submission = Submission::parse(draft).unwrap();
    world
        .desk
        .comments
        .post(&board(), submission, Mode::default(), None)
        .await
        .unwrap();
}

async fn stats(world: &World, by: &str, day_of: Option<&str>) -> StatsView {
    let query = StatsQuery {
        by: Some(by.to_owned()),
        day_of: day_of.map(str::to_owned),
        ..StatsQuery::default()
    };
    world.desk.figures.stats(query).await.unwrap()
}

#[tokio::test]
async fn statistics_go_by_the_day_of_receipt_or_of_posting() {
    let world = World::new();
    for (id, days_ago) in [("c-0", 0), ("c-1", 1), ("c-2", 1), ("c-3", 3)] {
        posted(&world, id, days_ago).await;
    }
    let received = |view: &StatsView| -> Vec<i64> {
        let days = view.items.iter().map(|item| item.received);
        days.filter(|count| *count != 0).collect()
    };
    let usual = stats(&world, "day", None).await;
    assert_eq!((received(&usual), usual.day_of), (vec![4], "received"));
    let by_posting = stats(&world, "day", Some("posted")).await;
    assert_eq!(received(&by_posting), [1, 2, 1]);
    assert_eq!(by_posting.total.received, 4);
    let flagged: i64 = by_posting.items.iter().map(|item| item.verdicts.flag).sum();
    assert_eq!(flagged, 4);
    let terms = stats(&world, "term", Some("posted")).await;
    assert_eq!((terms.items.len(), terms.items[0].hits), (1, 4));
    let world = world.reopened().await;
    world.end().await;
}

#[tokio::test]
async fn a_key_that_is_revoked_at_once_tells_when_it_was_used() {
    let world = World::new();
    let new = NewKey {
        name: None,
        scopes: vec!["read".to_owned()],
        expires_at: None,
    };
    let made = world
        .desk
        .accounts
        .create_key(&Caller::Operator, new, None)
        .await
        .unwrap();
    let Idempotent::Fresh(made) = made else {
        panic!("nothing was asked twice")
    };
    let secret = made.key.clone().unwrap();
    let listed = async |world: &World| world.desk.accounts.keys().await.unwrap()[0].last_used_at;
    world
        .desk
        .identities
        .caller_of_secret(&secret)
        .await
        .unwrap();
    world.clock.pass(MINUTE_MS / 2);
    world
        .desk
        .identities
        .caller_of_secret(&secret)
        .await
        .unwrap();
    let used = Some(world.desk.operations.now());
    assert_eq!(listed(&world).await, used, "before anything is written");
    world.clock.pass(1_000);
    world
        .desk
        .accounts
        .revoke_key(&ada(), made.view.id)
        .await
        .unwrap();
    assert_eq!(listed(&world).await, used);
    let world = world.reopened().await;
    assert_eq!(listed(&world).await, used);
    world.end().await;
}

#[tokio::test]
async fn no_twenty_first_webhook_gets_in_however_many_come_at_once() {
    let reach = banzhu::notify::Reach::new(vec!["board.internal".to_owned()]);
    let world = World::with_settings(DeskSettings {
        webhook_reach: Arc::new(reach),
        ..World::settings()
    });
    let made = join_all((0..40).map(|n| {
        let draft = WebhookDraft {
            url: Some(format!("http://board.internal/{n}")),
            ..WebhookDraft::default()
        };
        let desk = Arc::clone(&world.desk);
        tokio::spawn(async move {
            desk.outbox
                .create_webhook(&ada(), draft, None)
                .await
                .is_ok()
        })
    }))
    .await;
    let made = made
        .into_iter()
        .filter(|made| *made.as_ref().unwrap())
        .count();
    assert_eq!(
        (made, world.desk.outbox.webhooks().await.unwrap().len()),
        (20, 20)
    );
    world.end().await;
}

#[tokio::test]
async fn a_reader_counts_once_however_often_a_report_is_sent_at_once() {
    let world = World::new();
    world.post(comment("open", "祝大家早安")).await;
    world.post(comment("removed", "幹你娘")).await;
    for on in ["open", "removed"] {
        let sent = (0..8).map(|_| report(&world, on, "r-1", "insult"));
        let made = join_all(sent).await;
        let made = made.into_iter().filter(|made| matches!(made, Ok(true)));
        assert_eq!(made.count(), 1, "{on}");
    }
    // both ways to each report are looked through
    world.end().await;
}
