//! A real browser for tests: headless Chromium, driven through a chromedriver of its own.
//!
//! Needs `chromium` and `chromedriver` in the path (Debian: `apt-get install chromium chromium-driver`), so
//! every test that opens one is `#[ignore = "needs chromium"]`. Each browser has an empty profile, and what
//! it logs is kept: a page that works but complains, or asks another host for a font, fails its test.

mod driver;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use self::driver::Driver;

/// How long to wait for something to appear; a busy build machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the visitor's system is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How the visitor's browser is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The language that pages are asked for in.
    pub(crate) language: &'static str,
    /// Whether pages may run scripts.
    pub(crate) has_scripts: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            language: "en",
            has_scripts: true,
        }
    }
}

/// One browser with one window. Dropping it ends it, also when the test panics.
pub(crate) struct Browser {
    client: Client,
    session: String,
    logged: Mutex<Logged>,
    driver: Driver,
    /// Outlives the browser: fields are dropped in the order in which they are written here.
    _profile: TempDir,
}

/// What the browser has logged so far; reading its log empties it there.
#[derive(Default)]
struct Logged {
    errors: Vec<String>,
    requests: Vec<String>,
}

impl Browser {
    /// A fresh browser.
    pub(crate) async fn open() -> Self {
        Self::set(Setting::default()).await
    }

    /// A fresh browser, set in this way.
    pub(crate) async fn set(setting: Setting) -> Self {
        let driver = Driver::start();
        let profile = tempfile::tempdir().expect("a temporary directory");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            &format!("--accept-lang={}", setting.language),
            "about:blank",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        // 1 allows and 2 blocks, as in the browser's own settings.
        let scripts = if setting.has_scripts { 1 } else { 2 };
        let preferences = json!({ "profile.managed_default_content_settings.javascript": scripts });
        let capabilities = json!({
            "goog:chromeOptions": { "args": flags, "prefs": preferences },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("written as an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{}", driver.address))
            .await
            .expect("chromedriver starts chromium");
        let session = client
            .session_id()
            .await
            .expect("an answer")
            .expect("a session");
        Self {
            client,
            session,
            logged: Mutex::default(),
            driver,
            _profile: profile,
        }
    }

    /// Opens a page and waits until it has loaded.
    pub(crate) async fn goto(&self, url: &str) {
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("goto {url}: {error}"));
    }

    /// The address bar.
    pub(crate) async fn address(&self) -> String {
        self.client
            .current_url()
            .await
            .expect("the page has an address")
            .into()
    }

    /// Waits until an element is there.
    pub(crate) async fn wait_for(&self, css: &str) -> Element {
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("waiting for {css}: {error}"))
    }

    /// Waits until the text of an element contains some words.
    pub(crate) async fn wait_for_text(&self, css: &str, words: &str) {
        let is_there = "return [...document.querySelectorAll(arguments[0])]\
            .some((element) => element.innerText.includes(arguments[1]))";
        if !self
            .comes_true(is_there, vec![json!(css), json!(words)])
            .await
        {
            panic!(
                "{css} never said {words:?}; it says {:?}",
                self.text(css).await
            );
        }
    }

    /// Waits until the body of a JavaScript function returns `true`.
    pub(crate) async fn wait_until(&self, script: &str) {
        assert!(
            self.comes_true(script, vec![]).await,
            "this never came true: {script}"
        );
    }

    async fn comes_true(&self, script: &str, arguments: Vec<Value>) -> bool {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.eval(script, arguments.clone()).await == json!(true) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// The visible text of an element, once it is there.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.wait_for(css)
            .await
            .text()
            .await
            .expect("an element has text")
    }

    /// Clicks an element as a user would: it must be visible and not covered.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.wait_for(css).await;
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("click {css}: {error}"));
    }

    /// Presses a button by its key, wherever it moves meanwhile.
    ///
    /// `Why:` what a page says of a password comes a moment after it was typed and moves the button away from
    /// under a click.
    pub(crate) async fn press(&self, css: &str) {
        let button = self.wait_for(css).await;
        button
            .send_keys("\u{e007}")
            .await
            .unwrap_or_else(|error| panic!("press {css}: {error}"));
    }

    /// Replaces what is in a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.wait_for(css).await;
        field
            .clear()
            .await
            .unwrap_or_else(|error| panic!("clear {css}: {error}"));
        field
            .send_keys(text)
            .await
            .unwrap_or_else(|error| panic!("fill {css}: {error}"));
    }

    /// Runs the body of a JavaScript function in the page and gives what it returns.
    pub(crate) async fn eval(&self, script: &str, arguments: Vec<Value>) -> Value {
        let result = self.client.execute(script, arguments).await;
        result.unwrap_or_else(|error| panic!("eval {script}: {error}"))
    }

    /// Sets the size of what the page can use, in CSS pixels, also below a window's smallest size.
    pub(crate) async fn set_size(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Lets the page see a light or a dark system.
    pub(crate) async fn set_theme(&self, theme: Theme) {
        let feature = json!({ "name": "prefers-color-scheme", "value": theme.word() });
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await;
    }

    /// Writes what is visible to a PNG file.
    pub(crate) async fn screenshot(&self, path: &Path) {
        let png = self
            .client
            .screenshot()
            .await
            .expect("a picture of the page");
        std::fs::write(path, png).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Everything so far that the console shows in red: thrown errors, failed loads, broken policies.
    pub(crate) async fn console_errors(&self) -> Vec<String> {
        self.read_logs().await;
        self.logged
            .lock()
            .expect("no test thread panicked here")
            .errors
            .clone()
    }

    /// The addresses of all requests over the network so far.
    pub(crate) async fn requests(&self) -> Vec<String> {
        self.read_logs().await;
        self.logged
            .lock()
            .expect("no test thread panicked here")
            .requests
            .clone()
    }

    /// The requests that went anywhere else than to this origin.
    pub(crate) async fn requests_off(&self, origin: &str) -> Vec<String> {
        let origin = Url::parse(origin).expect("an origin is a URL").origin();
        let is_off = |url: &String| Url::parse(url).map_or(true, |url| url.origin() != origin);
        self.requests().await.into_iter().filter(is_off).collect()
    }

    async fn read_logs(&self) {
        let console = self.log("browser").await;
        let network = self.log("performance").await;
        let mut logged = self.logged.lock().expect("no test thread panicked here");
        logged.errors.extend(
            console
                .iter()
                .filter(|entry| entry["level"] == "SEVERE")
                .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()),
        );
        logged.requests.extend(
            network
                .iter()
                .filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok())
                .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
                .filter_map(|event| {
                    Some(
                        event["message"]["params"]["request"]["url"]
                            .as_str()?
                            .to_owned(),
                    )
                })
                .filter(|url| url.starts_with("http") || url.starts_with("ws")),
        );
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        let answer = self.post("se/log", json!({ "type": kind })).await;
        answer.as_array().cloned().unwrap_or_default()
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.post(
            "goog/cdp/execute",
            json!({ "cmd": command, "params": parameters }),
        )
        .await;
    }

    async fn post(&self, path: &'static str, body: Value) -> Value {
        let answer = self.client.issue_cmd(Post { path, body }).await;
        answer.unwrap_or_else(|error| panic!("chromedriver {path}: {error}"))
    }
}

impl Drop for Browser {
    /// Ends the session first, since a killed chromedriver would leave its Chromium behind.
    fn drop(&mut self) {
        self.driver
            .request("DELETE", &format!("/session/{}", self.session));
    }
}

/// A command of chromedriver that is not part of the WebDriver standard.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
