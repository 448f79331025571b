//! Users, keys, tokens, sign-ins.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use banzhu::{
    access::{Caller, Requirement},
    desk::{
        AuditQuery, ChangeUser, DeskError, DeskSettings, Idempotent, NewKey, NewToken, NewUser,
        PasswordCost, SignedIn,
    },
};

use crate::world::{World, ada};

const MINUTE_MS: i64 = 60_000;

fn from(address: &str) -> Option<IpAddr> {
    Some(address.parse().unwrap())
}

fn disabled(disabled: bool) -> ChangeUser {
    ChangeUser {
        disabled: Some(disabled),
        ..ChangeUser::default()
    }
}

async fn token(world: &World, caller: &Caller) -> String {
    let made = world
        .desk
        .accounts
        .create_token(caller, NewToken::default(), None);
    match made.await.unwrap() {
        Idempotent::Fresh(made) => made.token.unwrap(),
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

fn key(name: &str) -> NewKey {
    NewKey {
        name: Some(name.to_owned()),
        scopes: vec!["moderate".to_owned()],
        expires_at: None,
    }
}

async fn guesses(world: &World, name: &str, address: &str, count: usize) {
    for _ in 0..count {
        let told = world
            .desk
            .sign_ins
            .sign_in(name, "a wrong guess", from(address));
        assert!(matches!(told.await, Err(DeskError::BadCredentials)));
    }
}

fn is_limited<T>(told: &Result<T, DeskError>) -> bool {
    matches!(told, Err(DeskError::RateLimited { .. }))
}

async fn audited(world: &World, action: &str) -> Vec<String> {
    let query = AuditQuery {
        action: Some(action.to_owned()),
        ..AuditQuery::default()
    };
    let page = world.desk.figures.audit(query).await.unwrap();
    let told = page.items.iter();
    told.map(|entry| {
        format!(
            "{} {}",
            entry.subject.id,
            entry.reason.clone().unwrap_or_default()
        )
    })
    .collect()
}

async fn user(world: &World, name: &str, role: &str) -> String {
    let new = NewUser {
        name: Some(name.to_owned()),
        role: Some(role.to_owned()),
        password: None,
    };
    match world
        .desk
        .accounts
        .create_user(&ada(), new, None)
        .await
        .unwrap()
    {
        Idempotent::Fresh(view) => view.password.unwrap(),
        Idempotent::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

#[tokio::test]
async fn a_fresh_folder_gets_an_admin_and_a_board_key_once() {
    let world = World::new();
    let made = world.desk.accounts.create_initial_access().await.unwrap();
    let (name, password) = made.admin.unwrap();
    assert!(
        world
            .desk
            .sign_ins
            .sign_in(&name, &password, None)
            .await
            .is_ok()
    );
    let caller = world
        .desk
        .identities
        .caller_of_secret(&made.key.unwrap())
        .await
        .unwrap();
    assert!(caller.meets(Requirement::MODERATE) && !caller.meets(Requirement::READ));
    let again = world.desk.accounts.create_initial_access().await.unwrap();
    assert_eq!((again.admin, again.key), (None, None));
    world.end().await;
}

#[tokio::test]
async fn the_last_admin_stays() {
    let world = World::new();
    user(&world, "root", "admin").await;
    let demote = ChangeUser {
        role: Some("viewer".to_owned()),
        ..ChangeUser::default()
    };
    assert!(matches!(
        world
            .desk
            .accounts
            .change_user(&ada(), "root", demote.clone())
            .await,
        Err(DeskError::LastAdmin)
    ));
    assert!(matches!(
        world.desk.accounts.delete_user(&ada(), "root").await,
        Err(DeskError::LastAdmin)
    ));
    user(&world, "second", "admin").await;
    world
        .desk
        .accounts
        .change_user(&ada(), "root", demote)
        .await
        .unwrap();
    world.end().await;
}

#[tokio::test]
async fn a_name_is_never_given_again() {
    let world = World::new();
    user(&world, "amy", "moderator").await;
    world
        .desk
        .accounts
        .delete_user(&ada(), "amy")
        .await
        .unwrap();
    world
        .desk
        .accounts
        .delete_user(&ada(), "amy")
        .await
        .unwrap();
    let new = NewUser {
        name: Some("amy".to_owned()),
        role: Some("viewer".to_owned()),
        password: None,
    };
    assert!(matches!(
        world.desk.accounts.create_user(&ada(), new, None).await,
        Err(DeskError::NameTaken)
    ));
    assert!(matches!(
        world.desk.accounts.delete_user(&ada(), "nobody").await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_disabled_or_removed_persons_sign_in_and_token_end() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let signed_in = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&signed_in.cookie)
        .await
        .unwrap();
    let Idempotent::Fresh(token) = world
        .desk
        .accounts
        .create_token(&caller, NewToken::default(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let token = token.token.unwrap();
    assert_eq!(
        world
            .desk
            .identities
            .caller_of_secret(&token)
            .await
            .unwrap(),
        caller
    );
    let disable = ChangeUser {
        disabled: Some(true),
        ..ChangeUser::default()
    };
    world
        .desk
        .accounts
        .change_user(&ada(), "amy", disable)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&signed_in.cookie)
            .await
            .is_err()
    );
    assert!(
        world
            .desk
            .identities
            .caller_of_secret(&token)
            .await
            .is_err()
    );
    assert!(matches!(
        world.desk.sign_ins.sign_in("amy", &password, None).await,
        Err(DeskError::BadCredentials)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_new_password_ends_what_was_made_with_the_old() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let old = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&old.cookie)
        .await
        .unwrap();
    let wrong = world
        .desk
        .sign_ins
        .change_password(&caller, "not it at all", "a new password", None)
        .await;
    assert!(matches!(wrong, Err(DeskError::Fields(_))));
    world
        .desk
        .sign_ins
        .change_password(&caller, &password, "a new password", None)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&old.cookie)
            .await
            .is_err()
    );
    let new = world
        .desk
        .sign_ins
        .sign_in("amy", "a new password", None)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&new.cookie)
            .await
            .is_ok()
    );
    world.end().await;
}

#[tokio::test]
async fn sign_out_ends_one_or_all() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let first = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let second = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller: Caller = world
        .desk
        .identities
        .caller_of_cookie(&first.cookie)
        .await
        .unwrap();
    world
        .desk
        .sign_ins
        .sign_out(&caller, Some(&first.cookie), false)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&first.cookie)
            .await
            .is_err()
    );
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&second.cookie)
            .await
            .is_ok()
    );
    world
        .desk
        .sign_ins
        .sign_out(&caller, None, true)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&second.cookie)
            .await
            .is_err()
    );
    world.end().await;
}

