//! Putting a backup of a SQLite database in the place of the one that is there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};

use crate::types::clock::Timestamp;

use super::copy::{COMPANIONS, CopyError, Draft, beside, check, sync_folder};

/// How long to wait for whoever has the database open.
const PATIENCE: Duration = Duration::from_millis(500);

/// Replaces the database file by a copy of a backup. Gives where the one before is kept, if there was one.
///
/// `Order:` the copy is whole and checked before anything else is touched. The database has no files beside it
/// any more when it is replaced, and its name stands for a whole database at every moment.
pub async fn restore(
    database: &Path,
    from: &Path,
    at: Timestamp,
) -> Result<Option<PathBuf>, CopyError> {
    for suffix in ["-wal", "-journal"] {
        let log = beside(from, suffix);
        if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(CopyError::Unfinished(log));
        }
    }
    let draft = Draft::create(database)?;
    draft.fill(from)?;
    draft.sync()?;
    check(&draft, from).await?;
    let held = hold(database).await?;
    let aside = match &held {
        Some(_) => {
            give_to_owner_of(database, draft.path())?;
            Some(set_aside(database, at)?)
        }
        None => None,
    };
    for suffix in COMPANIONS {
        let stale = beside(database, suffix);
        match std::fs::remove_file(&stale) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(CopyError::file(&stale)(cause));
            }
            _ => {}
        }
    }
    std::fs::rename(draft.path(), database).map_err(CopyError::file(database))?;
    sync_folder(database)?;
    if let Some(held) = held {
        // It held the file that is set aside by now.
        let _closed = held.close_hard().await;
    }
    Ok(aside)
}

/// Takes the database for itself, if there is one, and brings its write-ahead log into it.
///
/// `Why:` SQLite leaves the write-ahead log only when nobody else has the database open, even if they do
/// nothing. So this finds an idle server too, of whatever release.
async fn hold(database: &Path) -> Result<Option<SqliteConnection>, CopyError> {
    if !database.exists() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new()
        .filename(database)
        .busy_timeout(PATIENCE)
        .disable_statement_logging();
    let failed = |error: sqlx::Error| {
        let code = match &error {
            sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<u32>().ok()),
            _ => None,
        };
        match code.map(|code| code & 0xff) {
            // SQLITE_BUSY, SQLITE_LOCKED
            Some(5 | 6) => CopyError::InUse(database.to_owned()),
            _ => CopyError::Damaged {
                path: database.to_owned(),
                problem: format!(
                    "{error}; whether a server uses it cannot be seen: stop all, move it away, and try again"
                ),
            },
        }
    };
    let mut connection = options.connect().await.map_err(failed)?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE")
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    if mode != "delete" {
        return Err(CopyError::InUse(database.to_owned()));
    }
    connection
        .execute("BEGIN EXCLUSIVE")
        .await
        .map_err(failed)?;
    Ok(Some(connection))
}

/// `Why:` root restores, and the server of another user has to open it.
fn give_to_owner_of(database: &Path, draft: &Path) -> Result<(), CopyError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let owner = std::fs::metadata(database).map_err(CopyError::file(database))?;
        let own = std::fs::metadata(draft).map_err(CopyError::file(draft))?;
        if (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
            let given = chown(draft, Some(owner.uid()), Some(owner.gid()));
            given.map_err(CopyError::file(draft))?;
        }
    }
    Ok(())
}

/// Gives the database a second name, under which it stays.
fn set_aside(database: &Path, at: Timestamp) -> Result<PathBuf, CopyError> {
    let digits = at.to_rfc3339().replace([':', '-'], "");
    let aside = beside(database, &format!(".before-{digits}"));
    std::fs::hard_link(database, &aside).map_err(CopyError::file(&aside))?;
    Ok(aside)
}
