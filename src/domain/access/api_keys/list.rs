//! Reading which keys there are; never their secrets.

use super::{ApiKey, ApiKeyError, ApiKeyStatus, StoredKey};
use crate::domain::access::store::keys as store;
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, ActorKind, Permission, ReadError};
use crate::types::ids::{ApiKeyId, UserId};

/// Conditions on keys. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiKeyFilter {
    /// In one of these states.
    pub statuses: Option<Vec<ApiKeyStatus>>,
    /// Made by one of these users.
    pub created_by: Option<Vec<UserId>>,
}

/// One page of the keys, newest first, ended ones included.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &ApiKeyFilter,
    request: &PageRequest,
) -> Result<Page<ApiKey>, ReadError> {
    actor.require(Permission::ApiKeysRead)?;
    Ok(store::page(app.db.read(), (filter, app.clock.now()), request).await?)
}

/// How many keys there are under the same conditions.
pub async fn count(app: &App, actor: &Actor, filter: &ApiKeyFilter) -> Result<u64, ReadError> {
    actor.require(Permission::ApiKeysRead)?;
    Ok(store::count(app.db.read(), filter, app.clock.now()).await?)
}

/// Every key, newest first, for the command line.
pub async fn all(app: &App, actor: &Actor) -> Result<Vec<ApiKey>, ApiKeyError> {
    actor.require_operator().map_err(ApiKeyError::Denied)?;
    Ok(store::all(app.db.read()).await?)
}

/// Keys by id; whoever may not read keys sees only their own.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[ApiKeyId],
) -> Result<Vec<ApiKey>, ReadError> {
    actor.require_known()?;
    let may_see_all = actor.permissions.contains(&Permission::ApiKeysRead);
    let found = store::by_ids(app.db.read(), ids).await?.into_iter();
    let is_own = |key: &ApiKey| {
        let creator = key.creator.as_ref().map(|creator| creator.id);
        actor.kind == ActorKind::ApiKey(key.id) || (creator.is_some() && creator == actor.person)
    };
    Ok(found.filter(|key| may_see_all || is_own(key)).collect())
}

/// Keys that stand in the audit trail as actors, for whoever may read it.
pub async fn find_actors(
    app: &App,
    actor: &Actor,
    ids: &[ApiKeyId],
) -> Result<Vec<ApiKey>, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::by_ids(app.db.read(), ids).await?)
}

/// The key a repeated request made, as it is now.
pub async fn made(app: &App, stored: &StoredKey) -> Result<Option<ApiKey>, ApiKeyError> {
    let found = store::by_ids(app.db.read(), stored.id().as_slice()).await?;
    Ok(found.into_iter().next())
}
