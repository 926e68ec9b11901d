//! Deleting users, restoring them, and anonymising those who were not restored.

use std::time::Duration;

use keydesk::jobs::cleanup;
use keydesk::types::ids::WorkerId;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::people::PASSWORD;
use crate::support::rows::uuid;

const MONTH: Duration = Duration::from_hours(720);

async fn sweep(desk: &TestApp) {
    let holder = WorkerId::new(desk.app.clock.now());
    // Whoever swept before holds the lease no longer.
    desk.app.clock.advance(Duration::from_mins(16));
    cleanup::sweep(&desk.app, holder).await.expect("swept");
}

#[tokio::test]
async fn a_deleted_user_is_gone_everywhere_but_their_names_stay_taken() {
    let desk = TestApp::start().await;
    desk.person("ada", "MEMBER").await;
    desk.session("ada").await;
    let deleted = desk
        .run("deleteUser", json!({ "login": "ada", "reason": "left" }))
        .await;
    assert_eq!(deleted.root()["user"]["status"], "DELETED");
    assert_eq!(deleted.root()["restorableUntil"], "2026-12-21T09:30:00Z");
    let listed = desk.ask("{ users { totalCount } }", json!({})).await;
    assert_eq!(listed.root()["totalCount"], 0);
    let shown = "{ users(filter: { statuses: [DELETED] }) { totalCount } }";
    assert_eq!(desk.ask(shown, json!({})).await.root()["totalCount"], 1);
    assert_eq!(
        desk.sign_in("ada", PASSWORD).await.codes(),
        ["INVALID_CREDENTIALS"]
    );
    let again = desk.run("deleteUser", json!({ "login": "ada" })).await;
    assert_eq!(again.codes(), ["USER_NOT_FOUND"]);
    let create =
        "mutation($input: CreateUserInput!) { createUser(input: $input) { errors { code } } }";
    for (input, code) in [
        (json!({ "username": "ADA" }), "USERNAME_TAKEN"),
        (
            json!({ "username": "other", "email": "ada@example.org" }),
            "EMAIL_TAKEN",
        ),
    ] {
        assert_eq!(
            desk.ask(create, json!({ "input": input })).await.codes(),
            [code]
        );
    }
    assert_eq!(desk.events("user.deleted").await, 1);
}

#[tokio::test]
async fn a_restored_user_has_everything_but_sessions_and_links() {
    let desk = TestApp::start().await;
    desk.person("ada", "HELPDESK").await;
    let token = desk.session("ada").await;
    desk.run("deleteUser", json!({ "login": "ada" })).await;
    desk.app.clock.advance(MONTH);
    let restored = desk.run("restoreUser", json!({ "login": "ada" })).await;
    assert_eq!(restored.root()["user"]["status"], "ACTIVE", "{restored:#?}");
    let old = desk
        .ask_as(Some(&token), "{ viewer { role } }", json!({}))
        .await;
    assert_eq!(old.status, 401);
    desk.session("ada").await;
    let again = desk.run("restoreUser", json!({ "login": "ada" })).await;
    assert_eq!(again.codes(), Vec::<String>::new());
    assert_eq!(
        desk.events("user.restored").await,
        1,
        "nothing was done the second time"
    );
}

#[tokio::test]
async fn a_stale_version_deletes_nobody() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let version = desk.version_of(&ada).await;
    let delete = "mutation($id: ID!, $version: Int!) { deleteUser(input: { user: { id: $id }, \
                  ifVersion: $version }) { errors { code } } }";
    let stale = desk
        .ask(delete, json!({ "id": ada, "version": version - 1 }))
        .await;
    assert_eq!(stale.codes(), ["VERSION_CONFLICT"]);
    let right = desk
        .ask(delete, json!({ "id": ada, "version": version }))
        .await;
    assert_eq!(right.codes(), Vec::<String>::new());
}

#[tokio::test]
async fn after_a_month_nothing_tells_who_it_was_but_the_trail() {
    let desk = TestApp::start().await;
    let ada = desk.person("ada", "MEMBER").await;
    let change = "mutation { updateUser(input: { user: { login: \"ada\" }, patch: { name: \"Augusta \
                  Byron\", externalId: \"hr-77\" } }) { errors { code } } }";
    desk.ask(change, json!({})).await;
    desk.session("ada").await;
    desk.run("resetPasswordByMail", json!({ "login": "ada" }))
        .await;
    desk.run("deleteUser", json!({ "login": "ada" })).await;
    desk.app.clock.advance(Duration::from_mins(720 * 60 - 30));
    sweep(&desk).await;
    assert_eq!(desk.events("user.purged").await, 0, "not before its time");
    sweep(&desk).await;
    assert_eq!(desk.events("user.purged").await, 1);
    sweep(&desk).await;
    assert_eq!(desk.events("user.purged").await, 1, "once");

    let kept = desk.snapshot().await;
    let trail = desk
        .rows("SELECT target_label, changes FROM audit_events", vec![])
        .await;
    let trail = Value::from(trail).to_string();
    assert!(
        trail.contains("\"ada\"") && trail.contains("Augusta Byron"),
        "{trail}"
    );
    for (table, text) in [
        ("users", "Augusta"),
        ("users", "hr-77"),
        ("users", "ada@example.org"),
        ("outbox_emails", "ada@example.org"),
        ("outbox_emails", "Augusta"),
        ("sessions", "127.0.0.1"),
    ] {
        assert!(!kept.table_holds(table, text), "{table} holds {text}");
    }
    assert_eq!(kept.count("credentials"), 0);
    let sql = "SELECT username, search_text FROM users WHERE id = $1";
    let row = desk.rows(sql, vec![uuid(&ada)]).await;
    assert!(
        row[0]["username"]
            .as_str()
            .expect("a name")
            .starts_with("deleted-")
    );
    let restore = desk
        .ask(
            "mutation($id: ID!) { restoreUser(input: { user: { id: $id } }) { errors { code } } }",
            json!({ "id": ada }),
        )
        .await;
    assert_eq!(restore.codes(), ["USER_NOT_FOUND"]);
    // The names are free again.
    desk.person("ada", "MEMBER").await;
}
