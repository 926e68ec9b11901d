//! The links of users, as administrators read them.

use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::one_time_links::{self, LinkFilter, OneTimeLink};
use crate::domain::users;
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::error::Internal;
use crate::types::ids::{LinkId, UserId};

/// The same page of each user's links, newest first, in one statement.
pub async fn links_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &LinkFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<OneTimeLink>>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(one_time_links::list_by_user(app, users, filter, request).await?)
}

/// How many links each user has, in one statement.
pub async fn count_links_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &LinkFilter,
) -> Result<HashMap<Uuid, u64>, ReadError> {
    actor.require(Permission::UsersRead)?;
    Ok(one_time_links::count_by_user(app, users, filter).await?)
}

/// The links with these ids; unknown ones, and those of users the actor may not see, are absent.
pub async fn find_links(
    app: &App,
    actor: &Actor,
    ids: &[LinkId],
) -> Result<Vec<OneTimeLink>, ReadError> {
    actor.require(Permission::UsersRead)?;
    let mut links = one_time_links::find_many(app, ids).await?;
    let owners: Vec<UserId> = links.iter().map(|link| link.user).collect();
    let seen = users::find_many(app, actor, &owners).await?;
    links.retain(|link| seen.iter().any(|user| user.id == link.user));
    Ok(links)
}

/// One link, without a check of rights: for the payload of an act that had its own.
pub async fn find_link(app: &App, id: LinkId) -> Result<Option<OneTimeLink>, Internal> {
    let found = one_time_links::find_many(app, &[id]).await?;
    Ok(found.into_iter().next())
}
