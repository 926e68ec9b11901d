//! Both pages in a real browser, by hand and by eye.

use axum::http::Method;
use keydesk::web::Shows;
use serde_json::{Value, json};

use super::{ALSO_GOOD, GOOD, link, parts, setup_link};
use crate::playground::take_pictures;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::socket::Server;

/// A desk behind plain http on this machine.
async fn desk() -> TestApp {
    TestApp::with_server(|server| {
        server.public_url = Some("http://127.0.0.1:8080".parse().expect("a URL"));
    })
    .await
}

/// A link with the address at which a server really listens.
fn at(server: &Server, link: &str) -> String {
    format!("http://{}{}", server.address, parts(link).0)
}

async fn type_passwords(browser: &Browser, password: &str, again: &str) {
    browser.fill("#password", password).await;
    browser.fill("#again", again).await;
    browser.press("button[type=submit]").await;
}

/// Nothing in red but the forms that were refused, and nobody else was asked for anything.
async fn assert_quiet(browser: &Browser, server: &Server) {
    let errors = browser.console_errors().await;
    let refused = |error: &String| error.contains("422") || error.contains("410");
    assert!(errors.iter().all(refused), "{errors:?}");
    let origin = format!("http://{}", server.address);
    assert_eq!(browser.requests_off(&origin).await, Vec::<String>::new());
}

/// Every field has a label that names it, and the keyboard reaches them in the order of the page.
async fn assert_labelled(browser: &Browser, wanted: &[&str]) {
    let script = "return [...document.querySelectorAll('input:not([type=hidden]):not(.unseen), button:not(.show)')]\
        .map((field) => field.labels?.[0]?.innerText ?? field.innerText)";
    assert_eq!(browser.eval(script, vec![]).await, json!(wanted));
    let script = "return document.querySelectorAll('[tabindex]:not(.unseen)').length";
    assert_eq!(browser.eval(script, vec![]).await, json!(0));
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_link_leads_over_mismatch_and_weakness_to_a_new_password() {
    let desk = desk().await;
    let server = Server::with(&desk, Shows::default()).await;
    let ada = desk.member("ada").await;
    let link = link(&desk, &ada).await;
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&at(&server, &link)).await;
    browser.wait_for_text("h1", "Choose a new password").await;
    let form = format!("http://{}/reset", server.address);
    assert_eq!(browser.address().await, form);
    let seen = "return [document.cookie, document.referrer, document.documentElement.outerHTML]";
    let seen = browser.eval(seen, vec![]).await.to_string();
    assert!(!seen.contains(&parts(&link).1), "the page knows the token");
    assert_labelled(
        &browser,
        &[
            "New password",
            "The same password again",
            "Save the new password",
        ],
    )
    .await;
    take_pictures(&browser, "reset").await;

    type_passwords(&browser, GOOD, "otter").await;
    browser
        .wait_for_text("#again-faults", "Type both again")
        .await;
    type_passwords(&browser, "ada", "ada").await;
    browser
        .wait_for_text("#password-faults", "Use at least 15 characters")
        .await;
    browser.wait_for_text(".problem", "was not changed").await;
    take_pictures(&browser, "reset-refused").await;
    assert!(!desk.verifies(&ada, GOOD).await);

    type_passwords(&browser, GOOD, GOOD).await;
    browser
        .wait_for_text("h1", "Your password was changed")
        .await;
    take_pictures(&browser, "reset-done").await;
    assert!(desk.verifies(&ada, GOOD).await);

    browser.goto(&form).await;
    browser.wait_for_text("h1", "Open your link again").await;
    browser.goto(&at(&server, &link)).await;
    browser.wait_for_text("h1", "This link was used").await;
    take_pictures(&browser, "reset-used").await;
    assert_quiet(&browser, &server).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_setup_link_leads_to_the_first_owner() {
    let desk = desk().await;
    let server = Server::with(&desk, Shows::default()).await;
    let link = setup_link(&desk).await;
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&at(&server, &link)).await;
    browser.wait_for_text("h1", "Set up Keydesk").await;
    assert_labelled(
        &browser,
        &[
            "Username",
            "E-mail address",
            "Full name (optional)",
            "New password",
            "The same password again",
            "Make the owner",
        ],
    )
    .await;
    take_pictures(&browser, "setup").await;

    browser.fill("#username", "ada").await;
    browser.fill("#email", "ada@example.org").await;
    type_passwords(&browser, "ada", "ada").await;
    browser
        .wait_for_text("#password-faults", "Use at least 15 characters")
        .await;
    take_pictures(&browser, "setup-refused").await;
    let kept = "return [username.value, email.value, password.value]";
    let kept = browser.eval(kept, vec![]).await;
    assert_eq!(kept, json!(["ada", "ada@example.org", ""]));

    type_passwords(&browser, ALSO_GOOD, ALSO_GOOD).await;
    browser.wait_for_text("h1", "Keydesk has an owner").await;
    take_pictures(&browser, "setup-done").await;
    let roles = desk.rows("SELECT role FROM users", vec![]).await;
    assert_eq!(roles, [json!({ "role": "OWNER" })]);
    assert_quiet(&browser, &server).await;
}

