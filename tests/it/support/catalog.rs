//! The database's own description of itself: tables, columns, indexes, and every cell as text.

use keydesk::platform::app::App;
use keydesk::platform::db::Connection;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

/// A connection past the app's own, to look at what it wrote.
pub(crate) fn connection(app: &App) -> &Connection {
    app.db.read()
}

async fn texts(db: &Connection, sql: &str) -> Vec<String> {
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = |row: sea_orm::QueryResult| row.try_get_by_index::<Option<String>>(0);
    rows.into_iter()
        .map(|row| text(row).expect("a text").unwrap_or_default())
        .collect()
}

fn is_postgres(db: &Connection) -> bool {
    db.get_database_backend() == DatabaseBackend::Postgres
}

/// Every table that a migration made, sorted.
pub(crate) async fn tables(db: &Connection) -> Vec<String> {
    let sql = if is_postgres(db) {
        "SELECT table_name::text FROM information_schema.tables \
         WHERE table_schema = current_schema() ORDER BY 1"
    } else {
        // Those that the database keeps for its search by itself have no entity.
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
         AND name NOT LIKE 'sqlite_%' AND name <> 'user_search_rows' ORDER BY 1"
    };
    let mut tables = texts(db, sql).await;
    tables.retain(|name| name != "seaql_migrations");
    tables
}

/// The columns of a table.
pub(crate) async fn columns(db: &Connection, table: &str) -> Vec<String> {
    let sql = if is_postgres(db) {
        format!(
            "SELECT column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}'"
        )
    } else {
        format!("SELECT name FROM pragma_table_info('{table}')")
    };
    texts(db, &sql).await
}

/// The columns of a table, those that may be null with a question mark.
pub(crate) async fn described(db: &Connection, table: &str) -> Vec<String> {
    let sql = if is_postgres(db) {
        format!(
            "SELECT column_name || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END \
             FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}'"
        )
    } else {
        format!(
            "SELECT name || CASE WHEN \"notnull\" = 1 OR pk > 0 THEN '' ELSE '?' END \
             FROM pragma_table_info('{table}')"
        )
    };
    texts(db, &sql).await
}

/// The columns of a table that are never null and have no default: whoever writes a row has to know them.
pub(crate) async fn demanded(db: &Connection, table: &str) -> Vec<String> {
    let sql = if is_postgres(db) {
        format!(
            "SELECT column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' \
             AND is_nullable = 'NO' AND column_default IS NULL"
        )
    } else {
        format!(
            "SELECT name FROM pragma_table_info('{table}') \
             WHERE (\"notnull\" = 1 OR pk > 0) AND dflt_value IS NULL"
        )
    };
    texts(db, &sql).await
}

/// The indexes of a table that were made by name, sorted; `unique` says which kind.
pub(crate) async fn indexes(db: &Connection, table: &str, unique: bool) -> Vec<String> {
    let sql = if is_postgres(db) {
        format!(
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             WHERE i.indrelid = '{table}'::regclass AND NOT i.indisprimary \
             AND i.indisunique = {unique} ORDER BY 1"
        )
    } else {
        format!(
            "SELECT name FROM pragma_index_list('{table}') WHERE origin = 'c' \
             AND \"unique\" = {} ORDER BY 1",
            i32::from(unique)
        )
    };
    texts(db, &sql).await
}

/// Every cell of a table as text with its column; bytes as hexadecimal digits.
pub(crate) async fn cells(db: &Connection, table: &str) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    for column in columns(db, table).await {
        let sqls = if is_postgres(db) {
            vec![format!("SELECT \"{column}\"::text FROM \"{table}\"")]
        } else {
            vec![
                format!(
                    "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE typeof(\"{column}\") <> 'blob'"
                ),
                format!(
                    "SELECT hex(\"{column}\") FROM \"{table}\" WHERE typeof(\"{column}\") = 'blob'"
                ),
            ]
        };
        for sql in sqls {
            for text in texts(db, &sql).await {
                cells.push((format!("{table}.{column}"), text));
            }
        }
    }
    cells
}
