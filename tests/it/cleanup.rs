//! The cleanup job: backlogs of any size, steps that fail, and what is left at a stop.

mod backlog;
mod plans;

use std::time::Duration;

use keydesk::domain::access::{cleanup as outcomes, leases};
use keydesk::jobs::cleanup::{self, Round};
use keydesk::types::ids::WorkerId;
use sea_orm::{ConnectionTrait, DatabaseBackend};
use tokio_util::sync::CancellationToken;

use crate::explain::filling::fill;
use crate::support::app::{START, TestApp};

async fn round(desk: &TestApp) -> Round {
    let holder = WorkerId::new(desk.app.clock.now());
    // Whoever swept before holds the lease no longer.
    desk.app.clock.advance(Duration::from_mins(16));
    let round = cleanup::round(&desk.app, holder, &CancellationToken::new()).await;
    round.expect("a round")
}

/// Makes every statement of a kind on some rows of a table fail.
async fn break_rows(desk: &TestApp, statement: &str, table: &str, rows: &str) {
    let db = desk.app.db.write();
    let sql = match db.get_database_backend() {
        DatabaseBackend::Postgres => format!(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'broken'; END $$; \
             CREATE TRIGGER broken BEFORE {statement} ON {table} FOR EACH ROW WHEN ({rows}) \
             EXECUTE FUNCTION broken()"
        ),
        _ => format!(
            "CREATE TRIGGER broken BEFORE {statement} ON {table} WHEN {rows} \
             BEGIN SELECT RAISE(ABORT, 'broken'); END"
        ),
    };
    db.execute_unprepared(&sql).await.expect("a trigger");
}

async fn mend(desk: &TestApp, table: &str) {
    let db = desk.app.db.write();
    let sql = match db.get_database_backend() {
        DatabaseBackend::Postgres => format!("DROP TRIGGER broken ON {table}"),
        _ => "DROP TRIGGER broken".to_owned(),
    };
    db.execute_unprepared(&sql).await.expect("mended");
}

/// How often each step has failed since it last went well.
async fn failures(desk: &TestApp) -> Vec<(String, i64)> {
    let steps = outcomes::steps(&desk.app).await.expect("the steps");
    let failing = steps.into_iter().filter(|step| step.failures > 0);
    failing.map(|step| (step.name, step.failures)).collect()
}

#[tokio::test]
async fn users_who_cannot_be_anonymised_keep_nobody_else_from_it() {
    let desk = TestApp::start().await;
    fill(&desk, 300).await;
    // The first ones in the order of their deletion, and more of them than are looked for at once.
    let sql = "UPDATE users SET deleted_at = CASE WHEN username LIKE 'user1%' THEN 1 ELSE 2 END";
    desk.write(sql, vec![]).await;
    break_rows(&desk, "UPDATE", "users", "OLD.username LIKE 'user1%'").await;
    let done = round(&desk).await;
    assert_eq!(done.failed, ["deleted users"]);
    let left = "SELECT username FROM users WHERE purged_at IS NULL";
    let left = desk.rows(left, vec![]).await;
    assert_eq!(left.len(), 111);
    let all = |row: &serde_json::Value| row["username"].as_str().unwrap().starts_with("user1");
    assert!(left.iter().all(all), "{left:?}");

    mend(&desk, "users").await;
    assert_eq!(round(&desk).await.failed, [""; 0]);
    let left = "SELECT username FROM users WHERE purged_at IS NULL";
    assert_eq!(desk.rows(left, vec![]).await.len(), 0);
}

#[tokio::test]
async fn a_server_that_stops_gives_its_leases_back() {
    let desk = TestApp::start().await;
    let replica = desk.second_replica().await;
    let stop = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(cleanup::run(desk.app.clone(), stop.clone()));
    let end = tokio::time::Instant::now() + Duration::from_mins(2);
    while outcomes::steps(&desk.app).await.expect("steps").len() < 7 {
        let now = tokio::time::Instant::now();
        assert!(now < end, "the cleanup did not run within two minutes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let other = WorkerId::new(START);
    let span = Duration::from_mins(15);
    let take = async || {
        let taken = leases::try_hold(&replica.app, "janitor", other, span).await;
        taken.expect("an answer")
    };
    assert!(!take().await, "two at once");
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    assert!(take().await, "kept after its end");
}

#[tokio::test]
async fn a_lease_is_given_back_by_its_holder_alone() {
    let desk = TestApp::start().await;
    let (one, other) = (WorkerId::new(START), WorkerId::new(START));
    let span = Duration::from_mins(15);
    let take = async |holder| {
        let taken = leases::try_hold(&desk.app, "work", holder, span).await;
        taken.expect("an answer")
    };
    assert!(take(one).await);
    let given = leases::give_back(&desk.app, "work", other).await;
    given.expect("an answer");
    assert!(!take(other).await);
    let given = leases::give_back(&desk.app, "work", one).await;
    given.expect("an answer");
    assert!(take(other).await);
}
