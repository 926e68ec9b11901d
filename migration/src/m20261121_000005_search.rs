//! Search by trigrams, kept in step by the database itself, so that it holds for raw SQL too.
//!
//! `Why:` SQLite may give the rows of `users` other numbers at VACUUM, because their key is no integer.
//! `user_search_rows` gives each user a number that stays. Before each line of the indexed text stand
//! two line ends, so that the beginning of a line, even of one letter, is a trigram as well.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000005_search"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            add_extension(db).await?;
            db.execute_unprepared(POSTGRES_UP).await?;
        } else {
            db.execute_unprepared(SQLITE_UP).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES_DOWN,
            _ => SQLITE_DOWN,
        };
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}

async fn add_extension(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let sql = "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'";
    let present = Statement::from_string(DatabaseBackend::Postgres, sql);
    if db.query_one_raw(present).await?.is_some() {
        return Ok(());
    }
    let added = db.execute_unprepared("CREATE EXTENSION pg_trgm").await;
    added.map(drop).map_err(|error| {
        DbErr::Migration(format!(
            "search needs PostgreSQL's extension pg_trgm, and this role could not add it ({error}). \
             Let a superuser run this in Keydesk's database, then migrate again: CREATE EXTENSION pg_trgm;"
        ))
    })
}

const SQLITE_UP: &str = "
CREATE TABLE user_search_rows (id INTEGER PRIMARY KEY, user_id BLOB NOT NULL);
CREATE UNIQUE INDEX ux_user_search_rows__user_id ON user_search_rows (user_id);
CREATE VIRTUAL TABLE user_search USING fts5(
    text, tokenize = 'trigram case_sensitive 1', content = '', contentless_delete = 1, detail = none
);
CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO user_search_rows (user_id) VALUES (new.id);
    INSERT INTO user_search (rowid, text)
    SELECT id, char(10, 10) || replace(new.search_text, char(10), char(10, 10))
    FROM user_search_rows WHERE user_id = new.id;
END;
CREATE TRIGGER users_search_update AFTER UPDATE OF search_text ON users
WHEN old.search_text IS NOT new.search_text BEGIN
    UPDATE user_search SET text = char(10, 10) || replace(new.search_text, char(10), char(10, 10))
    WHERE rowid = (SELECT id FROM user_search_rows WHERE user_id = new.id);
END;
CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    DELETE FROM user_search
    WHERE rowid = (SELECT id FROM user_search_rows WHERE user_id = old.id);
    DELETE FROM user_search_rows WHERE user_id = old.id;
END;
INSERT INTO user_search_rows (user_id) SELECT id FROM users ORDER BY created_at, id;
INSERT INTO user_search (rowid, text)
SELECT r.id, char(10, 10) || replace(u.search_text, char(10), char(10, 10))
FROM user_search_rows r JOIN users u ON u.id = r.user_id ORDER BY r.id;
";

const SQLITE_DOWN: &str = "
DROP TRIGGER users_search_insert;
DROP TRIGGER users_search_update;
DROP TRIGGER users_search_delete;
DROP TABLE user_search;
DROP TABLE user_search_rows;
";

/// `Why:` pg_trgm sees letters and digits only. The beginnings of lines, of one and of two characters
/// of any kind, have an index of their own. The waiting list of each is short, because a search reads
/// all of it.
const POSTGRES_UP: &str = r#"
CREATE INDEX ix_users__search_text ON users
USING gin ((search_text COLLATE "C") gin_trgm_ops) WITH (gin_pending_list_limit = 512);
CREATE INDEX ix_users__search_heads ON users USING gin ((ARRAY[
    left(split_part(search_text, E'\n', 1), 1), left(split_part(search_text, E'\n', 1), 2),
    left(split_part(search_text, E'\n', 2), 1), left(split_part(search_text, E'\n', 2), 2),
    left(split_part(search_text, E'\n', 3), 1), left(split_part(search_text, E'\n', 3), 2)
])) WITH (gin_pending_list_limit = 512);
"#;

/// The extension stays: others may have come to use it.
const POSTGRES_DOWN: &str = "
DROP INDEX ix_users__search_text;
DROP INDEX ix_users__search_heads;
";
