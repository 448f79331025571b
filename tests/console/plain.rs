//! Without a script: every button is a form, and the next case comes by redirect.

use super::{Options, World};

#[tokio::test]
async fn everything_that_rules_works_without_the_script() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=4).await;
    let options = Options {
        script: false,
        ..Options::default()
    };
    let browser = world.signed_in_with("amei", "moderator", options).await;
    assert_eq!(browser.count("html.script").await, 0, "the script did run");
    browser.click_through("#next-form button").await;
    browser.click_through("#approve").await;
    browser.until_shown("#undo").await;
    browser.click("#remove").await;
    browser.click_through("#remove-confirm").await;
    browser
        .until("document.querySelectorAll('#undo').length === 1")
        .await;
    browser.click("#escalate").await;
    browser.type_into("#escalate-note", "請資深版主看").await;
    browser.click_through("#escalate-confirm").await;
    browser.until_shown("#skip").await;
    browser.click_through("#skip").await;
    browser.until_shown("[data-toast=told]").await;
    browser.go("/console/queue").await;
    browser.until_shown("[data-page=queue]").await;
    // One was escalated; the other, too, for all moderators have skipped it.
    assert_eq!(browser.count(".row").await, 2);
    assert_eq!(browser.text("#undo strong").await, "已呈報");
    browser.click_through("#undo button").await;
    let told = browser.text("[data-toast=told]").await;
    assert!(told.contains("已復原"), "{told}");
    assert_ne!(browser.text("#status").await, "已呈報");
    browser.go("/console/queue?status=escalated").await;
    browser.until_shown("[data-page=queue]").await;
    assert_eq!(browser.count(".row").await, 1);
    browser.close().await;
    world.end();
}
