//! Beginning transactions.

use sea_orm::{
    AccessMode, DatabaseBackend, DatabaseTransaction, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::error::Internal;

use super::Db;

/// An open write transaction. Dropped without `commit`, it leaves nothing behind.
pub type Txn = DatabaseTransaction;

impl Db {
    /// Begins a write transaction. Only statements belong between it and its `commit`.
    pub async fn begin_write(&self) -> Result<Txn, Internal> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Begins reading the database as it is now, however long the reading takes.
    pub async fn begin_snapshot(&self) -> Result<Txn, Internal> {
        let on_server = self.read.get_database_backend() == DatabaseBackend::Postgres;
        // SQLite reads so in every transaction.
        let options = TransactionOptions {
            isolation_level: on_server.then_some(IsolationLevel::RepeatableRead),
            access_mode: on_server.then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        Ok(self.read.begin_with_options(options).await?)
    }
}
