//! Every query on sessions.

pub(super) mod devices;
mod read;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, UpdateMany,
};
use uuid::Uuid;

use super::Session;
use crate::platform::app::App;
use crate::platform::db::{Budget, Cleaned, Txn, delete_some};
use crate::platform::entities::session::{ActiveModel, Column, Entity};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};
use crate::types::secret::Secret;

pub(super) use read::{by_ids, by_token, counts_by_user, last_used, pages_by_user};

pub(super) async fn insert(
    txn: &Txn,
    session: &Session,
    token: &Secret,
    credential_version: i64,
) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(session.id.uuid()),
        user_id: Set(session.user.uuid()),
        token_hash: Set(token.sha256().to_vec()),
        credential_version: Set(credential_version),
        created_at: Set(session.created_at.as_millis()),
        last_used_at: Set(session.last_used_at.as_millis()),
        expires_at: Set(session.expires_at.as_millis()),
        ended_at: Set(None),
        transport: Set(session.transport.name().to_owned()),
        ip_address: Set(session.ip_address.clone()),
        user_agent: Set(session.user_agent.clone()),
        confirmed_until: Set(None),
        wrong_proofs: Set(0),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

pub(super) async fn touch(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: Timestamp,
) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::LastUsedAt.lt(now.as_millis()))
        .exec(db)
        .await?;
    Ok(())
}

/// Those of a user that could still be used.
fn live(user: UserId, now: Timestamp) -> SimpleExpr {
    Column::UserId
        .eq(user.uuid())
        .and(Column::EndedAt.is_null())
        .and(Column::ExpiresAt.gt(now.as_millis()))
}

fn ending(now: Timestamp) -> UpdateMany<Entity> {
    Entity::update_many().col_expr(Column::EndedAt, Expr::value(now.as_millis()))
}

/// Ends every session of a user. Gives how many there were.
pub async fn revoke_all(txn: &Txn, user: UserId, now: Timestamp) -> Result<u64, Internal> {
    let changed = ending(now).filter(live(user, now)).exec(txn).await?;
    Ok(changed.rows_affected)
}

/// Ends every session of a user but one. Gives how many there were.
pub async fn end_others(
    txn: &Txn,
    user: UserId,
    kept: SessionId,
    now: Timestamp,
) -> Result<u64, Internal> {
    let others = live(user, now).and(Column::Id.ne(kept.uuid()));
    let changed = ending(now).filter(others).exec(txn).await?;
    Ok(changed.rows_affected)
}

/// Ends one session. `false` when it had ended before.
pub async fn end(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: Timestamp,
) -> Result<bool, Internal> {
    let changed = ending(now)
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Ends a user's oldest sessions beyond the newest `kept`.
pub(super) async fn end_oldest(
    txn: &Txn,
    user: UserId,
    kept: u64,
    now: Timestamp,
) -> Result<(), Internal> {
    let beyond: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(live(user, now))
        .order_by_desc(Column::LastUsedAt)
        .order_by_desc(Column::Id)
        .offset(kept)
        .limit(1_000)
        .into_tuple()
        .all(txn)
        .await?;
    if !beyond.is_empty() {
        ending(now)
            .filter(Column::Id.is_in(beyond))
            .exec(txn)
            .await?;
    }
    Ok(())
}

/// Lets sessions that began with the password before the present one go on with it.
pub async fn carry_on(txn: &Txn, user: UserId, (from, to): (i64, i64)) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::CredentialVersion, Expr::value(to))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::CredentialVersion.eq(from))
        .filter(Column::EndedAt.is_null())
        .exec(txn)
        .await?;
    Ok(())
}

/// Gives a session another token and a window in which its person counts as confirmed.
///
/// Gives `false` when the session is over or stands on another password than was verified.
pub(super) async fn rotate(
    db: &impl ConnectionTrait,
    (id, credential_version): (SessionId, i64),
    token: &Secret,
    confirmed_until: Option<Timestamp>,
) -> Result<bool, Internal> {
    let until = confirmed_until.map(Timestamp::as_millis);
    let changed = Entity::update_many()
        .col_expr(Column::TokenHash, Expr::value(token.sha256().to_vec()))
        .col_expr(Column::ConfirmedUntil, Expr::value(until))
        .col_expr(Column::WrongProofs, Expr::value(0))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::CredentialVersion.eq(credential_version))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Counts a try at the person's own password before it is judged. `false` when there were too many.
pub(super) async fn count_try(
    db: &impl ConnectionTrait,
    id: SessionId,
    most: i64,
) -> Result<bool, Internal> {
    let changed = Entity::update_many()
        .col_expr(Column::WrongProofs, Expr::col(Column::WrongProofs).add(1))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::EndedAt.is_null())
        .filter(Column::WrongProofs.lt(most))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Takes the count of a try back that was not judged.
pub(super) async fn give_try_back(
    db: &impl ConnectionTrait,
    id: SessionId,
) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::WrongProofs, Expr::col(Column::WrongProofs).sub(1))
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::WrongProofs.gt(0))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn forget_tries(db: &impl ConnectionTrait, id: SessionId) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::WrongProofs, Expr::value(0))
        .filter(Column::Id.eq(id.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

/// Ends a session at which the last allowed try was wrong too.
pub(super) async fn end_when_tried(
    db: &impl ConnectionTrait,
    id: SessionId,
    most: i64,
    now: Timestamp,
) -> Result<bool, Internal> {
    let changed = ending(now)
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::EndedAt.is_null())
        .filter(Column::WrongProofs.gte(most))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Forgets where a user's sessions began from.
pub async fn forget_origins(txn: &Txn, user: UserId) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::IpAddress, Expr::value(None::<String>))
        .col_expr(Column::UserAgent, Expr::value(None::<String>))
        .filter(Column::UserId.eq(user.uuid()))
        .exec(txn)
        .await?;
    Ok(())
}

/// One session, without a check of rights: for the payload of an act that had its own.
pub async fn find(app: &App, id: SessionId) -> Result<Option<Session>, Internal> {
    let found = by_ids(app.db.read(), &[id], app.clock.now()).await?;
    Ok(found.into_iter().next())
}

/// Whether a session still works, read within a transaction. Its time is not asked for again.
pub async fn stands(txn: &Txn, id: SessionId, now: Timestamp) -> Result<bool, Internal> {
    let found = by_ids(txn, &[id], now).await?;
    let stands = |session: &Session| session.is_valid && session.ended_at.is_none();
    Ok(found.first().is_some_and(stands))
}

/// Deletes sessions that ended long ago: by their time, or before it.
///
/// `Why:` one after the other. A condition with "or" is looked for in the whole table.
pub async fn sweep(app: &App, budget: &Budget) -> Result<Cleaned, Internal> {
    let before = app.clock.now().minus(app.settings.database.keep.ended);
    let mut cleaned = Cleaned::default();
    for end in [Column::ExpiresAt, Column::EndedAt] {
        let due = Condition::all().add(end.lt(before.as_millis()));
        let db = app.db.write();
        cleaned += budget
            .in_batches(|most| delete_some::<Entity>(db, end, due.clone(), most))
            .await?;
    }
    Ok(cleaned)
}
