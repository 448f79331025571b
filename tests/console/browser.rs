//! A browser: what a moderator does with it, and what must hold for every page that it was shown.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::Driver;

/// How long something may take to show. Long: the machine of the run may be busy.
const PATIENCE: Duration = Duration::from_secs(20);
/// Shift, as drivers name it.
pub const SHIFT: char = '\u{E008}';
pub const ENTER: char = '\u{E007}';
pub const ESCAPE: char = '\u{E00C}';

/// How a browser is set up.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub width: u32,
    pub dark: bool,
    pub script: bool,
    pub language: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 1280,
            dark: false,
            script: true,
            language: "zh-TW",
        }
    }
}

/// A browser with one page.
pub struct Browser {
    pub client: Client,
    url: String,
    /// The keys that were pressed; typed text counts by its letters.
    pub keystrokes: Cell<usize>,
}

/// A command of the driver that is Chromium's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(
        &self,
        base: &reqwest::Url,
        session: Option<&str>,
    ) -> Result<reqwest::Url, <reqwest::Url as std::str::FromStr>::Err> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &reqwest::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    pub async fn open(driver: &Driver, url: &str, options: Options) -> Self {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let capabilities = capabilities(options).as_object().unwrap().clone();
        builder.capabilities(capabilities);
        let client = builder.connect(&driver.url()).await.unwrap();
        let browser = Self {
            client,
            url: url.to_owned(),
            keystrokes: Cell::new(0),
        };
        browser.look(options.width, options.dark).await;
        // Whatever the policy stops is remembered across pages.
        let watch = "addEventListener('securitypolicyviolation', (event) => {
            const told = sessionStorage.getItem('violations') || '';
            sessionStorage.setItem('violations', `${told}${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}\\n`);
        });";
        browser
            .debug(
                "Page.addScriptToEvaluateOnNewDocument",
                json!({"source": watch}),
            )
            .await;
        browser
    }

    /// Sets the page's width, and whether the system is dark.
    pub async fn look(&self, width: u32, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.debug("Emulation.setEmulatedMedia", json!({"features": features}))
            .await;
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.debug("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// A command of the browser's own debugging protocol.
    pub async fn debug(&self, command: &str, params: Value) -> Value {
        let body = json!({"cmd": command, "params": params});
        let path = "goog/cdp/execute";
        self.client.issue_cmd(Own { path, body }).await.unwrap()
    }

    pub async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.url);
        self.client.goto(&url).await.unwrap();
    }

    /// Path and query of the page.
    pub async fn address(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        let query = url.query().map(|query| format!("?{query}"));
        format!("{}{}", url.path(), query.unwrap_or_default())
    }

    /// What a script on the page says; it reads, and is no page's own.
    pub async fn eval(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.client.execute(&script, Vec::new()).await.unwrap()
    }

    pub async fn text(&self, selector: &str) -> String {
        let quoted = json!(selector);
        let text = self
            .eval(&format!("document.querySelector({quoted})?.innerText"))
            .await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub async fn count(&self, selector: &str) -> u64 {
        let quoted = json!(selector);
        let count = self
            .eval(&format!("document.querySelectorAll({quoted}).length"))
            .await;
        count.as_u64().unwrap()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until<'b>(&'b self, expression: &str) -> impl Future<Output = ()> + use<'b> {
        let place = std::panic::Location::caller();
        let expression = expression.to_owned();
        async move {
            let begun = Instant::now();
            loop {
                // A page that is just being left answers with an error.
                let script = format!("return Boolean({expression});");
                if matches!(
                    self.client.execute(&script, Vec::new()).await,
                    Ok(Value::Bool(true))
                ) {
                    return;
                }
                if begun.elapsed() > PATIENCE {
                    let page = self.text("body").await;
                    panic!(
                        "{place}: {expression} is not so on {}: {page}",
                        self.address().await
                    );
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
    }

    #[track_caller]
    pub fn until_shown<'b>(&'b self, selector: &str) -> impl Future<Output = ()> + use<'b> {
        let quoted = json!(selector);
        self.until(&format!(
            "document.readyState === 'complete' && document.querySelector({quoted})?.checkVisibility()"
        ))
    }

    pub async fn click(&self, selector: &str) {
        self.until_shown(selector).await;
        let found = self.client.find(Locator::Css(selector)).await.unwrap();
        found.click().await.unwrap();
    }

    /// Clicks what leads to another page, without a script, and waits for that page.
    pub async fn click_through(&self, selector: &str) {
        self.until_shown(selector).await;
        let mark = "document.documentElement.dataset.left = ''";
        self.eval(mark).await;
        self.click(selector).await;
        self.until(
            "document.readyState === 'complete' && !('left' in document.documentElement.dataset)",
        )
        .await;
    }

    pub async fn type_into(&self, selector: &str, text: &str) {
        self.until_shown(selector).await;
        let found = self.client.find(Locator::Css(selector)).await.unwrap();
        found.send_keys(text).await.unwrap();
    }

    /// Presses a key and lets it go, wherever the focus is.
    pub async fn press(&self, key: char) {
        self.press_all(&[key]).await;
    }

    /// Presses keys together, as with Shift.
    pub async fn press_all(&self, keys: &[char]) {
        self.keystrokes.set(self.keystrokes.get() + 1);
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key });
        }
        for key in keys.iter().rev() {
            actions = actions.then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types as a person does, key by key.
    pub async fn type_keys(&self, text: &str) {
        for key in text.chars() {
            self.press(key).await;
        }
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        let body = json!({"type": kind});
        let path = "se/log";
        let log = self.client.issue_cmd(Own { path, body }).await.unwrap();
        log.as_array().cloned().unwrap_or_default()
    }

    /// Nothing was asked of another host, the policy stopped nothing, no script failed.
    pub async fn check(&self) {
        for entry in self.log("performance").await {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let message = &message["message"];
            if message["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let asked = message["params"]["request"]["url"].as_str().unwrap();
            let is_ours = asked.starts_with(&self.url) || asked.starts_with("data:");
            assert!(is_ours, "{asked} was asked for");
        }
        for entry in self.log("browser").await {
            let told = entry["message"].as_str().unwrap_or_default();
            // A lost race or a refused sign-in is an answer, no fault of the page.
            let is_status = told.contains("the server responded with a status of 4");
            let is_grave = entry["level"] == "SEVERE" || entry["source"] == "security";
            assert!(!is_grave || is_status, "{entry}");
        }
        let violations = self.eval("sessionStorage.getItem('violations')").await;
        assert_eq!(violations, Value::Null, "the policy stopped something");
    }

    /// Checks what it was shown, and closes it.
    pub async fn close(self) {
        self.check().await;
        self.client.close().await.unwrap();
    }
}

fn capabilities(options: Options) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        // Without a sandbox it starts for root, too; it is shown our own pages alone.
        "--no-sandbox".to_owned(),
        // Whatever it would ask of any other host fails, and is seen.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1".to_owned(),
    ];
    arguments.push(format!("--window-size={},900", options.width));
    arguments.push(format!("--lang={}", options.language));
    let blocked = 2;
    let preferences = match options.script {
        true => json!({"intl.accept_languages": options.language}),
        false => json!({
            "intl.accept_languages": options.language,
            "profile.managed_default_content_settings.javascript": blocked,
        }),
    };
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": arguments, "prefs": preferences},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    })
}
