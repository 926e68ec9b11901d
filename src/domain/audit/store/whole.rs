//! Reading whole rows, in pages, for verifying and exporting; and deleting what is old.

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::row::Row;
use super::chain::row;
use crate::platform::entities::audit_event::{Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::AuditEventId;

/// Rows of one page.
const PAGE: u64 = 500;

/// Sealed events after a place, in the order of the chain.
///
/// `Why:` by the id too. Whoever drops the unique index can give a sequence twice.
pub(crate) async fn sealed_after(
    db: &impl ConnectionTrait,
    (sequence, id): (i64, AuditEventId),
) -> Result<Vec<Row>, Internal> {
    let beyond = Condition::any()
        .add(Column::Sequence.gt(sequence))
        .add(Column::Sequence.eq(sequence).and(Column::Id.gt(id.uuid())));
    let rows = Entity::find()
        // Says the same again, as a range of the index.
        .filter(Column::Sequence.gte(sequence))
        .filter(beyond)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id)
        .limit(PAGE)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(row).collect())
}

/// Events without a place after this one, in the order of making.
pub(crate) async fn unsealed_after(
    db: &impl ConnectionTrait,
    id: AuditEventId,
) -> Result<Vec<Row>, Internal> {
    let rows = Entity::find()
        .filter(Column::Sequence.is_null())
        .filter(Column::Id.gt(id.uuid()))
        .order_by_asc(Column::Id)
        .limit(PAGE)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(row).collect())
}

/// Events of a range of time after one of them, in the order of time.
pub(crate) async fn recorded_after(
    db: &impl ConnectionTrait,
    (at, id): (Timestamp, AuditEventId),
    until: Timestamp,
) -> Result<Vec<Row>, Internal> {
    let at = at.as_millis();
    let beyond = Condition::any()
        .add(Column::OccurredAt.gt(at))
        .add(Column::OccurredAt.eq(at).and(Column::Id.gt(id.uuid())));
    let rows = Entity::find()
        .filter(Column::OccurredAt.gte(at))
        .filter(Column::OccurredAt.lt(until.as_millis()))
        .filter(beyond)
        .order_by_asc(Column::OccurredAt)
        .order_by_asc(Column::Id)
        .limit(PAGE)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(row).collect())
}

pub(crate) async fn by_id(
    db: &impl ConnectionTrait,
    id: AuditEventId,
) -> Result<Option<Row>, Internal> {
    Ok(Entity::find_by_id(id.uuid()).one(db).await?.map(row))
}

/// The last event that says what was removed.
///
/// `Why:` the condition stands in the text, as in the small index that finds it.
pub(crate) async fn last_pruned(db: &impl ConnectionTrait) -> Result<Option<Row>, Internal> {
    let found = Entity::find()
        .filter(Expr::cust("action = 'audit.pruned'"))
        .filter(Column::Sequence.is_not_null())
        .order_by_desc(Column::Sequence)
        .limit(1)
        .all(db)
        .await?;
    Ok(found.into_iter().next().map(row))
}

/// Sequence and time of the oldest sealed events, in the order of the chain.
pub(crate) async fn oldest(
    db: &impl ConnectionTrait,
    most: u64,
) -> Result<Vec<(i64, Timestamp)>, Internal> {
    let found: Vec<(Option<i64>, i64)> = Entity::find()
        .select_only()
        .column(Column::Sequence)
        .column(Column::OccurredAt)
        .filter(Column::Sequence.is_not_null())
        .order_by_asc(Column::Sequence)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found
        .into_iter()
        .filter_map(|(sequence, at)| Some((sequence?, Timestamp::from_millis(at))))
        .collect())
}

/// Deletes sealed events up to a sequence. Gives how many.
pub(crate) async fn delete_up_to(
    db: &impl ConnectionTrait,
    sequence: i64,
) -> Result<u64, Internal> {
    let deleted = Entity::delete_many()
        .filter(Column::Sequence.lte(sequence))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}
