//! Mail that people can see and change: what became of each try, texts of one's own, addresses that fail,
//! and the zone in which a user reads times.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::columns::{flag, id, index, instant, key, number, reference, text, unique};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000013_mail_product"
    }
}

/// `Why:` one statement each; SQLite adds one column at a time.
fn columns(manager: &SchemaManager) -> Vec<(&'static str, ColumnDef)> {
    let outbox = "outbox_emails";
    vec![
        ("users", text("time_zone")),
        (
            outbox,
            key(manager, "recipient_domain")
                .not_null()
                .default("")
                .take(),
        ),
        (outbox, text("attempts").not_null().default("[]").take()),
        (
            outbox,
            number("attempts_at_retry").not_null().default(0).take(),
        ),
        (outbox, flag("had_secret").default(false).take()),
        (outbox, text("written_locale")),
        (outbox, text("template_source")),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns(manager) {
            let addition = Table::alter().table(table).add_column(&mut column).take();
            manager.alter_table(addition).await?;
        }
        let domain = match manager.get_database_backend() {
            DatabaseBackend::Postgres => "split_part(recipient_key, '@', 2)",
            _ => "substr(recipient_key, instr(recipient_key, '@') + 1)",
        };
        let fill = format!(
            "UPDATE outbox_emails SET recipient_domain = {domain}, had_secret = \
             (secret_sealed IS NOT NULL OR kind IN ('WELCOME', 'NEW_PASSWORD', 'PASSWORD_RESET_LINK'))"
        );
        manager.get_connection().execute_unprepared(&fill).await?;
        manager.create_table(failing_addresses(manager)).await?;
        manager.create_table(versions()).await?;
        for index in [
            index(
                "outbox_emails",
                "ix_outbox_emails__recipient_domain",
                &["recipient_domain", "created_at", "id"],
            ),
            unique(
                "mail_template_versions",
                "ux_mail_template_versions__kind_locale_version",
                &["kind", "locale", "version"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["mail_template_versions", "failing_addresses"] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        let mut removal = Index::drop();
        removal
            .name("ix_outbox_emails__recipient_domain")
            .table("outbox_emails");
        manager.drop_index(removal).await?;
        for (table, column) in columns(manager).into_iter().rev() {
            let removal = Table::alter()
                .table(table)
                .drop_column(column.get_column_name())
                .take();
            manager.alter_table(removal).await?;
        }
        Ok(())
    }
}

/// Addresses that a mail server said nobody reads.
fn failing_addresses(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("failing_addresses")
        .col(key(manager, "address_key").not_null().primary_key())
        .col(text("reason").not_null())
        .col(instant("failed_at").not_null())
        .take()
}

/// Every text an administrator gave a mail, oldest first; without a body the built-in one came back.
fn versions() -> TableCreateStatement {
    Table::create()
        .table("mail_template_versions")
        .col(id())
        .col(text("kind").not_null())
        .col(text("locale").not_null())
        .col(number("version").not_null())
        .col(text("subject"))
        .col(text("text_body"))
        .col(text("html_body"))
        .col(instant("changed_at").not_null())
        .col(text("changed_by_kind").not_null())
        .col(reference("changed_by_id"))
        .col(text("changed_by_label").not_null())
        .take()
}
