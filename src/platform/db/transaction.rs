//! Transactions: begun whole, ended once, and known to be ended.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions,
};
use tracing::Instrument as _;

use crate::types::error::Internal;

use super::Db;
use super::commits::Commits;
use super::connection::OpenTransaction;
use super::storage::Storage;

/// An open transaction. Dropped without `commit`, it leaves nothing behind.
///
/// `Order:` after a statement that failed, no other is run in it and it does not commit. SQLite rolls back by
/// itself when the disk is full, and each further statement would stand alone; PostgreSQL answers a `COMMIT`
/// after an error with a rollback that looks like success.
#[derive(Debug)]
pub struct Txn {
    inner: OpenTransaction,
    is_broken: AtomicBool,
    has_written: AtomicBool,
    storage: Storage,
    /// Where SQLite counts what it commits, and how many it had counted when this one began.
    commits: Option<(Commits, u64)>,
}

impl Db {
    /// Begins a write transaction. Only statements belong between it and its `commit`.
    pub async fn begin_write(&self) -> Result<Txn, Internal> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let connection = self.write.connection.clone();
        let begun = whole(async move { connection.begin_with_options(options).await }).await;
        if let Err(error) = &begun {
            self.write.storage.failed(error);
        }
        let commits = self.commits.clone().map(|commits| {
            let before = commits.count();
            (commits, before)
        });
        Ok(Txn::of(begun?, self.write.storage.clone(), commits))
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
        let connection = self.read.clone();
        let begun = whole(async move { connection.begin_with_options(options).await }).await;
        Ok(Txn::of(begun?, Storage::default(), None))
    }
}

/// Runs to its end what must not stop halfway, even if the caller goes away meanwhile.
///
/// `Why:` a `BEGIN` that was sent and never awaited leaves a connection inside a transaction that nobody ends.
async fn whole<T: Send + 'static>(
    step: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> Result<T, DbErr> {
    #[expect(
        clippy::disallowed_methods,
        reason = "bounded by the database's own time limits, and awaited here unless the caller is gone"
    )]
    let task = tokio::spawn(step.in_current_span());
    let stopped = |cause| DbErr::Custom(format!("the task of a transaction ended: {cause}"));
    task.await.map_err(stopped)?
}

impl Txn {
    fn of(inner: OpenTransaction, storage: Storage, commits: Option<(Commits, u64)>) -> Self {
        Self {
            inner,
            is_broken: AtomicBool::new(false),
            has_written: AtomicBool::new(false),
            storage,
            commits,
        }
    }

    /// Makes everything that was done in it last. An error means that nothing of it does, except where the
    /// connection was lost during the commit itself: then nobody knows.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.usable()?;
        let inner = self.inner;
        let ended = whole(async move { inner.commit().await }).await;
        if let Err(error) = ended {
            self.storage.failed(&error);
            return Err(error);
        }
        // Another writer may have committed since ours did.
        if let Some((commits, before)) = self.commits
            && commits.count() <= before
        {
            // The pool closes such a connection when it comes back.
            let text = "the database took no commit, although it said so";
            return Err(DbErr::Custom(text.to_owned()));
        }
        if self.has_written.into_inner() {
            self.storage.written();
        }
        Ok(())
    }

    /// Undoes everything that was done in it, and waits until that is so.
    pub async fn rollback(self) -> Result<(), DbErr> {
        let inner = self.inner;
        whole(async move { inner.rollback().await }).await
    }

    fn usable(&self) -> Result<(), DbErr> {
        if self.is_broken.load(Ordering::Acquire) {
            let text = "a statement of this transaction failed, so it is over";
            return Err(DbErr::Custom(text.to_owned()));
        }
        Ok(())
    }

    fn judged<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &result {
            self.is_broken.store(true, Ordering::Release);
            self.storage.failed(error);
        }
        result
    }

    fn counted(&self, result: Result<ExecResult, DbErr>) -> Result<ExecResult, DbErr> {
        if result.as_ref().is_ok_and(|done| done.rows_affected() > 0) {
            self.has_written.store(true, Ordering::Release);
        }
        self.judged(result)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Txn {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.usable()?;
        self.counted(self.inner.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.usable()?;
        self.counted(self.inner.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.usable()?;
        self.judged(self.inner.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.usable()?;
        self.judged(self.inner.query_all_raw(statement).await)
    }
}
