//! Every query on users.

mod filter;
mod look_alikes;
mod password;
mod route;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use filter::condition;
pub(super) use look_alikes::{NameKind, claim, exchange, unheld};
pub use password::{PasswordState, set_password_state};

use super::list::key_of;
use super::{
    AuthenticationSource, InvalidInput, User, UserError, UserFilter, UserOrder, UserOrderField,
    UserRef, fill,
};
use crate::domain::sessions;
use crate::platform::app::App;
use crate::platform::db::{Txn, unique_violation};
use crate::platform::entities::counter;
use crate::platform::entities::user::{ActiveModel, Column, Entity, Model};
use crate::platform::keyset::{self, Sorting, only};
use crate::platform::pagination::{Page, PageRequest, Position, SortValue};
use crate::types::actor::Role;
use crate::types::clock::Timestamp;
use crate::types::error::Internal;
use crate::types::ids::UserId;
use crate::types::username::LoginKey;

fn sorting(order: UserOrder) -> Sorting<Column> {
    let (column, nullable) = match order.field {
        UserOrderField::CreatedAt => (Column::CreatedAt, false),
        UserOrderField::Email => (Column::EmailKey, true),
        UserOrderField::LastSignInAt => (Column::LastSignInAt, true),
        UserOrderField::Name => (Column::NameKey, true),
        UserOrderField::PasswordExpiresAt => (Column::PasswordExpiresAt, true),
        UserOrderField::UpdatedAt => (Column::UpdatedAt, false),
        UserOrderField::Username => (Column::UsernameKey, false),
    };
    Sorting {
        column,
        id: Column::Id,
        nullable,
        descending: order.descending,
    }
}

fn position(field: UserOrderField, row: &Model) -> Position {
    let number = |value: Option<i64>| value.map_or(SortValue::Null, SortValue::Number);
    let text = |value: Option<&String>| value.cloned().map_or(SortValue::Null, SortValue::Text);
    let value = match field {
        UserOrderField::CreatedAt => SortValue::Number(row.created_at),
        UserOrderField::Email => text(row.email_key.as_ref()),
        UserOrderField::LastSignInAt => number(row.last_sign_in_at),
        UserOrderField::Name => text(row.name_key.as_ref()),
        UserOrderField::PasswordExpiresAt => number(row.password_expires_at),
        UserOrderField::UpdatedAt => SortValue::Number(row.updated_at),
        UserOrderField::Username => text(Some(&row.username_key)),
    };
    Position { value, id: row.id }
}

pub(super) async fn page(
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    now: Timestamp,
    order: UserOrder,
    request: &PageRequest,
) -> Result<Page<User>, Internal> {
    let sorting = sorting(order);
    let by = Some(sorting.column);
    let mut list = Entity::find().filter(condition(filter, now, by));
    if let Some(route) = route::choose(db, filter, now, by).await? {
        list = list.filter(route);
    }
    let place = |row: &Model| position(order.field, row);
    Ok(keyset::fetch(db, list, sorting, request, place)
        .await?
        .map(read))
}

pub(super) async fn count(
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    now: Timestamp,
) -> Result<u64, Internal> {
    if *filter == UserFilter::default() {
        return counted(db).await;
    }
    let mut list = Entity::find().filter(condition(filter, now, None));
    if let Some(route) = route::choose(db, filter, now, None).await? {
        list = list.filter(route);
    }
    Ok(list.count(db).await?)
}

/// Every user that is not deleted, as the database's triggers have counted them.
async fn counted(db: &impl ConnectionTrait) -> Result<u64, Internal> {
    let shards = counter::Entity::find()
        .filter(counter::Column::Name.eq("users"))
        .all(db)
        .await?;
    let sum: i64 = shards.iter().map(|shard| shard.value).sum();
    Ok(u64::try_from(sum).unwrap_or(0))
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    reference: &UserRef,
) -> Result<Option<User>, Internal> {
    let query = match reference {
        UserRef::Id(id) => Entity::find_by_id(id.uuid()),
        UserRef::Login(login) => match key_of(login) {
            LoginKey::Username(key) => Entity::find().filter(Column::UsernameKey.eq(key)),
            LoginKey::Email(key) => Entity::find().filter(Column::EmailKey.eq(key)),
            LoginKey::Impossible => return Ok(None),
        },
        UserRef::Nobody => return Ok(None),
    };
    Ok(only(db, query).await?.map(read))
}

/// One user, without a check of rights: for the payload of an act that had its own.
pub async fn find_by_id(app: &App, id: UserId) -> Result<Option<User>, Internal> {
    find(app.db.read(), &UserRef::Id(id)).await
}

