//! Rows that ended long ago, by the hundred thousand.

use keydesk::types::clock::Clock;
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, Statement};
use serde_json::json;

use super::{break_rows, failures, mend, round};
use crate::support::app::{START, TestApp};

/// Rounds within which a backlog has to be gone; one second, not five minutes, lies between two.
const ROUNDS: usize = 20;

/// What rows are filled in with, as expressions of their number `n`.
pub(super) struct Filling<'a> {
    /// Whose links and sessions they are.
    pub(super) user: &'a str,
    /// When they end by themselves.
    pub(super) at: &'a str,
    /// When the sessions among them end that end earlier.
    pub(super) ended: &'a str,
}

/// Rows: of a hundred, 60 links, 10 sessions that end by their time and 10 before it, 10 mails and 10
/// outcomes.
pub(super) async fn fill(desk: &TestApp, count: u32, with: Filling<'_>) {
    let db = Database::connect(desk.database.url()).await;
    let db = db.expect("a connection");
    let is_server = db.get_database_backend() == DatabaseBackend::Postgres;
    let numbers = |from: u32, until: u32| {
        if is_server {
            format!("SELECT n FROM generate_series({from}, {until} - 1) AS n")
        } else {
            format!(
                "WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers \
                 WHERE n < {until} - 1) SELECT n FROM numbers"
            )
        }
    };
    let (id, bytes) = if is_server {
        ("md5(n::text)::uuid", "decode(md5(n::text), 'hex')")
    } else {
        (
            "CAST(printf('%016d', n) AS BLOB)",
            "CAST(printf('%032d', n) AS BLOB)",
        )
    };
    let share = |hundredths: u32| count / 100 * hundredths;
    let (links, past, ended, mails) = (share(60), share(70), share(80), share(90));
    let Filling {
        user,
        at,
        ended: early,
    } = with;
    let later = START.as_millis() + 1_000_000_000_000;
    for sql in [
        format!(
            "INSERT INTO one_time_links (id, user_id, purpose, token_hash, created_at, expires_at) \
             SELECT {id}, {user}, 'PASSWORD_RESET', {bytes}, n, {at} FROM ({}) AS numbers",
            numbers(0, links)
        ),
        format!(
            "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
             last_used_at, expires_at) SELECT {id}, {user}, {bytes}, 1, n, n, {at} FROM ({}) AS numbers",
            numbers(links, past)
        ),
        format!(
            "INSERT INTO sessions (id, user_id, token_hash, credential_version, created_at, \
             last_used_at, expires_at, ended_at) SELECT {id}, {user}, {bytes}, 1, n, n, {later}, {early} \
             FROM ({}) AS numbers",
            numbers(past, ended)
        ),
        format!(
            "INSERT INTO outbox_emails (id, kind, recipient, recipient_key, locale, details, \
             expires_at, message_id, status, attempt_count, requested_by_kind, requested_by_label, \
             created_at, user_id, finished_at) SELECT {id}, 'TEST', 'a@example.org', 'a@example.org', 'en', \
             '{{}}', n, 'm' || n, 'SENT', 1, 'SYSTEM', 'system', n, {user}, {at} FROM ({}) AS numbers",
            numbers(ended, mails)
        ),
        format!(
            "INSERT INTO idempotency_keys (id, actor, mutation, idempotency_key, input_hash, outcome, \
             created_at) SELECT {id}, 'a', 'm', 'k' || n, {bytes}, '{{}}', {at} FROM ({}) AS numbers",
            numbers(mails, count)
        ),
    ] {
        db.execute_unprepared(&sql).await.expect("filled");
    }
    db.close().await.expect("closed");
}

