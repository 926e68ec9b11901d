//! Applying migrations, one process at a time.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::time::{sleep, timeout};

use crate::error::Internal;

use super::Db;
use super::connection::Connection;

/// Any number, the same in every process that migrates one database.
const MIGRATION_LOCK: i64 = 0x6b65_7964_6573_6b01;

/// How often to look whether the server still answers during a migration.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What has been done to the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// Steps applied.
    pub applied: usize,
    /// Steps still to do.
    pub pending: usize,
}

impl Db {
    /// How far the schema is.
    pub async fn schema_state(&self) -> Result<SchemaState, Internal> {
        let pending = Migrator::get_pending_migrations_read_only(&self.read)
            .await?
            .len();
        Ok(SchemaState {
            applied: Migrator::migrations().len().saturating_sub(pending),
            pending,
        })
    }

    /// Applies every pending step. Several processes may call this at once on one database.
    pub async fn migrate_up(&self) -> Result<SchemaState, Internal> {
        self.migrating(|db| Box::pin(Migrator::up(db, None))).await
    }

    /// Takes back the last `steps` steps.
    pub async fn migrate_down(&self, steps: u32) -> Result<SchemaState, Internal> {
        self.migrating(move |db| Box::pin(Migrator::down(db, Some(steps))))
            .await
    }

    /// `Locks:` one transaction around all steps. PostgreSQL: it first takes an advisory lock, on which
    /// other replicas wait. SQLite: it takes the one writer.
    async fn migrating<F>(&self, run: F) -> Result<SchemaState, Internal>
    where
        F: for<'a> FnOnce(
            &'a DatabaseTransaction,
        )
            -> std::pin::Pin<Box<dyn Future<Output = Result<(), DbErr>> + Send + 'a>>,
    {
        let connection = self.for_migrations().await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let txn = connection.begin_with_options(options).await?;
        if self.write.get_database_backend() == DatabaseBackend::Postgres {
            // Waiting for another replica's migration may take longer than a statement should.
            txn.execute_unprepared("SET LOCAL statement_timeout = 0")
                .await?;
            txn.execute_raw(Statement::from_sql_and_values(
                DatabaseBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [MIGRATION_LOCK.into()],
            ))
            .await?;
        }
        tokio::select! {
            migrated = run(&txn) => {
                migrated.map_err(Internal::while_doing("migrating the database"))?;
            }
            error = self.until_silent() => return Err(error),
        }
        txn.commit().await?;
        if let Connection::Postgres(_) = &self.write.connection {
            // Best effort: dropping it closes it too, a little later.
            let _late = timeout(LOOK_EVERY, connection.close()).await;
        }
        self.schema_state().await
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