/// Whether there is any user at all, deleted ones included.
pub async fn any(db: &impl ConnectionTrait) -> Result<bool, Internal> {
    let one = Entity::find().select_only().column(Column::Id).limit(1);
    let id: Option<uuid::Uuid> = one.into_tuple().one(db).await?;
    Ok(id.is_some())
}

/// The user who signs in with this, without a check of rights: for signing in.
pub async fn find_by_login(app: &App, login: &str) -> Result<Option<User>, Internal> {
    find(app.db.read(), &UserRef::Login(login.to_owned())).await
}

/// A user as of now, within a transaction that holds the row.
pub async fn read_again(txn: &Txn, user: &User) -> Result<Option<User>, Internal> {
    find(txn, &UserRef::Id(user.id)).await
}

/// The actor's own user, holding the row until the transaction ends and raising its version.
pub async fn lock_own(txn: &Txn, app: &App, id: UserId) -> Result<Option<User>, Internal> {
    let user = lock(txn, id, app.clock.now()).await?;
    Ok(user.filter(|user| user.deleted_at.is_none()))
}

/// The same for what leaves the user as they are: nothing is raised.
pub async fn hold(txn: &Txn, id: UserId) -> Result<Option<User>, Internal> {
    Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version))
        .filter(Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    let user = find(txn, &UserRef::Id(id)).await?;
    Ok(user.filter(|user| user.deleted_at.is_none()))
}

pub(super) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[UserId],
) -> Result<Vec<User>, Internal> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read).collect())
}

pub(super) async fn lock(txn: &Txn, id: UserId, now: Timestamp) -> Result<Option<User>, Internal> {
    Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now.as_millis()))
        .filter(Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    find(txn, &UserRef::Id(id)).await
}

/// Owners that can act, one user aside.
pub(super) async fn other_active_owners(
    txn: &Txn,
    except: UserId,
    now: Timestamp,
    only_built_in: bool,
) -> Result<u64, Internal> {
    let mut owners = Entity::find()
        .filter(Column::Role.eq(Role::Owner.name()))
        .filter(Column::Id.ne(except.uuid()))
        .filter(filter::able(now));
    if only_built_in {
        let built_in = AuthenticationSource::BuiltIn.name();
        owners = owners.filter(Column::AuthenticationSource.eq(built_in));
    }
    Ok(owners.count(txn).await?)
}

/// Lifts the lock after failed sign-ins: they were tries at a password that is gone.
pub async fn unlock(txn: &Txn, id: UserId) -> Result<(), Internal> {
    Entity::update_many()
        .col_expr(Column::LockedUntil, Expr::value(None::<i64>))
        .col_expr(Column::FailedSignIns, Expr::value(0))
        .col_expr(Column::StrangerFailures, Expr::value(0))
        .col_expr(Column::LockNotices, Expr::value(0))
        .filter(Column::Id.eq(id.uuid()))
        .exec(txn)
        .await?;
    sessions::forget_known_tries(txn, id).await
}

/// Users deleted before this moment and not yet anonymised, some of them: those after a place in the order
/// of their deletion.
pub(super) async fn to_purge(
    db: &impl ConnectionTrait,
    before: Timestamp,
    after: Option<(Timestamp, UserId)>,
    most: u64,
) -> Result<Vec<User>, Internal> {
    let mut due = Entity::find()
        .filter(Column::DeletedAt.lt(before.as_millis()))
        .filter(Column::PurgedAt.is_null());
    if let Some((deleted, id)) = after {
        let row = Expr::tuple([Column::DeletedAt.into_expr(), Column::Id.into_expr()]);
        let place = Expr::tuple([Expr::val(deleted.as_millis()), Expr::val(id.uuid())]);
        due = due.filter(row.gt(place));
    }
    let rows = due
        .order_by_asc(Column::DeletedAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read).collect())
}

/// Writes a new row.
pub(super) async fn insert(txn: &Txn, user: &User) -> Result<(), UserError> {
    Entity::insert(new(user)?)
        .exec_without_returning(txn)
        .await
        .map_err(taken)?;
    Ok(())
}

/// Rows of one statement: 29 values each, and SQLite takes 32 766 in all.
const ROWS_AT_ONCE: usize = 1_000;

/// Writes many new rows.
pub(super) async fn insert_many(txn: &Txn, users: &[User]) -> Result<(), UserError> {
    for chunk in users.chunks(ROWS_AT_ONCE) {
        let rows = chunk.iter().map(new).collect::<Result<Vec<_>, _>>()?;
        let insertion = Entity::insert_many(rows);
        insertion.exec_without_returning(txn).await.map_err(taken)?;
    }
    Ok(())
}

