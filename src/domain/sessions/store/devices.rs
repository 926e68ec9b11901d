//! Every query on browsers and networks that accounts know.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::super::device::{Device, KNOWN_FOR, Known, MOST_OF_USER};
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn, delete_some};
use crate::platform::entities::trusted_client::{ActiveModel, Column, Entity, Model};
use crate::types::actor::Origin;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{DeviceId, UserId};

const DEVICE: &str = "DEVICE";
const NETWORK: &str = "NETWORK";
/// Rows that one sweep deletes with a statement.
const AT_ONCE: u64 = 1_000;

fn counts(row: &Model) -> Known {
    Known {
        id: row.id,
        is_device: row.kind == DEVICE,
        failures: row.failures,
        locked_until: row.locked_until,
    }
}

fn of(user: UserId, kind: &str) -> SimpleExpr {
    Column::UserId.eq(user.uuid()).and(Column::Kind.eq(kind))
}

pub(in crate::domain::sessions) async fn by_hashes(
    txn: &Txn,
    user: UserId,
    hashes: Vec<Vec<u8>>,
    now: Timestamp,
) -> Result<Vec<Known>, Internal> {
    let rows = Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::TokenHash.is_in(hashes))
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .all(txn)
        .await?;
    Ok(rows.iter().map(counts).collect())
}

/// The failed tries of one of them, as they are now. `None` when it is known no more.
pub async fn known_by_id(txn: &Txn, id: Uuid) -> Result<Option<Known>, Internal> {
    let row = Entity::find_by_id(id).one(txn).await?;
    Ok(row.as_ref().map(counts))
}

/// Writes the failed tries of one of them.
pub async fn put_known(txn: &Txn, known: Known) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::Failures, Expr::value(known.failures))
        .col_expr(Column::LockedUntil, Expr::value(known.locked_until))
        .filter(Column::Id.eq(known.id))
        .exec(txn)
        .await?;
    Ok(())
}

fn forgetting() -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Failures, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<i64>))
}

/// Forgets the failed tries of all that a user has but those of which the next try waits now. Gives how
/// many those others have had.
pub async fn forget_tries_at_rest(
    txn: &Txn,
    user: UserId,
    now: Timestamp,
) -> Result<i64, Internal> {
    let rests = Column::LockedUntil
        .is_null()
        .or(Column::LockedUntil.lte(now.as_millis()));
    forgetting()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(rests)
        .exec(txn)
        .await?;
    let waiting: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Failures)
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::LockedUntil.gt(now.as_millis()))
        .into_tuple()
        .all(txn)
        .await?;
    Ok(waiting.iter().sum())
}

/// Forgets the failed tries of all that a user has.
pub async fn forget_known_tries(txn: &Txn, user: UserId) -> Result<(), Internal> {
    forgetting()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Failures.gt(0))
        .exec(txn)
        .await?;
    Ok(())
}

/// The network of the last sign-in takes the place of the one before.
///
/// `Why:` its count goes with it only where it is the same network.
pub(in crate::domain::sessions) async fn put_network(
    txn: &Txn,
    user: UserId,
    hash: Vec<u8>,
    now: Timestamp,
) -> Result<(), Internal> {
    Entity::delete_many()
        .filter(of(user, NETWORK))
        .filter(Column::TokenHash.ne(hash.clone()))
        .exec(txn)
        .await?;
    let row = ActiveModel {
        id: Set(DeviceId::new(now).uuid()),
        user_id: Set(user.uuid()),
        kind: Set(NETWORK.to_owned()),
        token_hash: Set(hash),
        ip_address: Set(None),
        user_agent: Set(None),
        created_at: Set(now.as_millis()),
        last_used_at: Set(now.as_millis()),
        expires_at: Set(now.plus(KNOWN_FOR).as_millis()),
        failures: Set(0),
        locked_until: Set(None),
    };
    let renewed = OnConflict::columns([Column::UserId, Column::TokenHash])
        .update_columns([Column::LastUsedAt, Column::ExpiresAt])
        .to_owned();
    Entity::insert(row)
        .on_conflict(renewed)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// Lets a browser be known as long again. `false` when the account knows no such one.
pub(in crate::domain::sessions) async fn renew(
    txn: &Txn,
    user: UserId,
    hash: Vec<u8>,
    origin: &Origin,
    now: Timestamp,
) -> Result<bool, Internal> {
    let renewed = Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_millis()))
        .col_expr(
            Column::ExpiresAt,
            Expr::value(now.plus(KNOWN_FOR).as_millis()),
        )
        .col_expr(Column::IpAddress, Expr::value(origin.ip_address.clone()))
        .col_expr(Column::UserAgent, Expr::value(origin.user_agent.clone()))
        .filter(of(user, DEVICE))
        .filter(Column::TokenHash.eq(hash))
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .exec(txn)
        .await?;
    Ok(renewed.rows_affected == 1)
}

