//! What cleaning up needs: an index for every step of it, and how each step fared. What an upgrade needs: who
//! may work on the schema, and which replicas run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{id, index, instant, key, number, text};
use crate::min_reader;

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000014_upgrade"
    }
}

/// `Why:` each holds only the rows that a step may have to delete or change, so an idle one costs nothing.
const INDEXES: [(&str, &str); 4] = [
    (
        "ix_outbox_emails__finished_at",
        "outbox_emails (finished_at) WHERE finished_at IS NOT NULL",
    ),
    (
        "ix_sessions__ended_at",
        "sessions (ended_at) WHERE ended_at IS NOT NULL",
    ),
    (
        "ix_users__purge_due",
        "users (deleted_at, id) WHERE deleted_at IS NOT NULL AND purged_at IS NULL",
    ),
    (
        "ix_one_time_links__created_by_id",
        "one_time_links (created_by_id) WHERE created_by_id IS NOT NULL",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (name, definition) in INDEXES {
            db.execute_unprepared(&format!("CREATE INDEX {name} ON {definition}"))
                .await?;
        }
        for table in [
            cleanup_steps(manager),
            replicas(),
            min_reader::table(manager),
        ] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(index(
                "replicas",
                "ix_replicas__last_seen_at",
                &["last_seen_at"],
            ))
            .await?;
        // This step only adds: programs that know the one before go on.
        min_reader::set(manager, "m20261121_000013_mail_product").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["schema_requirements", "replicas", "cleanup_steps"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        let db = manager.get_connection();
        for (name, _) in INDEXES {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}

/// How each step of the cleanup fared, whichever process did it.
fn cleanup_steps(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("cleanup_steps")
        .col(key(manager, "name").not_null().primary_key())
        .col(instant("last_run_at").not_null())
        .col(instant("last_success_at"))
        .col(number("failures").not_null())
        .col(number("deleted").not_null())
        .take()
}

/// Every server process that runs; a row goes when its process stops.
fn replicas() -> TableCreateStatement {
    Table::create()
        .table("replicas")
        .col(id())
        .col(text("label").not_null())
        .col(text("release").not_null())
        .col(instant("started_at").not_null())
        .col(instant("last_seen_at").not_null())
        .take()
}
