//! The outbox.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, index, instant, key, number, reference, text};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000003_mail"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox_emails(manager)).await?;
        for index in [
            index(
                "outbox_emails",
                "ix_outbox_emails__due",
                &["status", "next_attempt_at"],
            ),
            index(
                "outbox_emails",
                "ix_outbox_emails__user_id",
                &["user_id", "created_at", "id"],
            ),
            index(
                "outbox_emails",
                "ix_outbox_emails__created_at",
                &["created_at", "id"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("outbox_emails").take())
            .await
    }
}

fn outbox_emails(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("outbox_emails")
        .col(id())
        .col(text("kind").not_null())
        .col(reference("user_id"))
        .col(text("recipient").not_null())
        .col(key(manager, "recipient_key").not_null())
        .col(text("recipient_name"))
        .col(text("locale").not_null())
        .col(text("details").not_null())
        .col(bytes("secret_sealed"))
        .col(instant("expires_at").not_null())
        .col(text("message_id").not_null())
        .col(text("status").not_null())
        .col(number("attempt_count").not_null())
        .col(instant("next_attempt_at"))
        .col(reference("claimed_by"))
        .col(instant("claimed_until"))
        .col(text("last_error"))
        .col(text("requested_by_kind").not_null())
        .col(reference("requested_by_id"))
        .col(text("requested_by_label").not_null())
        .col(instant("created_at").not_null())
        .col(instant("finished_at"))
        .col(instant("sent_at"))
        .take()
}
