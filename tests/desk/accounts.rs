//! Users, keys, tokens, sign-ins.

use banzhu::{
    access::{Call, Caller},
    desk::{Answered, ChangeUser, DeskError, NewKey, NewToken, NewUser},
};

use crate::world::{World, ada};

async fn user(world: &World, name: &str, role: &str) -> String {
    let new = NewUser {
        name: Some(name.to_owned()),
        role: Some(role.to_owned()),
        password: None,
    };
    match world.desk.create_user(&ada(), new, None).await.unwrap() {
        Answered::Fresh(view) => view.password.unwrap(),
        Answered::Replayed { .. } => panic!("nothing was asked twice"),
    }
}

#[tokio::test]
async fn a_fresh_folder_gets_an_admin_and_a_board_key_once() {
    let world = World::new();
    let made = world.desk.set_up().await.unwrap();
    let (name, password) = made.admin.unwrap();
    assert!(world.desk.sign_in(&name, &password, None).await.is_ok());
    let caller = world
        .desk
        .caller_of_secret(&made.key.unwrap())
        .await
        .unwrap();
    assert!(caller.may(Call::PostModeration) && !caller.may(Call::ListCases));
    let again = world.desk.set_up().await.unwrap();
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
        world.desk.change_user(&ada(), "root", demote.clone()).await,
        Err(DeskError::LastAdmin)
    ));
    assert!(matches!(
        world.desk.delete_user(&ada(), "root").await,
        Err(DeskError::LastAdmin)
    ));
    user(&world, "second", "admin").await;
    world
        .desk
        .change_user(&ada(), "root", demote)
        .await
        .unwrap();
    world.end().await;
}

#[tokio::test]
async fn a_name_is_never_given_again() {
    let world = World::new();
    user(&world, "amy", "moderator").await;
    world.desk.delete_user(&ada(), "amy").await.unwrap();
    world.desk.delete_user(&ada(), "amy").await.unwrap();
    let new = NewUser {
        name: Some("amy".to_owned()),
        role: Some("viewer".to_owned()),
        password: None,
    };
    assert!(matches!(
        world.desk.create_user(&ada(), new, None).await,
        Err(DeskError::NameTaken)
    ));
    assert!(matches!(
        world.desk.delete_user(&ada(), "nobody").await,
        Err(DeskError::NotFound)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_disabled_or_removed_persons_sign_in_and_token_end() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let signed_in = world.desk.sign_in("amy", &password, None).await.unwrap();
    let caller = world
        .desk
        .caller_of_cookie(&signed_in.cookie)
        .await
        .unwrap();
    let Answered::Fresh(token) = world
        .desk
        .create_token(&caller, NewToken::default(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let token = token.token.unwrap();
    assert_eq!(world.desk.caller_of_secret(&token).await.unwrap(), caller);
    let disable = ChangeUser {
        disabled: Some(true),
        ..ChangeUser::default()
    };
    world
        .desk
        .change_user(&ada(), "amy", disable)
        .await
        .unwrap();
    assert!(
        world
            .desk
            .caller_of_cookie(&signed_in.cookie)
            .await
            .is_err()
    );
    assert!(world.desk.caller_of_secret(&token).await.is_err());
    assert!(matches!(
        world.desk.sign_in("amy", &password, None).await,
        Err(DeskError::BadCredentials)
    ));
    world.end().await;
}

#[tokio::test]
async fn a_new_password_ends_what_was_made_with_the_old() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let old = world.desk.sign_in("amy", &password, None).await.unwrap();
    let caller = world.desk.caller_of_cookie(&old.cookie).await.unwrap();
    let wrong = world
        .desk
        .change_password(&caller, "not it at all", "a new password")
        .await;
    assert!(matches!(wrong, Err(DeskError::Fields(_))));
    world
        .desk
        .change_password(&caller, &password, "a new password")
        .await
        .unwrap();
    assert!(world.desk.caller_of_cookie(&old.cookie).await.is_err());
    let new = world
        .desk
        .sign_in("amy", "a new password", None)
        .await
        .unwrap();
    assert!(world.desk.caller_of_cookie(&new.cookie).await.is_ok());
    world.end().await;
}

#[tokio::test]
async fn sign_out_ends_one_or_all() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    let first = world.desk.sign_in("amy", &password, None).await.unwrap();
    let second = world.desk.sign_in("amy", &password, None).await.unwrap();
    let caller: Caller = world.desk.caller_of_cookie(&first.cookie).await.unwrap();
    world
        .desk
        .sign_out(&caller, Some(&first.cookie), false)
        .await
        .unwrap();
    assert!(world.desk.caller_of_cookie(&first.cookie).await.is_err());
    assert!(world.desk.caller_of_cookie(&second.cookie).await.is_ok());
    world.desk.sign_out(&caller, None, true).await.unwrap();
    assert!(world.desk.caller_of_cookie(&second.cookie).await.is_err());
    world.end().await;
}

#[tokio::test]
async fn guesses_are_counted_by_name() {
    let world = World::new();
    let password = user(&world, "amy", "moderator").await;
    for _ in 0..10 {
        assert!(matches!(
            world.desk.sign_in("amy", "a wrong guess", None).await,
            Err(DeskError::BadCredentials)
        ));
    }
    assert!(matches!(
        world.desk.sign_in("amy", &password, None).await,
        Err(DeskError::RateLimited { .. })
    ));
    world.clock.pass(10 * 60_000 + 1);
    assert!(world.desk.sign_in("amy", &password, None).await.is_ok());
    world.end().await;
}

#[tokio::test]
async fn a_key_ends_when_revoked_or_over() {
    let world = World::new();
    let end = world.desk.now().plus_ms(60_000).to_string();
    let new = NewKey {
        name: None,
        scopes: vec!["read".to_owned()],
        expires_at: Some(end),
    };
    let Answered::Fresh(made) = world.desk.create_key(&ada(), new, None).await.unwrap() else {
        panic!()
    };
    let secret = made.key.unwrap();
    assert!(world.desk.caller_of_secret(&secret).await.is_ok());
    world.clock.pass(60_000);
    assert!(world.desk.caller_of_secret(&secret).await.is_err());
    let new = NewKey {
        name: Some("site".to_owned()),
        scopes: vec!["moderate".to_owned()],
        expires_at: None,
    };
    let Answered::Fresh(made) = world
        .desk
        .create_key(&ada(), new.clone(), None)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert!(matches!(
        world.desk.create_key(&ada(), new, None).await,
        Err(DeskError::NameTaken)
    ));
    world.desk.flush_used_keys().await;
    world.desk.revoke_key(&ada(), made.view.id).await.unwrap();
    assert!(
        world
            .desk
            .caller_of_secret(&made.key.unwrap())
            .await
            .is_err()
    );
    world.end().await;
}
