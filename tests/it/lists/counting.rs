//! The count of all users: kept by the database, exact at every commit.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::rows::uuid;

async fn total(app: &TestApp) -> Value {
    let answer = app.ask("{ users { totalCount } }", json!({})).await;
    answer.root()["totalCount"].clone()
}

async fn alive(app: &TestApp) -> usize {
    let sql = "SELECT id FROM users WHERE deleted_at IS NULL";
    app.rows(sql, vec![]).await.len()
}

#[tokio::test]
async fn the_total_is_exact_after_many_creations_at_once() {
    let desk = TestApp::start().await;
    let other = desk.second_replica().await;
    assert_eq!(total(&desk).await, 0);
    let names: Vec<String> = (0..40).map(|number| format!("u{number}")).collect();
    let creations = names.iter().enumerate().map(|(number, name)| {
        let replica = if number % 2 == 0 { &desk } else { &other };
        replica.user(name, json!({}))
    });
    join_all(creations).await;
    assert_eq!(total(&desk).await, 40);
    assert_eq!(alive(&desk).await, 40);
}

#[tokio::test]
async fn a_creation_that_is_rolled_back_leaves_the_total() {
    let desk = TestApp::start().await;
    desk.user("ada", json!({})).await;
    let txn = desk.app.db.begin_write().await.expect("a transaction");
    let deleted = txn.execute_unprepared("DELETE FROM users").await;
    assert_eq!(deleted.expect("deleted").rows_affected(), 1);
    txn.rollback().await.expect("rolled back");
    assert_eq!(total(&desk).await, 1);

    let again = json!({ "input": { "username": "ADA" } });
    let document =
        "mutation($input: CreateUserInput!) { createUser(input: $input) { errors { code } } }";
    let answer = desk.ask(document, again).await;
    assert_eq!(answer.codes(), ["USERNAME_TAKEN"]);
    assert_eq!(total(&desk).await, 1);
}

#[tokio::test]
async fn deleting_restoring_and_raw_sql_move_the_total() {
    let desk = TestApp::start().await;
    let ada = desk.user("ada", json!({})).await;
    desk.user("bea", json!({})).await;
    for (sql, wanted) in [
        ("UPDATE users SET deleted_at = 1 WHERE id = $1", 1),
        ("UPDATE users SET deleted_at = 2 WHERE id = $1", 1),
        ("UPDATE users SET deleted_at = NULL WHERE id = $1", 2),
        (
            "UPDATE users SET deleted_at = NULL, version = 9 WHERE id = $1",
            2,
        ),
        ("DELETE FROM users WHERE id = $1", 1),
    ] {
        desk.write(sql, vec![uuid(&ada)]).await;
        assert_eq!(total(&desk).await, wanted, "{sql}");
        assert_eq!(alive(&desk).await, wanted, "{sql}");
    }
}

#[tokio::test]
async fn users_from_before_the_counter_are_counted_and_found() {
    let desk = TestApp::start().await;
    desk.user("ada", json!({ "name": "Lovelace" })).await;
    desk.user("bea", json!({})).await;
    desk.app.db.migrate_down(3).await.expect("down");
    desk.app.db.migrate_up().await.expect("up");
    assert_eq!(total(&desk).await, 2);
    let found = super::found(&desk, json!({ "search": "velac" })).await;
    assert_eq!(found, ["ada"]);
}

#[tokio::test]
async fn sample_users_are_topped_up_and_never_made_twice() {
    let desk = TestApp::start().await;
    desk.user("ada", json!({})).await;
    let mut told = Vec::new();
    for (wanted, added) in [(0, 0), (1_500, 1_500), (1_500, 0), (1_000, 0), (1_600, 100)] {
        let done = keydesk::domain::users::fill(&desk.app, wanted, |done| told.push(done)).await;
        assert_eq!(done.expect("filled"), added);
    }
    assert_eq!(told, [1_500, 1_600]);
    assert_eq!(desk.rows("SELECT id FROM users", vec![]).await.len(), 1_601);
    assert_eq!(total(&desk).await, alive(&desk).await);
    assert!(alive(&desk).await < 1_601);
}
