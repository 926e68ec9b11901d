//! Table `password_reset_requests`.
use sea_orm::entity::prelude::*;

/// Somebody who forgot a password, until the worker has looked into it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_reset_requests")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub login_sealed: Vec<u8>,
    pub flow_hash: Vec<u8>,
    pub locale: Option<String>,
    pub redirect_url: Option<String>,
    pub via: String,
    pub request_id: Option<String>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: i64,
    pub attempts: i64,
    pub claimed_until: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
