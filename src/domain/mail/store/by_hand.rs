//! What administrators change about one mail.
//!
//! `Locks:` none. Each change holds only if the row still is as it was read, as a worker's claim does
//! (`queue.rs`), so of an administrator and a worker the database lets one change it.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, UpdateMany, Value};

use crate::domain::mail::by_hand::Change;
use crate::domain::mail::{Delivery, DeliveryStatus, PLAIN_MAIL_LIFETIME};
use crate::platform::entities::outbox_email::{Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::MailDeliveryId;

/// One mail as it is now.
pub(in crate::domain::mail) async fn read(
    db: &impl ConnectionTrait,
    id: MailDeliveryId,
) -> Result<Option<Delivery>, Internal> {
    Ok(super::by_ids(db, &[id]).await?.pop())
}

/// Changes it, and with an end erases its secret, in one statement. `false` when it changed since it was read.
pub(in crate::domain::mail) async fn write(
    db: &impl ConnectionTrait,
    seen: &Delivery,
    change: Change,
    now: Timestamp,
) -> Result<bool, Internal> {
    let due = || as_seen(seen).col_expr(Column::NextAttemptAt, Expr::value(now.as_millis()));
    let update = match change {
        Change::DueNow => due(),
        Change::Renewed => renewed(due(), seen, now),
        Change::Ended => ended(seen, now),
    };
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// `Why:` one that may have arrived stays uncertain, and is then never said to have failed.
fn renewed(due: UpdateMany<Entity>, seen: &Delivery, now: Timestamp) -> UpdateMany<Entity> {
    let expires_at = now.plus(PLAIN_MAIL_LIFETIME).as_millis();
    due.col_expr(Column::Status, unless_unknown(seen, DeliveryStatus::Queued))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .col_expr(Column::AttemptsAtRetry, Expr::col(Column::AttemptCount))
        .col_expr(Column::FinishedAt, Expr::value(Value::BigInt(None)))
}

fn ended(seen: &Delivery, now: Timestamp) -> UpdateMany<Entity> {
    as_seen(seen)
        .col_expr(
            Column::Status,
            unless_unknown(seen, DeliveryStatus::Cancelled),
        )
        .col_expr(Column::SecretSealed, Expr::value(Value::Bytes(None)))
        .col_expr(Column::NextAttemptAt, Expr::value(Value::BigInt(None)))
        .col_expr(Column::FinishedAt, Expr::value(now.as_millis()))
}

fn unless_unknown(seen: &Delivery, status: DeliveryStatus) -> Expr {
    let status = match seen.status {
        DeliveryStatus::Unknown => DeliveryStatus::Unknown,
        _ => status,
    };
    Expr::value(status.name())
}

fn as_seen(seen: &Delivery) -> UpdateMany<Entity> {
    let next_attempt = match seen.next_attempt_at {
        Some(at) => Column::NextAttemptAt.eq(at.as_millis()),
        None => Column::NextAttemptAt.is_null(),
    };
    Entity::update_many()
        .filter(Column::Id.eq(seen.id.uuid()))
        .filter(Column::Status.eq(seen.status.name()))
        .filter(Column::AttemptCount.eq(i64::from(seen.attempt_count)))
        .filter(next_attempt)
}
