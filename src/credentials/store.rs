//! Every query on password hashes.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::clock::Timestamp;
use crate::entities::{credential, password_history};
use crate::error::Internal;
use crate::ids::{AuditEventId, UserId};

pub(super) struct Stored {
    pub(super) password_hash: String,
    pub(super) version: i64,
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<Option<Stored>, Internal> {
    let row = credential::Entity::find_by_id(user.uuid()).one(db).await?;
    Ok(row.map(|row| Stored {
        password_hash: row.password_hash,
        version: row.version,
    }))
}

/// What a change has done to the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// Before; 0 when there was no password.
    pub before: i64,
    /// Since.
    pub now: i64,
}

/// The present hash and those before it, newest first, `count` in all.
pub(super) async fn latest_hashes(
    db: &impl ConnectionTrait,
    user: UserId,
    count: u32,
) -> Result<Vec<String>, Internal> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let earlier = password_history::Entity::find()
        .filter(password_history::Column::UserId.eq(user.uuid()))
        .order_by_desc(password_history::Column::ReplacedAt)
        .limit(u64::from(count - 1))
        .all(db)
        .await?;
    let present = find(db, user).await?.map(|stored| stored.password_hash);
    Ok(present
        .into_iter()
        .chain(earlier.into_iter().map(|row| row.password_hash))
        .collect())
}

/// Every change raises the version, so that what was verified against an older one does not count.
pub(super) async fn put(
    db: &impl ConnectionTrait,
    user: UserId,
    password_hash: String,
    now: Timestamp,
    previous_version: Option<i64>,
) -> Result<Versions, Internal> {
    let Some(version) = previous_version else {
        let row = credential::ActiveModel {
            user_id: Set(user.uuid()),
            password_hash: Set(password_hash),
            version: Set(1),
            changed_at: Set(now.as_millis()),
        };
        credential::Entity::insert(row)
            .exec_without_returning(db)
            .await?;
        return Ok(Versions { before: 0, now: 1 });
    };
    credential::Entity::update_many()
        .col_expr(credential::Column::PasswordHash, Expr::value(password_hash))
        .col_expr(credential::Column::Version, Expr::value(version + 1))
        .col_expr(credential::Column::ChangedAt, Expr::value(now.as_millis()))
        .filter(credential::Column::UserId.eq(user.uuid()))
        .exec(db)
        .await?;
    Ok(Versions {
        before: version,
        now: version + 1,
    })
}

/// The same password at another cost; the version stays.
pub(super) async fn refresh(
    db: &impl ConnectionTrait,
    user: UserId,
    version: i64,
    password_hash: String,
) -> Result<(), Internal> {
    credential::Entity::update_many()
        .col_expr(credential::Column::PasswordHash, Expr::value(password_hash))
        .filter(credential::Column::UserId.eq(user.uuid()))
        .filter(credential::Column::Version.eq(version))
        .exec(db)
        .await?;
    Ok(())
}

/// The same password under another version.
pub(super) async fn raise_version(db: &impl ConnectionTrait, user: UserId) -> Result<(), Internal> {
    use credential::Column;
    credential::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::UserId.eq(user.uuid()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn remember(
    db: &impl ConnectionTrait,
    user: UserId,
    password_hash: String,
    now: Timestamp,
) -> Result<(), Internal> {
    let row = password_history::ActiveModel {
        id: Set(AuditEventId::new(now).uuid()),
        user_id: Set(user.uuid()),
        password_hash: Set(password_hash),
        replaced_at: Set(now.as_millis()),
    };
    password_history::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Deletes all but the newest `count` earlier hashes.
pub(super) async fn forget_beyond(
    db: &impl ConnectionTrait,
    user: UserId,
    count: u32,
) -> Result<(), Internal> {
    use password_history::Column;
    let kept = password_history::Entity::find()
        .filter(Column::UserId.eq(user.uuid()))
        .order_by_desc(Column::ReplacedAt)
        .order_by_desc(Column::Id)
        .limit(u64::from(count))
        .all(db)
        .await?;
    password_history::Entity::delete_many()
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Id.is_not_in(kept.into_iter().map(|row| row.id)))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn delete(db: &impl ConnectionTrait, user: UserId) -> Result<(), Internal> {
    password_history::Entity::delete_many()
        .filter(password_history::Column::UserId.eq(user.uuid()))
        .exec(db)
        .await?;
    credential::Entity::delete_by_id(user.uuid())
        .exec(db)
        .await?;
    Ok(())
}
