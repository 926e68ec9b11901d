//! Every query on the server processes that run.

use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait, QueryFilter as _,
    QueryOrder as _,
};

use crate::domain::access::replicas::Replica;
use crate::platform::db::delete_some;
use crate::platform::entities::replica::{ActiveModel, Column, Entity, Model};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::WorkerId;

pub(in crate::domain::access) async fn write(
    db: &impl ConnectionTrait,
    replica: Replica,
) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(replica.id.uuid()),
        label: Set(replica.label),
        release: Set(replica.release),
        started_at: Set(replica.started_at.as_millis()),
        last_seen_at: Set(replica.last_seen_at.as_millis()),
    };
    Entity::insert(row)
        .on_conflict(
            OnConflict::column(Column::Id)
                .update_column(Column::LastSeenAt)
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(in crate::domain::access) async fn delete(
    db: &impl ConnectionTrait,
    id: WorkerId,
) -> Result<(), Internal> {
    Entity::delete_by_id(id.uuid()).exec(db).await?;
    Ok(())
}

pub(in crate::domain::access) async fn seen_since(
    db: &impl ConnectionTrait,
    since: Timestamp,
) -> Result<Vec<Replica>, Internal> {
    let rows = Entity::find()
        .filter(Column::LastSeenAt.gt(since.as_millis()))
        .order_by_asc(Column::StartedAt)
        .all(db)
        .await?;
    let replica = |row: Model| Replica {
        id: WorkerId::from_uuid(row.id),
        label: row.label,
        release: row.release,
        started_at: Timestamp::from_millis(row.started_at),
        last_seen_at: Timestamp::from_millis(row.last_seen_at),
    };
    Ok(rows.into_iter().map(replica).collect())
}

pub(in crate::domain::access) async fn delete_before(
    db: &impl ConnectionTrait,
    before: Timestamp,
    most: u64,
) -> Result<u64, Internal> {
    let due = Condition::all().add(Column::LastSeenAt.lt(before.as_millis()));
    delete_some::<Entity>(db, Column::LastSeenAt, due, most).await
}
