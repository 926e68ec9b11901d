//! Every query on password hashes.

pub(super) mod history;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::PasswordOrigin;
use crate::platform::entities::credential;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;

pub(super) struct Stored {
    pub(super) password_hash: String,
    pub(super) version: i64,
    pub(super) origin: PasswordOrigin,
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<Option<Stored>, Internal> {
    let row = credential::Entity::find_by_id(user.uuid()).one(db).await?;
    Ok(row.map(|row| Stored {
        password_hash: row.password_hash,
        version: row.version,
        origin: PasswordOrigin::parse(&row.origin),
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

/// Every change raises the version, so that what was verified against an older one does not count.
pub(super) async fn put(
    db: &impl ConnectionTrait,
    user: UserId,
    new: NewHash,
    now: Timestamp,
    previous_version: Option<i64>,
) -> Result<Versions, Internal> {
    let Some(version) = previous_version else {
        let row = credential::ActiveModel {
            user_id: Set(user.uuid()),
            password_hash: Set(new.hash),
            version: Set(1),
            changed_at: Set(now.as_millis()),
            origin: Set(new.origin.name().to_owned()),
        };
        credential::Entity::insert(row)
            .exec_without_returning(db)
            .await?;
        return Ok(Versions { before: 0, now: 1 });
    };
    credential::Entity::update_many()
        .col_expr(credential::Column::PasswordHash, Expr::value(new.hash))
        .col_expr(credential::Column::Origin, Expr::value(new.origin.name()))
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

/// The hash of a new password.
pub struct NewHash {
    /// The hash.
    pub hash: String,
    /// Where the password came from.
    pub origin: PasswordOrigin,
}

/// `Why:` a hash is no secret to be shown either.
impl std::fmt::Debug for NewHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{:?} password]", self.origin)
    }
}

/// The same password, from now on of another origin.
pub(super) async fn set_origin(
    db: &impl ConnectionTrait,
    user: UserId,
    from: PasswordOrigin,
    to: PasswordOrigin,
) -> Result<(), Internal> {
    use credential::Column;
    credential::Entity::update_many()
        .col_expr(Column::Origin, Expr::value(to.name()))
        .filter(Column::UserId.eq(user.uuid()))
        .filter(Column::Origin.eq(from.name()))
        .exec(db)
        .await?;
    Ok(())
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

pub(super) async fn delete(db: &impl ConnectionTrait, user: UserId) -> Result<(), Internal> {
    credential::Entity::delete_by_id(user.uuid())
        .exec(db)
        .await?;
    Ok(())
}
