//! Rows as they stand in the tables, where no door shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keydesk::types::ids::UserId;
use keydesk::types::secret::Secret;
use sea_orm::{ConnectionTrait, FromQueryResult, JsonValue, Statement, Value};

use super::app::TestApp;

/// Every table with data. A new one belongs here.
const TABLES: [&str; 20] = [
    "api_keys",
    "audit_events",
    "cleanup_steps",
    "counters",
    "credentials",
    "failing_addresses",
    "idempotency_keys",
    "leases",
    "mail_template_versions",
    "name_skeletons",
    "one_time_links",
    "outbox_emails",
    "password_history",
    "password_reset_requests",
    "rate_limits",
    "replicas",
    "sessions",
    "setup_links",
    "trusted_clients",
    "users",
];

/// All rows of all tables.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<&'static str, Vec<String>>);

impl Snapshot {
    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> usize {
        self.0.get(table).expect("a known table").len()
    }

    /// Whether a text stands in one table.
    pub(crate) fn table_holds(&self, table: &str, text: &str) -> bool {
        let rows = self.0.get(table).expect("a known table");
        rows.iter().any(|row| row.contains(text))
    }

    /// Without what a refusal leaves behind: its event, and the window that counts it.
    pub(crate) fn but_for_denials(mut self) -> Self {
        self.0.remove("rate_limits");
        if let Some(events) = self.0.get_mut("audit_events") {
            events.retain(|row| !row.contains("\"outcome\":\"DENIED\""));
        }
        self
    }

    /// Without what the first opening of a link leaves behind: when, and by what.
    pub(crate) fn but_for_openings(mut self) -> Self {
        let links = self.0.get_mut("one_time_links");
        for link in links.into_iter().flatten() {
            let mut row: JsonValue = serde_json::from_str(link).expect("a row");
            let columns = row.as_object_mut().expect("columns");
            columns.remove("opened_at");
            columns.remove("opened_by");
            *link = row.to_string();
        }
        self
    }

    /// Whether a text stands anywhere, as text or as bytes.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let mut bytes = String::new();
        for byte in text.bytes() {
            write!(bytes, "{byte},").expect("written");
        }
        let bytes = bytes.trim_end_matches(',');
        self.0
            .values()
            .flatten()
            .any(|row| row.contains(text) || row.contains(bytes))
    }
}

impl TestApp {
    /// The rows of a query.
    pub(crate) async fn rows(&self, sql: &str, values: Vec<Value>) -> Vec<JsonValue> {
        let db = self.app.db.read();
        let query = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = JsonValue::find_by_statement(query).all(db).await;
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs a statement that changes rows, past every rule.
    pub(crate) async fn write(&self, sql: &str, values: Vec<Value>) {
        let db = self.app.db.write();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let done = db.execute_raw(statement).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Everything but the last uses of API keys.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        let mut tables = BTreeMap::new();
        for table in TABLES {
            let rows = self.rows(&format!("SELECT * FROM {table}"), vec![]).await;
            let mut rows: Vec<_> = rows
                .into_iter()
                .map(|mut row| {
                    if let (JsonValue::Object(row), "api_keys") = (&mut row, table) {
                        row.remove("last_used_at");
                    }
                    row.to_string()
                })
                .collect();
            rows.sort();
            tables.insert(table, rows);
        }
        Snapshot(tables)
    }

    /// The stored hash of a user's password, if there is one.
    pub(crate) async fn hash_of(&self, user: &str) -> Option<String> {
        let sql = "SELECT password_hash FROM credentials WHERE user_id = $1";
        let row = self.rows(sql, vec![uuid(user)]).await.pop()?;
        row["password_hash"].as_str().map(ToOwned::to_owned)
    }

    /// Whether a user's password is this one.
    pub(crate) async fn verifies(&self, user: &str, password: &str) -> bool {
        let hash = self.hash_of(user).await.expect("a password");
        let password = Secret::new(password.to_owned());
        let verified = self.app.hasher.verify(&password, hash).await;
        verified.expect("verified")
    }

    /// The version of a user's row.
    pub(crate) async fn version_of(&self, user: &str) -> i64 {
        let sql = "SELECT version FROM users WHERE id = $1";
        let row = self.rows(sql, vec![uuid(user)]).await.pop();
        row.expect("a user")["version"].as_i64().expect("a number")
    }

    /// How many events of this action the trail has.
    pub(crate) async fn events(&self, action: &str) -> usize {
        let sql = "SELECT action FROM audit_events WHERE action = $1";
        self.rows(sql, vec![action.into()]).await.len()
    }
}

/// A user's id, read.
pub(crate) fn id_of(user: &str) -> UserId {
    UserId::parse(user).expect("a user's id")
}

/// The column's value of a user's id.
pub(crate) fn uuid(user: &str) -> Value {
    UserId::parse(user).expect("a user's id").uuid().into()
}
