//! Connections, write transactions, migrations under a lock, and what a database error means.
//!
//! `Order:` on SQLite every write goes through one connection that begins IMMEDIATE, so two writers
//! wait for each other instead of failing; reads have connections of their own.

mod alignment;
mod backup;
mod batches;
mod commits;
mod connect;
mod connection;
mod copy;
mod exposure;
mod instant;
mod migrate;
mod news;
mod outage;
mod passing;
mod postgres;
mod restore;
mod schema;
mod sqlite;
mod storage;
mod store;
mod transaction;
mod writer;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, SqlErr, Statement};

use crate::types::error::Internal;

pub(crate) use batches::delete_some;
pub use batches::{Budget, Cleaned};
pub use connection::{Connection, OpenTransaction};
pub use copy::CopyError;
pub use exposure::{Transport, transport};
pub use instant::{catch_up, now};
pub use migrate::MigrateError;
pub use news::announce;
use passing::has_code;
pub use passing::{is_outage, is_passing};
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
    read: Connection,
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
        self.read.set_seen(move |statement| seen(&statement.sql));
        self.write
            .connection
            .set_seen(move |statement| other(&statement.sql));
    }

    /// Calls back with every statement of the reading connections and its values, for asking the database
    /// how it would run them. For tests: nothing of the server calls this.
    pub fn on_read(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        self.read.set_seen(seen);
    }

    /// The same for the writing connections.
    pub fn on_write(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        self.write.connection.set_seen(seen);
    }

    /// For queries that change nothing.
    pub fn read(&self) -> &Connection {
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

    /// Asks the database for an answer, and whether it takes no changes.
    pub async fn is_read_only(&self) -> Result<bool, Internal> {
        match &self.read {
            Connection::Sqlite(file) => {
                file.ping().await?;
                Ok(false)
            }
            Connection::Postgres(pool) => Ok(pool.is_read_only().await?),
        }
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
