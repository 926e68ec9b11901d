//! Devices and networks from which somebody has signed in, and their own counts of failed tries.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, index, instant, number, reference, text, unique};

const TABLE: &str = "trusted_clients";

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261130_000015_devices"
    }
}

/// `failed_sign_ins` goes on counting all tries; this one counts those of strangers.
fn stranger_failures() -> ColumnDef {
    number("stranger_failures").not_null().default(0).take()
}

fn table() -> TableCreateStatement {
    Table::create()
        .table(TABLE)
        .col(id())
        .col(reference("user_id").not_null())
        .col(text("kind").not_null())
        .col(bytes("token_hash").not_null())
        .col(text("ip_address"))
        .col(text("user_agent"))
        .col(instant("created_at").not_null())
        .col(instant("last_used_at").not_null())
        .col(instant("expires_at").not_null())
        .col(number("failures").not_null().default(0))
        .col(instant("locked_until"))
        .take()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let addition = Table::alter()
            .table("users")
            .add_column(stranger_failures())
            .take();
        manager.alter_table(addition).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "UPDATE users SET stranger_failures = failed_sign_ins WHERE failed_sign_ins > 0",
            )
            .await?;
        manager.create_table(table()).await?;
        let of_user = unique(
            TABLE,
            "ux_trusted_clients__user_id_token_hash",
            &["user_id", "token_hash"],
        );
        manager.create_index(of_user).await?;
        let ends = index(TABLE, "ix_trusted_clients__expires_at", &["expires_at"]);
        manager.create_index(ends).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).take())
            .await?;
        let removal = Table::alter()
            .table("users")
            .drop_column("stranger_failures")
            .take();
        manager.alter_table(removal).await
    }
}
