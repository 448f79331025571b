//! What members write to break a page: markup, turned directions, marks that pile up, a text without a blank, long names.

use serde_json::json;

use super::{World, browser::Browser};

/// Comments that try it, each with an insult so that it comes before a moderator.
fn hostile() -> Vec<(&'static str, String, String)> {
    let zalgo: String = "白痴"
        .chars()
        .flat_map(|ch| std::iter::once(ch).chain(('\u{300}'..'\u{330}').cycle().take(60)))
        .collect();
    let script = "<script>window.hostile = 1</script><img src=x onerror=\"window.hostile = 1\">";
    vec![
        (
            "html",
            format!("你這個白痴{script}</bdi></p></main><style>*{{display:none}}</style>"),
            script.chars().take(40).collect(),
        ),
        (
            "bidi",
            "你這個白痴\u{202E}gnp.exe\u{2066}\u{2067}\u{202B}אבג \u{200F}שלום\u{202E}".to_owned(),
            "\u{202E}版主\u{202E}אבג".to_owned(),
        ),
        (
            "zalgo",
            format!("你這個白痴 {zalgo}"),
            "甲\u{489}\u{489}\u{489}乙\u{20DD}".to_owned(),
        ),
        (
            "long",
            format!("你這個白痴{}", "長W".repeat(2_497)),
            "名".repeat(40),
        ),
        (
            "latin",
            format!("你這個白痴{}", "W".repeat(4_900)),
            "W".repeat(40),
        ),
    ]
}

async fn holds(browser: &Browser) {
    let wide = browser
        .eval("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        .await;
    assert_eq!(wide, 0, "{} scrolls sideways", browser.address().await);
    assert_eq!(
        browser.eval("window.hostile ?? null").await,
        serde_json::Value::Null
    );
    // No character of theirs turns a direction: they are shown as signs.
    let turned =
        "/[\\u202A-\\u202E\\u2066-\\u2069\\u200E\\u200F\\u061C]/.test(document.body.textContent)";
    assert_eq!(
        browser.eval(turned).await,
        false,
        "{}",
        browser.text("body").await
    );
    // Members' words stand apart from ours, whatever their direction.
    let apart = "[...document.querySelectorAll('bdi')].every((part) => getComputedStyle(part).unicodeBidi === 'isolate')";
    assert_eq!(browser.eval(apart).await, true);
    // Nothing of theirs reaches over the words of others: what piles up is cut at the box.
    let outside = "[...document.querySelectorAll('.words')].filter((part) => { const style = getComputedStyle(part); \
        return !style.contain.includes('paint') && !style.contain.includes('content') && style.overflow !== 'hidden' && style.clipPath === 'none'; }).map((part) => part.outerHTML.slice(0, 200))";
    assert_eq!(
        browser.eval(outside).await,
        json!([]),
        "{}",
        browser.address().await
    );
}

#[tokio::test]
async fn hostile_comments_change_nothing_of_the_page() {
    let Some(world) = World::start() else { return };
    for (id, body, nickname) in hostile() {
        let member = json!({"id": format!("m-{id}"), "nickname": nickname});
        let comment =
            json!({"comment_id": id, "member": member, "body": body, "tags": ["\u{202E}<b>標籤"]});
        world
            .service
            .ask("POST", "/v1/moderations", Some(comment))
            .await;
    }
    let browser = world.signed_in("amei", "moderator").await;
    let links =
        "[...document.querySelectorAll('.row-link')].map((link) => link.getAttribute('href'))";
    let links = browser.eval(links).await;
    let links: Vec<_> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link.as_str().unwrap().to_owned())
        .collect();
    assert!(links.len() >= 5, "{links:?}");
    for width in [1280, 360] {
        browser.look(width, width == 360).await;
        browser.go("/console/queue").await;
        browser.until_shown("[data-page=queue]").await;
        holds(&browser).await;
        for link in &links {
            browser.go(link).await;
            browser.until_shown("[data-page=case] #decide").await;
            holds(&browser).await;
        }
    }
    browser.close().await;
    world.end();
}
