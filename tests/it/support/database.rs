//! A database for one test: a SQLite file, or one on the server named by `TEST_DATABASE_URL`.
//!
//! `TEST_DATABASE_URL` is the address of a PostgreSQL server with the name of any database on it,
//! for example `postgres://postgres@127.0.0.1:5432/postgres`. Every test makes its own and drops it.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use keydesk::platform::db::Db;
use keydesk::platform::settings::Settings;
use keydesk::types::secret::Secret;

const FILE: &str = "keydesk.sqlite";

/// Made for one test, gone after it.
pub(crate) struct TestDatabase {
    url: String,
    folder: TempDir,
    on_server: Option<OnServer>,
    _template: Option<Arc<OnServer>>,
}

/// A database on the server, dropped with this.
struct OnServer {
    server: String,
    name: String,
}

/// The database with every migration in it, as long as a test uses a copy.
static TEMPLATE: Mutex<Weak<OnServer>> = Mutex::const_new(Weak::new());

/// The bytes of a SQLite file with every migration in it.
static TEMPLATE_FILE: OnceCell<Vec<u8>> = OnceCell::const_new();

impl TestDatabase {
    /// One without a single table.
    pub(crate) async fn empty() -> Self {
        match server() {
            Some(server) => Self::of(Some(OnServer::create(server, "").await), None),
            None => Self::of(None, None),
        }
    }

    /// A copy of a migrated one.
    ///
    /// `Why:` every migration for every test takes longer than most tests.
    pub(crate) async fn create() -> Self {
        let Some(server) = server() else {
            let database = Self::of(None, None);
            let bytes = TEMPLATE_FILE.get_or_init(migrated_file).await;
            std::fs::write(database.folder().join(FILE), bytes).expect("copied");
            return database;
        };
        let template = template(&server).await;
        let copied = OnServer::create(server, &format!("TEMPLATE {}", template.name)).await;
        Self::of(Some(copied), Some(template))
    }

    /// The same on PostgreSQL, whatever the suite runs on: on `KEYDESK_TEST_POSTGRES`, or on the usual local
    /// server. For what PostgreSQL alone can do.
    pub(crate) async fn on_postgres() -> Self {
        let server = variable("TEST_DATABASE_URL").or_else(|| variable("KEYDESK_TEST_POSTGRES"));
        let server =
            server.unwrap_or_else(|| "postgres://postgres@127.0.0.1:5432/postgres".to_owned());
        let template = template(&server).await;
        let copied = OnServer::create(server, &format!("TEMPLATE {}", template.name)).await;
        Self::of(Some(copied), Some(template))
    }

    /// Where its server listens.
    pub(crate) fn server_address(&self) -> SocketAddr {
        let server = self.on_server.as_ref().expect("on a server");
        let url = Url::parse(&server.server).expect("an address");
        let addresses = url.socket_addrs(|| Some(5432)).expect("a host");
        *addresses.first().expect("one")
    }

    /// Who connects to it, and its name on the server.
    pub(crate) fn user_and_name(&self) -> (String, String) {
        let server = self.on_server.as_ref().expect("on a server");
        let url = Url::parse(&server.server).expect("an address");
        (url.username().to_owned(), server.name.clone())
    }

    /// From now on its address leads to this port of this machine.
    pub(crate) fn lead_through(&mut self, port: u16) {
        let mut url = Url::parse(&self.url).expect("an address");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        self.url = url.into();
    }

    /// Ends every connection to it.
    pub(crate) async fn end_connections(&self) {
        let OnServer { server, name } = self.on_server.as_ref().expect("on a server");
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname =";
        execute(server, &format!("{all} '{name}'")).await;
    }

    /// Lets connections that are made from now on change nothing, or change again.
    pub(crate) async fn set_read_only(&self, is_read_only: bool) {
        let OnServer { server, name } = self.on_server.as_ref().expect("on a server");
        let value = if is_read_only { "on" } else { "off" };
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
        execute(server, &sql).await;
    }

    fn of(on_server: Option<OnServer>, template: Option<Arc<OnServer>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(FILE);
        Self {
            url: on_server
                .as_ref()
                .map_or_else(|| format!("sqlite:{}", file.display()), OnServer::url),
            folder,
            on_server,
            _template: template,
        }
    }

    /// Its address, for `database.url`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its files with those of its log; none when a server keeps it.
    pub(crate) fn files(&self) -> Vec<std::path::PathBuf> {
        if self.on_server.is_some() {
            return Vec::new();
        }
        let files = ["keydesk.sqlite", "keydesk.sqlite-wal", "keydesk.sqlite-shm"];
        let paths = files.iter().map(|name| self.folder.path().join(name));
        paths.filter(|path| path.exists()).collect()
    }

    /// Ends every connection and refuses new ones. False for a file, which cannot be shut.
    pub(crate) async fn shut(&self) -> bool {
        let Some(OnServer { server, name }) = &self.on_server else {
            return false;
        };
        execute(
            server,
            &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        )
        .await;
        self.end_connections().await;
        true
    }

    /// Undoes `shut`.
    pub(crate) async fn reopen(&self) {
        if let Some(OnServer { server, name }) = &self.on_server {
            execute(
                server,
                &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
            )
            .await;
        }
    }

    /// A folder of the test's own.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

async fn template(server: &str) -> Arc<OnServer> {
    let mut shared = TEMPLATE.lock().await;
    if let Some(template) = shared.upgrade() {
        return template;
    }
    let template = Arc::new(OnServer::create(server.to_owned(), "").await);
    migrate(&template.url()).await;
    *shared = Arc::downgrade(&template);
    template
}

async fn migrated_file() -> Vec<u8> {
    let database = TestDatabase::of(None, None);
    migrate(database.url()).await;
    std::fs::read(database.folder().join(FILE)).expect("a file")
}

/// Applies every migration and leaves no connection behind: a database in use is not copied, and a file
/// in use does not hold what its log still does.
async fn migrate(url: &str) {
    let toml = format!("[database]\nurl = \"{url}\"");
    let settings = Settings::from_toml(&toml).expect("settings");
    let db = Db::connect(&settings.database).await.expect("connected");
    db.migrate_up().await.expect("migrated");
    // A database that somebody is connected to is not copied.
    db.close().await.expect("closed");
}

impl OnServer {
    async fn create(server: String, how: &str) -> Self {
        let token = Secret::random_token().expose().to_lowercase();
        let letters = token.chars().filter(char::is_ascii_alphanumeric);
        let name = format!("keydesk_test_{}", letters.take(16).collect::<String>());
        execute(&server, &format!("CREATE DATABASE {name} {how}")).await;
        Self { server, name }
    }

    fn url(&self) -> String {
        let (base, _) = self.server.rsplit_once('/').expect("a database's address");
        format!("{base}/{}", self.name)
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be the one that is dropping this.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.expect("a runtime").block_on(execute(&server, &sql));
        });
        let dropped = dropping.join();
        assert!(
            dropped.is_ok() || std::thread::panicking(),
            "the database was not dropped"
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "the switches of the whole suite")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|url| !url.is_empty())
}

fn server() -> Option<String> {
    variable("TEST_DATABASE_URL")
}

async fn execute(server: &str, sql: &str) {
    let connection = Database::connect(server)
        .await
        .expect("the database server answers");
    connection.execute_unprepared(sql).await.expect("done");
    connection.close().await.expect("closed");
}
