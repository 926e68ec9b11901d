//! Many users by one statement.

use sea_orm::{ConnectionTrait, Database, DatabaseBackend};

use crate::support::app::{START, TestApp};

/// Mostly ordinary members, one in a thousand of each rare kind.
pub(crate) async fn fill(desk: &TestApp, count: u32) {
    // Not the app's own connection: its statements end after five seconds.
    let db = Database::connect(desk.database.url()).await;
    let db = db.expect("a connection");
    let (numbers, id) = match db.get_database_backend() {
        DatabaseBackend::Postgres => (
            format!("WITH numbers AS (SELECT n FROM generate_series(1, {count}) AS n)"),
            "md5(n::text)::uuid",
        ),
        _ => (
            format!(
                "WITH RECURSIVE numbers(n) AS \
                 (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
            ),
            "CAST(printf('%016d', n) AS BLOB)",
        ),
    };
    let now = START.as_millis();
    let yes = |condition: &str, then: &str| format!("CASE WHEN {condition} THEN {then} END");
    let sql = format!(
        "INSERT INTO users (id, username, username_key, email, email_key, email_domain, name, name_key, \
         search_text, role, authentication_source, disabled_at, locked_until, deleted_at, \
         password_changed_at, must_change_password, password_expires_at, last_sign_in_at, created_at, \
         updated_at, version) {numbers} \
         SELECT {id}, 'user' || n, 'user' || n, 'user' || n || '@example.org', \
         'user' || n || '@example.org', {domain}, 'Name ' || n, 'name ' || n, \
         'user' || n || chr || 'user' || n || '@example.org' || chr || \
         CASE WHEN n % 1000 = 8 THEN 'zoe' ELSE 'name' END || ' ' || n, \
         {role}, {source}, {disabled}, {locked}, {deleted}, {password}, n % 1000 = 5, {expires}, \
         {signed_in}, {now} - CAST(n AS bigint) * 1000, {now} - CAST(n AS bigint) * 7919 % 1000000, 1 \
         FROM numbers, (SELECT {line_end}(10) AS chr) AS line_end",
        domain = "CASE WHEN n % 1000 = 9 THEN 'rare.example' ELSE 'example.org' END",
        role = "CASE WHEN n % 1000 = 1 THEN 'OWNER' ELSE 'MEMBER' END",
        source = "CASE WHEN n % 1000 = 2 THEN 'LDAP' ELSE 'BUILT_IN' END",
        disabled = yes("n % 1000 = 3", "1"),
        locked = yes("n % 1000 = 4", &format!("{now} + 60000")),
        deleted = yes("n % 1000 = 6", "1"),
        password = yes("n % 1000 <> 7", "n"),
        expires = yes("n % 10 = 0", "n"),
        signed_in = yes("n % 1000 <> 11", "n"),
        line_end = if db.get_database_backend() == DatabaseBackend::Postgres {
            "chr"
        } else {
            "char"
        },
    );
    db.execute_unprepared(&sql).await.expect("filled");
    let analyze = match db.get_database_backend() {
        DatabaseBackend::Postgres => "VACUUM ANALYZE users",
        _ => "ANALYZE",
    };
    db.execute_unprepared(analyze).await.expect("analyzed");
    db.close().await.expect("closed");
}
