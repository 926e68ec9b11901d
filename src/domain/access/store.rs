//! Every query of `access`; those on API keys stand in `store/keys.rs`.

pub(super) mod keys;

pub(super) mod cleanup;
mod limits;
pub(super) mod replicas;

use sea_orm::sea_query::{Condition, Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::idempotency::Once;
use crate::platform::db::{Txn, delete_some};
use crate::platform::entities::{idempotency_key, lease, server_key, session};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{OutcomeId, SessionId};

pub(super) use limits::{delete_limits, give_limit_back, limit_end, move_limit};

/// Whether a session was not ended.
///
/// `Locks:` its row, so that it is not ended before the transaction is.
pub(super) async fn session_stands(txn: &Txn, id: SessionId) -> Result<bool, Internal> {
    let found: Option<Option<i64>> = session::Entity::find_by_id(id.uuid())
        .select_only()
        .column(session::Column::EndedAt)
        .lock_shared()
        .into_tuple()
        .one(txn)
        .await?;
    Ok(found == Some(None))
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
    most: u64,
) -> Result<u64, Internal> {
    use idempotency_key::{Column, Entity};
    let due = Condition::all().add(Column::CreatedAt.lt(before.as_millis()));
    delete_some::<Entity>(db, Column::CreatedAt, due, most).await
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

/// Ends a lease that this holder has. Another one's is left alone.
pub(super) async fn end_lease(
    db: &impl ConnectionTrait,
    name: &str,
    holder: Uuid,
) -> Result<(), Internal> {
    use lease::Column;
    lease::Entity::update_many()
        .col_expr(Column::HeldUntil, Expr::value(0))
        .filter(Column::Name.eq(name))
        .filter(Column::Holder.eq(holder))
        .exec(db)
        .await?;
    Ok(())
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
    known_server_key(db)
        .await?
        .ok_or_else(|| Internal::new("reading the key's print", "no row"))
}

/// The fingerprint, if there is one yet.
pub(super) async fn known_server_key(
    db: &impl ConnectionTrait,
) -> Result<Option<Vec<u8>>, Internal> {
    let known = server_key::Entity::find_by_id("server").one(db).await?;
    Ok(known.map(|row| row.key_hash))
}
