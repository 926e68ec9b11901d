//! Table `api_keys`.
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// A program's key; only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "api_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub prefix: String,
    #[serde(deserialize_with = "super::some_bytes")]
    pub secret_hash: Vec<u8>,
    pub scopes: String,
    pub role: String,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub allowed_networks: Option<String>,
    pub last_used_ip_address: Option<String>,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
