//! Reading keys with the persons who made them, of whom seven columns are asked.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryResult, QuerySelect, RelationDef, Select,
};
use uuid::Uuid;

use crate::domain::access::api_keys::{ApiKey, Creator, Networks};
use crate::platform::entities::api_key::{Column, Entity, Model};
use crate::platform::entities::user;
use crate::types::actor::{Permission, Role};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, UserId};

/// What a key asks of the person who made it.
///
/// `Why:` these columns alone. A user has three times as many, and this is read on every request with a key.
#[derive(Clone, FromQueryResult)]
pub(super) struct Standing {
    id: Uuid,
    role: String,
    must_change_password: bool,
    disabled_at: Option<i64>,
    disabled_until: Option<i64>,
    deleted_at: Option<i64>,
    password_blocked_at: Option<i64>,
}

impl From<&user::Model> for Standing {
    fn from(row: &user::Model) -> Self {
        Self {
            id: row.id,
            role: row.role.clone(),
            must_change_password: row.must_change_password,
            disabled_at: row.disabled_at,
            disabled_until: row.disabled_until,
            deleted_at: row.deleted_at,
            password_blocked_at: row.password_blocked_at,
        }
    }
}

const STANDING: [(user::Column, &str); 7] = [
    (user::Column::Id, "creator_id"),
    (user::Column::Role, "creator_role"),
    (
        user::Column::MustChangePassword,
        "creator_must_change_password",
    ),
    (user::Column::DisabledAt, "creator_disabled_at"),
    (user::Column::DisabledUntil, "creator_disabled_until"),
    (user::Column::DeletedAt, "creator_deleted_at"),
    (
        user::Column::PasswordBlockedAt,
        "creator_password_blocked_at",
    ),
];

/// A key, and its creator where it has one.
struct Found {
    key: Model,
    creator: Option<Standing>,
}

impl FromQueryResult for Found {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            key: Model::from_query_result(row, prefix)?,
            creator: Standing::from_query_result_optional(row, "creator_")?,
        })
    }
}

/// `Why:` a scope or rank this release does not know gives nothing, and so does a creator who is gone.
pub(super) fn read(row: Model, creator: Option<Standing>) -> ApiKey {
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    let scopes = row.scopes.split(',').filter_map(Permission::parse);
    ApiKey {
        id: ApiKeyId::from_uuid(row.id),
        name: row.name,
        prefix: row.prefix,
        scopes: scopes.collect(),
        rank: Role::parse(&row.role).unwrap_or(Role::Member),
        creator: row.created_by.map(|id| read_creator(id, creator)),
        networks: Networks::from_column(row.allowed_networks.as_deref()),
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: moment(row.expires_at),
        last_used_at: moment(row.last_used_at),
        last_used_ip_address: row.last_used_ip_address,
        revoked_at: moment(row.revoked_at),
        version: row.version,
    }
}

pub(super) fn read_creator(id: Uuid, row: Option<Standing>) -> Creator {
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    let id = UserId::from_uuid(id);
    match row {
        Some(row) => Creator {
            id,
            // A role this release does not know: nobody may touch the key, and it gives nothing.
            role: Role::parse(&row.role),
            is_deleted: row.deleted_at.is_some(),
            disabled_at: moment(row.disabled_at),
            disabled_until: moment(row.disabled_until),
            must_change_password: row.must_change_password,
            is_blocked: row.password_blocked_at.is_some(),
        },
        None => Creator {
            id,
            role: None,
            is_deleted: true,
            disabled_at: None,
            disabled_until: None,
            must_change_password: false,
            is_blocked: false,
        },
    }
}

/// These keys with their creators, in one statement.
pub(super) async fn with_creators(
    db: &impl ConnectionTrait,
    wanted: Select<Entity>,
) -> Result<Vec<ApiKey>, Internal> {
    let creator: RelationDef = Entity::belongs_to(user::Entity)
        .from(Column::CreatedBy)
        .to(user::Column::Id)
        .into();
    let both = STANDING
        .into_iter()
        .fold(wanted, |wanted, (column, name)| {
            wanted.column_as(column, name)
        })
        .join(JoinType::LeftJoin, creator);
    let found = both.into_model::<Found>().all(db).await?.into_iter();
    Ok(found.map(|row| read(row.key, row.creator)).collect())
}

/// The persons with these ids; unknown ones are absent.
pub(super) async fn creators(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Standing>, Internal> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = user::Entity::find()
        .select_only()
        .columns(STANDING.map(|(column, _)| column))
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .into_model::<Standing>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
