//! What people do from the first mail to the last page, in a real browser, with scripts and without.

use std::time::Duration;

use keydesk::web::Shows;
use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, link, link_for, parts, setup_link};
use crate::support::app::TestApp;
use crate::support::browser::{Browser, Setting};
use crate::support::program::{Installation, Process};
use crate::support::socket::Server;

const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) \
    { user { id } errors { code message } } }";
const RESET: &str = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
    { mailDelivery { id } errors { code message } } }";

/// The built program with a mailbox, and a browser that visits it.
struct Walk {
    desk: Installation,
    browser: Browser,
    key: String,
    _server: Process,
}

impl Walk {
    async fn start(has_scripts: bool) -> Self {
        let mailbox = tempfile::tempdir().expect("a folder").keep();
        let desk = Installation::new(vec![
            (
                "KEYDESK_MAIL__FROM",
                "Keydesk <keydesk@example.org>".to_owned(),
            ),
            ("KEYDESK_MAIL__TRANSPORT__KIND", "file".to_owned()),
            (
                "KEYDESK_MAIL__TRANSPORT__DIRECTORY",
                mailbox.display().to_string(),
            ),
        ]);
        let server = desk.serve_with(&["--development"]);
        Self {
            key: desk.key(),
            browser: browser(has_scripts).await,
            desk,
            _server: server,
        }
    }

    fn ask(&self, document: &str, input: &Value) {
        let answer = self
            .desk
            .ask(&self.key, document, &json!({ "input": input }));
        let answer = answer.expect("an answer");
        let payload = answer["data"]
            .as_object()
            .and_then(|data| data.values().next());
        let payload = payload.unwrap_or_else(|| panic!("{answer:#}"));
        assert_eq!(payload["errors"], json!([]), "{answer:#}");
    }

    fn user(&self, username: &str) {
        let email = format!("{username}@example.org");
        let input = json!({
            "username": username, "email": email, "emailVerified": true,
            "password": ALSO_GOOD, "forceChangeOnLogin": false
        });
        self.ask(CREATE, &input);
    }

    async fn go(&self, page: &str) {
        let address = format!("http://127.0.0.1:{}/{page}", self.desk.port);
        self.browser.goto(&address).await;
    }

    /// Opens the mailbox until that many mails are there. Gives the text of the newest.
    async fn read_mail(&self, number: usize) -> String {
        for _ in 0..200 {
            self.go("mailbox").await;
            let heading = self.browser.text("h1").await;
            if heading.starts_with(&format!("{number} ")) {
                self.browser.click("td.subject a").await;
                self.browser.click(".tabs a[href$='view=text']").await;
                return self.browser.text("pre.body").await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{number} mails never came");
    }

    async fn send(&self, fields: &[(&str, &str)]) {
        send(&self.browser, fields).await;
    }

    async fn says(&self, css: &str, words: &str) {
        self.browser.wait_for_text(css, words).await;
    }
}

async fn browser(has_scripts: bool) -> Browser {
    let setting = Setting {
        has_scripts,
        ..Setting::default()
    };
    let browser = Browser::set(setting).await;
    browser.set_size(1280, 900).await;
    browser
}

async fn send(browser: &Browser, fields: &[(&str, &str)]) {
    for (id, text) in fields {
        browser.fill(&format!("#{id}"), text).await;
    }
    browser.press("main button[type=submit]").await;
}

/// The line after the one with these words and an empty one.
fn line_after<'a>(text: &'a str, words: &str) -> &'a str {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let found = lines.find(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("{words:?} is not in {text}"));
    lines
        .next()
        .unwrap_or_else(|| panic!("nothing follows in {text}"))
}

