//! The database is busy, or gone for a while.

use axum::body::Body;
use axum::http::Request;
use keydesk::platform::db::OpenTransaction;
use sea_orm::{ConnectionTrait, TransactionOptions};
use serde_json::json;

use crate::support::app::{Answer, TestApp};

async fn get(app: &TestApp, path: &str) -> u16 {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    app.send(request).await.status.as_u16()
}

async fn viewer(app: &TestApp) -> Answer {
    app.ask("{ viewer { role } }", json!({})).await
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), answer.top_level()),
        (503, Some("SERVICE_UNAVAILABLE")),
        "{answer:#?}"
    );
    assert_eq!(answer.headers["retry-after"], "1");
}

/// The process lives and says that it cannot serve.
async fn assert_not_ready(app: &TestApp) {
    let (answer, live, ready) = tokio::join!(viewer(app), get(app, "/livez"), get(app, "/readyz"));
    assert_unavailable(&answer);
    assert_eq!((live, ready), (200, 503));
}

/// Every connection that reads.
async fn hold_all(app: &TestApp) -> Vec<OpenTransaction> {
    let count = match app.app.db.kind() {
        "sqlite" => 4,
        _ => 6,
    };
    let mut held = Vec::new();
    for _ in 0..count {
        let options = TransactionOptions::default();
        let begun = app.app.db.read().begin_with_options(options).await;
        held.push(begun.expect("a connection"));
    }
    held
}

#[tokio::test]
async fn without_a_free_connection_the_caller_is_told_to_come_back() {
    let app = TestApp::start().await;
    let held = hold_all(&app).await;
    assert_not_ready(&app).await;
    for transaction in held {
        transaction.rollback().await.expect("given back");
    }
    assert_eq!(viewer(&app).await.root()["role"], "OWNER");
    assert_eq!(get(&app, "/readyz").await, 200);
}

#[tokio::test]
async fn nothing_waits_for_ever_for_the_database() {
    let app = TestApp::start().await;
    if app.app.db.kind() == "sqlite" {
        let _writer = app.app.db.begin_write().await.expect("a writer");
        assert!(app.app.db.begin_write().await.is_err());
    } else {
        let sleep = app.app.db.read().execute_unprepared("SELECT pg_sleep(600)");
        let error = sleep.await.expect_err("ended by its deadline").to_string();
        assert!(error.contains("statement timeout"), "{error}");
    }
}

/// The key was read, and then the change had to wait for another one that does not end.
#[tokio::test]
async fn a_change_that_waits_too_long_is_refused_and_can_be_repeated() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let other = app.app.db.begin_write().await.expect("begun");
    let held = other.execute_unprepared("UPDATE users SET version = version");
    held.await.expect("every user is held");
    let input = json!({
        "user": { "login": "ada" },
        "generate": true,
        "idempotencyKey": "3f0c8a52-6f3e-4d0b-9d5e-0f6f6b1f2c11",
    });
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { \
        generatedPassword isReplay errors { code message } } }";
    let refused = app.ask(document, json!({ "input": input.clone() })).await;
    assert_unavailable(&refused);
    other.rollback().await.expect("given up");
    let done = app.ask(document, json!({ "input": input })).await;
    assert!(done.root()["generatedPassword"].is_string(), "{done:#?}");
    assert_eq!(done.root()["isReplay"], false);
}

#[tokio::test]
async fn a_database_that_is_gone_is_found_again_when_it_is_back() {
    let app = TestApp::start().await;
    if !app.database.shut().await {
        return;
    }
    // Connections that were open end one by one.
    for _ in 0..8 {
        assert_not_ready(&app).await;
    }
    app.database.reopen().await;
    let mut failed = 0;
    while viewer(&app).await.status != 200 {
        failed += 1;
        assert!(failed < 20, "it is back, and not found");
    }
    assert_eq!(get(&app, "/readyz").await, 200);
}
