//! Keys alone: the usual ruling in at most two, undo, the list of keys, and none of them while an input method composes.

use super::{
    World,
    browser::{Browser, ENTER, ESCAPE, SHIFT},
};

/// The case that is open.
async fn open_case(browser: &Browser) -> String {
    browser.until_shown("[data-page=case] #decide").await;
    let case = "document.querySelector('[data-page=case]').dataset.case";
    browser.eval(case).await.as_str().unwrap().to_owned()
}

/// Waits until another case than this one is open, or none.
async fn left(browser: &Browser, case: &str) {
    let open = "document.querySelector('[data-page=case]')?.dataset.case";
    browser.until(&format!("{open} !== '{case}'")).await;
}

#[tokio::test]
async fn ten_cases_are_ruled_by_keys_alone() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=10).await;
    let browser = world.signed_in("amei", "moderator").await;
    browser.until_shown(".row").await;
    assert_eq!(browser.count(".row").await, 10);
    browser.press('n').await;
    for number in 0..10 {
        let case = open_case(&browser).await;
        if number % 2 == 0 {
            browser.press('a').await;
        } else {
            browser.press('r').await;
            browser.press(ENTER).await;
        }
        left(&browser, &case).await;
    }
    browser.until_shown("[data-page=queue]").await;
    assert_eq!(browser.count(".row").await, 0);
    // One for the first case, one for each approval, two for each removal.
    assert_eq!(browser.keystrokes.get(), 1 + 5 + 10);
    let (mut allowed, mut removed) = (0, 0);
    for number in 1..=10 {
        match world.service.verdict(&format!("c-{number}")).await.as_str() {
            "allow" => allowed += 1,
            "remove" => removed += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((allowed, removed), (5, 5));
    browser.close().await;
    world.end();
}

#[tokio::test]
async fn a_ruling_is_undone_by_a_key_and_keys_never_act_by_mistake() {
    let Some(world) = World::start() else { return };
    world.service.post_insults(1..=2).await;
    let browser = world.signed_in("amei", "moderator").await;
    browser.press('n').await;
    let case = open_case(&browser).await;

    // A key that an input method takes, or one with Ctrl, is not ours.
    let key = |more: &str| {
        format!(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {{code: 'KeyA', bubbles: true, {more}}}))"
        )
    };
    for more in [
        "isComposing: true",
        "keyCode: 229",
        "ctrlKey: true",
        "metaKey: true",
    ] {
        browser.eval(&key(more)).await;
    }
    browser.press_all(&[SHIFT, '/']).await;
    browser.until_shown("#keys").await;
    browser.press('a').await;
    browser.press(ESCAPE).await;
    browser.until("!document.querySelector('#keys').open").await;
    // What is typed into a note is text.
    browser.press('n').await;
    browser.type_keys("area").await;
    browser
        .until("document.querySelector('#note').value === 'area'")
        .await;
    browser.press(ESCAPE).await;
    browser.press(ESCAPE).await;
    assert_eq!(open_case(&browser).await, case);
    assert_eq!(browser.count("#undo").await, 0, "nothing was ruled");

    browser.press('r').await;
    browser.until_shown("#remove-confirm").await;
    browser.press(ENTER).await;
    left(&browser, &case).await;
    browser.until_shown("#undo [data-seconds]").await;
    browser.press('u').await;
    browser
        .until(&format!(
            "document.querySelector('[data-page=case]')?.dataset.case === '{case}'"
        ))
        .await;
    browser.until_shown("#status").await;
    browser.until("!document.querySelector('#undo')").await;
    assert_ne!(browser.text("#status").await, "已結案");
    let (one, two) = (
        world.service.verdict("c-1").await,
        world.service.verdict("c-2").await,
    );
    assert_eq!((one.as_str(), two.as_str()), ("flag", "flag"));
    browser.close().await;
    world.end();
}
