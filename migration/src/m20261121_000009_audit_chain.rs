//! Outcomes, macs and the chain of audit events; limits of rates, and windows of refused attempts.
//!
//! `Why:` events from before have no mac, and this step has no key. The first round of the sealing job takes
//! them in (`docs/decisions/0024-audit-chain.md`).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{bytes, index, instant, key, number, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000009_audit_chain"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            text("error_code"),
            bytes("mac"),
            number("sequence"),
            bytes("chain_hash"),
        ] {
            let mut added = Table::alter().table("audit_events").take();
            manager.alter_table(added.add_column(column).take()).await?;
        }
        for sql in PARTIAL {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        manager.create_table(rate_limits(manager)).await?;
        manager
            .create_index(index(
                "rate_limits",
                "ix_rate_limits__ends_at",
                &["ends_at"],
            ))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("rate_limits").take())
            .await?;
        for sql in DOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

/// Places, what the sealing job has still to do, and where the trail was cut.
///
/// `Why:` an event without a place is in none of the indexes of those that have one, so writing it costs
/// one small entry more, and sealing takes none away but that one.
const PARTIAL: [&str; 3] = [
    "CREATE UNIQUE INDEX ux_audit_events__sequence ON audit_events (sequence) \
     WHERE sequence IS NOT NULL",
    "CREATE INDEX ix_audit_events__unsealed ON audit_events (id) WHERE sequence IS NULL",
    "CREATE INDEX ix_audit_events__pruned ON audit_events (sequence) WHERE action = 'audit.pruned'",
];

const DOWN: [&str; 7] = [
    "DROP INDEX ix_audit_events__pruned",
    "DROP INDEX ix_audit_events__unsealed",
    "DROP INDEX ux_audit_events__sequence",
    "ALTER TABLE audit_events DROP COLUMN chain_hash",
    "ALTER TABLE audit_events DROP COLUMN sequence",
    "ALTER TABLE audit_events DROP COLUMN mac",
    "ALTER TABLE audit_events DROP COLUMN error_code",
];

fn rate_limits(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("rate_limits")
        .col(key(manager, "name").not_null())
        .col(bytes("key_hash").not_null())
        .col(instant("ends_at").not_null())
        .col(number("count").not_null())
        .col(instant("last_at").not_null())
        .col(text("details"))
        .primary_key(Index::create().col("name").col("key_hash"))
        .take()
}
