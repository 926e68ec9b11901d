//! Opening the connections to SQLite and PostgreSQL.

use sea_orm::{ConnectOptions, DbErr};

use crate::platform::settings::DatabaseSettings;
use crate::types::error::Internal;

use super::commits::Commits;
use super::connection::Connection;
use super::postgres::{Pool, Servers, Use, lost};
use super::storage::Storage;
use super::writer::Writer;
use super::{Db, sqlite};

/// Readers of a SQLite file. One core answers many reads, so a few are enough.
const SQLITE_READERS: u32 = 4;

impl Db {
    fn of(read: Connection, write: Connection, commits: Option<Commits>) -> Self {
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
            return postgres(settings).await;
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
        let (read, write) = (Connection::Sqlite(read), Connection::Sqlite(write));
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
    options
}

/// `Order:` connects once, so that a wrong address is found out now.
async fn postgres(settings: &DatabaseSettings) -> Result<Db, Internal> {
    let servers = settings.postgres_servers();
    let servers = servers.map_err(Internal::while_doing("reading database.url"))?;
    let servers = Servers::read(&servers).map_err(Internal::while_doing("reading database.url"))?;
    let opened = servers.connect(settings.acquire_timeout).await;
    let opened = opened.map_err(lost).map_err(connecting)?;
    let pool = Pool::new(servers, settings, opened);
    let read = Connection::Postgres(pool.with_use(Use::Reading));
    let write = Connection::Postgres(pool.with_use(Use::Changing));
    Ok(Db::of(read, write, None))
}
