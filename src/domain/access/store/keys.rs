//! Every query on API keys.

mod creators;

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use self::creators::{Standing, creators, read, read_creator, with_creators};
use crate::domain::access::api_keys::{
    ApiKey, ApiKeyFilter, ApiKeyStatus, Creator, scope_names as names,
};
use crate::platform::db::{self, Txn};
use crate::platform::entities::api_key::{ActiveModel, Column, Entity, Model};
use crate::platform::entities::user;
use crate::platform::keyset::{self, Sorting};
use crate::platform::pagination::{Page, PageRequest, Position, SortValue};
use crate::types::clock::{Clock, Timestamp};
use crate::types::error::Internal;
use crate::types::ids::{ApiKeyId, UserId};

/// Newest first; ids break ties in the order of making.
const SORTING: Sorting<Column> = Sorting {
    column: Column::CreatedAt,
    id: Column::Id,
    nullable: false,
    descending: true,
};

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

pub(in crate::domain::access) async fn insert(
    txn: &Txn,
    key: &ApiKey,
    secret_hash: [u8; 32],
) -> Result<(), Internal> {
    let row = ActiveModel {
        id: Set(key.id.uuid()),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        secret_hash: Set(secret_hash.to_vec()),
        scopes: Set(names(&key.scopes)),
        role: Set(key.role().name().to_owned()),
        created_by: Set(key.creator.as_ref().map(|creator| creator.id.uuid())),
        created_at: Set(key.created_at.as_millis()),
        expires_at: Set(millis(key.expires_at)),
        last_used_at: Set(None),
        revoked_at: Set(None),
        allowed_networks: Set(key.networks.to_column()),
        last_used_ip_address: Set(None),
        version: Set(key.version),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// A key with its creator in one statement, by the hash of its secret.
pub(in crate::domain::access) async fn by_hash(
    db: &impl ConnectionTrait,
    clock: &Clock,
    hash: [u8; 32],
) -> Result<Option<ApiKey>, Internal> {
    let works = Column::ExpiresAt
        .is_null()
        .or(Expr::col((Entity, Column::ExpiresAt)).gt(db::now(db, clock)));
    let wanted = Entity::find()
        .filter(Column::SecretHash.eq(hash.to_vec()))
        .filter(works);
    Ok(with_creators(db, wanted).await?.into_iter().next())
}

/// The same by id.
pub(in crate::domain::access) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[ApiKeyId],
) -> Result<Vec<ApiKey>, Internal> {
    let wanted = Entity::find().filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())));
    with_creators(db, wanted).await
}

/// Every key, newest first, ended ones included.
pub(in crate::domain::access) async fn all(
    db: &impl ConnectionTrait,
) -> Result<Vec<ApiKey>, Internal> {
    let wanted = Entity::find()
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id);
    with_creators(db, wanted).await
}

fn filtered(filter: &ApiKeyFilter, now: Timestamp) -> Select<Entity> {
    let mut all = Condition::all();
    if let Some(statuses) = &filter.statuses {
        let any = statuses.iter().fold(Condition::any(), |any, status| {
            any.add(in_state(*status, now))
        });
        all = all.add(any);
        if statuses.is_empty() {
            all = all.add(Column::Id.is_null());
        }
    }
    if let Some(users) = &filter.created_by {
        all = all.add(Column::CreatedBy.is_in(users.iter().map(|user| user.uuid())));
    }
    Entity::find().filter(all)
}

/// The same sentence as `ApiKey::status`, for the database.
fn in_state(status: ApiKeyStatus, now: Timestamp) -> Condition {
    let now = now.as_millis();
    let is_over = || {
        Column::ExpiresAt
            .is_not_null()
            .and(Column::ExpiresAt.lte(now))
    };
    let is_not_over = || Column::ExpiresAt.is_null().or(Column::ExpiresAt.gt(now));
    let living = || {
        Condition::all()
            .add(Column::RevokedAt.is_null())
            .add(is_not_over())
    };
    let is_of_nobody = || Column::CreatedBy.is_null();
    match status {
        ApiKeyStatus::Revoked => Condition::all().add(Column::RevokedAt.is_not_null()),
        ApiKeyStatus::Expired => Condition::all()
            .add(Column::RevokedAt.is_null())
            .add(is_over()),
        ApiKeyStatus::Active => living().add(is_of_nobody().or(has_standing_creator(now))),
        ApiKeyStatus::Suspended => living()
            .add(Column::CreatedBy.is_not_null())
            .add(has_standing_creator(now).not()),
    }
}

/// The same sentence as `Creator::may_act`, for the database.
fn has_standing_creator(now: i64) -> SimpleExpr {
    use user::Column as User;
    let standing = user::Entity::find()
        .select_only()
        .column(User::Id)
        .filter(User::DeletedAt.is_null())
        .filter(User::MustChangePassword.eq(false))
        .filter(User::PasswordBlockedAt.is_null())
        .filter(user::is_enabled(now))
        .filter(Expr::col((user::Entity, User::Id)).eq(Expr::col((Entity, Column::CreatedBy))));
    Expr::exists(standing.into_query())
}