pub(in crate::domain::sessions) async fn insert_device(
    txn: &Txn,
    user: UserId,
    hash: Vec<u8>,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), Internal> {
    let beyond: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(of(user, DEVICE))
        .order_by_desc(Column::LastUsedAt)
        .order_by_desc(Column::Id)
        .offset(MOST_OF_USER - 1)
        .limit(AT_ONCE)
        .into_tuple()
        .all(txn)
        .await?;
    if !beyond.is_empty() {
        let beyond = Entity::delete_many().filter(Column::Id.is_in(beyond));
        beyond.exec(txn).await?;
    }
    let row = ActiveModel {
        id: Set(DeviceId::new(now).uuid()),
        user_id: Set(user.uuid()),
        kind: Set(DEVICE.to_owned()),
        token_hash: Set(hash),
        ip_address: Set(origin.ip_address.clone()),
        user_agent: Set(origin.user_agent.clone()),
        created_at: Set(now.as_millis()),
        last_used_at: Set(now.as_millis()),
        expires_at: Set(now.plus(KNOWN_FOR).as_millis()),
        failures: Set(0),
        locked_until: Set(None),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

pub(in crate::domain::sessions) async fn list(
    db: &impl ConnectionTrait,
    users: &[UserId],
    now: Timestamp,
) -> Result<Vec<Device>, Internal> {
    let users = users.iter().map(|user| user.uuid());
    let rows = Entity::find()
        .filter(Column::UserId.is_in(users))
        .filter(Column::Kind.eq(DEVICE))
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .order_by_desc(Column::LastUsedAt)
        .order_by_desc(Column::Id)
        .all(db)
        .await?;
    let device = |row: Model| Device {
        id: DeviceId::from_uuid(row.id),
        user: UserId::from_uuid(row.user_id),
        ip_address: row.ip_address,
        user_agent: row.user_agent,
        created_at: Timestamp::from_millis(row.created_at),
        last_used_at: Timestamp::from_millis(row.last_used_at),
        expires_at: Timestamp::from_millis(row.expires_at),
    };
    Ok(rows.into_iter().map(device).collect())
}

/// Whose browser this is. `None` when no account knows it.
pub async fn find_device(app: &App, id: DeviceId) -> Result<Option<UserId>, Internal> {
    let row = Entity::find_by_id(id.uuid())
        .filter(Column::Kind.eq(DEVICE))
        .one(app.db.read())
        .await?;
    Ok(row.map(|row| UserId::from_uuid(row.user_id)))
}

/// Forgets one browser of a user. `false` when the account knows no such one.
pub async fn forget_device(txn: &Txn, user: UserId, id: DeviceId) -> Result<bool, Internal> {
    let gone = Entity::delete_many()
        .filter(of(user, DEVICE))
        .filter(Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    Ok(gone.rows_affected == 1)
}

/// Forgets every browser of a user, and the network of the last sign-in. Gives how many rows.
pub async fn forget_devices(txn: &Txn, user: UserId) -> Result<u64, Internal> {
    let gone = Entity::delete_many()
        .filter(Column::UserId.eq(user.uuid()))
        .exec(txn)
        .await?;
    Ok(gone.rows_affected)
}

/// Deletes devices and networks that are trusted no more.
pub async fn sweep_devices(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let due = Condition::all().add(Column::ExpiresAt.lte(app.clock.now().as_millis()));
    let db = app.db.write();
    budget
        .in_batches(|most| delete_some::<Entity>(db, Column::ExpiresAt, due.clone(), most))
        .await
}
