//! Signing in: failed tries of each user, and what a session remembers of its beginning and its proof.

use sea_orm_migration::prelude::*;

use crate::columns::{instant, number, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000008_sign_in"
    }
}

/// `Why:` one statement each; SQLite adds one column at a time.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        (
            "users",
            number("failed_sign_ins").not_null().default(0).take(),
        ),
        ("users", instant("purged_at")),
        (
            "sessions",
            text("transport").not_null().default("TOKEN").take(),
        ),
        ("sessions", text("ip_address")),
        ("sessions", text("user_agent")),
        ("sessions", instant("confirmed_until")),
        (
            "sessions",
            number("wrong_proofs").not_null().default(0).take(),
        ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            let addition = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(addition).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns().into_iter().rev() {
            let removal = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(removal).await?;
        }
        Ok(())
    }
}
