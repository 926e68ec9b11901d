//! Connections, write transactions, migrations under a lock, and what a database error means.
//!
//! `Order:` on SQLite every write goes through one connection that begins IMMEDIATE, so two writers
//! wait for each other instead of failing; reads have connections of their own.

mod alignment;
mod backup;
mod batches;
mod commits;
mod connect;
mod copy;
mod instant;
mod exposure;
mod migrate;
mod news;
mod passing;
mod restore;
mod schema;
mod sqlite;
mod storage;
mod store;
mod transaction;
mod writer;

use sea_orm::{DatabaseBackend, DatabaseConnection, DbErr, SqlErr, Statement};

use crate::error::Internal;

pub(crate) use batches::delete_some;
pub use batches::{Budget, Cleaned};
pub use copy::CopyError;
pub use instant::{catch_up, now};
pub use exposure::{Transport, transport};
pub use migrate::MigrateError;
pub use news::announce;
use passing::has_code;
pub use passing::is_passing;
pub use restore::restore;
pub use schema::{SchemaFit, SchemaState};
pub use storage::{StorageState, is_storage_full};
pub use transaction::Txn;
pub use writer::Writer;

use commits::Commits;

impl From<DbErr> for Internal {
    fn from(cause: DbErr) -> Self {
        Self::new("using the database", cause)
    }
}

/// The database: connections for reading and for writing.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: Writer,
    /// SQLite: what it committed by the writing connection.
    commits: Option<Commits>,
    hidden_steps: usize,
}

impl Db {
    /// Calls back with the text of every statement that was run, for counting them; never with its
    /// values, which carry secrets.
    pub fn on_statement(&mut self, seen: impl Fn(&str) + Clone + Send + Sync + 'static) {
        let other = seen.clone();
        self.read
            .set_metric_callback(move |info| seen(&info.statement.sql));
        self.write
            .connection
            .set_metric_callback(move |info| other(&info.statement.sql));
    }

    /// Calls back with every statement of the reading connections and its values, for asking the database
    /// how it would run them. For tests: nothing of the server calls this.
    pub fn on_read(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        self.read
            .set_metric_callback(move |info| seen(info.statement));
    }

    /// The same for the writing connections.
    pub fn on_write(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        self.write
            .connection
            .set_metric_callback(move |info| seen(info.statement));
    }

    /// For queries that change nothing.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For single statements that change something.
    pub fn write(&self) -> &Writer {
        &self.write
    }

    /// What the last write said about the storage below the database.
    pub fn storage(&self) -> StorageState {
        self.write.storage.state()
    }

    /// Closes every connection, and waits until that is done.
    pub async fn close(self) -> Result<(), Internal> {
        self.read.close().await?;
        Ok(self.write.connection.close().await?)
    }

    /// The kind of database, for people: `sqlite` or `postgresql`.
    pub fn kind(&self) -> &'static str {
        match self.read.get_database_backend() {
            DatabaseBackend::Postgres => "postgresql",
            DatabaseBackend::MySql => "mysql",
            _ => "sqlite",
        }
    }

    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<(), Internal> {
        Ok(self.read.ping().await?)
    }
}

/// The column or constraint whose uniqueness an error reports, by any of the given names.
pub fn unique_violation<'a>(error: &DbErr, names: &[&'a str]) -> Option<&'a str> {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(message)) => {
            names.iter().copied().find(|name| message.contains(name))
        }
        _ => None,
    }
}
