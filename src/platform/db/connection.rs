//! One type for the connections to either database.
//!
//! `Why:` SQLite's are SeaORM's; PostgreSQL's are our own, since every step on them has a time limit.

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult,
    IsolationLevel, QueryResult, Statement, TransactionOptions, TransactionTrait,
};

use super::postgres;

/// Connections to a database.
#[derive(Clone, Debug)]
pub enum Connection {
    /// To a file.
    Sqlite(DatabaseConnection),
    /// To a server.
    Postgres(postgres::Pool),
}

/// An open transaction on either database.
#[derive(Debug)]
pub enum OpenTransaction {
    /// In a file.
    Sqlite(DatabaseTransaction),
    /// On a server.
    Postgres(postgres::Transaction),
}

impl Connection {
    /// Begins a transaction. Of the options PostgreSQL heeds the isolation level, and reads only where one is
    /// given.
    pub async fn begin_with_options(
        &self,
        options: TransactionOptions,
    ) -> Result<OpenTransaction, DbErr> {
        match self {
            Self::Sqlite(connection) => {
                let begun = connection.begin_with_options(options).await?;
                Ok(OpenTransaction::Sqlite(begun))
            }
            Self::Postgres(pool) => {
                let sql = match options.isolation_level {
                    Some(IsolationLevel::RepeatableRead) => {
                        // It holds no row, and whoever reads its pages may be slow.
                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                         SET LOCAL idle_in_transaction_session_timeout = '30s'"
                    }
                    _ => "BEGIN",
                };
                Ok(OpenTransaction::Postgres(pool.begin(sql).await?))
            }
        }
    }

    /// Calls back with every statement.
    pub(super) fn set_seen(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        match self {
            Self::Sqlite(connection) => {
                connection.set_metric_callback(move |info| seen(info.statement));
            }
            Self::Postgres(pool) => pool.set_seen(std::sync::Arc::new(seen)),
        }
    }

    /// Closes every connection, and waits until nobody uses one.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(connection) => connection.close_by_ref().await,
            Self::Postgres(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }
}

impl OpenTransaction {
    /// Makes everything permanent.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Undoes everything.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}

/// Statements go to whichever database it is.
macro_rules! statements_on_either {
    ($either:ty) => {
        #[async_trait::async_trait]
        impl ConnectionTrait for $either {
            fn get_database_backend(&self) -> DatabaseBackend {
                match self {
                    Self::Sqlite(_) => DatabaseBackend::Sqlite,
                    Self::Postgres(_) => DatabaseBackend::Postgres,
                }
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Sqlite(inner) => inner.execute_raw(statement).await,
                    Self::Postgres(inner) => inner.execute_raw(statement).await,
                }
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                match self {
                    Self::Sqlite(inner) => inner.execute_unprepared(sql).await,
                    Self::Postgres(inner) => inner.execute_unprepared(sql).await,
                }
            }

            async fn query_one_raw(
                &self,
                statement: Statement,
            ) -> Result<Option<QueryResult>, DbErr> {
                match self {
                    Self::Sqlite(inner) => inner.query_one_raw(statement).await,
                    Self::Postgres(inner) => inner.query_one_raw(statement).await,
                }
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                match self {
                    Self::Sqlite(inner) => inner.query_all_raw(statement).await,
                    Self::Postgres(inner) => inner.query_all_raw(statement).await,
                }
            }
        }
    };
}

statements_on_either!(Connection);
statements_on_either!(OpenTransaction);
