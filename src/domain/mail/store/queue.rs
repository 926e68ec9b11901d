//! What the worker asks of the outbox: what is due, claiming it, and writing down what came of it.
//!
//! A claim is one UPDATE that holds only if the row still is as it was read, so of two workers that
//! read one row the database lets one change it; the other sees zero rows.
//!
//! `Locks:` a transaction that changes several mails changes them in the order of their ids, and marks
//! of addresses after mails, in the order of the addresses. Two that cross wait, and never for each
//! other.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};
use uuid::Uuid;

use super::super::{Attempt, DeliveryStatus, Details, MailKind, TemplateSource};
use crate::platform::entities::outbox_email::{Column, Entity, Model};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{MailDeliveryId, WorkerId};

/// A mail that may be claimed, with as little of it as choosing takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::mail) struct Candidate {
    pub(in crate::domain::mail) id: Uuid,
    pub(in crate::domain::mail) domain: String,
}

/// A mail that is due, as it was read.
#[derive(Clone, Debug)]
pub(in crate::domain::mail) struct Due {
    pub(in crate::domain::mail) id: MailDeliveryId,
    pub(in crate::domain::mail) kind: MailKind,
    pub(in crate::domain::mail) recipient: String,
    pub(in crate::domain::mail) recipient_key: String,
    pub(in crate::domain::mail) recipient_domain: String,
    pub(in crate::domain::mail) recipient_name: Option<String>,
    pub(in crate::domain::mail) locale: String,
    /// `None` when a newer release wrote something this one cannot read.
    pub(in crate::domain::mail) details: Option<Details>,
    pub(in crate::domain::mail) secret_sealed: Option<Vec<u8>>,
    pub(in crate::domain::mail) expires_at: Timestamp,
    pub(in crate::domain::mail) created_at: Timestamp,
    pub(in crate::domain::mail) message_id: String,
    pub(in crate::domain::mail) status: DeliveryStatus,
    /// Tries so far.
    pub(in crate::domain::mail) tried: i64,
    /// Those of them that count against the tries there are: not those before a retry by hand.
    pub(in crate::domain::mail) used_up: i64,
    pub(in crate::domain::mail) attempts: Vec<Attempt>,
    pub(in crate::domain::mail) last_error: Option<String>,
    claimed_until: Option<i64>,
}

/// The holding of one row by one worker for one attempt.
#[derive(Clone, Debug)]
pub(in crate::domain::mail) struct Claim {
    pub(in crate::domain::mail) id: MailDeliveryId,
    pub(in crate::domain::mail) by: WorkerId,
    /// Tries, this one counted.
    pub(in crate::domain::mail) tried: i64,
    /// The tries, the one that begins now among them.
    pub(in crate::domain::mail) attempts: Vec<Attempt>,
    pub(in crate::domain::mail) until: Timestamp,
}

/// How a mail was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain::mail) struct Written {
    pub(in crate::domain::mail) locale: String,
    pub(in crate::domain::mail) source: TemplateSource,
}

/// What is to become of a row that was held.
#[derive(Clone, Debug)]
pub(in crate::domain::mail) struct Release {
    pub(in crate::domain::mail) status: DeliveryStatus,
    pub(in crate::domain::mail) last_error: Option<String>,
    pub(in crate::domain::mail) tried: i64,
    pub(in crate::domain::mail) attempts: Vec<Attempt>,
    /// `None` leaves what an earlier try wrote.
    pub(in crate::domain::mail) written: Option<Written>,
    pub(in crate::domain::mail) next: Next,
}

/// Whether a mail is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain::mail) enum Next {
    /// Never; its secret goes in the same statement.
    Over(Timestamp),
    /// At that time; its secret stays.
    At(Timestamp),
}

