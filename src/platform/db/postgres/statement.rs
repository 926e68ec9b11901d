//! Sending a statement by one connection.

use std::sync::Arc;

use sea_orm::Statement;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgConnection, PgQueryResult, PgRow};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, Executor as _, Postgres, Row as _};
use sea_query_sqlx::SqlxValues;

use crate::platform::db::outage::{Proof, proof_of};

/// Whether the server takes no changes.
pub(super) const READ_ONLY: &str =
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'";

/// Called with every statement.
pub(in crate::platform::db) type Seen = Arc<dyn Fn(&Statement) + Send + Sync>;

/// A statement, and what of its answer is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask<'a> {
    /// How many rows it changed.
    Count(&'a Statement),
    /// Its first row.
    First(&'a Statement),
    /// Every row.
    All(&'a Statement),
    /// How many rows it changed, of a text without values.
    Text(&'a str),
    /// Whether the server answers.
    Ping,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Got {
    pub(super) count: PgQueryResult,
    pub(super) rows: Vec<PgRow>,
}

impl Ask<'_> {
    /// What its success proves.
    pub(super) fn proof(&self) -> Proof {
        match self {
            Self::Count(statement) | Self::First(statement) | Self::All(statement) => {
                proof_of(&statement.sql)
            }
            Self::Text(sql) => proof_of(sql),
            Self::Ping => Proof::Answered,
        }
    }
}

/// Sends it and waits, however long that takes: `Lease::ask` has the limit.
pub(super) async fn send(connection: &mut PgConnection, ask: Ask<'_>) -> Result<Got, sqlx::Error> {
    let mut got = Got::default();
    match ask {
        Ask::Count(statement) => got.count = query(statement).execute(connection).await?,
        Ask::First(statement) => {
            let row = query(statement).fetch_optional(connection).await?;
            got.rows.extend(row);
        }
        Ask::All(statement) => got.rows = query(statement).fetch_all(connection).await?,
        Ask::Ping => connection.ping().await?,
        Ask::Text(sql) => got.count = connection.execute(AssertSqlSafe(sql.to_owned())).await?,
    }
    Ok(got)
}

/// Whether the server behind a connection takes no changes. Without a limit of its own.
pub(super) async fn is_read_only(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let row = connection.fetch_one(READ_ONLY).await?;
    row.try_get(0)
}

fn query(statement: &Statement) -> Query<'_, Postgres, SqlxValues> {
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}