/// How many sample users were ever made.
pub(super) async fn sample_count(db: &impl ConnectionTrait) -> Result<u64, Internal> {
    let last: Option<Option<String>> = Entity::find()
        .select_only()
        .column(Column::ExternalId)
        .filter(Column::ExternalId.gte(fill::external_id(0)))
        .filter(Column::ExternalId.lt(format!("{}:", fill::PREFIX)))
        .order_by_desc(Column::ExternalId)
        .into_tuple()
        .one(db)
        .await?;
    let digits = last.flatten();
    let digits = digits
        .as_deref()
        .and_then(|id| id.strip_prefix(fill::PREFIX));
    Ok(digits
        .and_then(|digits| digits.parse::<u64>().ok())
        .map_or(0, |last| last + 1))
}

/// Writes every column of a row that `lock` gave.
pub(super) async fn save(txn: &Txn, user: &User) -> Result<(), UserError> {
    Entity::update_many()
        .set(changed(user)?)
        .filter(Column::Id.eq(user.id.uuid()))
        .exec(txn)
        .await
        .map_err(taken)?;
    Ok(())
}

impl From<DbErr> for UserError {
    fn from(cause: DbErr) -> Self {
        Self::Internal(cause.into())
    }
}

/// Turns the database's refusal of a second equal name into ours.
fn taken(error: DbErr) -> UserError {
    match unique_violation(&error, &["username_key", "email_key", "external_id"]) {
        Some("username_key") => UserError::UsernameTaken,
        Some("email_key") => UserError::EmailTaken,
        Some(_) => {
            InvalidInput::at("externalId", "Another user has this external identifier.").into()
        }
        None => error.into(),
    }
}

fn new(user: &User) -> Result<ActiveModel, Internal> {
    let mut row = changed(user)?;
    row.id = Set(user.id.uuid());
    row.created_at = Set(user.created_at.as_millis());
    Ok(row)
}

fn changed(user: &User) -> Result<ActiveModel, Internal> {
    let (username, email) = user.names()?;
    let millis = |moment: Option<Timestamp>| Set(moment.map(Timestamp::as_millis));
    Ok(ActiveModel {
        username: Set(user.username.clone()),
        username_key: Set(username.key().to_owned()),
        email: Set(user.email.clone()),
        email_key: Set(email.as_ref().map(|email| email.key().to_owned())),
        email_domain: Set(email.as_ref().map(|email| email.domain().to_owned())),
        email_verified_at: millis(user.email_verified_at),
        name: Set(user.name.clone()),
        name_key: Set(user.name.as_deref().map(super::search::fold)),
        search_text: Set(super::search::text(user)),
        locale: Set(user.locale.clone()),
        time_zone: Set(user.time_zone.clone()),
        external_id: Set(user.external_id.clone()),
        role: Set(user.role.name().to_owned()),
        authentication_source: Set(user.authentication_source.name().to_owned()),
        disabled_at: millis(user.disabled_at),
        disabled_until: millis(user.disabled_until),
        disabled_reason: Set(user.disabled_reason.clone()),
        locked_until: millis(user.locked_until),
        deleted_at: millis(user.deleted_at),
        purged_at: millis(user.purged_at),
        failed_sign_ins: Set(user.failed_sign_ins),
        password_changed_at: millis(user.password_changed_at),
        must_change_password: Set(user.must_change_password),
        password_expires_at: millis(user.password_expires_at),
        password_blocked_at: millis(user.password_blocked_at),
        last_sign_in_at: millis(user.last_sign_in_at),
        updated_at: Set(user.updated_at.as_millis()),
        version: Set(user.version),
        ..ActiveModel::default()
    })
}

/// `Why:` a role or source that this release does not know gives no rights and no reset here.
fn read(row: Model) -> User {
    let moment = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    User {
        id: UserId::from_uuid(row.id),
        username: row.username,
        email: row.email,
        email_key: row.email_key,
        email_verified_at: moment(row.email_verified_at),
        name: row.name,
        locale: row.locale,
        time_zone: row.time_zone,
        external_id: row.external_id,
        role: Role::parse(&row.role).unwrap_or(Role::Owner),
        authentication_source: AuthenticationSource::parse(&row.authentication_source)
            .unwrap_or(AuthenticationSource::Saml),
        disabled_at: moment(row.disabled_at),
        disabled_until: moment(row.disabled_until),
        disabled_reason: row.disabled_reason,
        locked_until: moment(row.locked_until),
        deleted_at: moment(row.deleted_at),
        purged_at: moment(row.purged_at),
        failed_sign_ins: row.failed_sign_ins,
        password_changed_at: moment(row.password_changed_at),
        must_change_password: row.must_change_password,
        password_expires_at: moment(row.password_expires_at),
        password_blocked_at: moment(row.password_blocked_at),
        last_sign_in_at: moment(row.last_sign_in_at),
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        version: row.version,
    }
}
