//! `/not-me`: a person says that it was not them, and no program does.

use std::time::Duration;

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};

use super::sign_in::sign_in;
use super::{ALSO_GOOD, GOOD, Visitor, assert_says, form, hidden, link, text};
use crate::support::app::TestApp;
use crate::support::recovery::token_in;

/// Changes a password by a link, and gives the link in the notice of it.
async fn notice(app: &TestApp, user: &str, password: &str) -> String {
    let (mut visitor, page) = Visitor::open(app, &link(app, user).await).await;
    let fields = [("password", password), ("again", password)];
    let done = visitor.post(&page, "/reset", &fields).await;
    assert_says(&done, StatusCode::OK, "Your password was changed");
    app.deliver().await;
    let mail = app.mailer.sent().pop().expect("a notice").content.text;
    let token = token_in(&mail, "not-me").unwrap_or_else(|| panic!("{mail}"));
    format!("https://id.example.org/not-me/{token}")
}

#[tokio::test]
async fn whoever_names_the_account_blocks_its_password_once() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let notice = notice(&app, &ada, GOOD).await;
    let mut thief = Visitor::new(&app);
    let inside = sign_in(&mut thief, "ada", GOOD).await;
    assert_eq!(inside.headers[LOCATION], "account");

    let (mut visitor, page) = Visitor::open(&app, &notice).await;
    assert_says(
        &page,
        StatusCode::OK,
        "It was not you who changed the password?",
    );
    let done = visitor
        .post(&page, "/not-me", &[("login", " ADA@example.org ")])
        .await;
    assert_says(&done, StatusCode::OK, "The password is blocked");
    assert!(text(&done).contains("href=\"forgot\""), "the next step");
    assert!(visitor.cookie().is_none());
    assert_eq!(thief.get("/account").await.status, StatusCode::SEE_OTHER);
    let outside = sign_in(&mut thief, "ada", GOOD).await;
    assert_eq!(outside.status, StatusCode::UNPROCESSABLE_ENTITY);

    let (_, page) = Visitor::open(&app, &notice).await;
    assert_says(
        &page,
        StatusCode::GONE,
        "The password was blocked with it on",
    );
}

#[tokio::test]
async fn nothing_and_another_name_change_nothing() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    app.member("bea").await;
    let notice = notice(&app, &ada, GOOD).await;
    let before = app.snapshot().await;
    for method in [Method::HEAD, Method::GET] {
        let (mut visitor, _) = Visitor::open(&app, &notice).await;
        let page = visitor.send(method, "/not-me", &[], String::new()).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    let (mut visitor, page) = Visitor::open(&app, &notice).await;
    let empty = visitor.post(&page, "/not-me", &[("login", " ")]).await;
    assert_says(&empty, StatusCode::UNPROCESSABLE_ENTITY, "Fill this in.");
    let mark = hidden(&page, "mark");
    let body = form(&[("mark", &mark), ("login", "ada")]);
    let foreign = [("sec-fetch-site", "cross-site")];
    let refused = visitor.post_raw("/not-me", &foreign, &body).await;
    assert_says(
        &refused,
        StatusCode::FORBIDDEN,
        "This came from another page",
    );
    let unmarked = visitor.post_raw("/not-me", &[], "login=ada").await;
    assert_says(&unmarked, StatusCode::FORBIDDEN, "Open your link again");
    assert_eq!(app.snapshot().await, before);

    let other = visitor.post(&page, "/not-me", &[("login", "bea")]).await;
    assert_says(
        &other,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This is not the account of that mail.",
    );
    assert!(text(&other).contains("value=\"bea\""));
    let mut owner = Visitor::new(&app);
    let inside = sign_in(&mut owner, "ada", GOOD).await;
    assert_eq!(
        inside.headers[LOCATION], "account",
        "the password still works"
    );
}

#[tokio::test]
async fn each_end_of_such_a_link_has_its_own_words() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let first = notice(&app, &ada, GOOD).await;
    let second = notice(&app, &ada, ALSO_GOOD).await;
    let (_, page) = Visitor::open(&app, &first).await;
    assert_says(
        &page,
        StatusCode::GONE,
        "The password was changed once more on",
    );
    app.app.clock.advance(Duration::from_hours(72));
    let (_, page) = Visitor::open(&app, &second).await;
    assert_says(&page, StatusCode::GONE, "This link has expired");
    let unknown = format!("https://id.example.org/not-me/{}A", "a".repeat(42));
    let (_, page) = Visitor::open(&app, &unknown).await;
    assert_says(&page, StatusCode::NOT_FOUND, "This link is not known");
    let (_, page) = Visitor::open(&app, "https://id.example.org/not-me/x").await;
    assert_says(&page, StatusCode::OK, "Open your link again");
    let missing = Visitor::new(&app)
        .post_raw("/not-me", &[], "login=ada")
        .await;
    assert_says(&missing, StatusCode::OK, "Open your link again");
}