/// What waits and is due, longest due first, but for mails to these domains.
///
/// `Why:` kinds are named, so that a replica of an older release leaves newer mails alone. One status
/// and no second order, so that the index gives the first rows of many without sorting them all.
pub(in crate::domain::mail) async fn waiting(
    db: &impl ConnectionTrait,
    now: Timestamp,
    busy: &[String],
    limit: u64,
) -> Result<Vec<Candidate>, Internal> {
    candidates(db, is_waiting(now), busy, limit).await
}

/// What may have gone out already and is to be tried again: after a lost answer, or from a worker
/// that died. There are few of them.
pub(in crate::domain::mail) async fn uncertain(
    db: &impl ConnectionTrait,
    now: Timestamp,
    busy: &[String],
    limit: u64,
) -> Result<Vec<Candidate>, Internal> {
    candidates(db, is_uncertain(now), busy, limit).await
}

fn is_waiting(now: Timestamp) -> Condition {
    Condition::all()
        .add(Column::Status.eq(DeliveryStatus::Queued.name()))
        .add(Column::NextAttemptAt.lte(now.as_millis()))
}

fn is_uncertain(now: Timestamp) -> Condition {
    let now = now.as_millis();
    let lost = Column::Status
        .eq(DeliveryStatus::Unknown.name())
        .and(Column::NextAttemptAt.lte(now));
    let left = Column::Status
        .eq(DeliveryStatus::Sending.name())
        .and(Column::ClaimedUntil.lt(now));
    Condition::any().add(lost).add(left)
}

async fn candidates(
    db: &impl ConnectionTrait,
    which: Condition,
    busy: &[String],
    limit: u64,
) -> Result<Vec<Candidate>, Internal> {
    let mut query = Entity::find()
        .select_only()
        .columns([Column::Id, Column::RecipientDomain])
        .filter(which)
        .filter(Column::Kind.is_in(MailKind::ALL.map(MailKind::name)))
        .order_by_asc(Column::NextAttemptAt)
        .limit(limit);
    if !busy.is_empty() {
        query = query.filter(Column::RecipientDomain.is_not_in(busy));
    }
    let rows: Vec<(Uuid, String)> = query.into_tuple().all(db).await?;
    let candidate = |(id, domain)| Candidate { id, domain };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Mails that workers hold now, of every replica, by their domain.
pub(in crate::domain::mail) async fn held(
    db: &impl ConnectionTrait,
    now: Timestamp,
) -> Result<HashMap<String, u32>, Internal> {
    let rows: Vec<String> = Entity::find()
        .select_only()
        .column(Column::RecipientDomain)
        .filter(Column::Status.eq(DeliveryStatus::Sending.name()))
        .filter(Column::ClaimedUntil.gte(now.as_millis()))
        .into_tuple()
        .all(db)
        .await?;
    let mut held = HashMap::new();
    for domain in rows {
        *held.entry(domain).or_default() += 1;
    }
    Ok(held)
}

/// Those of these mails that still are due, as they are now, in the order of their ids.
///
/// `Why:` since they were chosen another worker may have claimed one, and a claim takes what it has seen.
pub(in crate::domain::mail) async fn read(
    db: &impl ConnectionTrait,
    now: Timestamp,
    ids: &[Uuid],
) -> Result<Vec<Due>, Internal> {
    let is_due = Condition::any().add(is_waiting(now)).add(is_uncertain(now));
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(is_due)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(due).collect())
}

fn due(row: Model) -> Option<Due> {
    Some(Due {
        id: MailDeliveryId::from_uuid(row.id),
        kind: MailKind::parse(&row.kind)?,
        status: DeliveryStatus::parse(&row.status)?,
        details: serde_json::from_str(&row.details).ok(),
        recipient: row.recipient,
        recipient_key: row.recipient_key,
        recipient_domain: row.recipient_domain,
        recipient_name: row.recipient_name,
        locale: row.locale,
        secret_sealed: row.secret_sealed,
        expires_at: Timestamp::from_millis(row.expires_at),
        created_at: Timestamp::from_millis(row.created_at),
        message_id: row.message_id,
        tried: row.attempt_count,
        used_up: row.attempt_count - row.attempts_at_retry,
        attempts: serde_json::from_str(&row.attempts).unwrap_or_default(),
        last_error: row.last_error,
        claimed_until: row.claimed_until,
    })
}

