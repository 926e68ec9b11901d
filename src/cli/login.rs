//! Finding the user an operator names.

use super::failure::Failure;
use super::near::did_you_mean;
use crate::domain::users::{self, User, UserRef};
use crate::platform::app::App;
use crate::types::actor::Actor;
use crate::types::ids::UserId;

/// What a login, an address or an id points at.
pub(super) fn reference(login: &str) -> UserRef {
    UserId::parse(login).map_or_else(|| UserRef::Login(login.to_owned()), UserRef::Id)
}

/// The user with this username, address or id; deleted ones too.
///
/// Errors: `Refused` with near names when there is none.
pub(super) async fn find(app: &App, actor: &Actor, login: &str) -> Result<User, Failure> {
    match users::find(app, actor, &reference(login)).await? {
        Some(user) => Ok(user),
        None => Err(unknown(app, actor, login).await?),
    }
}

/// The same, of those that are not deleted.
///
/// Errors: `Refused` with the way to restore one that is.
pub(super) async fn find_present(app: &App, actor: &Actor, login: &str) -> Result<User, Failure> {
    let user = find(app, actor, login).await?;
    if user.deleted_at.is_none() {
        return Ok(user);
    }
    let name = &user.username;
    Err(Failure::Refused(format!(
        "{name} is deleted; keydesk user restore {name} brings them back"
    )))
}

/// The refusal of a login that nobody has.
pub(super) async fn unknown(app: &App, actor: &Actor, login: &str) -> Result<Failure, Failure> {
    let names = users::suggest(app, actor, login).await?;
    let meant = did_you_mean(&names);
    Ok(Failure::Refused(format!(
        "there is no user {login:?}{meant}"
    )))
}
