//! A database for one test: a SQLite file, or one on the server named by `TEST_DATABASE_URL`.
//!
//! `TEST_DATABASE_URL` is the address of a PostgreSQL server with the name of any database on it,
//! for example `postgres://postgres@127.0.0.1:5432/postgres`. Every test makes its own and drops it.

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use keydesk::secret::Secret;

/// Made for one test, gone after it.
pub(crate) struct TestDatabase {
    url: String,
    folder: TempDir,
    on_server: Option<(String, String)>,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(server) = server() else {
            let url = format!("sqlite:{}", folder.path().join("keydesk.sqlite").display());
            return Self {
                url,
                folder,
                on_server: None,
            };
        };
        let token = Secret::random_token().expose().to_lowercase();
        let letters: String = token
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(16)
            .collect();
        let name = format!("keydesk_test_{letters}");
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        Self {
            url: format!("{base}/{name}"),
            folder,
            on_server: Some((server, name)),
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
        let Some((server, name)) = &self.on_server else {
            return false;
        };
        execute(
            server,
            &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        )
        .await;
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname =";
        execute(server, &format!("{all} '{name}'")).await;
        true
    }

    /// Undoes `shut`.
    pub(crate) async fn reopen(&self) {
        if let Some((server, name)) = &self.on_server {
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

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.on_server.take() else {
            return;
        };
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

#[expect(
    clippy::disallowed_methods,
    reason = "the one switch of the whole suite"
)]
fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

async fn execute(server: &str, sql: &str) {
    let connection = Database::connect(server)
        .await
        .expect("the database server answers");
    connection.execute_unprepared(sql).await.expect("done");
    connection.close().await.expect("closed");
}
