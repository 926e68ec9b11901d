//! What the worker asks of the outbox: what is due, claiming it, and writing down what came of it.
//!
//! `Locks:` none. A claim is one UPDATE that holds only if the row still is as it was read, so of
//! two workers that read one row the database lets one change it; the other sees zero rows.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use super::super::{DeliveryStatus, Details, MailKind};
use crate::clock::Timestamp;
use crate::db;
use crate::entities::outbox_email::{Column, Entity, Model};
use crate::error::Internal;
use crate::ids::{MailDeliveryId, WorkerId};

/// A mail that is due, as it was read.
#[derive(Clone, Debug)]
pub(in crate::mail) struct Due {
    pub(in crate::mail) id: MailDeliveryId,
    pub(in crate::mail) kind: MailKind,
    pub(in crate::mail) recipient: String,
    pub(in crate::mail) recipient_name: Option<String>,
    pub(in crate::mail) locale: String,
    /// `None` when a newer release wrote something this one cannot read.
    pub(in crate::mail) details: Option<Details>,
    pub(in crate::mail) secret_sealed: Option<Vec<u8>>,
    pub(in crate::mail) expires_at: Timestamp,
    pub(in crate::mail) created_at: Timestamp,
    pub(in crate::mail) message_id: String,
    pub(in crate::mail) status: DeliveryStatus,
    pub(in crate::mail) attempts: i64,
    pub(in crate::mail) last_error: Option<String>,
    claimed_until: Option<i64>,
}

/// The holding of one row by one worker for one attempt.
#[derive(Clone, Copy, Debug)]
pub(in crate::mail) struct Claim {
    pub(in crate::mail) id: MailDeliveryId,
    pub(in crate::mail) by: WorkerId,
    /// Attempts, this one counted.
    pub(in crate::mail) attempts: i64,
    pub(in crate::mail) until: Timestamp,
}

/// The end of a mail.
#[derive(Clone, Debug)]
pub(in crate::mail) struct End {
    pub(in crate::mail) status: DeliveryStatus,
    pub(in crate::mail) at: Timestamp,
    pub(in crate::mail) last_error: Option<String>,
}

/// What may be claimed now, longest due first: waiting mails, and those of a worker that died.
///
/// `Why:` kinds are named, so that a replica of an older release leaves newer mails alone.
pub(in crate::mail) async fn due(
    db: &impl ConnectionTrait,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Due>, Internal> {
    let now = now.as_millis();
    let waiting = [
        DeliveryStatus::Queued.name(),
        DeliveryStatus::Unknown.name(),
    ];
    let may_be_claimed = Condition::any()
        .add(
            Column::Status
                .is_in(waiting)
                .and(Column::NextAttemptAt.lte(now)),
        )
        .add(
            Column::Status
                .eq(DeliveryStatus::Sending.name())
                .and(Column::ClaimedUntil.lt(now)),
        );
    let rows = Entity::find()
        .filter(may_be_claimed)
        .filter(Column::Kind.is_in(MailKind::ALL.map(MailKind::name)))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(read).collect())
}

fn read(row: Model) -> Option<Due> {
    Some(Due {
        id: MailDeliveryId::from_uuid(row.id),
        kind: MailKind::parse(&row.kind)?,
        status: DeliveryStatus::parse(&row.status)?,
        details: serde_json::from_str(&row.details).ok(),
        recipient: row.recipient,
        recipient_name: row.recipient_name,
        locale: row.locale,
        secret_sealed: row.secret_sealed,
        expires_at: Timestamp::from_millis(row.expires_at),
        created_at: Timestamp::from_millis(row.created_at),
        message_id: row.message_id,
        attempts: row.attempt_count,
        last_error: row.last_error,
        claimed_until: row.claimed_until,
    })
}

/// Takes a row that still is as `seen`. `false` when another worker was first.
pub(in crate::mail) async fn claim(
    db: &impl ConnectionTrait,
    seen: &Due,
    claim: Claim,
) -> Result<bool, Internal> {
    let as_seen = match seen.claimed_until {
        Some(until) => Column::ClaimedUntil.eq(until),
        None => Column::ClaimedUntil.is_null(),
    };
    let updated = Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeliveryStatus::Sending.name()))
        .col_expr(Column::AttemptCount, Expr::value(claim.attempts))
        .col_expr(Column::ClaimedBy, Expr::value(claim.by.uuid()))
        .col_expr(Column::ClaimedUntil, Expr::value(claim.until.as_millis()))
        .filter(Column::Id.eq(seen.id.uuid()))
        .filter(Column::Status.eq(seen.status.name()))
        .filter(Column::AttemptCount.eq(seen.attempts))
        .filter(as_seen)
        .exec(db)
        .await?;
    Ok(told(db, updated.rows_affected == 1).await)
}

/// Ends a mail and erases its secret in the same statement. `false` when the claim was lost.
pub(in crate::mail) async fn finish(
    db: &impl ConnectionTrait,
    claim: Claim,
    end: End,
) -> Result<bool, Internal> {
    let at = end.at.as_millis();
    let sent_at = (end.status == DeliveryStatus::Sent).then_some(at);
    let updated = released(claim, end.status, end.last_error)
        .col_expr(Column::SecretSealed, Expr::value(Value::Bytes(None)))
        .col_expr(Column::NextAttemptAt, Expr::value(Value::BigInt(None)))
        .col_expr(Column::FinishedAt, Expr::value(at))
        .col_expr(Column::SentAt, Expr::value(sent_at))
        .exec(db)
        .await?;
    Ok(told(db, updated.rows_affected == 1).await)
}

/// Puts a mail back for another attempt, secret and all. `false` when the claim was lost.
pub(in crate::mail) async fn requeue(
    db: &impl ConnectionTrait,
    claim: Claim,
    status: DeliveryStatus,
    next_attempt_at: Timestamp,
    last_error: String,
) -> Result<bool, Internal> {
    let updated = released(claim, status, Some(last_error))
        .col_expr(
            Column::NextAttemptAt,
            Expr::value(next_attempt_at.as_millis()),
        )
        .exec(db)
        .await?;
    Ok(told(db, updated.rows_affected == 1).await)
}

/// Says that a row changed, if it did.
///
/// `Why:` a failure is swallowed. The change is written, and watchers look every second anyway.
async fn told(db: &impl ConnectionTrait, changed: bool) -> bool {
    if changed && let Err(error) = db::announce(db).await {
        tracing::warn!(%error, "a change of a mail was not announced");
    }
    changed
}

/// The part `finish` and `requeue` share: a new status, no claim, and only while the claim holds.
fn released(
    claim: Claim,
    status: DeliveryStatus,
    last_error: Option<String>,
) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.name()))
        .col_expr(Column::LastError, Expr::value(last_error))
        .col_expr(Column::ClaimedBy, Expr::value(Value::Uuid(None)))
        .col_expr(Column::ClaimedUntil, Expr::value(Value::BigInt(None)))
        .filter(Column::Id.eq(claim.id.uuid()))
        .filter(Column::ClaimedBy.eq(claim.by.uuid()))
        .filter(Column::AttemptCount.eq(claim.attempts))
}
