//! Table `users`.
use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use serde::Deserialize;

/// A person with an account. The password's hash stands in `credentials`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Deserialize)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub username: String,
    pub username_key: String,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub email_domain: Option<String>,
    pub email_verified_at: Option<i64>,
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub search_text: String,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub external_id: Option<String>,
    pub role: String,
    pub authentication_source: String,
    pub disabled_at: Option<i64>,
    pub disabled_until: Option<i64>,
    pub disabled_reason: Option<String>,
    pub locked_until: Option<i64>,
    pub deleted_at: Option<i64>,
    pub purged_at: Option<i64>,
    pub failed_sign_ins: i64,
    pub stranger_failures: i64,
    pub password_changed_at: Option<i64>,
    pub must_change_password: bool,
    pub password_expires_at: Option<i64>,
    pub password_blocked_at: Option<i64>,
    pub lock_notices: i64,
    pub last_sign_in_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Disabled at that time: `Timestamp::goes_on`, for the database.
pub(crate) fn is_disabled(now: i64) -> Condition {
    Condition::all().add(Column::DisabledAt.is_not_null()).add(
        Condition::any()
            .add(Column::DisabledUntil.is_null())
            .add(Column::DisabledUntil.gt(now)),
    )
}

/// The opposite.
///
/// `Why:` `NOT` over a comparison with null would be null, so it is spelled out.
pub(crate) fn is_enabled(now: i64) -> Condition {
    Condition::any()
        .add(Column::DisabledAt.is_null())
        .add(Column::DisabledUntil.lte(now))
}
