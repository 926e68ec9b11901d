//! Guard: the schema goes up, down and up again, and everything in it is named by the rules.

use keydesk::db::Db;
use keydesk::settings::Settings;
use sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::support::app::TestApp;
use crate::support::catalog::{columns, connection, indexes, tables};

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