/// A page elsewhere that sends the form by script, with the cookie that the browser holds.
#[tokio::test]
#[ignore = "needs chromium"]
async fn a_page_elsewhere_cannot_send_the_form() {
    let desk = desk().await;
    let server = Server::with(&desk, Shows::default()).await;
    let ada = desk.member("ada").await;
    let link = link(&desk, &ada).await;
    let browser = Browser::open().await;
    browser.goto(&at(&server, &link)).await;
    let mark = browser
        .eval("return document.querySelector('[name=mark]').value", vec![])
        .await;
    let before = desk.snapshot().await;
    browser.goto("data:text/html,<h1>Elsewhere</h1>").await;
    let script = "const form = document.createElement('form');\
        form.method = arguments[0]; form.action = arguments[1];\
        for (const [name, value] of Object.entries(arguments[2])) {\
            const field = document.createElement('input');\
            field.name = name; field.value = value; form.append(field); }\
        document.body.append(form); form.submit()";
    let fields = json!({ "mark": mark, "password": GOOD, "again": GOOD });
    let target = format!("http://{}/reset", server.address);
    let arguments: Vec<Value> = vec![json!(Method::POST.as_str()), json!(target), fields];
    browser.eval(script, arguments).await;
    browser
        .wait_for_text("h1", "This came from another page")
        .await;
    assert_eq!(desk.snapshot().await, before);
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn while_a_password_is_typed_the_page_says_what_the_server_thinks_of_it() {
    let desk = desk().await;
    let server = Server::with(&desk, Shows::default()).await;
    let ada = desk.member("ada").await;
    let link = link(&desk, &ada).await;
    let browser = Browser::open().await;
    browser.set_size(360, 740).await;
    browser
        .goto(&format!("http://{}/reset/code?lang=de", server.address))
        .await;
    browser.goto(&at(&server, &link)).await;
    browser
        .wait_for_text("h1", "Ein neues Passwort wählen")
        .await;
    let is_hidden = "return document.querySelector('.meter').hidden";
    assert_eq!(browser.eval(is_hidden, vec![]).await, json!(true));

    browser.fill("#password", "ada").await;
    browser.wait_for_text(".meter", "leicht zu erraten").await;
    browser
        .wait_for_text(".meter li", "Nehmen Sie mindestens 15 Zeichen")
        .await;
    browser
        .wait_for_text(".meter li", "nichts mit Ihrem Namen")
        .await;
    browser.fill("#password", GOOD).await;
    browser
        .wait_for_text(".meter", "Dieses Passwort ist in Ordnung.")
        .await;
    take_pictures(&browser, "reset-meter").await;

    let kind = "return document.querySelector('#password').type";
    assert_eq!(browser.eval(kind, vec![]).await, json!("password"));
    browser.click(".show").await;
    assert_eq!(browser.eval(kind, vec![]).await, json!("text"));
    let name = "return document.querySelector('.show').textContent";
    assert_eq!(
        browser.eval(name, vec![]).await,
        json!("Verbergen – Neues Passwort")
    );
    assert_quiet(&browser, &server).await;
}
