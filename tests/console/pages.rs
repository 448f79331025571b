//! Every page that links lead to, wide and light, narrow and dark: axe finds nothing, nothing scrolls sideways.

use std::{collections::BTreeSet, path::Path};

use super::{Options, World, browser::Browser};

/// Where `.ci/run` puts axe-core.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/console-tools/node_modules/axe-core/axe.min.js"
);

/// axe-core, or none, which is told.
fn axe() -> Option<String> {
    let axe = std::fs::read_to_string(Path::new(AXE)).ok();
    if axe.is_none() {
        println!("skipped in part: axe-core is not installed; .ci/run does that");
    }
    axe
}

/// What axe finds wrong with the page: each rule with its first place.
async fn faults(browser: &Browser, axe: &str) -> Vec<String> {
    browser.client.execute(axe, Vec::new()).await.unwrap();
    let run = "const done = arguments[0];
        axe.run(document, {resultTypes: ['violations']}).then(
            (found) => done(found.passes.length === 0 ? ['axe looked at nothing'] : found.violations.map((one) => `${one.id}: ${one.nodes[0].html} ${one.nodes[0].failureSummary} (${one.nodes.length})`)),
            (error) => done([`axe failed: ${error}`]));";
    let found = browser.client.execute_async(run, Vec::new()).await.unwrap();
    let found: Vec<String> = serde_json::from_value(found).unwrap();
    found
}

/// The kind of page behind an address: ids and filters are not told apart.
fn kind(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or("");
    let mut parts: Vec<&str> = path.split('/').collect();
    if let Some(id) = parts.get_mut(3) {
        *id = "{}";
    }
    parts.join("/")
}

/// The pages that this one links to.
async fn links(browser: &Browser) -> Vec<String> {
    let links = "[...document.querySelectorAll('a[href^=\"/console/\"]')].map((link) => link.getAttribute('href'))";
    let links: Vec<String> = serde_json::from_value(browser.eval(links).await).unwrap();
    let is_page =
        |link: &String| !link.starts_with("/console/language") && !link.contains("format=csv");
    links.into_iter().filter(is_page).collect()
}

/// Looks at the open page in both ways.
async fn look(browser: &Browser, axe: Option<&String>, wrong: &mut Vec<String>) {
    for (width, dark) in [(1280, false), (360, true)] {
        browser.look(width, dark).await;
        let address = browser.address().await;
        let wide = browser
            .eval("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            .await;
        if wide != 0 {
            wrong.push(format!("{address} at {width}: scrolls sideways by {wide}"));
        }
        if let Some(axe) = axe {
            let found = faults(browser, axe).await;
            wrong.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{address} at {width}: {fault}")),
            );
        }
    }
    browser.look(1280, false).await;
}

#[tokio::test]
async fn every_page_is_fit_for_everybody() {
    let Some(world) = World::start_as("demo") else {
        return;
    };
    let axe = axe();
    let browser = world.browser(Options::default()).await;
    let mut wrong = Vec::new();
    browser.go("/console/sign-in").await;
    browser.until_shown("#sign-in").await;
    look(&browser, axe.as_ref(), &mut wrong).await;

    // The demo's link signs in, once.
    let link = world.service.value("console").to_owned();
    browser.client.goto(&link).await.unwrap();
    browser.until_shown("[data-page=queue]").await;
    let mut waiting = links(&browser).await;
    waiting.extend(["/console/queue".to_owned(), "/console/nothing".to_owned()]);
    let mut seen = BTreeSet::new();
    while let Some(address) = waiting.pop() {
        if !seen.insert(kind(&address)) {
            continue;
        }
        browser.go(&address).await;
        browser
            .until("document.readyState === 'complete' && document.querySelector('main h1')")
            .await;
        let is_error = browser.count("[data-error]").await > 0;
        if is_error && address != "/console/nothing" {
            wrong.push(format!("{address} leads nowhere"));
        }
        look(&browser, axe.as_ref(), &mut wrong).await;
        waiting.extend(links(&browser).await);
    }
    println!("{} kinds of pages: {seen:?}", seen.len());
    assert!(seen.contains("/console/cases/{}"), "{seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let other = world.browser(Options::default()).await;
    other.client.goto(&link).await.unwrap();
    other.until_shown("#sign-in").await;
    other.close().await;
    browser.close().await;
    world.end();
}
