//! Guard: the schema goes up, down and up again, and everything in it is named by the rules.

use std::collections::{BTreeMap, BTreeSet};

use keydesk::platform::db::Db;
use keydesk::platform::settings::Settings;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend};

use crate::support::app::TestApp;
use crate::support::catalog::{columns, connection, demanded, described, indexes, tables};

const STEPS: u32 = 1_000;

async fn shape(desk: &TestApp) -> Vec<String> {
    let db = connection(&desk.app);
    let mut shape = Vec::new();
    for table in tables(db).await {
        let mut names = columns(db, &table).await;
        names.sort();
        shape.push(format!("{table}: {}", names.join(", ")));
        for unique in [false, true] {
            shape.extend(indexes(db, &table, unique).await);
        }
    }
    shape
}

#[tokio::test]
async fn the_schema_goes_up_and_down_and_up_again() {
    let desk = TestApp::start().await;
    let first = shape(&desk).await;
    assert!(first.len() > 20, "{first:#?}");

    let state = desk.app.db.migrate_down(STEPS).await.expect("down");
    assert_eq!(state.applied, 0);
    assert_eq!(shape(&desk).await, Vec::<String>::new());

    let state = desk.app.db.migrate_up().await.expect("up again");
    assert_eq!(state.pending, 0);
    assert_eq!(shape(&desk).await, first);
}

#[tokio::test]
async fn each_step_can_be_taken_back_alone() {
    let desk = TestApp::start().await;
    let all = desk.app.db.schema_state().await.expect("a state").applied;
    for taken_back in 1..=all {
        let state = desk.app.db.migrate_down(1).await.expect("one step down");
        assert_eq!(
            (state.applied, state.pending),
            (all - taken_back, taken_back)
        );
    }
}

#[tokio::test]
async fn indexes_are_named_after_their_table_and_their_kind() {
    let desk = TestApp::start().await;
    let db = connection(&desk.app);
    let mut seen = 0;
    for table in tables(db).await {
        for (unique, kind) in [(false, "ix"), (true, "ux")] {
            for name in indexes(db, &table, unique).await {
                seen += 1;
                let expected = format!("{kind}_{table}__");
                assert!(name.starts_with(&expected), "{name} is not {expected}…");
            }
        }
    }
    assert!(seen > 10, "only {seen} indexes seen");
}

#[tokio::test]
async fn tables_are_plural_and_columns_are_words() {
    let desk = TestApp::start().await;
    let db = connection(&desk.app);
    let is_word = |name: &str| {
        let mut letters = name.chars();
        letters.all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    for table in tables(db).await {
        // A history is one thing.
        let is_plural = table.ends_with('s') || table.ends_with("_history");
        assert!(is_plural && is_word(&table), "{table}");
        for column in columns(db, &table).await {
            assert!(is_word(&column), "{table}.{column}");
        }
    }
}

#[tokio::test]
async fn a_role_that_may_not_add_the_search_s_extension_is_told_what_a_superuser_has_to_run() {
    let desk = TestApp::start().await;
    let db = desk.app.db.write();
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return;
    }
    desk.app.db.migrate_down(STEPS).await.expect("down");
    let (server, database) = desk.database.url().rsplit_once('/').expect("an address");
    let role = format!("{database}_role");
    for sql in [
        "DROP TABLE seaql_migrations".to_owned(),
        "DROP EXTENSION pg_trgm".to_owned(),
        format!("CREATE ROLE {role} LOGIN"),
        format!("GRANT ALL ON SCHEMA public TO {role}"),
    ] {
        db.execute_unprepared(&sql).await.expect("done");
    }
    let (_, host) = server.rsplit_once('@').expect("a user in the address");
    let toml = format!("[database]\nurl = \"postgres://{role}@{host}/{database}\"");
    let settings = Settings::from_toml(&toml).expect("settings");
    let weak = Db::connect(&settings.database).await.expect("connected");
    let refused = weak.migrate_up().await.expect_err("refused").to_string();
    assert!(refused.contains("CREATE EXTENSION pg_trgm;"), "{refused}");

    let done = db.execute_unprepared("CREATE EXTENSION pg_trgm").await;
    done.expect("added");
    let state = weak.migrate_up().await.expect("migrated");
    assert_eq!(state.pending, 0);
    for sql in [format!("DROP OWNED BY {role}"), format!("DROP ROLE {role}")] {
        db.execute_unprepared(&sql).await.expect("done");
    }
}

