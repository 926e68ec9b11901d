//! Applying migrations, one process at a time.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};
use tokio::time::sleep;

use crate::error::Internal;

use super::{Db, SchemaFit, SchemaState, Txn};

/// Any number, the same in every process that migrates one database.
const MIGRATION_LOCK: i64 = 0x6b65_7964_6573_6b01;
/// How often a step that does not get its lock on a table is tried, and how long to wait in between.
const TRIES: u32 = 20;
const BREATHER: Duration = Duration::from_secs(2);

/// Why no step was applied or taken back.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A newer release has applied steps that this program does not know.
    #[error("{0}. Use the program of that release")]
    Newer(String),
    /// Somebody held a table all the time.
    #[error(
        "a table was in use for too long, for example by pg_dump; nothing was changed. Look into \
         pg_stat_activity for old transactions, or try again later"
    )]
    InUse,
    /// Anything else.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Which way to go.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down(u32),
}

impl Db {
    /// Applies every pending step. Several processes may call this at once on one database; on one that a
    /// newer release has migrated there is nothing to do.
    pub async fn migrate_up(&self) -> Result<SchemaState, MigrateError> {
        self.migrate(Way::Up).await
    }

    /// Takes back the last `steps` steps.
    ///
    /// `Errors:` where there are newer steps than this program knows: it cannot take them back.
    pub async fn migrate_down(&self, steps: u32) -> Result<SchemaState, MigrateError> {
        self.migrate(Way::Down(steps)).await
    }

    /// `Why:` a step waits for whoever reads its table, and everybody else waits behind it. So it gives up
    /// after a short while, lets them through, and tries again.
    async fn migrate(&self, way: Way) -> Result<SchemaState, MigrateError> {
        for _ in 1..TRIES {
            match self.migrate_once(way).await {
                Err(MigrateError::Internal(error)) if is_in_use(&error) => {
                    tracing::warn!("a table is in use; the migration is tried again");
                    sleep(BREATHER).await;
                }
                done => return done,
            }
        }
        match self.migrate_once(way).await {
            Err(MigrateError::Internal(error)) if is_in_use(&error) => Err(MigrateError::InUse),
            done => done,
        }
    }

    /// `Locks:` one transaction around all steps. PostgreSQL: it first takes an advisory lock, on which
    /// other replicas wait. SQLite: it takes the one writer.
    async fn migrate_once(&self, way: Way) -> Result<SchemaState, MigrateError> {
        let txn = self.begin_write().await?;
        if txn.get_database_backend() == DatabaseBackend::Postgres {
            lock(&txn).await.map_err(Internal::from)?;
        }
        let state = self.schema_state_within(txn.inner()).await?;
        let is_newer = state.unknown > 0;
        let done = match way {
            Way::Up if state.fit() == SchemaFit::TooNew || (is_newer && state.pending > 0) => {
                return Err(MigrateError::Newer(state.unknown_in_words()));
            }
            Way::Down(_) if is_newer => {
                return Err(MigrateError::Newer(state.unknown_in_words()));
            }
            Way::Up if state.pending == 0 => {
                txn.rollback().await.map_err(Internal::from)?;
                return Ok(state);
            }
            Way::Up => {
                let steps = u32::try_from(state.pending).unwrap_or(u32::MAX);
                Migrator::up(txn.inner(), Some(steps)).await
            }
            Way::Down(steps) => Migrator::down(txn.inner(), Some(steps)).await,
        };
        done.map_err(Internal::while_doing("migrating the database"))?;
        txn.commit().await.map_err(Internal::from)?;
        Ok(self.schema_state().await?)
    }
}

/// Waiting for another replica's migration may take as long as it takes; waiting for a table may not.
async fn lock(txn: &Txn) -> Result<(), DbErr> {
    txn.execute_unprepared("SET LOCAL statement_timeout = 0")
        .await?;
    txn.execute_raw(Statement::from_sql_and_values(
        DatabaseBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1)",
        [MIGRATION_LOCK.into()],
    ))
    .await?;
    txn.execute_unprepared("SET LOCAL lock_timeout = '2s'")
        .await?;
    Ok(())
}

/// `lock_not_available`. `Source:` PostgreSQL manual, appendix A.
fn is_in_use(error: &Internal) -> bool {
    super::has_code(error, "55P03")
}
