//! Applying migrations, one process at a time.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, Statement};

use crate::error::Internal;

use super::Db;

/// Any number, the same in every process that migrates one database.
const MIGRATION_LOCK: i64 = 0x6b65_7964_6573_6b01;

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
        let txn = self.begin_write().await?;
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
        run(txn.inner())
            .await
            .map_err(Internal::while_doing("migrating the database"))?;
        txn.commit().await?;
        self.schema_state().await
    }
}