/// Tables with their columns, and those columns that a writer has to know.
#[derive(Clone, Debug, Default)]
struct Columns(BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>);

impl Columns {
    async fn read(desk: &TestApp) -> Self {
        let db = connection(&desk.app);
        let mut read = Self::default();
        for table in tables(db).await {
            let all = described(db, &table).await.into_iter().collect();
            let demanded = demanded(db, &table).await.into_iter().collect();
            read.0.insert(table, (all, demanded));
        }
        read
    }

    /// What a program that knows only this schema would miss or fail to write in a later one.
    fn broken_by(&self, later: &Self) -> Vec<String> {
        let mut broken = Vec::new();
        for (table, (columns, demanded)) in &self.0 {
            let Some((kept, needed)) = later.0.get(table) else {
                broken.push(format!("{table} is gone"));
                continue;
            };
            for column in columns.difference(kept) {
                broken.push(format!("{table}.{column} is gone or may no longer be null"));
            }
            for column in needed.difference(demanded) {
                broken.push(format!("{table}.{column} has to be written"));
            }
        }
        broken
    }
}

#[test]
fn what_a_program_of_the_last_release_would_miss_is_found() {
    let table = |columns: &[&str], demanded: &[&str]| {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Columns(BTreeMap::from([(
            "users".to_owned(),
            (set(columns), set(demanded)),
        )]))
    };
    let old = table(&["id", "name?"], &["id"]);
    let added = table(&["id", "name?", "zone?", "role"], &["id"]);
    assert_eq!(old.broken_by(&added), [""; 0]);
    for contracted in [
        table(&["id"], &["id"]),
        table(&["id", "name"], &["id"]),
        table(&["id", "name?", "role"], &["id", "role"]),
        Columns::default(),
    ] {
        assert_eq!(old.broken_by(&contracted).len(), 1, "{contracted:?}");
    }
}

async fn one_text(desk: &TestApp, sql: &str) -> String {
    let row = desk.rows(sql, vec![]).await.pop().expect("a row");
    row["text"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_step_that_takes_something_away_says_that_older_programs_cannot_go_on() {
    let desk = TestApp::start().await;
    let mut later = Columns::read(&desk).await;
    let newest = "SELECT MAX(version) AS text FROM seaql_migrations";
    let min_reader = "SELECT migration AS text FROM schema_requirements WHERE name = 'min_reader'";
    let mut seen = 0;
    while later.0.contains_key("schema_requirements") {
        seen += 1;
        let step = one_text(&desk, newest).await;
        let needed = one_text(&desk, min_reader).await;
        desk.app.db.migrate_down(1).await.expect("one step down");
        let before = Columns::read(&desk).await;
        let broken = before.broken_by(&later);
        assert!(
            broken.is_empty() || needed == step,
            "{step} contracts ({broken:#?}): it has to call min_reader::set with its own name"
        );
        later = before;
    }
    assert!(seen > 0);
}

/// `Why:` whoever wants the table stands behind the step that waits for it.
#[tokio::test]
async fn a_step_that_waits_for_a_reader_lets_everybody_else_through() {
    let desk = TestApp::start().await;
    if desk.app.db.write().get_database_backend() != DatabaseBackend::Postgres {
        return;
    }
    let mut alone = ConnectOptions::new(desk.database.url());
    alone.max_connections(1);
    let reader = Database::connect(alone).await.expect("a connection");
    for sql in ["BEGIN", "SELECT 1 FROM users"] {
        reader.execute_unprepared(sql).await.expect("done");
    }
    let db = desk.app.db.clone();
    let mut migrating = tokio::task::JoinSet::new();
    migrating.spawn(async move { db.migrate_down(STEPS).await });
    let waiting = "SELECT COUNT(*) AS n FROM pg_locks WHERE NOT granted";
    let end = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    while desk.rows(waiting, vec![]).await[0]["n"] == 0 {
        let now = tokio::time::Instant::now();
        assert!(now < end, "the step did not wait within a minute");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    desk.rows("SELECT id FROM users", vec![]).await;
    assert!(migrating.try_join_next().is_none(), "it did not wait");
    reader.execute_unprepared("COMMIT").await.expect("done");
    let ended = migrating.join_next().await.expect("a task");
    let state = ended.expect("no panic").expect("migrated");
    assert_eq!(state.applied, 0);
}
