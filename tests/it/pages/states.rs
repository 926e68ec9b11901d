//! Links that no longer work, told apart in plain words.

use std::time::Duration;

use axum::http::StatusCode;
use keydesk::domain::bootstrap;
use serde_json::json;

use super::{GOOD, Visitor, assert_says, link, link_for, setup_link};
use crate::support::app::TestApp;
use crate::support::rows::uuid;

const UPDATE: &str = "mutation($input: UpdateUserInput!) { updateUser(input: $input) \
                      { user { id } errors { code } } }";

/// Opens a link whose form is there, lets something happen, and gives what both the page and the form
/// then say.
async fn after(app: &TestApp, link: &str, happening: impl AsyncFnOnce()) -> String {
    let (mut visitor, page) = Visitor::open(app, link).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    happening().await;
    let before = app.snapshot().await;
    let path = if link.contains("/setup/") {
        "/setup"
    } else {
        "/reset"
    };
    let fields = [
        ("username", "eve"),
        ("email", "eve@example.org"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let sent = visitor.post(&page, path, &fields).await;
    let shown = visitor.get(path).await;
    assert_eq!(
        (sent.status, shown.status),
        (StatusCode::GONE, StatusCode::GONE)
    );
    assert_eq!(sent.body, shown.body);
    assert_eq!(app.snapshot().await, before);
    let text = shown.body.as_str().expect("a page");
    let title = text.split("<h1>").nth(1).expect("a heading");
    title.split("</h1>").next().expect("its end").to_owned()
}

#[tokio::test]
async fn each_end_of_a_reset_link_has_its_own_words() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let used = link(&app, &ada).await;
    let said = after(&app, &used, async || {
        let (mut other, page) = Visitor::open(&app, &used).await;
        let fields = [
            ("password", "harbour kettle nine"),
            ("again", "harbour kettle nine"),
        ];
        let done = other.post(&page, "/reset", &fields).await;
        assert_says(&done, StatusCode::OK, "Your password was changed");
    });
    assert_eq!(said.await, "This link was used");

    let short = link_for(&app, &ada, Duration::from_mins(1)).await;
    let said = after(&app, &short, async || {
        app.app.clock.advance(Duration::from_mins(1));
    });
    assert_eq!(said.await, "This link has expired");

    let older = link(&app, &ada).await;
    let said = after(&app, &older, async || {
        link(&app, &ada).await;
    });
    assert_eq!(said.await, "There is a newer link");

    let revoked = link(&app, &ada).await;
    let said = after(&app, &revoked, async || {
        let patch = json!({ "user": { "id": ada }, "patch": { "email": "b@example.org" } });
        let answer = app.ask(UPDATE, json!({ "input": patch })).await;
        assert_eq!(answer.codes(), [""; 0]);
    });
    assert_eq!(said.await, "This link no longer works");

    let elsewhere = link(&app, &ada).await;
    let said = after(&app, &elsewhere, async || {
        let sql = "UPDATE users SET authentication_source = 'LDAP' WHERE id = $1";
        app.write(sql, vec![uuid(&ada)]).await;
    });
    assert_eq!(said.await, "This password is kept elsewhere");
    let sql = "UPDATE users SET authentication_source = 'BUILT_IN' WHERE id = $1";
    app.write(sql, vec![uuid(&ada)]).await;

    let disabled = link(&app, &ada).await;
    let said = after(&app, &disabled, async || {
        app.run("disableUser", json!({ "login": "ada", "reason": "left" }))
            .await;
    });
    assert_eq!(said.await, "This account is not active");
}

#[tokio::test]
async fn a_deleted_account_has_no_password_to_choose() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let link = link(&app, &ada).await;
    let said = after(&app, &link, async || {
        let sql = "UPDATE users SET deleted_at = 1 WHERE id = $1";
        app.write(sql, vec![uuid(&ada)]).await;
    });
    assert_eq!(said.await, "This account is not active");
}

#[tokio::test]
async fn a_link_that_nobody_made_and_a_page_without_a_link_say_what_to_do() {
    let app = TestApp::start().await;
    for (path, unknown, missing) in [
        ("/reset", "This link is not known", "Open your link again"),
        (
            "/setup",
            "This setup link is not known",
            "Open the setup link again",
        ),
    ] {
        let link = format!("https://id.example.org{path}/{}A", "a".repeat(42));
        let (_, page) = Visitor::open(&app, &link).await;
        assert_says(&page, StatusCode::NOT_FOUND, unknown);
        for link in ["x", &"a".repeat(44), "%3Cscript%3E"] {
            let link = format!("https://id.example.org{path}/{link}");
            let (mut visitor, page) = Visitor::open(&app, &link).await;
            assert!(visitor.cookie().is_none());
            assert_says(&page, StatusCode::OK, missing);
            let fields = [("sec-fetch-site", "same-origin")];
            let sent = visitor.post_raw(path, &fields, "password=a").await;
            assert_says(&sent, StatusCode::OK, missing);
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_for_a_moment_costs_no_link() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let (mut visitor, page) = Visitor::open(&app, &link(&app, &ada).await).await;
    if !app.database.shut().await {
        return;
    }
    let fields = [("password", GOOD), ("again", GOOD)];
    let shown = visitor.get("/reset").await;
    let sent = visitor.post(&page, "/reset", &fields).await;
    app.database.reopen().await;
    for answer in [shown, sent] {
        assert_says(&answer, StatusCode::SERVICE_UNAVAILABLE, "Please try again");
        assert_eq!(answer.headers["retry-after"], "1");
    }
    // Each connection that was cut is noticed by the request that gets it.
    let mut answer = visitor.post(&page, "/reset", &fields).await;
    for _ in 0..20 {
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            answer = visitor.post(&page, "/reset", &fields).await;
        }
    }
    assert_says(&answer, StatusCode::OK, "Your password was changed");
}

#[tokio::test]
async fn each_end_of_a_setup_link_has_its_own_words() {
    let app = TestApp::start().await;
    let first = setup_link(&app).await;
    let said = after(&app, &first, async || {
        app.app.clock.advance(Duration::from_hours(1));
    });
    assert_eq!(said.await, "This setup link has expired");

    let (used, other) = (setup_link(&app).await, setup_link(&app).await);
    let (mut visitor, page) = Visitor::open(&app, &other).await;
    let said = after(&app, &used, async || {
        let (mut owner, page) = Visitor::open(&app, &used).await;
        let fields = [
            ("username", "ada"),
            ("email", "ada@example.org"),
            ("password", GOOD),
            ("again", GOOD),
        ];
        let done = owner.post(&page, "/setup", &fields).await;
        assert_says(&done, StatusCode::OK, "has an owner");
    });
    assert_eq!(said.await, "This setup link was used");
    let fields = [
        ("username", "eve"),
        ("email", "eve@example.org"),
        ("password", GOOD),
        ("again", GOOD),
    ];
    let late = visitor.post(&page, "/setup", &fields).await;
    assert_says(&late, StatusCode::GONE, "There is nothing to set up");
    assert!(bootstrap::open(&app.app).await.expect("looked").is_none());
}

#[tokio::test]
async fn a_setup_link_ends_with_the_first_user_whoever_makes_one() {
    let app = TestApp::start().await;
    let link = setup_link(&app).await;
    let said = after(&app, &link, async || {
        let ada = app.user("ada", json!({})).await;
        let sql = "UPDATE users SET deleted_at = 1 WHERE id = $1";
        app.write(sql, vec![uuid(&ada)]).await;
    });
    assert_eq!(said.await, "There is nothing to set up");
    assert!(bootstrap::open(&app.app).await.expect("looked").is_none());
}
