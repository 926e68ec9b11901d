//! Everything that stands in the database, but for what is written apart from the act.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::faults::tables;

/// Tables that are written before the act, in transactions of their own, each with the reason.
const TABLES_APART: [(&str, &str); 1] = [(
    "rate_limits",
    "a limit is taken before the act and a denial counted after it, so that what fails counts too",
)];

/// Columns of which the same is true.
const COLUMNS_APART: [(&str, &str, &str); 12] = [
    (
        "api_keys",
        "last_used_at",
        "noted once a minute, whatever comes of the request",
    ),
    ("api_keys", "last_used_ip_address", "noted with it"),
    (
        "sessions",
        "last_used_at",
        "noted once a minute, whatever comes of the request",
    ),
    (
        "sessions",
        "wrong_proofs",
        "a try at the own password counts before it is judged",
    ),
    (
        "users",
        "failed_sign_ins",
        "a sign-in counts before it is judged",
    ),
    ("users", "stranger_failures", "the same of strangers"),
    ("users", "locked_until", "the wait that follows if it fails"),
    (
        "one_time_links",
        "opened_at",
        "noted when the link's page is opened",
    ),
    ("one_time_links", "opened_by", "noted with it"),
    (
        "password_reset_requests",
        "attempts",
        "a try of the worker counts before it begins",
    ),
    (
        "password_reset_requests",
        "claimed_until",
        "the lease under which the worker tries",
    ),
    ("password_reset_requests", "claimed_by", "the same"),
];

/// All rows of all tables, each as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dump(BTreeMap<String, Vec<String>>);

impl Dump {
    pub(crate) async fn of(desk: &TestApp) -> Self {
        let mut dump = BTreeMap::new();
        for table in tables(desk).await {
            if TABLES_APART.iter().any(|(apart, _why)| *apart == table) {
                continue;
            }
            let mut rows = desk.rows(&format!("SELECT * FROM {table}"), vec![]).await;
            for row in &mut rows {
                let columns = row.as_object_mut().expect("columns");
                for (_, column, _why) in COLUMNS_APART.iter().filter(|apart| apart.0 == table) {
                    columns.remove(*column);
                }
            }
            let mut rows: Vec<_> = rows.iter().map(Value::to_string).collect();
            rows.sort();
            dump.insert(table, rows);
        }
        Self(dump)
    }

    /// Rows of one dump that the other has not, with their tables.
    fn lacking<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        self.0.iter().flat_map(move |(table, rows)| {
            let others = other.0.get(table);
            let is_new =
                move |row: &&String| others.is_none_or(|others| others.binary_search(row).is_err());
            rows.iter()
                .filter(is_new)
                .map(move |row| format!("{table}: {row}"))
        })
    }

    /// What is different afterwards, for people; nothing when nothing is.
    pub(crate) fn changes(&self, after: &Self) -> Vec<String> {
        let gone = self.lacking(after).map(|row| format!("- {row}"));
        let new = after.lacking(self).map(|row| format!("+ {row}"));
        gone.chain(new).collect()
    }

    /// The tables that have more rows afterwards, but for the counts that the database keeps by itself.
    pub(crate) fn grown(&self, after: &Self) -> Vec<String> {
        let has_more = |table: &&String| after.0[*table].len() > self.0[*table].len();
        let grown = after.0.keys().filter(|table| *table != "counters");
        grown.filter(has_more).cloned().collect()
    }
}