pub(in crate::domain::access) async fn page(
    db: &impl ConnectionTrait,
    (filter, now): (&ApiKeyFilter, Timestamp),
    request: &PageRequest,
) -> Result<Page<ApiKey>, Internal> {
    let position = |row: &Model| Position {
        value: SortValue::Number(row.created_at),
        id: row.id,
    };
    let list = filtered(filter, now);
    let rows = keyset::fetch(db, list, SORTING, request, position).await?;
    let ids: Vec<Uuid> = rows
        .rows
        .iter()
        .filter_map(|row| row.item.created_by)
        .collect();
    let creators = creators(db, &ids).await?;
    Ok(rows.map(|row| {
        let creator = row.created_by.and_then(|id| creators.get(&id).cloned());
        read(row, creator)
    }))
}

/// The person behind an actor, as far as their keys depend on them.
pub(in crate::domain::access) async fn person(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Creator, Internal> {
    let mut found = creators(db, &[id.uuid()]).await?;
    Ok(read_creator(id.uuid(), found.remove(&id.uuid())))
}

/// Whom a token stands for: whoever is bound to its subject, or else has its address verified and is
/// bound to nobody.
pub(in crate::domain::access) async fn person_named(
    db: &impl ConnectionTrait,
    subject: &str,
    email_key: Option<&str>,
) -> Result<Option<(Creator, String)>, Internal> {
    use user::Column as User;
    let mut wanted = Condition::any().add(User::ExternalId.eq(subject));
    if let Some(key) = email_key {
        let by_address = Condition::all()
            .add(User::EmailKey.eq(key))
            .add(User::EmailVerifiedAt.is_not_null())
            .add(User::ExternalId.is_null());
        wanted = wanted.add(by_address);
    }
    let found = user::Entity::find().filter(wanted).all(db).await?;
    let is_bound = |row: &&user::Model| row.external_id.as_deref() == Some(subject);
    let row = found.iter().find(is_bound).or(found.first()).cloned();
    Ok(row.map(|row| {
        let username = row.username.clone();
        (read_creator(row.id, Some(Standing::from(&row))), username)
    }))
}

pub(in crate::domain::access) async fn count(
    db: &impl ConnectionTrait,
    filter: &ApiKeyFilter,
    now: Timestamp,
) -> Result<u64, Internal> {
    Ok(filtered(filter, now).count(db).await?)
}

/// Notes a use, unless one was noted since `before`, perhaps by another process.
pub(in crate::domain::access) async fn touch(
    db: &impl ConnectionTrait,
    id: ApiKeyId,
    (now, before): (Timestamp, Timestamp),
    ip_address: Option<&str>,
) -> Result<(), Internal> {
    let was_long_ago = Column::LastUsedAt
        .is_null()
        .or(Column::LastUsedAt.lte(before.as_millis()));
    Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now.as_millis()))
        .col_expr(Column::LastUsedIpAddress, Expr::value(ip_address))
        .filter(Column::Id.eq(id.uuid()))
        .filter(was_long_ago)
        .exec(db)
        .await?;
    Ok(())
}

/// Writes what can be changed, if nobody was faster. `false` when somebody was.
pub(in crate::domain::access) async fn save(txn: &Txn, key: &ApiKey) -> Result<bool, Internal> {
    let changed = Entity::update_many()
        .col_expr(Column::Name, Expr::value(key.name.clone()))
        .col_expr(Column::Scopes, Expr::value(names(&key.scopes)))
        .col_expr(Column::ExpiresAt, Expr::value(millis(key.expires_at)))
        .col_expr(
            Column::AllowedNetworks,
            Expr::value(key.networks.to_column()),
        )
        .col_expr(Column::Version, Expr::value(key.version + 1))
        .filter(Column::Id.eq(key.id.uuid()))
        .filter(Column::Version.eq(key.version))
        .filter(Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(changed.rows_affected == 1)
}

fn revoking(now: Timestamp) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.as_millis()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::RevokedAt.is_null())
}

pub(in crate::domain::access) async fn revoke(
    txn: &Txn,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<bool, Internal> {
    let changed = revoking(now).filter(Column::Id.eq(id.uuid())).exec(txn);
    Ok(changed.await?.rows_affected == 1)
}

/// Gives how many there were.
pub(in crate::domain::access) async fn revoke_of(
    txn: &Txn,
    user: UserId,
    now: Timestamp,
) -> Result<u64, Internal> {
    let of_user = Column::CreatedBy.eq(user.uuid());
    let changed = revoking(now).filter(of_user).exec(txn).await?;
    Ok(changed.rows_affected)
}
