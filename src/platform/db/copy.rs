//! Copies of a SQLite database as one file: written whole or not at all, for their owner alone, and checked.

use std::io;
use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, SqliteConnection};

use super::schema::{SchemaFit, SchemaState, known_steps};
use crate::types::error::Internal;

/// What SQLite keeps beside a database file.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Why a backup or a restore was not made. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Nothing is overwritten.
    #[error("there is already a file {}; choose another name", .0.display())]
    Exists(PathBuf),
    /// The disk of the copy is full.
    #[error("there is no room for {}", .0.display())]
    NoRoom(PathBuf),
    /// A file could not be read or written.
    #[error("cannot use {}: {cause}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// `PRAGMA integrity_check` found something, or it is no database at all.
    #[error("{} is damaged or no SQLite database: {problem}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// In SQLite's words.
        problem: String,
    },
    /// A SQLite database of something else.
    #[error("{} is not a database of Keydesk", .0.display())]
    NotKeydesk(PathBuf),
    /// This release cannot read its schema.
    #[error("{} was written by a newer release ({newest}); use that one to restore it", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// The newest step of its schema.
        newest: String,
    },
    /// Part of it stands in another file.
    #[error(
        "there is a {}, so this file was in use when it was copied; restore a file that `keydesk backup` made",
        .0.display()
    )]
    Unfinished(PathBuf),
    /// A server, a command or a shell has the database open.
    #[error("{} is in use; stop every server, command and shell that has it open first", .0.display())]
    InUse(PathBuf),
    /// Broken.
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl CopyError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom(path),
            _ => Self::File { path, cause },
        }
    }
}

/// The name of a file beside another one.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A copy under a name that nobody looks for. Gone with this value, unless it was put in its place.
pub(super) struct Draft(PathBuf);

impl Draft {
    /// An empty file for its owner alone, in the folder where the copy is to stand.
    pub(super) fn create(place: &Path) -> Result<Self, CopyError> {
        let path = beside(place, &format!(".part-{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(CopyError::file(&path))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Takes in another file. `Why:` not `fs::copy`, which would take its mode too.
    pub(super) fn fill(&self, from: &Path) -> Result<(), CopyError> {
        let mut from_file = std::fs::File::open(from).map_err(CopyError::file(from))?;
        let mut options = std::fs::File::options();
        let copied = options
            .write(true)
            .open(&self.0)
            .and_then(|mut draft| io::copy(&mut from_file, &mut draft));
        copied.map(drop).map_err(CopyError::file(&self.0))
    }

    /// Waits until it is on the disk.
    pub(super) fn sync(&self) -> Result<(), CopyError> {
        let file = std::fs::File::options().write(true).open(&self.0);
        file.and_then(|file| file.sync_all())
            .map_err(CopyError::file(&self.0))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for suffix in COMPANIONS.iter().chain(&[""]) {
            let _gone = std::fs::remove_file(beside(&self.0, suffix));
        }
    }
}

/// Waits until the names in a file's folder are on the disk.
pub(super) fn sync_folder(of: &Path) -> Result<(), CopyError> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(CopyError::file(folder))
}

/// Whether a draft is a whole database of Keydesk that this program can read. Faults name `path`.
pub(super) async fn check(draft: &Draft, path: &Path) -> Result<(), CopyError> {
    let options = SqliteConnectOptions::new()
        .filename(draft.path())
        .read_only(true)
        .immutable(true)
        .disable_statement_logging();
    let damaged = |error: sqlx::Error| CopyError::Damaged {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let mut connection = options.connect().await.map_err(damaged)?;
    let checked = inspect(&mut connection, path).await;
    connection.close().await.map_err(damaged)?;
    checked.unwrap_or_else(|error| Err(damaged(error)))
}

async fn inspect(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<Result<(), CopyError>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut *connection)
        .await?;
    if found != ["ok"] {
        return Ok(Err(CopyError::Damaged {
            path: path.to_owned(),
            problem: found.into_iter().next().unwrap_or_default(),
        }));
    }
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' \
         AND name IN ('seaql_migrations', 'users', 'server_keys', 'schema_requirements')",
    )
    .fetch_all(&mut *connection)
    .await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if !["seaql_migrations", "users", "server_keys"]
        .into_iter()
        .all(has)
    {
        return Ok(Err(CopyError::NotKeydesk(path.to_owned())));
    }
    let applied: Vec<String> =
        sqlx::query_scalar("SELECT version FROM seaql_migrations ORDER BY version")
            .fetch_all(&mut *connection)
            .await?;
    let min_reader = if has("schema_requirements") {
        sqlx::query_scalar("SELECT migration FROM schema_requirements WHERE name = 'min_reader'")
            .fetch_optional(connection)
            .await?
    } else {
        None
    };
    let known = known_steps();
    if SchemaState::of(&known, &applied, min_reader).fit() != SchemaFit::TooNew {
        return Ok(Ok(()));
    }
    let newest = applied.into_iter().rfind(|step| !known.contains(step));
    Ok(Err(CopyError::Newer {
        path: path.to_owned(),
        newest: newest.unwrap_or_default(),
    }))
}
