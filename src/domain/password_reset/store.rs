//! Every query on requests that wait, and the time of a sign-in by link.
//!
//! `Locks:` none. A claim is one UPDATE that holds only if the row still is as it was read.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::platform::db::Txn;
use crate::platform::entities::password_reset_request::{ActiveModel, Column, Entity, Model};
use crate::platform::entities::user;
use crate::types::actor::{Origin, Via};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{ResetRequestId, UserId};

/// A request to be written down.
pub(super) struct NewRequest<'a> {
    pub(super) id: ResetRequestId,
    pub(super) login_sealed: Vec<u8>,
    pub(super) flow_hash: [u8; 32],
    pub(super) redirect_url: Option<String>,
    pub(super) origin: &'a Origin,
    pub(super) now: Timestamp,
}

/// A request that waits, as it was read.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) id: ResetRequestId,
    pub(super) login_sealed: Vec<u8>,
    /// `None` where the column is damaged.
    pub(super) flow_hash: Option<[u8; 32]>,
    pub(super) redirect_url: Option<String>,
    pub(super) origin: Origin,
    pub(super) created_at: Timestamp,
    pub(super) attempts: i64,
    claimed_until: i64,
}

/// Whether at least that many wait.
pub(super) async fn is_long(db: &impl ConnectionTrait, most: u64) -> Result<bool, Internal> {
    let beyond: Option<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .offset(most.saturating_sub(1))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(beyond.is_some())
}

pub(super) async fn insert(db: &impl ConnectionTrait, new: NewRequest<'_>) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(new.id.uuid()),
        login_sealed: Set(new.login_sealed),
        flow_hash: Set(new.flow_hash.to_vec()),
        // Of earlier releases: the language of a mail is its reader's, not that of whoever asks.
        locale: Set(None),
        redirect_url: Set(new.redirect_url),
        via: Set(new.origin.via.name().to_owned()),
        request_id: Set(new.origin.request_id.clone()),
        ip_address: Set(new.origin.ip_address.clone()),
        user_agent: Set(new.origin.user_agent.clone()),
        created_at: Set(new.now.as_millis()),
        attempts: Set(0),
        claimed_until: Set(0),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// What may be claimed now, oldest first: what waits, and what a worker held that died.
pub(super) async fn due(
    db: &impl ConnectionTrait,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Waiting>, Internal> {
    let rows = Entity::find()
        .filter(Column::ClaimedUntil.lte(now.as_millis()))
        .order_by_asc(Column::ClaimedUntil)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(waiting).collect())
}

fn waiting(row: Model) -> Waiting {
    Waiting {
        id: ResetRequestId::from_uuid(row.id),
        login_sealed: row.login_sealed,
        flow_hash: row.flow_hash.try_into().ok(),
        redirect_url: row.redirect_url,
        origin: Origin {
            via: Via::parse(&row.via),
            request_id: row.request_id,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            devices: Vec::new(),
        },
        created_at: Timestamp::from_millis(row.created_at),
        attempts: row.attempts,
        claimed_until: row.claimed_until,
    }
}

/// Takes a request for a while, and counts that. `None` when another worker has it.
pub(super) async fn claim(
    db: &impl ConnectionTrait,
    request: &Waiting,
    until: Timestamp,
) -> Result<Option<Waiting>, Internal> {
    let attempts = request.attempts + 1;
    let claimed = Entity::update_many()
        .col_expr(Column::ClaimedUntil, Expr::value(until.as_millis()))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .filter(Column::Id.eq(request.id.uuid()))
        .filter(Column::ClaimedUntil.eq(request.claimed_until))
        .filter(Column::Attempts.eq(request.attempts))
        .exec(db)
        .await?;
    Ok((claimed.rows_affected == 1).then(|| Waiting {
        attempts,
        claimed_until: until.as_millis(),
        ..request.clone()
    }))
}

/// Ends a request that this worker still holds. `false` when another one has taken it over.
pub(super) async fn finish(db: &impl ConnectionTrait, request: &Waiting) -> Result<bool, Internal> {
    let deleted = Entity::delete_many()
        .filter(Column::Id.eq(request.id.uuid()))
        .filter(Column::ClaimedUntil.eq(request.claimed_until))
        .filter(Column::Attempts.eq(request.attempts))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected == 1)
}

/// Notes when a user signed in, for a link that does so.
pub(super) async fn note_sign_in(txn: &Txn, id: UserId, now: Timestamp) -> Result<(), Internal> {
    user::Entity::update_many()
        .col_expr(user::Column::LastSignInAt, Expr::value(now.as_millis()))
        .filter(user::Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    Ok(())
}
