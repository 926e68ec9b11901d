//! Every query on the outbox that people cause: putting in, listing, sweeping.
//!
//! What the worker asks stands in `store/queue.rs`, what administrators change in `store/by_hand.rs`.

pub(super) mod by_hand;
pub(super) mod failing;
pub(super) mod queue;
pub mod texts;
pub(super) mod withdraw;

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::{
    Delivery, DeliveryFilter, DeliveryStatus, MailKind, NewEmail, Progress, TemplateSource,
};
use crate::platform::db::{Txn, delete_some};
use crate::platform::entities::outbox_email::{Column, Entity, Model};
use crate::platform::keyset::{self, Sorting};
use crate::platform::pagination::{Page, PageRequest, Position, SortValue};
use crate::types::actor::Actor;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{MailDeliveryId, UserId};

/// Newest first; ids break ties in the order of making.
const SORTING: Sorting<Column> = Sorting {
    column: Column::CreatedAt,
    id: Column::Id,
    nullable: false,
    descending: true,
};

/// A mail with everything that was decided when it was queued.
pub(super) struct NewRow {
    pub(super) email: NewEmail,
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) locale: String,
    pub(super) message_id: String,
    pub(super) now: Timestamp,
}

pub(super) async fn insert(txn: &Txn, actor: &Actor, new: NewRow) -> Result<Delivery, Internal> {
    let details = serde_json::to_string(&new.email.details)
        .map_err(Internal::while_doing("writing what a mail says"))?;
    let row = Model {
        id: new.email.id.uuid(),
        kind: new.email.kind.name().to_owned(),
        user_id: new.email.user.map(UserId::uuid),
        recipient: new.email.recipient,
        recipient_domain: domain_of(&new.email.recipient_key).to_owned(),
        recipient_key: new.email.recipient_key,
        recipient_name: new.email.recipient_name,
        locale: new.locale,
        written_locale: None,
        template_source: None,
        details,
        had_secret: new.sealed.is_some(),
        secret_sealed: new.sealed,
        expires_at: new.email.expires_at.as_millis(),
        message_id: new.message_id,
        status: DeliveryStatus::Queued.name().to_owned(),
        attempt_count: 0,
        attempts_at_retry: 0,
        attempts: "[]".to_owned(),
        next_attempt_at: Some(new.now.as_millis()),
        claimed_by: None,
        claimed_until: None,
        last_error: None,
        requested_by_kind: actor.kind_name().to_owned(),
        requested_by_id: actor.id(),
        requested_by_label: actor.label.clone(),
        created_at: new.now.as_millis(),
        finished_at: None,
        sent_at: None,
    };
    Entity::insert(row.clone().into_active_model().reset_all())
        .exec_without_returning(txn)
        .await?;
    Ok(delivery(row))
}

/// The part behind the `@`, which decides how many mails go there at once.
fn domain_of(key: &str) -> &str {
    key.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Makes the mails to a user say nothing of them; those not yet sent are given up.
///
/// `Locks:` the mails, in the order in which workers take them.
pub async fn forget_user(txn: &Txn, user: UserId, now: Timestamp) -> Result<(), Internal> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(user.uuid()))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .into_tuple::<Uuid>()
        .all(txn)
        .await?;
    failing::forget_user(txn, user).await?;
    let open = [DeliveryStatus::Queued, DeliveryStatus::Sending].map(DeliveryStatus::name);
    Entity::update_many()
        .col_expr(Column::NextAttemptAt, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(now.as_millis()))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Status.eq(DeliveryStatus::Unknown.name()))
        .filter(Column::FinishedAt.is_null())
        .exec(txn)
        .await?;
    Entity::update_many()
        .col_expr(
            Column::Status,
            Expr::value(DeliveryStatus::Cancelled.name()),
        )
        .col_expr(Column::NextAttemptAt, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(now.as_millis()))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Status.is_in(open))
        .exec(txn)
        .await?;
    Entity::update_many()
        .col_expr(Column::Recipient, Expr::value("deleted"))
        .col_expr(Column::RecipientKey, Expr::value("deleted"))
        .col_expr(Column::RecipientDomain, Expr::value("deleted"))
        .col_expr(Column::RecipientName, Expr::value(None::<String>))
        .col_expr(Column::Details, Expr::value("{}"))
        .col_expr(Column::SecretSealed, Expr::value(None::<Vec<u8>>))
        .filter(Column::UserId.eq(user.uuid()))
        .exec(txn)
        .await?;
    Ok(())
}

