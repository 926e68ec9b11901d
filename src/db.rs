//! Connections, write transactions, migrations under a lock, and what a database error means.
//!
//! `Order:` on SQLite every write goes through one connection that begins IMMEDIATE, so two writers
//! wait for each other instead of failing; reads have connections of their own.

mod news;
mod passing;

use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, IsolationLevel, SqlErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};

use crate::clock::{Clock, Timestamp};
use crate::error::Internal;
use crate::settings::DatabaseSettings;

pub use news::announce;
pub use passing::is_passing;

/// An open write transaction. Dropped without `commit`, it leaves nothing behind.
pub type Txn = DatabaseTransaction;

/// Readers of a SQLite file. One core answers many reads, so a few are enough.
const SQLITE_READERS: u32 = 4;

/// Any number, the same in every process that migrates one database.
const MIGRATION_LOCK: i64 = 0x6b65_7964_6573_6b01;

impl From<DbErr> for Internal {
    fn from(cause: DbErr) -> Self {
        Self::new("using the database", cause)
    }
}

/// The database: connections for reading and for writing.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

/// What has been done to the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// Steps applied.
    pub applied: usize,
    /// Steps still to do.
    pub pending: usize,
}

impl Db {
    /// Connects; makes a missing SQLite file.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, Internal> {
        let Some(path) = settings.sqlite_path() else {
            let url = settings.url.expose();
            let pool = Database::connect(options(settings, url, settings.max_connections));
            let pool = pool.await.map_err(connecting)?;
            return Ok(Self {
                read: pool.clone(),
                write: pool,
            });
        };
        make_private(&path).map_err(Internal::while_doing("making the database file"))?;
        let url = format!("sqlite:{}?mode=rwc", path.display());
        let write = sqlite(settings, &url, 1).await?;
        let read = sqlite(settings, &url, SQLITE_READERS).await?;
        Ok(Self { read, write })
    }

    /// Calls back with the text of every statement that was run, for counting them; never with its
    /// values, which carry secrets.
    pub fn on_statement(&mut self, seen: impl Fn(&str) + Clone + Send + Sync + 'static) {
        let other = seen.clone();
        self.read
            .set_metric_callback(move |info| seen(&info.statement.sql));
        self.write
            .set_metric_callback(move |info| other(&info.statement.sql));
    }

    /// Calls back with every statement of the reading connections and its values, for asking the database
    /// how it would run them. For tests: nothing of the server calls this.
    pub fn on_read(&mut self, seen: impl Fn(&Statement) + Send + Sync + 'static) {
        self.read
            .set_metric_callback(move |info| seen(info.statement));
    }

    /// For queries that change nothing.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For single statements that change something.
    pub fn write(&self) -> &DatabaseConnection {
        &self.write
    }

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
            &'a Txn,
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
        run(&txn)
            .await
            .map_err(Internal::while_doing("migrating the database"))?;
        txn.commit().await?;
        self.schema_state().await
    }

    /// Moves the clock to the database server's. SQLite has no clock of its own.
    ///
    /// `Units:` milliseconds that this machine is behind; half the round trip is the error.
    pub async fn align_clock(&self, clock: &Clock) -> Result<i64, Internal> {
        if self.read.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(0);
        }
        let sql = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS now";
        let row = self
            .read
            .query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql))
            .await?
            .ok_or_else(|| Internal::new("asking the database for the time", "no row"))?;
        Ok(clock.align(Timestamp::from_millis(row.try_get::<i64>("", "now")?)))
    }
}

/// A new database file is for its owner alone; SQLite gives the files beside it the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn connecting(cause: DbErr) -> Internal {
    Internal::new("connecting to the database", cause)
}

fn options(settings: &DatabaseSettings, url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(connections)
        .acquire_timeout(settings.acquire_timeout)
        .connect_timeout(settings.acquire_timeout)
        .test_before_acquire(false)
        // Statements carry password hashes as values.
        .sqlx_logging(false);
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.options([
            ("statement_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ])
    });
    options
}

/// `Why:` WAL lets reads go on during a write; FULL keeps an acknowledged change through a power
/// cut, which for a reset password is worth the wait for the disk. 16 MiB of pages hold the inner nodes of
/// every index of a million users; sorting in memory keeps names out of temporary files. No `mmap_size`: an
/// error of the disk would end the process. The driver's cache of 100 statements holds every shape of a list
/// that a portal uses.
async fn sqlite(
    settings: &DatabaseSettings,
    url: &str,
    connections: u32,
) -> Result<DatabaseConnection, Internal> {
    let mut options = options(settings, url, connections);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(5))
    });
    Database::connect(options).await.map_err(connecting)
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
