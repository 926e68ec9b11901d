//! Finding users.

use std::borrow::Cow;

use super::{AuthenticationSource, User, UserStatus, store};
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError, Role};
use crate::types::clock::Timestamp;
use crate::types::ids::UserId;
use crate::types::username::{LoginKey, login_key};

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
    let filter = visible(actor, filter);
    Ok(store::page(app.db.read(), &filter, app.clock.now(), order, request).await?)
}

/// How many users there are under the same conditions.
pub async fn count(app: &App, actor: &Actor, filter: &UserFilter) -> Result<u64, ReadError> {
    actor.require(Permission::UsersRead)?;
    let filter = visible(actor, filter);
    Ok(store::count(app.db.read(), &filter, app.clock.now()).await?)
}

/// One user, or none.
pub async fn find(
    app: &App,
    actor: &Actor,
    reference: &UserRef,
) -> Result<Option<User>, ReadError> {
    actor.require(Permission::UsersRead)?;
    let found = store::find(app.db.read(), reference).await?;
    Ok(found.filter(|user| sees(actor, user)))
}

/// The users with these ids; unknown ones are absent.
pub async fn find_many(app: &App, actor: &Actor, ids: &[UserId]) -> Result<Vec<User>, ReadError> {
    actor.require(Permission::UsersRead)?;
    let mut found = store::by_ids(app.db.read(), ids).await?;
    found.retain(|user| sees(actor, user));
    Ok(found)
}

/// The person who acts, or who made the key that acts, whatever their rights; none for other actors.
pub async fn find_self(app: &App, actor: &Actor) -> Result<Option<User>, ReadError> {
    actor.require_known()?;
    let Some(id) = actor.person else {
        return Ok(None);
    };
    Ok(store::find(app.db.read(), &UserRef::Id(id)).await?)
}

fn sees(actor: &Actor, user: &User) -> bool {
    actor.role.sees(user.role) || actor.is(user.id)
}

/// The conditions with those added that keep others' rows from an actor who sees but some.
fn visible<'a>(actor: &Actor, filter: &'a UserFilter) -> Cow<'a, UserFilter> {
    if Role::ALL.into_iter().all(|role| actor.role.sees(role)) {
        return Cow::Borrowed(filter);
    }
    let asked = filter.roles.clone().unwrap_or_else(|| Role::ALL.to_vec());
    let roles = asked.into_iter().filter(|role| actor.role.sees(*role));
    Cow::Owned(UserFilter {
        roles: Some(roles.collect()),
        ..filter.clone()
    })
}

/// A login in the one spelling it is looked up by, for counting tries at it.
pub fn login_subject(login: &str) -> String {
    match key_of(login) {
        LoginKey::Username(key) | LoginKey::Email(key) => key,
        LoginKey::Impossible => String::new(),
    }
}

/// What a login is looked up by.
pub(super) fn key_of(login: &str) -> LoginKey {
    login_key(login)
}
