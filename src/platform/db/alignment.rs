//! Aligning the clock with the database server's.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;

use super::Db;

impl Db {
    /// Moves the clock to the database server's. SQLite has no clock of its own.
    ///
    /// `Units:` milliseconds that this machine is behind; half the round trip is the error.
    pub async fn align_clock(&self, clock: &Clock) -> Result<i64, Internal> {
        if self.read.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(0);
        }
        let sql = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS now";
        let row = self
            .read
            .query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql))
            .await?
            .ok_or_else(|| Internal::new("asking the database for the time", "no row"))?;
        Ok(clock.align(Timestamp::from_millis(row.try_get::<i64>("", "now")?)))
    }
}
