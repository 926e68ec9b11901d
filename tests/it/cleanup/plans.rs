//! Guard: no step of the cleanup walks a whole table. Statements are those of the real code.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keydesk::jobs::cleanup;
use keydesk::types::ids::WorkerId;
use sea_orm::{
    ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement,
    TransactionTrait as _,
};
use serde_json::{Value, json};

use super::backlog::{self, Filling};
use crate::explain::filling::fill;
use crate::support::app::{START, TestApp};

/// Rows that are due for every step, among many that are not.
async fn due_rows(desk: &TestApp) {
    fill(desk, 2_000).await;
    let later = (START.as_millis() * 2).to_string();
    let user = match desk.app.db.kind() {
        "postgresql" => "md5((n % 2000 + 1)::text)::uuid",
        _ => "CAST(printf('%016d', n % 2000 + 1) AS BLOB)",
    };
    let filling = Filling {
        user,
        at: &later,
        ended: &later,
    };
    backlog::fill(desk, 20_000, filling).await;
    for name in ["ada", "bea"] {
        desk.person(name, "ADMIN").await;
        desk.session(name).await;
    }
    let input = json!({ "user": { "login": "ada" }, "generate": true, "sendEmail": true,
                        "idempotencyKey": "k" });
    let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                    { errors { code } } }";
    let answer = desk.ask(document, json!({ "input": input })).await;
    assert_eq!(answer.codes(), [""; 0]);
    desk.browser("bea", "192.0.2.1", None).await;
    desk.deliver().await;
    // A row each, so that PostgreSQL takes none of these tables for an empty one.
    let (id, hash) = match desk.app.db.kind() {
        "postgresql" => ("md5('x')::uuid", "decode(md5('x'), 'hex')"),
        _ => ("randomblob(16)", "randomblob(32)"),
    };
    for sql in [
        format!("INSERT INTO setup_links (id, token_hash, created_at, expires_at) VALUES ({id}, {hash}, 1, 2)"),
        format!(
            "INSERT INTO replicas (id, label, release, started_at, last_seen_at) VALUES ({id}, 'x', '1', 1, 2)"
        ),
        "INSERT INTO failing_addresses (address_key, reason, failed_at) VALUES ('x@example.org', 'x', 1)".into(),
    ] {
        desk.write(&sql, vec![]).await;
    }
    let deleted = desk.run("deleteUser", json!({ "login": "ada" })).await;
    assert_eq!(deleted.codes(), [""; 0]);
    desk.app.clock.advance(Duration::from_hours(24 * 60));
}

/// The statements of a round, with their values.
async fn statements(desk: &TestApp) -> Vec<Statement> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut app = desk.app.clone();
    let (reads, writes) = (Arc::clone(&seen), Arc::clone(&seen));
    app.db
        .on_read(move |statement| reads.lock().expect("whole").push(statement.clone()));
    app.db
        .on_write(move |statement| writes.lock().expect("whole").push(statement.clone()));
    let holder = WorkerId::new(app.clock.now());
    let deleted = cleanup::sweep(&app, holder).await.expect("swept");
    assert!(deleted >= 4, "only {deleted} rows were due");
    let seen = std::mem::take(&mut *seen.lock().expect("whole"));
    let asked = |statement: &Statement| {
        let verb = statement.sql.split(' ').next().unwrap_or_default();
        ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&verb)
    };
    let seen: Vec<_> = seen.into_iter().filter(asked).collect();
    assert!(seen.len() > 30, "{seen:#?}");
    seen
}

/// PostgreSQL is kept from reading a small table as a whole, which it would prefer however good an index, and
/// from joins that do: what is left is to look up each row, as it does where there are many.
async fn walks_on_server(db: &DatabaseConnection, mut statement: Statement) -> Vec<String> {
    let txn = db
        .begin_with_options(sea_orm::TransactionOptions::default())
        .await;
    let txn = txn.expect("a transaction");
    for way in ["seqscan", "hashjoin", "mergejoin"] {
        let off = format!("SET LOCAL enable_{way} = off");
        txn.execute_unprepared(&off).await.expect("set");
    }
    statement.sql = format!("EXPLAIN (FORMAT JSON) {}", statement.sql);
    let row = txn.query_one_raw(statement).await.expect("a plan");
    let plan: Value = row.expect("a row").try_get_by_index(0).expect("a plan");
    let mut found = Vec::new();
    look(&plan[0]["Plan"], &mut found);
    found
}

fn look(node: &Value, found: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let is_whole = match kind {
        "Seq Scan" => true,
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => node["Index Cond"].is_null(),
        _ => false,
    };
    if is_whole {
        found.push(format!(
            "{kind} on {} {}",
            node["Relation Name"], node["Index Name"]
        ));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        look(child, found);
    }
}

async fn walks_in_file(db: &DatabaseConnection, mut statement: Statement) -> Vec<String> {
    statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
    let rows = db.query_all_raw(statement).await.expect("a plan");
    let step = |row: sea_orm::QueryResult| row.try_get_by_index::<String>(3).expect("a step");
    let steps = rows.into_iter().map(step);
    // `INSERT … VALUES` reads its own values.
    steps
        .filter(|step| {
            step.starts_with("SCAN")
                && !step.contains("CONSTANT ROW")
                && !step.contains("VALUES CLAUSE")
        })
        .collect()
}

#[tokio::test]
async fn no_step_of_the_cleanup_walks_a_whole_table() {
    let desk = TestApp::start().await;
    due_rows(&desk).await;
    let db = Database::connect(desk.database.url()).await;
    let db = db.expect("a connection");
    db.execute_unprepared("ANALYZE").await.expect("analyzed");
    if db.get_database_backend() == DatabaseBackend::Postgres {
        // It would read a table of few rows as a whole, and rightly. With these figures it takes it for a large one.
        let large = "UPDATE pg_class SET reltuples = 1000000, relpages = 1 \
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples < 10000";
        db.execute_unprepared(large).await.expect("changed");
    } else {
        // It would read a table of two rows as a whole, and rightly. Without figures it takes it for a large one.
        for sql in [
            "DELETE FROM sqlite_stat1 WHERE tbl <> 'users'",
            "ANALYZE sqlite_schema",
        ] {
            db.execute_unprepared(sql).await.expect("forgotten");
        }
    }
    let mut found = Vec::new();
    for statement in statements(&desk).await {
        let sql = statement.sql.clone();
        let walks = match db.get_database_backend() {
            DatabaseBackend::Postgres => walks_on_server(&db, statement).await,
            _ => walks_in_file(&db, statement).await,
        };
        if !walks.is_empty() {
            found.push((sql, walks));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
