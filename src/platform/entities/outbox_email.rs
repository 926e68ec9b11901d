//! Table `outbox_emails`.
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// A mail that must go out, or has.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "outbox_emails")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub user_id: Option<Uuid>,
    pub recipient: String,
    pub recipient_key: String,
    pub recipient_domain: String,
    pub recipient_name: Option<String>,
    pub locale: String,
    pub written_locale: Option<String>,
    pub template_source: Option<String>,
    pub details: String,
    #[serde(deserialize_with = "crate::platform::entities::bytes")]
    pub secret_sealed: Option<Vec<u8>>,
    pub had_secret: bool,
    pub expires_at: i64,
    pub message_id: String,
    pub status: String,
    pub attempt_count: i64,
    pub attempts_at_retry: i64,
    pub attempts: String,
    pub next_attempt_at: Option<i64>,
    pub claimed_by: Option<Uuid>,
    pub claimed_until: Option<i64>,
    pub last_error: Option<String>,
    pub requested_by_kind: String,
    pub requested_by_id: Option<Uuid>,
    pub requested_by_label: String,
    pub created_at: i64,
    pub finished_at: Option<i64>,
    pub sent_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
