//! The present moment as the database tells it, for judging within a statement whether a secret still works.

use sea_orm::sea_query::{Expr, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;

/// Now, in Unix milliseconds, as an expression of a statement: the clock of the PostgreSQL server; on SQLite, which
/// has none of its own, and in tests with a clock set by hand the clock that is given.
///
/// `Why:` this process's clock may be behind until it is aligned, and what has expired must not work meanwhile.
pub fn now(db: &impl ConnectionTrait, clock: &Clock) -> SimpleExpr {
    if asks_the_database(db, clock) {
        Expr::cust("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS bigint)")
    } else {
        Expr::value(clock.now().as_millis())
    }
}

/// Lets a clock that is behind the database's catch up with it, where it has one.
///
/// `Why:` for what is judged by several columns, some of which are settings, so not in a statement.
pub async fn catch_up(db: &impl ConnectionTrait, clock: &Clock) -> Result<(), Internal> {
    if !asks_the_database(db, clock) {
        return Ok(());
    }
    let query = Query::select().expr_as(now(db, clock), "now").to_owned();
    let row = db.query_one(&query).await?;
    let row = row.ok_or_else(|| Internal::new("asking the database for the time", "no row"))?;
    clock.catch_up(Timestamp::from_millis(row.try_get("", "now")?));
    Ok(())
}

fn asks_the_database(db: &impl ConnectionTrait, clock: &Clock) -> bool {
    db.get_database_backend() == DatabaseBackend::Postgres && !clock.is_manual()
}
