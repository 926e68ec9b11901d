//! Finding users.

use super::{AuthenticationSource, User, UserError, UserStatus, store};
use crate::actor::{Actor, Permission, ReadError, Role};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Txn;
use crate::ids::UserId;
use crate::page::{Page, PageRequest};
use crate::username::login_key;

/// Points at one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// By id.
    Id(UserId),
    /// By username or e-mail address.
    Login(String),
    /// By something that is no user's id, for example another kind's.
    Nobody,
}

/// A stretch of time; either end may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// First moment that belongs to it.
    pub from: Option<Timestamp>,
    /// First moment after it.
    pub until: Option<Timestamp>,
}

/// Conditions on users. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// One of these.
    pub ids: Option<Vec<UserId>>,
    /// In one of these states.
    pub statuses: Option<Vec<UserStatus>>,
    /// With one of these roles.
    pub roles: Option<Vec<Role>>,
    /// From one of these sources.
    pub authentication_sources: Option<Vec<AuthenticationSource>>,
    /// With an address in this domain, folded.
    pub email_domain: Option<String>,
    /// With, or without, an address.
    pub has_email: Option<bool>,
    /// With, or without, a verified address.
    pub email_verified: Option<bool>,
    /// With, or without, a password kept here.
    pub has_password: Option<bool>,
    /// Who must, or need not, change their password.
    pub must_change_password: Option<bool>,
    /// Whose password was last set in this range.
    pub password_changed_at: TimeRange,
    /// Whose password stops working in this range.
    pub password_expires_at: TimeRange,
    /// Who were created in this range.
    pub created_at: TimeRange,
    /// Who last signed in in this range.
    pub last_sign_in_at: TimeRange,
    /// Who have never, or have at some time, signed in.
    pub never_signed_in: Option<bool>,
    /// Whose username, address or name contains this.
    pub search: Option<String>,
}

/// What users can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOrderField {
    /// Time of creation.
    CreatedAt,
    /// Address.
    Email,
    /// Time of the last sign-in.
    LastSignInAt,
    /// Full name.
    Name,
    /// Time at which the password stops working.
    PasswordExpiresAt,
    /// Time of the last change.
    UpdatedAt,
    /// Username.
    Username,
}

/// An order of users. Ties are broken by id; users without a value come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserOrder {
    /// By what.
    pub field: UserOrderField,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// The order's name in cursors, so that a cursor of another order is refused.
pub fn order_name(order: UserOrder) -> String {
    format!(
        "users:{:?}:{}",
        order.field,
        if order.descending { "desc" } else { "asc" }
    )
}

/// One page of users.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &UserFilter,
    order: UserOrder,
    request: &PageRequest,
) -> Result<Page<User>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::page(app.db.read(), filter, app.clock.now(), order, request).await?)
}

/// How many users there are under the same conditions.
pub async fn count(app: &App, actor: &Actor, filter: &UserFilter) -> Result<u64, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::count(app.db.read(), filter, app.clock.now()).await?)
}

/// One user, or none.
pub async fn find(
    app: &App,
    actor: &Actor,
    reference: &UserRef,
) -> Result<Option<User>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::find(app.db.read(), reference).await?)
}

/// The users with these ids; unknown ones are absent.
pub async fn find_many(app: &App, actor: &Actor, ids: &[UserId]) -> Result<Vec<User>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::by_ids(app.db.read(), ids).await?)
}

/// The user an act is about, before its transaction: exists, is not deleted, and may be acted on.
pub async fn get(app: &App, actor: &Actor, reference: &UserRef) -> Result<User, UserError> {
    let user = store::find(app.db.read(), reference).await?;
    manageable(actor, user)
}

/// The same inside the transaction, holding the user's row until it ends and raising its version.
///
/// `Locks:` the user's row. Whatever was judged before the transaction must be judged again on what
/// this returns, because another act may have come between.
pub async fn lock_target(
    txn: &Txn,
    app: &App,
    actor: &Actor,
    id: UserId,
) -> Result<User, UserError> {
    let user = store::lock(txn, id, app.clock.now()).await?;
    manageable(actor, user)
}

/// The user an act is about that concerns nobody else: whoever holds a link that was given to them.
///
/// `Locks:` the user's row, as `lock_target` does; there is no rank to be asked for.
pub async fn lock_own(txn: &Txn, app: &App, id: UserId) -> Result<User, UserError> {
    let user = store::lock(txn, id, app.clock.now()).await?;
    user.filter(|user| user.deleted_at.is_none())
        .ok_or(UserError::NotFound)
}

fn manageable(actor: &Actor, user: Option<User>) -> Result<User, UserError> {
    let user = user
        .filter(|user| user.deleted_at.is_none())
        .ok_or(UserError::NotFound)?;
    if actor.role.manages(user.role) {
        Ok(user)
    } else {
        Err(UserError::NotManageable)
    }
}

/// What a login is looked up by.
pub(super) fn key_of(login: &str) -> crate::username::LoginKey {
    login_key(login)
}
