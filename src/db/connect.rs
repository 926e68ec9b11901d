//! Opening the connections to SQLite and PostgreSQL.

use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::error::Internal;
use crate::settings::DatabaseSettings;

use super::Db;

/// Readers of a SQLite file. One core answers many reads, so a few are enough.
const SQLITE_READERS: u32 = 4;

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
