//! Two moderators in two browsers.

use super::World;

#[tokio::test]
async fn a_lost_race_shows_the_others_ruling_and_keeps_what_was_typed() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=2).await;
    let (amei, bela) = tokio::join!(
        world.signed_in("amei", "admin"),
        world.signed_in("bela", "moderator")
    );
    let address = amei
        .eval("document.querySelector('.row-link').getAttribute('href')")
        .await;
    let address = address.as_str().unwrap();
    // Bela opens it first and holds it; Amei, an admin, sees that and takes it over.
    bela.go(address).await;
    bela.until("document.querySelector('#holder.mine')").await;
    amei.go(address).await;
    amei.until_shown("#take-over").await;
    assert!(amei.text("#holder").await.contains("bela"));

    bela.press('r').await;
    bela.type_into("#reason", "第三樓已經說過了").await;
    amei.click("#take-over").await;
    amei.until("document.querySelector('#holder.mine')").await;
    amei.press('a').await;
    amei.until("document.querySelector('#undo')").await;

    bela.click("#remove-confirm").await;
    bela.until_shown("#lost").await;
    let lost = bela.text("#lost").await;
    assert!(lost.contains("amei") && lost.contains("保留"), "{lost}");
    let typed = bela.eval("document.querySelector('#reason').value").await;
    assert_eq!(typed, "第三樓已經說過了");
    tokio::join!(amei.close(), bela.close());
    world.end();
}
