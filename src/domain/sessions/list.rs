//! Reading sessions, newest first.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Session, SessionStatus, store};
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::error::Internal;
use crate::types::ids::{SessionId, UserId};

/// The order's name in cursors.
pub const ORDER: &str = "sessions";
/// How many of their own sessions a person is shown, even where settings let them have more.
pub const MOST_OWN: u64 = 50;

/// The same page of each user's sessions, in a handful of statements.
pub async fn list_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<Session>>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::pages_by_user(app.db.read(), users, request, app.clock.now()).await?)
}

/// How many sessions each user has, in one statement.
pub async fn count_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
) -> Result<HashMap<Uuid, u64>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(store::counts_by_user(app.db.read(), users).await?)
}

/// The sessions with these ids; unknown ones, and those of users the actor may not see, are absent.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[SessionId],
) -> Result<Vec<Session>, ReadError> {
    actor.require_known()?;
    let mut found = store::by_ids(app.db.read(), ids, app.clock.now()).await?;
    if actor.require(Permission::UsersRead).is_err() {
        found.retain(|session| actor.is(session.user));
    }
    found.retain(|session| actor.role.sees(session.role) || actor.is(session.user));
    Ok(found)
}

/// The sessions of one person that work, last used first, without a check of rights: for that person.
///
/// `Shape:` at most `MOST_OWN`.
pub async fn list_own(app: &App, user: UserId) -> Result<Vec<Session>, Internal> {
    let now = app.clock.now();
    let settings = &app.settings.security.sessions;
    let mut found = store::last_used(app.db.read(), user, MOST_OWN, now).await?;
    found.retain(|session| session.status(settings, now) == SessionStatus::Active);
    Ok(found)
}
