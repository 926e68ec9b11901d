//! Limits of rates in the table `rate_limits`, beside the windows of `audit`, which have details.

use sea_orm::sea_query::{CaseStatement, Condition, Expr, ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter as _};

use crate::platform::db::delete_some;
use crate::platform::entities::rate_limit::{ActiveModel, Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

/// Moves the moment on by `per`, unless it is later than `latest` already. `false` in that case.
pub(crate) async fn move_limit(
    db: &impl ConnectionTrait,
    (name, key): (&str, &[u8]),
    (now, latest): (i64, i64),
    per: i64,
) -> Result<bool, Internal> {
    let row = ActiveModel {
        name: Set(name.to_owned()),
        key_hash: Set(key.to_vec()),
        ends_at: Set(now.saturating_add(per)),
        count: Set(1),
        last_at: Set(now),
        details: Set(None),
    };
    let ends_at = || Expr::col((Entity, Column::EndsAt));
    let from: Expr = CaseStatement::new()
        .case(ends_at().gt(now), ends_at())
        .finally(now)
        .into();
    let moved = OnConflict::columns([Column::Name, Column::KeyHash])
        .value(Column::EndsAt, from.add(per))
        .value(Column::Count, Expr::col((Entity, Column::Count)).add(1))
        .value(Column::LastAt, now)
        .action_and_where(ends_at().lte(latest))
        .to_owned();
    let written = Entity::insert(row)
        .on_conflict(moved)
        .exec_without_returning(db)
        .await?;
    Ok(written == 1)
}

/// Moves the moment back by `per`.
pub(crate) async fn give_limit_back(
    db: &impl ConnectionTrait,
    (name, key): (&str, &[u8]),
    per: i64,
) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::EndsAt, Expr::col(Column::EndsAt).sub(per))
        .filter(Column::Name.eq(name))
        .filter(Column::KeyHash.eq(key.to_vec()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn limit_end(
    db: &impl ConnectionTrait,
    (name, key): (&str, &[u8]),
) -> Result<Option<i64>, Internal> {
    let row = Entity::find_by_id((name.to_owned(), key.to_vec()))
        .one(db)
        .await?;
    Ok(row.map(|row| row.ends_at))
}

pub(crate) async fn delete_limits(
    db: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<u64, Internal> {
    let due = Condition::all()
        .add(Column::EndsAt.lte(now.as_millis()))
        .add(Column::Details.is_null());
    delete_some::<Entity>(db, Column::EndsAt, due, most).await
}