#[tokio::test]
async fn guesses_are_counted_by_name() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    for _ in 0..10 {
        assert!(matches!(
            world
                .desk
                .sign_ins
                .sign_in("amy", "a wrong guess", None)
                .await,
            Err(DeskError::BadCredentials)
        ));
    }
    assert!(matches!(
        world.desk.sign_ins.sign_in("amy", &password, None).await,
        Err(DeskError::RateLimited { .. })
    ));
    world.clock.pass(10 * 60_000 + 1);
    assert!(
        world
            .desk
            .sign_ins
            .sign_in("amy", &password, None)
            .await
            .is_ok()
    );
    world.end().await;
}

#[tokio::test]
async fn nobody_is_locked_out_by_the_guesses_of_others() {
    let world = World::new();
    let password = user(&world, "amy", "admin").await;
    guesses(&world, "amy", "198.51.100.7", 10).await;
    let closed = world
        .desk
        .sign_ins
        .sign_in("amy", &password, from("198.51.100.7"));
    assert!(is_limited(&closed.await));
    let elsewhere = world
        .desk
        .sign_ins
        .sign_in("amy", &password, from("203.0.113.1"));
    assert!(elsewhere.await.is_ok());
    // Fifty guesses of other names close that address to all but who signed in from it.
    for name in 0..50 {
        guesses(&world, &format!("nobody-{name}"), "203.0.113.1", 1).await;
    }
    let closed = world
        .desk
        .sign_ins
        .sign_in("ben", "whatever it is", from("203.0.113.1"));
    assert!(is_limited(&closed.await));
    let known = world
        .desk
        .sign_ins
        .sign_in("amy", &password, from("203.0.113.1"));
    assert!(known.await.is_ok());
    world.end().await;
}

