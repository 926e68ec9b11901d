//! Table `audit_events`.
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// An appended fact.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "audit_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub action: String,
    pub outcome: String,
    pub error_code: Option<String>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub actor_label: String,
    pub user_id: Option<Uuid>,
    pub target_label: Option<String>,
    pub changes: String,
    pub reason: Option<String>,
    pub via: String,
    pub request_id: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub occurred_at: i64,
    #[serde(deserialize_with = "super::bytes")]
    pub mac: Option<Vec<u8>>,
    pub sequence: Option<i64>,
    #[serde(deserialize_with = "super::bytes")]
    pub chain_hash: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
