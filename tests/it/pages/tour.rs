//! Every page in every state, one after the other, in a real browser: for whoever wants to look at them.

use std::time::Duration;

use keydesk::web::Shows;
use serde_json::json;

use super::{ALSO_GOOD, GOOD, link, link_for, parts, setup_link};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::people::PASSWORD;
use crate::support::rows::uuid;
use crate::support::socket::Server;

/// Somebody who looks at a page; the word names the page and its state.
pub(super) trait Looks {
    async fn look(&mut self, browser: &Browser, name: &str);
}

/// A server with a visitor.
pub(super) struct Tour<'a> {
    desk: TestApp,
    server: Server,
    browser: &'a Browser,
}

impl<'a> Tour<'a> {
    pub(super) async fn start(browser: &'a Browser) -> Self {
        let desk = TestApp::with_server(|server| {
            server.public_url = Some("http://127.0.0.1:8080".parse().expect("a URL"));
        })
        .await;
        let server = Server::with(&desk, Shows::default()).await;
        Self {
            desk,
            server,
            browser,
        }
    }

    async fn go(&self, path: &str) {
        let address = format!("http://{}{path}", self.server.address);
        self.browser.goto(&address).await;
    }

    async fn open(&self, link: &str) {
        self.go(&parts(link).0).await;
    }

    /// The path of the newest mailed link to a page.
    fn mailed(&self, page: &str) -> String {
        let start = format!("/{page}/");
        let mails = self.desk.mailer.sent();
        let mut texts = mails.iter().rev().map(|mail| &mail.content.text);
        let rest = texts.find_map(|text| text.split_once(&start));
        let token = rest.and_then(|(_, rest)| rest.split_whitespace().next());
        format!("{start}{}", token.expect("a mailed link"))
    }

    async fn fill(&self, fields: &[(&str, &str)]) {
        for (id, text) in fields {
            self.browser.fill(&format!("#{id}"), text).await;
        }
    }

    async fn send(&self, fields: &[(&str, &str)]) {
        self.fill(fields).await;
        self.browser.press("button[type=submit]").await;
    }

    /// From signing in to one's own account, over the change that an administrator demands.
    pub(super) async fn account(&self, looks: &mut impl Looks) {
        let browser = self.browser;
        self.desk.person("ada", "MEMBER").await;
        self.desk.session("ada").await;
        self.go("/sign-in").await;
        looks.look(browser, "sign-in").await;
        self.send(&[("login", "ada"), ("password", "not it")]).await;
        browser.wait_for(".problem").await;
        looks.look(browser, "sign-in-refused").await;

        let demand = json!({ "login": "ada", "mustChangePassword": true });
        self.desk.run("setMustChangePassword", demand).await;
        self.send(&[("login", "ada"), ("password", PASSWORD)]).await;
        browser.wait_for("#current").await;
        looks.look(browser, "change-demanded").await;
        let weak = [
            ("current", PASSWORD),
            ("password", "ada"),
            ("again", "adda"),
        ];
        self.fill(&weak).await;
        looks.look(browser, "change-typed").await;
        self.send(&[]).await;
        browser.wait_for("[aria-invalid]").await;
        looks.look(browser, "change-refused").await;
        let good = [("current", PASSWORD), ("password", GOOD), ("again", GOOD)];
        self.send(&good).await;
        browser.wait_for("[value=sign-out-everywhere]").await;
        looks.look(browser, "account-changed").await;
        self.desk.sign_in("ada", GOOD).await;
        self.go("/account").await;
        looks.look(browser, "account").await;
        self.go("/change-password").await;
        looks.look(browser, "change").await;
        self.go("/account").await;
        browser.click("[value=sign-out-everywhere]").await;
        browser.wait_for("#current").await;
        looks.look(browser, "confirm").await;
        self.go("/account").await;
        browser.click("[value=sign-out]").await;
        browser.wait_for("#login").await;
        looks.look(browser, "signed-out").await;
        self.go("/account").await;
        browser.wait_for("#login").await;
        looks.look(browser, "sign-in-first").await;
    }

