//! Opening the connections to SQLite and PostgreSQL.

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::error::Internal;
use crate::settings::DatabaseSettings;

use super::commits::Commits;
use super::storage::Storage;
use super::writer::Writer;
use super::{Db, sqlite};

/// Readers of a SQLite file. One core answers many reads, so a few are enough.
const SQLITE_READERS: u32 = 4;

impl Db {
    fn of(read: DatabaseConnection, write: DatabaseConnection, commits: Option<Commits>) -> Self {
        let storage = Storage::default();
        let write = Writer {
            connection: write,
            storage,
        };
        Self {
            read,
            write,
            commits,
            hidden_steps: 0,
        }
    }

    /// Connects; makes a missing SQLite file.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, Internal> {
        let Some(path) = settings.sqlite_path() else {
            let url = settings.url.expose();
            let pool = Database::connect(options(settings, url, settings.max_connections));
            let pool = pool.await.map_err(connecting)?;
            return Ok(Self::of(pool.clone(), pool, None));
        };
        sqlite::make_private(&path).map_err(Internal::while_doing("making the database file"))?;
        let url = format!("sqlite:{}?mode=rwc", path.display());
        // A restore may be replacing the file just now; then the name stands for another one afterwards.
        let identity = sqlite::identity(&path);
        let commits = Commits::default();
        let write = sqlite::connect(options(settings, &url, 1), Some(commits.clone()));
        let write = write.await.map_err(connecting)?;
        let read = sqlite::connect(options(settings, &url, SQLITE_READERS), None);
        let read = read.await.map_err(connecting)?;
        if sqlite::identity(&path) != identity {
            let text = "the database file was replaced meanwhile; start again";
            return Err(Internal::new("connecting to the database", text));
        }
        Ok(Self::of(read, write, Some(commits)))
    }
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