#[tokio::test]
async fn an_address_that_signed_in_is_known_after_a_restart() {
    let world = World::new();
    let password = user(&world, "amy", "admin").await;
    let home = from("203.0.113.1");
    world
        .desk
        .sign_ins
        .sign_in("amy", &password, home)
        .await
        .unwrap();
    let world = world.reopened().await;
    for name in 0..50 {
        guesses(&world, &format!("nobody-{name}"), "203.0.113.1", 1).await;
    }
    assert!(
        world
            .desk
            .sign_ins
            .sign_in("amy", &password, home)
            .await
            .is_ok()
    );
    world.end().await;
}

#[tokio::test]
async fn guesses_at_ones_own_password_are_counted_as_those_at_sign_in() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let home = from("203.0.113.1");
    let signed_in = world
        .desk
        .sign_ins
        .sign_in("amy", &password, home)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&signed_in.cookie)
        .await
        .unwrap();
    let change = async |current: &str, address: &str| {
        let desk = &world.desk;
        desk.sign_ins
            .change_password(&caller, current, "a new password", from(address))
            .await
    };
    for _ in 0..10 {
        let told = change("a wrong guess", "198.51.100.7").await;
        assert!(matches!(told, Err(DeskError::Fields(_))));
    }
    assert!(is_limited(&change(&password, "198.51.100.7").await));
    let sign_in = world
        .desk
        .sign_ins
        .sign_in("amy", &password, from("198.51.100.7"));
    assert!(is_limited(&sign_in.await), "one count for both");
    assert!(change(&password, "203.0.113.1").await.is_ok());
    world.end().await;
}

#[tokio::test]
async fn who_is_let_in_again_begins_anew() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let signed_in = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&signed_in.cookie)
        .await
        .unwrap();
    let before = token(&world, &caller).await;
    let change = async |change| {
        world
            .desk
            .accounts
            .change_user(&ada(), "amy", change)
            .await
            .unwrap()
    };
    change(disabled(true)).await;
    let meanwhile = world
        .desk
        .accounts
        .create_token_for(&Caller::Operator, "amy", NewToken::default())
        .await
        .unwrap();
    world.clock.pass(5);
    change(disabled(false)).await;
    for secret in [before, meanwhile.token.unwrap()] {
        assert!(
            world
                .desk
                .identities
                .caller_of_secret(&secret)
                .await
                .is_err()
        );
    }
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&signed_in.cookie)
            .await
            .is_err()
    );
    let again = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&again.cookie)
        .await
        .unwrap();
    let after = token(&world, &caller).await;
    assert!(world.desk.identities.caller_of_secret(&after).await.is_ok());
    change(disabled(false)).await;
    assert!(
        world.desk.identities.caller_of_secret(&after).await.is_ok(),
        "nothing changed"
    );
    world.end().await;
}

#[tokio::test]
async fn names_are_folded_and_look_like_no_other() {
    let world = World::new();
    let new = |name: &str| NewUser {
        name: Some(name.to_owned()),
        role: Some("viewer".to_owned()),
        password: Some("a good password".to_owned()),
    };
    let Idempotent::Fresh(made) = world
        .desk
        .accounts
        .create_user(&ada(), new("Ｂill"), None)
        .await
        .unwrap()
    else {
        panic!("nothing was asked twice")
    };
    assert_eq!(made.user.name.as_str(), "bill");
    for alike in ["bill", "BILL", "bi1l", "bіll", "ｂｉｌｌ"] {
        let told = world
            .desk
            .accounts
            .create_user(&ada(), new(alike), None)
            .await;
        assert!(matches!(told, Err(DeskError::NameTaken)), "{alike}");
    }
    for name in ["bill", "Bill", "ＢＩＬＬ"] {
        let told = world
            .desk
            .sign_ins
            .sign_in(name, "a good password", None)
            .await;
        assert!(told.is_ok(), "{name}");
    }
    assert!(
        world
            .desk
            .accounts
            .change_user(&ada(), "BILL", disabled(true))
            .await
            .is_ok()
    );
    assert_eq!(
        world.desk.accounts.look_alike_users().await.unwrap(),
        Vec::<Vec<String>>::new()
    );
    world.end().await;
}