fn filtered(filter: &DeliveryFilter) -> Select<Entity> {
    let mut all = Condition::all();
    if let Some(kinds) = &filter.kinds {
        all = all.add(Column::Kind.is_in(kinds.iter().map(|kind| kind.name())));
    }
    if let Some(statuses) = &filter.statuses {
        all = all.add(Column::Status.is_in(statuses.iter().map(|status| status.name())));
    }
    if let Some(key) = &filter.recipient_key {
        all = all.add(Column::RecipientKey.eq(key));
    }
    if let Some(domain) = &filter.recipient_domain {
        all = all.add(Column::RecipientDomain.eq(domain));
    }
    if let Some(users) = &filter.users {
        all = all.add(Column::UserId.is_in(users.iter().map(|user| user.uuid())));
    }
    if let Some(from) = filter.from {
        all = all.add(Column::CreatedAt.gte(from.as_millis()));
    }
    if let Some(until) = filter.until {
        all = all.add(Column::CreatedAt.lt(until.as_millis()));
    }
    Entity::find().filter(all)
}

fn position(row: &Model) -> Position {
    Position {
        value: SortValue::Number(row.created_at),
        id: row.id,
    }
}

pub(super) async fn page(
    db: &impl ConnectionTrait,
    filter: &DeliveryFilter,
    request: &PageRequest,
) -> Result<Page<Delivery>, Internal> {
    let rows = keyset::fetch(db, filtered(filter), SORTING, request, position).await?;
    Ok(rows.map(delivery))
}

pub(super) async fn count(
    db: &impl ConnectionTrait,
    filter: &DeliveryFilter,
) -> Result<u64, Internal> {
    Ok(filtered(filter).count(db).await?)
}

pub(super) async fn pages_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    filter: &DeliveryFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<Delivery>>, Internal> {
    let pages = keyset::fetch_for_each(
        db,
        filtered(filter),
        (Column::UserId, users),
        SORTING,
        request,
        |row| (row.user_id, position(row)),
    )
    .await?;
    Ok(pages
        .into_iter()
        .map(|(user, page)| (user, page.map(delivery)))
        .collect())
}

pub(super) async fn counts_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    filter: &DeliveryFilter,
) -> Result<HashMap<Uuid, u64>, Internal> {
    keyset::count_for_each(db, filtered(filter), Column::UserId, users).await
}

pub(super) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[MailDeliveryId],
) -> Result<Vec<Delivery>, Internal> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(delivery).collect())
}

/// Status and tries of those that are there.
pub(super) async fn progress(
    db: &impl ConnectionTrait,
    ids: &[MailDeliveryId],
) -> Result<Vec<(MailDeliveryId, Progress)>, Internal> {
    let rows: Vec<(Uuid, String, i64, Option<i64>)> = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Status,
            Column::AttemptCount,
            Column::NextAttemptAt,
        ])
        .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(db)
        .await?;
    let read = |(id, status, tries, next): (Uuid, String, i64, Option<i64>)| {
        let progress = Progress {
            status: read_status(&status),
            tries: read_tries(tries),
            next_attempt_at: next.map(Timestamp::from_millis),
        };
        (MailDeliveryId::from_uuid(id), progress)
    };
    Ok(rows.into_iter().map(read).collect())
}

fn read_status(name: &str) -> DeliveryStatus {
    DeliveryStatus::parse(name).unwrap_or(DeliveryStatus::Unknown)
}

fn read_tries(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) async fn delete_finished_before(
    db: &impl ConnectionTrait,
    before: Timestamp,
    most: u64,
) -> Result<u64, Internal> {
    let due = Condition::all().add(Column::FinishedAt.lt(before.as_millis()));
    delete_some::<Entity>(db, Column::FinishedAt, due, most).await
}

/// `Why:` a kind or status unknown here was written by a newer release sharing the database; it is
/// shown as the nearest thing that promises nothing rather than hidden.
fn delivery(row: Model) -> Delivery {
    let is_sending = read_status(&row.status) == DeliveryStatus::Sending;
    let next_attempt_at = row.next_attempt_at.filter(|_| !is_sending);
    Delivery {
        id: MailDeliveryId::from_uuid(row.id),
        kind: MailKind::parse(&row.kind).unwrap_or(MailKind::Test),
        status: read_status(&row.status),
        recipient: row.recipient,
        user: row.user_id.map(UserId::from_uuid),
        wanted_locale: row.locale,
        written_locale: row.written_locale,
        template_source: row
            .template_source
            .as_deref()
            .and_then(TemplateSource::parse),
        attempt_count: read_tries(row.attempt_count),
        attempts: serde_json::from_str(&row.attempts).unwrap_or_default(),
        details: serde_json::from_str(&row.details).ok(),
        had_secret: row.had_secret,
        keeps_secret: row.secret_sealed.is_some(),
        last_error: row.last_error,
        expires_at: Timestamp::from_millis(row.expires_at),
        // Of a mail that is being sent it is when this try was due.
        next_attempt_at: next_attempt_at.map(Timestamp::from_millis),
        requested_by_label: row.requested_by_label,
        created_at: Timestamp::from_millis(row.created_at),
        sent_at: row.sent_at.map(Timestamp::from_millis),
        message_id: row.message_id,
    }
}
