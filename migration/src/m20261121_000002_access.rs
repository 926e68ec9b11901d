//! API keys, idempotency keys, leases of workers, and a print of the server key.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, index, instant, key, reference, text, unique};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000002_access"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            api_keys(),
            idempotency_keys(manager),
            leases(manager),
            server_keys(manager),
        ] {
            manager.create_table(table).await?;
        }
        for index in [
            unique("api_keys", "ux_api_keys__secret_hash", &["secret_hash"]),
            unique(
                "idempotency_keys",
                "ux_idempotency_keys__actor_mutation_key",
                &["actor", "mutation", "idempotency_key"],
            ),
            index(
                "idempotency_keys",
                "ix_idempotency_keys__created_at",
                &["created_at"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["server_keys", "leases", "idempotency_keys", "api_keys"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

fn api_keys() -> TableCreateStatement {
    Table::create()
        .table("api_keys")
        .col(id())
        .col(text("name").not_null())
        .col(text("prefix").not_null())
        .col(bytes("secret_hash").not_null())
        .col(text("scopes").not_null())
        .col(text("role").not_null())
        .col(reference("created_by"))
        .col(instant("created_at").not_null())
        .col(instant("expires_at"))
        .col(instant("last_used_at"))
        .col(instant("revoked_at"))
        .take()
}

fn idempotency_keys(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("idempotency_keys")
        .col(id())
        .col(key(manager, "actor").not_null())
        .col(key(manager, "mutation").not_null())
        .col(key(manager, "idempotency_key").not_null())
        .col(bytes("input_hash").not_null())
        .col(text("outcome").not_null())
        .col(instant("created_at").not_null())
        .take()
}

fn leases(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("leases")
        .col(key(manager, "name").not_null().primary_key())
        .col(reference("holder").not_null())
        .col(instant("held_until").not_null())
        .take()
}

fn server_keys(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("server_keys")
        .col(key(manager, "name").not_null().primary_key())
        .col(bytes("key_hash").not_null())
        .col(instant("created_at").not_null())
        .take()
}