/// Takes a row that still is as `seen`. `false` when another worker was first.
pub(in crate::domain::mail) async fn claim(
    db: &impl ConnectionTrait,
    seen: &Due,
    claim: &Claim,
) -> Result<bool, Internal> {
    let as_seen = match seen.claimed_until {
        Some(until) => Column::ClaimedUntil.eq(until),
        None => Column::ClaimedUntil.is_null(),
    };
    let updated = Entity::update_many()
        .col_expr(Column::Status, Expr::value(DeliveryStatus::Sending.name()))
        .col_expr(Column::AttemptCount, Expr::value(claim.tried))
        .col_expr(Column::Attempts, Expr::value(text(&claim.attempts)?))
        .col_expr(Column::ClaimedBy, Expr::value(claim.by.uuid()))
        .col_expr(Column::ClaimedUntil, Expr::value(claim.until.as_millis()))
        .filter(Column::Id.eq(seen.id.uuid()))
        .filter(Column::Status.eq(seen.status.name()))
        .filter(Column::AttemptCount.eq(seen.tried))
        .filter(as_seen)
        // An administrator may have ended one that stays UNKNOWN.
        .filter(Column::FinishedAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Gives up a claim and writes down what came of it. `false` when the claim was lost before.
pub(in crate::domain::mail) async fn release(
    db: &impl ConnectionTrait,
    claim: &Claim,
    release: &Release,
) -> Result<bool, Internal> {
    let mut update = Entity::update_many()
        .col_expr(Column::Status, Expr::value(release.status.name()))
        .col_expr(Column::LastError, Expr::value(release.last_error.clone()))
        .col_expr(Column::AttemptCount, Expr::value(release.tried))
        .col_expr(Column::Attempts, Expr::value(text(&release.attempts)?))
        .col_expr(Column::ClaimedBy, Expr::value(Value::Uuid(None)))
        .col_expr(Column::ClaimedUntil, Expr::value(Value::BigInt(None)));
    if let Some(Written { locale, source }) = &release.written {
        update = update
            .col_expr(Column::WrittenLocale, Expr::value(locale.clone()))
            .col_expr(Column::TemplateSource, Expr::value(source.name()));
    }
    update = match release.next {
        Next::At(at) => update.col_expr(Column::NextAttemptAt, Expr::value(at.as_millis())),
        Next::Over(at) => {
            let at = at.as_millis();
            let sent_at = (release.status == DeliveryStatus::Sent).then_some(at);
            update
                .col_expr(Column::SecretSealed, Expr::value(Value::Bytes(None)))
                .col_expr(Column::NextAttemptAt, Expr::value(Value::BigInt(None)))
                .col_expr(Column::FinishedAt, Expr::value(at))
                .col_expr(Column::SentAt, Expr::value(sent_at))
        }
    };
    // One that was given up meanwhile, with its user, stays so.
    let updated = update
        .filter(Column::Id.eq(claim.id.uuid()))
        .filter(Column::Status.eq(DeliveryStatus::Sending.name()))
        .filter(Column::ClaimedBy.eq(claim.by.uuid()))
        .filter(Column::AttemptCount.eq(claim.tried))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Whether a mail still goes to a user at this address. One for trying out does not; nor any once its user was
/// forgotten.
pub(in crate::domain::mail) async fn goes_to_user(
    db: &impl ConnectionTrait,
    id: MailDeliveryId,
    address_key: &str,
) -> Result<bool, Internal> {
    let found: Option<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::RecipientKey.eq(address_key))
        .filter(Column::UserId.is_not_null())
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

fn text(attempts: &[Attempt]) -> Result<String, Internal> {
    serde_json::to_string(attempts).map_err(Internal::while_doing("writing what became of a mail"))
}