#[tokio::test]
async fn common_passwords_are_refused_wherever_one_is_set() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let common = "Password123";
    let new = NewUser {
        name: Some("ben".to_owned()),
        role: Some("viewer".to_owned()),
        password: Some(common.to_owned()),
    };
    let told = world.desk.accounts.create_user(&ada(), new, None).await;
    assert!(matches!(told, Err(DeskError::Fields(_))));
    let change = ChangeUser {
        password: Some(common.to_owned()),
        ..ChangeUser::default()
    };
    let told = world.desk.accounts.change_user(&ada(), "amy", change).await;
    assert!(matches!(told, Err(DeskError::Fields(_))));
    let signed_in = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let caller = world
        .desk
        .identities
        .caller_of_cookie(&signed_in.cookie)
        .await
        .unwrap();
    let told = world
        .desk
        .sign_ins
        .change_password(&caller, &password, common, None)
        .await;
    assert!(matches!(told, Err(DeskError::Fields(_))));
    world.end().await;
}

fn at_cost(memory_kib: u32) -> DeskSettings {
    DeskSettings {
        password_cost: PasswordCost {
            memory_kib,
            rounds: 1,
        },
        ..World::settings()
    }
}

#[tokio::test]
async fn a_hash_of_another_cost_is_renewed_at_sign_in() {
    let world = World::with_settings(at_cost(8));
    let password = user(&world, "amy", "moderator").await;
    let rulebook = Arc::clone(&crate::world::rulebook());
    let world = world.reopened_with(rulebook, at_cost(64)).await;
    let before = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let desk = &world.desk;
    let costs = desk.sign_ins.password_costs().await.unwrap();
    assert_eq!(
        costs.iter().map(|cost| cost.memory_kib).collect::<Vec<_>>(),
        [64]
    );
    // Nothing else changed: the sign-in holds, and the password is the same.
    assert!(
        desk.identities
            .caller_of_cookie(&before.cookie)
            .await
            .is_ok()
    );
    assert!(desk.sign_ins.sign_in("amy", &password, None).await.is_ok());
    world.end().await;
}

#[tokio::test]
async fn those_who_sign_in_at_once_all_come_in_while_the_hash_is_renewed() {
    let world = World::with_settings(at_cost(8));
    let password = user(&world, "amy", "moderator").await;
    let rulebook = Arc::clone(&crate::world::rulebook());
    let world = world.reopened_with(rulebook, at_cost(64)).await;
    let sign_in = || world.desk.sign_ins.sign_in("amy", &password, None);
    let (one, other) = tokio::join!(sign_in(), sign_in());
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    world.end().await;
}

/// That a hash is made at each of these costs, whoever is asked about, is told by the secrets' own test.
#[tokio::test]
async fn how_long_a_sign_in_takes_goes_by_the_costs_of_all_who_may_sign_in() {
    let world = World::with_settings(at_cost(8));
    user(&world, "old", "moderator").await;
    user(&world, "gone", "moderator").await;
    let rulebook = Arc::clone(&crate::world::rulebook());
    let world = world.reopened_with(rulebook, at_cost(64)).await;
    let costs = async || -> Vec<u32> {
        let costs = world.desk.sign_ins.password_costs().await.unwrap();
        costs.iter().map(|cost| cost.memory_kib).collect()
    };
    assert_eq!(costs().await, [8]);
    user(&world, "new", "moderator").await;
    assert_eq!(costs().await, [8, 64]);
    for name in ["old", "gone"] {
        world.desk.accounts.delete_user(&ada(), name).await.unwrap();
    }
    assert_eq!(costs().await, [64]);
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_that_nobody_uses_is_over() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let SignedIn { cookie, .. } = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    for _ in 0..3 {
        world.clock.pass(119 * MINUTE_MS);
        assert!(
            world
                .desk
                .identities
                .caller_of_cookie(&cookie)
                .await
                .is_ok(),
            "it is used"
        );
        world.desk.identities.flush_last_uses().await;
    }
    let world = world.reopened().await;
    world.clock.pass(119 * MINUTE_MS);
    // Looked at, as by a page that only listens: no use.
    assert!(
        world
            .desk
            .identities
            .identity_of_cookie(&cookie, None)
            .await
            .is_ok()
    );
    world.clock.pass(MINUTE_MS);
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&cookie)
            .await
            .is_err()
    );
    world.end().await;
}

