//! A person's own settings: kept, told to nobody else, and what `next` makes of them.

use banzhu::{
    access::Caller,
    desk::{AuditQuery, DeskError, NewUser, SettingsDraft},
    record::{Role, UserName},
    time::{DAY_MS, MINUTE_MS},
};

use crate::world::{World, ada, board, comment};

const CHOICES: fn() -> SettingsDraft = || SettingsDraft {
    language: Some("en".to_owned()),
    blur: Some(true),
    density: Some("compact".to_owned()),
    keys: Some(false),
    break_minutes: Some(50),
    gravest_in_a_row: Some(2),
};

fn may() -> Caller {
    Caller::Person {
        name: UserName::parse("may").unwrap(),
        role: Role::Moderator,
    }
}

/// A world in which may is a moderator.
async fn staffed() -> World {
    let world = World::new();
    let new = NewUser {
        name: Some("may".to_owned()),
        role: Some(Role::Moderator.name().to_owned()),
        password: Some("long enough for a test".to_owned()),
    };
    let made = world.desk.accounts.create_user(&ada(), new, None).await;
    made.unwrap();
    world
}

impl World {
    /// The codes of the cases that may is handed, until none is.
    async fn handed_out(&self) -> Vec<&'static str> {
        let mut codes = Vec::new();
        while let Some(case) = self.next(&may()).await {
            codes.push(case.item.code.name());
        }
        codes
    }
}

#[tokio::test]
async fn settings_are_as_shipped_until_they_are_changed_and_stay_then() {
    let world = staffed().await;
    let personal = &world.desk.personal;
    let shipped = personal.settings(&may()).await.unwrap();
    assert!(shipped.language.is_none() && shipped.keys && !shipped.blur);
    assert!(shipped.break_minutes.is_none() && shipped.gravest_in_a_row.is_none());
    let changed = personal.change_settings(&may(), CHOICES()).await.unwrap();
    assert_eq!(personal.settings(&may()).await.unwrap(), changed);
    personal.change_settings(&may(), CHOICES()).await.unwrap();
    let audit = AuditQuery {
        action: Some("user.settings-changed".to_owned()),
        ..AuditQuery::default()
    };
    let entries = world.desk.figures.audit(audit).await.unwrap().items;
    assert_eq!(entries.len(), 1, "equal settings write nothing");
    let entry = &entries[0];
    assert_eq!(entry.subject.id, "may");
    assert!(entry.from.is_none() && entry.to.is_none() && entry.reason.is_none());
    let world = world.reopened().await;
    assert_eq!(world.desk.personal.settings(&may()).await.unwrap(), changed);
    let personal = &world.desk.personal;
    let shipped_again = SettingsDraft::default();
    let back = personal.change_settings(&may(), shipped_again).await;
    assert_eq!(back.unwrap(), shipped);
    world.end().await;
}

#[tokio::test]
async fn settings_move_with_an_export() {
    let world = World::in_folder();
    let new = NewUser {
        name: Some("may".to_owned()),
        role: Some(Role::Moderator.name().to_owned()),
        password: Some("long enough for a test".to_owned()),
    };
    let made = world.desk.accounts.create_user(&ada(), new, None).await;
    made.unwrap();
    let personal = &world.desk.personal;
    personal.change_settings(&may(), CHOICES()).await.unwrap();
    world.end_moved().await;
}

#[tokio::test]
async fn every_fault_of_settings_is_told_and_keys_have_none() {
    let world = staffed().await;
    let bad = SettingsDraft {
        language: Some("zh-CN".to_owned()),
        density: Some("vast".to_owned()),
        break_minutes: Some(0),
        gravest_in_a_row: Some(101),
        ..SettingsDraft::default()
    };
    let personal = &world.desk.personal;
    let Err(DeskError::Fields(faults)) = personal.change_settings(&may(), bad).await else {
        panic!("it was taken")
    };
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/language",
            "/density",
            "/break_minutes",
            "/gravest_in_a_row"
        ]
    );
    assert_eq!(personal.settings(&may()).await.unwrap().language, None);
    for nobody in [board(), Caller::Operator] {
        let refused = personal.settings(&nobody).await;
        assert!(matches!(refused, Err(DeskError::Forbidden)));
    }
    world.end().await;
}

#[tokio::test]
async fn no_more_of_the_gravest_are_handed_out_in_a_row_than_wanted() {
    let world = staffed().await;
    // A curse that is only guessed is of severity 4 and waits for a person.
    for n in 0..5 {
        let (id, member) = (format!("g-{n}"), format!("m-{n}"));
        world.post(comment(&id, "干你娘").by(&member, "")).await;
        world.clock.pass(1);
    }
    world.post(comment("m-1", "你這個白痴")).await;
    world.post(comment("s-1", "我寧願死掉")).await;
    let personal = &world.desk.personal;
    personal.change_settings(&may(), CHOICES()).await.unwrap();
    assert_eq!(
        world.handed_out().await,
        ["self-harm", "insult", "profanity", "profanity"]
    );
    let reached = personal.settings(&may()).await.unwrap();
    assert!(reached.spares_gravest && reached.gravest_run == 2);
    world.post(comment("m-2", "你這個豬頭")).await;
    assert_eq!(
        world.handed_out().await,
        ["insult", "profanity", "profanity"],
        "a milder one ends the run"
    );
    world.post(comment("s-2", "我寧願死掉")).await;
    assert_eq!(
        world.handed_out().await,
        ["self-harm"],
        "nobody in need waits"
    );
    assert!(personal.settings(&may()).await.unwrap().spares_gravest);
    world.clock.pass(10 * MINUTE_MS);
    assert!(world.next(&may()).await.is_some(), "after a pause");
    world.end().await;
}

#[tokio::test]
async fn the_days_own_rulings_are_counted_without_what_was_undone() {
    let world = staffed().await;
    for (n, decision) in ["approve", "remove", "remove"].into_iter().enumerate() {
        let id = format!("c-{n}");
        let flagged = world.post(comment(&id, "你這個白痴")).await;
        let case = world.case(flagged.case_id).await;
        let ruling = world.rule(&may(), &case, decision).await.unwrap();
        if n == 2 {
            world.undo(&may(), &ruling).await.unwrap();
        }
    }
    let today = world.desk.personal.settings(&may()).await.unwrap().today;
    assert_eq!((today.ruled, today.day.as_str()), (2, "2026-11-18"));
    world.clock.pass(DAY_MS);
    let tomorrow = world.desk.personal.settings(&may()).await.unwrap().today;
    assert_eq!(tomorrow.ruled, 0);
    world.end().await;
}
