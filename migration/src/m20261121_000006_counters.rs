//! How many users there are, counted by the database with each change.
//!
//! `Why:` shards. One row would make everybody who creates a user on PostgreSQL wait for the one before.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseBackend};

use crate::columns::{key, number};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000006_counters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(counters(manager)).await?;
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES_UP,
            _ => SQLITE_UP,
        };
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES_DOWN,
            _ => SQLITE_DOWN,
        };
        manager.get_connection().execute_unprepared(sql).await?;
        manager
            .drop_table(Table::drop().table("counters").take())
            .await
    }
}

fn counters(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("counters")
        .col(key(manager, "name").not_null())
        .col(number("shard").not_null())
        .col(number("value").not_null())
        .primary_key(Index::create().col("name").col("shard"))
        .take()
}

const SQLITE_UP: &str = "
INSERT INTO counters (name, shard, value)
SELECT 'users', 0, COUNT(*) FROM users WHERE deleted_at IS NULL;
CREATE TRIGGER users_count_insert AFTER INSERT ON users WHEN new.deleted_at IS NULL BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'users';
END;
CREATE TRIGGER users_count_delete AFTER DELETE ON users WHEN old.deleted_at IS NULL BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'users';
END;
CREATE TRIGGER users_count_update AFTER UPDATE OF deleted_at ON users
WHEN (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
    UPDATE counters SET value = value + CASE WHEN new.deleted_at IS NULL THEN 1 ELSE -1 END
    WHERE name = 'users';
END;
";

const SQLITE_DOWN: &str = "
DROP TRIGGER users_count_insert;
DROP TRIGGER users_count_delete;
DROP TRIGGER users_count_update;
";

/// One count for each statement that inserts or deletes, however many rows it has.
const POSTGRES_UP: &str = "
LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO counters (name, shard, value)
SELECT 'users', 0, COUNT(*) FROM users WHERE deleted_at IS NULL;
CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE difference bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM counters WHERE name = 'users';
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT COUNT(*) INTO difference FROM changed_rows WHERE deleted_at IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT -COUNT(*) INTO difference FROM changed_rows WHERE deleted_at IS NULL;
    ELSE
        difference := CASE WHEN NEW.deleted_at IS NULL THEN 1 ELSE -1 END;
    END IF;
    IF difference <> 0 THEN
        INSERT INTO counters AS c (name, shard, value)
        VALUES ('users', pg_backend_pid() % 16, difference)
        ON CONFLICT (name, shard) DO UPDATE SET value = c.value + excluded.value;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_count_insert AFTER INSERT ON users
REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_delete AFTER DELETE ON users
REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_update AFTER UPDATE OF deleted_at ON users FOR EACH ROW
WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)) EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_truncate AFTER TRUNCATE ON users
FOR EACH STATEMENT EXECUTE FUNCTION count_users();
";

const POSTGRES_DOWN: &str = "
DROP TRIGGER users_count_insert ON users;
DROP TRIGGER users_count_delete ON users;
DROP TRIGGER users_count_update ON users;
DROP TRIGGER users_count_truncate ON users;
DROP FUNCTION count_users();
";
