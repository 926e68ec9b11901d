//! Table `cleanup_steps`.
use sea_orm::entity::prelude::*;

/// How one step of the cleanup fared the last time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cleanup_steps")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub last_run_at: i64,
    pub last_success_at: Option<i64>,
    pub failures: i64,
    pub deleted: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
