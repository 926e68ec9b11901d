//! Write transactions that end in an unusual way.

use std::time::Duration;

use keydesk::platform::db::Db;
use keydesk::platform::settings::Settings;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::json;

use crate::support::app::TestApp;

/// Rows that stand in the database as another process sees it.
async fn stored(app: &TestApp) -> i64 {
    let toml = format!("[database]\nurl = \"{}\"", app.database.url());
    let settings = Settings::from_toml(&toml).expect("settings");
    let other = Db::connect(&settings.database).await.expect("connected");
    let sql = "SELECT count(*) FROM leases WHERE name LIKE 'kept %'";
    let backend = other.read().get_database_backend();
    let row = other
        .read()
        .query_one_raw(Statement::from_string(backend, sql));
    let count = row.await.expect("a query").expect("a row");
    let count = count.try_get_by_index(0).expect("a count");
    other.close().await.expect("closed");
    count
}

fn insert(db: &impl ConnectionTrait, name: &str) -> Statement {
    let backend = db.get_database_backend();
    let holder = match backend {
        DatabaseBackend::Postgres => "'00000000-0000-0000-0000-000000000000'",
        _ => "x'00000000000000000000000000000000'",
    };
    let sql = format!(
        "INSERT INTO leases (name, holder, held_until) VALUES ('kept {name}', {holder}, 0)"
    );
    Statement::from_string(backend, sql)
}

/// Writes one row in a transaction and one without, and expects both to be seen by everybody.
async fn assert_keeps(app: &TestApp, before: i64, name: &str) {
    let db = &app.app.db;
    let txn = db.begin_write().await.expect("begun");
    let row = insert(&txn, &format!("{name} in a transaction"));
    txn.execute_raw(row).await.expect("written");
    txn.commit().await.expect("committed");
    let row = insert(db.write(), &format!("{name} alone"));
    db.write().execute_raw(row).await.expect("written");
    assert_eq!(stored(app).await, before + 2, "after {name}");
}

#[tokio::test]
async fn a_transaction_does_not_commit_after_one_of_its_statements_failed() {
    let app = TestApp::start().await;
    let txn = app.app.db.begin_write().await.expect("begun");
    txn.execute_raw(insert(&txn, "first"))
        .await
        .expect("written");
    txn.execute_unprepared("INSERT INTO nowhere VALUES (1)")
        .await
        .expect_err("there is no such table");
    txn.execute_raw(insert(&txn, "second"))
        .await
        .expect_err("it is over");
    txn.commit().await.expect_err("it is over");
    assert_eq!(stored(&app).await, 0);
    assert_keeps(&app, 0, "a failed statement").await;
}

/// SQLite rolls back by itself when the disk is full, and the driver is not told.
#[tokio::test]
async fn a_transaction_that_ended_behind_the_drivers_back_spoils_no_later_one() {
    let app = TestApp::start().await;
    let db = &app.app.db;
    let txn = db.begin_write().await.expect("begun");
    txn.execute_raw(insert(&txn, "lost"))
        .await
        .expect("written");
    txn.execute_unprepared("ROLLBACK").await.expect("undone");
    drop(txn);
    // An ordinary refusal, which undoes its own transaction alone.
    let txn = db.begin_write().await.expect("begun");
    txn.execute_raw(insert(&txn, "refused"))
        .await
        .expect("written");
    drop(txn);
    assert_keeps(&app, 0, "a rollback by the database").await;
}

#[tokio::test]
async fn a_transaction_that_was_left_open_on_a_connection_is_not_joined_by_others() {
    let app = TestApp::start().await;
    let db = &app.app.db;
    db.write()
        .execute_unprepared("BEGIN")
        .await
        .expect("begun, and nobody knows");
    assert_keeps(&app, 0, "an unknown transaction").await;
}