impl TestApp {
    /// Rows that are not over: a session, an outcome and a waiting mail; the links come with them.
    async fn rows_to_keep(&self, user: &str) {
        let input = json!({ "user": { "id": user }, "generate": true, "sendEmail": true,
                            "idempotencyKey": "kept" });
        let document = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) \
                        { errors { code } } }";
        let answer = self.ask(document, json!({ "input": input })).await;
        assert_eq!(answer.codes(), [""; 0]);
    }

    async fn count(&self, table: &str) -> i64 {
        let db = self.app.db.read();
        let sql = format!("SELECT COUNT(*) FROM {table}");
        let query = Statement::from_string(db.get_database_backend(), sql);
        let row = db.query_one_raw(query).await.expect("counted");
        row.expect("a row").try_get_by_index(0).expect("a number")
    }
}

const TABLES: [&str; 4] = [
    "one_time_links",
    "sessions",
    "outbox_emails",
    "idempotency_keys",
];

/// The counts of all tables, once the first step is broken, and once it is mended.
#[expect(clippy::print_stdout, reason = "figures for whoever looks")]
async fn a_backlog_is_cleaned(count: u32) {
    let desk = TestApp::start().await;
    let before = Clock::system().now();
    let user = desk.member("ada").await;
    desk.rows_to_keep(&user).await;
    let filling = Filling {
        user: "(SELECT id FROM users WHERE username = 'ada')",
        at: "n",
        // All at one moment, as when everybody is signed out.
        ended: "7",
    };
    fill(&desk, count, filling).await;
    let filled = Clock::system().now();
    let mut kept = Vec::new();
    for table in TABLES {
        kept.push(desk.count(table).await);
    }
    let share = i64::from(count / 10);
    for (kept, tenths) in kept.iter_mut().zip([6, 2, 1, 1]) {
        *kept -= tenths * share;
    }
    // Whatever its kind, one row in this table makes its first statement fail.
    break_rows(&desk, "DELETE", "idempotency_keys", "OLD.mutation = 'm'").await;

    let mut rounds = 0;
    let mut deleted = 0;
    let writing = tokio_util::sync::CancellationToken::new();
    let replica = desk.second_replica().await;
    let writer = async {
        let mut written = 0;
        for _ in 0..100_000 {
            if writing.is_cancelled() {
                break;
            }
            replica.member(&format!("meanwhile{written}")).await;
            written += 1;
        }
        written
    };
    let cleaning = async {
        loop {
            let done = round(&desk).await;
            rounds += 1;
            deleted += done.deleted;
            assert_eq!(done.failed, ["idempotency keys"]);
            if done.unfinished.is_empty() {
                break;
            }
            assert!(
                rounds < ROUNDS,
                "{deleted} of {count} after {rounds} rounds"
            );
        }
        writing.cancel();
    };
    let (written, ()) = tokio::join!(writer, cleaning);
    assert!(written > 0, "nobody else could write");
    assert_eq!(deleted, u64::from(count / 10 * 9));
    for (table, kept) in TABLES.iter().zip(&kept).take(2) {
        assert_eq!(desk.count(table).await, *kept, "{table}");
    }
    let failed = i64::try_from(rounds).expect("few");
    let expected = [("idempotency keys".to_owned(), failed)];
    assert_eq!(failures(&desk).await, expected);

    mend(&desk, "idempotency_keys").await;
    let last = round(&desk).await;
    let left = u64::from(count / 10);
    assert!(last.deleted <= left && last.failed.is_empty(), "{last:?}");
    assert_eq!(failures(&desk).await, []);
    if last.unfinished.is_empty() {
        assert_eq!(desk.count("idempotency_keys").await, kept[3]);
    }
    let end = Clock::system().now();
    println!(
        "{} backlog of {count}: filled in {:?}, cleaned in {:?}, {rounds} round(s), {written} users \
         were made meanwhile",
        desk.app.db.kind(),
        before.until(filled),
        filled.until(end),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_goes_in_bounded_rounds_behind_a_step_that_fails_while_others_write() {
    a_backlog_is_cleaned(100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a minute or two: a million rows"]
async fn a_million_rows_go_in_bounded_rounds_behind_a_step_that_fails_while_others_write() {
    a_backlog_is_cleaned(1_000_000).await;
}