#[tokio::test]
async fn sign_ins_are_listed_and_ended() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let sign_in = async |address: &str| {
        let desk = &world.desk;
        desk.sign_ins
            .sign_in("amy", &password, from(address))
            .await
            .unwrap()
    };
    let (first, second) = (sign_in("203.0.113.1").await, sign_in("203.0.113.2").await);
    let identity = world
        .desk
        .identities
        .identity_of_cookie(&first.cookie, None)
        .await
        .unwrap();
    let listed = world.desk.sign_ins.sign_ins(&identity).await.unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|one| (one.address, one.current))
        .collect();
    let both = [(from("203.0.113.1"), true), (from("203.0.113.2"), false)];
    assert!(
        told.iter().all(|one| both.contains(one)) && told.len() == 2,
        "{told:?}"
    );
    let other = listed.iter().find(|one| !one.current).unwrap().id;
    let caller = &identity.caller;
    world
        .desk
        .sign_ins
        .end_sign_in(caller, other)
        .await
        .unwrap();
    world
        .desk
        .sign_ins
        .end_sign_in(caller, other)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_cookie(&second.cookie)
            .await
            .is_err()
    );
    assert_eq!(
        world.desk.sign_ins.sign_ins(&identity).await.unwrap().len(),
        1
    );
    user(&world, "ben", "moderator").await;
    let told = world
        .desk
        .sign_ins
        .end_sign_in(&crate::world::ben(), listed[0].id)
        .await;
    assert!(
        matches!(told, Err(DeskError::NotFound)),
        "another's is not there"
    );
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_over_for_long_is_forgotten() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    for _ in 0..3 {
        world
            .desk
            .sign_ins
            .sign_in("amy", &password, None)
            .await
            .unwrap();
        world.clock.pass(50 * 24 * 60 * MINUTE_MS);
    }
    // What is left is what began within the last ninety days and a half.
    assert_eq!(world.desk.sign_ins.stored_sign_ins().await.unwrap(), 2);
    world.end().await;
}

#[tokio::test]
async fn an_older_sign_in_makes_no_tokens() {
    let world = World::new();
    let password = user(&world, "amy", "admin").await;
    let SignedIn { cookie, .. } = world
        .desk
        .sign_ins
        .sign_in("amy", &password, None)
        .await
        .unwrap();
    let identity = async || {
        world
            .desk
            .identities
            .identity_of_cookie(&cookie, None)
            .await
            .unwrap()
    };
    world.clock.pass(10 * MINUTE_MS);
    assert!(
        world
            .desk
            .identities
            .check_recent(&identity().await)
            .is_ok()
    );
    world.clock.pass(1);
    let told = world.desk.identities.check_recent(&identity().await);
    assert!(matches!(told, Err(DeskError::SignInAgain)));
    let secret = token(&world, &identity().await.caller).await;
    let bearer = world
        .desk
        .identities
        .identity_of_secret(&secret, None)
        .await
        .unwrap();
    world.clock.pass(60 * MINUTE_MS);
    assert!(world.desk.identities.check_recent(&bearer).is_ok());
    world.end().await;
}

/// Lines that were logged, kept for a test to read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn security(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|line: &serde_json::Value| line["target"] == "banzhu::security")
            .collect()
    }
}

