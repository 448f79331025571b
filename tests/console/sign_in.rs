//! Signing in and out, the language, and the first case of an empty console.

use super::{Options, World};

#[tokio::test]
async fn signing_in_leads_where_one_wanted_to_go_and_signing_out_ends_it() {
    let Some(world) = World::start() else { return };
    let password = world.service.add_user("amei", "moderator");
    let browser = world.browser(Options::default()).await;
    browser.go("/console/queue?source=appeal").await;
    browser.until_shown("#sign-in").await;
    let to = "/console/sign-in?to=%2Fconsole%2Fqueue%3Fsource%3Dappeal";
    assert_eq!(browser.address().await, to);
    // The first field has the focus: no mouse is needed.
    browser.type_keys("amei\u{E004}not-this-one\u{E007}").await;
    browser.until_shown("#fault").await;
    assert_eq!(browser.text("#fault").await, "帳號或密碼不正確。");
    browser.type_keys(&password).await;
    browser.press(super::browser::ENTER).await;
    browser.until_shown("[data-page=queue]").await;
    assert_eq!(browser.address().await, "/console/queue?source=appeal");
    assert_eq!(browser.eval("document.documentElement.lang").await, "zh-TW");
    browser.click("a[href^='/console/language']").await;
    browser
        .until("document.documentElement.lang === 'en'")
        .await;
    assert_eq!(browser.address().await, "/console/queue?source=appeal");
    browser.click("#whoami").await;
    browser.click("#sign-out").await;
    browser.until_shown("#sign-in").await;
    browser.go("/console/queue").await;
    browser.until_shown("#sign-in").await;
    browser.close().await;
    world.end();
}

#[tokio::test]
async fn an_empty_console_says_what_to_do_next() {
    let Some(world) = World::start() else { return };
    let browser = world.signed_in("amei", "admin").await;
    browser.until_shown("#first-run").await;
    let told = browser.text("#first-run").await;
    assert!(told.contains("POST /v1/moderations"), "{told}");
    // The first case is told, and shown when asked for.
    browser
        .until("'live' in document.documentElement.dataset")
        .await;
    world.service.post_insults(1..=1).await;
    browser.until_shown("#news button").await;
    browser.press('.').await;
    browser.until_shown(".row").await;
    assert_eq!(browser.count("#first-run").await, 0);
    browser.close().await;
    world.end();
}
