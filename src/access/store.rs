//! Every query of the access room.

mod limits;

use sea_orm::sea_query::{Condition, Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::ApiKey;
use super::api_keys::names;
use super::idempotency::Once;
use crate::actor::{Permission, Role};
use crate::clock::Timestamp;
use crate::entities::{api_key, idempotency_key, lease, server_key};
use crate::error::Internal;
use crate::ids::{ApiKeyId, OutcomeId};
use crate::keyset::only;

pub(super) use limits::{delete_limits, limit_end, move_limit};

pub(super) async fn insert_key(
    db: &impl ConnectionTrait,
    key: &ApiKey,
    secret_hash: [u8; 32],
) -> Result<(), Internal> {
    let row = api_key::ActiveModel {
        id: Set(key.id.uuid()),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        secret_hash: Set(secret_hash.to_vec()),
        scopes: Set(names(&key.scopes)),
        role: Set(key.role.name().to_owned()),
        created_by: Set(None),
        created_at: Set(key.created_at.as_millis()),
        expires_at: Set(key.expires_at.map(Timestamp::as_millis)),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    api_key::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// `Why:` a scope or rank this release does not know gives nothing.
fn read_key(row: api_key::Model) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_uuid(row.id),
        name: row.name,
        prefix: row.prefix,
        scopes: row
            .scopes
            .split(',')
            .filter_map(Permission::parse)
            .collect(),
        role: Role::parse(&row.role).unwrap_or(Role::Member),
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
        revoked_at: row.revoked_at.map(Timestamp::from_millis),
    }
}

pub(super) async fn keys(db: &impl ConnectionTrait) -> Result<Vec<ApiKey>, Internal> {
    let rows = api_key::Entity::find()
        .order_by_desc(api_key::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read_key).collect())
}

pub(super) async fn key(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
) -> Result<Option<ApiKey>, Internal> {
    Ok(api_key::Entity::find_by_id(id.uuid())
        .one(db)
        .await?
        .map(read_key))
}

pub(super) async fn keys_by_id(
    db: &impl ConnectionTrait,
    ids: &[ApiKeyId],
) -> Result<Vec<ApiKey>, Internal> {
    let wanted = api_key::Column::Id.is_in(ids.iter().map(|id| id.uuid()));
    let rows = api_key::Entity::find().filter(wanted).all(db).await?;
    Ok(rows.into_iter().map(read_key).collect())
}

pub(super) async fn key_by_hash(
    db: &impl ConnectionTrait,
    hash: [u8; 32],
) -> Result<Option<ApiKey>, Internal> {
    let wanted = api_key::Column::SecretHash.eq(hash.to_vec());
    let row = only(db, api_key::Entity::find().filter(wanted)).await?;
    Ok(row.map(read_key))
}

pub(super) async fn touch_key(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<(), Internal> {
    api_key::Entity::update_many()
        .col_expr(api_key::Column::LastUsedAt, Expr::value(now.as_millis()))
        .filter(api_key::Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn revoke_key(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<bool, Internal> {
    let changed = api_key::Entity::update_many()
        .col_expr(api_key::Column::RevokedAt, Expr::value(now.as_millis()))
        .filter(api_key::Column::Id.eq(id.uuid()))
        .filter(api_key::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn insert_outcome(
    db: &impl ConnectionTrait,
    once: &Once,
    outcome: String,
    now: Timestamp,
) -> Result<(), Internal> {
    let row = idempotency_key::ActiveModel {
        id: Set(OutcomeId::new(now).uuid()),
        actor: Set(once.actor.clone()),
        mutation: Set(once.mutation.to_owned()),
        idempotency_key: Set(once.key.clone()),
        input_hash: Set(once.input_hash.to_vec()),
        outcome: Set(outcome),
        created_at: Set(now.as_millis()),
    };
    idempotency_key::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn outcome(
    db: &impl ConnectionTrait,
    once: &Once,
) -> Result<Option<(Vec<u8>, String)>, Internal> {
    use idempotency_key::Column;
    let row = idempotency_key::Entity::find()
        .filter(Column::Actor.eq(&once.actor))
        .filter(Column::Mutation.eq(once.mutation))
        .filter(Column::IdempotencyKey.eq(&once.key))
        .one(db)
        .await?;
    Ok(row.map(|row| (row.input_hash, row.outcome)))
}

pub(super) async fn delete_outcomes_before(
    db: &impl ConnectionTrait,
    before: Timestamp,
) -> Result<u64, Internal> {
    let deleted = idempotency_key::Entity::delete_many()
        .filter(idempotency_key::Column::CreatedAt.lt(before.as_millis()))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}

/// Two statements, each of which only one holder can win: renew or take over, else insert.
pub(super) async fn take_lease(
    db: &impl ConnectionTrait,
    name: &str,
    holder: Uuid,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, Internal> {
    use lease::Column;
    let taken = lease::Entity::update_many()
        .col_expr(Column::Holder, Expr::value(holder))
        .col_expr(Column::HeldUntil, Expr::value(until.as_millis()))
        .filter(Column::Name.eq(name))
        .filter(
            Condition::any()
                .add(Column::Holder.eq(holder))
                .add(Column::HeldUntil.lt(now.as_millis())),
        )
        .exec(db)
        .await?;
    if taken.rows_affected == 1 {
        return Ok(true);
    }
    let row = lease::ActiveModel {
        name: Set(name.to_owned()),
        holder: Set(holder),
        held_until: Set(until.as_millis()),
    };
    let inserted = lease::Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Writes a lease's row, whoever holds it, so that its lock is held until the transaction ends.
pub(super) async fn write_lease(
    txn: &impl ConnectionTrait,
    name: &str,
    now: Timestamp,
) -> Result<(), Internal> {
    use lease::Column;
    let row = lease::ActiveModel {
        name: Set(name.to_owned()),
        holder: Set(Uuid::nil()),
        held_until: Set(now.as_millis()),
    };
    lease::Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Name)
                .update_column(Column::HeldUntil)
                .to_owned(),
        )
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// The fingerprint in the one row there is, which is made if it is missing.
pub(super) async fn server_key(
    db: &impl ConnectionTrait,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<Vec<u8>, Internal> {
    use server_key::Column;
    let row = server_key::ActiveModel {
        name: Set("server".to_owned()),
        key_hash: Set(fingerprint.to_vec()),
        created_at: Set(now.as_millis()),
    };
    server_key::Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let known = server_key::Entity::find_by_id("server").one(db).await?;
    known
        .map(|row| row.key_hash)
        .ok_or_else(|| Internal::new("reading the key's print", "no row"))
}
