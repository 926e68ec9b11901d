//! Table `idempotency_keys`.
#![expect(
    missing_docs,
    reason = "columns are described in the migration and in the room's type"
)]

use sea_orm::entity::prelude::*;

/// What came of a request that may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub actor: String,
    pub mutation: String,
    pub idempotency_key: String,
    pub input_hash: Vec<u8>,
    pub outcome: String,
    pub created_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
