//! Users, their credentials, and what proves or replaces them: links and sessions.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, flag, id, index, instant, key, number, reference, text, unique};

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000001_users"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            users(manager),
            credentials(),
            password_history(),
            links(),
            sessions(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "sessions",
            "one_time_links",
            "password_history",
            "credentials",
            "users",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}

fn users(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(id())
        .col(text("username").not_null())
        .col(key(manager, "username_key").not_null())
        .col(text("email"))
        .col(key(manager, "email_key"))
        .col(key(manager, "email_domain"))
        .col(instant("email_verified_at"))
        .col(text("name"))
        .col(key(manager, "name_key"))
        .col(text("search_text").not_null())
        .col(text("locale"))
        .col(key(manager, "external_id"))
        .col(text("role").not_null())
        .col(text("authentication_source").not_null())
        .col(instant("disabled_at"))
        .col(instant("disabled_until"))
        .col(text("disabled_reason"))
        .col(instant("locked_until"))
        .col(instant("deleted_at"))
        .col(instant("password_changed_at"))
        .col(flag("must_change_password"))
        .col(instant("password_expires_at"))
        .col(instant("last_sign_in_at"))
        .col(instant("created_at").not_null())
        .col(instant("updated_at").not_null())
        .col(number("version").not_null())
        .take()
}

fn credentials() -> TableCreateStatement {
    Table::create()
        .table("credentials")
        .col(reference("user_id").not_null().primary_key())
        .col(text("password_hash").not_null())
        .col(number("version").not_null())
        .col(instant("changed_at").not_null())
        .foreign_key(&mut to_users("fk_credentials__users", "credentials"))
        .take()
}

fn password_history() -> TableCreateStatement {
    Table::create()
        .table("password_history")
        .col(id())
        .col(reference("user_id").not_null())
        .col(text("password_hash").not_null())
        .col(instant("replaced_at").not_null())
        .foreign_key(&mut to_users(
            "fk_password_history__users",
            "password_history",
        ))
        .take()
}

fn links() -> TableCreateStatement {
    Table::create()
        .table("one_time_links")
        .col(id())
        .col(reference("user_id").not_null())
        .col(text("purpose").not_null())
        .col(bytes("token_hash").not_null())
        .col(instant("created_at").not_null())
        .col(instant("expires_at").not_null())
        .col(instant("used_at"))
        .col(instant("superseded_at"))
        .col(instant("revoked_at"))
        .foreign_key(&mut to_users("fk_one_time_links__users", "one_time_links"))
        .take()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(id())
        .col(reference("user_id").not_null())
        .col(bytes("token_hash").not_null())
        .col(number("credential_version").not_null())
        .col(instant("created_at").not_null())
        .col(instant("last_used_at").not_null())
        .col(instant("expires_at").not_null())
        .col(instant("ended_at"))
        .foreign_key(&mut to_users("fk_sessions__users", "sessions"))
        .take()
}

fn to_users(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, "user_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let mut indexes = vec![
        unique("users", "ux_users__username_key", &["username_key"]),
        unique("users", "ux_users__email_key", &["email_key"]),
        unique("users", "ux_users__external_id", &["external_id"]),
        index(
            "password_history",
            "ix_password_history__user_id",
            &["user_id", "replaced_at"],
        ),
        unique(
            "one_time_links",
            "ux_one_time_links__token_hash",
            &["token_hash"],
        ),
        index(
            "one_time_links",
            "ix_one_time_links__user_id",
            &["user_id", "created_at"],
        ),
        index(
            "one_time_links",
            "ix_one_time_links__expires_at",
            &["expires_at"],
        ),
        unique("sessions", "ux_sessions__token_hash", &["token_hash"]),
        index(
            "sessions",
            "ix_sessions__user_id",
            &["user_id", "created_at"],
        ),
        index("sessions", "ix_sessions__expires_at", &["expires_at"]),
    ];
    // One for each order that lists offer, with the id that breaks ties.
    for (name, column) in [
        ("ix_users__created_at", "created_at"),
        ("ix_users__updated_at", "updated_at"),
        ("ix_users__last_sign_in_at", "last_sign_in_at"),
        ("ix_users__password_expires_at", "password_expires_at"),
        ("ix_users__name_key", "name_key"),
        ("ix_users__username_key", "username_key"),
        ("ix_users__email_key", "email_key"),
        ("ix_users__email_domain", "email_domain"),
    ] {
        indexes.push(index("users", name, &[column, "id"]));
    }
    indexes
}