#[tokio::test]
async fn a_panic_between_begin_and_commit_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let db = app.app.db.clone();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let txn = db.begin_write().await.expect("begun");
        txn.execute_raw(insert(&txn, "lost"))
            .await
            .expect("written");
        panic!("as meant");
    });
    let ended = tasks.join_next().await.expect("a task");
    assert!(ended.expect_err("it panicked").is_panic());
    assert_keeps(&app, 0, "a panic").await;
}

/// The request goes away at every step of a transaction: while it begins, between its statements, while it
/// commits. Each leaves all of its rows or none.
#[tokio::test]
async fn a_request_that_is_cancelled_anywhere_leaves_a_whole_change_or_none() {
    let app = TestApp::start().await;
    let mut kept = 0;
    for round in 0..60 {
        let db = app.app.db.clone();
        let change = async move {
            let txn = db.begin_write().await.expect("begun");
            for part in ["a", "b", "c"] {
                let row = insert(&txn, &format!("{round} {part}"));
                txn.execute_raw(row).await.expect("written");
            }
            txn.commit().await.expect("committed");
        };
        let after = Duration::from_micros(40 * round);
        let _cut_short = tokio::time::timeout(after, change).await;
        let seen = settled(&app).await;
        assert!([0, 3].contains(&(seen - kept)), "{} rows", seen - kept);
        kept = seen;
    }
    assert_keeps(&app, kept, "cancelled requests").await;
}

/// What is stored once the connection is free again, so that nothing of the change is under way.
async fn settled(app: &TestApp) -> i64 {
    let txn = app.app.db.begin_write().await.expect("begun");
    // PostgreSQL has more than one connection; the table's lock waits for all of them.
    if txn.get_database_backend() == DatabaseBackend::Postgres {
        txn.execute_unprepared("LOCK TABLE leases IN EXCLUSIVE MODE")
            .await
            .expect("locked");
    }
    txn.rollback().await.expect("ended");
    stored(app).await
}

/// `SQLITE_BUSY`, and its like on PostgreSQL: somebody else holds what the change needs.
#[tokio::test]
async fn another_process_that_holds_the_database_costs_a_refusal_and_nothing_else() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let other = app.second_replica().await;
    let held = other.app.db.begin_write().await.expect("begun");
    held.execute_unprepared("UPDATE users SET version = version")
        .await
        .expect("every user is held");
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { \
        generatedPassword errors { code } } }";
    let input = json!({ "input": { "user": { "login": "ada" }, "generate": true } });
    let refused = app.ask(document, input.clone()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.top_level()),
        (503, Some("SERVICE_UNAVAILABLE")),
        "{refused:#?}"
    );
    held.rollback().await.expect("given back");
    assert_keeps(&app, 0, "a busy database").await;
    let done = app.ask(document, input).await;
    assert!(done.root()["generatedPassword"].is_string(), "{done:#?}");
}

/// PostgreSQL alone: SQLite has no connection that somebody else could end.
#[tokio::test]
async fn a_connection_that_is_killed_in_a_transaction_takes_nothing_but_that_with_it() {
    let app = TestApp::start().await;
    let db = &app.app.db;
    let txn = db.begin_write().await.expect("begun");
    txn.execute_raw(insert(&txn, "lost"))
        .await
        .expect("written");
    if txn.get_database_backend() == DatabaseBackend::Postgres {
        let ask = Statement::from_string(DatabaseBackend::Postgres, "SELECT pg_backend_pid()");
        let row = txn.query_one_raw(ask).await.expect("a query");
        let pid: i32 = row.expect("a row").try_get_by_index(0).expect("a number");
        db.read()
            .execute_unprepared(&format!("SELECT pg_terminate_backend({pid})"))
            .await
            .expect("killed");
        txn.execute_raw(insert(&txn, "never"))
            .await
            .expect_err("it is gone");
        txn.commit().await.expect_err("it is over");
    } else {
        drop(txn);
    }
    assert_keeps(&app, 0, "a killed connection").await;
}
