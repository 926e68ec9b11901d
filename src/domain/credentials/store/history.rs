//! Every query on the hashes of earlier passwords: which may not come back, and how long they are kept.
//!
//! Only chosen passwords take a place. The newest one that the server made is kept besides while a
//! password that nobody chose stands in its place: a reset means that it had to go.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::{PasswordOrigin, Stored, find};
use crate::platform::entities::password_history::{ActiveModel, Column, Entity, Model};
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::{AuditEventId, UserId};

/// The hashes of all passwords that may not come back, the present one first; none when `count` is 0.
pub(in crate::domain::credentials) async fn refused(
    db: &impl ConnectionTrait,
    user: UserId,
    count: u32,
) -> Result<Vec<String>, Internal> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let present = find(db, user).await?;
    let origin = present
        .as_ref()
        .map_or(PasswordOrigin::Temporary, |present| present.origin);
    let earlier = kept(db, user, origin, count).await?;
    Ok(present
        .into_iter()
        .map(|present| present.password_hash)
        .chain(earlier.into_iter().map(|row| row.password_hash))
        .collect())
}

/// One password that takes the place of another.
pub(in crate::domain::credentials) struct Replaced<'a> {
    /// The password until now.
    pub(in crate::domain::credentials) previous: Option<&'a Stored>,
    /// Where the new one came from.
    pub(in crate::domain::credentials) by: PasswordOrigin,
    /// When.
    pub(in crate::domain::credentials) now: Timestamp,
    /// `policy.history_count`.
    pub(in crate::domain::credentials) count: u32,
}

/// Takes the replaced password in, unless it was temporary, and lets go of what the policy no longer
/// asks for.
pub(in crate::domain::credentials) async fn replaced(
    db: &impl ConnectionTrait,
    user: UserId,
    change: Replaced<'_>,
) -> Result<(), Internal> {
    let Replaced {
        previous,
        by,
        now,
        count,
    } = change;
    let taken = previous.filter(|row| count > 0 && row.origin != PasswordOrigin::Temporary);
    if let Some(previous) = taken {
        let row = ActiveModel {
            id: Set(AuditEventId::new(now).uuid()),
            user_id: Set(user.uuid()),
            password_hash: Set(previous.password_hash.clone()),
            replaced_at: Set(now.as_millis()),
            origin: Set(previous.origin.name().to_owned()),
        };
        Entity::insert(row).exec_without_returning(db).await?;
    }
    let kept = kept(db, user, by, count).await?;
    let kept: Vec<Uuid> = kept.into_iter().map(|row| row.id).collect();
    Entity::delete_many()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Id.is_not_in(kept))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets them all.
pub(in crate::domain::credentials) async fn delete(
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<(), Internal> {
    Entity::delete_many()
        .filter(Column::UserId.eq(user.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

/// The earlier passwords that are refused beside a present one of this origin.
async fn kept(
    db: &impl ConnectionTrait,
    user: UserId,
    present: PasswordOrigin,
    count: u32,
) -> Result<Vec<Model>, Internal> {
    let generated = PasswordOrigin::Generated.name();
    let mut kept = newest(user, Column::Origin.ne(generated))
        .limit(u64::from(present.earlier_beside(count)))
        .all(db)
        .await?;
    if count > 0 && present != PasswordOrigin::Chosen {
        let made = newest(user, Column::Origin.eq(generated)).limit(1);
        kept.extend(made.all(db).await?);
    }
    Ok(kept)
}

fn newest(user: UserId, of: Expr) -> Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(of)
        .order_by_desc(Column::ReplacedAt)
        .order_by_desc(Column::Id)
}