#[tokio::test]
async fn what_is_refused_is_told_with_name_address_and_reason_at_a_bounded_rate() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    // Where it knows of one subscriber alone, tracing asks that of the thread that comes by a line first, for all threads; and
    // the threads of other tests have none.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let world = World::new();
    user(&world, "amy", "moderator").await;
    guesses(&world, "amy", "198.51.100.7", 2).await;
    guesses(&world, "amy\nmallory", "198.51.100.7", 1).await;
    world
        .desk
        .identities
        .identity_of_secret("bz_no", from("198.51.100.7"))
        .await
        .unwrap_err();
    let told = lines.security();
    let field = |place: usize, name: &str| told[place][name].as_str().unwrap().to_owned();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(field(0, "what"), "sign-in-failed");
    assert_eq!(field(0, "name"), "\"amy\"");
    assert_eq!(field(0, "address"), "198.51.100.7");
    assert_eq!(field(0, "reason"), "wrong-password");
    assert_eq!(field(2, "reason"), "unknown");
    assert_eq!(
        (field(3, "what"), field(3, "reason")),
        ("credential-refused".to_owned(), "unknown".to_owned())
    );
    for _ in 0..500 {
        world
            .desk
            .identities
            .identity_of_secret("bz_no", None)
            .await
            .unwrap_err();
    }
    assert_eq!(lines.security().len(), 3 + 20);
    world.clock.pass(10_000);
    world.desk.identities.flush_security().await;
    assert_eq!(lines.security().last().unwrap()["left_out"], 481);
    assert_eq!(
        audited(&world, "session.refused").await,
        ["amy 2 failed from 198.51.100.7"]
    );
    guesses(&world, "amy", "198.51.100.8", 3).await;
    world.desk.identities.flush_security().await;
    assert_eq!(audited(&world, "session.refused").await.len(), 1, "not yet");
    world.clock.pass(10 * MINUTE_MS);
    world.desk.identities.flush_security().await;
    assert_eq!(
        audited(&world, "session.refused").await[0],
        "amy 3 failed from 198.51.100.8"
    );
    world.end().await;
}

#[tokio::test]
async fn a_keys_name_is_not_given_twice() {
    let world = World::new();
    let Idempotent::Fresh(made) = world
        .desk
        .accounts
        .create_key(&ada(), key("site"), None)
        .await
        .unwrap()
    else {
        panic!("nothing was asked twice")
    };
    world
        .desk
        .accounts
        .revoke_key(&ada(), made.view.id)
        .await
        .unwrap();
    for name in ["site", "Site"] {
        let told = world
            .desk
            .accounts
            .create_key(&ada(), key(name), None)
            .await;
        assert!(matches!(told, Err(DeskError::NameTaken)), "{name}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_key_ends_when_revoked_or_over() {
    let world = World::new();
    let end = world.desk.operations.now().plus_ms(60_000).to_string();
    let new = NewKey {
        name: None,
        scopes: vec!["read".to_owned()],
        expires_at: Some(end),
    };
    let Idempotent::Fresh(made) = world
        .desk
        .accounts
        .create_key(&ada(), new, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let secret = made.key.unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_secret(&secret)
            .await
            .is_ok()
    );
    world.clock.pass(60_000);
    assert!(
        world
            .desk
            .identities
            .caller_of_secret(&secret)
            .await
            .is_err()
    );
    let new = NewKey {
        name: Some("site".to_owned()),
        scopes: vec!["moderate".to_owned()],
        expires_at: None,
    };
    let Idempotent::Fresh(made) = world
        .desk
        .accounts
        .create_key(&ada(), new.clone(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert!(matches!(
        world.desk.accounts.create_key(&ada(), new, None).await,
        Err(DeskError::NameTaken)
    ));
    world.desk.identities.flush_last_uses().await;
    world
        .desk
        .accounts
        .revoke_key(&ada(), made.view.id)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .identities
            .caller_of_secret(&made.key.unwrap())
            .await
            .is_err()
    );
    world.end().await;
}
