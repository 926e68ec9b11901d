//! Every query on how the steps of the cleanup fared.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder as _};

use crate::domain::access::cleanup::StepHealth;
use crate::platform::entities::cleanup_step::{ActiveModel, Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;

pub(in crate::domain::access) async fn record(
    db: &impl ConnectionTrait,
    step: &str,
    deleted: Option<u64>,
    now: Timestamp,
) -> Result<(), Internal> {
    let now = now.as_millis();
    let rows = deleted.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX));
    let row = ActiveModel {
        name: Set(step.to_owned()),
        last_run_at: Set(now),
        last_success_at: Set(rows.map(|_rows| now)),
        failures: Set(i64::from(rows.is_none())),
        deleted: Set(rows.unwrap_or(0)),
    };
    let mut known = OnConflict::column(Column::Name);
    known.value(Column::LastRunAt, now);
    match rows {
        Some(rows) => known
            .value(Column::LastSuccessAt, now)
            .value(Column::Failures, 0)
            .value(Column::Deleted, rows),
        None => known.value(
            Column::Failures,
            Expr::col((Entity, Column::Failures)).add(1),
        ),
    };
    Entity::insert(row)
        .on_conflict(known)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(in crate::domain::access) async fn steps(
    db: &impl ConnectionTrait,
) -> Result<Vec<StepHealth>, Internal> {
    let rows = Entity::find().order_by_asc(Column::Name).all(db).await?;
    let step = |row: crate::platform::entities::cleanup_step::Model| StepHealth {
        name: row.name,
        last_run_at: Timestamp::from_millis(row.last_run_at),
        last_success_at: row.last_success_at.map(Timestamp::from_millis),
        failures: row.failures,
        deleted: row.deleted,
    };
    Ok(rows.into_iter().map(step).collect())
}
