//! Who made a one-time link, and the links by which an empty installation gets its first owner.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, index, instant, reference, text, unique};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000011_links"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in makers() {
            let change = Table::alter()
                .table("one_time_links")
                .add_column(column)
                .take();
            manager.alter_table(change).await?;
        }
        manager.create_table(setup_links()).await?;
        for index in [
            unique("setup_links", "ux_setup_links__token_hash", &["token_hash"]),
            index("setup_links", "ix_setup_links__expires_at", &["expires_at"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("setup_links").take())
            .await?;
        for name in ["created_by_label", "created_by_id", "created_by_kind"] {
            let change = Table::alter()
                .table("one_time_links")
                .drop_column(name)
                .take();
            manager.alter_table(change).await?;
        }
        Ok(())
    }
}

/// May be null: links from before this step do not know.
fn makers() -> [ColumnDef; 3] {
    [
        text("created_by_kind"),
        reference("created_by_id"),
        text("created_by_label"),
    ]
}

fn setup_links() -> TableCreateStatement {
    Table::create()
        .table("setup_links")
        .col(id())
        .col(bytes("token_hash").not_null())
        .col(instant("created_at").not_null())
        .col(instant("expires_at").not_null())
        .col(instant("used_at"))
        .col(instant("closed_at"))
        .take()
}
