//! SQLite's file and its connections, which are used again only outside any transaction.

use std::path::Path;
use std::time::Duration;

use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::{self, Connection as _, Executor as _, Sqlite, SqliteConnection};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use super::commits::Commits;

/// A new database file is for its owner alone; SQLite gives the files beside it the same mode.
///
/// `Why:` one that is there is not even opened: closing it again would give up every lock on it that SQLite holds
/// in this process.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Which file a name stands for; the same name may stand for another one later.
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let file = std::fs::metadata(path).ok()?;
        Some((file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    None
}

/// `Why:` WAL lets reads go on during a write; FULL keeps an acknowledged change through a power
/// cut, which for a reset password is worth the wait for the disk. 16 MiB of pages hold the inner nodes of
/// every index of a million users; sorting in memory keeps names out of temporary files. No `mmap_size`: an
/// error of the disk would end the process. The driver's cache of 100 statements holds every shape of a list
/// that a portal uses.
pub(super) async fn connect(
    mut options: ConnectOptions,
    commits: Option<Commits>,
) -> Result<DatabaseConnection, DbErr> {
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(5))
    });
    options.map_sqlx_sqlite_pool_opts(move |pool| guarded(pool, commits.clone()));
    Database::connect(options).await
}

/// `Why:` connections stay open for good. Opening the first one needs room on the disk for SQLite's files
/// beside the database, and reads are to go on while there is none.
fn guarded(pool: PoolOptions<Sqlite>, commits: Option<Commits>) -> PoolOptions<Sqlite> {
    pool.idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            let commits = commits.clone();
            Box::pin(async move {
                if let Some(commits) = commits {
                    let mut handle = connection.lock_handle().await?;
                    handle.set_commit_hook(move || {
                        commits.one_more();
                        true
                    });
                }
                Ok(())
            })
        })
        .after_release(|connection, _| Box::pin(is_idle(connection)))
        .before_acquire(|connection, _| {
            let is_idle = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_idle) })
        })
}

/// Whether a connection that is given back is outside any transaction. One that is not is closed, which rolls back.
///
/// `Order:` a rollback that was asked for by dropping a transaction runs before the probe does.
/// `Why:` where SQLite rolled back by itself the driver's own rollback fails, and the driver goes on to believe
/// that there is a transaction. A probing `BEGIN` touches no file, and fails inside a transaction.
async fn is_idle(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let probe = connection.execute("BEGIN; ROLLBACK").await;
    let is_idle = probe.is_ok() && !connection.is_in_transaction();
    if !is_idle {
        tracing::warn!("closing a database connection whose transaction did not end");
    }
    Ok(is_idle)
}
