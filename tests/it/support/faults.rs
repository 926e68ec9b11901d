//! Faults in the database, made there by a test: a row that cannot be inserted, a transaction that cannot be
//! committed, and a record of what was written.
//!
//! `Why:` no hook in the product. What fails here fails as it would for a disk or a server.

use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection};

use super::app::TestApp;
use super::catalog;

/// What everything made here is called, so that no dump shows it.
pub(crate) const PLANTED: &str = "planted";

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Inserting a row into this table.
    Insert(&'static str),
    /// Committing a transaction that wrote to this table; every statement of it succeeds.
    Commit(&'static str),
}

impl Fault {
    const fn table(self) -> &'static str {
        match self {
            Self::Insert(table) | Self::Commit(table) => table,
        }
    }
}

/// A fault that is there until it is taken back.
pub(crate) struct Planted {
    db: DatabaseConnection,
    fault: Fault,
}

/// `Why:` a connection of its own. One of the app may be left in a transaction by the fault, and must not see
/// what it left there as done.
async fn connection(desk: &TestApp) -> DatabaseConnection {
    let url = desk.database.url();
    let connected = Database::connect(url).await;
    connected.unwrap_or_else(|error| panic!("{url}: {error}"))
}

async fn run(db: &DatabaseConnection, sql: &str) {
    let done = db.execute_unprepared(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn is_sqlite(db: &DatabaseConnection) -> bool {
    db.get_database_backend() == DatabaseBackend::Sqlite
}

impl Planted {
    /// Takes it back.
    pub(crate) async fn remove(self) {
        let table = self.fault.table();
        if is_sqlite(&self.db) {
            for event in ["insert", "update", "delete"] {
                run(
                    &self.db,
                    &format!("DROP TRIGGER IF EXISTS {PLANTED}_{event}"),
                )
                .await;
            }
        } else {
            run(&self.db, &format!("DROP TRIGGER {PLANTED} ON {table}")).await;
        }
        self.db.close().await.expect("closed");
    }
}

impl TestApp {
    /// Lets something fail from now on, in every process.
    pub(crate) async fn plant(&self, fault: Fault) -> Planted {
        let db = connection(self).await;
        let table = fault.table();
        if is_sqlite(&db) {
            // Nothing is there that this row could refer to, which SQLite looks at when it commits.
            let child = format!(
                "CREATE TABLE IF NOT EXISTS {PLANTED}_child (id INTEGER REFERENCES {PLANTED}_parent (id) \
                 DEFERRABLE INITIALLY DEFERRED)"
            );
            let parent =
                format!("CREATE TABLE IF NOT EXISTS {PLANTED}_parent (id INTEGER PRIMARY KEY)");
            run(&db, &parent).await;
            run(&db, &child).await;
            let raise = "SELECT RAISE(ABORT, 'planted')".to_owned();
            let dangle = format!("INSERT INTO {PLANTED}_child VALUES (1)");
            let (events, time, act) = match fault {
                Fault::Insert(_) => (&["insert"][..], "BEFORE", raise),
                Fault::Commit(_) => (&["insert", "update", "delete"][..], "AFTER", dangle),
            };
            for event in events {
                let sql = format!(
                    "CREATE TRIGGER {PLANTED}_{event} {time} {event} ON {table} BEGIN {act}; END"
                );
                run(&db, &sql).await;
            }
        } else {
            let raising = format!(
                "CREATE OR REPLACE FUNCTION {PLANTED}() RETURNS trigger LANGUAGE plpgsql AS \
                 $$BEGIN RAISE EXCEPTION 'planted'; END$$"
            );
            run(&db, &raising).await;
            let when = match fault {
                Fault::Insert(_) => format!("TRIGGER {PLANTED} BEFORE INSERT ON {table}"),
                Fault::Commit(_) => format!(
                    "CONSTRAINT TRIGGER {PLANTED} AFTER INSERT OR UPDATE OR DELETE ON {table} \
                     DEFERRABLE INITIALLY DEFERRED"
                ),
            };
            let sql = format!("CREATE {when} FOR EACH ROW EXECUTE FUNCTION {PLANTED}()");
            run(&db, &sql).await;
        }
        Planted { db, fault }
    }

    /// Counts every row that is written from now on, in a table of the test's own.
    pub(crate) async fn record_writes(&self) {
        let db = connection(self).await;
        run(&db, &format!("CREATE TABLE {PLANTED}_writes (id INTEGER)")).await;
        let note = format!("INSERT INTO {PLANTED}_writes VALUES (1)");
        if !is_sqlite(&db) {
            let noting = format!(
                "CREATE FUNCTION {PLANTED}_note() RETURNS trigger LANGUAGE plpgsql AS \
                 $$BEGIN {note}; RETURN NULL; END$$"
            );
            run(&db, &noting).await;
        }
        for table in tables(self).await {
            for event in ["INSERT", "UPDATE", "DELETE"] {
                let name = format!("{PLANTED}_note_{table}_{event}");
                let act = if is_sqlite(&db) {
                    format!("BEGIN {note}; END")
                } else {
                    format!("FOR EACH ROW EXECUTE FUNCTION {PLANTED}_note()")
                };
                run(
                    &db,
                    &format!("CREATE TRIGGER {name} AFTER {event} ON {table} {act}"),
                )
                .await;
            }
        }
        db.close().await.expect("closed");
    }

    /// How many rows were written since the counting began.
    pub(crate) async fn written(&self) -> usize {
        self.rows(&format!("SELECT id FROM {PLANTED}_writes"), vec![])
            .await
            .len()
    }
}

/// Every table of the product.
pub(crate) async fn tables(desk: &TestApp) -> Vec<String> {
    let mut tables = catalog::tables(catalog::connection(&desk.app)).await;
    tables.retain(|name| !name.starts_with(PLANTED));
    tables
}
