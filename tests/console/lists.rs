//! The queue as a list: filters in the address, search, news that move nothing, many cases ruled as one.

use serde_json::json;

use super::World;

#[tokio::test]
async fn filters_and_search_stand_in_the_address() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=3).await;
    world
        .service
        .post("ad", "保證獲利!加賴領飆股,老師帶單穩賺不賠")
        .await;
    let browser = world.signed_in("amei", "moderator").await;
    assert_eq!(browser.count(".row").await, 4);
    browser.click(".filters a[href*='code=insult']").await;
    browser
        .until("document.querySelectorAll('.row').length === 3")
        .await;
    assert_eq!(browser.address().await, "/console/queue?code=insult");
    browser.press('/').await;
    browser
        .until("document.activeElement.id === 'search'")
        .await;
    browser.type_keys("第2樓\u{E007}").await;
    browser
        .until("document.querySelectorAll('.row').length === 1")
        .await;
    assert!(
        browser
            .address()
            .await
            .starts_with("/console/queue?code=insult&q=")
    );
    assert!(browser.text(".row .words").await.contains("第2樓"));
    browser.client.back().await.unwrap();
    browser
        .until("document.querySelectorAll('.row').length === 3")
        .await;
    // The address alone brings the view back.
    browser.client.refresh().await.unwrap();
    browser
        .until("document.querySelectorAll('.row').length === 3")
        .await;
    browser.close().await;
    world.end();
}

#[tokio::test]
async fn new_cases_are_told_and_nothing_jumps() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=12).await;
    let browser = world.signed_in("amei", "moderator").await;
    browser
        .until("'live' in document.documentElement.dataset")
        .await;
    let places = "JSON.stringify([...document.querySelectorAll('.row')].map((row) => \
        [row.dataset.case, Math.round(row.getBoundingClientRect().top)]))";
    // At the top of the page, and further down with a row chosen.
    let before = browser.eval(places).await;
    world.service.post("new-1", "第一則：你這個白痴").await;
    browser.until_shown("#news button").await;
    assert_eq!(browser.eval(places).await, before, "something moved");
    browser.press('j').await;
    browser.press('j').await;
    browser.eval("window.scrollTo(0, 150)").await;
    let before = browser.eval(places).await;
    world.service.post("new-2", "第二則：你這個白痴").await;
    browser
        .until("document.querySelector('#news').innerText.startsWith('2 ')")
        .await;
    assert_eq!(browser.eval(places).await, before, "something moved");
    browser.press('.').await;
    browser
        .until("document.querySelectorAll('.row').length === 14")
        .await;
    assert_eq!(browser.count("#news button").await, 0);
    browser.close().await;
    world.end();
}

#[tokio::test]
async fn many_cases_are_ruled_as_one_after_a_preview() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=4).await;
    let browser = world.signed_in("amei", "moderator").await;
    for _ in 0..3 {
        browser.press('j').await;
        browser.press('x').await;
    }
    assert_eq!(browser.count(".pick input:checked").await, 3);
    browser.click(".bulk-bar [value=remove]").await;
    browser.until_shown("[data-page=bulk]").await;
    assert_eq!(browser.count("[data-page=bulk] li").await, 3);
    assert_eq!(
        world.service.verdict("c-1").await,
        "flag",
        "a preview rules nothing"
    );
    browser.click("#bulk-confirm").await;
    browser.until_shown("#bulk-done").await;
    let done = browser
        .eval("({...document.querySelector('#bulk-done').dataset})")
        .await;
    assert_eq!(done, json!({"done": "3", "failed": "0"}));
    browser.click("#undo-all").await;
    browser
        .until("document.querySelectorAll('.row').length === 4")
        .await;
    for number in 1..=4 {
        assert_eq!(world.service.verdict(&format!("c-{number}")).await, "flag");
    }
    browser.close().await;
    world.end();
}
