//! Windows of refused attempts in the table `rate_limits`.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::super::windows::Stored;
use crate::platform::denial_counter::Window;
use crate::platform::entities::rate_limit::{ActiveModel, Column, Entity, Model};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

fn stored(row: Model) -> Option<Stored> {
    Some(Stored {
        name: row.name,
        key: row.key_hash,
        ends_at: Timestamp::from_millis(row.ends_at),
        count: row.count,
        last_at: Timestamp::from_millis(row.last_at),
        details: row.details?,
    })
}

/// Opens a window. `false` when it is there already.
pub(crate) async fn open_window(
    db: &impl ConnectionTrait,
    (name, key): &Window,
    (now, ends_at): (Timestamp, Timestamp),
    details: String,
) -> Result<bool, Internal> {
    let row = ActiveModel {
        name: Set((*name).to_owned()),
        key_hash: Set(key.clone()),
        ends_at: Set(ends_at.as_millis()),
        count: Set(0),
        last_at: Set(now.as_millis()),
        details: Set(Some(details)),
    };
    let same = OnConflict::columns([Column::Name, Column::KeyHash])
        .do_nothing()
        .to_owned();
    let inserted = Entity::insert(row)
        .on_conflict(same)
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

/// Counts in a window. `false` when there is none.
pub(crate) async fn raise_window(
    db: &impl ConnectionTrait,
    (name, key): &Window,
    by: i64,
    now: Timestamp,
) -> Result<bool, Internal> {
    let raised = Entity::update_many()
        .col_expr(Column::Count, Expr::col(Column::Count).add(by))
        .col_expr(Column::LastAt, Expr::value(now.as_millis()))
        .filter(Column::Name.eq(*name))
        .filter(Column::KeyHash.eq(key.clone()))
        .exec(db)
        .await?;
    Ok(raised.rows_affected == 1)
}

pub(crate) async fn window(
    db: &impl ConnectionTrait,
    (name, key): &Window,
) -> Result<Option<Stored>, Internal> {
    let row = Entity::find_by_id(((*name).to_owned(), key.clone()))
        .one(db)
        .await?;
    Ok(row.and_then(stored))
}

pub(crate) async fn count_windows(db: &impl ConnectionTrait, name: &str) -> Result<u64, Internal> {
    Ok(Entity::find()
        .filter(Column::Name.eq(name))
        .count(db)
        .await?)
}

/// How many of them begin with these bytes. `Shape:` a range of the primary key.
pub(crate) async fn count_windows_of(
    db: &impl ConnectionTrait,
    name: &str,
    start: &[u8; 16],
) -> Result<u64, Internal> {
    let end = u128::from_be_bytes(*start).checked_add(1);
    let mut windows = Entity::find()
        .filter(Column::Name.eq(name))
        .filter(Column::KeyHash.gte(start.to_vec()));
    if let Some(end) = end {
        windows = windows.filter(Column::KeyHash.lt(end.to_be_bytes().to_vec()));
    }
    Ok(windows.count(db).await?)
}

/// Some of the windows that are over.
pub(crate) async fn windows_over(
    db: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<Stored>, Internal> {
    let rows = Entity::find()
        .filter(Column::EndsAt.lte(now.as_millis()))
        .filter(Column::Details.is_not_null())
        .order_by_asc(Column::EndsAt)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(stored).collect())
}

/// Deletes a window as it was read. `false` when it has changed or is gone.
pub(crate) async fn delete_window(
    db: &impl ConnectionTrait,
    window: &Stored,
) -> Result<bool, Internal> {
    let deleted = Entity::delete_many()
        .filter(Column::Name.eq(&window.name))
        .filter(Column::KeyHash.eq(window.key.clone()))
        .filter(Column::Count.eq(window.count))
        .filter(Column::LastAt.eq(window.last_at.as_millis()))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected == 1)
}
