//! Forgotten passwords: what a link remembers of itself, short codes, requests that wait for the worker,
//! passwords that are blocked until a reset, and which notices of a lock went out.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, flag, id, index, instant, number, reference, text, unique};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000012_recovery"
    }
}

/// `Why:` one statement each; SQLite adds one column at a time.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let links = "one_time_links";
    vec![
        (
            links,
            text("origin").not_null().default("ADMIN_HANDOVER").take(),
        ),
        (links, flag("sign_in_on_use").default(false).take()),
        (links, text("redirect_url")),
        (links, text("revoked_why")),
        (links, instant("opened_at")),
        (links, text("opened_by")),
        (links, reference("mail_id")),
        (links, bytes("flow_hash")),
        (links, bytes("code_mac")),
        (links, instant("code_expires_at")),
        (links, number("code_tries").not_null().default(0).take()),
        (links, bytes("exchange_hash")),
        ("users", instant("password_blocked_at")),
        ("users", number("lock_notices").not_null().default(0).take()),
    ]
}

fn indexes() -> [IndexCreateStatement; 4] {
    let links = "one_time_links";
    [
        unique(links, "ux_one_time_links__flow_hash", &["flow_hash"]),
        unique(
            links,
            "ux_one_time_links__exchange_hash",
            &["exchange_hash"],
        ),
        index(
            links,
            "ix_one_time_links__user_id_created_at",
            &["user_id", "created_at", "id"],
        ),
        index(
            "password_reset_requests",
            "ix_password_reset_requests__claimed_until",
            &["claimed_until", "id"],
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
        manager.create_table(requests()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.get_connection().execute_unprepared(LOCKED).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut removal = Index::drop();
        removal.name("ix_users__lock_notices").table("users");
        manager.drop_index(removal).await?;
        for name in [
            "ix_one_time_links__user_id_created_at",
            "ux_one_time_links__exchange_hash",
            "ux_one_time_links__flow_hash",
        ] {
            let mut removal = Index::drop();
            removal.name(name).table("one_time_links");
            manager.drop_index(removal).await?;
        }
        manager
            .drop_table(Table::drop().table("password_reset_requests").take())
            .await?;
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

/// `Why:` the worker looks every second for people to tell; it must find none among a million at once.
const LOCKED: &str = "CREATE INDEX ix_users__lock_notices ON users (lock_notices, failed_sign_ins) \
                      WHERE failed_sign_ins >= 5";

/// `Why:` the login is sealed. People type passwords into that field, and the table would else list who
/// cannot sign in.
fn requests() -> TableCreateStatement {
    Table::create()
        .table("password_reset_requests")
        .col(id())
        .col(bytes("login_sealed").not_null())
        .col(bytes("flow_hash").not_null())
        .col(text("locale"))
        .col(text("redirect_url"))
        .col(text("via").not_null())
        .col(text("request_id"))
        .col(text("ip_address"))
        .col(text("user_agent"))
        .col(instant("created_at").not_null())
        .col(number("attempts").not_null())
        .col(instant("claimed_until").not_null())
        .take()
}
