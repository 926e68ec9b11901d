//! Every query of the audit trail.

mod chain;
mod whole;
mod windows;

use std::collections::HashMap;

use sea_orm::sea_query::Condition;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::row::Row;
use super::{AuditAction, AuditEvent, Change, EventFilter, Outcome};
use crate::platform::db::{self, Txn};
use crate::platform::entities::audit_event::{ActiveModel, Column, Entity, Model};
use crate::platform::keyset::{self, Sorting};
use crate::platform::pagination::{Page, PageRequest, Position, SortValue};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

pub(super) use chain::{count_without_mac, head, place, place_at, set_mac, unsealed, without_mac};
pub(super) use whole::{
    by_id, delete_up_to, last_pruned, oldest, recorded_after, sealed_after, unsealed_after,
};
pub(super) use windows::{
    count_windows, count_windows_of, delete_window, open_window, raise_window, window, windows_over,
};

/// Newest first; ids break ties in the order of making.
const SORTING: Sorting<Column> = Sorting {
    column: Column::OccurredAt,
    id: Column::Id,
    nullable: false,
    descending: true,
};

pub(super) async fn insert(txn: &Txn, row: Row) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(row.id.uuid()),
        action: Set(row.action),
        outcome: Set(row.outcome),
        error_code: Set(row.error_code),
        actor_kind: Set(row.actor_kind),
        actor_id: Set(row.actor_id),
        actor_label: Set(row.actor_label),
        user_id: Set(row.user.map(UserId::uuid)),
        target_label: Set(row.target_label),
        changes: Set(row.changes),
        reason: Set(row.reason),
        via: Set(row.via),
        request_id: Set(row.request_id),
        ip_address: Set(row.ip_address),
        user_agent: Set(row.user_agent),
        occurred_at: Set(row.occurred_at.as_millis()),
        mac: Set(row.mac),
        sequence: Set(row.sequence),
        chain_hash: Set(row.chain_hash),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    db::announce(txn).await
}

fn filtered(filter: &EventFilter) -> Select<Entity> {
    let mut all = Condition::all();
    if let Some(actions) = &filter.actions {
        all = all.add(Column::Action.is_in(actions.iter().map(|action| action.name())));
    }
    if let Some(outcomes) = &filter.outcomes {
        all = all.add(Column::Outcome.is_in(outcomes.iter().map(|outcome| outcome.name())));
    }
    if let Some(kinds) = &filter.actor_kinds {
        all = all.add(Column::ActorKind.is_in(kinds.iter().copied()));
    }
    if let Some(actors) = &filter.actors {
        all = all.add(Column::ActorId.is_in(actors.iter().copied()));
    }
    if let Some(users) = &filter.users {
        all = all.add(Column::UserId.is_in(users.iter().map(|user| user.uuid())));
    }
    if let Some(request_id) = &filter.request_id {
        all = all.add(Column::RequestId.eq(request_id));
    }
    if let Some(from) = filter.from {
        all = all.add(Column::OccurredAt.gte(from.as_millis()));
    }
    if let Some(until) = filter.until {
        all = all.add(Column::OccurredAt.lt(until.as_millis()));
    }
    Entity::find().filter(all)
}

fn position(row: &Model) -> Position {
    Position {
        value: SortValue::Number(row.occurred_at),
        id: row.id,
    }
}

pub(super) async fn page(
    db: &impl ConnectionTrait,
    filter: &EventFilter,
    request: &PageRequest,
) -> Result<Page<AuditEvent>, Internal> {
    Ok(
        keyset::fetch(db, filtered(filter), SORTING, request, position)
            .await?
            .map(event),
    )
}

pub(super) async fn count(
    db: &impl ConnectionTrait,
    filter: &EventFilter,
) -> Result<u64, Internal> {
    Ok(filtered(filter).count(db).await?)
}

pub(super) async fn pages_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    filter: &EventFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<AuditEvent>>, Internal> {
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
        .map(|(user, page)| (user, page.map(event)))
        .collect())
}

pub(super) async fn counts_by_user(
    db: &impl ConnectionTrait,
    users: &[Uuid],
    filter: &EventFilter,
) -> Result<HashMap<Uuid, u64>, Internal> {
    keyset::count_for_each(db, filtered(filter), Column::UserId, users).await
}

pub(super) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[AuditEventId],
) -> Result<Vec<AuditEvent>, Internal> {
    matching(db, ids, &EventFilter::default()).await
}

/// Those of the given events that meet the conditions, in the order of making.
pub(super) async fn matching(
    db: &impl ConnectionTrait,
    ids: &[AuditEventId],
    filter: &EventFilter,
) -> Result<Vec<AuditEvent>, Internal> {
    let rows = filtered(filter)
        .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(event).collect())
}

/// Which events there are from this id on, in the order of making.
pub(super) async fn ids_from(
    db: &impl ConnectionTrait,
    first: AuditEventId,
) -> Result<Vec<AuditEventId>, Internal> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.gte(first.uuid()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(AuditEventId::from_uuid).collect())
}

/// `Why:` an unknown action was written by a newer release sharing the database; it is shown as the
/// change of a user rather than hidden. Likewise an unknown outcome as a failure.
fn event(row: Model) -> AuditEvent {
    AuditEvent {
        id: AuditEventId::from_uuid(row.id),
        action: AuditAction::parse(&row.action).unwrap_or(AuditAction::UserUpdated),
        outcome: Outcome::parse(&row.outcome).unwrap_or(Outcome::Failed),
        error_code: row.error_code,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_label: row.actor_label,
        user: row.user_id.map(UserId::from_uuid),
        target_label: row.target_label,
        changes: serde_json::from_str::<Vec<Change>>(&row.changes).unwrap_or_default(),
        reason: row.reason,
        via: row.via,
        request_id: row.request_id,
        ip_address: row.ip_address,
        user_agent: row.user_agent,
        occurred_at: Timestamp::from_millis(row.occurred_at),
    }
}
