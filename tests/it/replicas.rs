//! Several processes on one database.

use std::time::Duration;

use futures_util::future::join_all;
use keydesk::jobs::cleanup;
use keydesk::platform::app::App;
use keydesk::platform::settings::Settings;
use keydesk::types::clock::Clock;
use keydesk::types::ids::WorkerId;
use keydesk::types::secret::Secret;
use serde_json::json;

use super::support::app::{START, TestApp};
use super::support::database::TestDatabase;
use super::support::rows::uuid;

async fn connect(database: &TestDatabase) -> App {
    let toml = format!(
        "[database]\nurl = \"{}\"\nmax_connections = 3\n",
        database.url()
    );
    let mut settings = Settings::from_toml(&toml).expect("settings");
    settings.security.key = Some(Secret::new("5e".repeat(32)));
    let app = App::start(settings, Clock::manual(START)).await;
    app.expect("an app")
}

#[tokio::test]
async fn four_replicas_that_migrate_an_empty_database_at_once_all_come_up() {
    let database = TestDatabase::empty().await;
    let mut replicas = Vec::new();
    for _ in 0..4 {
        replicas.push(connect(&database).await);
    }
    let pending = replicas[0]
        .db
        .schema_state()
        .await
        .expect("a state")
        .pending;
    assert!(pending > 0);
    let states = join_all(replicas.iter().map(|app| app.db.migrate_up())).await;
    for state in states {
        let state = state.expect("migrated");
        assert_eq!((state.applied, state.pending), (pending, 0));
    }
}

#[tokio::test]
async fn the_schema_goes_down_and_up_again() {
    let database = TestDatabase::empty().await;
    let app = connect(&database).await;
    let all = app.db.migrate_up().await.expect("up").applied;
    let steps = u32::try_from(all).expect("few");
    for left in (0..steps).rev() {
        let state = app.db.migrate_down(1).await.expect("down");
        let left = usize::try_from(left).expect("few");
        assert_eq!((state.applied, state.pending), (left, all - left));
    }
    let state = app.db.migrate_up().await.expect("up again");
    assert_eq!((state.applied, state.pending), (all, 0));
}

/// A user with a finished mail, a stored outcome, an ended session and an ended link.
async fn old_rows(app: &TestApp) {
    let ada = app.member("ada").await;
    let input = json!({ "user": { "id": ada }, "generate": true, "sendEmail": true,
                        "idempotencyKey": "k" });
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                    { errors { code } } }";
    let answer = app.ask(document, json!({ "input": input })).await;
    assert_eq!(answer.codes(), [""; 0]);
    app.deliver().await;
    let now = START.as_millis();
    for (table, columns, more) in [
        ("sessions", "credential_version, last_used_at", "1, 0"),
        ("one_time_links", "purpose", "'RESET'"),
    ] {
        let sql = format!(
            "INSERT INTO {table} (id, user_id, token_hash, created_at, expires_at, {columns}) \
             VALUES ($1, $2, $3, $4, $5, {more})"
        );
        let values = vec![
            WorkerId::new(START).uuid().into(),
            uuid(&ada),
            vec![7_u8; 32].into(),
            now.into(),
            (now + 1000).into(),
        ];
        app.write(&sql, values).await;
    }
}

const SWEPT: [&str; 4] = [
    "idempotency_keys",
    "one_time_links",
    "outbox_emails",
    "sessions",
];

#[tokio::test]
async fn the_cleanup_deletes_each_kind_after_its_time_and_nothing_else() {
    let app = TestApp::start().await;
    old_rows(&app).await;
    // Waiting for its first try, so not over, however old.
    app.member("bea").await;
    app.run("resetPasswordByMail", json!({ "login": "bea" }))
        .await;
    let before = app.snapshot().await;
    let holder = WorkerId::new(START);
    let sweep = async || cleanup::sweep(&app.app, holder).await.expect("swept");
    assert_eq!(sweep().await, 0);
    let day = Duration::from_hours(24);
    for (wait, deleted, left) in [
        (day, 0, [1, 1, 2, 1]),
        (Duration::from_millis(1), 1, [0, 1, 2, 1]),
        (day * 6, 0, [0, 1, 2, 1]),
        (Duration::from_secs(1), 2, [0, 0, 2, 0]),
        (day * 23, 1, [0, 0, 1, 0]),
    ] {
        app.app.clock.advance(wait);
        assert_eq!(sweep().await, deleted, "after {wait:?} more");
        let now = app.snapshot().await;
        assert_eq!(SWEPT.map(|table| now.count(table)), left);
    }
    let after = app.snapshot().await;
    for table in ["api_keys", "audit_events", "credentials", "users"] {
        assert_eq!(after.count(table), before.count(table), "{table}");
    }
}

#[tokio::test]
async fn of_two_cleanups_at_once_one_runs() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    old_rows(&app).await;
    app.app.clock.advance(Duration::from_hours(24 * 40));
    let (one, other) = (WorkerId::new(START), WorkerId::new(START));
    let (first, second) = tokio::join!(
        cleanup::sweep(&app.app, one),
        cleanup::sweep(&replica.app, other),
    );
    let mut swept = [first.expect("swept"), second.expect("swept")];
    swept.sort_unstable();
    assert_eq!(swept, [0, 4]);
}

#[tokio::test]
async fn a_cleanup_that_is_gone_is_replaced_when_its_lease_has_ended() {
    let app = TestApp::start().await;
    let replica = app.second_replica().await;
    let (one, other) = (WorkerId::new(START), WorkerId::new(START));
    assert_eq!(cleanup::sweep(&app.app, one).await.expect("swept"), 0);
    old_rows(&app).await;
    let sql = "UPDATE idempotency_keys SET created_at = 0";
    app.write(sql, vec![]).await;
    let idle = cleanup::sweep(&replica.app, other).await.expect("swept");
    assert_eq!(idle, 0, "the other one holds the lease");
    app.app.clock.advance(Duration::from_mins(15));
    assert_eq!(cleanup::sweep(&replica.app, other).await.expect("swept"), 0);
    app.app.clock.advance(Duration::from_millis(1));
    assert_eq!(cleanup::sweep(&replica.app, other).await.expect("swept"), 1);
    assert_eq!(cleanup::sweep(&app.app, one).await.expect("swept"), 0);
}