    /// Links for a new password, in every state that they can be in.
    pub(super) async fn reset(&self, looks: &mut impl Looks) {
        let browser = self.browser;
        let ada = self.desk.member("adam").await;
        self.go("/reset").await;
        looks.look(browser, "reset-missing").await;
        self.go(&format!("/reset/{}A", "a".repeat(42))).await;
        looks.look(browser, "reset-unknown").await;

        let used = link(&self.desk, &ada).await;
        self.open(&used).await;
        looks.look(browser, "reset").await;
        self.send(&[("password", "adam"), ("again", "dam")]).await;
        browser.wait_for("[aria-invalid]").await;
        looks.look(browser, "reset-refused").await;
        self.send(&[("password", GOOD), ("again", GOOD)]).await;
        browser.wait_until("return !document.forms.length").await;
        looks.look(browser, "reset-done").await;
        self.open(&used).await;
        looks.look(browser, "reset-used").await;

        let short = link_for(&self.desk, &ada, Duration::from_mins(1)).await;
        self.desk.app.clock.advance(Duration::from_mins(1));
        self.open(&short).await;
        looks.look(browser, "reset-expired").await;
        let older = link(&self.desk, &ada).await;
        let newer = link(&self.desk, &ada).await;
        self.open(&older).await;
        looks.look(browser, "reset-superseded").await;
        let sql = "UPDATE users SET authentication_source = 'LDAP' WHERE id = $1";
        self.desk.write(sql, vec![uuid(&ada)]).await;
        self.open(&newer).await;
        looks.look(browser, "reset-kept-elsewhere").await;
        let sql = "UPDATE users SET authentication_source = 'BUILT_IN' WHERE id = $1";
        self.desk.write(sql, vec![uuid(&ada)]).await;
        self.desk
            .run("disableUser", json!({ "login": "adam", "reason": "left" }))
            .await;
        self.open(&newer).await;
        looks.look(browser, "reset-account-closed").await;
    }

    /// From the question for a link over its code to the report that it was not them.
    pub(super) async fn forgot(&self, looks: &mut impl Looks) {
        let browser = self.browser;
        self.desk.member("zoe").await;
        self.go("/forgot").await;
        looks.look(browser, "forgot").await;
        self.send(&[("login", "zoe")]).await;
        browser.wait_for("#code").await;
        looks.look(browser, "forgot-code").await;
        self.send(&[("code", "0000 0000")]).await;
        browser.wait_for("#code").await;
        looks.look(browser, "forgot-code-refused").await;
        self.go("/reset/code").await;
        looks.look(browser, "spoken-code").await;
        self.send(&[("code", "ABCD EFGH JKMN PQRS")]).await;
        browser.wait_for("#code").await;
        looks.look(browser, "spoken-code-refused").await;

        self.desk.see_to_requests().await;
        self.desk.deliver().await;
        self.go(&self.mailed("reset")).await;
        self.send(&[("password", GOOD), ("again", GOOD)]).await;
        browser.wait_until("return !document.forms.length").await;
        self.desk.deliver().await;
        self.go("/not-me").await;
        looks.look(browser, "not-me-missing").await;
        self.go(&self.mailed("not-me")).await;
        looks.look(browser, "not-me").await;
        self.send(&[("login", "somebody else")]).await;
        browser.wait_for("#login").await;
        looks.look(browser, "not-me-refused").await;
        self.send(&[("login", "zoe")]).await;
        browser.wait_until("return !document.forms.length").await;
        looks.look(browser, "not-me-done").await;
    }

    /// The first owner. Asks for an installation without anybody.
    pub(super) async fn setup(&self, looks: &mut impl Looks) {
        let browser = self.browser;
        self.go("/setup").await;
        looks.look(browser, "setup-missing").await;
        let link = setup_link(&self.desk).await;
        self.open(&link).await;
        looks.look(browser, "setup").await;
        let wrong = [
            ("username", "a@b"),
            ("email", "ada@example.org"),
            ("password", "ada"),
            ("again", "adda"),
        ];
        self.send(&wrong).await;
        browser.wait_for("[aria-invalid]").await;
        looks.look(browser, "setup-refused").await;
        let right = [
            ("username", "ada"),
            ("password", ALSO_GOOD),
            ("again", ALSO_GOOD),
        ];
        self.send(&right).await;
        browser.wait_until("return !document.forms.length").await;
        looks.look(browser, "setup-done").await;
        self.open(&link).await;
        looks.look(browser, "setup-used").await;
    }

    /// What is answered to a form of somebody else.
    pub(super) async fn refusals(&self, looks: &mut impl Looks) {
        let browser = self.browser;
        self.go("/sign-in").await;
        let spoil = "document.querySelector('[name=mark]').value = 'x'";
        browser.eval(spoil, vec![]).await;
        self.send(&[("login", "x"), ("password", "x")]).await;
        browser.wait_until("return !document.forms.length").await;
        looks.look(browser, "refused-stale").await;
    }
}

/// All of them.
pub(super) async fn all(browser: &Browser, looks: &mut impl Looks) {
    let empty = Tour::start(browser).await;
    empty.setup(looks).await;
    let desk = Tour::start(browser).await;
    desk.account(looks).await;
    desk.reset(looks).await;
    desk.forgot(looks).await;
    desk.refusals(looks).await;
}
