//! Indexes for conditions that hold for few users, small because they hold only those.
//!
//! `Why:` a list spells its conditions so that none of these is used by chance; `users/store/route.rs`
//! spells them as here once it knows that few rows are behind them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(Debug)]
pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000007_selective"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX ix_users__email_domain")
            .await?;
        for (name, columns, condition) in INDEXES {
            let sql = format!("CREATE INDEX {name} ON users ({columns}) WHERE {condition}");
            db.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (name, _, _) in INDEXES {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        db.execute_unprepared("CREATE INDEX ix_users__email_domain ON users (email_domain, id)")
            .await?;
        Ok(())
    }
}

const INDEXES: [(&str, &str, &str); 8] = [
    ("ix_users__role", "role, created_at, id", "role <> 'MEMBER'"),
    (
        "ix_users__authentication_source",
        "authentication_source, created_at, id",
        "authentication_source <> 'BUILT_IN'",
    ),
    (
        "ix_users__email_domain_created_at",
        "email_domain, created_at, id",
        "email_domain <> ''",
    ),
    (
        "ix_users__must_change_password",
        "created_at, id",
        "must_change_password",
    ),
    (
        "ix_users__without_password",
        "authentication_source, created_at, id",
        "password_changed_at IS NULL",
    ),
    (
        "ix_users__disabled_at",
        "created_at, id",
        "disabled_at >= 0",
    ),
    ("ix_users__deleted_at", "created_at, id", "deleted_at >= 0"),
    (
        "ix_users__locked_until",
        "locked_until, id",
        "locked_until >= 0",
    ),
];
