//! Places in the chain. An event's row is changed here alone, once.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
};
use uuid::Uuid;

use super::super::chain::Place;
use super::super::row::Row;
use super::super::seal::Unsealed;
use crate::platform::entities::audit_event::{Column, Entity, Model};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

pub(super) fn row(model: Model) -> Row {
    Row {
        id: AuditEventId::from_uuid(model.id),
        action: model.action,
        outcome: model.outcome,
        error_code: model.error_code,
        actor_kind: model.actor_kind,
        actor_id: model.actor_id,
        actor_label: model.actor_label,
        user: model.user_id.map(UserId::from_uuid),
        target_label: model.target_label,
        changes: model.changes,
        reason: model.reason,
        via: model.via,
        request_id: model.request_id,
        ip_address: model.ip_address,
        user_agent: model.user_agent,
        occurred_at: Timestamp::from_millis(model.occurred_at),
        mac: model.mac,
        sequence: model.sequence,
        chain_hash: model.chain_hash,
    }
}

/// The place of the last sealed event.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<Option<Place>, Internal> {
    end(db, Entity::find().order_by_desc(Column::Sequence)).await
}

/// The place with this sequence.
pub(crate) async fn place_at(
    db: &impl ConnectionTrait,
    sequence: i64,
) -> Result<Option<Place>, Internal> {
    end(db, Entity::find().filter(Column::Sequence.eq(sequence))).await
}

async fn end(
    db: &impl ConnectionTrait,
    query: sea_orm::Select<Entity>,
) -> Result<Option<Place>, Internal> {
    let found: Option<(Option<i64>, Option<Vec<u8>>)> = query
        .filter(Column::Sequence.is_not_null())
        .select_only()
        .column(Column::Sequence)
        .column(Column::ChainHash)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.and_then(|(sequence, chain_hash)| {
        Some(Place {
            sequence: sequence?,
            // Taken away by somebody: then nothing fits any more, which `verify` says.
            chain_hash: chain_hash.unwrap_or_default(),
        })
    }))
}

/// Events that wait for a place, in the order of making.
pub(crate) async fn unsealed(
    db: &impl ConnectionTrait,
    most: u64,
) -> Result<Vec<Unsealed>, Internal> {
    let found: Vec<(Uuid, Option<Vec<u8>>)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::Mac)
        .filter(Column::Sequence.is_null())
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    let read = |(id, mac)| Unsealed { id, mac };
    Ok(found.into_iter().map(read).collect())
}

/// Gives events their places. Gives how many had none before.
pub(crate) async fn place(
    db: &impl ConnectionTrait,
    places: Vec<(Uuid, Place)>,
) -> Result<u64, Internal> {
    let rows: Vec<String> = (0..places.len())
        .map(|row| {
            let first = row * 3 + 1;
            format!("(${first}, ${}, ${})", first + 1, first + 2)
        })
        .collect();
    let sql = format!(
        "WITH sealed (id, sequence, chain_hash) AS (VALUES {}) \
         UPDATE audit_events SET sequence = sealed.sequence, chain_hash = sealed.chain_hash \
         FROM sealed WHERE audit_events.id = sealed.id AND audit_events.sequence IS NULL",
        rows.join(", ")
    );
    let values = places.into_iter().flat_map(|(id, place)| {
        let Place {
            sequence,
            chain_hash,
        } = place;
        [Value::from(id), sequence.into(), chain_hash.into()]
    });
    let backend = db.get_database_backend();
    let done = db
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(done.rows_affected())
}

pub(crate) async fn count_without_mac(db: &impl ConnectionTrait) -> Result<u64, Internal> {
    Ok(Entity::find()
        .filter(Column::Mac.is_null())
        .filter(Column::Sequence.is_null())
        .count(db)
        .await?)
}

/// Events from before there were macs, in the order of making.
pub(crate) async fn without_mac(
    db: &impl ConnectionTrait,
    most: u64,
) -> Result<Vec<Row>, Internal> {
    let rows = Entity::find()
        .filter(Column::Mac.is_null())
        .filter(Column::Sequence.is_null())
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(row).collect())
}

pub(crate) async fn set_mac(
    db: &impl ConnectionTrait,
    id: AuditEventId,
    mac: &[u8],
) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::Mac, Expr::value(mac.to_vec()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::Mac.is_null())
        .exec(db)
        .await?;
    Ok(())
}
