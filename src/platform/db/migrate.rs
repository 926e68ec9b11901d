//! Applying migrations, one process at a time.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::time::{sleep, timeout};

use crate::types::error::Internal;

use super::connection::Connection;
use super::{Db, SchemaFit, SchemaState};

/// Any number, the same in every process that migrates one database.
const MIGRATION_LOCK: i64 = 0x6b65_7964_6573_6b01;
/// How often a step that does not get its lock on a table is tried, and how long to wait in between.
const TRIES: u32 = 20;
const BREATHER: Duration = Duration::from_secs(2);

/// How often to look whether the server still answers during a migration.
const LOOK_EVERY: Duration = Duration::from_secs(5);

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
        let connection = self.for_migrations().await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let txn = connection
            .begin_with_options(options)
            .await
            .map_err(Internal::from)?;
        tokio::select! {
            done = self.migrate_within(&txn, way) => done?,
            error = self.until_silent() => return Err(error.into()),
        }
        txn.commit().await.map_err(Internal::from)?;
        if let Connection::Postgres(_) = &self.write.connection {
            // Best effort: dropping it closes it too, a little later.
            let _late = timeout(LOOK_EVERY, connection.close()).await;
        }
        Ok(self.schema_state().await?)
    }

    async fn migrate_within(
        &self,
        txn: &DatabaseTransaction,
        way: Way,
    ) -> Result<(), MigrateError> {
        if txn.get_database_backend() == DatabaseBackend::Postgres {
            lock(txn).await.map_err(Internal::from)?;
        }
        let state = self.schema_state_within(txn).await?;
        let is_newer = state.unknown > 0;
        let done = match way {
            Way::Up if state.fit() == SchemaFit::TooNew || (is_newer && state.pending > 0) => {
                return Err(MigrateError::Newer(state.unknown_in_words()));
            }
            Way::Down(_) if is_newer => {
                return Err(MigrateError::Newer(state.unknown_in_words()));
            }
            Way::Up if state.pending == 0 => Ok(()),
            Way::Up => {
                let steps = u32::try_from(state.pending).unwrap_or(u32::MAX);
                Migrator::up(txn, Some(steps)).await
            }
            Way::Down(steps) => Migrator::down(txn, Some(steps)).await,
        };
        done.map_err(Internal::while_doing("migrating the database"))?;
        Ok(())
    }

    /// A connection as migrations want it: SeaORM's.
    async fn for_migrations(&self) -> Result<DatabaseConnection, Internal> {
        match &self.write.connection {
            Connection::Sqlite(file) => Ok(file.clone()),
            Connection::Postgres(pool) => Ok(pool.for_migrations().await?),
        }
    }

    /// Waits until the server has not answered on another connection for three tries. On SQLite for ever.
    ///
    /// `Why:` a step of a migration may take as long as it wants to, so it has no time limit of its own.
    async fn until_silent(&self) -> Internal {
        let Connection::Postgres(pool) = &self.write.connection else {
            return std::future::pending().await;
        };
        let mut silent = 0;
        loop {
            sleep(LOOK_EVERY).await;
            match pool.is_read_only().await {
                Ok(_) => silent = 0,
                Err(_) if silent < 2 => silent += 1,
                Err(error) => return Internal::new("migrating the database", error),
            }
        }
    }
}

/// Waiting for another replica's migration may take as long as it takes; waiting for a table may not.
async fn lock(txn: &DatabaseTransaction) -> Result<(), DbErr> {
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
