//! Reading the audit trail, newest first.

use std::collections::HashMap;

use uuid::Uuid;

use super::{AuditAction, AuditEvent, Outcome, store};
use crate::platform::app::App;
use crate::platform::pagination::{Page, PageRequest};
use crate::types::actor::{Actor, Permission, ReadError};
use crate::types::clock::Timestamp;
use crate::types::ids::{AuditEventId, UserId};

/// Conditions on events. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    /// One of these actions.
    pub actions: Option<Vec<AuditAction>>,
    /// With one of these outcomes.
    pub outcomes: Option<Vec<Outcome>>,
    /// By an actor of one of these kinds, as stored.
    pub actor_kinds: Option<Vec<&'static str>>,
    /// By one of these actors.
    pub actors: Option<Vec<Uuid>>,
    /// Done to one of these users.
    pub users: Option<Vec<UserId>>,
    /// Within this request.
    pub request_id: Option<String>,
    /// First moment of the range.
    pub from: Option<Timestamp>,
    /// First moment after the range.
    pub until: Option<Timestamp>,
}

/// One page of the trail, newest first.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &EventFilter,
    request: &PageRequest,
) -> Result<Page<AuditEvent>, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::page(app.db.read(), filter, request).await?)
}

/// How many events there are under the same conditions.
pub async fn count(app: &App, actor: &Actor, filter: &EventFilter) -> Result<u64, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::count(app.db.read(), filter).await?)
}

/// The same page of each user's events, in one statement.
pub async fn list_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &EventFilter,
    request: &PageRequest,
) -> Result<HashMap<Uuid, Page<AuditEvent>>, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::pages_by_user(app.db.read(), users, filter, request).await?)
}

/// How many events each user has, in one statement.
pub async fn count_by_user(
    app: &App,
    actor: &Actor,
    users: &[Uuid],
    filter: &EventFilter,
) -> Result<HashMap<Uuid, u64>, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::counts_by_user(app.db.read(), users, filter).await?)
}

/// The events with these names; unknown ones are absent.
pub async fn find_many(
    app: &App,
    actor: &Actor,
    ids: &[AuditEventId],
) -> Result<Vec<AuditEvent>, ReadError> {
    actor.require(Permission::AuditRead)?;
    Ok(store::by_ids(app.db.read(), ids).await?)
}
