//! Forms that change nothing and leave the link as it was.

use axum::http::StatusCode;

use super::{GOOD, Visitor, assert_says, form, hidden, link, setup_link, text};
use crate::support::app::TestApp;

const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

/// What is sent, and what is answered: headers, body, status, words.
type Case<'a> = (&'a [(&'a str, &'a str)], String, StatusCode, &'a str);

fn cases<'a>(mark: &str, other: &[(&str, &str)]) -> Vec<Case<'a>> {
    let with = |fields: &[(&str, &str)]| {
        let fields = [&[("mark", mark)], other, fields].concat();
        form(&fields)
    };
    let good = with(&[("password", GOOD), ("again", GOOD)]);
    let again = |password: &str| with(&[("password", password), ("again", password)]);
    let odd = StatusCode::UNPROCESSABLE_ENTITY;
    vec![
        (&[OURS], with(&[]), odd, "Fill this in."),
        (&[OURS], again(""), odd, "Fill this in."),
        (
            &[OURS],
            with(&[("password", GOOD), ("again", "otter")]),
            odd,
            "This is not the same as the password above.",
        ),
        (
            &[OURS],
            with(&[("password", GOOD)]),
            odd,
            "This is not the same as the password above.",
        ),
        (&[OURS], again("short"), odd, "Use at least 15 characters"),
        (&[OURS], again("passwordpassword"), odd, "is common"),
        (
            &[OURS],
            again("tab\there-otter-walks"),
            odd,
            "leave out control",
        ),
        (&[OURS], again(&"x".repeat(1_025)), odd, "Use at most 1024"),
        (
            &[OURS],
            again(&"x".repeat(9_000)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "That is too long",
        ),
        (
            &[OURS],
            format!("{good}&password={GOOD}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This is not the form",
        ),
        (
            &[OURS, ("content-type", "text/plain")],
            good.clone(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This is not the form",
        ),
        (
            &[OURS],
            good.replace("mark=", "mark=x"),
            StatusCode::FORBIDDEN,
            "Open your link again",
        ),
        (
            &[OURS],
            good.replace("mark=", "other="),
            StatusCode::FORBIDDEN,
            "Open your link again",
        ),
        (
            &[("sec-fetch-site", "cross-site")],
            good.clone(),
            StatusCode::FORBIDDEN,
            "This came from another page",
        ),
        (
            &[("sec-fetch-site", "same-site")],
            good.clone(),
            StatusCode::FORBIDDEN,
            "This came from another page",
        ),
        (
            &[("origin", "https://evil.example")],
            good,
            StatusCode::FORBIDDEN,
            "This came from another page",
        ),
    ]
}

async fn assert_nothing_changes(app: &TestApp, link: &str, (path, other): (&str, &[(&str, &str)])) {
    let (mut visitor, page) = Visitor::open(app, link).await;
    let mark = hidden(&page, "mark");
    let cookie = visitor.cookie();
    let before = app.snapshot().await;
    for (headers, body, status, words) in cases(&mark, other) {
        let answer = visitor.post_raw(path, headers, &body).await;
        assert_says(&answer, status, words);
        assert!(!text(&answer).contains(GOOD), "a password comes back");
        assert_eq!(visitor.cookie(), cookie, "{words}");
        assert_eq!(app.snapshot().await, before, "{words}");
    }
    let page = visitor.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "the link still works");
    hidden(&page, "mark");
}

#[tokio::test]
async fn nothing_but_a_whole_form_of_this_server_changes_a_password() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let link = link(&app, &ada).await;
    assert_nothing_changes(&app, &link, ("/reset", &[])).await;
}

#[tokio::test]
async fn nothing_but_a_whole_form_of_this_server_makes_an_owner() {
    let app = TestApp::start().await;
    let link = setup_link(&app).await;
    let other = [("username", "ada"), ("email", "ada@example.org")];
    assert_nothing_changes(&app, &link, ("/setup", &other)).await;
}

#[tokio::test]
async fn a_form_that_was_opened_for_another_link_is_not_taken() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let bea = app.member("bea").await;
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    let (other, _) = Visitor::open(&app, &link(&app, &bea).await).await;
    visitor.cookies = other.cookies;
    let before = app.snapshot().await;
    let fields = [("password", GOOD), ("again", GOOD)];
    let refused = visitor.post(&page, "/reset", &fields).await;
    assert_says(&refused, StatusCode::FORBIDDEN, "Open your link again");
    assert_eq!(app.snapshot().await, before);
}

#[tokio::test]
async fn every_broken_rule_is_named_beside_the_field() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    let weak = [("password", "ada"), ("again", "ada")];
    let refused = visitor.post(&page, "/reset", &weak).await;
    for words in [
        "The password was not changed.",
        "Use at least 15 characters",
        "Add another word or two",
        "Add words that have nothing to do with your name",
        "aria-invalid=\"true\"",
        "aria-describedby=\"password-hint password-faults\"",
    ] {
        assert_says(&refused, StatusCode::UNPROCESSABLE_ENTITY, words);
    }
}

#[tokio::test]
async fn a_server_behind_plain_http_keeps_the_token_in_a_plain_cookie() {
    let app = TestApp::with_server(|server| {
        server.public_url = Some("http://127.0.0.1:8080".parse().expect("a URL"));
    })
    .await;
    let ada = app.member("ada").await;
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    let cookie = visitor.cookie().expect("a cookie");
    assert!(cookie.starts_with("keydesk_reset="), "{cookie}");
    // As a browser sends it that knows no `Sec-Fetch-Site`.
    let mark = hidden(&page, "mark");
    let body = form(&[("mark", &mark), ("password", GOOD), ("again", GOOD)]);
    let done = visitor
        .post_raw("/reset", &[("origin", "null")], &body)
        .await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
}
