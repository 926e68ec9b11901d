//! What keys need that people make: networks, where they were used from, and a version to change by.
//!
//! Keys that are there stay keys of the installation: their `created_by` is null.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000010_api_keys"
    }
}

const BY_CREATOR: &str = "ix_api_keys__created_by";
const IN_ORDER: &str = "ix_api_keys__created_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The default is for replicas of the last release, which name no version.
        for column in [
            text("allowed_networks"),
            text("last_used_ip_address"),
            number("version").not_null().default(1).take(),
        ] {
            let alter = Table::alter().table("api_keys").add_column(column).take();
            manager.alter_table(alter).await?;
        }
        for index in [
            index("api_keys", BY_CREATOR, &["created_by"]),
            index("api_keys", IN_ORDER, &["created_at", "id"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in [IN_ORDER, BY_CREATOR] {
            manager
                .drop_index(Index::drop().name(index).table("api_keys").to_owned())
                .await?;
        }
        for column in ["version", "last_used_ip_address", "allowed_networks"] {
            let alter = Table::alter().table("api_keys").drop_column(column).take();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
