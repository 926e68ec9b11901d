//! Table `one_time_links`.
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// A link with a token, one purpose, one use.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "one_time_links")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub purpose: String,
    #[serde(deserialize_with = "super::some_bytes")]
    pub token_hash: Vec<u8>,
    pub created_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
    pub superseded_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub created_by_kind: Option<String>,
    pub created_by_id: Option<Uuid>,
    pub created_by_label: Option<String>,
    pub origin: String,
    pub sign_in_on_use: bool,
    pub redirect_url: Option<String>,
    pub revoked_why: Option<String>,
    pub opened_at: Option<i64>,
    pub opened_by: Option<String>,
    pub mail_id: Option<Uuid>,
    #[serde(deserialize_with = "super::bytes")]
    pub flow_hash: Option<Vec<u8>>,
    #[serde(deserialize_with = "super::bytes")]
    pub code_mac: Option<Vec<u8>>,
    pub code_expires_at: Option<i64>,
    pub code_tries: i64,
    #[serde(deserialize_with = "super::bytes")]
    pub exchange_hash: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
