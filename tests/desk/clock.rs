//! A clock that jumps: nothing is dropped by it, and what was begun under it ends once it is right again.

use banzhu::{
    desk::{AuditQuery, DeskError, Idempotent, NewKey, NewUser, SignedIn},
    record::Actor,
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, amy, ben, comment, idempotency_key};

const AHEAD_MS: i64 = 800 * DAY_MS;

/// The text of c-1, if it is still there.
async fn text(world: &World) -> Option<String> {
    while world.desk.privacy.purge_next_batch().await.unwrap() {}
    world.comment("c-1").await.revisions[0].body.clone()
}

async fn newest_audit(world: &World) -> (String, i64) {
    let newest = AuditQuery {
        limit: Some("1".to_owned()),
        ..AuditQuery::default()
    };
    let page = world.desk.figures.audit(newest).await.unwrap();
    (page.items[0].action.clone(), page.items[0].at.as_ms())
}

/// A person, and their password.
async fn user(world: &World, name: &str) -> String {
    let new = NewUser {
        name: Some(name.to_owned()),
        role: Some("moderator".to_owned()),
        password: Some("correct horse battery".to_owned()),
    };
    world
        .desk
        .accounts
        .create_user(&ada(), new, None)
        .await
        .unwrap();
    "correct horse battery".to_owned()
}

async fn holds(world: &World, session: &SignedIn) -> bool {
    world
        .desk
        .identities
        .caller_of_cookie(&session.cookie)
        .await
        .is_ok()
}

#[tokio::test]
async fn nothing_is_dropped_by_a_clock_that_jumped_until_somebody_accepts_it() {
    let world = World::new();
    world.clock.watch();
    world.post(comment("c-1", "大家早安")).await;
    let key = NewKey {
        name: None,
        scopes: vec!["read".to_owned()],
        expires_at: Some(world.desk.operations.now().plus_ms(DAY_MS).to_string()),
    };
    let Idempotent::Fresh(key) = world
        .desk
        .accounts
        .create_key(&ada(), key, None)
        .await
        .unwrap()
    else {
        panic!("nothing was asked twice");
    };
    let retry = Some(idempotency_key([7; 16], [8; 32]));
    let asked = comment("c-2", "大家晚安").submission();
    let post = async || {
        let mode = banzhu::intake::Mode::default();
        let by = crate::world::board();
        world
            .desk
            .comments
            .post(&by, asked.clone(), mode, retry)
            .await
    };
    assert!(matches!(post().await.unwrap(), Idempotent::Fresh(_)));
    world.clock.set_on(AHEAD_MS);
    assert_eq!(
        world.desk.operations.clock_jump().unwrap().ahead_ms,
        AHEAD_MS
    );
    assert!(text(&world).await.is_some());
    let refused = world.desk.operations.compact(&Actor::Operator).await;
    assert!(matches!(refused, Err(DeskError::ClockJumped)));
    // Writing goes on, and takes no kept answer with it.
    world.post(comment("c-3", "晚安")).await;
    assert!(matches!(post().await.unwrap(), Idempotent::Replayed { .. }));
    // Credentials go on ending by the clock.
    let secret = key.key.unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_secret(&secret)
            .await
            .is_err()
    );

    let accepted = world
        .desk
        .operations
        .accept_clock(&Actor::Operator)
        .await
        .unwrap();
    assert!(accepted.accepted && accepted.to == world.desk.operations.now());
    assert_eq!(newest_audit(&world).await.0, "clock.accepted");
    assert_eq!(world.desk.operations.clock_jump(), None);
    assert_eq!(text(&world).await, None);
    world.compact().await;
    let again = world
        .desk
        .operations
        .accept_clock(&Actor::Operator)
        .await
        .unwrap();
    assert!(!again.accepted, "nothing is left to accept");
    world.end().await;
}

#[tokio::test]
async fn three_days_are_no_jump_and_time_that_passes_is_none() {
    let world = World::new();
    world.clock.watch();
    world.post(comment("c-1", "大家早安")).await;
    world.clock.set_on(3 * DAY_MS);
    assert_eq!(world.desk.operations.clock_jump(), None);
    world.clock.set_on(1);
    assert!(world.desk.operations.clock_jump().is_some());
    world.clock.set_on(-1);
    world.clock.pass(AHEAD_MS);
    assert_eq!(world.desk.operations.clock_jump(), None);
    assert_eq!(text(&world).await, None);
    world.end().await;
}

#[tokio::test]
async fn what_was_begun_under_a_clock_that_was_ahead_ends_when_it_is_right_again() {
    let world = World::new();
    world.clock.watch();
    let password = user(&world, "amy").await;
    let flagged = |id| comment(id, "你這個白痴");
    let first = world.post(flagged("c-1")).await.case_id;
    let second = world.post(flagged("c-2").by("m-2", "阿美")).await.case_id;
    let sign_in = async || {
        world
            .desk
            .sign_ins
            .sign_in("amy", &password, None)
            .await
            .unwrap()
    };

    world.clock.set_on(AHEAD_MS);
    let ahead = sign_in().await;
    let everywhere = world.desk.sign_ins.sign_out(&amy(), None, true).await;
    everywhere.unwrap();
    let ahead_again = sign_in().await;
    assert!(!holds(&world, &ahead).await && holds(&world, &ahead_again).await);
    let case = world.case(first).await;
    let ruling = world.rule(&amy(), &case, "remove").await.unwrap();
    world
        .desk
        .queue
        .claim(&amy(), second.unwrap(), false, None)
        .await
        .unwrap();
    let told = newest_audit(&world).await.1;

    world.clock.set_on(-AHEAD_MS);
    world.clock.pass(MINUTE_MS);
    assert!(!holds(&world, &ahead_again).await);
    let undone = world.undo(&amy(), &ruling).await;
    assert!(matches!(undone, Err(DeskError::UndoExpired)), "{undone:?}");
    let claimed = world
        .desk
        .queue
        .claim(&ben(), second.unwrap(), false, None)
        .await;
    assert!(claimed.is_ok(), "{claimed:?}");
    // A sign-in from now on holds as long as any, and no longer.
    let now = sign_in().await;
    assert!(holds(&world, &now).await);
    world
        .desk
        .sign_ins
        .sign_out(&amy(), None, true)
        .await
        .unwrap();
    assert!(!holds(&world, &now).await);
    let last = sign_in().await;
    world
        .clock
        .pass(world.desk.operations.settings().session_ms);
    assert!(!holds(&world, &last).await);

    // What is numbered stands still until somebody accepts that it goes back.
    assert_eq!(newest_audit(&world).await.1, told);
    assert!(world.desk.operations.clock_jump().unwrap().ahead_ms < 0);
    world
        .desk
        .operations
        .accept_clock(&Actor::Operator)
        .await
        .unwrap();
    world.post(flagged("c-3").by("m-3", "阿德")).await;
    let (_, at) = newest_audit(&world).await;
    assert_eq!(at, world.desk.operations.now().as_ms());
    assert_eq!(world.desk.operations.clock_jump(), None);
    world.end().await;
}
