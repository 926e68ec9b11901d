//! The audit trail. Rows are only ever added.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, instant, reference, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000004_audit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(audit_events()).await?;
        for index in [
            index(
                "audit_events",
                "ix_audit_events__occurred_at",
                &["occurred_at", "id"],
            ),
            index(
                "audit_events",
                "ix_audit_events__user_id",
                &["user_id", "occurred_at", "id"],
            ),
            index(
                "audit_events",
                "ix_audit_events__actor_id",
                &["actor_id", "occurred_at", "id"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("audit_events").take())
            .await
    }
}

/// `Why:` no foreign key to users. An event outlives everyone it speaks of.
fn audit_events() -> TableCreateStatement {
    Table::create()
        .table("audit_events")
        .col(id())
        .col(text("action").not_null())
        .col(text("outcome").not_null())
        .col(text("actor_kind").not_null())
        .col(reference("actor_id"))
        .col(text("actor_label").not_null())
        .col(reference("user_id"))
        .col(text("target_label"))
        .col(text("changes").not_null())
        .col(text("reason"))
        .col(text("via").not_null())
        .col(text("request_id"))
        .col(text("ip_address"))
        .col(text("user_agent"))
        .col(instant("occurred_at").not_null())
        .take()
}