async fn a_mailed_password_is_changed(has_scripts: bool) {
    let walk = Walk::start(has_scripts).await;
    walk.user("ada");
    let reset = json!({
        "user": { "login": "ada" }, "generate": true, "sendEmail": true, "forceChangeOnLogin": true
    });
    walk.ask(RESET, &reset);
    let mail = walk.read_mail(1).await;
    let password = line_after(&mail, "Your new password:").to_owned();

    walk.go("account").await;
    walk.says(".notice", "Sign in to see this page").await;
    walk.send(&[("login", "ada"), ("password", ALSO_GOOD)])
        .await;
    walk.says(".problem", "do not go together").await;
    walk.send(&[("login", "ada@example.org"), ("password", &password)])
        .await;
    walk.says("h1", "Change your password").await;
    walk.go("account").await;
    walk.says("h1", "Change your password").await;

    let weak = [
        ("current", &*password),
        ("password", "ada"),
        ("again", "ada"),
    ];
    walk.send(&weak).await;
    walk.says("#password-faults", "Use at least 15 characters")
        .await;
    walk.says("#password-faults", "nothing to do with your name")
        .await;
    walk.says(".problem", "was not changed").await;
    let strong = [("current", &*password), ("password", GOOD), ("again", GOOD)];
    walk.send(&strong).await;
    walk.says("h1", "Your account").await;
    walk.says(".notice", "Your password was changed").await;
    walk.says("main", "ada@example.org").await;

    walk.browser.click("[value=sign-out]").await;
    walk.says(".notice", "You are signed out").await;
    walk.send(&[("login", "ada"), ("password", &password)])
        .await;
    walk.says(".problem", "do not go together").await;
    walk.send(&[("login", "ADA"), ("password", GOOD)]).await;
    walk.says("h1", "Your account").await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn whoever_is_mailed_a_password_signs_in_and_chooses_their_own() {
    a_mailed_password_is_changed(true).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn whoever_is_mailed_a_password_needs_no_scripts() {
    a_mailed_password_is_changed(false).await;
}

/// The link to that page in a mail.
fn link_in(mail: &str, page: &str) -> String {
    let mut words = mail.split_whitespace();
    let found = words.find(|word| word.contains(&format!("/{page}/")));
    found.unwrap_or_else(|| panic!("{mail}")).to_owned()
}

async fn a_forgotten_password_is_replaced(has_scripts: bool) {
    let walk = Walk::start(has_scripts).await;
    walk.user("ada");
    let third = "window basket, eleven calm rivers";

    walk.go("sign-in").await;
    walk.browser.click("a[href='forgot']").await;
    walk.send(&[("login", "ada")]).await;
    walk.says("h1", "Look into your mail").await;
    let link = link_in(&walk.read_mail(1).await, "reset");
    walk.browser.goto(&link).await;
    walk.send(&[("password", "ada"), ("again", "ada")]).await;
    walk.says("#password-faults", "Use at least 15 characters")
        .await;
    walk.send(&[("password", GOOD), ("again", GOOD)]).await;
    walk.says("h1", "Your password was changed").await;
    walk.browser.goto(&link).await;
    walk.says("h1", "This link was used").await;
    walk.read_mail(2).await;

    walk.go("forgot").await;
    walk.send(&[("login", "Ada@Example.org")]).await;
    walk.says("h1", "Look into your mail").await;
    let mail = walk.read_mail(3).await;
    let is_code = |line: &&str| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok();
    let code = mail.lines().map(str::trim).find(is_code).expect("a code");
    walk.go("forgot/code").await;
    walk.send(&[("code", "0000 0000")]).await;
    walk.says("#code-faults, .problem", "does not work").await;
    walk.send(&[("code", code)]).await;
    walk.says("h1", "Choose a new password").await;
    walk.send(&[("password", third), ("again", third)]).await;
    walk.says("h1", "Your password was changed").await;

    let link = link_in(&walk.read_mail(4).await, "not-me");
    walk.browser.goto(&link).await;
    walk.send(&[("login", "somebody else")]).await;
    walk.browser.wait_for("#login").await;
    walk.send(&[("login", "ADA")]).await;
    walk.says("strong", "ada").await;
    walk.go("sign-in").await;
    walk.send(&[("login", "ada"), ("password", third)]).await;
    walk.says(".problem", "do not go together").await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn whoever_forgot_comes_back_by_link_and_by_code_and_says_that_it_was_not_them() {
    a_forgotten_password_is_replaced(true).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn whoever_forgot_needs_no_scripts() {
    a_forgotten_password_is_replaced(false).await;
}

/// A desk whose clock is set by hand, behind plain http.
async fn desk() -> (TestApp, Server) {
    let desk = TestApp::with_server(|server| {
        server.public_url = Some("http://127.0.0.1:8080".parse().expect("a URL"));
    })
    .await;
    let server = Server::with(&desk, Shows::default()).await;
    (desk, server)
}

async fn open(browser: &Browser, server: &Server, link: &str) {
    let address = format!("http://{}{}", server.address, parts(link).0);
    browser.goto(&address).await;
}

async fn links_of_every_state(has_scripts: bool) {
    let (desk, server) = desk().await;
    let ada = desk.member("ada").await;
    let browser = browser(has_scripts).await;
    let wrong = [("password", "ada"), ("again", "ada")];
    let right = [("password", GOOD), ("again", GOOD)];

    let used = link(&desk, &ada).await;
    open(&browser, &server, &used).await;
    send(&browser, &wrong).await;
    browser.wait_for_text(".problem", "was not changed").await;
    send(&browser, &right).await;
    browser
        .wait_for_text("h1", "Your password was changed")
        .await;
    assert!(desk.verifies(&ada, GOOD).await);
    open(&browser, &server, &used).await;
    browser.wait_for_text("h1", "This link was used").await;

    let short = link_for(&desk, &ada, Duration::from_mins(5)).await;
    open(&browser, &server, &short).await;
    browser.wait_for_text("h1", "Choose a new password").await;
    desk.app.clock.advance(Duration::from_mins(5));
    send(&browser, &[("password", ALSO_GOOD), ("again", ALSO_GOOD)]).await;
    browser.wait_for_text("h1", "This link has expired").await;

    let older = link(&desk, &ada).await;
    let newer = link(&desk, &ada).await;
    open(&browser, &server, &older).await;
    browser.wait_for_text("h1", "There is a newer link").await;
    open(&browser, &server, &newer).await;
    send(&browser, &[("password", ALSO_GOOD), ("again", ALSO_GOOD)]).await;
    browser
        .wait_for_text("h1", "Your password was changed")
        .await;
    assert!(desk.verifies(&ada, ALSO_GOOD).await);
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_link_works_once_until_its_end_and_until_a_newer_one() {
    Box::pin(links_of_every_state(true)).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_link_needs_no_scripts() {
    Box::pin(links_of_every_state(false)).await;
}

/// `Source:` FusionAuth#629: `SafeLinks` opens the link and sends the form that it finds, as it is.
#[tokio::test]
#[ignore = "needs chromium"]
async fn a_scanner_that_sends_the_empty_form_leaves_the_link_to_its_owner() {
    let (desk, server) = desk().await;
    let ada = desk.person("ada", "MEMBER").await;
    let link = link(&desk, &ada).await;
    let session = desk.session("ada").await;
    let scanner = browser(true).await;
    for submit in [
        "document.querySelector('main form').submit()",
        "document.querySelector('main form').requestSubmit()",
        "for (const button of document.querySelectorAll('main button')) button.click()",
    ] {
        open(&scanner, &server, &link).await;
        scanner.wait_for("#password").await;
        scanner.eval(submit, vec![]).await;
        scanner.wait_for_text("h1", "Choose a new password").await;
    }
    let document = "{ account { username } }";
    let still = desk.ask_as(Some(&session), document, json!({})).await;
    assert_eq!(still.root()["username"], "ada");

    let person = browser(true).await;
    open(&person, &server, &link).await;
    send(&person, &[("password", GOOD), ("again", GOOD)]).await;
    person
        .wait_for_text("h1", "Your password was changed")
        .await;
    assert!(desk.verifies(&ada, GOOD).await);
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn the_first_owner_is_made_and_signs_in_without_scripts() {
    let (desk, server) = desk().await;
    let browser = browser(false).await;
    open(&browser, &server, &setup_link(&desk).await).await;
    let owner = [("username", "olga"), ("email", "olga@example.org")];
    let weak = [&owner[..], &[("password", "olga"), ("again", "olga")]].concat();
    send(&browser, &weak).await;
    browser
        .wait_for_text("#password-faults", "Use at least 15 characters")
        .await;
    send(&browser, &[("password", GOOD), ("again", GOOD)]).await;
    browser.wait_for_text("h1", "has an owner").await;
    let sign_in = format!("http://{}/sign-in", server.address);
    browser.goto(&sign_in).await;
    send(&browser, &[("login", "olga"), ("password", GOOD)]).await;
    browser.wait_for_text("h1", "Your account").await;
    browser.wait_for_text("main", "olga@example.org").await;
}
