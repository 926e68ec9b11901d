//! Single statements that change something, each a transaction of its own.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, ExecResult, QueryResult, Statement};

use super::connection::Connection;
use super::storage::Storage;

/// The connections that write.
#[derive(Clone, Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) storage: Storage,
}

impl Writer {
    fn judged<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &result {
            self.storage.failed(error);
        }
        result
    }

    fn counted(&self, result: Result<ExecResult, DbErr>) -> Result<ExecResult, DbErr> {
        if result.as_ref().is_ok_and(|done| done.rows_affected() > 0) {
            self.storage.written();
        }
        self.judged(result)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Writer {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.counted(self.connection.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.counted(self.connection.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.judged(self.connection.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.judged(self.connection.query_all_raw(statement).await)
    }
}
