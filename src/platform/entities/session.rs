//! Table `sessions`.
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// A signed-in browser or program.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    #[serde(deserialize_with = "super::some_bytes")]
    pub token_hash: Vec<u8>,
    pub credential_version: i64,
    pub created_at: i64,
    pub last_used_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub transport: String,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub confirmed_until: Option<i64>,
    pub wrong_proofs: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
