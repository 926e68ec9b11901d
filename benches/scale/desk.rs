//! A database of sample users, and Keydesk or a bare program on it.

use std::path::PathBuf;
use std::process::Command;

use keydesk::platform::app::App;
use keydesk::platform::settings::Settings;
use keydesk::types::clock::Clock;

use crate::load::Bytes;
use crate::process::{Process, free_port};

/// Any key; the databases hold nothing but sample users.
pub(crate) const SERVER_KEY: &str =
    "6b65796465736b2d62656e63682d6b65792d666f722d73616d706c65732d3031";

/// Where users are kept for a measurement.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) label: String,
    url: String,
    pub(crate) rows: u64,
    program: PathBuf,
}

impl Store {
    pub(crate) fn sqlite(folder: &std::path::Path, rows: u64) -> Self {
        let file = folder.join(format!("{rows}.sqlite"));
        Self::new("SQLite", format!("sqlite:{}", file.display()), rows)
    }

    pub(crate) async fn postgres(server: &str, rows: u64) -> Option<Self> {
        use sea_orm::{ConnectionTrait as _, Database};
        let name = format!("keydesk_bench_{rows}");
        let admin = Database::connect(server).await.ok()?;
        // Kept from one run to the next; that it exists already is fine.
        drop(
            admin
                .execute_unprepared(&format!("CREATE DATABASE {name}"))
                .await,
        );
        let base = server.rsplit_once('/')?.0;
        Some(Self::new("PostgreSQL", format!("{base}/{name}"), rows))
    }

    /// Empty ones with the schema, made anew each time.
    pub(crate) async fn fresh(folder: &std::path::Path, server: &str) -> Vec<Self> {
        use sea_orm::{ConnectionTrait as _, Database};
        let name = "keydesk_bench_timing";
        let file = folder.join("timing.sqlite");
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{end}", file.display())));
        }
        let mut stores = vec![Self::new("SQLite", format!("sqlite:{}", file.display()), 0)];
        match (Database::connect(server).await, server.rsplit_once('/')) {
            (Ok(admin), Some((base, _))) => {
                for sql in [
                    format!("DROP DATABASE IF EXISTS {name}"),
                    format!("CREATE DATABASE {name}"),
                ] {
                    admin.execute_unprepared(&sql).await.expect("a database");
                }
                stores.push(Self::new("PostgreSQL", format!("{base}/{name}"), 0));
            }
            _ => eprintln!("no PostgreSQL answers; its figures are left out"),
        }
        for store in &stores {
            store.fill().await;
        }
        stores
    }

    fn new(kind: &str, url: String, rows: u64) -> Self {
        Self {
            label: kind.to_owned(),
            url,
            rows,
            program: PathBuf::from(env!("CARGO_BIN_EXE_keydesk")),
        }
    }

    /// The same with another program in place of the one that was built with this one.
    pub(crate) fn with_program(&self, program: &std::path::Path) -> Self {
        Self {
            program: program.to_owned(),
            ..self.clone()
        }
    }

    fn settings(&self, more: &str) -> Settings {
        let overrides = format!(
            "[database]\nurl = \"{}\"\n[security]\nkey = \"{SERVER_KEY}\"\n{more}",
            self.url
        );
        Settings::from_toml(&overrides).expect("settings")
    }

    /// Keydesk without its server, in this process, with more settings as TOML.
    pub(crate) async fn app(&self, more: &str) -> App {
        App::start(self.settings(more), Clock::system())
            .await
            .expect("a database")
    }

    /// Makes the schema and fills up to the wanted number of users.
    pub(crate) async fn fill(&self) {
        let app = self.app("").await;
        app.db.migrate_up().await.expect("the schema");
        let told = |present: u64| {
            if present.is_multiple_of(100_000) {
                eprintln!("{}: {present} of {} users", self.label, self.rows);
            }
        };
        let added = keydesk::domain::users::fill(&app, self.rows, told).await;
        // PostgreSQL looks at its tables by itself, but not at once. SQLite does not, so Keydesk has to be
        // fast on it without.
        if added.expect("sample users") > 0 && self.url.starts_with("postgres") {
            use sea_orm::ConnectionTrait as _;
            // Not by Keydesk's own connections, which give a statement 5 s.
            let db = self.connect().await;
            db.execute_unprepared("ANALYZE").await.expect("statistics");
        }
    }

    /// A connection of our own.
    pub(crate) async fn connect(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(self.url.clone());
        options.sqlx_logging(false);
        sea_orm::Database::connect(options)
            .await
            .expect("a database")
    }

    fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("KEYDESK_DATABASE__URL", &self.url)
            .env("KEYDESK_SECURITY__KEY", SERVER_KEY)
            .env("KEYDESK_TELEMETRY__FILTER", "error")
            .envs(more.iter().copied());
        command
    }

    /// Starts Keydesk.
    pub(crate) fn serve(&self, more: &[(&str, &str)]) -> Process {
        let port = free_port();
        let mut command = self.command(&["serve"], more);
        command.env("KEYDESK_SERVER__LISTEN", format!("127.0.0.1:{port}"));
        Process::start(&mut command, port)
    }

    /// Starts Keydesk with its log in a file.
    pub(crate) fn serve_logging(&self, log: &std::path::Path, more: &[(&str, &str)]) -> Process {
        let port = free_port();
        let mut command = self.command(&["serve"], more);
        command
            .env("KEYDESK_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .stderr(std::fs::File::create(log).expect("a log"));
        Process::start(&mut command, port)
    }

    /// Starts the bare program.
    pub(crate) fn serve_bare(&self) -> Process {
        let port = free_port();
        let this = std::env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command.args(["bare", &self.url, &port.to_string()]);
        Process::start(&mut command, port)
    }

    /// Makes an API key that may do everything.
    pub(crate) fn key(&self) -> String {
        let arguments = [
            "api-key", "create", "--name", "bench", "--scope", "all", "--rank", "owner", "--json",
        ];
        let output = self.command(&arguments, &[]).output().expect("a key");
        let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        });
        made["secret"].as_str().expect("a key").to_owned()
    }
}

/// The page that everything is measured by: 50 users with five fields and their cursors.
pub(crate) const PAGE: &str = "query($after: String, $search: String) { \
    users(first: 50, after: $after, search: $search) { \
    edges { cursor node { id username email name createdAt } } pageInfo { hasNextPage } } }";

/// A request for it.
pub(crate) fn page(key: &str, variables: &serde_json::Value) -> Bytes {
    let body = serde_json::json!({ "query": PAGE, "variables": variables });
    crate::load::post("/graphql", Some(key), &body.to_string())
}

/// A request for it to the bare program.
pub(crate) fn bare_page() -> Bytes {
    let query = "query($after: String) { users(first: 50, after: $after) { \
        edges { cursor node { id username email name createdAt } } pageInfo { hasNextPage } } }";
    let body = serde_json::json!({ "query": query });
    crate::load::post("/graphql", None, &body.to_string())
}
